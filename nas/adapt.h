/* SPDX-License-Identifier: Apache-2.0 */
/* nas/adapt.h: shared weights, adapted to one model after another.
 *
 * What a model's own weights would soon correct is no reason to prefer another model. So before it
 * is measured, a model goes on with the training of the shared weights for a few steps, alone: by
 * the same optimiser and from its accumulators, at one rate, rounding on, the scales of its tensors
 * fixed. Tables stay. All models see the same rows in the same order. Afterwards everything is put
 * back. */
#ifndef AUTORAC_NAS_ADAPT_H
#define AUTORAC_NAS_ADAPT_H

#include "nas/subnet.h"

struct adapt_options {
    uint32_t steps;          /* 0: models are measured with the shared weights as they are */
    struct learning how;     /* batch, rate of weights, clip */
    uint32_t calibrate_rows; /* after the steps */
};

struct adapt;
/* s and d are borrowed; the rows are drawn from r. What the weights are now is put back later. */
struct adapt *adapt_new(struct store *s, const struct data *d, const struct adapt_options *o,
                        struct rng r);
void adapt_free(struct adapt *a); /* NULL is legal */

/* n: a calibrated subnet of the store, whose weights and accumulators change. */
void adapt_model(struct adapt *a, struct subnet *n);
void adapt_undo(struct adapt *a);

#endif
