/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of gates, attention and products by row; attention against floating point. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "traces/random_unit.h"

static void gate_inputs(struct wl_op *o)
{
    o->n_inputs = 1;
}
static void gate_size(struct wl_op *o)
{
    o->n_in--;
}
static void gate_table(struct wl_op *o)
{
    o->table = NULL;
}
static void gate_entry(struct wl_op *o)
{
    o->table[7] = WL_TABLE_TOP + 1;
}
static void gate_mult(struct wl_op *o)
{
    o->n_mult = 2;
}
static void gate_heads(struct wl_op *o)
{
    o->n_heads = 1;
}
static void gate_by_row(struct wl_op *o)
{
    o->by_row = true;
}
static void att_inputs(struct wl_op *o)
{
    o->n_inputs = 2;
}
static void att_rows(struct wl_op *o)
{
    o->n_in = WL_MAX_ATTENTION_ROWS + 1;
}
static void att_dim(struct wl_op *o)
{
    o->n_vec++;
}
static void att_out(struct wl_op *o)
{
    o->n_out++;
}
static void att_heads(struct wl_op *o)
{
    o->n_heads = o->n_vec + 1;
}
static void att_no_heads(struct wl_op *o)
{
    o->n_heads = 0;
}
static void att_shift(struct wl_op *o)
{
    o->score_shift = 0;
}
static void att_shift_high(struct wl_op *o)
{
    o->score_shift = 41;
}
static void att_mult(struct wl_op *o)
{
    o->n_mult = 1;
}
static void att_weight(struct wl_op *o)
{
    o->table[0] = 0;
}
static void row_dim(struct wl_op *o)
{
    o->n_vec *= o->n_in;
    o->n_in = 1;
}
static void row_raw(struct wl_op *o)
{
    o->raw = true;
}

static const struct {
    enum wl_kind kind;
    void (*broken)(struct wl_op *o);
    const char *piece;
} broken_units[] = {
    {WL_GATE, gate_inputs, "two inputs"},
    {WL_GATE, gate_size, "of the longer input"},
    {WL_GATE, gate_table, "table is missing"},
    {WL_GATE, gate_entry, "table[7]: 4096"},
    {WL_GATE, gate_mult, "n_mult: 2 must be 1"},
    {WL_GATE, gate_heads, "n_heads and score_shift"},
    {WL_GATE, gate_by_row, "only an MVM"},
    {WL_ATTENTION, att_inputs, "one input"},
    {WL_ATTENTION, att_rows, "n_in: 257 rows"},
    {WL_ATTENTION, att_dim, "n_in x 3 n_vec"},
    {WL_ATTENTION, att_out, "n_in x 3 n_vec"},
    {WL_ATTENTION, att_heads, "does not divide"},
    {WL_ATTENTION, att_no_heads, "n_heads: 0"},
    {WL_ATTENTION, att_shift, "score_shift: 0"},
    {WL_ATTENTION, att_shift_high, "score_shift: 41"},
    {WL_ATTENTION, att_mult, "n_mult: 1 must be 2"},
    {WL_ATTENTION, att_weight, "table[0] is 0"},
    {WL_MVM, row_dim, "dim must be n_in"},
    {WL_MVM, row_raw, "exclude each other"},
};

Test(workload, every_broken_rule_of_a_unit_is_named)
{
    for (size_t i = 0; i < sizeof broken_units / sizeof *broken_units; i++) {
        struct rng r = rng_new(i);
        struct workload *w = random_unit_workload(&r, broken_units[i].kind, 1);
        struct wl_op *o = w->op;
        struct err e = {0};

        while (o->kind != broken_units[i].kind ||
               (o->kind == WL_MVM && (!o->by_row || o->n_in < 2)))
            if (++o == w->op + w->n_ops) { /* a row of one code: draw another */
                workload_free(w);
                w = random_unit_workload(&r, broken_units[i].kind, 1);
                o = w->op;
            }
        broken_units[i].broken(o);
        cr_expect_eq(workload_check(w, &e), ERR_CONFIG, "row %zu is accepted", i);
        cr_expect(strstr(e.text, broken_units[i].piece), "row %zu: %s", i, e.text);
        workload_free(w);
    }
}

