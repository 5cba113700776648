/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/batch_norm.h"

#include <math.h>
#include <stdlib.h>

#include "nas/simd.h"
#include "sim/base/mem.h"

static double inverse_deviation(double variance)
{
    return 1 / sqrt(variance + 1e-5);
}

bool batch_norm_of(const struct run *r, const struct node *n)
{
    return r->batch_norm && n->op == OP_fc;
}

static float *biases(const struct run *r, const struct node *n)
{
    return r->store->w + store_param(r->store, n->bias)->first;
}

SIMD_CLONES static void shift(float *z, float by, size_t n)
{
    for (size_t i = 0; i < n; i++)
        z[i] += by;
}

SIMD_CLONES static void scale_and_shift(float *restrict to, const float *restrict from, float scale,
                                        float by, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = scale * from[i] + by;
}

void batch_norm_forward(struct run *r, struct node *n)
{
    const float *bias = biases(r, n);
    size_t batch = r->batch.n;
    float *z = node_out(r, n)->z, *hat;

    n->hat = hat = pool_floats(r->pool, n->n_out * batch);
    n->mean = pool_floats(r->pool, n->n_out);
    n->variance = pool_floats(r->pool, n->n_out);
    for (uint32_t m = 0; m < n->n_out; m++, z += batch, hat += batch) {
        n->mean[m] = (float)(vec_sum(z, batch) / (double)batch);
        shift(z, -n->mean[m], batch);
        n->variance[m] = (float)(vec_dot(z, z, batch) / (double)batch);
        scale_and_shift(hat, z, (float)(inverse_deviation((double)n->variance[m])), 0, batch);
        scale_and_shift(z, hat, 1, bias[m], batch);
    }
}

SIMD_CLONES static void project(float *restrict g, const float *restrict hat, float scale,
                                float mean, float along, size_t n)
{
    for (size_t i = 0; i < n; i++)
        g[i] = scale * (g[i] - mean - along * hat[i]);
}

void batch_norm_backward(struct run *r, struct node *n)
{
    size_t batch = r->batch.n;
    float *g = node_out(r, n)->g, *hat = n->hat;

    for (uint32_t m = 0; m < n->n_out; m++, g += batch, hat += batch) {
        double sum = vec_sum(g, batch), along = vec_dot(g, hat, batch);

        n->db[m] = (float)sum;
        project(g, hat, (float)(inverse_deviation((double)n->variance[m])),
                (float)(sum / (double)batch), (float)(along / (double)batch), batch);
    }
}

/* ---- folding ---- */

/* Sums over batches, of each output of each normalised node. */
struct moments {
    double *mean, *square;
};

static void add_batch(const struct run *r, struct moments *of)
{
    for (uint32_t i = 0; i < r->net->n_nodes; i++) {
        const struct node *n = &r->net->node[i];

        for (uint32_t m = 0; batch_norm_of(r, n) && m < n->n_out; m++) {
            double mean = (double)n->mean[m];

            of[i].mean[m] += mean;
            of[i].square[m] += (double)n->variance[m] + mean * mean;
        }
    }
}

static void fold(struct run *r, const struct node *n, const struct moments *of, uint32_t n_batches)
{
    float *bias = biases(r, n);

    for (uint32_t m = 0; m < n->n_out; m++) {
        double mean = of->mean[m] / n_batches;
        double scale = inverse_deviation(of->square[m] / n_batches - mean * mean);

        for (uint32_t i = 0; i < n->n_inputs; i++) {
            const struct matrix *p = store_param(r->store, n->param[i]);

            vec_scale(r->store->w + p->first + (size_t)m * p->cols, (float)scale,
                      node_columns(n, &r->net->tensor[n->input[i]].t));
        }
        bias[m] -= (float)(mean * scale);
    }
}

void batch_norm_fold(struct run *r, const struct data_split *split, uint32_t batch,
                     uint32_t n_batches)
{
    struct moments of[NET_MAX_NODES] = {0};
    uint32_t n = 0;

    for (uint32_t i = 0; i < r->net->n_nodes; i++) {
        of[i].mean = mem_alloc(r->net->node[i].n_out + 1u, sizeof(double));
        of[i].square = mem_alloc(r->net->node[i].n_out + 1u, sizeof(double));
    }
    for (; n < n_batches && net_forward_nth(r, split, batch, n); n++)
        add_batch(r, of);
    for (uint32_t i = 0; i < r->net->n_nodes; i++) {
        if (batch_norm_of(r, &r->net->node[i]))
            fold(r, &r->net->node[i], &of[i], n);
        free(of[i].mean);
        free(of[i].square);
    }
}
