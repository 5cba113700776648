/* SPDX-License-Identifier: Apache-2.0 */
/* nas/batch_norm.h: batch normalisation of FC layers while a model is trained.
 *
 * Each output of an FC layer less its mean over the batch, divided by its deviation, plus its bias
 * (Ioffe and Szegedy, ICML 2015). A gain is left out: the weights that read the layer take it,
 * since gains pass through ReLU. After training, means and deviations over training rows become
 * part of the layer's weights and bias, and nothing of it is left in the network: hardware pays
 * nothing. A row of weights is rounded by its own scale, so that folding changes no integer. */
#ifndef AUTORAC_NAS_BATCH_NORM_H
#define AUTORAC_NAS_BATCH_NORM_H

#include "nas/net.h"

/* Is the node normalised in this run? */
bool batch_norm_of(const struct run *r, const struct node *n);
/* For nas/op_linear.c: its output (n_out, batch) without bias -> normalised, plus bias. */
void batch_norm_forward(struct run *r, struct node *n);
/* The output's gradient -> that of what was normalised, in place; the bias's into n->db. */
void batch_norm_backward(struct run *r, struct node *n);

/* Means and deviations over the first n_batches of split into weights and biases. Runs after it
 * must not normalise; r does. */
void batch_norm_fold(struct run *r, const struct data_split *split, uint32_t batch,
                     uint32_t n_batches);

#endif
