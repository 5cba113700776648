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
    struct rig g = {.temp = temp_new(), .w = w};

    if (system("verilator --version > /dev/null 2>&1") != 0)
        cr_skip_test("no verilator");
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

/* One FC on one tile, the logit on another, in a plain chip. */
static struct rig fc_rig(uint32_t n_requests)
{
    struct rng r = rng_new(1);
    struct chip_config c;
    struct err e;

    cr_assert_eq(chip_config_read(NULL, &c, &e), ERR_OK, "%s", e.text);
    return rig_new(tiny_fc_workload(&r, 12, 10, n_requests), &c);
}

static struct cosim_result cosim(struct rig *g, const char *fault)
{
    const char *rtl = temp_path(&g->temp, "rtl"), *work = temp_path(&g->temp, "work");
    struct rtl_options o = {.fault = fault};
    struct cosim_options cosim_o = {.cache_dir = "verilator-cache"}; /* in the build tree */
    struct cosim_result r;

    cr_assert_eq(rtl_generate(g->p, rtl, &o, &g->e), ERR_OK, "%s", g->e.text);
    cr_assert_eq(cosim_run(g->p, chip_events(g->chip), chip_n_cycles(g->chip), rtl, work, NULL,
                           &cosim_o, &r, &g->e),
                 ERR_OK, "%s", g->e.text);
    return r;
}

Test(cosim, one_fc_is_equal)
{
    struct rig g = fc_rig(3);
    struct cosim_result r = cosim(&g, NULL);

    cr_expect(r.equal && !r.diverged, "cycle %llu %s %s model %s rtl %s",
              (unsigned long long)r.cycle, r.unit, r.signal, r.expected, r.actual);
    cr_expect_eq(r.inferences, 3);
    cr_expect_eq(r.events_compared, chip_events(g.chip)->n);
    cr_expect_eq(r.rtl_cycles, r.model_cycles);
    rig_free(&g);
}

Test(cosim, whole_chip_is_equal)
{
    struct rng r = rng_new(2);
    struct workload *w = tiny_bag_workload(&r, 3);
    struct chip_config c = tiny_chip(&r);
    struct rig g = rig_new(w, &c);
    struct cosim_result res = cosim(&g, NULL);

    cr_expect(res.equal, "cycle %llu %s %s model %s rtl %s", (unsigned long long)res.cycle,
              res.unit, res.signal, res.expected, res.actual);
    rig_free(&g);
}

/* The first flit that an engine sends too late is told by place and cycle, with a waveform. */
Test(cosim, late_start_is_found_and_drawn)
{
    struct rig g = fc_rig(4);
    struct cosim_result r = cosim(&g, "start_one_cycle_late");
    const char *json = temp_path(&g.temp, "cosim.json");
    char *text;
    size_t n;

    cr_assert(r.diverged && !r.equal);
    cr_expect(strstr(r.signal, "start["), "%s", r.signal);
    cr_expect_str_eq(r.actual, "nothing");
    cr_assert_eq(file_read(r.wave_path, &text, &n, &g.e), ERR_OK, "%s", g.e.text);
    cr_expect(strstr(text, "$enddefinitions"));
    free(text);
    cr_assert_eq(cosim_write_json(&r, json, &g.e), ERR_OK, "%s", g.e.text);
    cr_assert_eq(file_read(json, &text, &n, &g.e), ERR_OK);
    cr_expect(strstr(text, "\"equal\": false"), "%s", text);
    cr_expect(strstr(text, "\"rtl\": \"nothing\""), "%s", text);
    free(text);
    rig_free(&g);
}

Test(cosim, wrong_value_is_told_with_both_values)
{
    struct rig g = fc_rig(2);
    struct cosim_result r = cosim(&g, "negative_columns_added");

    cr_assert(r.diverged);
    cr_expect(strstr(r.signal, "inject["), "%s", r.signal);
    cr_expect(strstr(r.expected, "0x") && strstr(r.actual, "0x"));
    cr_expect(strcmp(r.expected, r.actual) != 0);
    rig_free(&g);
}

Test(cosim, missing_compiler_is_named)
{
    struct rig g = fc_rig(1);
    const char *rtl = temp_path(&g.temp, "rtl"), *work = temp_path(&g.temp, "work");
    struct cosim_options o = {.cxx = "no-such-compiler"};
    struct cosim_result r;

    cr_assert_eq(rtl_generate(g.p, rtl, NULL, &g.e), ERR_OK, "%s", g.e.text);
    cr_expect_eq(
        cosim_run(g.p, chip_events(g.chip), chip_n_cycles(g.chip), rtl, work, NULL, &o, &r, &g.e),
        ERR_ENV);
    cr_expect(strstr(g.e.text, "g++"), "%s", g.e.text);
    rig_free(&g);
}
