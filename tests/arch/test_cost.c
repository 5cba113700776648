/* SPDX-License-Identifier: Apache-2.0 */
/* Parameter files refused by line, published totals reproduced, sums exact. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arch/component.h"
#include "arch/cost.h"
#include "arch/map.h"
#include "sim/base/file.h"
#include "tests/arch/rig_chip.h"
#include "tests/common/tiny_workload.h"

#define DIR AUTORAC_SOURCE_DIR "/arch/params"

static struct params *load(void)
{
    struct params *q;
    struct err e;

    cr_assert_eq(params_load(&q, DIR, "isaac32", &e), ERR_OK, "%s", e.text);
    return q;
}

Test(params, every_entry_has_unit_source_and_kind)
{
    struct params *q = load();

    cr_expect_eq(params_n(q), PARAM_N);
    for (size_t i = 0; i < params_n(q); i++) {
        const struct param *p = params_at(q, i);

        cr_expect(p->name && *p->name && *p->unit && *p->meaning && *p->kind, "%zu", i);
        cr_expect_gt(strlen(p->source), 8, "%s", p->name);
        cr_expect(isfinite(p->value), "%s", p->name);
    }
    params_free(q);
}

/* The good file with one text replaced; the error names the line of the change. */
static void refused(const char *from, const char *to, const char *says)
{
    char dir[] = "/tmp/autorac_params_XXXXXX", path[128], want[160];
    char *text, *at;
    size_t n;
    unsigned line = 1;
    struct params *q;
    struct err e;
    FILE *f;

    cr_assert_not_null(mkdtemp(dir));
    cr_assert_eq(file_read(DIR "/isaac32.yaml", &text, &n, &e), ERR_OK);
    at = strstr(text, from);
    cr_assert_not_null(at, "%s", from);
    for (const char *c = text; c < at; c++)
        line += *c == '\n';
    snprintf(path, sizeof path, "%s/x.yaml", dir);
    f = fopen(path, "w");
    fwrite(text, 1, (size_t)(at - text), f);
    fputs(to, f);
    fputs(at + strlen(from), f);
    fclose(f);
    cr_expect_eq(params_load(&q, dir, "x", &e), ERR_CONFIG);
    cr_expect_null(q);
    if (*to)
        snprintf(want, sizeof want, "x.yaml:%u: %s", line, says);
    else
        snprintf(want, sizeof want, "%s", says);
    cr_expect(strstr(e.text, want), "%s\nhas no\n%s", e.text, want);
    unlink(path);
    rmdir(dir);
    free(text);
}

Test(params, refuses_by_line)
{
    refused("cell_area: {", "cell_aria: {", "array.cell_aria: no such parameter");
    refused("value: 1.83, unit: fJ", "value: 1.83, unit: pJ",
            "array.cell_read_energy: unit is pJ, expected fJ");
    refused("kind: cited, node: 32, source: \"MNSIM 2.0, DAC.py\"",
            "kind: guessed, node: 32, source: \"MNSIM 2.0, DAC.py\"",
            "dac.area_2b: kind guessed is none of measured, cited, scaled, assumed");
    refused("ref_bits: { value: 32, unit: bit, kind: assumed,",
            "ref_bits: { valu: 32, unit: bit, kind: assumed,", "buffer.ref_bits: unknown key valu");
    refused("ref_bits: { value: 32, unit: bit, kind: assumed,", "ref_bits: { value: 32, unit: bit,",
            "buffer.ref_bits: kind is missing");
    refused("value: 0.391, unit: pJ", "value: much, unit: pJ", "");
    refused("  area: { value: 60, unit: um2, kind: scaled, node: 32,\n    source: \"ISAAC Table I: "
            "0.00024 mm2 for 4 units; one a converter is assumed here\" }\n",
            "", "shift_add.area is missing");
}

Test(params, missing_set_is_named)
{
    struct params *q;
    struct err e;

    cr_expect_neq(params_load(&q, DIR, "nosuch", &e), ERR_OK);
    cr_expect(strstr(e.text, "nosuch.yaml"), "%s", e.text);
}

