/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/common/tiny_workload.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_OPS = 64 };

/* A workload under construction, and the drawn sizes that all blocks share. */
struct builder {
    struct workload *w;
    struct rng *r;
    uint32_t block;
    uint32_t rows, width; /* of the running block: sparse rows and dense elements */
    bool bags;
    const struct tiny_shape *shape; /* NULL: drawn */
};

/* Tensors that leave a block; n = 0: none. */
struct set {
    uint32_t n, at[WL_MAX_INPUTS];
};

static void set_add(struct set *s, uint32_t t)
{
    assert(s->n < WL_MAX_INPUTS);
    s->at[s->n++] = t;
}

static uint32_t draw_bits(struct rng *r)
{
    return rng_below(r, 2) ? 8 : 4;
}

static double half_range(const struct wl_tensor *t)
{
    return t->zero_point ? t->zero_point : (double)((1u << t->bits) - 1);
}

/* Root mean square of codes that fill their range evenly, zero point taken off. */
static double rms(const struct wl_tensor *t)
{
    return half_range(t) / sqrt(3.0);
}

static struct workload *start(const char *name, uint32_t n_dense, uint32_t dense_bits)
{
    struct workload *w = workload_new(name);

    w->tensor = arena_alloc(w->arena, MAX_OPS + 1, sizeof *w->tensor);
    w->op = arena_alloc(w->arena, MAX_OPS, sizeof *w->op);
    w->n_tensors = 1;
    w->n_dense = n_dense;
    w->tensor[0] = (struct wl_tensor){
        .name = "dense", .rows = n_dense > 0, .dim = n_dense, .bits = dense_bits, .scale = 1.0};
    return w;
}

/* A fresh operator and its output tensor, numbered one above it. */
static struct wl_op *add_op(struct builder *b, const char *role, const char *suffix,
                            enum wl_kind kind, const struct set *in)
{
    struct workload *w = b->w;
    struct wl_op *o = &w->op[w->n_ops++];

    assert(w->n_ops <= MAX_OPS);
    *o = (struct wl_op){.kind = kind, .block = b->block, .output = w->n_tensors++, .n_vec = 1};
    if (b->block)
        snprintf(o->name, sizeof o->name, "b%u.%s", b->block, suffix);
    else
        snprintf(o->name, sizeof o->name, "%s", suffix);
    snprintf(o->role, sizeof o->role, "%s", role);
    memcpy(w->tensor[o->output].name, o->name, sizeof o->name);
    for (uint32_t i = 0; in && i < in->n; i++)
        o->input[o->n_inputs++] = in->at[i];
    return o;
}

/* is_signed < 0: draw. */
static struct wl_tensor *shape(struct builder *b, const struct wl_op *o, uint32_t rows,
                               uint32_t dim, uint32_t bits, int is_signed)
{
    struct wl_tensor *t = &b->w->tensor[o->output];

    if (is_signed < 0)
        is_signed = (int)rng_below(b->r, 2);
    t->rows = rows;
    t->dim = dim;
    t->bits = bits;
    t->zero_point = is_signed ? 1u << (bits - 1) : 0;
    t->scale = 2.0 / half_range(t);
    return t;
}

/* Largest shift for which every factor fits 16 bits; factor[i] ~ mult[i] / 2^shift. */
static void set_mults(struct builder *b, struct wl_op *o, const double *factor, uint32_t n,
                      double top)
{
    double most = 0;

    o->n_mult = n;
    o->mult = arena_alloc(b->w->arena, n, sizeof *o->mult);
    for (uint32_t i = 0; i < n; i++)
        most = fmax(most, factor[i]);
    for (o->shift = 40; o->shift > 1 && ldexp(most, (int)o->shift) > top;)
        o->shift--;
    for (uint32_t i = 0; i < n; i++)
        o->mult[i] = (uint16_t)fmin(top, nearbyint(ldexp(factor[i], (int)o->shift)));
}

static void fill_weights(struct builder *b, struct wl_op *o)
{
    int top;
    double power = 0;
    uint64_t n;

    o->weight_bits = rng_between(b->r, 2, 8);
    top = (1 << (o->weight_bits - 1)) - 1;
    n = (uint64_t)o->n_out * o->n_in;
    o->weight = arena_alloc(b->w->arena, n, sizeof *o->weight);
    o->bias = arena_alloc(b->w->arena, o->n_out, sizeof *o->bias);
    for (uint64_t k = 0; k < n; k++)
        o->weight[k] = (int8_t)((int)rng_below(b->r, (uint64_t)(2 * top + 1)) - top);
    for (uint32_t i = 0; i < o->n_inputs; i++) {
        const struct wl_tensor *t = &b->w->tensor[o->input[i]];

        power += (double)t->rows * t->dim / o->n_vec * rms(t) * rms(t);
    }
    power = sqrt(power * (top + 1) / 3.0 * top); /* expected deviation of acc */
    for (uint32_t m = 0; m < o->n_out; m++)
        o->bias[m] = (int32_t)(power * (rng_unit(b->r) - 0.4));
    if (o->raw) {
        b->w->logit_scale = 1.5 / power;
        return;
    }
    double *factor = arena_alloc(b->w->arena, o->n_out, sizeof *factor);
    for (uint32_t m = 0; m < o->n_out; m++)
        factor[m] =
            (0.7 + 0.6 * rng_unit(b->r)) * half_range(&b->w->tensor[o->output]) / (2.5 * power);
    set_mults(b, o, factor, o->n_out, 65535);
}

