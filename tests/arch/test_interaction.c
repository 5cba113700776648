/* SPDX-License-Identifier: Apache-2.0 */
/* Interaction tiles: closed forms against a walk of the contract's steps, the same integers in
 * every engine, counts, wear; products by row. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "arch/cost.h"
#include "arch/count.h"
#include "arch/exec.h"
#include "arch/map.h"
#include "tests/common/tiny_chip.h"
#include "traces/random_unit.h"

static const enum wl_kind kinds[] = {WL_MVM, WL_DP, WL_FM, WL_ADD, WL_GATE, WL_ATTENTION};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

struct drawn {
    struct workload *w;
    struct plan *p;
};

/* A chip that holds the model: the next draw if this one does not. */
static struct drawn draw(uint64_t seed, enum wl_kind kind, uint32_t engine)
{
    struct rng root = rng_new(seed);

    for (uint32_t i = 0;; i++) {
        struct rng r = rng_child_n(&root, "draw", i);
        struct drawn d = {.w = random_unit_workload(&r, kind, 4)};
        struct chip_config c = tiny_chip_ideal(&r);
        struct err e;

        c.int_engine = engine;
        c.mvm_adc_bits = chip_lossless_adc_bits(&c);
        if (!plan_new(&d.p, d.w, &c, &e))
            return d;
        workload_free(d.w);
        cr_assert_lt(i, 50, "%s", e.text);
    }
}

static void drawn_free(struct drawn *d)
{
    plan_free(d->p);
    workload_free(d->w);
}

static uint32_t steps(uint32_t n, uint32_t lanes)
{
    uint32_t s = 0;

    for (uint32_t at = 0; at < n; at += lanes)
        s++;
    return s;
}

/* Section 8 of docs/microarchitecture.md, step by step. */
static uint32_t walk_dp(const struct plan_int *d)
{
    uint32_t n = 0;

    if (d->array)
        for (uint32_t line = 0; line < d->dim; line++)
            n += d->write_cycles;
    for (uint32_t i = 1; i < d->rows; i++)
        if (d->array) {
            for (uint32_t s = 0; s < d->in_slices; s++)
                n += d->score_cycles;
            n += steps(i, d->lanes);
        } else {
            for (uint32_t j = 0; j < i; j++)
                n += steps(d->dim, d->lanes);
        }
    return n;
}

static uint32_t walk_attention(const struct plan_int *d)
{
    uint32_t n = 0, chunks = steps(d->rows, d->lanes);

    if (d->array)
        for (uint32_t line = 0; line < d->dim || line < d->rows; line++)
            n += d->write_cycles;
    for (uint32_t h = 0; h < d->heads; h++)
        for (uint32_t i = 0; i < d->rows; i++) {
            n += d->array ? d->in_slices * d->score_cycles + chunks : chunks * d->head_dim;
            n += chunks;
            n += d->array ? d->weight_slices * d->mean_cycles : d->head_dim * chunks;
            n += steps(d->head_dim, d->lanes);
        }
    return n;
}

static uint32_t walk(const struct plan_int *d)
{
    switch (d->mode) {
    case INT_DP:
        return walk_dp(d);
    case INT_ATTENTION:
        return walk_attention(d);
    case INT_FM:
        return (d->rows + 1) * steps(d->dim, d->lanes);
    case INT_ADD:
    case INT_GATE:
        break;
    }
    return steps(d->n_a > d->n_b ? d->n_a : d->n_b, d->lanes);
}

/* A slice takes one cycle in SRAM; in ReRAM a read and, columns being shared, conversions. */
static void check_array(const struct plan *p, const struct plan_int *d)
{
    const struct chip_config *c = &p->config;
    uint32_t bits = d->in_bits, columns = d->rows * d->cells, read, conversion, most;

    if (c->int_engine == ENGINE_SRAM_CIM) {
        cr_expect_eq(d->in_slices, bits + (d->zero_point_a > 0));
        cr_expect(d->weight_slices == 12 && d->cells == bits && d->write_cycles == 1);
        cr_expect(d->score_cycles == 1 && d->mean_cycles == 1);
        return;
    }
    read = (uint32_t)c->mvm_read_ns; /* whole ns at 1 GHz */
    conversion = (uint32_t)c->mvm_conversion_ns;
    most = d->dim * ((1u << c->mvm_dac_bits) - 1) * ((1u << c->mvm_cell_bits) - 1);
    for (; most && c->mvm_adc_kind == ADC_SAR; most /= 2)
        conversion += (uint32_t)c->mvm_conversion_bit_ns;
    columns = columns < c->mvm_cols_per_adc ? columns : c->mvm_cols_per_adc;
    cr_expect_eq(d->write_cycles, (uint32_t)c->int_write_ns);
    cr_expect_eq(d->score_cycles, read + columns * conversion);
    cr_expect_eq(d->cells, steps(bits, c->mvm_cell_bits) * (d->zero_point_a ? 2 : 1));
}

Test(interaction, closed_forms_equal_the_steps_of_the_contract)
{
    uint32_t n_arrays = 0;

    for (uint32_t seed = 0; seed < 120; seed++) {
        struct drawn d = draw(seed, kinds[seed % N_KINDS], seed % 3);

        for (uint32_t i = 0; i < d.p->n_units; i++) {
            const struct plan_unit *u = &d.p->unit[i];

            if (u->kind != UNIT_INT)
                continue;
            cr_expect_eq(u->comp_cycles, walk(&u->dyn), "%s", u->name);
            cr_expect_eq(u->dyn.array, d.p->config.int_engine != ENGINE_LANES &&
                                           (u->dyn.mode == INT_DP || u->dyn.mode == INT_ATTENTION));
            if (u->dyn.array)
                check_array(d.p, &u->dyn);
            n_arrays += u->dyn.array;
        }
        drawn_free(&d);
    }
    cr_expect_gt(n_arrays, 10);
}

