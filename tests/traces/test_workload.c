/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of a workload, and its reference arithmetic against the naive one. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/common/tiny_workload.h"
#include "tests/traces/naive.h"
#include "traces/random_unit.h"

/* ---- requantisation ---- */

Test(requant, worked_examples)
{
    static const struct {
        int64_t acc, m;
        uint32_t shift, zero_point, bits, want;
    } row[] = {
        {0, 1, 1, 0, 8, 0},
        {1, 1, 1, 0, 8, 1},       /* half rounds up */
        {-1, 1, 1, 128, 8, 128},  /* minus half rounds up, to zero */
        {-3, 1, 1, 128, 8, 127},  /* -1.5 rounds to -1 */
        {3, 1, 1, 0, 8, 2},       /* 1.5 rounds to 2 */
        {5, 1, 2, 0, 8, 1},       /* 1.25 */
        {6, 1, 2, 0, 8, 2},       /* 1.5 */
        {-1, 1, 8, 0, 8, 0},      /* -1/256 rounds to 0 */
        {-1000, 3, 4, 0, 8, 0},   /* clamp at 0 is the ReLU */
        {-1000, 3, 4, 128, 8, 0}, /* clamp below -zero point */
        {255, 2, 1, 0, 8, 255},   /* just the top */
        {256, 2, 1, 0, 8, 255},   /* just beyond */
        {127, 2, 1, 128, 8, 255},
        {128, 2, 1, 128, 8, 255},
        {-128, 2, 1, 128, 8, 0},
        {-127, 2, 1, 128, 8, 1},
        {15, 2, 1, 0, 4, 15},
        {16, 2, 1, 0, 4, 15},
        {1, 2, 1, 0, 1, 1},
        {INT32_MAX, 65535, 40, 0, 8, 128}, /* 127.998 */
        {INT32_MIN, 65535, 40, 128, 8, 0}, /* -127.998 rounds to -128 */
        {INT32_MAX, 65535, 1, 0, 8, 255},
        {INT32_MIN, 65535, 1, 0, 8, 0},
    };

    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        cr_expect_eq(requant(row[i].acc * row[i].m, row[i].shift, row[i].zero_point, row[i].bits),
                     row[i].want, "row %zu", i);
}

/* ---- against the naive arithmetic ---- */

Test(workload, arithmetic_equals_the_naive_one)
{
    for (uint64_t seed = 0; seed < 150; seed++) {
        struct rng r = rng_new(seed);
        struct workload *w = tiny_workload(&r, 3);

        naive_compare(w);
        workload_free(w);
        w = tiny_fc_workload(&r, 1 + (uint32_t)rng_below(&r, 200), 1 + (uint32_t)rng_below(&r, 40),
                             3);
        naive_compare(w);
        workload_free(w);
    }
}

Test(workload, random_units_are_valid_and_equal_the_naive_arithmetic)
{
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct rng r = rng_new(seed);
        enum wl_kind kind = (enum wl_kind)(seed % WL_N_KINDS);
        struct workload *w = random_unit_workload(&r, kind, 3);
        bool there = false;
        struct err e = {0};

        cr_assert_eq(workload_check(w, &e), ERR_OK, "seed %u: %s", (unsigned)seed, e.text);
        for (uint32_t i = 0; i < w->n_ops; i++)
            there |= w->op[i].kind == kind;
        cr_expect(there);
        naive_compare(w);
        workload_free(w);
    }
}

/* Every operand and weight at an end of its range. */
Test(workload, arithmetic_at_the_ends_of_the_ranges)
{
    struct rng r = rng_new(9);
    struct workload *w = tiny_fc_workload(&r, 64, 3, 2);
    struct workload_scratch *s;
    struct err e;

    w->tensor[0].bits = 8;
    for (uint32_t k = 0; k < w->op[0].n_in * w->op[0].n_out; k++)
        w->op[0].weight[k] = k < 64 ? 127 : -127;
    w->op[0].weight_bits = 8;
    memset(w->dense, 255, 128);
    for (uint32_t i = 0; i < 3; i++)
        w->op[0].bias[i] = i == 0 ? INT32_MAX - 64 * 255 * 127 : -(INT32_MAX - 64 * 255 * 127);
    cr_assert_eq(workload_check(w, &e), ERR_OK, "%s", e.text);
    s = workload_scratch_new(w);
    for (uint32_t i = 0; i < 2; i++)
        w->expected[i] = workload_logit(w, s, NULL, w->dense + i * 64);
    naive_compare(w);
    w->op[0].bias[0]++;
    cr_expect_eq(workload_check(w, &e), ERR_CONFIG);
    cr_expect(strstr(e.text, "32 signed bits"), "%s", e.text);
    workload_scratch_free(s);
    workload_free(w);
}

