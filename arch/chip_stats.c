/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/chip_stats.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "arch/count.h"
#include "sim/base/mem.h"

enum { NAME_BYTES = 160 };
enum {
    ROUTER = 0, /* at every node */
    ANY = 1u << UNIT_IO | 1u << UNIT_MVM | 1u << UNIT_EMB | 1u << UNIT_INT,
    MVM = 1u << UNIT_MVM,
    EMB = 1u << UNIT_EMB,
    INT = 1u << UNIT_INT,
};

/* What is reported of a unit, and of which kinds of unit. */
static const struct row {
    size_t offset;
    const char *name, *unit, *meaning;
    unsigned kinds;
} rows[] = {
#define ROW(field, name, unit, meaning, kinds)                                                     \
    {                                                                                              \
        offsetof(struct unit_counts, field), name, unit, meaning, kinds                            \
    }
    ROW(n_requests, "engine.n_requests", "1", "requests finished", ANY),
    ROW(busy_cycles, "engine.busy_cycles", "cycles", "from start to finish", ANY),
    ROW(stall_operand_cycles, "engine.stall_operand_cycles", "cycles",
        "idle, some operand missing, up to the last start", ANY),
    ROW(stall_output_cycles, "engine.stall_output_cycles", "cycles",
        "idle, operands there, no output register free", ANY),
    ROW(stall_credit_cycles, "ni.stall_credit_cycles", "cycles",
        "nothing sent: head flit waits for an end-to-end credit", ANY),
    ROW(stall_inject_cycles, "ni.stall_inject_cycles", "cycles",
        "nothing sent: a flit waits for the router's local buffer", ANY),
    ROW(n_buffer_writes, "buffer.n_writes", "1", "words written to the operand buffer", ANY),
    ROW(n_buffer_reads, "buffer.n_reads", "1", "words read from the operand buffer", ANY),
    ROW(n_output_writes, "output.n_writes", "1",
        "elements (I/O: words) written to output registers", ANY),
    ROW(n_output_reads, "output.n_reads", "1", "words sent from output registers", ANY),
    ROW(n_row_drives, "dac.n_drives", "1", "row pulses of rows in use", MVM | INT),
    ROW(n_xbar_reads, "array.n_reads", "1", "crossbar reads", MVM | INT),
    ROW(n_cell_reads, "array.n_cell_reads", "1", "cells in use in those reads", MVM | INT),
    ROW(n_sample_holds, "adc.n_samples", "1", "columns in use sampled", MVM | INT),
    ROW(n_conversions, "adc.n_conversions", "1", "conversions of columns in use", MVM | INT),
    ROW(n_unit_conversions, "adc.n_unit_conversions", "1", "conversions of unit columns", MVM),
    ROW(n_clipped, "adc.n_clipped", "1", "conversions that saturated", MVM),
    ROW(n_shift_adds, "accumulation.n_shift_adds", "1", "codes accumulated", MVM | INT),
    ROW(n_flip_adds, "accumulation.n_flip_adds", "1", "additions that undo flipped columns", MVM),
    ROW(n_reduce_adds, "accumulation.n_reduce_adds", "1", "partial sums of row blocks added", MVM),
    ROW(n_requants, "requant.n_results", "1", "results requantised", MVM | INT | EMB),
    ROW(n_macs, "interaction.n_macs", "1", "digital multiply-accumulates", INT),
    ROW(n_lookups, "embedding.n_lookups", "1", "rows asked for", EMB),
    ROW(n_table_reads, "interaction.n_table_reads", "1", "sigmoids and exponentials", INT),
    ROW(n_line_writes, "array.n_line_writes", "1", "word lines of operand arrays written", INT),
    ROW(n_cell_writes, "array.n_cell_writes", "1", "cells (SRAM: bits) in them", INT),
    ROW(n_row_reads, "embedding.n_row_reads", "1", "rows activated", EMB),
    ROW(n_activations, "embedding.n_activations", "1", "one row, or several of an array at once",
        EMB),
    ROW(n_emb_cells, "embedding.n_cell_reads", "1", "cells sensed, of rows activated alone", EMB),
    ROW(n_pool_conversions, "embedding.n_pool_conversions", "1",
        "columns converted, of rows activated together", EMB),
    ROW(n_emb_adds, "embedding.n_adds", "1", "codes added to the sums of bags", EMB),
    ROW(n_hot_reads, "embedding.n_hot_reads", "1", "activations for a hot row", EMB),
    ROW(n_copy_reads, "embedding.n_copy_reads", "1", "of these, at another copy than its first",
        EMB),
    ROW(n_cache_hits, "embedding.n_cache_hits", "1", "rows the cache had", EMB),
    ROW(n_cache_fills, "embedding.n_cache_fills", "1", "rows written to the cache", EMB),
    ROW(bank_conflict_cycles, "embedding.bank_conflict_cycles", "cycles",
        "lookups waiting for a busy bank", EMB),
    ROW(n_flits_routed, "router.n_flits", "1", "flits through the router", ROUTER),
    ROW(n_flits_linked, "router.n_link_flits", "1", "of these, sent over mesh links", ROUTER),
    ROW(n_allocations, "router.n_allocations", "1", "virtual channels granted: packets", ROUTER),
    ROW(peak_vc_flits, "router.peak_vc_flits", "flits", "deepest any of its buffers got", ROUTER),
#undef ROW
};