static uint32_t fc(struct builder *b, const char *role, const char *suffix, const struct set *in,
                   uint32_t rows, uint32_t dim, uint32_t bits, int is_signed)
{
    struct wl_op *o = add_op(b, role, suffix, WL_MVM, in);

    shape(b, o, rows, dim, bits, is_signed);
    o->n_in = (uint32_t)workload_op_elements(b->w, o);
    o->n_out = rows * dim;
    fill_weights(b, o);
    return o->output;
}

static uint32_t efc(struct builder *b, const char *suffix, const struct set *in, uint32_t rows,
                    uint32_t bits, int is_signed)
{
    struct wl_op *o = add_op(b, "efc", suffix, WL_MVM, in);

    o->n_vec = b->w->embed_dim;
    shape(b, o, rows, o->n_vec, bits, is_signed);
    o->n_in = (uint32_t)workload_op_elements(b->w, o) / o->n_vec;
    o->n_out = rows;
    fill_weights(b, o);
    return o->output;
}

/* DP over one projected dense row and a few projected sparse rows, then an FC to width. */
static uint32_t dp(struct builder *b, const struct set *dense, const struct set *sparse)
{
    uint32_t bits = draw_bits(b->r), k = rng_between(b->r, 1, 4);
    int is_signed = (int)rng_below(b->r, 2);
    struct set rows = {0}, pairs = {0};
    struct wl_op *o;
    const struct wl_tensor *t;
    double factor;

    if (dense->n)
        set_add(&rows, fc(b, "fc", "dp_dense", dense, 1, b->w->embed_dim, bits, is_signed));
    set_add(&rows, efc(b, "dp_sparse", sparse, k + (dense->n == 0), bits, is_signed));
    o = add_op(b, "dp", "dp", WL_DP, &rows);
    o->n_vec = b->w->embed_dim;
    o->n_in = (uint32_t)workload_op_elements(b->w, o) / o->n_vec;
    o->n_out = o->n_in * (o->n_in - 1) / 2;
    shape(b, o, 1, o->n_out, draw_bits(b->r), -1);
    t = &b->w->tensor[o->input[0]];
    factor = half_range(&b->w->tensor[o->output]) / (rms(t) * rms(t) * 1.2 * o->n_vec);
    set_mults(b, o, &factor, 1, 65535);
    set_add(&pairs, o->output);
    return fc(b, "fc", "dp_fc", &pairs, 1, b->width, draw_bits(b->r), -1);
}

/* FM over sparse rows of one scale, then an FC to width. */
static uint32_t fm(struct builder *b, const struct set *in)
{
    struct wl_op *o = add_op(b, "fm", "fm", WL_FM, in);
    const struct wl_tensor *t = &b->w->tensor[in->at[0]];
    struct set sums = {0};
    double factor, typical;

    o->n_vec = b->w->embed_dim;
    o->n_in = (uint32_t)workload_op_elements(b->w, o) / o->n_vec;
    o->n_out = o->n_vec;
    shape(b, o, 1, o->n_out, draw_bits(b->r), -1);
    typical = rms(t) * rms(t) * o->n_in * (t->zero_point ? 1.0 : 0.75 * o->n_in);
    factor = half_range(&b->w->tensor[o->output]) / (1.5 * typical);
    set_mults(b, o, &factor, 1, 65535);
    set_add(&sums, o->output);
    return fc(b, "fc", "fm_fc", &sums, 1, b->width, draw_bits(b->r), -1);
}

static uint32_t add(struct builder *b, const char *suffix, uint32_t x, uint32_t y)
{
    struct wl_op *o = add_op(b, "add", suffix, WL_ADD, &(struct set){.n = 2, .at = {x, y}});
    double half, factor[2];

    o->n_in = o->n_out = b->width;
    half = half_range(shape(b, o, 1, b->width, draw_bits(b->r), -1));
    factor[0] = half / half_range(&b->w->tensor[x]) * (0.5 + 0.4 * rng_unit(b->r));
    factor[1] = half / half_range(&b->w->tensor[y]) * (0.5 + 0.4 * rng_unit(b->r));
    set_mults(b, o, factor, 2, 4095);
    return o->output;
}

