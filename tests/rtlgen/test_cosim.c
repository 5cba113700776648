/* SPDX-License-Identifier: Apache-2.0 */
/* Model against generated RTL in Verilator: equality, and how a difference is told. Skipped where
 * there is no Verilator. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/chip.h"
#include "arch/map.h"
#include "rtlgen/cosim.h"
#include "rtlgen/gen.h"
#include "sim/base/file.h"
#include "sim/base/mem.h"
#include "tests/common/temp.h"
#include "tests/common/tiny_chip.h"
#include "tests/common/tiny_workload.h"
#include "traces/random_unit.h"

struct rig {
    struct temp temp;
    struct workload *w;
    struct plan *p;
    struct sim *sim;
    struct chip *chip;
    struct err e;
};

static struct rig rig_new(struct workload *w, const struct chip_config *c)
{
    struct rig g = {.w = w};

    if (system("verilator --version > /dev/null 2>&1") != 0) {
        fputs("SKIPPED: there is no verilator, chips are not compared with their RTL\n", stderr);
        cr_skip_test("no verilator");
    }
    g.temp = temp_new();
    cr_assert_eq(plan_new(&g.p, w, c, &g.e), ERR_OK, "%s", g.e.text);
    cr_assert_eq(sim_new(&g.sim, &(struct sim_cfg){0}, &g.e), ERR_OK, "%s", g.e.text);
    cr_assert_eq(chip_new(&g.chip, g.p, g.sim, true, &g.e), ERR_OK, "%s", g.e.text);
    cr_assert_eq(chip_run(g.chip, NULL, &g.e), ERR_OK, "%s", g.e.text);
    return g;
}

/* temp_free removes files, not folders. */
static void remove_tree(const char *dir)
{
    char *command = mem_printf("rm -rf '%s'", dir);

    cr_expect_eq(system(command), 0);
    free(command);
}

static void rig_free(struct rig *g)
{
    chip_free(g->chip);
    sim_free(g->sim);
    plan_free(g->p);
    workload_free(g->w);
    remove_tree(g->temp.dir);
    temp_free(&g->temp);
}

/* One FC on one tile, the logit on another, in a plain chip; lanes 0: as it comes. */
static struct rig fc_rig(uint32_t n_requests, uint32_t lanes)
{
    struct rng r = rng_new(1);
    struct chip_config c;
    struct err e;

    cr_assert_eq(chip_config_read(NULL, &c, &e), ERR_OK, "%s", e.text);
    c.mvm_lanes = lanes ? lanes : c.mvm_lanes;
    return rig_new(tiny_fc_workload(&r, 12, 10, n_requests), &c);
}

static struct cosim_result cosim(struct rig *g, const char *fault)
{
    const char *rtl = temp_path(&g->temp, "rtl"), *work = temp_path(&g->temp, "work");
    struct rtl_options o = {.fault = fault};
    struct cosim_options cosim_o = {.cache_dir = "verilator-cache"}; /* in the build tree */
    struct cosim_result r;

    cr_assert_eq(rtl_generate(g->p, rtl, &o, &g->e), ERR_OK, "%s", g->e.text);
    cr_assert_eq(cosim_run(g->chip, rtl, work, NULL, &cosim_o, &r, &g->e), ERR_OK, "%s", g->e.text);
    return r;
}

static void expect_equal(const struct cosim_result *r)
{
    char what[256];

    cosim_describe(r, what, sizeof what);
    cr_expect(r->equal && !r->diverged && !r->counts_differ, "%s", what);
    cr_expect_gt(r->counts_compared, 0);
}

Test(cosim, one_fc_is_equal)
{
    struct rig g = fc_rig(3, 0);
    struct cosim_result r = cosim(&g, NULL);

    expect_equal(&r);
    cr_expect_eq(r.inferences, 3);
    cr_expect_eq(r.events_compared, chip_events(g.chip)->n);
    cr_expect_eq(r.rtl_cycles, r.model_cycles);
    rig_free(&g);
}

/* Verilator refuses generate loops of more than 98 rounds unless asked. */
Test(cosim, ninety_nine_lanes_are_equal)
{
    struct rig g = fc_rig(1, 99);
    struct cosim_result r = cosim(&g, NULL);

    expect_equal(&r);
    rig_free(&g);
}

Test(cosim, whole_chip_is_equal)
{
    struct rng r = rng_new(2);
    struct workload *w = tiny_bag_workload(&r, 3);
    struct chip_config c = tiny_chip(&r);
    struct rig g = rig_new(w, &c);
    struct cosim_result res = cosim(&g, NULL);

    expect_equal(&res);
    rig_free(&g);
}

