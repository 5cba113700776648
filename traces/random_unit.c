/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/random_unit.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/random_bags.h"

enum { MAX_OPS = 24, MAX_BAG = 6 };

struct builder {
    struct workload *w;
    struct rng *r;
    uint32_t sparse; /* tensor of the embedding */
};

static uint32_t draw_bits(struct rng *r)
{
    return rng_below(r, 2) ? 8 : rng_between(r, 2, 8);
}

static double half_range(const struct wl_tensor *t)
{
    return t->zero_point ? t->zero_point : (double)((UINT64_C(1) << t->bits) - 1);
}

/* Of codes that fill their range evenly, zero point taken off. */
static double rms(const struct wl_tensor *t)
{
    return half_range(t) / sqrt(3.0);
}

static uint32_t elements(const struct wl_tensor *t)
{
    return t->rows * t->dim;
}

/* ---- operators ---- */

static struct wl_op *add_op(struct builder *b, const char *role, enum wl_kind kind, uint32_t input)
{
    struct workload *w = b->w;
    struct wl_op *o = &w->op[w->n_ops];

    assert(w->n_ops < MAX_OPS);
    *o = (struct wl_op){.kind = kind, .block = 1, .output = w->n_tensors++, .n_vec = 1};
    snprintf(o->name, sizeof o->name, "%s%u", role, w->n_ops++);
    snprintf(o->role, sizeof o->role, "%s", role);
    memcpy(w->tensor[o->output].name, o->name, sizeof o->name);
    if (kind != WL_EMBED)
        o->input[o->n_inputs++] = input;
    return o;
}

static struct wl_tensor *shape(struct builder *b, const struct wl_op *o, uint32_t rows,
                               uint32_t dim, uint32_t bits, bool is_signed)
{
    struct wl_tensor *t = &b->w->tensor[o->output];

    t->rows = rows;
    t->dim = dim;
    t->bits = bits;
    t->zero_point = is_signed ? 1u << (bits - 1) : 0;
    t->scale = 2.0 / half_range(t);
    return t;
}

/* Largest shift for which every factor fits; factor[i] ~ mult[i] / 2^shift. */
static uint32_t set_mults(uint16_t *mult, const double *factor, uint32_t n, double top)
{
    uint32_t shift = 40;
    double most = 0;

    for (uint32_t i = 0; i < n; i++)
        most = fmax(most, factor[i]);
    while (shift > 1 && ldexp(most, (int)shift) > top)
        shift--;
    for (uint32_t i = 0; i < n; i++)
        mult[i] = (uint16_t)fmin(top, nearbyint(ldexp(factor[i], (int)shift)));
    return shift;
}

static void scale_by(struct builder *b, struct wl_op *o, const double *factor, uint32_t n,
                     double top)
{
    o->n_mult = n;
    o->mult = arena_alloc(b->w->arena, n, sizeof *o->mult);
    o->shift = set_mults(o->mult, factor, n, top);
}

static void fill_weights(struct builder *b, struct wl_op *o)
{
    const struct wl_tensor *in = &b->w->tensor[o->input[0]];
    double power, *factor = arena_alloc(b->w->arena, o->n_out, sizeof *factor);
    uint64_t n = (uint64_t)o->n_out * o->n_in;
    int top;

    o->weight_bits = rng_between(b->r, 2, 8);
    top = (1 << (o->weight_bits - 1)) - 1;
    o->weight = arena_alloc(b->w->arena, n, sizeof *o->weight);
    o->bias = arena_alloc(b->w->arena, o->n_out, sizeof *o->bias);
    for (uint64_t k = 0; k < n; k++)
        o->weight[k] = (int8_t)((int)rng_below(b->r, 2 * (uint64_t)top + 1) - top);
    /* Expected deviation of acc. */
    power = sqrt((double)o->n_in * (top + 1) / 3.0 * top) * rms(in);
    for (uint32_t m = 0; m < o->n_out; m++) {
        o->bias[m] = (int32_t)(power * (rng_unit(b->r) - 0.4));
        factor[m] =
            (0.7 + 0.6 * rng_unit(b->r)) * half_range(&b->w->tensor[o->output]) / (2.5 * power);
    }
    if (o->raw)
        b->w->logit_scale = 1.5 / power;
    else
        scale_by(b, o, factor, o->n_out, 65535);
}