/* ---- the tests' own workloads ---- */

Test(workload, tiny_workloads_have_every_kind_and_repeat)
{
    bool dense_absent = false;

    for (uint64_t seed = 0; seed < 60; seed++) {
        struct rng r = rng_new(seed), again = rng_new(seed);
        struct workload *w = tiny_workload(&r, 16), *x = tiny_workload(&again, 16);
        unsigned kinds = 0;
        bool differ = false;

        for (uint32_t i = 0; i < w->n_ops; i++)
            kinds |= 1u << w->op[i].kind;
        cr_expect_eq(kinds, (1u << WL_GATE) - 1, "seed %u", (unsigned)seed);
        cr_expect_eq(memcmp(w->expected, x->expected, 16 * sizeof *w->expected), 0);
        for (int i = 1; i < 16; i++)
            differ |= w->expected[i] != w->expected[0];
        cr_expect(differ, "seed %u: every logit is the same", (unsigned)seed);
        dense_absent |= w->n_dense == 0;
        workload_free(w);
        workload_free(x);
    }
    cr_expect(dense_absent);
}

/* ---- rules ---- */

static struct wl_op *find(struct workload *w, const char *role)
{
    for (uint32_t i = 0; i < w->n_ops; i++)
        if (strcmp(w->op[i].role, role) == 0)
            return &w->op[i];
    cr_assert_fail("no %s", role);
    return NULL;
}

static struct wl_tensor *out_of(struct workload *w, const char *role)
{
    return &w->tensor[find(w, role)->output];
}

#define BREAK(name, ...)                                                                           \
    static void name(struct workload *w)                                                           \
    {                                                                                              \
        __VA_ARGS__;                                                                               \
    }

BREAK(name_twice, memcpy(w->tensor[2].name, w->tensor[1].name, WL_NAME_BYTES))
BREAK(name_empty, w->tensor[1].name[0] = '\0')
BREAK(name_odd, w->tensor[1].name[0] = '/')
BREAK(name_endless, memset(w->tensor[1].name, 'x', WL_NAME_BYTES))
BREAK(name_differs, w->op[1].name[0] = 'x')
BREAK(op_name_endless, memset(w->op[1].name, 'x', WL_NAME_BYTES))
BREAK(role_endless, memset(w->op[1].role, 'x', sizeof w->op[1].role))
BREAK(title_endless, memset(w->name, 'x', WL_NAME_BYTES))
BREAK(bits_zero, out_of(w, "efc")->bits = 0)
BREAK(bits_nine, out_of(w, "efc")->bits = 9)
BREAK(zero_point, out_of(w, "efc")->zero_point = 3)
BREAK(scale_zero, out_of(w, "efc")->scale = 0)
BREAK(scale_nan, out_of(w, "efc")->scale = strtod("nan", NULL))
BREAK(logit_scale, w->logit_scale = -1)
BREAK(no_elements, out_of(w, "efc")->rows = 0)
BREAK(huge_tensor, out_of(w, "efc")->rows = UINT32_MAX)
BREAK(no_ops, w->n_ops = 0)
BREAK(tensor_missing, w->n_tensors--)
BREAK(input_later, find(w, "efc")->input[0] = w->n_tensors - 1)
BREAK(input_itself, find(w, "efc")->input[0] = find(w, "efc")->output)
BREAK(input_absent, find(w, "efc")->input[0] = 9999)
BREAK(inputs_many, find(w, "efc")->n_inputs = WL_MAX_INPUTS + 1)
BREAK(inputs_none, find(w, "efc")->n_inputs = 0)
BREAK(output_dense, w->op[1].output = 0)
BREAK(output_twice, w->op[2].output = w->op[1].output;
      memcpy(w->op[2].name, w->op[1].name, WL_NAME_BYTES))
