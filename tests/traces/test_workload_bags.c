/* SPDX-License-Identifier: Apache-2.0 */
/* Bags and tables of which only some rows are stored: rules, and the arithmetic once more. */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/common/tiny_workload.h"
#include "traces/workload.h"

#define BREAK(name, ...)                                                                           \
    static void name(struct workload *w)                                                           \
    {                                                                                              \
        __VA_ARGS__;                                                                               \
    }
#define ROW(name, piece)                                                                           \
    {                                                                                              \
        name, #name, piece                                                                         \
    }

static int64_t naive_requant(int64_t product, const struct wl_op *o, const struct wl_tensor *t)
{
    int64_t half = (int64_t)1 << (o->shift - 1), unit = (int64_t)1 << o->shift;
    int64_t x = product + half, y = x >= 0 ? x / unit : -((-x + unit - 1) / unit);

    y += t->zero_point;
    return y < 0 ? 0 : y >= 1 << t->bits ? (1 << t->bits) - 1 : y;
}

static int64_t naive_embed(const struct workload *w, const struct wl_op *o, uint32_t request,
                           uint32_t f, uint32_t c)
{
    const struct wl_tensor *t = &w->tensor[o->output];
    uint32_t n_words = 0, first = 0, count = 1;
    int64_t sum = 0;

    for (uint32_t i = 0; i < w->n_fields; i++) {
        first = i == f ? n_words : first;
        n_words += w->max_bag ? 1 + w->max_bag[i] : 1;
    }
    first += request * n_words;
    if (workload_max_bag(w, f))
        count = w->lookup[first++];
    for (uint32_t k = 0; k < count; k++) {
        uint64_t at = w->row_base[f] + w->lookup[first + k], i = at;

        if (w->stored)
            for (i = 0; w->stored[i] != at; i++)
                ;
        sum += w->table[i * w->embed_dim + c];
    }
    if (!workload_max_bag(w, f))
        return sum;
    return naive_requant((sum - count * (int64_t)t->zero_point) * o->mult[f], o, t);
}

static struct workload *bag_specimen(void)
{
    for (uint64_t seed = 0;; seed++) {
        struct rng r = rng_new(seed);
        struct workload *w = tiny_bag_workload(&r, 5);
        const uint32_t *slot = w->lookup + w->slot[w->n_fields - 1]; /* the last field has bags */

        if (slot[0] > 1 && slot[0] < w->max_bag[w->n_fields - 1] && w->n_fields > 2)
            return w;
        workload_free(w);
    }
}

static uint32_t *last_slot(struct workload *w)
{
    return w->lookup + w->slot[w->n_fields - 1];
}

BREAK(bag_full, last_slot(w)[0] = w->max_bag[w->n_fields - 1] + 1)
BREAK(bag_twice, last_slot(w)[2] = last_slot(w)[1])
BREAK(bag_far, last_slot(w)[1] = w->n_rows[w->n_fields - 1])
BREAK(bag_unused, last_slot(w)[w->max_bag[w->n_fields - 1]] = 1)
BREAK(bag_large, w->max_bag[1] = 256)
BREAK(bag_slot, w->slot[2]++)
BREAK(bag_slots_missing, w->slot = NULL)
BREAK(bag_none, memset(w->max_bag, 0, w->n_fields * 4);
      for (uint32_t f = 0; f <= w->n_fields; f++) w->slot[f] = f)
BREAK(bag_mult, w->op[0].n_mult = 0)
BREAK(bag_shift, w->op[0].shift = 0)

BREAK(stored_order, tiny_prune(w); w->stored[1] = w->stored[0])
BREAK(stored_far, tiny_prune(w); w->stored[w->n_stored - 1] = w->row_base[w->n_fields])
BREAK(stored_not, tiny_prune(w); w->n_stored--)

static const struct {
    void (*broken)(struct workload *w);
    const char *name, *piece;
} broken_bags[] = {
    ROW(bag_full, "rows, at most"),
    ROW(bag_twice, "twice in a bag"),
    ROW(bag_far, "lookup of row"),
    ROW(bag_unused, "unused word"),
    ROW(bag_large, "max_bag: 256"),
    ROW(bag_slot, "slot does not follow"),
    ROW(bag_slots_missing, "bags without slots"),
    ROW(bag_none, "max_bag is 0 for all"),
    ROW(bag_mult, "n_mult: 0"),
    ROW(bag_shift, "shift: 0"),
    ROW(stored_order, "stored row 1"),
    ROW(stored_far, "in no table"),
    ROW(stored_not, "is not stored"),
};

