/* SPDX-License-Identifier: Apache-2.0 */
/* validation/regret.h: how far above the least possible LogLoss every model ends.
 *
 * A synthetic data set knows the probabilities that its labels were drawn with. Their LogLoss on
 * the validation part is the Bayes LogLoss; a model's regret is its own less that. All models of
 * the zoo (three layers of 128) and one genome are trained with one recipe, in float, three times
 * each, and measured on the whole validation part. The genome is one that was chosen by hand, the
 * same for every set, or what a search finds for this set and seed (validation/model_search.h:
 * three blocks of NASRec-Small's operators, dense widths of 64 to 256, rows of 16 numbers). The
 * search sees training rows alone: it trains on the first seven eighths and judges on the last one;
 * what it finds is trained on all of them. The genome is trained once more with rounding, to be
 * measured in exact integers; that is told, not held. The zoo's models are taken as they are:
 * nothing of them is searched. */
#ifndef AUTORAC_VALIDATION_REGRET_H
#define AUTORAC_VALIDATION_REGRET_H

#include <stdio.h>

#include "nas/crew.h"
#include "nas/data.h"
#include "nas/subnet.h"

struct validate_regret {
    const char *name;        /* of the data set */
    const struct data *data; /* its Bayes LogLoss is known */
    uint64_t seed;           /* of first weights, training's and the search's draws */
    uint32_t n_models;       /* that the search judges; 0: no search, the genome chosen by hand */
    struct crew *crew;       /* which trains; the result does not depend on its size */
    bool hold;               /* ERR_MISMATCH where a model of the zoo is below the genome */
    /* Of every training; rounded is set here. */
    struct tune_options recipe;
};

/* A row a model on out, and the genome that was found. */
enum err_code validate_regret(const struct validate_regret *v, FILE *out, struct err *e);

#endif