BREAK(output_absent, w->op[1].output = 9999)
BREAK(kind, w->op[1].kind = WL_N_KINDS)
BREAK(last_not_raw, find(w, "final")->raw = false)
BREAK(raw_early, find(w, "fc")->raw = true)
BREAK(raw_dp, find(w, "dp")->raw = true)
BREAK(logit_bits, out_of(w, "final")->bits = 8)
BREAK(final_cut, w->n_ops--; w->n_tensors--)
BREAK(mvm_n_in, find(w, "fc")->n_in++)
BREAK(mvm_n_vec, find(w, "efc")->n_vec = 0)
BREAK(mvm_n_out, find(w, "fc")->n_out++)
BREAK(mvm_huge, find(w, "fc")->n_out = UINT32_MAX)
BREAK(efc_shape, out_of(w, "efc")->dim++)
BREAK(weight_bits_low, find(w, "fc")->weight_bits = 1)
BREAK(weight_bits_high, find(w, "fc")->weight_bits = 9)
BREAK(weight_low, find(w, "fc")->weight[0] = -128)
BREAK(weight_high, find(w, "fc")->weight_bits = 2; find(w, "fc")->weight[0] = 2)
BREAK(weight_missing, find(w, "fc")->weight = NULL)
BREAK(bias_bound, find(w, "fc")->bias[0] = INT32_MIN)
BREAK(mult_count, find(w, "fc")->n_mult--)
BREAK(mult_missing, find(w, "fc")->mult = NULL)
BREAK(mult_of_raw, find(w, "final")->n_mult = 1)
BREAK(shift_zero, find(w, "fc")->shift = 0)
BREAK(shift_high, find(w, "fc")->shift = 41)
BREAK(shift_of_raw, find(w, "final")->shift = 1)
BREAK(dp_n_in, find(w, "dp")->n_in++)
BREAK(dp_n_out, find(w, "dp")->n_out++)
BREAK(dp_dim, find(w, "dp")->n_vec++)
BREAK(dp_scale, w->tensor[find(w, "dp")->input[0]].scale *= 2)
BREAK(dp_bits, w->tensor[find(w, "dp")->input[0]].bits ^= 1;
      w->tensor[find(w, "dp")->input[0]].zero_point = 0)
BREAK(dp_mult, find(w, "dp")->n_mult = 2)
BREAK(fm_n_out, find(w, "fm")->n_out++)
BREAK(fm_shift, find(w, "fm")->shift = 0)
BREAK(add_inputs, find(w, "add")->n_inputs = 1)
BREAK(add_size, find(w, "add")->n_in++)
BREAK(add_n_vec, find(w, "add")->n_vec = 2)
BREAK(add_mult, find(w, "add")->n_mult = 1)
BREAK(embed_twice, w->op[1].kind = WL_EMBED; w->op[1].n_inputs = 0)
BREAK(embed_fields, find(w, "embed")->n_in++)
BREAK(embed_dim, w->embed_dim++)
BREAK(embed_input, find(w, "embed")->n_inputs = 1)
BREAK(embed_shift, find(w, "embed")->shift = 1)
BREAK(row_base, w->row_base[1]++)
BREAK(row_base_start, w->row_base[0] = 1)
BREAK(rows_none, w->n_rows[0] = 0)
BREAK(table_missing, w->table = NULL)
BREAK(table_code, w->table[5] |= 16)
BREAK(dense_code, w->dense[3] |= 16)
BREAK(dense_size, w->n_dense++)
BREAK(lookup_far, w->lookup[1] = w->n_rows[1])
BREAK(lookup_missing, w->lookup = NULL)
BREAK(label_two, w->label[2] = 2)
BREAK(expected_missing, w->expected = NULL)

#define ROW(name, piece)                                                                           \
    {                                                                                              \
        name, #name, piece                                                                         \
    }

