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
#include "nas/simd.h"

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

/* One head of LANES samples side by side: x[j * d + c] is channel c of row j of each sample. Lanes
 * beyond the batch's end hold zeros. */
struct head {
    uint32_t rows, d;
    float scale; /* 1 / sqrt(d) */
    bool quantise;
    int32_t table[WL_TABLE_SIZE];
    union lanes *q, *k, *v, *p; /* (rows, d) each; p: (rows) of the row in work */
    union lanes *dq, *dk, *dv, *ds;
};

static union lanes *new_lanes(struct run *r, size_t n)
{
    return (union lanes *)(void *)pool_zeros(r->pool, n * LANES);
}

static void head_init(struct head *h, struct run *r, const struct node *n)
{
    uint16_t table[WL_TABLE_SIZE];
    size_t size;

    assert(n->n_in <= WL_MAX_ATTENTION_ROWS);
    h->rows = n->n_in;
    h->d = n->n_vec / heads(n->n_vec);
    h->scale = 1 / sqrtf((float)h->d);
    h->quantise = r->quantise;
    wl_exp_table(table);
    for (size_t i = 0; i < WL_TABLE_SIZE; i++)
        h->table[i] = table[i];
    size = (size_t)h->rows * h->d;
    h->q = new_lanes(r, 6 * size);
    h->k = h->q + size;
    h->v = h->k + size;
    h->dq = h->v + size;
    h->dk = h->dq + size;
    h->dv = h->dk + size;
    h->p = new_lanes(r, 2 * (size_t)h->rows);
    h->ds = h->p + h->rows;
}

/* Channels at .. at + d - 1 of samples b .. b + n - 1. */
static void head_load(union lanes *x, const struct head *h, const struct tensor *t,
                      const float *from, uint32_t b, uint32_t n, uint32_t at)
{
    for (uint32_t j = 0; j < h->rows; j++)
        for (uint32_t l = 0; l < n; l++)
            for (uint32_t c = 0; c < h->d; c++)
                x[j * h->d + c].f[l] = from[((size_t)j * t->batch + b + l) * t->dim + at + c];
}

static void head_add(float *to, const struct head *h, const struct tensor *t, const union lanes *x,
                     uint32_t b, uint32_t n, uint32_t at)
{
    for (uint32_t j = 0; j < h->rows; j++)
        for (uint32_t l = 0; l < n; l++)
            for (uint32_t c = 0; c < h->d; c++)
                to[((size_t)j * t->batch + b + l) * t->dim + at + c] += x[j * h->d + c].f[l];
}

/* Scores -> exp of each one's distance to the largest; inverse: of their sum. */
ALWAYS_INLINE static inline void weigh_exact(const struct head *h, const union lanes *top,
                                             union lanes *inverse)
{
    union lanes sum = {{0}};

    for (uint32_t j = 0; j < h->rows; j++) {
        for (uint32_t l = 0; l < LANES; l++)
            h->p[j].f[l] = expf(h->p[j].f[l] - top->f[l]);
        sum.v += h->p[j].v;
    }
    inverse->v = 1 / sum.v;
}

ALWAYS_INLINE static inline void weigh_rounded(const struct head *h, const union lanes *top,
                                               union lanes *inverse)
{
    union lanes sum = {{0}}, t, last;

    last.v = (union lanes){{0}}.v + (float)(WL_TABLE_SIZE - 1);
    for (uint32_t j = 0; j < h->rows; j++) {
        t.v = (top->v - h->p[j].v) * STEPS + 0.5f;
        lanes_min(&t, &last);
        t.vi = __builtin_convertvector(t.v, lanes_i);
        for (uint32_t l = 0; l < LANES; l++)
            t.i[l] = h->table[t.i[l]];
        sum.vi += t.vi;
        h->p[j].v = __builtin_convertvector(t.vi, lanes_f);
    }
    for (uint32_t l = 0; l < LANES; l++) {
        uint32_t all = (uint32_t)sum.i[l]; /* not 0: the largest score's own weight */
        uint32_t top_bit = 31 - (uint32_t)__builtin_clz(all);
        uint32_t x = (uint32_t)(((uint64_t)all << 8) >> top_bit) - 256;

        inverse->f[l] = (float)wl_reciprocal(x) / (float)(1ull << (top_bit + 16));
    }
}

/* p of row i. */
ALWAYS_INLINE static inline void head_weights(const struct head *h, uint32_t d, uint32_t i)
{
    const union lanes *q = h->q + (size_t)i * d, *k = h->k;
    union lanes top, inverse;

    for (uint32_t j = 0; j < h->rows; j++, k += d) {
        union lanes s = {{0}};

        for (uint32_t c = 0; c < d; c++)
            s.v += q[c].v * k[c].v;
        s.v *= h->scale;
        h->p[j] = s;
        if (j)
            lanes_max(&top, &s);
        else
            top = s;
    }
    if (h->quantise)
        weigh_rounded(h, &top, &inverse);
    else
        weigh_exact(h, &top, &inverse);
    for (uint32_t j = 0; j < h->rows; j++)
        h->p[j].v *= inverse.v;
}

