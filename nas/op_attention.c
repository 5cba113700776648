/* SPDX-License-Identifier: Apache-2.0 */
/* Attention over rows: each row brings q, k, v of dim numbers, in heads of d = dim / n_heads:
 * p[i][j] = softmax over j of q[i] k[j] / sqrt(d), z[i] = sum_j p[i][j] v[j].
 *
 * Rounded, p comes from the hardware's table: exp of the distance to the row's largest score in
 * steps of 1/32, and its approximate reciprocal of the sum (traces/workload.h). The gradient is
 * that of a softmax which yielded these p; p is computed again for it rather than kept. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "nas/op_impl.h"

enum { MAX_HEADS = 8, STEPS = 32 /* of the exp table, in one */ };

/* NASRec: 8 heads on 16 channels; fewer where dim is smaller. */
static uint32_t heads(uint32_t dim)
{
    uint32_t n = MAX_HEADS;

    while (dim % n)
        n /= 2;
    return n;
}

void attention_shape(struct net *net, struct node *n)
{
    const struct tensor *in = &net->tensor[n->input[0]].t;
    struct tensor *out = &net->tensor[n->output].t;

    n->n_vec = out->dim = in->dim / 3;
    n->n_in = out->rows = in->rows;
    n->n_out = out->rows * out->dim;
}

/* One head of one sample, channels by rows: x[c * rows + j]. */
struct head {
    uint32_t rows, d;
    float scale; /* 1 / sqrt(d) */
    bool quantise;
    uint16_t table[WL_TABLE_SIZE];
    float *q, *k, *v, *p; /* (d, rows) each; p: (rows) of the row in work */
    float *dq, *dk, *dv, *ds;
};

static void head_init(struct head *h, struct run *r, const struct node *n)
{
    size_t size;

    assert(n->n_in <= WL_MAX_ATTENTION_ROWS);
    h->rows = n->n_in;
    h->d = n->n_vec / heads(n->n_vec);
    h->scale = 1 / sqrtf((float)h->d);
    h->quantise = r->quantise;
    wl_exp_table(h->table);
    size = (size_t)h->rows * h->d;
    h->q = pool_floats(r->pool, 6 * size + 2 * h->rows);
    h->k = h->q + size;
    h->v = h->k + size;
    h->dq = h->v + size;
    h->dk = h->dq + size;
    h->dv = h->dk + size;
    h->p = h->dv + size;
    h->ds = h->p + h->rows;
}

/* Channels at .. at + d - 1 of sample b. */
static void head_load(float *x, const struct head *h, const struct tensor *t, const float *from,
                      uint32_t b, uint32_t at)
{
    for (uint32_t j = 0; j < h->rows; j++)
        for (uint32_t c = 0; c < h->d; c++)
            x[c * h->rows + j] = from[((size_t)j * t->batch + b) * t->dim + at + c];
}

static void head_add(float *to, const struct head *h, const struct tensor *t, const float *x,
                     uint32_t b, uint32_t at)
{
    for (uint32_t j = 0; j < h->rows; j++)
        for (uint32_t c = 0; c < h->d; c++)
            to[((size_t)j * t->batch + b) * t->dim + at + c] += x[c * h->rows + j];
}

/* exp of each score's distance to the largest, and what their sum is divided by. */
static float weigh_exact(struct head *h, float top)
{
    float sum = 0;

    for (uint32_t j = 0; j < h->rows; j++) {
        h->p[j] = expf(h->p[j] - top);
        sum += h->p[j];
    }
    return 1 / sum;
}

static float weigh_rounded(struct head *h, float top)
{
    int32_t e[WL_MAX_ATTENTION_ROWS];
    uint32_t sum = 0, p, x;

    for (uint32_t j = 0; j < h->rows; j++) {
        float t = (top - h->p[j]) * STEPS + 0.5f;

        e[j] = (int32_t)(t < WL_TABLE_SIZE - 1 ? t : WL_TABLE_SIZE - 1);
    }
    for (uint32_t j = 0; j < h->rows; j++) {
        e[j] = h->table[e[j]];
        sum += (uint32_t)e[j];
    }
    for (uint32_t j = 0; j < h->rows; j++)
        h->p[j] = (float)e[j];
    p = 31 - (uint32_t)__builtin_clz(sum); /* the largest score's own weight is not 0 */
    x = (uint32_t)(((uint64_t)sum << 8) >> p) - 256;
    return (float)wl_reciprocal(x) / (float)(1ull << (p + 16));
}

static float largest(const float *x, uint32_t n)
{
    float top[4] = {x[0], x[0], x[0], x[0]};
    uint32_t j = 0;

    for (; j + 4 <= n; j += 4)
        for (uint32_t k = 0; k < 4; k++)
            top[k] = x[j + k] > top[k] ? x[j + k] : top[k];
    for (; j < n; j++)
        top[0] = x[j] > top[0] ? x[j] : top[0];
    for (uint32_t k = 1; k < 4; k++)
        top[0] = top[k] > top[0] ? top[k] : top[0];
    return top[0];
}

