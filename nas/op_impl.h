/* SPDX-License-Identifier: Apache-2.0 */
/* nas/op_impl.h: the families of operators, for op.c and their own files. */
#ifndef AUTORAC_NAS_OP_IMPL_H
#define AUTORAC_NAS_OP_IMPL_H

#include "nas/net.h"

#define FAMILY(family)                                                                             \
    void family##_shape(struct net *net, struct node *n);                                          \
    void family##_forward(struct run *r, struct node *n);                                          \
    void family##_backward(struct run *r, struct node *n);                                         \
    void family##_lower(const struct net *net, const struct store *s, const struct node *n,        \
                        struct workload *w, struct wl_op *op)

FAMILY(embed);     /* op_embed.c */
FAMILY(linear);    /* op_linear.c */
FAMILY(rows);      /* op_rows.c */
FAMILY(pairs);     /* op_dp.c */
FAMILY(squares);   /* op_fm.c */
FAMILY(add);       /* op_add.c */
FAMILY(gate);      /* op_gate.c */
FAMILY(attention); /* op_attention.c */

/* Weights as the network computes with them, into n->w; bias[m] of each row, in the pool. */
const float *linear_weights(struct run *r, struct node *n);

/* An input as flat (rows * dim, batch): its own values where they lie so, else a copy, one for all
 * readers, made in forward. */
const float *flat_input(struct run *r, const struct node *n, uint32_t i);

/* Real value of one code of what the operator computes, before normalisation. */
static inline double code_step(const struct net_tensor *t)
{
    return grid_step(t->grid) * t->rms;
}
/* DP, FM: one multiplier for all outputs: product of two input scales over the output's. */
void lower_product(const struct net *net, const struct node *n, struct workload *w,
                   struct wl_op *op);

#endif