static const struct {
    void (*broken)(struct workload *w);
    const char *name, *piece;
} broken_rules[] = {
    ROW(name_twice, "used twice"),
    ROW(name_empty, "tensor 1: name"),
    ROW(name_odd, "tensor 1: name"),
    ROW(name_endless, "tensor 1: name"),
    ROW(name_differs, "must have the operator's name"),
    ROW(op_name_endless, "operator 1: name"),
    ROW(role_endless, "role"),
    ROW(title_endless, "workload name"),
    ROW(bits_zero, "bits: 0 is outside 1..8"),
    ROW(bits_nine, "bits: 9 is outside 1..8"),
    ROW(zero_point, "zero_point: 3 is neither"),
    ROW(scale_zero, "scale 0"),
    ROW(scale_nan, "scale nan"),
    ROW(logit_scale, "logit_scale: -1"),
    ROW(no_elements, "elements"),
    ROW(huge_tensor, "elements"),
    ROW(no_ops, "0 operators"),
    ROW(tensor_missing, "tensors"),
    ROW(input_later, "not produced before"),
    ROW(input_itself, "not produced before"),
    ROW(input_absent, "not produced before"),
    ROW(inputs_many, "n_inputs: 17"),
    ROW(inputs_none, "n_inputs: 0"),
    ROW(output_dense, "output: tensor 0"),
    ROW(output_twice, "made twice"),
    ROW(output_absent, "output: tensor 9999"),
    ROW(kind, "kind: 7"),
    ROW(last_not_raw, "must be raw"),
    ROW(raw_early, "only the final MVM is raw"),
    ROW(raw_dp, "only the final MVM is raw"),
    ROW(logit_bits, "the logit has 32 bits"),
    ROW(final_cut, "the logit has 32 bits"),
    ROW(mvm_n_in, "is not the inputs'"),
    ROW(mvm_n_vec, "is not the inputs'"),
    ROW(mvm_n_out, "elements"),
    ROW(mvm_huge, "too large"),
    ROW(efc_shape, "output is"),
    ROW(weight_bits_low, "weight_bits: 1"),
    ROW(weight_bits_high, "weight_bits: 9"),
    ROW(weight_low, "weight[0][0]: -128"),
    ROW(weight_high, "weight[0][0]: 2"),
    ROW(weight_missing, "weight or bias is missing"),
    ROW(bias_bound, "32 signed bits"),
    ROW(mult_count, "n_mult"),
    ROW(mult_missing, "mult is missing"),
    ROW(mult_of_raw, "n_mult: 1 must be 0"),
    ROW(shift_zero, "shift: 0"),
    ROW(shift_high, "shift: 41"),
    ROW(shift_of_raw, "shift: 1 must be 0"),
    ROW(dp_n_in, "rows"),
    ROW(dp_n_out, "n_in (n_in - 1) / 2"),
    ROW(dp_dim, "dim must be n_vec"),
    ROW(dp_scale, "must share"),
    ROW(dp_bits, "must share"),
    ROW(dp_mult, "n_mult: 2 must be 1"),
    ROW(fm_n_out, "the inputs' dim"),
    ROW(fm_shift, "shift: 0"),
    ROW(add_inputs, "two inputs"),
    ROW(add_size, "of the longer input"),
    ROW(add_n_vec, "n_vec = 1"),
    ROW(add_mult, "n_mult: 1 must be 2"),
    ROW(embed_twice, "second embedding"),
    ROW(embed_fields, "fields, fields"),
    ROW(embed_dim, "fields, fields"),
    ROW(embed_input, "no input tensors"),
    ROW(embed_shift, "shift: 1 must be 0"),
    ROW(row_base, "row_base is not the sum"),
    ROW(row_base_start, "row_base"),
    ROW(rows_none, "field 0: empty"),
    ROW(table_missing, "missing"),
    ROW(table_code, "tables: element 5"),
    ROW(dense_code, "dense features: element 3"),
    ROW(dense_size, "n_dense"),
    ROW(lookup_far, "request 0: field 1: lookup"),
    ROW(lookup_missing, "missing"),
    ROW(label_two, "request 2: label: 2"),
    ROW(expected_missing, "missing"),
};

/* With dense features, and 4-bit dense and embedding codes. */
static struct workload *specimen(void)
{
    for (uint64_t seed = 0;; seed++) {
        struct rng r = rng_new(seed);
        struct workload *w = tiny_workload(&r, 5);

        if (w->n_dense > 1 && w->tensor[0].bits == 4 && out_of(w, "embed")->bits == 4)
            return w;
        workload_free(w);
    }
}

Test(workload, every_broken_rule_is_named)
{
    for (size_t i = 0; i < sizeof broken_rules / sizeof *broken_rules; i++) {
        struct workload *w = specimen();
        struct err e = {0};

        cr_assert_eq(workload_check(w, &e), ERR_OK, "%s", e.text);
        broken_rules[i].broken(w);
        cr_expect_eq(workload_check(w, &e), ERR_CONFIG, "%s is accepted", broken_rules[i].name);
        cr_expect(strstr(e.text, broken_rules[i].piece), "%s: \"%s\" lacks \"%s\"",
                  broken_rules[i].name, e.text, broken_rules[i].piece);
        workload_free(w);
    }
}