/* At most WL_MAX_ATTENTION_ROWS numbers. */
static float sum_of_products(const float *a, const float *b, uint32_t n)
{
    float s[4] = {0};
    uint32_t j = 0;

    for (; j + 4 <= n; j += 4)
        for (uint32_t k = 0; k < 4; k++)
            s[k] += a[j + k] * b[j + k];
    for (; j < n; j++)
        s[0] += a[j] * b[j];
    return (s[0] + s[1]) + (s[2] + s[3]);
}

/* p of row i. */
static void head_weights(struct head *h, uint32_t i)
{
    float top, inverse;

    memset(h->p, 0, h->rows * sizeof *h->p);
    for (uint32_t c = 0; c < h->d; c++) {
        const float *k = h->k + c * h->rows;
        float q = h->q[c * h->rows + i] * h->scale;

        for (uint32_t j = 0; j < h->rows; j++)
            h->p[j] += q * k[j];
    }
    top = largest(h->p, h->rows);
    inverse = h->quantise ? weigh_rounded(h, top) : weigh_exact(h, top);
    for (uint32_t j = 0; j < h->rows; j++)
        h->p[j] *= inverse;
}

void attention_forward(struct run *r, struct node *n)
{
    const struct tensor *in = node_in(r, n, 0);
    struct tensor *out = node_out(r, n);
    struct head h;

    head_init(&h, r, n);
    for (uint32_t b = 0; b < r->batch.n; b++)
        for (uint32_t at = 0; at < n->n_vec; at += h.d) {
            head_load(h.q, &h, in, in->v, b, at);
            head_load(h.k, &h, in, in->v, b, n->n_vec + at);
            head_load(h.v, &h, in, in->v, b, 2 * n->n_vec + at);
            for (uint32_t i = 0; i < h.rows; i++) {
                head_weights(&h, i);
                for (uint32_t c = 0; c < h.d; c++)
                    out->z[((size_t)i * out->batch + b) * out->dim + at + c] =
                        sum_of_products(h.p, h.v + c * h.rows, h.rows);
            }
        }
}

/* Row i: gradients of its p, then through the softmax to q and k. */
static void head_backward(struct head *h, uint32_t i, const float *dz)
{
    float along;

    head_weights(h, i);
    memset(h->ds, 0, h->rows * sizeof *h->ds);
    for (uint32_t c = 0; c < h->d; c++) {
        const float *v = h->v + c * h->rows;
        float *dv = h->dv + c * h->rows, g = dz[c];

        for (uint32_t j = 0; j < h->rows; j++) {
            h->ds[j] += g * v[j];
            dv[j] += g * h->p[j];
        }
    }
    along = sum_of_products(h->p, h->ds, h->rows);
    for (uint32_t j = 0; j < h->rows; j++)
        h->ds[j] = h->p[j] * (h->ds[j] - along) * h->scale;
    for (uint32_t c = 0; c < h->d; c++) {
        const float *k = h->k + c * h->rows;
        float *dk = h->dk + c * h->rows, q = h->q[c * h->rows + i];

        h->dq[c * h->rows + i] = sum_of_products(h->ds, k, h->rows);
        for (uint32_t j = 0; j < h->rows; j++)
            dk[j] += q * h->ds[j];
    }
}

void attention_backward(struct run *r, struct node *n)
{
    const struct tensor *out = node_out(r, n);
    struct tensor *in = node_in(r, n, 0);
    struct head h;

    head_init(&h, r, n);
    for (uint32_t b = 0; b < r->batch.n; b++)
        for (uint32_t at = 0; at < n->n_vec; at += h.d) {
            head_load(h.q, &h, in, in->v, b, at);
            head_load(h.k, &h, in, in->v, b, n->n_vec + at);
            head_load(h.v, &h, in, in->v, b, 2 * n->n_vec + at);
            memset(h.dk, 0, 2 * (size_t)h.rows * h.d * sizeof *h.dk); /* and dv, behind it */
            for (uint32_t i = 0; i < h.rows; i++)
                head_backward(&h, i, out->g + ((size_t)i * out->batch + b) * out->dim + at);
            head_add(in->g, &h, in, h.dq, b, at);
            head_add(in->g, &h, in, h.dk, b, n->n_vec + at);
            head_add(in->g, &h, in, h.dv, b, 2 * n->n_vec + at);
        }
}

void attention_lower(const struct net *net, const struct store *s, const struct node *n,
                     struct workload *w, struct wl_op *op)
{
    double in = net_tensor_scale(&net->tensor[n->input[0]]);
    double score, mean = in / (256 * code_step(&net->tensor[n->output]));

    (void)s;
    op->kind = WL_ATTENTION;
    op->n_heads = heads(n->n_vec);
    op->n_mult = 2;
    op->mult = arena_alloc(w->arena, 2, sizeof *op->mult);
    score = STEPS * in * in / sqrt((double)n->n_vec / op->n_heads);
    choose_mults(&score, 1, &op->mult[0], &op->score_shift);
    choose_mults(&mean, 1, &op->mult[1], &op->shift);
    op->table = arena_alloc(w->arena, WL_TABLE_SIZE, sizeof *op->table);
    wl_exp_table(op->table);
}
