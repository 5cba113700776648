/* SPDX-License-Identifier: Apache-2.0 */
/* FM: per column, (sum over rows)^2 - sum of squares: all products of two different rows, twice. */
#include <string.h>

#include "nas/op_impl.h"

void squares_shape(struct net *net, struct node *n)
{
    struct tensor *out = &net->tensor[n->output].t;

    n->n_in = 0;
    n->n_vec = n->n_out = out->dim = net->dims.embed_dim;
    for (uint32_t i = 0; i < n->n_inputs; i++)
        n->n_in += net->tensor[n->input[i]].t.rows;
    out->rows = 1;
}

/* n->x keeps the sums over rows. */
void squares_forward(struct run *r, struct node *n)
{
    size_t width = (size_t)r->batch.n * n->n_vec;
    float *z = node_out(r, n)->z, *sum = n->x = pool_zeros(r->pool, width);

    memset(z, 0, width * sizeof *z);
    for (uint32_t i = 0; i < n->n_inputs; i++) {
        const struct tensor *t = node_in(r, n, i);

        for (uint32_t row = 0; row < t->rows; row++) {
            const float *v = t->v + row * width;

            for (size_t k = 0; k < width; k++) {
                sum[k] += v[k];
                z[k] -= v[k] * v[k];
            }
        }
    }
    for (size_t k = 0; k < width; k++)
        z[k] += sum[k] * sum[k];
}

void squares_backward(struct run *r, struct node *n)
{
    size_t width = (size_t)r->batch.n * n->n_vec;
    const float *g = node_out(r, n)->g, *sum = n->x;

    for (uint32_t i = 0; i < n->n_inputs; i++) {
        struct tensor *t = node_in(r, n, i);
        float *g_in = tensor_gradient(t);

        for (uint32_t row = 0; row < t->rows; row++) {
            const float *v = t->v + row * width;
            float *dv = g_in + row * width;

            for (size_t k = 0; k < width; k++)
                dv[k] += 2 * g[k] * (sum[k] - v[k]);
        }
    }
}

void squares_lower(const struct net *net, const struct store *s, const struct node *n,
                   struct workload *w, struct wl_op *op)
{
    (void)s;
    op->kind = WL_FM;
    lower_product(net, n, w, op);
}