/* One choice block: reads dense and sparse tensors, replaces both sets by its own outputs.
 * full: every merge is there; else each is drawn. */
static void block(struct builder *b, struct set *dense, struct set *sparse, bool full)
{
    struct set d = {0}, s = {0};
    uint32_t sum;
    uint32_t bits = draw_bits(b->r); /* of all sparse outputs: FM wants one scale */
    int is_signed = (int)rng_below(b->r, 2);

    b->rows = rng_between(b->r, 1, 6);
    b->width = rng_between(b->r, 3, 20);
    sum = fc(b, "fc", "fc", dense->n ? dense : sparse, 1, b->width, draw_bits(b->r), -1);
    set_add(&s, efc(b, "efc", sparse, b->rows, bits, is_signed));
    if (full || rng_below(b->r, 2))
        sum = add(b, "dp_add", sum, dp(b, dense, sparse));
    if (full || rng_below(b->r, 2))
        sum = add(b, "fm_add", sum, fm(b, full ? sparse : &s));
    set_add(&d, sum);
    if (full || rng_below(b->r, 2))
        set_add(&s,
                fc(b, "dsi", "dsi", &d, rng_between(b->r, 1, 4), b->w->embed_dim, bits, is_signed));
    *dense = d;
    *sparse = s;
}

static void final(struct builder *b, const struct set *in)
{
    struct wl_op *o;
    struct wl_tensor *t;

    b->block = 0;
    o = add_op(b, "final", "final", WL_MVM, in);
    t = &b->w->tensor[o->output];
    t->rows = t->dim = 1;
    t->bits = 32;
    o->raw = true;
    o->n_in = (uint32_t)workload_op_elements(b->w, o);
    o->n_out = 1;
    fill_weights(b, o);
    t->scale = b->w->logit_scale;
}

/* Half of the fields and at least the last get bags; their sums use the range of their codes. */
static void bags(struct builder *b, struct wl_op *o)
{
    struct workload *w = b->w;
    uint32_t *max_bag = mem_alloc(w->n_fields, sizeof *max_bag);
    double *factor = mem_alloc(w->n_fields, sizeof *factor);

    for (uint32_t f = 0; f < w->n_fields; f++) {
        max_bag[f] = rng_below(b->r, 2) || f + 1 == w->n_fields ? rng_between(b->r, 1, 9) : 0;
        factor[f] = 1.3 / (1 + sqrt(max_bag[f]));
    }
    workload_set_bags(w, max_bag);
    set_mults(b, o, factor, w->n_fields, 65535);
    free(factor);
    free(max_bag);
}

static void embed(struct builder *b, struct set *sparse)
{
    struct workload *w = b->w;
    struct wl_op *o = add_op(b, "embed", "embed", WL_EMBED, NULL);
    struct wl_tensor *t;
    uint64_t n;

    w->n_fields = b->shape ? b->shape->n_fields : rng_between(b->r, 2, 7);
    w->embed_dim = rng_between(b->r, 2, 12);
    o->n_in = o->n_out = w->n_fields;
    o->n_vec = w->embed_dim;
    t = shape(b, o, w->n_fields, w->embed_dim, draw_bits(b->r), -1);
    w->n_rows = arena_alloc(w->arena, w->n_fields, sizeof *w->n_rows);
    w->row_base = arena_alloc(w->arena, w->n_fields + 1, sizeof *w->row_base);
    for (uint32_t f = 0; f < w->n_fields; f++) {
        w->n_rows[f] = b->shape ? b->shape->n_rows[f] : rng_between(b->r, 1, 40);
        w->row_base[f + 1] = w->row_base[f] + w->n_rows[f];
    }
    n = w->row_base[w->n_fields] * w->embed_dim;
    w->table = arena_alloc(w->arena, n, 1);
    for (uint64_t i = 0; i < n; i++)
        w->table[i] = (uint8_t)rng_below(b->r, 1u << t->bits);
    set_add(sparse, o->output);
    if (b->bags)
        bags(b, o);
}

/* Distinct rows of one table; a bag may be empty. */
static void draw_bag(struct rng *r, uint32_t max_bag, uint32_t n_rows, uint32_t *slot)
{
    uint32_t n = (uint32_t)rng_below(r, max_bag + 1), step, row;

    n = n < n_rows ? n : n_rows;
    row = (uint32_t)rng_below(r, n_rows);
    step = n ? rng_between(r, 1, n_rows / n) : 0;
    slot[0] = n;
    for (uint32_t k = 0; k < n; k++)
        slot[1 + k] = (row + k * step) % n_rows;
}