/* ---- attention against floating point ---- */

/* Largest error of an average against float softmax over the same codes, in units of |v|'s limit.
 */
static double attention_error(struct rng *r, uint32_t rows, uint32_t dim, uint32_t heads,
                              double spread)
{
    struct workload *w = workload_new("softmax");
    uint16_t mult[2], table[WL_TABLE_SIZE];
    struct wl_tensor tensor[3] = {
        {.name = "qkv", .rows = rows, .dim = 3 * dim, .bits = 8, .zero_point = 128, .scale = 1},
        {.name = "attention", .rows = rows, .dim = dim, .bits = 8, .zero_point = 128, .scale = 1},
    };
    struct wl_op op = {.kind = WL_ATTENTION,
                       .n_inputs = 1,
                       .output = 1,
                       .n_in = rows,
                       .n_vec = dim,
                       .n_out = rows * dim,
                       .n_heads = heads,
                       .n_mult = 2,
                       .mult = mult,
                       .shift = 8,
                       .score_shift = 20,
                       .table = table};
    uint8_t *code = mem_alloc((size_t)rows * 3 * dim, 1);
    struct workload_scratch *s;
    uint32_t d = dim / heads;
    double factor = spread / (d * 128.0 * 128.0), worst = 0;

    wl_exp_table(table);
    mult[0] = (uint16_t)fmax(1, nearbyint(32 * factor * (1 << 20)));
    factor = mult[0] / 32.0 / (1 << 20);
    mult[1] = 1; /* the average itself */
    w->tensor = tensor;
    w->n_tensors = 2;
    w->op = &op;
    w->n_ops = 1;
    w->n_dense = rows * 3 * dim;
    for (uint32_t i = 0; i < w->n_dense; i++)
        code[i] = (uint8_t)rng_below(r, 256);
    s = workload_scratch_new(w);
    workload_logit(w, s, NULL, code);
    for (uint32_t i = 0; i < rows; i++)
        for (uint32_t c = 0; c < dim; c++) {
            double sum = 0, num = 0, error;

            for (uint32_t j = 0; j < rows; j++) {
                double score = 0, weight;

                for (uint32_t k = c - c % d; k < c - c % d + d; k++)
                    score += (code[i * 3 * dim + k] - 128) * (code[(j * 3 + 1) * dim + k] - 128);
                weight = exp(score * factor);
                sum += weight;
                num += weight * (code[(j * 3 + 2) * dim + c] - 128);
            }
            error = fabs(workload_tensor_codes(s, 1)[i * dim + c] - 128 - num / sum) - 0.5;
            worst = fmax(worst, error / 128);
        }
    workload_scratch_free(s);
    free(code);
    workload_free(w);
    return worst;
}

Test(workload, attention_is_close_to_float_softmax)
{
    static const uint32_t shape[][3] = {{1, 16, 8},  {2, 4, 1},   {16, 16, 8}, {26, 16, 2},
                                        {48, 16, 8}, {64, 16, 1}, {256, 8, 2}};
    static const double spread[] = {0.1, 1, 4, 8, 16, 64};
    double worst = 0;

    for (size_t i = 0; i < sizeof shape / sizeof *shape; i++)
        for (size_t k = 0; k < sizeof spread / sizeof *spread; k++) {
            struct rng r = rng_new(100 * i + k);
            double error = attention_error(&r, shape[i][0], shape[i][1], shape[i][2], spread[k]);

            worst = fmax(worst, error);
            cr_expect_lt(error, 0.01, "%u rows, spread %g: %g", shape[i][0], spread[k], error);
        }
    cr_log_info("largest error %.4f", worst);
    cr_expect_gt(worst, 0.001); /* the bound is not idle */
}