Test(params, overlays_replace_what_they_name)
{
    struct params *q, *base = load();
    struct err e;

    cr_assert_eq(params_load(&q, DIR, "isaac32+adc-zigzag+write-mnsim", &e), ERR_OK, "%s", e.text);
    for (enum param_id i = 0; i < PARAM_N; i++) {
        const struct param *p = params_at(q, i);

        if (!strncmp(p->name, "adc.", 4))
            cr_expect_str_eq(p->file, "adc-zigzag");
        else if (!strncmp(p->name, "write.", 6))
            cr_expect_str_eq(p->file, "write-mnsim");
        else
            cr_expect(!strcmp(p->file, "isaac32") && p->value == params_get(base, i), "%s",
                      p->name);
    }
    params_free(q);
    params_free(base);
    cr_expect_neq(params_load(&q, DIR, "isaac32+nosuch", &e), ERR_OK);
    cr_expect(strstr(e.text, "overlay/nosuch.yaml"), "%s", e.text);
    cr_expect_neq(params_load(&q, DIR, "isaac32+", &e), ERR_OK);
}

/* 22 nm lies between two nodes of the table; 45 nm is one. */
Test(params, another_node)
{
    static const struct {
        const char *set;
        enum param_id id;
        double factor;
    } row[] = {
        {"isaac32@45", PARAM_ADD32_ENERGY, 1.56},
        {"isaac32@45", PARAM_MAC8_AREA, 2.2},
        {"isaac32@7", PARAM_BUFFER_ENERGY, 0.16},
        {"isaac32@22", PARAM_ARRAY_CELL_AREA, 22.0 * 22 / (32 * 32)},
        {"isaac32@22", PARAM_ARRAY_CELL_READ, 1},
        {"isaac32@22", PARAM_ADC_ENERGY_PER_BIT, 0.494393},
        {"isaac32@22", PARAM_ADC_ENERGY_GROWTH, 1},
        {"isaac32@22", PARAM_ADC_AREA_PER_BIT, 0.690081},
        /* ln 0.371 (ln 22 - ln 32) / (ln 20 - ln 32) */
        {"isaac32@22", PARAM_ROUTER_ENERGY, 0.453627},
        {"isaac32@22", PARAM_LINK_ENERGY, 1},
        {"isaac32@22", PARAM_LANE_LEAKAGE, 1},
        {"isaac32@32", PARAM_ADD32_ENERGY, 1},
    };
    struct params *base = load(), *q;
    struct err e;

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        cr_assert_eq(params_load(&q, DIR, row[i].set, &e), ERR_OK, "%s", e.text);
        cr_expect_float_eq(params_get(q, row[i].id) / params_get(base, row[i].id), row[i].factor,
                           1e-5 * row[i].factor, "%s %s: %.9g", row[i].set,
                           params_at(q, row[i].id)->name,
                           params_get(q, row[i].id) / params_get(base, row[i].id));
        cr_expect_eq(row[i].factor != 1,
                     strstr(params_at(q, row[i].id)->source, "scaling.yaml") != NULL);
        params_free(q);
    }
    params_free(base);
    cr_expect_eq(params_load(&q, DIR, "isaac32@6", &e), ERR_CONFIG);
    cr_expect(strstr(e.text, "no factors for 6 nm"), "%s", e.text);
    cr_expect_eq(params_load(&q, DIR, "isaac32@200", &e), ERR_CONFIG);
    cr_expect_eq(params_load(&q, DIR, "isaac32@", &e), ERR_CONFIG);
    cr_expect_eq(params_load(&q, DIR, "isaac32@22nm", &e), ERR_CONFIG);
    cr_expect(strstr(e.text, "22nm"), "%s", e.text);
}

/* Any plan will do: the design and the counts are what is looked at. */
static struct plan *some_plan(struct workload **w)
{
    struct rng g = rng_new(2);
    struct chip_config c;
    struct plan *p;
    struct err e;

    *w = tiny_fc_workload(&g, 16, 8, 1);
    cr_assert_eq(chip_config_read(NULL, &c, &e), ERR_OK);
    cr_assert_eq(plan_new(&p, *w, &c, &e), ERR_OK, "%s", e.text);
    return p;
}

