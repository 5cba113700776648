/* SPDX-License-Identifier: Apache-2.0 */
/* nas/train.h: mini-batch training of the shared weights, one path a step.
 *
 * Logistic loss, Adagrad or Adam, learning rate rising over the first tenth of the steps and
 * falling by a cosine to 0. Every step draws from streams numbered by step and epoch, so that the
 * state is weights, accumulators and the step: an interrupted run ends bit-identical. */
#ifndef AUTORAC_NAS_TRAIN_H
#define AUTORAC_NAS_TRAIN_H

#include "nas/net.h"
#include "nas/status.h"

/* How training goes, the same for a supernet and for one model. */
struct learning {
    uint32_t batch;
    struct rate weights, rows; /* at the top of the schedule; rows: of embeddings */
    double clip;               /* length to which a step's gradients are cut; 0: none */
    double dropout;            /* probability; 0: none */
    bool batch_norm;           /* of FC layers; folding is the caller's (nas/batch_norm.h) */
};

struct train_job {
    const char *stage; /* "train", "tune" */
    const struct data *data;
    struct store *store;
    struct rng root; /* streams "epoch" and "path" are derived from it */
    /* Network of a step, with weights in store. */
    void (*path)(void *self, uint64_t step, struct rng *r, struct net *out);
    void *self;
    uint64_t n_steps;
    bool rounded;   /* quantisation-aware */
    double holdout; /* share of the training rows that no step sees (data_held) */
    struct learning how;
    const char *ckpt; /* file; NULL: none */
    const char *key;
    uint32_t ckpt_steps; /* 0: only at the end */
    struct watch watch;
};

/* Goes on from the checkpoint if there is one. stop: steps after which to return (tests); 0: all.
 * After an interrupt the state is saved first. *loss: running mean of the training loss, may be
 * NULL. */
enum err_code train_run(const struct train_job *j, uint64_t stop, double *loss, struct err *e);

/* Steps of so many epochs of n rows. */
uint64_t train_steps(uint64_t n, uint32_t batch, double epochs);

#endif
