/* SPDX-License-Identifier: Apache-2.0 */
/* The mapper: what fits at n and is refused at n-1, and invariants of every plan. */
#define _XOPEN_SOURCE 700 /* open_memstream */

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "arch/map.h"
#include "tests/common/tiny_chip.h"
#include "tests/common/tiny_workload.h"

static struct chip_config plain_chip(void)
{
    struct chip_config c;
    struct err e;

    cr_assert_eq(chip_config_read(NULL, &c, &e), ERR_OK, "%s", e.text);
    return c;
}

/* The FC's shards, which come before the final operator's. */
static uint32_t n_shards_of(const struct plan *p, uint32_t op)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < p->n_units; i++)
        n += p->unit[i].kind == UNIT_MVM && p->unit[i].op == op;
    return n;
}

/* An FC of 65 inputs: two row blocks of 64, so two crossbars are just enough; with one, a second
 * tile makes partial sums. */
Test(map, inputs_are_split_when_row_blocks_do_not_fit)
{
    struct rng r = rng_new(1);
    struct workload *w = tiny_fc_workload(&r, 65, 4, 1);
    struct chip_config c = plain_chip();
    struct plan *p;
    struct err e;

    c.mvm_rows = 64;
    c.mvm_xbars = 2;
    cr_assert_eq(plan_new(&p, w, &c, &e), ERR_OK, "%s", e.text);
    cr_expect_eq(n_shards_of(p, 0), 1);
    plan_free(p);
    c.mvm_xbars = 1;
    cr_assert_eq(plan_new(&p, w, &c, &e), ERR_OK, "%s", e.text);
    cr_expect_eq(n_shards_of(p, 0), 2);
    cr_expect_eq(p->unit[1].mvm.k, 64);
    cr_expect(p->unit[1].mvm.raw);
    cr_expect_eq(p->unit[3].mvm.k, 1); /* on the snake: (1, 1) */
    cr_expect_eq(p->unit[3].mvm.k_first, 64);
    cr_expect_eq(p->unit[3].mvm.n_partial, 1);
    plan_free(p);
    workload_free(w);
}

Test(map, mesh_must_hold_every_shard)
{
    struct rng r = rng_new(2);
    struct workload *w = tiny_fc_workload(&r, 8, 4, 1); /* I/O, fc, final: three tiles */
    struct chip_config c = plain_chip();
    struct plan *p;
    struct err e;

    c.mesh_width = 3;
    c.mesh_height = 1;
    cr_assert_eq(plan_new(&p, w, &c, &e), ERR_OK, "%s", e.text);
    plan_free(p);
    c.mesh_width = 2;
    cr_assert_eq(plan_new(&p, w, &c, &e), ERR_CONFIG);
    cr_assert(strstr(e.text, "needs 3 tiles"), "%s", e.text);
    workload_free(w);
}

Test(map, operand_buffer_must_hold_the_rings)
{
    struct rng r = rng_new(3);
    struct workload *w = tiny_fc_workload(&r, 64, 4, 1);
    struct chip_config c = plain_chip();
    struct plan *p;
    struct err e;

    c.tile_slots = 2;
    c.tile_buffer_bytes = 128; /* 64 inputs of at most 8 bits, twice */
    cr_assert_eq(plan_new(&p, w, &c, &e), ERR_OK, "%s", e.text);
    plan_free(p);
    c.tile_slots = 5;
    cr_assert_eq(plan_new(&p, w, &c, &e), ERR_CONFIG);
    cr_assert(strstr(e.text, "tile.buffer_bytes"), "%s", e.text);
    workload_free(w);
}

static void check_edges(const struct plan *p, const struct plan_unit *u)
{
    for (uint32_t i = 0; i < u->n_out; i++) {
        const struct plan_out *o = &u->out[i];
        const struct plan_tile *dst = &p->tile[o->dst_node];
        const struct plan_in *in = &dst->in[o->dst_in];

        cr_assert_lt(o->dst_in, dst->n_in);
        cr_assert_eq(in->src_node, u->node);
        cr_assert_eq(in->src_unit, u->index);
        cr_assert_eq(p->unit[o->dst_unit].node, o->dst_node);
        cr_assert_eq(in->src_out, u->out_edge_first + i);
        cr_assert_eq(in->n_words, o->n_words);
        cr_assert_eq(in->n_slots, o->n_slots);
        cr_assert_lt(o->vc, p->credit_vc);
    }
}

static void check_rings(const struct plan_tile *t)
{
    uint32_t base = 0;

    for (uint32_t i = 0; i < t->n_in; i++) {
        cr_assert_eq(t->in[i].base_word, base, "%s in-edge %u overlaps", t->name, i);
        base += t->in[i].n_words * t->in[i].n_slots;
    }
    cr_assert_eq(t->buffer_words, base);
}