/* ISAAC's IMA, fully used for one 100 ns cycle: eight 128 x 128 arrays of 2-bit cells, 1-bit
 * drivers, 8-bit converters at 128 columns each. Table I, mW: DAC 4, S+H 0.01, array 2.4, ADC 16
 * (at 1.28 GS/s; 1.667 pJ a conversion gives 17.1), S+A 0.2. */
Test(cost, isaac_ima)
{
    struct workload *w;
    struct plan *p = some_plan(&w);
    struct params *q = load();
    struct unit_counts c = {.n_row_drives = 8 * 128,
                            .n_cell_reads = 8 * 128 * 128,
                            .n_sample_holds = 8 * 128,
                            .n_conversions = 8 * 128,
                            .n_shift_adds = 8 * 128};
    double pj[COST_N_PARTS];

    p->config.mvm_adc_bits = 8;
    p->config.mvm_dac_bits = 1;
    cost_unit_energy(p, q, 1, &c, pj);
    cr_expect_float_eq(pj[COST_ARRAY] / 100, 2.4, 0.01);
    cr_expect_float_eq(pj[COST_DAC] / 100, 4.0, 0.01);
    cr_expect_float_eq(pj[COST_ADC] / 100, 17.1, 0.05);
    cr_expect_float_eq(pj[COST_ACCUMULATION] / 100, 0.2, 0.02);
    params_free(q);
    plan_free(p);
    workload_free(w);
}

/* Each converter model against published rows: accelergy's isaac_adc.csv, zigzag-imc's law, FORMS,
 * NeuroSim's formula. */
Test(cost, adc_by_bits)
{
    static const struct {
        const char *set;
        uint32_t bits;
        double pj, within;
        uint32_t kind; /* enum adc_kind */
    } row[] = {
        {"isaac32", 4, 0.79, 0.006, ADC_SAR},
        {"isaac32", 5, 0.99, 0.006, ADC_SAR},
        {"isaac32", 6, 1.20, 0.006, ADC_SAR},
        {"isaac32", 7, 1.42, 0.006, ADC_SAR},
        {"isaac32", 8, 1.67, 0.006, ADC_SAR},
        {"isaac32", 9, 1.969, 0.006, ADC_SAR},
        {"isaac32", 10, 2.379, 0.006, ADC_SAR},
        {"isaac32+adc-zigzag", 3, 0.243, 0.001, ADC_SAR},
        {"isaac32+adc-zigzag", 8, 0.701, 0.001, ADC_SAR},
        {"isaac32+adc-zigzag", 10, 1.659, 0.001, ADC_SAR},
        {"isaac32", 4, 0.226, 0.002, ADC_FLASH},
        {"isaac32", 3, 0.105, 0.001, ADC_FLASH},
        {"isaac32", 5, 0.465, 0.001, ADC_FLASH},
        {"isaac32+adc-neurosim", 3, 0.260, 0.006, ADC_SAR},
        {"isaac32+adc-neurosim", 9, 0.719, 0.006, ADC_SAR},
    };
    struct workload *w;
    struct plan *p = some_plan(&w);
    struct unit_counts c = {.n_conversions = 1};
    double pj[COST_N_PARTS];

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct params *q;
        struct err e;

        cr_assert_eq(params_load(&q, DIR, row[i].set, &e), ERR_OK, "%s", e.text);
        p->config.mvm_adc_bits = row[i].bits;
        p->config.mvm_adc_kind = row[i].kind;
        cost_unit_energy(p, q, 1, &c, pj);
        cr_expect_float_eq(pj[COST_ADC], row[i].pj, row[i].within, "%s %u bits: %g", row[i].set,
                           row[i].bits, pj[COST_ADC]);
        params_free(q);
    }
    plan_free(p);
    workload_free(w);
}