/* z of row i, in q's place: later rows do not read it. */
ALWAYS_INLINE static inline void head_forward_row(const struct head *h, uint32_t d, uint32_t i)
{
    head_weights(h, d, i);
    for (uint32_t c = 0; c < d; c++) {
        union lanes z = {{0}};

        for (uint32_t j = 0; j < h->rows; j++)
            z.v += h->p[j].v * h->v[j * d + c].v;
        h->q[i * d + c] = z;
    }
}

/* Two channels a head, as with 16 in 8 heads, is the case to be fast in. */
SIMD_CLONES static void head_forward(const struct head *h)
{
    for (uint32_t i = 0; i < h->rows; i++)
        if (h->d == 2)
            head_forward_row(h, 2, i);
        else
            head_forward_row(h, h->d, i);
}

/* dq holds the row's dz; then through its p and the softmax to q, k and v. */
ALWAYS_INLINE static inline void head_backward_row(const struct head *h, uint32_t d, uint32_t i)
{
    const union lanes *q = h->q + (size_t)i * d;
    union lanes *dq = h->dq + (size_t)i * d, along = {{0}};

    head_weights(h, d, i);
    for (uint32_t j = 0; j < h->rows; j++) {
        union lanes s = {{0}};

        for (uint32_t c = 0; c < d; c++) {
            s.v += dq[c].v * h->v[j * d + c].v;
            h->dv[j * d + c].v += dq[c].v * h->p[j].v;
        }
        along.v += s.v * h->p[j].v;
        h->ds[j] = s;
    }
    for (uint32_t j = 0; j < h->rows; j++)
        h->ds[j].v = h->p[j].v * (h->ds[j].v - along.v) * h->scale;
    for (uint32_t c = 0; c < d; c++) {
        union lanes sum = {{0}};

        for (uint32_t j = 0; j < h->rows; j++) {
            sum.v += h->ds[j].v * h->k[j * d + c].v;
            h->dk[j * d + c].v += h->ds[j].v * q[c].v;
        }
        dq[c] = sum;
    }
}

SIMD_CLONES static void head_backward(const struct head *h)
{
    for (uint32_t i = 0; i < h->rows; i++)
        if (h->d == 2)
            head_backward_row(h, 2, i);
        else
            head_backward_row(h, h->d, i);
}

void attention_forward(struct run *r, struct node *n)
{
    const struct tensor *in = node_in(r, n, 0);
    struct tensor *out = node_out(r, n);
    struct head h;

    head_init(&h, r, n);
    memset(out->z, 0, tensor_size(out) * sizeof *out->z);
    for (uint32_t b = 0; b < r->batch.n; b += LANES) {
        uint32_t n_lanes = r->batch.n - b < LANES ? r->batch.n - b : LANES;

        for (uint32_t at = 0; at < n->n_vec; at += h.d) {
            head_load(h.q, &h, in, in->v, b, n_lanes, at);
            head_load(h.k, &h, in, in->v, b, n_lanes, n->n_vec + at);
            head_load(h.v, &h, in, in->v, b, n_lanes, 2 * n->n_vec + at);
            head_forward(&h);
            head_add(out->z, &h, out, h.q, b, n_lanes, at);
        }
    }
}

void attention_backward(struct run *r, struct node *n)
{
    const struct tensor *out = node_out(r, n);
    struct tensor *in = node_in(r, n, 0);
    struct head h;

    head_init(&h, r, n);
    for (uint32_t b = 0; b < r->batch.n; b += LANES) {
        uint32_t n_lanes = r->batch.n - b < LANES ? r->batch.n - b : LANES;

        for (uint32_t at = 0; at < n->n_vec; at += h.d) {
            head_load(h.q, &h, in, in->v, b, n_lanes, at);
            head_load(h.k, &h, in, in->v, b, n_lanes, n->n_vec + at);
            head_load(h.v, &h, in, in->v, b, n_lanes, 2 * n->n_vec + at);
            head_load(h.dq, &h, out, out->g, b, n_lanes, at);
            /* and dv, behind it */
            memset(h.dk, 0, 2 * (size_t)h.rows * h.d * sizeof *h.dk);
            head_backward(&h);
            head_add(in->g, &h, in, h.dq, b, n_lanes, at);
            head_add(in->g, &h, in, h.dk, b, n_lanes, n->n_vec + at);
            head_add(in->g, &h, in, h.dv, b, n_lanes, 2 * n->n_vec + at);
        }
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