static uint32_t fc(struct builder *b, uint32_t input, uint32_t n_out)
{
    struct wl_op *o = add_op(b, "fc", WL_MVM, input);

    shape(b, o, 1, n_out, draw_bits(b->r), rng_below(b->r, 2) > 0);
    o->n_in = elements(&b->w->tensor[input]);
    o->n_out = n_out;
    fill_weights(b, o);
    return o->output;
}

/* twice: the rows of two inputs, which are the same. */
static uint32_t rows_of(struct builder *b, uint32_t input, uint32_t n_out, bool is_signed,
                        bool twice)
{
    const struct wl_tensor *in = &b->w->tensor[input];
    struct wl_op *o = add_op(b, "row_fc", WL_MVM, input);

    o->by_row = true;
    if (twice)
        o->input[o->n_inputs++] = input;
    o->n_in = in->dim;
    o->n_vec = in->rows * o->n_inputs;
    o->n_out = n_out;
    shape(b, o, o->n_vec, n_out, draw_bits(b->r), is_signed);
    fill_weights(b, o);
    return o->output;
}

static uint32_t by_row(struct builder *b, uint32_t input, uint32_t n_out, bool is_signed)
{
    return rows_of(b, input, n_out, is_signed, false);
}

static uint32_t efc(struct builder *b, uint32_t input, uint32_t rows)
{
    const struct wl_tensor *in = &b->w->tensor[input];
    struct wl_op *o = add_op(b, "efc", WL_MVM, input);

    o->n_in = in->rows;
    o->n_vec = in->dim;
    o->n_out = rows;
    shape(b, o, rows, in->dim, draw_bits(b->r), rng_below(b->r, 2));
    fill_weights(b, o);
    return o->output;
}

/* DP or FM over the rows of one tensor. */
static uint32_t merge(struct builder *b, enum wl_kind kind, uint32_t input)
{
    const struct wl_tensor *in = &b->w->tensor[input];
    struct wl_op *o = add_op(b, kind == WL_DP ? "dp" : "fm", kind, input);
    double typical = rms(in) * rms(in), factor;

    o->n_in = in->rows;
    o->n_vec = in->dim;
    o->n_out = kind == WL_DP ? in->rows * (in->rows - 1) / 2 : in->dim;
    typical *= kind == WL_DP ? o->n_vec : o->n_in * (in->zero_point ? 1.0 : 0.75 * o->n_in);
    factor =
        half_range(shape(b, o, 1, o->n_out, draw_bits(b->r), rng_below(b->r, 2))) / (1.4 * typical);
    scale_by(b, o, &factor, 1, 65535);
    return o->output;
}

static struct wl_op *pair(struct builder *b, const char *role, enum wl_kind kind, uint32_t x,
                          uint32_t y, bool keep_rows)
{
    struct wl_op *o = add_op(b, role, kind, x);
    const struct wl_tensor *tx = &b->w->tensor[x], *ty = &b->w->tensor[y];
    const struct wl_tensor *longer = elements(tx) > elements(ty) ? tx : ty;

    o->input[o->n_inputs++] = y;
    o->n_in = o->n_out = elements(longer);
    shape(b, o, keep_rows ? longer->rows : 1, keep_rows ? longer->dim : o->n_in, draw_bits(b->r),
          rng_below(b->r, 2));
    return o;
}

static uint32_t add(struct builder *b, uint32_t x, uint32_t y, bool keep_rows)
{
    struct wl_op *o = pair(b, "add", WL_ADD, x, y, keep_rows);
    double half = half_range(&b->w->tensor[o->output]), factor[2];

    factor[0] = half / half_range(&b->w->tensor[x]) * (0.5 + 0.4 * rng_unit(b->r));
    factor[1] = half / half_range(&b->w->tensor[y]) * (0.5 + 0.4 * rng_unit(b->r));
    scale_by(b, o, factor, 2, 4095);
    return o->output;
}