Test(interaction, every_engine_gives_the_workloads_own_logits)
{
    for (uint32_t seed = 0; seed < 180; seed++) {
        struct drawn d = draw(seed, kinds[seed % N_KINDS], seed % 3);
        struct exec *x = exec_new(d.p);
        uint64_t n_clipped = 0;

        for (uint32_t q = 0; q < d.w->n_requests; q++)
            cr_assert_eq(exec_logit(x, d.w->lookup + (size_t)q * workload_n_words(d.w),
                                    d.w->dense + (size_t)q * d.w->n_dense, &n_clipped),
                         d.w->expected[q], "seed %u request %u", seed, q);
        exec_free(x);
        drawn_free(&d);
    }
}

static const struct plan_unit *find(const struct plan *p, enum int_mode mode)
{
    for (uint32_t i = 0; i < p->n_units; i++)
        if (p->unit[i].kind == UNIT_INT && p->unit[i].dyn.mode == mode)
            return &p->unit[i];
    cr_assert_fail("no such unit");
    return NULL;
}

/* Each product is made once, on lanes or in an array, and in no other count. */
Test(interaction, counts_of_attention)
{
    for (uint32_t seed = 0; seed < 30; seed++)
        for (uint32_t engine = ENGINE_LANES; engine <= ENGINE_RERAM; engine++) {
            struct drawn d = draw(seed, WL_ATTENTION, engine);
            const struct plan_unit *u = find(d.p, INT_ATTENTION);
            const struct plan_int *a = &u->dyn;
            uint64_t pairs = (uint64_t)a->rows * a->rows, lines = a->rows + (uint64_t)a->dim;
            uint64_t products = 2 * pairs * a->dim;
            struct unit_counts c;

            count_unit(d.p, u->node, &c);
            cr_expect_eq(count_int_products(a), products);
            cr_expect_eq(c.n_table_reads, pairs * a->heads);
            cr_expect_eq(c.n_requants, pairs * a->heads + 2 * a->n_out);
            cr_expect_eq(c.n_macs, engine == ENGINE_LANES ? products : 0);
            cr_expect_eq(c.n_line_writes, engine == ENGINE_LANES ? 0 : lines);
            cr_expect_eq(c.n_cell_writes, 2 * a->rows * a->dim * a->cells);
            cr_expect_eq(c.n_cell_reads,
                         pairs * a->dim * a->cells * (a->in_slices + a->weight_slices));
            cr_expect_eq(c.n_conversions > 0, engine == ENGINE_RERAM);
            drawn_free(&d);
        }
}

Test(interaction, only_written_reram_wears)
{
    static const char dir[] = AUTORAC_SOURCE_DIR "/arch/params";
    struct params *q;
    struct err e;

    cr_assert_eq(params_load(&q, dir, "isaac32", &e), ERR_OK, "%s", e.text);
    for (uint32_t engine = ENGINE_LANES; engine <= ENGINE_RERAM; engine++)
        for (uint32_t k = 0; k < N_KINDS; k++) {
            struct drawn d = draw(k, kinds[k], engine);
            bool wears = engine == ENGINE_RERAM && (kinds[k] == WL_DP || kinds[k] == WL_ATTENTION);
            struct cost_wear w;

            cost_wear(d.p, q, &w);
            cr_expect_eq(w.n_cell_writes > 0, wears, "engine %u kind %u", engine, k);
            cr_expect_eq(w.lifetime_inferences > 0, wears);
            drawn_free(&d);
        }
    params_free(q);
}

static const struct wl_op *by_row(const struct workload *w)
{
    for (uint32_t i = 0; i < w->n_ops; i++)
        if (w->op[i].by_row)
            return &w->op[i];
    cr_assert_fail("no product by row");
    return NULL;
}

/* Outputs fill the crossbars at n and one too many are refused. */
Test(interaction, a_product_by_row_must_fit_one_tile)
{
    uint32_t seen = 0;

    for (uint32_t seed = 0; seed < 20; seed++) {
        struct rng r = rng_new(seed);
        struct workload *w = random_unit_workload(&r, WL_MVM, 1);
        const struct wl_op *op = by_row(w);
        uint32_t per_xbar = 16 / (2 * (op->weight_bits - 1));
        struct chip_config c;
        struct plan *p;
        struct err e;

        cr_assert_eq(chip_config_read(NULL, &c, &e), ERR_OK, "%s", e.text);
        c.mvm_cell_bits = 1;
        c.mvm_cols = c.mvm_cols_per_adc = 16;
        c.mvm_xbars = steps(op->n_out, per_xbar);
        if (c.mvm_xbars > 1) {
            cr_assert_eq(plan_new(&p, w, &c, &e), ERR_OK, "%s", e.text);
            plan_free(p);
            c.mvm_xbars--;
            cr_assert_eq(plan_new(&p, w, &c, &e), ERR_CONFIG);
            cr_expect(strstr(e.text, "by row must fit one tile"), "%s", e.text);
            seen++;
        }
        workload_free(w);
    }
    cr_expect_gt(seen, 5);
}
