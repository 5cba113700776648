/* SPDX-License-Identifier: Apache-2.0 */
/* nas/subnet.h: one genome with weights of its own or the supernet's: calibrate, fine-tune,
 * measure. */
#ifndef AUTORAC_NAS_SUBNET_H
#define AUTORAC_NAS_SUBNET_H

#include "nas/train.h"

struct subnet {
    struct genome genome;
    struct store *store; /* borrowed; tuning changes it */
    struct net net;
    struct pool *pool;
};

struct subnet *subnet_new(const struct genome *g, struct store *s);
/* A network that is no genome's (nas/zoo.h), with the store made for it; genome stays empty. */
struct subnet *subnet_new_net(const struct net *net, struct store *s);
void subnet_free(struct subnet *n); /* NULL is legal */

/* Root mean squares over the first `rows` training rows; needed before predicting and freezing. */
void subnet_calibrate(struct subnet *n, const struct data *d, uint32_t rows, bool rounded);

/* A few steps of plain gradient descent on the weights (not the tables), in the given rows of the
 * training part, `batch` a step; then calibrated again. For ranking models that share weights:
 * what a model's own weights would soon correct is no reason to prefer another. Changes the store's
 * weights and their accumulators. */
void subnet_adapt(struct subnet *n, const struct data *d, const uint32_t *rows, uint32_t steps,
                  uint32_t batch, double lr, uint32_t calibrate_rows);

struct tune_options {
    bool rounded; /* else in float: what rounding is compared with */
    double epochs;
    struct learning how;
    const char *ckpt, *key;
    uint32_t ckpt_steps;
    uint64_t stop;
    struct watch watch;
};
/* Training of this model alone, with fresh accumulators. */
enum err_code subnet_tune(struct subnet *n, const struct data *d, const struct rng *root,
                          const struct tune_options *o, double *loss, struct err *e);

/* Probabilities of rows first.. of split; rounded: weights and activations on their grids. */
void subnet_predict(struct subnet *n, const struct data_split *split, uint64_t first, uint64_t rows,
                    bool rounded, double *p);

#endif
