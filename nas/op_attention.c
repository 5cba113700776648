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
 * sample, so that a head's channels lie together. q, k and v, and their gradients, follow each
 * other. Lanes beyond the batch's end hold zeros. */
struct heads {
    uint32_t rows, dim, d; /* d: channels of a head */
    uint32_t *place;       /* (3 dim) of q's, k's and v's channels, from q on */
    float scale;           /* 1 / sqrt(d) */
    bool quantise;
    union lanes coarse, fine;        /* exp table: t is floor(coarse[t / 16] fine[t % 16] + 1/2) */
    float reciprocal[WL_TABLE_SIZE]; /* wl_reciprocal */
    union lanes *q, *k, *v;          /* (heads, rows, d) each */
    union lanes *dq, *dk, *dv;
    union lanes *p, *ds; /* (rows) of the row in work; p before it is divided by its sum */
};

static union lanes *new_lanes(struct run *r, size_t n)
{
    return (union lanes *)(void *)pool_floats(r->pool, n * LANES);
}

/* a <- a rounded to an integer, 0 <= a < 2^22 */
ALWAYS_INLINE static inline void lanes_nearest(union lanes *a)
{
    a->v += 8388608.0f; /* 2^23 */
    a->v -= 8388608.0f;
}

/* Entry t < WL_TABLE_SIZE - 1 of the exp table, in a's place. */
ALWAYS_INLINE static inline void exp_entry(const struct heads *h, union lanes *t)
{
    union lanes high;

    high.vi = t->vi >> 4;
    lanes_pick(&high, &h->coarse, &high);
    lanes_pick(t, &h->fine, t);
    t->v *= high.v;
    lanes_nearest(t);
}

static void exp_factors(struct heads *h)
{
    uint16_t table[WL_TABLE_SIZE];

    for (uint32_t k = 0; k < LANES; k++) {
        h->coarse.f[k] = (float)(WL_TABLE_TOP * exp(-(double)(k * LANES) / STEPS));
        h->fine.f[k] = (float)exp(-(double)k / STEPS);
    }
    wl_exp_table(table);
    for (int32_t t = 0; t < WL_TABLE_SIZE; t += LANES) {
        union lanes entry;

        for (int32_t k = 0; k < LANES; k++)
            entry.i[k] = t + k;
        exp_entry(h, &entry);
        for (int32_t k = 0; k < LANES && t + k + 1 < WL_TABLE_SIZE; k++)
            assert((uint16_t)entry.f[k] == table[t + k]);
    }
}