static void name_op(struct workload *w, uint32_t i, const char *name)
{
    w->op[i].output = i + 1;
    strcpy(w->op[i].name, name);
    strcpy(w->tensor[i + 1].name, name);
}

/* rows fields of dim 8-bit codes -> DP, FM or ATTENTION of one head -> final; no requests. */
static struct workload *merge(enum wl_kind kind, uint32_t rows, uint32_t dim)
{
    struct workload *w = workload_new("merge");
    bool attention = kind == WL_ATTENTION;
    uint32_t n = kind == WL_DP ? rows * (rows - 1) / 2 : attention ? rows * dim / 3 : dim;

    w->tensor = arena_alloc(w->arena, 4, sizeof *w->tensor);
    w->op = arena_alloc(w->arena, 3, sizeof *w->op);
    w->n_tensors = 4;
    w->n_ops = 3;
    w->n_fields = rows;
    w->embed_dim = dim;
    w->logit_scale = 1;
    w->n_rows = arena_alloc(w->arena, rows, sizeof *w->n_rows);
    w->row_base = arena_alloc(w->arena, rows + 1, sizeof *w->row_base);
    for (uint32_t f = 0; f < rows; f++)
        w->row_base[f + 1] = w->row_base[f] + (w->n_rows[f] = 1);
    w->table = arena_alloc(w->arena, (size_t)rows * dim, 1);
    strcpy(w->tensor[0].name, "dense");
    w->tensor[1] = (struct wl_tensor){.rows = rows, .dim = dim, .bits = 8, .scale = 1};
    w->tensor[2] = (struct wl_tensor){.rows = 1, .dim = n, .bits = 8, .scale = 1};
    w->tensor[3] = (struct wl_tensor){.rows = 1, .dim = 1, .bits = 32, .scale = 1};
    w->op[0] = (struct wl_op){.kind = WL_EMBED, .n_in = rows, .n_out = rows, .n_vec = dim};
    w->op[1] = (struct wl_op){.kind = kind,
                              .n_inputs = 1,
                              .input = {1},
                              .n_in = rows,
                              .n_out = n,
                              .n_vec = attention ? dim / 3 : dim,
                              .n_heads = attention,
                              .n_mult = attention ? 2 : 1,
                              .mult = arena_alloc(w->arena, 2, sizeof(uint16_t)),
                              .shift = 1,
                              .score_shift = attention,
                              .table = arena_alloc(w->arena, WL_TABLE_SIZE, sizeof(uint16_t))};
    w->op[1].table[0] = 1;
    w->op[2] = (struct wl_op){.kind = WL_MVM,
                              .n_inputs = 1,
                              .input = {2},
                              .n_in = n,
                              .n_out = 1,
                              .n_vec = 1,
                              .raw = true,
                              .weight_bits = 8,
                              .weight = arena_alloc(w->arena, n, 1),
                              .bias = arena_alloc(w->arena, 1, sizeof(int32_t))};
    name_op(w, 0, "embed");
    name_op(w, 1, "merge");
    name_op(w, 2, "final");
    return w;
}

/* Just inside and just beyond 32 signed bits: 33026 * 255^2, (182 * 255)^2 and the difference of
 * two scores, 2 * 16513 * 255^2, exceed 2^31. */
Test(workload, bounds_of_dynamic_operators)
{
    static const struct {
        enum wl_kind kind;
        uint32_t rows, dim;
        enum err_code want;
    } row[] = {
        {WL_DP, 2, 33025, ERR_OK},
        {WL_DP, 2, 33026, ERR_CONFIG},
        {WL_FM, 181, 3, ERR_OK},
        {WL_FM, 182, 3, ERR_CONFIG},
        {WL_ATTENTION, 1, 3 * 16512, ERR_OK},
        {WL_ATTENTION, 1, 3 * 16513, ERR_CONFIG},
    };

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct workload *w = merge(row[i].kind, row[i].rows, row[i].dim);
        struct err e = {0};

        cr_expect_eq(workload_check(w, &e), row[i].want, "row %zu: %s", i, e.text);
        cr_expect(!e.text[0] || strstr(e.text, "32 signed bits"), "row %zu: %s", i, e.text);
        workload_free(w);
    }
}
