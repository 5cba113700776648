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

FAMILY(embed);   /* op_embed.c */
FAMILY(linear);  /* op_linear.c */
FAMILY(pairs);   /* op_dp.c */
FAMILY(squares); /* op_fm.c */
FAMILY(add);     /* op_add.c */

/* DP, FM: one multiplier for all outputs: product of two input scales over the output's. */
void lower_product(const struct net *net, const struct node *n, struct workload *w,
                   struct wl_op *op);

#endif
