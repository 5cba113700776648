/* SPDX-License-Identifier: Apache-2.0 */
/* The same linear layer on every row of one input: z[v][m] = bias[m] + sum_k weight[m][k] x[v][k].
 * Rows of all samples lie side by side, so that it is one product. */
#include "nas/op_impl.h"

void rows_shape(struct net *net, struct node *n)
{
    const struct tensor *in = &net->tensor[n->input[0]].t;
    struct tensor *out = &net->tensor[n->output].t;

    n->by_row = true;
    n->n_vec = out->rows = in->rows;
    n->n_in = in->dim;
    out->dim = n->n_out;
}

void rows_forward(struct run *r, struct node *n)
{
    const struct tensor *in = node_in(r, n, 0);
    float *z = node_out(r, n)->z;
    size_t n_rows = (size_t)in->rows * in->batch;
    const float *bias = linear_weights(r, n);

    vec_repeat(z, bias, n_rows, n->n_out);
    gemm(false, true, n_rows, n->n_out, n->n_in, in->v, n->n_in, n->w, n->n_in, 1, z, n->n_out);
}

void rows_backward(struct run *r, struct node *n)
{
    struct tensor *in = node_in(r, n, 0);
    const float *dz = node_out(r, n)->g;
    size_t n_rows = (size_t)in->rows * in->batch;
    double *sum = (double *)(void *)pool_floats(r->pool, 2 * (size_t)n->n_out);

    n->dw = pool_floats(r->pool, (size_t)n->n_out * n->n_in);
    n->db = pool_floats(r->pool, n->n_out);
    gemm(true, false, n->n_out, n->n_in, n_rows, dz, n->n_out, in->v, n->n_in, 0, n->dw, n->n_in);
    vec_columns(sum, dz, n_rows, n->n_out);
    for (uint32_t m = 0; m < n->n_out; m++)
        n->db[m] = (float)sum[m];
    gemm(false, false, n_rows, n->n_in, n->n_out, dz, n->n_out, n->w, n->n_in,
         tensor_begin_gradient(in), in->g, n->n_in);
}

void rows_lower(const struct net *net, const struct store *s, const struct node *n,
                struct workload *w, struct wl_op *op)
{
    linear_lower(net, s, n, w, op);
    op->by_row = true;
}