Test(workload_bags, every_broken_rule_is_named)
{
    for (size_t i = 0; i < sizeof broken_bags / sizeof *broken_bags; i++) {
        struct workload *w = bag_specimen();
        struct err e = {0};

        cr_assert_eq(workload_check(w, &e), ERR_OK, "%s", e.text);
        broken_bags[i].broken(w);
        cr_expect_eq(workload_check(w, &e), ERR_CONFIG, "%s is accepted", broken_bags[i].name);
        cr_expect(strstr(e.text, broken_bags[i].piece), "%s: \"%s\" lacks \"%s\"",
                  broken_bags[i].name, e.text, broken_bags[i].piece);
        workload_free(w);
    }
}

static void compare_embed(const struct workload *w)
{
    struct workload_scratch *s = workload_scratch_new(w);
    const struct wl_op *o = &w->op[0];

    for (uint32_t r = 0; r < w->n_requests; r++) {
        const uint8_t *code = workload_tensor_codes(s, o->output);

        cr_assert_eq(workload_logit(w, s, w->lookup + (size_t)r * workload_n_words(w),
                                    w->dense + (size_t)r * w->n_dense),
                     w->expected[r]);
        for (uint32_t f = 0; f < w->n_fields; f++)
            for (uint32_t c = 0; c < w->embed_dim; c++)
                cr_assert_eq(*code++, naive_embed(w, o, r, f, c), "request %u field %u", r, f);
    }
    workload_scratch_free(s);
}

Test(workload_bags, same_with_rows_left_out)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct rng r = rng_new(seed);
        struct workload *w = tiny_bag_workload(&r, 6);
        struct err e = {0};

        compare_embed(w);
        tiny_prune(w);
        cr_assert_eq(workload_check(w, &e), ERR_OK, "%s", e.text);
        cr_expect_lt(w->n_stored, w->row_base[w->n_fields]);
        compare_embed(w);
        workload_free(w);
    }
}

/* The mean of every other code around the zero point, by hand. */
Test(workload_bags, by_hand)
{
    static const struct {
        uint32_t n, rows[3];
        uint8_t want;
    } row[] = {
        {0, {0}, 8},       /* nothing: the zero point */
        {1, {1}, 10},      /* 4 / 2 */
        {2, {1, 2}, 8},    /* (4 - 5) / 2 = -0.5, up */
        {2, {2, 3}, 5},    /* (-5 - 2) / 2 = -3.5, up */
        {3, {0, 1, 4}, 15} /* (7 + 4 + 6) / 2 clamps */
    };
    static const uint8_t codes[] = {15, 12, 3, 6, 14};

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct rng r = rng_new(1);
        struct workload *w = tiny_bag_workload(&r, 1);
        struct workload_scratch *s = workload_scratch_new(w);
        uint32_t f = w->n_fields - 1, max_bag[8] = {0}, lookup[16] = {0};
        struct wl_tensor *t = &w->tensor[w->op[0].output];

        cr_assert_geq(w->n_rows[f], 5);
        max_bag[f] = 3;
        workload_set_bags(w, max_bag);
        w->op[0].mult[f] = 1;
        w->op[0].shift = 1;
        t->bits = 4;
        t->zero_point = 8;
        w->n_rows[f] = 5;
        for (uint32_t k = 0; k < 5; k++)
            memset(w->table + (w->row_base[f] + k) * w->embed_dim, codes[k], w->embed_dim);
        lookup[w->slot[f]] = row[i].n;
        memcpy(lookup + w->slot[f] + 1, row[i].rows, sizeof row[i].rows);
        workload_logit(w, s, lookup, w->dense);
        cr_expect_eq(workload_tensor_codes(s, w->op[0].output)[f * w->embed_dim], row[i].want,
                     "row %zu: %u", i, workload_tensor_codes(s, w->op[0].output)[f * w->embed_dim]);
        workload_scratch_free(s);
        workload_free(w);
    }
}
