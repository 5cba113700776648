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
static uint32_t n_heads(uint32_t dim)
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

/* The heads of LANES samples side by side: x[place[c] + j * d] is channel c of row j of each
 * sample, so that a head's channels lie together. Lanes beyond the batch's end hold zeros. */
struct heads {
    uint32_t rows, dim, d; /* d: channels of a head */
    uint32_t *place;       /* (dim) */
    float scale;           /* 1 / sqrt(d) */
    bool quantise;
    union lanes coarse, fine;        /* exp table: t is floor(coarse[t / 16] fine[t % 16] + 1/2) */
    float reciprocal[WL_TABLE_SIZE]; /* wl_reciprocal */
    union lanes *q, *k, *v;          /* (heads, rows, d) each */
    union lanes *dq, *dk, *dv;
    union lanes *p, *ds; /* (rows) of the row in work */
};

static union lanes *new_lanes(struct run *r, size_t n)
{
    return (union lanes *)(void *)pool_floats(r->pool, n * LANES);
}

static void exp_factors(struct heads *h)
{
    uint16_t table[WL_TABLE_SIZE];

    for (uint32_t k = 0; k < LANES; k++) {
        h->coarse.f[k] = (float)(WL_TABLE_TOP * exp(-(double)(k * LANES) / STEPS));
        h->fine.f[k] = (float)exp(-(double)k / STEPS);
    }
    wl_exp_table(table);
    for (uint32_t t = 0; t + 1 < WL_TABLE_SIZE; t++) {
        float entry = h->coarse.f[t / LANES] * h->fine.f[t % LANES] + 0.5f;

        assert((uint16_t)entry == table[t]);
    }
}

static void heads_init(struct heads *h, struct run *r, const struct node *n)
{
    size_t size = (size_t)n->n_in * n->n_vec;

    assert(n->n_in <= WL_MAX_ATTENTION_ROWS);
    h->rows = n->n_in;
    h->dim = n->n_vec;
    h->d = h->dim / n_heads(h->dim);
    h->place = (uint32_t *)(void *)pool_floats(r->pool, h->dim);
    for (uint32_t c = 0; c < h->dim; c++)
        h->place[c] = c / h->d * h->rows * h->d + c % h->d;
    h->scale = 1 / sqrtf((float)h->d);
    h->quantise = r->quantise;
    exp_factors(h);
    for (uint32_t x = 0; x < WL_TABLE_SIZE; x++)
        h->reciprocal[x] = (float)wl_reciprocal(x);
    h->q = new_lanes(r, 6 * size);
    h->k = h->q + size;
    h->v = h->k + size;
    h->dq = h->v + size;
    h->dk = h->dq + size;
    h->dv = h->dk + size;
    h->p = new_lanes(r, 2 * (size_t)h->rows);
    h->ds = h->p + h->rows;
}

/* Where row j of samples b .. b + n - 1 is in a tensor; channels from at on. */
struct place {
    const struct tensor *t;
    uint32_t b, n, at;
};

static size_t first_of(const struct place *p, uint32_t j)
{
    return ((size_t)j * p->t->batch + p->b) * p->t->dim + p->at;
}

/* x <- from: the heads' channels. */
SIMD_CLONES static void heads_load(const struct heads *h, union lanes *x, const float *from,
                                   const struct place *p)
{
    for (uint32_t j = 0; j < h->rows; j++)
        for (uint32_t c = 0; c < h->dim; c += LANES) {
            const float *at = from + first_of(p, j) + c;
            uint32_t width = h->dim - c < LANES ? h->dim - c : LANES;
            union lanes block[LANES] = {{{0}}};

            for (uint32_t l = 0; l < p->n; l++, at += p->t->dim)
                if (width == LANES)
                    memcpy(&block[l], at, sizeof *block);
                else
                    memcpy(&block[l], at, width * sizeof *at);
            lanes_transpose(block);
            for (uint32_t k = 0; k < width; k++)
                x[h->place[c + k] + j * h->d] = block[k];
        }
}