/* Contexts follow one another in edges and crossbars, and fit the tile. */
static void check_tile(const struct plan *p, const struct plan_tile *t)
{
    uint32_t in = 0, out = 0, xbars = 0;

    for (uint32_t c = 0; c < t->n_contexts; c++) {
        const struct plan_unit *u = &p->unit[t->unit[c]];

        cr_assert_eq(u->context, c);
        cr_assert_eq(u->in_first, in);
        cr_assert_eq(u->out_edge_first, out);
        in += u->n_in;
        out += u->n_out;
        if (u->kind == UNIT_MVM) {
            cr_assert_eq(u->mvm.first_xbar, xbars);
            xbars += u->mvm.copies * u->mvm.n_rb * u->mvm.n_cb;
        } else {
            cr_assert_eq(t->n_contexts, 1);
        }
    }
    cr_assert_eq(t->n_in, in);
    cr_assert_eq(t->n_out, out);
    cr_assert_leq(xbars, p->config.mvm_xbars);
    cr_assert_leq(t->n_contexts, p->config.map_contexts);
}

/* Each request of a unit has one of the in-edges that carry the same words, whichever it is. */
static void check_due(const struct plan_unit *u)
{
    for (uint32_t q = 0; q < PLAN_MAX_REPLICAS; q++) {
        uint32_t n_words = 0, n_out = 0;

        for (uint32_t i = 0; i < u->n_in; i++)
            n_words += plan_is_due(u->in[i].due, q) ? u->in[i].n_words : 0;
        for (uint32_t e = 0; e < u->n_out; e++)
            n_out += plan_is_due(u->out[e].due, q);
        if (u->kind != UNIT_IO)
            cr_assert_eq(n_words, u->load_cycles, "%s request %u", u->name, q);
        cr_assert_gt(n_out, 0);
    }
}

/* Every output of every operator is held by exactly one shard of each replica. */
static void check_cover(const struct plan *p)
{
    const struct workload *w = p->workload;

    for (uint32_t i = 0; i < w->n_ops; i++) {
        uint64_t n = 0, want = (uint64_t)w->tensor[w->op[i].output].rows *
                               w->tensor[w->op[i].output].dim * (w->op[i].raw ? 4 : 1);

        for (uint32_t k = 0; k < p->n_units; k++)
            if (p->unit[k].kind > UNIT_IO && p->unit[k].op == i && !p->unit[k].replica &&
                (p->unit[k].kind != UNIT_MVM || p->unit[k].mvm.raw == w->op[i].raw))
                n += p->unit[k].out_elements;
        cr_assert_eq(n, want, "operator %s", w->op[i].name);
    }
}

Test(map, invariants_of_random_plans)
{
    struct rng root = rng_new(5);

    for (uint32_t i = 0; i < 40; i++) {
        struct rng r = rng_child_n(&root, "design", i);
        struct workload *w = tiny_workload(&r, 1);
        struct chip_config c = tiny_chip(&r);
        struct plan *p;
        struct err e;

        cr_assert_eq(plan_new(&p, w, &c, &e), ERR_OK, "design %u: %s", i, e.text);
        for (uint32_t k = 0; k < p->n_units; k++) {
            const struct plan_unit *u = &p->unit[k];

            cr_assert_eq(u->index, k);
            cr_assert(k >= p->n_nodes || u->node == k);
            cr_assert_eq(u->y * p->width + u->x, u->node);
            if (u->kind == UNIT_NONE)
                continue;
            check_edges(p, u);
            check_due(u);
        }
        for (uint32_t k = 0; k < p->n_nodes; k++) {
            check_rings(&p->tile[k]);
            check_tile(p, &p->tile[k]);
        }
        check_cover(p);
        plan_free(p);
        workload_free(w);
    }
}

/* Flip: what is stored is the biased slice or its complement, and no column holds more than half of
 * what it could; one more would make the converter one bit too small. */
