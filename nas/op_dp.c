/* SPDX-License-Identifier: Apache-2.0 */
/* DP: T = the inputs' rows; pair (i, j), i > j, at i(i-1)/2 + j: sum over columns of T[i] T[j].
 * Computed column by column with the batch innermost, which vectorises without reordering sums. */
#include <string.h>

#include "nas/op_impl.h"
#include "nas/simd.h"

void pairs_shape(struct net *net, struct node *n)
{
    struct tensor *out = &net->tensor[n->output].t;

    n->n_in = 0;
    n->n_vec = net->dims.embed_dim;
    for (uint32_t i = 0; i < n->n_inputs; i++)
        n->n_in += net->tensor[n->input[i]].t.rows;
    out->rows = n->n_out = n->n_in * (n->n_in - 1) / 2;
    out->dim = 1;
}

SIMD_CLONES static void multiply_add(float *restrict z, const float *restrict a,
                                     const float *restrict b, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++)
        z[k] += a[k] * b[k];
}

void pairs_forward(struct run *r, struct node *n)
{
    uint32_t batch = r->batch.n, dim = n->n_vec;
    float *z = node_out(r, n)->z, *at = n->x = pool_floats(r->pool, (size_t)n->n_in * dim * batch);

    for (uint32_t i = 0; i < n->n_inputs; i++) {
        const struct tensor *t = node_in(r, n, i);

        flat_from(at, t->v, t->rows, batch, dim);
        at += tensor_size(t);
    }
    memset(z, 0, tensor_size(node_out(r, n)) * sizeof *z);
    for (uint32_t i = 1; i < n->n_in; i++)
        for (uint32_t j = 0; j < i; j++, z += batch)
            for (uint32_t c = 0; c < dim; c++)
                multiply_add(z, n->x + ((size_t)i * dim + c) * batch,
                             n->x + ((size_t)j * dim + c) * batch, batch);
}

void pairs_backward(struct run *r, struct node *n)
{
    uint32_t batch = r->batch.n, dim = n->n_vec;
    const float *g = node_out(r, n)->g;
    struct pool_mark mark = pool_mark(r->pool);
    float *dx = pool_zeros(r->pool, (size_t)n->n_in * dim * batch);

    for (uint32_t i = 1; i < n->n_in; i++)
        for (uint32_t j = 0; j < i; j++, g += batch)
            for (uint32_t c = 0; c < dim; c++) {
                size_t a = ((size_t)i * dim + c) * batch, b = ((size_t)j * dim + c) * batch;

                multiply_add(dx + a, g, n->x + b, batch);
                multiply_add(dx + b, g, n->x + a, batch);
            }
    for (uint32_t i = 0; i < n->n_inputs; i++) {
        struct tensor *t = node_in(r, n, i);

        tensor_add_gradient(t, dx, true);
        dx += tensor_size(t);
    }
    pool_back(r->pool, mark);
}

void lower_product(const struct net *net, const struct node *n, struct workload *w,
                   struct wl_op *op)
{
    const struct net_tensor *out = &net->tensor[n->output];
    double in = net_tensor_scale(&net->tensor[n->input[0]]);
    double ratio = in * in / code_step(out);

    op->n_mult = 1;
    op->mult = arena_alloc(w->arena, 1, sizeof *op->mult);
    choose_mults(&ratio, 1, op->mult, &op->shift);
}

void pairs_lower(const struct net *net, const struct store *s, const struct node *n,
                 struct workload *w, struct wl_op *op)
{
    (void)s;
    op->kind = WL_DP;
    lower_product(net, n, w, op);
}