/* The heads' channels added to `to`. */
SIMD_CLONES static void heads_add(const struct heads *h, float *to, const union lanes *x,
                                  const struct place *p)
{
    for (uint32_t j = 0; j < h->rows; j++)
        for (uint32_t c = 0; c < h->dim; c += LANES) {
            float *at = to + first_of(p, j) + c;
            uint32_t width = h->dim - c < LANES ? h->dim - c : LANES;
            union lanes block[LANES] = {{{0}}}, sum;

            for (uint32_t k = 0; k < width; k++)
                block[k] = x[h->place[c + k] + j * h->d];
            lanes_transpose(block);
            for (uint32_t l = 0; l < p->n; l++, at += p->t->dim) {
                for (uint32_t k = 0; width < LANES && k < width; k++)
                    at[k] += block[l].f[k];
                if (width < LANES)
                    continue;
                memcpy(&sum, at, sizeof sum);
                sum.v += block[l].v;
                memcpy(at, &sum, sizeof sum);
            }
        }
}

/* Scores -> exp of each one's distance to the largest; inverse: of their sum. */
ALWAYS_INLINE static inline void weigh_exact(const struct heads *h, const union lanes *top,
                                             union lanes *inverse)
{
    union lanes sum = {{0}};

    for (uint32_t j = 0; j < h->rows; j++) {
        h->p[j].v -= top->v;
        lanes_exp(&h->p[j]);
        sum.v += h->p[j].v;
    }
    inverse->v = 1 / sum.v;
}

ALWAYS_INLINE static inline void weigh_rounded(const struct heads *h, const union lanes *top,
                                               union lanes *inverse)
{
    union lanes sum = {{0}}, t, last, high, low;

    last.v = (union lanes){{0}}.v + (float)(WL_TABLE_SIZE - 1);
    for (uint32_t j = 0; j < h->rows; j++) {
        t.v = (top->v - h->p[j].v) * STEPS + 0.5f;
        lanes_min(&t, &last);
        t.vi = __builtin_convertvector(t.v, lanes_i);
        high.vi = t.vi / LANES;
        lanes_pick(&high, &h->coarse, &high);
        lanes_pick(&low, &h->fine, &t);
        low.v = high.v * low.v + 0.5f;
        low.vi = __builtin_convertvector(low.v, lanes_i) & (t.vi < WL_TABLE_SIZE - 1);
        h->p[j].v = __builtin_convertvector(low.vi, lanes_f);
        sum.v += h->p[j].v; /* exact: below 2^24 */
    }
    /* sum = 2^p (1 + x / 256 + ...), p its exponent, x the first bits of its fraction */
    low.vi = (sum.vi >> 15) & 255;
    for (uint32_t l = 0; l < LANES; l++)
        low.f[l] = h->reciprocal[low.i[l]];
    high.vi = (2 * 127 - 16 - (sum.vi >> 23)) << 23; /* 2^-(p + 16) */
    inverse->v = low.v * high.v;
}