/* The first flit that an engine sends too late is told by place and cycle, with a waveform. */
Test(cosim, late_start_is_found_and_drawn)
{
    struct rig g = fc_rig(4, 0);
    struct cosim_result r = cosim(&g, "start_one_cycle_late");
    const char *json = temp_path(&g.temp, "cosim.json");
    uint32_t n_equal = 0;
    char *text;
    size_t n;

    cr_assert(r.diverged && !r.equal);
    cr_expect(strstr(r.first.signal, "start["), "%s", r.first.signal);
    cr_expect_str_eq(r.first.rtl, "nothing");
    while (n_equal < r.n_last && !strcmp(r.last[n_equal].model, r.last[n_equal].rtl))
        n_equal++;
    cr_assert(n_equal > 0 && n_equal < r.n_last); /* equal before, then the difference */
    cr_expect_eq(r.last[n_equal].cycle, r.first.cycle);
    cr_expect_str_eq(r.last[n_equal].signal, r.first.signal);
    cr_expect_str_eq(r.last[n_equal].model, r.first.model);
    cr_expect_eq(r.counts_compared, 0);
    cr_assert_eq(file_read(r.wave_path, &text, &n, &g.e), ERR_OK, "%s", g.e.text);
    cr_expect(strstr(text, "$enddefinitions"));
    free(text);
    cr_assert_eq(cosim_write_json(&r, json, &g.e), ERR_OK, "%s", g.e.text);
    cr_assert_eq(file_read(json, &text, &n, &g.e), ERR_OK);
    cr_expect(strstr(text, "\"equal\": false"), "%s", text);
    cr_expect(strstr(text, "\"rtl\": \"nothing\""), "%s", text);
    cr_expect(strstr(text, "\"last_events\": [\n"), "%s", text);
    cr_expect(strstr(text, "\"first_count_difference\": null"), "%s", text);
    free(text);
    rig_free(&g);
}

Test(cosim, wrong_value_is_told_with_both_values)
{
    struct rig g = fc_rig(2, 0);
    struct cosim_result r = cosim(&g, "negative_columns_added");

    cr_assert(r.diverged);
    cr_expect(strstr(r.first.signal, "inject["), "%s", r.first.signal);
    cr_expect(strstr(r.first.model, "0x") && strstr(r.first.rtl, "0x"));
    cr_expect(strcmp(r.first.model, r.first.rtl) != 0);
    rig_free(&g);
}

/* Work in vain changes no event. */
static void expect_count(const struct cosim_result *r, const char *kind)
{
    cr_expect(!r->equal && !r->diverged && r->counts_differ);
    cr_expect_str_eq(r->first_count.kind, kind);
    cr_expect_gt(r->first_count.rtl, r->first_count.model);
    cr_expect_gt(r->inferences, 0);
}

Test(cosim, needless_conversions_are_counted)
{
    struct rng rng = rng_new(1);
    struct chip_config c;
    struct err e;
    struct rig g;
    struct cosim_result r;
    bool partly_used = false;
    const char *json;
    char *text;
    size_t n;

    cr_assert_eq(chip_config_read(NULL, &c, &e), ERR_OK, "%s", e.text);
    c.mvm_cols = c.mvm_cols_per_adc = 16;
    g = rig_new(tiny_fc_workload(&rng, 12, 13, 2), &c);
    for (uint32_t i = 0; i < g.p->n_units; i++) {
        const struct plan_unit *u = &g.p->unit[i];

        partly_used |= u->kind == UNIT_MVM && u->mvm.m % u->mvm.mpx;
    }
    cr_assert(partly_used, "no last column block that is used in part");
    r = cosim(&g, "unused_columns_converted");
    expect_count(&r, "adc.n_conversions");
    json = temp_path(&g.temp, "cosim.json");
    cr_assert_eq(cosim_write_json(&r, json, &g.e), ERR_OK, "%s", g.e.text);
    cr_assert_eq(file_read(json, &text, &n, &g.e), ERR_OK);
    cr_expect(strstr(text, "\"first_divergence\": null"), "%s", text);
    cr_expect(strstr(text, "\"count\": \"adc.n_conversions\""), "%s", text);
    free(text);
    rig_free(&g);
}

Test(cosim, needless_reads_of_an_operand_array_are_counted)
{
    struct rng rng;
    struct workload *w = NULL;
    struct chip_config c;
    struct cosim_result r;
    struct rig g;
    bool several_heads = false;

    for (uint64_t seed = 1; !several_heads; seed++) {
        workload_free(w);
        rng = rng_new(seed);
        w = random_unit_workload(&rng, WL_ATTENTION, 2);
        for (uint32_t i = 0; i < w->n_ops; i++)
            several_heads |= w->op[i].kind == WL_ATTENTION && w->op[i].n_heads > 1;
    }
    c = tiny_chip(&rng);
    c.int_engine = ENGINE_SRAM_CIM;
    c.mvm_xbars = 32; /* the matrix beside attention has to fit one tile */
    g = rig_new(w, &c);
    r = cosim(&g, "other_heads_read");
    expect_count(&r, "array.n_cell_reads");
    rig_free(&g);
}

Test(cosim, missing_compiler_is_named)
{
    struct rig g = fc_rig(1, 0);
    const char *rtl = temp_path(&g.temp, "rtl"), *work = temp_path(&g.temp, "work");
    struct cosim_options o = {.cxx = "no-such-compiler"};
    struct cosim_result r;

    cr_assert_eq(rtl_generate(g.p, rtl, NULL, &g.e), ERR_OK, "%s", g.e.text);
    cr_expect_eq(cosim_run(g.chip, rtl, work, NULL, &o, &r, &g.e), ERR_ENV);
    cr_expect(strstr(g.e.text, "g++"), "%s", g.e.text);
    rig_free(&g);
}
