/* SPDX-License-Identifier: Apache-2.0 */
/* What the RTL reports is added up by unit and kind, and compared with the model. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "arch/map.h"
#include "rtlgen/counts.h"
#include "sim/base/mem.h"
#include "tests/common/tiny_chip.h"
#include "tests/common/tiny_workload.h"

struct rig {
    struct workload *w;
    struct plan *p;
    struct unit_counts *model; /* (n_units) all 0 */
    struct rtl_counts rtl;
    uint64_t n_compared;
    struct rtl_count_difference first;
};

static const struct plan_tile *shared_tile(const struct plan *p)
{
    for (uint32_t n = 0; n < p->n_nodes; n++)
        if (p->tile[n].n_contexts > 1)
            return &p->tile[n];
    return NULL;
}

/* A chip with a tile that operators share. */
static struct rig rig_new(void)
{
    struct rig g = {0};
    struct err e;

    for (uint64_t seed = 1; seed < 50; seed++) {
        struct rng r = rng_new(seed);
        struct chip_config c;

        g.w = tiny_workload(&r, 1);
        c = tiny_chip(&r);
        cr_assert_eq(plan_new(&g.p, g.w, &c, &e), ERR_OK, "%s", e.text);
        if (shared_tile(g.p))
            break;
        plan_free(g.p);
        workload_free(g.w);
        g.p = NULL;
    }
    cr_assert(g.p, "no chip shares a tile");
    g.model = mem_alloc(g.p->n_units, sizeof *g.model);
    rtl_counts_init(&g.rtl, g.p);
    return g;
}

static bool equal(struct rig *g)
{
    return rtl_counts_equal(&g->rtl, g->model, &g->n_compared, &g->first);
}

static void rig_free(struct rig *g)
{
    rtl_counts_fini(&g->rtl);
    free(g->model);
    plan_free(g->p);
    workload_free(g->w);
}

Test(counts, reports_of_a_unit_and_kind_are_added_up)
{
    struct rig g = rig_new();
    const struct plan_tile *t = shared_tile(g.p);
    uint32_t node = (uint32_t)(t - g.p->tile);

    cr_expect(equal(&g));
    cr_expect_eq(g.n_compared, 0);
    rtl_counts_add(&g.rtl, node, 0, RTL_COUNT_REQUANTS, 3);
    rtl_counts_add(&g.rtl, node, 0, RTL_COUNT_REQUANTS, 4);
    rtl_counts_add(&g.rtl, node, 1, RTL_COUNT_REQUANTS, 5);
    rtl_counts_add(&g.rtl, node, 1, RTL_COUNT_ROW_DRIVES, 6);
    g.model[t->unit[0]].n_requants = 7;
    g.model[t->unit[1]].n_requants = 5;
    g.model[t->unit[1]].n_row_drives = 6;
    cr_expect(equal(&g));
    cr_expect_eq(g.n_compared, 3);
    rig_free(&g);
}

Test(counts, difference_is_named)
{
    struct rig g = rig_new();
    const struct plan_tile *t = shared_tile(g.p);
    uint32_t node = (uint32_t)(t - g.p->tile);

    rtl_counts_add(&g.rtl, node, 1, RTL_COUNT_CELL_READS, 10);
    g.model[t->unit[1]].n_cell_reads = 11;
    cr_expect(!equal(&g));
    cr_expect_str_eq(g.first.unit, g.p->unit[t->unit[1]].name);
    cr_expect_str_eq(g.first.kind, "array.n_cell_reads");
    cr_expect_eq(g.first.model, 11);
    cr_expect_eq(g.first.rtl, 10);
    rig_free(&g);
}

Test(counts, count_that_only_one_side_has_is_a_difference)
{
    struct rig g = rig_new();

    rtl_counts_add(&g.rtl, 0, 0, RTL_COUNT_ALLOCATIONS, 1);
    cr_expect(!equal(&g));
    cr_expect_str_eq(g.first.kind, "router.n_allocations");
    cr_expect_eq(g.first.model, 0);
    cr_expect_eq(g.first.rtl, 1);
    rig_free(&g);
    g = rig_new();
    g.model[g.p->n_units - 1].n_buffer_reads = 2;
    cr_expect(!equal(&g));
    cr_expect_str_eq(g.first.kind, "buffer.n_reads");
    cr_expect_eq(g.first.model, 2);
    cr_expect_eq(g.first.rtl, 0);
    rig_free(&g);
}

static void expect_unknown(uint32_t node, uint32_t context, uint32_t kind)
{
    struct rig g = rig_new();

    rtl_counts_add(&g.rtl, node, context, kind, 1);
    cr_expect(!equal(&g));
    cr_expect_str_eq(g.first.unit, "?");
    cr_expect_str_eq(g.first.kind, "unknown");
    cr_expect_eq(g.first.model, 0);
    cr_expect_eq(g.first.rtl, 1);
    rig_free(&g);
}

Test(counts, reports_of_nobody_are_a_difference)
{
    struct rig g = rig_new();
    const struct plan_tile *t = shared_tile(g.p);
    uint32_t node = (uint32_t)(t - g.p->tile), n_contexts = t->n_contexts;
    uint32_t n_nodes = g.p->n_nodes;

    rig_free(&g);
    expect_unknown(n_nodes, 0, 0);
    expect_unknown(node, n_contexts, 0);
    expect_unknown(node, 0, RTL_N_COUNTS);
}
