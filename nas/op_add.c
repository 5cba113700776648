/* SPDX-License-Identifier: Apache-2.0 */
/* ADD: two operands; the shorter one ends in zeros. Attention's residuals keep the shape of their
 * rows, DSI's rows are a vector viewed as rows; else the result is a vector. */
#include <string.h>

#include "nas/op_impl.h"

static bool residual(const struct node *n)
{
    return n->op == OP_att_add || n->op == OP_att_out;
}

void add_shape(struct net *net, struct node *n)
{
    const struct tensor *a = &net->tensor[n->input[0]].t, *b = &net->tensor[n->input[1]].t;
    struct tensor *out = &net->tensor[n->output].t;
    uint32_t left = a->rows * a->dim, right = b->rows * b->dim;

    n->n_vec = 1;
    n->n_in = n->n_out = left > right ? left : right;
    out->dim = residual(n) ? a->dim : n->op == OP_dsi_rows ? net->dims.embed_dim : 1;
    out->rows = n->n_out / out->dim;
}

void add_forward(struct run *r, struct node *n)
{
    struct tensor *out = node_out(r, n);
    bool turned = !residual(n) && out->dim > 1;
    float *z = turned ? pool_floats(r->pool, tensor_size(out)) : out->z;

    memset(z, 0, tensor_size(out) * sizeof *z);
    for (uint32_t i = 0; i < 2; i++) {
        const struct tensor *t = node_in(r, n, i);

        vec_add(z, residual(n) ? t->v : flat_input(r, n, i), tensor_size(t));
    }
    if (turned)
        flat_to(out->z, z, out->rows, out->batch, out->dim, false);
}

void add_backward(struct run *r, struct node *n)
{
    const struct tensor *out = node_out(r, n);
    const float *dz = out->g;

    if (!residual(n) && out->dim > 1) {
        float *flat = pool_floats(r->pool, tensor_size(out));

        flat_from(flat, out->g, out->rows, out->batch, out->dim);
        dz = flat;
    }
    for (uint32_t i = 0; i < 2; i++) {
        if (residual(n))
            vec_add(node_in(r, n, i)->g, dz, tensor_size(out));
        else
            flat_input_grad(r, n, i, dz);
    }
}

/* The accumulator is 32 bits and holds both products at their largest (8-bit codes, 16-bit
 * multipliers): it always fits. */
void add_lower(const struct net *net, const struct store *s, const struct node *n,
               struct workload *w, struct wl_op *op)
{
    const struct net_tensor *out = &net->tensor[n->output];
    double ratio[2];

    (void)s;
    for (uint32_t i = 0; i < 2; i++)
        ratio[i] = net_tensor_scale(&net->tensor[n->input[i]]) / code_step(out);
    op->kind = WL_ADD;
    op->n_mult = 2;
    op->mult = arena_alloc(w->arena, 2, sizeof *op->mult);
    choose_mults(ratio, 2, op->mult, &op->shift);
}