/* zigzag-imc, 28 nm: a converter of 4, 8 and 10 bits; FORMS: 4 bits as flash. */
Test(cost, adc_area_by_bits)
{
    static const struct {
        const char *set;
        uint32_t bits;
        double um2, within;
        uint32_t kind; /* enum adc_kind */
    } row[] = {{"isaac32", 8, 1200, 1, ADC_SAR},
               {"isaac32", 4, 361, 1, ADC_SAR},
               {"isaac32+adc-zigzag", 4, 183, 1, ADC_SAR},
               {"isaac32+adc-zigzag", 8, 2085, 2, ADC_SAR},
               {"isaac32+adc-zigzag", 10, 7036, 5, ADC_SAR},
               {"isaac32", 4, 284, 2, ADC_FLASH}};
    struct workload *w;
    struct plan *p = some_plan(&w);

    p->config.mvm_xbars = 1;
    p->config.mvm_cols = p->config.mvm_cols_per_adc = 64;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct params *q;
        struct err e;
        double um2[COST_N_PARTS] = {0}, leak_mw = 0;

        cr_assert_eq(params_load(&q, DIR, row[i].set, &e), ERR_OK, "%s", e.text);
        p->config.mvm_adc_bits = row[i].bits;
        p->config.mvm_adc_kind = row[i].kind;
        cost_unit_area(p, q, 1, um2, &leak_mw);
        cr_expect_float_eq(um2[COST_ADC] - 64 * params_get(q, PARAM_SAMPLE_AREA), row[i].um2,
                           row[i].within, "%s %u bits: %g", row[i].set, row[i].bits, um2[COST_ADC]);
        params_free(q);
    }
    plan_free(p);
    workload_free(w);
}

/* The unit column: one column, one sample-and-hold, one shift-and-add and one converter a crossbar
 * more, whose bits are its own; of 8-bit weights in 2-bit cells four columns an output in place of
 * eight. */
Test(cost, unit_column)
{
    struct workload *w;
    struct plan *p = some_plan(&w);
    struct params *q = load();
    double pairs[COST_N_PARTS] = {0}, flip[COST_N_PARTS] = {0}, leak_mw = 0;
    struct unit_counts c = {.n_unit_conversions = 1};
    double pj[COST_N_PARTS];

    p->config.mvm_xbars = 1;
    p->config.mvm_rows = p->config.mvm_cols = p->config.mvm_cols_per_adc = 64;
    p->config.mvm_cell_bits = 2;
    p->config.mvm_dac_bits = 1;
    p->config.mvm_adc_bits = 8;
    cost_unit_area(p, q, 1, pairs, &leak_mw);
    p->config.mvm_encoding = ENCODING_FLIP;
    cost_unit_area(p, q, 1, flip, &leak_mw);
    cr_expect_eq(chip_unit_adc_bits(&p->config), 7);
    cr_expect_float_eq(flip[COST_ARRAY] - pairs[COST_ARRAY],
                       64 * params_get(q, PARAM_ARRAY_CELL_AREA), 1e-6);
    cr_expect_float_eq(flip[COST_ADC] - pairs[COST_ADC], params_get(q, PARAM_SAMPLE_AREA) + 845,
                       1.0); /* 7 bits, accelergy: 845 um2 */
    cr_expect_float_eq(flip[COST_ACCUMULATION] - pairs[COST_ACCUMULATION],
                       params_get(q, PARAM_SHIFT_ADD_AREA), 1e-6);
    cr_expect_eq(flip[COST_DAC], pairs[COST_DAC]);
    cost_unit_energy(p, q, 1, &c, pj);
    cr_expect_float_eq(pj[COST_ADC], 1.42, 0.006); /* 7 bits */
    params_free(q);
    plan_free(p);
    workload_free(w);
}

/* A 16 x 8 and an 8 x 1 matrix; the slower tile decides the time. */
Test(cost, programming)
{
    struct workload *w;
    struct plan *p = some_plan(&w);
    struct params *q = load(), *other;
    struct cost_program a, b;
    struct err e;
    const struct plan_mvm *fc = &p->unit[1].mvm;
    uint64_t cells = 0;

    for (uint32_t i = 0; i < p->n_units; i++)
        if (p->unit[i].kind == UNIT_MVM)
            cells += (uint64_t)p->unit[i].mvm.k * p->unit[i].mvm.m * p->unit[i].mvm.cols_per_output;
    cost_program(p, q, &a);
    cr_expect_eq(a.n_cells, cells);
    cr_expect_eq(a.n_rows, 16 * fc->n_cb + 8);
    cr_expect_float_eq(a.energy_pj, 1.38 * (double)cells, 1e-9);
    cr_expect_float_eq(a.time_ns, 16 * fc->n_cb * 85.7, 1e-9);
    cr_assert_eq(params_load(&other, DIR, "isaac32+write-prime", &e), ERR_OK, "%s", e.text);
    cost_program(p, other, &b);
    cr_expect_eq(b.n_cells, a.n_cells);
    cr_expect_gt(b.energy_pj, 40 * a.energy_pj);
    params_free(other);
    params_free(q);
    plan_free(p);
    workload_free(w);
}