/* p of row i. */
ALWAYS_INLINE static inline void head_weights(const struct heads *h, size_t from, uint32_t d,
                                              uint32_t i)
{
    const union lanes *q = h->q + from + (size_t)i * d, *k = h->k + from;
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

/* z of row i of the head that begins at lane vector `from`, in q's place: later rows do not read
 * it. */
ALWAYS_INLINE static inline void head_forward_row(const struct heads *h, size_t from, uint32_t d,
                                                  uint32_t i)
{
    head_weights(h, from, d, i);
    for (uint32_t c = 0; c < d; c++) {
        union lanes z = {{0}};

        for (uint32_t j = 0; j < h->rows; j++)
            z.v += h->p[j].v * h->v[from + j * d + c].v;
        h->q[from + i * d + c] = z;
    }
}

/* Two channels a head, as with 16 in 8 heads, is the case to be fast in. */
SIMD_CLONES static void heads_forward(const struct heads *h)
{
    for (size_t from = 0; from < (size_t)h->rows * h->dim; from += (size_t)h->rows * h->d)
        for (uint32_t i = 0; i < h->rows; i++)
            if (h->d == 2)
                head_forward_row(h, from, 2, i);
            else
                head_forward_row(h, from, h->d, i);
}

/* dq holds the row's dz; then through its p and the softmax to q, k and v. */
ALWAYS_INLINE static inline void head_backward_row(const struct heads *h, size_t from, uint32_t d,
                                                   uint32_t i)
{
    const union lanes *q = h->q + from + (size_t)i * d, *k = h->k + from, *v = h->v + from;
    union lanes *dq = h->dq + from + (size_t)i * d, along = {{0}};
    union lanes *dk = h->dk + from, *dv = h->dv + from;

    head_weights(h, from, d, i);
    for (uint32_t j = 0; j < h->rows; j++) {
        union lanes s = {{0}};

        for (uint32_t c = 0; c < d; c++) {
            s.v += dq[c].v * v[j * d + c].v;
            dv[j * d + c].v += dq[c].v * h->p[j].v;
        }
        along.v += s.v * h->p[j].v;
        h->ds[j] = s;
    }
    for (uint32_t j = 0; j < h->rows; j++)
        h->ds[j].v = h->p[j].v * (h->ds[j].v - along.v) * h->scale;
    for (uint32_t c = 0; c < d; c++) {
        union lanes sum = {{0}};

        for (uint32_t j = 0; j < h->rows; j++) {
            sum.v += h->ds[j].v * k[j * d + c].v;
            dk[j * d + c].v += h->ds[j].v * q[c].v;
        }
        dq[c] = sum;
    }
}

SIMD_CLONES static void heads_backward(const struct heads *h)
{
    for (size_t from = 0; from < (size_t)h->rows * h->dim; from += (size_t)h->rows * h->d)
        for (uint32_t i = 0; i < h->rows; i++)
            if (h->d == 2)
                head_backward_row(h, from, 2, i);
            else
                head_backward_row(h, from, h->d, i);
}

void attention_forward(struct run *r, struct node *n)
{
    const struct tensor *in = node_in(r, n, 0);
    struct tensor *out = node_out(r, n);
    struct heads h;

    heads_init(&h, r, n);
    memset(out->z, 0, tensor_size(out) * sizeof *out->z);
    for (uint32_t b = 0; b < r->batch.n; b += LANES) {
        uint32_t n_lanes = r->batch.n - b < LANES ? r->batch.n - b : LANES;

        heads_load(&h, h.q, in->v, &(struct place){in, b, n_lanes, 0});
        heads_load(&h, h.k, in->v, &(struct place){in, b, n_lanes, h.dim});
        heads_load(&h, h.v, in->v, &(struct place){in, b, n_lanes, 2 * h.dim});
        heads_forward(&h);
        heads_add(&h, out->z, h.q, &(struct place){out, b, n_lanes, 0});
    }
}

void attention_backward(struct run *r, struct node *n)
{
    const struct tensor *out = node_out(r, n);
    struct tensor *in = node_in(r, n, 0);
    struct heads h;

    heads_init(&h, r, n);
    for (uint32_t b = 0; b < r->batch.n; b += LANES) {
        uint32_t n_lanes = r->batch.n - b < LANES ? r->batch.n - b : LANES;
        struct place q = {in, b, n_lanes, 0}, k = {in, b, n_lanes, h.dim},
                     v = {in, b, n_lanes, 2 * h.dim};

        heads_load(&h, h.q, in->v, &q);
        heads_load(&h, h.k, in->v, &k);
        heads_load(&h, h.v, in->v, &v);
        heads_load(&h, h.dq, out->g, &(struct place){out, b, n_lanes, 0});
        /* and dv, behind it */
        memset(h.dk, 0, 2 * (size_t)h.rows * h.dim * sizeof *h.dk);
        heads_backward(&h);
        heads_add(&h, in->g, h.dq, &q);
        heads_add(&h, in->g, h.dk, &k);
        heads_add(&h, in->g, h.dv, &v);
    }
}

void attention_lower(const struct net *net, const struct store *s, const struct node *n,
                     struct workload *w, struct wl_op *op)
{
    double in = net_tensor_scale(&net->tensor[n->input[0]]);
    double score, mean = in / (256 * code_step(&net->tensor[n->output]));

    (void)s;
    op->kind = WL_ATTENTION;
    op->n_heads = n_heads(n->n_vec);
    op->n_mult = 2;
    op->mult = arena_alloc(w->arena, 2, sizeof *op->mult);
    score = STEPS * in * in / sqrt((double)n->n_vec / op->n_heads);
    choose_mults(&score, 1, &op->mult[0], &op->score_shift);
    choose_mults(&mean, 1, &op->mult[1], &op->shift);
    op->table = arena_alloc(w->arena, WL_TABLE_SIZE, sizeof *op->table);
    wl_exp_table(op->table);
}