static void heads_init(struct heads *h, struct run *r, const struct node *n)
{
    size_t size = (size_t)n->n_in * n->n_vec;

    assert(n->n_in <= WL_MAX_ATTENTION_ROWS);
    h->rows = n->n_in;
    h->dim = n->n_vec;
    h->d = h->dim / n_heads(h->dim);
    h->place = (uint32_t *)(void *)pool_floats(r->pool, 3 * (size_t)h->dim);
    for (uint32_t c = 0; c < 3 * h->dim; c++)
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

/* x <- all channels of samples b .. b + LANES - 1 of `from`, which has t's shape. */
SIMD_CLONES static void heads_load(const struct heads *h, union lanes *x, const float *from,
                                   const struct tensor *t, uint32_t b)
{
    uint32_t n = t->batch - b < LANES ? t->batch - b : LANES;
    size_t row = (size_t)t->batch * t->dim;

    from += (size_t)b * t->dim;
    for (uint32_t j = 0; j < h->rows; j++, from += row) {
        size_t next = j + 1 < h->rows ? row : 0;

        for (uint32_t c = 0; c < t->dim; c += LANES) {
            const float *at = from + c;
            uint32_t width = t->dim - c < LANES ? t->dim - c : LANES;
            union lanes block[LANES];

            if (n < LANES || width < LANES)
                memset(block, 0, sizeof block);
            for (uint32_t l = 0; l < n; l++, at += t->dim) {
                __builtin_prefetch(at + next);
                if (width == LANES)
                    memcpy(&block[l], at, sizeof *block);
                else
                    memcpy(&block[l], at, width * sizeof *at);
            }
            lanes_transpose(block);
            for (uint32_t k = 0; k < width; k++)
                x[h->place[c + k] + j * h->d] = block[k];
        }
    }
}

/* The reverse. */
SIMD_CLONES static void heads_store(const struct heads *h, float *to, const union lanes *x,
                                    const struct tensor *t, uint32_t b)
{
    uint32_t n = t->batch - b < LANES ? t->batch - b : LANES;

    to += (size_t)b * t->dim;
    for (uint32_t j = 0; j < h->rows; j++, to += (size_t)t->batch * t->dim)
        for (uint32_t c = 0; c < t->dim; c += LANES) {
            float *at = to + c;
            uint32_t width = t->dim - c < LANES ? t->dim - c : LANES;
            union lanes block[LANES];

            for (uint32_t k = 0; k < LANES; k++)
                block[k] = x[h->place[c + (k < width ? k : 0)] + j * h->d];
            lanes_transpose(block);
            for (uint32_t l = 0; l < n; l++, at += t->dim)
                if (width == LANES)
                    memcpy(at, &block[l], sizeof *block);
                else
                    memcpy(at, &block[l], width * sizeof *at);
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

/* The same from scores in steps of the table. */
ALWAYS_INLINE static inline void weigh_rounded(const struct heads *h, const union lanes *top,
                                               union lanes *inverse)
{
    union lanes sum = {{0}}, from, t, x, power;

    from.v = top->v + 0.5f;
    for (uint32_t j = 0; j < h->rows; j++) {
        lanes_i inside;

        t.v = from.v - h->p[j].v;
        inside = t.v < WL_TABLE_SIZE - 1;
        t.vi = __builtin_convertvector(t.v, lanes_i);
        exp_entry(h, &t);
        t.vi &= inside;
        h->p[j] = t;
        sum.v += t.v; /* exact: below 2^24 */
    }
    /* sum = 2^p (1 + x / 256 + ...), p its exponent, x the first bits of its fraction */
    x.vi = (sum.vi >> 15) & 255;
    for (uint32_t l = 0; l < LANES; l++)
        x.f[l] = h->reciprocal[x.i[l]];
    power.vi = (2 * 127 - 16 - (sum.vi >> 23)) << 23; /* 2^-(p + 16) */
    inverse->v = x.v * power.v;
}

/* p of row i, and what it is to be multiplied by. */
ALWAYS_INLINE static inline void head_weights(const struct heads *h, size_t from, uint32_t d,
                                              uint32_t i, union lanes *inverse)
{
    const union lanes *q = h->q + from + (size_t)i * d, *k = h->k + from;
    float scale = h->quantise ? STEPS * h->scale : h->scale;
    union lanes top[4]; /* of every fourth score: none waits for the one before */
    uint32_t j;

    for (j = 0; j < h->rows; j++, k += d) {
        union lanes s;

        s.v = q[0].v * scale * k[0].v;
        for (uint32_t c = 1; c < d; c++)
            s.v += q[c].v * scale * k[c].v;
        h->p[j] = s;
    }
    for (uint32_t u = 0; u < 4; u++)
        top[u] = h->p[0];
    for (j = 0; j + 4 <= h->rows; j += 4)
        for (uint32_t u = 0; u < 4; u++)
            lanes_max(&top[u], &h->p[j + u]);
    for (; j < h->rows; j++)
        lanes_max(&top[0], &h->p[j]);
    for (uint32_t u = 1; u < 4; u++)
        lanes_max(&top[0], &top[u]);
    if (h->quantise)
        weigh_rounded(h, &top[0], inverse);
    else
        weigh_exact(h, &top[0], inverse);
}

/* sum[u] <- over rows j, weight[j] times channel u of x: n <= 2 of them. */
ALWAYS_INLINE static inline void mix(union lanes *sum, const union lanes *weight,
                                     const union lanes *x, uint32_t n, uint32_t d, uint32_t rows)
{
    union lanes a = {{0}}, b = {{0}};

    for (uint32_t j = 0; j < rows; j++, x += d) {
        a.v += weight[j].v * x[0].v;
        if (n > 1)
            b.v += weight[j].v * x[1].v;
    }
    sum[0] = a;
    if (n > 1)
        sum[1] = b;
}

/* z of row i of the head that begins at lane vector `from`, in q's place: later rows do not read
 * it. */
ALWAYS_INLINE static inline void head_forward_row(const struct heads *h, size_t from, uint32_t d,
                                                  uint32_t i)
{
    union lanes *z = h->q + from + (size_t)i * d, inverse;

    head_weights(h, from, d, i, &inverse);
    for (uint32_t c = 0; c < d; c += 2)
        mix(z + c, h->p, h->v + from + c, d - c, d, h->rows);
    for (uint32_t c = 0; c < d; c++)
        z[c].v *= inverse.v;
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
    const union lanes *k = h->k + from, *v = h->v + from;
    union lanes *q = h->q + from + (size_t)i * d, *dq = h->dq + from + (size_t)i * d;
    union lanes *dk = h->dk + from, *dv = h->dv + from, along = {{0}}, inverse;

    head_weights(h, from, d, i, &inverse);
    for (uint32_t c = 0; c < d; c++) {
        dq[c].v *= inverse.v;
        q[c].v *= h->scale; /* for dk; nothing else reads the row again */
    }
    for (uint32_t j = 0; j < h->rows; j++) {
        union lanes s;

        s.v = dq[0].v * v[j * d].v;
        for (uint32_t c = 1; c < d; c++)
            s.v += dq[c].v * v[j * d + c].v;
        for (uint32_t c = 0; c < d; c++)
            dv[j * d + c].v += dq[c].v * h->p[j].v;
        along.v += s.v * h->p[j].v;
        h->ds[j] = s;
    }
    along.v *= inverse.v;
    for (uint32_t j = 0; j < h->rows; j++) {
        h->ds[j].v = h->p[j].v * (h->ds[j].v - along.v);
        for (uint32_t c = 0; c < d; c++)
            dk[j * d + c].v += h->ds[j].v * q[c].v;
    }
    for (uint32_t c = 0; c < d; c += 2)
        mix(dq + c, h->ds, k + c, d - c, d, h->rows);
    for (uint32_t c = 0; c < d; c++)
        dq[c].v *= h->scale;
}

SIMD_CLONES static void heads_backward(const struct heads *h)
{
    /* and dv, behind it */
    memset(h->dk, 0, 2 * (size_t)h->rows * h->dim * sizeof *h->dk);
    for (size_t from = 0; from < (size_t)h->rows * h->dim; from += (size_t)h->rows * h->d)
        for (uint32_t i = 0; i < h->rows; i++)
            if (h->d == 2)
                head_backward_row(h, from, 2, i);
            else
                head_backward_row(h, from, h->d, i);
}

void attention_forward(struct run *r, struct node *n)
{
    const struct tensor *in = node_in(r, n, 0), *out = node_out(r, n);
    struct pool_mark mark = pool_mark(r->pool);
    struct heads h;

    heads_init(&h, r, n);
    for (uint32_t b = 0; b < r->batch.n; b += LANES) {
        heads_load(&h, h.q, in->v, in, b);
        heads_forward(&h);
        heads_store(&h, out->z, h.q, out, b);
    }
    pool_back(r->pool, mark);
}

/* What the heads read is theirs alone: its gradient is written, not added to. */
void attention_backward(struct run *r, struct node *n)
{
    const struct tensor *out = node_out(r, n);
    struct tensor *in = node_in(r, n, 0);
    struct pool_mark mark = pool_mark(r->pool);
    struct heads h;

    assert(!in->begun);
    in->begun = true;
    heads_init(&h, r, n);
    for (uint32_t b = 0; b < r->batch.n; b += LANES) {
        heads_load(&h, h.q, in->v, in, b);
        heads_load(&h, h.dq, out->g, out, b);
        heads_backward(&h);
        heads_store(&h, in->g, h.dq, in, b);
    }
    pool_back(r->pool, mark);
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