/* Of whole runs: parts make the total bit for bit, and so do nodes, forwards and backwards. */
Test(cost, sums_of_a_run)
{
    struct params *q = load();

    for (uint64_t seed = 700; seed < 712; seed++) {
        struct rig_chip r = rig_chip_random(seed, 3);
        const struct plan *p = chip_plan(r.chip);
        struct cost k;
        double energy = 0, area = 0;
        struct cost up, down;

        cost_of(p, q, chip_counts(r.chip, 0), chip_n_cycles(r.chip), &k);
        for (int i = 0; i < COST_N_PARTS; i++) {
            energy += k.energy_pj[i];
            area += k.area_um2[i];
        }
        cr_expect_eq(k.total_energy_pj, energy + k.leakage_pj);
        cr_expect_eq(k.total_area_um2, area);
        cost_network(p, q, chip_n_cycles(r.chip), &up);
        down = (struct cost){0};
        for (uint32_t i = 0; i < p->n_units; i++) {
            uint32_t last = p->n_units - 1 - i;
            struct cost c;

            cost_unit(p, q, i, chip_counts(r.chip, i), chip_n_cycles(r.chip), &c);
            cost_add(&up, &c);
            cost_unit(p, q, last, chip_counts(r.chip, last), chip_n_cycles(r.chip), &c);
            cost_add(&down, &c);
        }
        cost_network(p, q, chip_n_cycles(r.chip), &k);
        cost_add(&down, &k);
        cr_expect_eq(memcmp(&up, &down, sizeof up), 0);
        cr_expect_eq(up.total_energy_pj, energy + up.leakage_pj);
        cr_expect_eq(up.total_area_um2, area);
        rig_chip_free(&r);
    }
    params_free(q);
}

Test(cost, totals_are_sums)
{
    struct workload *w;
    struct plan *p = some_plan(&w);
    struct params *q = load();
    struct unit_counts *c = mem_alloc(p->n_units, sizeof *c);
    struct cost k, twice;
    double energy = 0, area = 0;

    for (uint32_t i = 0; i < p->n_units; i++)
        c[i] = (struct unit_counts){.n_conversions = 7, .n_flits_routed = 11, .n_buffer_reads = 3};
    cost_of(p, q, c, 1000, &k);
    for (int i = 0; i < COST_N_PARTS; i++) {
        energy += k.energy_pj[i];
        area += k.area_um2[i];
        cr_expect_geq(k.area_um2[i], 0);
        cr_expect(*cost_part_name((enum cost_part)i));
    }
    cr_expect_eq(k.total_energy_pj, energy + k.leakage_pj);
    cr_expect_eq(k.total_area_um2, area);
    /* 1 mW over 1000 cycles of 1 ns */
    cr_expect_float_eq(k.leakage_pj, k.leakage_mw * 1000, 1e-6 * k.leakage_pj);
    p->config.mvm_xbars *= 2;
    cost_of(p, q, c, 1000, &twice);
    cr_expect_float_eq(twice.area_um2[COST_ARRAY], 2 * k.area_um2[COST_ARRAY], 1e-5);
    cr_expect_eq(twice.energy_pj[COST_ADC], k.energy_pj[COST_ADC]);
    free(c);
    params_free(q);
    plan_free(p);
    workload_free(w);
}

/* Rows of `list components` name modules that exist. */
Test(component, modules_exist)
{
    char path[256];

    for (size_t i = 0; i < n_components; i++) {
        snprintf(path, sizeof path, "%s/rtlgen/sv/%s.sv", AUTORAC_SOURCE_DIR, components[i].rtl);
        cr_expect(file_exists(path), "%s: %s", components[i].name, path);
        cr_expect(*components[i].summary);
    }
}