static uint32_t gate(struct builder *b, uint32_t x, uint32_t y)
{
    struct wl_op *o = pair(b, "gate", WL_GATE, x, y, false);
    double factor =
        half_range(&b->w->tensor[o->output]) / (0.7 * WL_TABLE_TOP * half_range(&b->w->tensor[y]));

    o->table = arena_alloc(b->w->arena, WL_TABLE_SIZE, sizeof *o->table);
    wl_sigmoid_table(&b->w->tensor[x], o->table);
    scale_by(b, o, &factor, 1, 65535);
    return o->output;
}

static uint32_t softmax(struct builder *b, uint32_t qkv, uint32_t heads)
{
    const struct wl_tensor *in = &b->w->tensor[qkv];
    struct wl_op *o = add_op(b, "attention", WL_ATTENTION, qkv);
    double spread, factor;

    o->n_in = in->rows;
    o->n_vec = in->dim / 3;
    o->n_out = o->n_in * o->n_vec;
    o->n_heads = heads;
    o->table = arena_alloc(b->w->arena, WL_TABLE_SIZE, sizeof *o->table);
    wl_exp_table(o->table);
    /* A row's scores differ by a few units of exp's argument, sometimes by more than it holds. */
    spread = rms(in) * rms(in) * sqrt((double)o->n_vec / heads);
    factor = half_range(shape(b, o, o->n_in, o->n_vec, draw_bits(b->r), in->zero_point > 0)) /
             (256 * (0.3 + rng_unit(b->r)) * half_range(in));
    scale_by(b, o, &factor, 1, 65535);
    o->n_mult = 2;
    o->mult = memcpy(arena_alloc(b->w->arena, 2, sizeof *o->mult), (uint16_t[2]){0, o->mult[0]},
                     2 * sizeof *o->mult);
    factor = 32 * (0.3 + 2 * rng_unit(b->r)) / spread;
    o->score_shift = set_mults(&o->mult[0], &factor, 1, 65535);
    return o->output;
}

/* Rows projected to q, k, v, attended, projected, added; two layers by row, added. */
static uint32_t attention(struct builder *b, uint32_t n_rows)
{
    const struct wl_tensor *t = &b->w->tensor[b->sparse];
    uint32_t heads = rng_between(b->r, 1, 4), dim = heads * rng_between(b->r, 1, 4);
    uint32_t rows = efc(b, b->sparse, n_rows);
    uint32_t x = dim == t->dim ? rows : by_row(b, rows, dim, rng_below(b->r, 2)), y;

    y = softmax(b, by_row(b, x, 3 * dim, rng_below(b->r, 4) > 0), heads);
    x = add(b, by_row(b, y, dim, true), x, true);
    y = by_row(b, by_row(b, x, rng_between(b->r, 1, 12), false), dim, true);
    return add(b, y, x, true);
}

/* Half of the time there is another unit beside it, with other numbers of rows and columns: a DP.
 */
static uint32_t attention_and_dp(struct builder *b)
{
    uint32_t y = attention(b, rng_between(b->r, 1, 9));

    if (rng_below(b->r, 2))
        return y;
    return add(b, y, merge(b, WL_DP, efc(b, b->sparse, rng_between(b->r, 2, 12))), false);
}

/* ---- the ends ---- */

static void embed(struct builder *b)
{
    struct workload *w = b->w;
    struct wl_op *o = add_op(b, "embed", WL_EMBED, 0);
    struct wl_tensor *t;
    uint64_t n;

    w->n_fields = rng_between(b->r, 2, 7);
    w->embed_dim = rng_between(b->r, 2, 12);
    o->n_in = o->n_out = w->n_fields;
    o->n_vec = w->embed_dim;
    t = shape(b, o, w->n_fields, w->embed_dim, draw_bits(b->r), rng_below(b->r, 2));
    w->n_rows = arena_alloc(w->arena, w->n_fields, sizeof *w->n_rows);
    w->row_base = arena_alloc(w->arena, w->n_fields + 1, sizeof *w->row_base);
    for (uint32_t f = 0; f < w->n_fields; f++) {
        w->n_rows[f] = rng_between(b->r, 1, 40);
        w->row_base[f + 1] = w->row_base[f] + w->n_rows[f];
    }
    n = w->row_base[w->n_fields] * w->embed_dim;
    w->table = arena_alloc(w->arena, n, 1);
    for (uint64_t i = 0; i < n; i++)
        w->table[i] = (uint8_t)rng_below(b->r, 1u << t->bits);
    b->sparse = o->output;
    if (rng_below(b->r, 2))
        random_bags(w, b->r, MAX_BAG);
}

