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

/* The last step of subnet_tune, on a calibrated model; returns the factor, from 1/64 to 64. */
double subnet_scale_logit(struct subnet *n, const struct data *d, double holdout, bool rounded);

struct tune_options {
    bool rounded; /* else in float: what rounding is compared with */
    double epochs;
    struct learning how;
    uint32_t calibrate_rows; /* after training, and of batch normalisation; 0: not calibrated */
    double holdout; /* share of the training rows for the scale of the logits, which needs a
                       calibrated model; 0: the scale stays */
    const char *ckpt, *key;
    uint32_t ckpt_steps;
    uint64_t stop;
    struct watch watch;
};
/* Training of this model alone, with fresh accumulators; then batch normalisation is folded, the
 * model calibrated, and its logits are made as sure as they are worth: one factor, that of the
 * least LogLoss on training rows that no step has seen, goes into the last operator's weights and
 * bias ("temperature scaling", Guo et al., On Calibration of Modern Neural Networks, ICML 2017).
 * AUC stays, up to rounding. Where training is stopped before its end, nothing of this is done.
 * The checkpoint is of before it. */
enum err_code subnet_tune(struct subnet *n, const struct data *d, const struct rng *root,
                          const struct tune_options *o, double *loss, struct err *e);

/* Probabilities of rows first.. of split; rounded: weights and activations on their grids. */
void subnet_predict(struct subnet *n, const struct data_split *split, uint64_t first, uint64_t rows,
                    bool rounded, double *p);

#endif
