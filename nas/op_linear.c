/* SPDX-License-Identifier: Apache-2.0 */
/* Linear operators: z[m][v] = bias[m] + sum_k weight[m][k] x[k][v], inputs concatenated.
 * n_vec = dim: the matrix applied to each column of the rows (EFC, the y of DP); else to the flat
 * inputs. ReLU, normalisation and rounding of the output are net.c's. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nas/batch_norm.h"
#include "nas/op_impl.h"

/* n_out is asked for by the builder: outputs of one vector. */
void linear_shape(struct net *net, struct node *n)
{
    struct tensor *out = &net->tensor[n->output].t;

    n->n_vec = n->op == OP_efc || n->op == OP_dp_y || n->op == OP_att_x ? net->dims.embed_dim : 1;
    net->tensor[n->output].drops = n->op == OP_fc;
    n->n_in = 0;
    for (uint32_t i = 0; i < n->n_inputs; i++)
        n->n_in += node_columns(n, &net->tensor[n->input[i]].t);
    out->rows = n->n_out;
    out->dim = n->n_vec;
    if (n->op == OP_dsi || n->op == OP_dp_x) { /* viewed as rows */
        out->dim = net->dims.embed_dim;
        out->rows = n->n_out / out->dim;
    }
}

/* Row m, all inputs: its integers and scale; input scales absorbed. */
static double integer_row(const struct net *net, const struct store *s, const struct node *n,
                          uint32_t m, float *row)
{
    float *at = row;

    for (uint32_t i = 0; i < n->n_inputs; i++) {
        const struct net_tensor *t = &net->tensor[n->input[i]];
        const struct matrix *p = store_param(s, n->param[i]);
        const float *w = s->w + p->first + (size_t)m * p->cols;
        uint32_t k = node_columns(n, &t->t);
        float scale = (float)net_tensor_scale(t);

        for (uint32_t j = 0; j < k; j++)
            at[j] = w[j] * scale;
        at += k;
    }
    return weights_round(row, n->n_in, n->weight_bits);
}

static double integer_bias(const struct store *s, const struct node *n, uint32_t m, double scale)
{
    double b = (double)s->w[store_param(s, n->bias)->first + m] / scale;

    b = b > 1e9 ? 1e9 : b < -1e9 ? -1e9 : b;
    return floor(b + 0.5);
}

/* The row as the network computes with it; returns the bias. */
static float real_row(const struct run *r, const struct node *n, uint32_t m, float *row)
{
    const struct store *s = r->store;
    double scale = 1;
    float *at = row;

    if (r->quantise)
        scale = integer_row(r->net, s, n, m, row);
    for (uint32_t i = 0; i < n->n_inputs; i++) {
        const struct net_tensor *t = &r->net->tensor[n->input[i]];
        const struct matrix *p = store_param(s, n->param[i]);
        uint32_t k = node_columns(n, &t->t);
        float back = (float)(scale / net_tensor_scale(t));

        if (!r->quantise)
            memcpy(at, s->w + p->first + (size_t)m * p->cols, k * sizeof *at);
        for (uint32_t j = 0; r->quantise && j < k; j++)
            at[j] *= back;
        at += k;
    }
    if (!r->quantise)
        return s->w[store_param(s, n->bias)->first + m];
    return (float)(integer_bias(s, n, m, scale) * scale);
}

const float *linear_weights(struct run *r, struct node *n)
{
    float *bias = pool_floats(r->pool, n->n_out);

    n->w = pool_floats(r->pool, (size_t)n->n_out * n->n_in);
    for (uint32_t m = 0; m < n->n_out; m++)
        bias[m] = real_row(r, n, m, n->w + (size_t)m * n->n_in);
    return bias;
}

/* Input i as the matrix reads it: (columns, batch * n_vec). */
static const float *input_of(struct run *r, const struct node *n, uint32_t i)
{
    return n->n_vec == 1 ? flat_input(r, n, i) : node_in(r, n, i)->v;
}

/* Inputs one below the other: one product for all. */
static const float *stacked(struct run *r, const struct node *n)
{
    size_t width = (size_t)r->batch.n * n->n_vec;
    float *all, *at;

    if (n->n_inputs == 1)
        return input_of(r, n, 0);
    all = at = pool_floats(r->pool, n->n_in * width);
    for (uint32_t i = 0; i < n->n_inputs; i++) {
        size_t size = tensor_size(node_in(r, n, i));

        memcpy(at, input_of(r, n, i), size * sizeof *at);
        at += size;
    }
    return all;
}