const char *chip_count_name(size_t offset)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].offset == offset)
            return rows[i].name;
    return NULL;
}

double chip_macs_per_inference(const struct plan *p)
{
    double n = 0;

    for (uint32_t i = 0; i < p->n_units; i++) {
        const struct plan_unit *u = &p->unit[i];

        if (u->replica) /* one of them serves the inference */
            continue;
        if (u->kind == UNIT_MVM)
            n += (double)u->mvm.k * u->mvm.m * u->mvm.n_vec;
        else if (u->kind == UNIT_INT)
            n += (double)count_int_products(&u->dyn);
    }
    return n;
}

static double ratio(double a, double b)
{
    return b > 0 ? a / b : 0;
}

/* Steady state: results after the first, over the time they took. One result: its latency. */
static double interval_cycles(const struct chip *c)
{
    const uint64_t *start = chip_start_cycles(c), *finish = chip_finish_cycles(c);
    uint64_t n = chip_n_done(c);

    if (n > 1)
        return (double)(finish[n - 1] - finish[0]) / (double)(n - 1);
    return n ? (double)(finish[0] - start[0]) : 0;
}

static void put_timing(const struct chip *c, double clock_mhz, struct stats *st)
{
    const uint64_t *start = chip_start_cycles(c), *finish = chip_finish_cycles(c);
    uint64_t n = chip_n_done(c), p50 = 0, p99 = 0, max = 0;
    uint64_t *latency = mem_alloc(n, sizeof *latency);
    double sum = 0, interval = interval_cycles(c);

    for (uint64_t r = 0; r < n; r++) {
        latency[r] = finish[r] - start[r];
        sum += (double)latency[r];
    }
    if (n) {
        p50 = stats_percentile_u64(latency, n, 0.5);
        p99 = stats_percentile_u64(latency, n, 0.99);
        max = latency[n - 1];
    }
    free(latency);
    stats_u64(st, "chip.latency_p50_cycles", p50, "cycles", "median from injection to logit");
    stats_u64(st, "chip.latency_p99_cycles", p99, "cycles",
              "99th percentile from injection to logit");
    stats_f64(st, "chip.latency_mean_cycles", ratio(sum, (double)n), "cycles",
              "mean from injection to logit");
    stats_u64(st, "chip.latency_max_cycles", max, "cycles", "slowest request");
    stats_f64(st, "chip.interval_cycles", interval, "cycles", "between results after the first");
    stats_f64(st, "chip.inferences_per_s", ratio(clock_mhz * 1e6, interval), "1/s",
              "rate of results after the first");
}