/* Lookups lean towards low rows, as real ones do. */
static void requests(struct builder *b, uint32_t n_requests)
{
    struct workload *w = b->w;
    struct workload_scratch *s = workload_scratch_new(w);

    w->n_requests = n_requests;
    w->dense = arena_alloc(w->arena, (size_t)n_requests * w->n_dense + 1, 1);
    w->lookup =
        arena_alloc(w->arena, (size_t)n_requests * workload_n_words(w) + 1, sizeof *w->lookup);
    w->label = arena_alloc(w->arena, n_requests + 1u, 1);
    w->expected = arena_alloc(w->arena, n_requests + 1u, sizeof *w->expected);
    for (size_t r = 0; r < n_requests; r++) {
        uint8_t *dense = w->dense + r * w->n_dense;
        uint32_t *lookup = w->lookup + r * workload_n_words(w);

        for (uint32_t k = 0; k < w->n_dense; k++)
            dense[k] = (uint8_t)rng_below(b->r, 1u << w->tensor[0].bits);
        for (uint32_t f = 0; f < w->n_fields; f++)
            if (workload_max_bag(w, f))
                draw_bag(b->r, w->max_bag[f], w->n_rows[f], lookup + w->slot[f]);
            else
                lookup[workload_slot(w, f)] =
                    (uint32_t)rng_below(b->r, 1 + rng_below(b->r, w->n_rows[f]));
        w->label[r] = (uint8_t)rng_below(b->r, 2);
        w->expected[r] = workload_logit(w, s, lookup, dense);
    }
    workload_scratch_free(s);
}

static struct workload *checked(struct workload *w)
{
    struct err e;

    if (workload_check(w, &e)) {
        fprintf(stderr, "tiny_workload: %s\n", e.text);
        abort();
    }
    return w;
}

static struct workload *tiny(struct rng *r, uint32_t n_requests, bool with_bags,
                             const struct tiny_shape *like)
{
    bool has_dense = like ? like->n_dense > 0 : rng_below(r, 8) > 0;
    uint32_t n_dense = like ? like->n_dense : has_dense ? rng_between(r, 1, 13) : 0;
    struct builder b = {
        .w = start("tiny", n_dense, draw_bits(r)), .r = r, .bags = with_bags, .shape = like};
    uint32_t n_blocks = rng_between(r, 1, 3), full = rng_between(r, 1, n_blocks);
    struct set dense = {0}, sparse = {0}, head = {0};

    embed(&b, &sparse);
    if (has_dense)
        set_add(&dense, 0);
    for (b.block = 1; b.block <= n_blocks; b.block++) {
        struct set before = dense;

        if (b.block > 2) /* a connection that skips a block */
            set_add(&dense, head.at[0]);
        block(&b, &dense, &sparse, b.block == full);
        if (b.block > 1)
            head = before;
    }
    head = dense;
    for (uint32_t i = 0; i < sparse.n; i++)
        set_add(&head, sparse.at[i]);
    final(&b, &head);
    requests(&b, n_requests);
    return checked(b.w);
}

struct workload *tiny_workload(struct rng *r, uint32_t n_requests)
{
    return tiny(r, n_requests, false, NULL);
}

struct workload *tiny_bag_workload(struct rng *r, uint32_t n_requests)
{
    return tiny(r, n_requests, true, NULL);
}

struct workload *tiny_shaped_workload(struct rng *r, const struct tiny_shape *like,
                                      uint32_t n_requests)
{
    return tiny(r, n_requests, false, like);
}

/* Keeps the rows that requests look up. */
void tiny_prune(struct workload *w)
{
    uint64_t n_rows = w->row_base[w->n_fields];

    w->stored = arena_alloc(w->arena, n_rows + 1, sizeof *w->stored);
    for (uint64_t at = 0; at < n_rows; at++) {
        bool read = false;

        for (uint64_t r = 0; r < w->n_requests; r++)
            for (uint32_t f = 0; f < w->n_fields; f++) {
                struct wl_bag bag = workload_bag(w, w->lookup + r * workload_n_words(w), f);

                for (uint32_t k = 0; k < bag.n; k++)
                    read |= w->row_base[f] + bag.row[k] == at;
            }
        if (!read)
            continue;
        memmove(w->table + w->n_stored * w->embed_dim, w->table + at * w->embed_dim, w->embed_dim);
        w->stored[w->n_stored++] = at;
    }
}

struct workload *tiny_fc_workload(struct rng *r, uint32_t n_in, uint32_t n_out, uint32_t n_requests)
{
    struct builder b = {.w = start("tiny_fc", n_in, draw_bits(r)), .r = r, .block = 1};
    struct set in = {.n = 1, .at = {0}};

    in.at[0] = fc(&b, "fc", "fc", &in, 1, n_out, draw_bits(r), -1);
    final(&b, &in);
    requests(&b, n_requests);
    return checked(b.w);
}