void linear_forward(struct run *r, struct node *n)
{
    struct tensor *out = node_out(r, n);
    size_t width = (size_t)r->batch.n * n->n_vec;
    bool turned = n->n_vec == 1 && out->dim > 1, normalised = batch_norm_of(r, n);
    const float *bias = linear_weights(r, n);
    struct pool_mark mark;
    const float *x;
    float *z;

    for (uint32_t i = 0; i < n->n_inputs; i++)
        (void)input_of(r, n, i); /* kept for backward */
    mark = pool_mark(r->pool);
    x = stacked(r, n);
    z = turned ? pool_floats(r->pool, tensor_size(out)) : out->z;
    if (!normalised)
        vec_spread(z, bias, n->n_out, width);
    gemm(false, false, n->n_out, width, n->n_in, n->w, n->n_in, x, width, normalised ? 0 : 1, z,
         width);
    if (turned)
        flat_to(out->z, z, out->rows, out->batch, out->dim, false);
    pool_back(r->pool, mark);
    if (normalised)
        batch_norm_forward(r, n);
}

/* The gradient of input t, of which the matrix has columns from w on. */
static void input_gradient(struct run *r, const struct node *n, struct tensor *t, const float *w,
                           const float *dz)
{
    size_t width = (size_t)r->batch.n * n->n_vec;
    bool turned = n->n_vec == 1 && t->dim > 1;
    float keep, *dx;

    if (!t->g)
        return;
    keep = turned ? 0 : tensor_begin_gradient(t);
    dx = turned ? pool_floats(r->pool, tensor_size(t)) : t->g;
    gemm(true, false, node_columns(n, t), width, n->n_out, w, n->n_in, dz, width, keep, dx, width);
    if (turned)
        tensor_add_gradient(t, dx, true);
}

void linear_backward(struct run *r, struct node *n)
{
    const struct tensor *out = node_out(r, n);
    size_t width = (size_t)r->batch.n * n->n_vec;
    const float *dz = out->g;
    struct pool_mark mark;
    uint32_t first = 0;

    n->dw = pool_floats(r->pool, (size_t)n->n_out * n->n_in);
    n->db = pool_floats(r->pool, n->n_out);
    mark = pool_mark(r->pool);
    if (n->n_vec == 1 && out->dim > 1) {
        float *flat = pool_floats(r->pool, tensor_size(out));

        flat_from(flat, out->g, out->rows, out->batch, out->dim);
        dz = flat;
    }
    if (batch_norm_of(r, n))
        batch_norm_backward(r, n);
    else
        for (uint32_t m = 0; m < n->n_out; m++)
            n->db[m] = (float)vec_sum(dz + m * width, width);
    for (uint32_t i = 0; i < n->n_inputs; i++) {
        struct tensor *t = node_in(r, n, i);
        uint32_t columns = node_columns(n, t);

        gemm(false, true, n->n_out, columns, width, dz, width, input_of(r, n, i), width, 0,
             n->dw + first, n->n_in);
        input_gradient(r, n, t, n->w + first, dz);
        first += columns;
    }
    pool_back(r->pool, mark);
}

void linear_lower(const struct net *net, const struct store *s, const struct node *n,
                  struct workload *w, struct wl_op *op)
{
    const struct net_tensor *out = &net->tensor[n->output];
    double *ratio = mem_alloc(n->n_out, sizeof *ratio);
    float *row = mem_alloc(n->n_in, sizeof *row);

    op->kind = WL_MVM;
    op->raw = n->op == OP_final;
    op->weight_bits = n->weight_bits;
    op->weight = arena_alloc(w->arena, (size_t)n->n_out * n->n_in, sizeof *op->weight);
    op->bias = arena_alloc(w->arena, n->n_out, sizeof *op->bias);
    for (uint32_t m = 0; m < n->n_out; m++) {
        double scale = integer_row(net, s, n, m, row);

        for (uint32_t k = 0; k < n->n_in; k++)
            op->weight[(size_t)m * n->n_in + k] = (int8_t)row[k];
        op->bias[m] = (int32_t)integer_bias(s, n, m, scale);
        ratio[m] = scale / code_step(out);
        if (op->raw)
            w->logit_scale = scale;
    }
    if (!op->raw) {
        op->n_mult = n->n_out;
        op->mult = arena_alloc(w->arena, n->n_out, sizeof *op->mult);
        choose_mults(ratio, n->n_out, op->mult, &op->shift);
    }
    free(row);
    free(ratio);
}
