/* SPDX-License-Identifier: Apache-2.0 */
/* ADD: two operands; the shorter one ends in zeros. Attention's residuals keep the shape of their
 * rows, DSI's rows are a vector viewed as rows; else the result is a vector. */
#include <string.h>

#include "nas/op_impl.h"
#include "nas/simd.h"

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

static const float *operand(struct run *r, const struct node *n, uint32_t i)
{
    return residual(n) ? node_in(r, n, i)->v : flat_input(r, n, i);
}

SIMD_CLONES static void sum(float *restrict z, const float *a, const float *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        z[i] = a[i] + b[i];
}

void add_forward(struct run *r, struct node *n)
{
    struct tensor *out = node_out(r, n);
    bool turned = !residual(n) && out->dim > 1;
    const float *a = operand(r, n, 0), *b = operand(r, n, 1);
    size_t n_a = tensor_size(node_in(r, n, 0)), n_b = tensor_size(node_in(r, n, 1));
    size_t both = n_a < n_b ? n_a : n_b;
    struct pool_mark mark = pool_mark(r->pool);
    float *z = turned ? pool_floats(r->pool, tensor_size(out)) : out->z;

    sum(z, a, b, both);
    memcpy(z + both, (n_a > n_b ? a : b) + both, (tensor_size(out) - both) * sizeof *z);
    if (turned)
        flat_to(out->z, z, out->rows, out->batch, out->dim, false);
    pool_back(r->pool, mark);
}

void add_backward(struct run *r, struct node *n)
{
    const struct tensor *out = node_out(r, n);
    struct pool_mark mark = pool_mark(r->pool);
    const float *dz = out->g;

    if (!residual(n) && out->dim > 1) {
        float *flat = pool_floats(r->pool, tensor_size(out));

        flat_from(flat, out->g, out->rows, out->batch, out->dim);
        dz = flat;
    }
    for (uint32_t i = 0; i < 2; i++)
        tensor_add_gradient(node_in(r, n, i), dz, !residual(n));
    pool_back(r->pool, mark);
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
