/* SPDX-License-Identifier: Apache-2.0 */
/* validation/regret.h: how far above the least possible LogLoss every model ends.
 *
 * A synthetic data set knows the probabilities that its labels were drawn with. Their LogLoss on
 * the validation part is the Bayes LogLoss; a model's regret is its own less that. All models of
 * the zoo (three layers of 128) and one genome of the search's space are trained with one recipe,
 * in float, and measured on the whole validation part. The genome is trained a second time with
 * rounding and measured in exact integers; that is told, not held. */
#ifndef AUTORAC_VALIDATION_REGRET_H
#define AUTORAC_VALIDATION_REGRET_H

#include <stdio.h>

#include "nas/data.h"
#include "nas/subnet.h"

struct validate_regret {
    const char *name;        /* of the data set */
    const struct data *data; /* its Bayes LogLoss is known */
    uint64_t seed;           /* of first weights and training's draws */
    bool hold;               /* ERR_MISMATCH where a model of the zoo is below the genome */
    /* Of every training; rounded is set here. */
    struct tune_options recipe;
};

/* A row a model on out. */
enum err_code validate_regret(const struct validate_regret *v, FILE *out, struct err *e);

#endif