static void final(struct builder *b, uint32_t input)
{
    struct wl_op *o = add_op(b, "final", WL_MVM, input);

    o->raw = true;
    o->n_in = elements(&b->w->tensor[input]);
    o->n_out = 1;
    b->w->tensor[o->output].rows = b->w->tensor[o->output].dim = 1;
    b->w->tensor[o->output].bits = 32;
    fill_weights(b, o);
    b->w->tensor[o->output].scale = b->w->logit_scale;
}

static void requests(struct builder *b, uint32_t n_requests)
{
    struct workload *w = b->w;
    struct workload_scratch *s = workload_scratch_new(w);
    uint32_t n_words = workload_n_words(w);

    w->n_requests = n_requests;
    w->dense = arena_alloc(w->arena, (size_t)n_requests * w->n_dense + 1, 1);
    w->lookup = arena_alloc(w->arena, (size_t)n_requests * n_words + 1, sizeof *w->lookup);
    w->label = arena_alloc(w->arena, n_requests + 1u, 1);
    w->expected = arena_alloc(w->arena, n_requests + 1u, sizeof *w->expected);
    for (size_t q = 0; q < n_requests; q++) {
        uint8_t *dense = w->dense + q * w->n_dense;
        uint32_t *lookup = w->lookup + q * n_words;

        for (uint32_t k = 0; k < w->n_dense; k++)
            dense[k] = (uint8_t)rng_below(b->r, 1u << w->tensor[0].bits);
        if (w->max_bag)
            random_bags_record(w, b->r, lookup);
        for (uint32_t f = 0; f < w->n_fields && !w->max_bag; f++)
            lookup[f] = (uint32_t)rng_below(b->r, w->n_rows[f]);
        w->label[q] = (uint8_t)rng_below(b->r, 2);
        w->expected[q] = workload_logit(w, s, lookup, dense);
    }
    workload_scratch_free(s);
}

static struct workload *start(struct rng *r, enum wl_kind kind)
{
    static const char *const name[] = {"embed", "mvm", "dp", "fm", "add", "gate", "attention"};
    struct workload *w = workload_new(name[kind]);

    w->tensor = arena_alloc(w->arena, MAX_OPS + 1, sizeof *w->tensor);
    w->op = arena_alloc(w->arena, MAX_OPS, sizeof *w->op);
    w->n_tensors = 1;
    w->n_dense = rng_between(r, 1, 13);
    w->tensor[0] = (struct wl_tensor){
        .name = "dense", .rows = 1, .dim = w->n_dense, .bits = draw_bits(r), .scale = 1.0};
    return w;
}

struct workload *random_unit_workload(struct rng *r, enum wl_kind kind, uint32_t n_requests)
{
    struct builder b = {.w = start(r, kind), .r = r};
    uint32_t x, y, result;

    embed(&b);
    x = fc(&b, 0, rng_between(r, 1, 20));
    y = rng_below(r, 2) ? b.sparse : fc(&b, b.sparse, rng_between(r, 1, 20));
    if (kind == WL_EMBED)
        result = b.sparse;
    else if (kind == WL_MVM)
        result = rows_of(&b, efc(&b, b.sparse, rng_between(r, 1, 9)), rng_between(r, 1, 9),
                         rng_below(r, 2) > 0, rng_below(r, 2) > 0);
    else if (kind == WL_ATTENTION)
        result = attention_and_dp(&b);
    else if (kind == WL_DP || kind == WL_FM)
        result =
            merge(&b, kind, rng_below(r, 2) ? b.sparse : efc(&b, b.sparse, rng_between(r, 2, 12)));
    else
        result = kind == WL_GATE ? gate(&b, x, y) : add(&b, x, y, false);
    /* What went unread above is added: every result must be read. */
    x = add(&b, x, y, false);
    final(&b, add(&b, result, x, false));
    requests(&b, n_requests);
    return b.w;
}
