/* SPDX-License-Identifier: Apache-2.0 */
/* nas/data_synth.h: seeded synthetic click data whose true probabilities are known.
 *
 * A teacher draws labels:
 *   logit = intercept + sd_first * first + sd_pair * pair + sd_dense * dense
 *   first: one effect per value, summed over fields; effects and latents of values
 *          beyond rank head fade as 1 / rank, else rare values could not be learnt
 *   pair:  dot products of two fields' latent vectors, summed over planted pairs of
 *          fields; latents are centred under their field's distribution, so that
 *          a linear model sees nothing of this part
 *   dense: a weighted sum of log(x + 1) of counts x
 * each scaled to mean 0 and deviation 1. The intercept sets the mean rate to ctr. The label is
 * Bernoulli with p = (1 - noise) * sigmoid(logit) + noise * ctr. Fields are
 * independent, Zipf-distributed; sizes fall evenly in log from vocab to vocab / 10.
 *
 * The teacher depends on the seed and the model keys, never on rows or valid:
 * a longer set continues a shorter one.
 *
 * A SPEC with shape= goes to nas/data_shape.h.
 *
 * Left out: correlation between fields, drift over time, missing values. */
#ifndef AUTORAC_NAS_DATA_SYNTH_H
#define AUTORAC_NAS_DATA_SYNTH_H

#include <stddef.h>
#include <stdint.h>

#include "nas/data.h"

/* One key of the spec "synthetic:KEY=VALUE,...". */
struct synth_key {
    const char *name;
    double def, min, max;
    const char *help;
};

/* As the synthetic kind of data_load; truth, unless NULL, receives the true
 * probabilities of the validation rows (valid.n, free with free()). */
enum err_code data_synth_with_truth(struct data **out, double **truth, const char *args,
                                    uint64_t seed, uint32_t max_rows, struct err *e);

#endif
