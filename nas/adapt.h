/* SPDX-License-Identifier: Apache-2.0 */
/* nas/adapt.h: shared weights, adapted to one model after another.
 *
 * What a model's own weights would soon correct is no reason to prefer another model: before it is
 * measured, a model trains the shared weights (not the tables) for a few steps, from fresh
 * accumulators, rounding on, at rates that rise and fall as in any training (train_rate). All models
 * see the same rows in the same order. Afterwards the weights are put back. */
#ifndef AUTORAC_NAS_ADAPT_H
#define AUTORAC_NAS_ADAPT_H

#include "nas/subnet.h"

struct adapt_options {
    uint32_t steps;          /* 0: models are measured with the shared weights as they are */
    struct learning how;     /* its rate of rows is not used */
    uint32_t calibrate_rows; /* after the steps */
};

struct adapt;
/* s and d are borrowed; the rows are drawn from r. The weights of now are those put back. */
struct adapt *adapt_new(struct store *s, const struct data *d, const struct adapt_options *o,
                        struct rng r);
void adapt_free(struct adapt *a); /* NULL is legal */

/* n: a calibrated subnet of the store. Changes the store's weights and their accumulators. */
void adapt_model(struct adapt *a, struct subnet *n);
/* The weights as they were; accumulators stay. */
void adapt_undo(struct adapt *a);

#endif