static void put_cost(const struct chip *c, const struct params *q, struct stats *st)
{
    const struct plan *p = chip_plan(c);
    uint64_t n_cycles = chip_n_cycles(c);
    struct cost k;
    char name[NAME_BYTES];
    double n_done = (double)chip_n_done(c), time_us = (double)n_cycles / p->config.clock_mhz;
    double nj, watts, tops, macs = chip_macs_per_inference(p);
    double rate = ratio(p->config.clock_mhz * 1e6, interval_cycles(c));

    cost_of(p, q, chip_counts(c, 0), n_cycles, &k);
    for (int i = 0; i < COST_N_PARTS; i++) {
        snprintf(name, sizeof name, "chip.area.%s_um2", cost_part_name((enum cost_part)i));
        stats_f64(st, name, k.area_um2[i], "um2", "area of this part");
    }
    for (int i = 0; i < COST_N_PARTS; i++) {
        snprintf(name, sizeof name, "chip.energy.%s_pj", cost_part_name((enum cost_part)i));
        stats_f64(st, name, k.energy_pj[i], "pJ", "dynamic energy of this part, whole run");
    }
    nj = ratio(k.total_energy_pj * 1e-3, n_done);
    watts = nj * 1e-9 * rate;
    tops = 2 * macs * rate * 1e-12;
    stats_f64(st, "chip.energy.leakage_pj", k.leakage_pj, "pJ", "static power x time");
    stats_f64(st, "chip.energy.total_pj", k.total_energy_pj, "pJ", "of the whole run");
    stats_f64(st, "chip.energy_nj_per_inference", nj, "nJ", "total over requests");
    stats_f64(st, "chip.area_mm2", k.total_area_um2 * 1e-6, "mm2", "of the whole chip");
    stats_f64(st, "chip.leakage_mw", k.leakage_mw, "mW", "static power");
    stats_f64(st, "chip.power_mw", ratio(k.total_energy_pj, time_us) * 1e-3, "mW",
              "total energy over the run's time");
    stats_f64(st, "chip.macs_per_inference", macs, "1",
              "multiply-accumulates, at the operators' own precisions");
    stats_f64(st, "chip.tops", tops, "TOPS", "one multiply-accumulate is two operations");
    stats_f64(st, "chip.tops_per_w", ratio(tops, watts), "TOPS/W", "at that rate and energy");
    stats_f64(st, "chip.tops_per_mm2", ratio(tops, k.total_area_um2 * 1e-6), "TOPS/mm2",
              "at that rate and area");
}

static void put_program(const struct plan *p, const struct params *q, struct stats *st)
{
    struct cost_program w;

    cost_program(p, q, &w);
    stats_u64(st, "chip.program.n_cells", w.n_cells, "1", "cells written with weights and tables");
    stats_u64(st, "chip.program.n_rows", w.n_rows, "1", "rows they are in");
    stats_f64(st, "chip.program.energy_nj", w.energy_pj * 1e-3, "nJ",
              "writing them once; in no other figure");
    stats_f64(st, "chip.program.time_us", w.time_ns * 1e-3, "us",
              "a row at a time in each tile, all tiles at once");
}

/* Operands written into ReRAM: nothing if there are none. */
static void put_wear(const struct chip *c, const struct params *q, struct stats *st)
{
    struct cost_wear w;

    cost_wear(chip_plan(c), q, &w);
    if (!w.n_cell_writes)
        return;
    stats_u64(st, "chip.wear.cell_writes_per_inference", w.n_cell_writes, "1",
              "cells of operand arrays written, each once");
    stats_f64(st, "chip.wear.lifetime_inferences", w.lifetime_inferences, "1",
              "until cells have been written array.cell_endurance times");
    stats_f64(st, "chip.wear.lifetime_s",
              w.lifetime_inferences * interval_cycles(c) / (chip_plan(c)->config.clock_mhz * 1e6),
              "s", "at the rate of results after the first");
}

static void put_use(const struct chip *c, struct stats *st)
{
    const struct plan *p = chip_plan(c);
    uint64_t n_clipped = 0, n_conversions = 0, n_xbars = 0;

    for (uint32_t i = 0; i < p->n_units; i++) {
        n_clipped += chip_counts(c, i)->n_clipped;
        n_conversions += chip_counts(c, i)->n_conversions + chip_counts(c, i)->n_unit_conversions;
        n_xbars += i < p->n_nodes && p->unit[i].kind == UNIT_MVM ? p->config.mvm_xbars : 0;
    }
    stats_u64(st, "chip.adc.lossless_bits", p->analog.lossless_bits, "bits",
              "converter that loses nothing of a column sum");
    stats_f64(st, "chip.adc.headroom_bits",
              (double)p->config.mvm_adc_bits - (double)p->analog.lossless_bits, "bits",
              "converter's bits above lossless; negative: it can lose");
    stats_u64(st, "chip.adc.drop_bits", p->analog.drop_bits, "bits",
              "low bits of a sum that converters drop");
    stats_u64(st, "chip.n_conversions", n_conversions, "1", "ADC conversions of columns in use");
    stats_u64(st, "chip.n_clipped", n_clipped, "1", "conversions that saturated");
    stats_u64(st, "chip.n_xbars", n_xbars, "1", "crossbars there are");
    stats_u64(st, "chip.n_xbars_used", p->n_xbars_used, "1", "crossbars holding weights");
    stats_f64(st, "chip.xbar_utilisation", ratio((double)p->n_xbars_used, (double)n_xbars), "1",
              "crossbars holding weights over crossbars there are");
    stats_u64(st, "chip.n_cells", p->n_cells, "1", "crossbar cells there are");
    stats_u64(st, "chip.n_cells_used", p->n_cells_used, "1", "cells holding weights");
    stats_f64(st, "chip.cell_utilisation", ratio((double)p->n_cells_used, (double)p->n_cells), "1",
              "cells holding weights over cells there are");
}

