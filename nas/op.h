/* SPDX-License-Identifier: Apache-2.0 */
/* nas/op.h: the table of operators (nas/ops.def): shapes, float forward and backward, integers.
 *
 * A new operator is a row in ops.def, its family's four functions, and a gradient test. */
#ifndef AUTORAC_NAS_OP_H
#define AUTORAC_NAS_OP_H

#include <stdbool.h>
#include <stddef.h>

#include "traces/workload.h"

struct net;
struct node;
struct run;
struct store;

enum op_id {
#define OP(id, family, searched, summary) OP_##id,
#include "nas/ops.def"
#undef OP
    OP_N,
};

struct op_def {
    const char *name, *summary;
    bool searched;
    /* From its inputs' shapes and n_out: n_in, n_vec, and the output tensor's rows and dim. */
    void (*shape)(struct net *net, struct node *n);
    /* Inputs' values -> the output's z; then net.c normalises, activates and rounds. */
    void (*forward)(struct run *r, struct node *n);
    /* Gradient of z -> added to the inputs' gradients; gradients of weights kept in the node. */
    void (*backward)(struct run *r, struct node *n);
    /* Kind, weights and scales of the workload's operator; wiring and shape are there already. */
    void (*lower)(const struct net *net, const struct store *s, const struct node *n,
                  struct workload *w, struct wl_op *op);
};

extern const struct op_def op_defs[OP_N];

#endif