static void check_flipped(const struct plan *p, const struct plan_unit *u)
{
    const struct plan_mvm *mv = &u->mvm;
    uint32_t top = (1u << p->config.mvm_cell_bits) - 1;

    for (uint32_t xbar = 0; xbar < mv->n_rb * mv->n_cb; xbar++)
        for (uint32_t col = 0; col < mv->mpx * mv->cols_per_output; col++) {
            struct plan_column c = plan_mvm_column(p, u, col);
            uint32_t m = xbar / mv->n_rb * mv->mpx + c.local, sum = 0;
            struct plan_cells cells;

            plan_mvm_cells(p, u, xbar, col, &cells);
            for (uint32_t r = 0; r < cells.n_rows; r++) {
                uint32_t k = xbar % mv->n_rb * p->config.mvm_rows + r;
                int biased = mv->weight[(size_t)m * mv->k + k] + (1 << (mv->weight_bits - 1));
                uint32_t want = (uint32_t)biased >> c.shift & top;

                cr_assert_eq(cells.level[r], cells.flipped ? top - want : want);
                sum += cells.level[r];
            }
            cr_assert_leq(2 * sum, cells.n_rows * top, "%s column %u", u->name, col);
        }
}

Test(map, flipped_columns_hold_at_most_half)
{
    struct rng root = rng_new(6);

    for (uint32_t i = 0; i < 10; i++) {
        struct rng r = rng_child_n(&root, "design", i);
        struct workload *w = tiny_workload(&r, 1);
        struct chip_config c = tiny_chip_ideal(&r);
        struct plan_cells unit;
        struct plan *p;
        struct err e;

        c.mvm_encoding = ENCODING_FLIP;
        cr_assert_eq(plan_new(&p, w, &c, &e), ERR_OK, "design %u: %s", i, e.text);
        for (uint32_t k = 0; k < p->n_units; k++)
            if (p->unit[k].kind == UNIT_MVM) {
                check_flipped(p, &p->unit[k]);
                plan_mvm_cells(p, &p->unit[k], 0, c.mvm_cols, &unit);
                for (uint32_t row = 0; row < c.mvm_rows; row++)
                    cr_assert_eq(unit.level[row], row < unit.n_rows);
            }
        plan_free(p);
        workload_free(w);
    }
}

/* A SAR converter takes time for each bit, of the unit column's converter if that has more; a flash
 * converter does not. */
Test(map, conversion_takes_its_bits)
{
    static const struct {
        uint32_t kind, encoding, adc_bits, want_cycles;
    } row[] = {
        {ADC_SAR, ENCODING_DIFFERENTIAL, 6, 8},   {ADC_SAR, ENCODING_DIFFERENTIAL, 7, 9},
        {ADC_FLASH, ENCODING_DIFFERENTIAL, 7, 2}, {ADC_SAR, ENCODING_FLIP, 6, 9}, /* unit: 7 bits */
        {ADC_SAR, ENCODING_FLIP, 8, 10},
    };

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct rng r = rng_new(4);
        struct workload *w = tiny_fc_workload(&r, 8, 4, 1);
        struct chip_config c = plain_chip();
        struct plan *p;
        struct err e;

        c.mvm_conversion_ns = 2; /* at 1 GHz */
        c.mvm_conversion_bit_ns = 1;
        c.mvm_rows = 64;
        c.mvm_adc_kind = row[i].kind;
        c.mvm_encoding = row[i].encoding;
        c.mvm_adc_bits = row[i].adc_bits;
        cr_assert_eq(plan_new(&p, w, &c, &e), ERR_OK, "%s", e.text);
        for (uint32_t k = 0; k < p->n_units; k++)
            if (p->unit[k].kind == UNIT_MVM)
                cr_expect_eq(p->unit[k].mvm.conv_cycles, row[i].want_cycles, "row %zu: %u", i,
                             p->unit[k].mvm.conv_cycles);
        plan_free(p);
        workload_free(w);
    }
}

/* An outline has all that timing, counts and prices need: the printed plan is the same. */
Test(map, outline_is_the_plan_without_biases)
{
    struct rng root = rng_new(6);

    for (uint32_t i = 0; i < 20; i++) {
        struct rng r = rng_child_n(&root, "design", i);
        struct workload *w = tiny_workload(&r, 1);
        struct chip_config c = tiny_chip(&r);
        struct plan *p, *q;
        char *text[2];
        size_t n[2];
        struct err e;

        cr_assert_eq(plan_new(&p, w, &c, &e), ERR_OK, "design %u: %s", i, e.text);
        cr_assert_eq(plan_new_outline(&q, w, &c, &e), ERR_OK, "design %u: %s", i, e.text);
        for (int k = 0; k < 2; k++) {
            FILE *f = open_memstream(&text[k], &n[k]);

            plan_write_json(k ? q : p, f);
            fclose(f);
        }
        cr_expect_str_eq(text[0], text[1]);
        for (uint32_t k = 0; k < q->n_units; k++)
            if (q->unit[k].kind == UNIT_MVM)
                cr_expect_null(q->unit[k].mvm.bias);
        free(text[0]);
        free(text[1]);
        plan_free(p);
        plan_free(q);
        workload_free(w);
    }
}