/* Rows of a unit (kinds) or of the router at its node (ROUTER), under `name`. */
static void put_rows(const char *name, const struct unit_counts *k, enum unit_kind kind,
                     bool routers, struct stats *st)
{
    char full[NAME_BYTES];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *r = &rows[i];

        if (r->kinds == ROUTER ? !routers : !(r->kinds >> kind & 1))
            continue;
        snprintf(full, sizeof full, "chip.%s.%s", name, r->name);
        stats_u64(st, full, *(const uint64_t *)(const void *)((const char *)k + r->offset), r->unit,
                  r->meaning);
    }
}

static void put_energy(const char *name, const double pj[COST_N_PARTS], const char *meaning,
                       struct stats *st)
{
    char full[NAME_BYTES];
    double total = 0;

    for (int i = 0; i < COST_N_PARTS; i++)
        total += pj[i];
    snprintf(full, sizeof full, "chip.%s.energy_pj", name);
    stats_f64(st, full, total, "pJ", meaning);
}

static void put_unit(const struct chip *c, const struct params *q, const struct plan_unit *u,
                     bool alone, struct stats *st)
{
    const struct unit_counts *k = chip_counts(c, u->index);
    double pj[COST_N_PARTS];
    char full[NAME_BYTES];

    put_rows(u->name, k, u->kind, alone, st);
    cost_unit_energy(chip_plan(c), q, u->index, k, pj);
    if (!alone)
        pj[COST_INTERCONNECT] = 0; /* the tile's */
    put_energy(u->name, pj,
               alone ? "dynamic energy of unit and router, whole run"
                     : "dynamic energy of the unit, whole run",
               st);
    snprintf(full, sizeof full, "chip.%s.engine.utilisation", u->name);
    stats_f64(st, full, ratio((double)k->busy_cycles, (double)chip_n_cycles(c)), "1",
              "busy share of the run");
}

/* A tile of several units, or of none, has its router under its own name. */
static void put_tile(const struct chip *c, const struct params *q, uint32_t node, struct stats *st)
{
    const struct plan *p = chip_plan(c);
    const struct plan_tile *t = &p->tile[node];
    double pj[COST_N_PARTS], router[COST_N_PARTS] = {0};

    if (t->n_contexts != 1) {
        put_rows(t->name, chip_counts(c, node), UNIT_NONE, true, st);
        cost_unit_energy(p, q, node, chip_counts(c, node), pj);
        router[COST_INTERCONNECT] = pj[COST_INTERCONNECT];
        put_energy(t->name, router, "dynamic energy of the router, whole run", st);
    }
    for (uint32_t k = 0; k < t->n_contexts; k++)
        put_unit(c, q, &p->unit[t->unit[k]], t->n_contexts == 1, st);
}

void chip_stats(const struct chip *c, const struct params *q, struct stats *st)
{
    const struct plan *p = chip_plan(c);

    stats_u64(st, "chip.n_requests", chip_n_done(c), "1", "requests answered");
    stats_u64(st, "chip.n_cycles", chip_n_cycles(c), "cycles", "until the chip was quiet");
    stats_f64(st, "chip.clock_mhz", p->config.clock_mhz, "MHz", "the one clock");
    put_timing(c, p->config.clock_mhz, st);
    put_cost(c, q, st);
    put_program(p, q, st);
    put_wear(c, q, st);
    put_use(c, st);
    for (uint32_t i = 0; i < p->n_nodes; i++)
        put_tile(c, q, i, st);
}
