/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/session.h"
#include "nas/data.h"
#include "sim/base/mem.h"

enum { REPORT_NAME = 128 };
enum { EVERY = 0, ENGINES = ~(1u << UNIT_NONE) };

/* What is counted of a unit, and of which kinds of unit. */
static const struct report_row {
    size_t offset;
    const char *name, *unit, *meaning;
    unsigned kinds; /* bit per enum unit_kind; EVERY: routers without a tile too */
} rows[] = {
#define ROW(field, name, unit, meaning, kinds)                                                     \
    {                                                                                              \
        offsetof(struct unit_counts, field), name, unit, meaning, kinds                            \
    }
#define ONLY(kind) (1u << (kind))
    ROW(n_requests, "engine.n_requests", "1", "requests finished", ENGINES),
    ROW(busy_cycles, "engine.busy_cycles", "cycles", "from start to finish", ENGINES),
    ROW(stall_operand_cycles, "engine.stall_operand_cycles", "cycles", "idle, some operand missing",
        ENGINES),
    ROW(stall_output_cycles, "engine.stall_output_cycles", "cycles",
        "idle, no output register free", ENGINES),
    ROW(stall_credit_cycles, "ni.stall_credit_cycles", "cycles",
        "head flit waiting for an end-to-end credit", ENGINES),
    ROW(stall_inject_cycles, "ni.stall_inject_cycles", "cycles",
        "flit waiting for the router's buffer", ENGINES),
    ROW(n_buffer_writes, "buffer.n_writes", "1", "words written to the operand buffer", ENGINES),
    ROW(n_buffer_reads, "buffer.n_reads", "1", "words read from the operand buffer", ENGINES),
    ROW(n_output_writes, "output.n_writes", "1", "elements written to output registers", ENGINES),
    ROW(n_output_reads, "output.n_reads", "1", "words sent from output registers", ENGINES),
    ROW(n_row_drives, "dac.n_drives", "1", "row pulses", ONLY(UNIT_MVM)),
    ROW(n_xbar_reads, "array.n_reads", "1", "crossbar reads", ONLY(UNIT_MVM)),
    ROW(n_cell_reads, "array.n_cell_reads", "1", "cells in use in those reads", ONLY(UNIT_MVM)),
    ROW(n_sample_holds, "adc.n_samples", "1", "columns sampled", ONLY(UNIT_MVM)),
    ROW(n_conversions, "adc.n_conversions", "1", "conversions of columns in use", ONLY(UNIT_MVM)),
    ROW(n_clipped, "adc.n_clipped", "1", "conversions that saturated", ONLY(UNIT_MVM)),
    ROW(n_shift_adds, "accumulation.n_shift_adds", "1", "codes accumulated", ONLY(UNIT_MVM)),
    ROW(n_reduce_adds, "accumulation.n_reduce_adds", "1", "partial sums of row blocks added",
        ONLY(UNIT_MVM)),
    ROW(n_requants, "requant.n_results", "1", "results requantised",
        ONLY(UNIT_MVM) | ONLY(UNIT_INT)),
    ROW(n_macs, "interaction.n_macs", "1", "digital multiply-accumulates", ONLY(UNIT_INT)),
    ROW(n_row_reads, "embedding.n_row_reads", "1", "rows activated", ONLY(UNIT_EMB)),
    ROW(n_emb_cells, "embedding.n_cell_reads", "1", "cells sensed", ONLY(UNIT_EMB)),
    ROW(bank_conflict_cycles, "embedding.bank_conflict_cycles", "cycles",
        "lookups waiting for a busy bank", ONLY(UNIT_EMB)),
    ROW(n_flits_routed, "router.n_flits", "1", "flits through the router", EVERY),
    ROW(n_flits_linked, "router.n_link_flits", "1", "flits sent over mesh links", EVERY),
    ROW(n_allocations, "router.n_allocations", "1", "virtual channels granted", EVERY),
    ROW(peak_vc_flits, "router.peak_vc_flits", "flits", "deepest any of its buffers got", EVERY),
};

static void add_unit(struct session *s, uint32_t node)
{
    const struct plan_unit *u = &s->plan->unit[node];
    const struct unit_counts *c = &s->counts[node];
    char name[REPORT_NAME], unit_name[64];

    if (u->name[0])
        snprintf(unit_name, sizeof unit_name, "%s", u->name);
    else
        snprintf(unit_name, sizeof unit_name, "n%u", node);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct report_row *r = &rows[i];

        if (r->kinds != EVERY && !(r->kinds & (1u << u->kind)))
            continue;
        snprintf(name, sizeof name, "chip.%s.%s", unit_name, r->name);
        stats_u64(s->stats, name, *(const uint64_t *)((const char *)c + r->offset), r->unit,
                  r->meaning);
    }
    if (u->kind == UNIT_NONE)
        return;
    snprintf(name, sizeof name, "chip.%s.engine.utilisation", unit_name);
    stats_f64(s->stats, name,
              s->numbers.n_cycles ? (double)c->busy_cycles / (double)s->numbers.n_cycles : 0, "1",
              "busy share of the run");
}

/* Multiply-accumulates of one request: what "operations" of TOPS are made of. */
static double macs_per_inference(const struct workload *w)
{
    double n = 0;

    for (uint32_t i = 0; i < w->n_ops; i++) {
        const struct wl_op *op = &w->op[i];

        if (op->kind == WL_MVM)
            n += (double)op->n_in * op->n_out * op->n_vec;
        else if (op->kind == WL_DP)
            n += (double)op->n_out * op->n_vec;
        else if (op->kind == WL_FM)
            n += (double)(op->n_in + 1) * op->n_vec;
        else if (op->kind == WL_ADD)
            n += 2.0 * op->n_in;
    }
    return n;
}

/* Latencies of the requests that are done, and the rate at which results come. */
static void add_timing(struct session *s, uint64_t n_done)
{
    const uint64_t *start = chip_start_cycles(s->chip), *finish = chip_finish_cycles(s->chip);
    double clock_hz = s->config.clock_mhz * 1e6, span;
    struct session_numbers *x = &s->numbers;
    uint64_t *latency = mem_alloc(n_done ? n_done : 1, sizeof *latency), max = 0;

    for (uint64_t i = 0; i < n_done; i++)
        latency[i] = finish[i] - start[i];
    if (n_done) {
        x->latency_p50_cycles = stats_percentile_u64(latency, n_done, 0.5);
        x->latency_p99_cycles = stats_percentile_u64(latency, n_done, 0.99);
        max = latency[n_done - 1];
        /* Steady state: results after the first, over the time they took. */
        span = n_done > 1 ? (double)(finish[n_done - 1] - finish[0]) : (double)max;
        if (span > 0)
            x->inferences_per_s = (n_done > 1 ? (double)(n_done - 1) : 1) * clock_hz / span;
    }
    free(latency);
    stats_u64(s->stats, "chip.latency_p50_cycles", x->latency_p50_cycles, "cycles",
              "median from injection to logit");
    stats_u64(s->stats, "chip.latency_p99_cycles", x->latency_p99_cycles, "cycles",
              "99th percentile from injection to logit");
    stats_u64(s->stats, "chip.latency_max_cycles", max, "cycles", "slowest request");
    stats_f64(s->stats, "chip.inferences_per_s", x->inferences_per_s, "1/s",
              "rate of results after the first");
}

static void add_cost(struct session *s, uint64_t n_done)
{
    const struct cost *c = &s->cost;
    struct session_numbers *x = &s->numbers;
    double macs = macs_per_inference(s->workload), watts, tops;
    char name[REPORT_NAME];

    for (unsigned p = 0; p < COST_N_PARTS; p++) {
        snprintf(name, sizeof name, "chip.area.%s_um2", cost_part_name((enum cost_part)p));
        stats_f64(s->stats, name, c->area_um2[p], "um2", "area of this part");
    }
    for (unsigned p = 0; p < COST_N_PARTS; p++) {
        snprintf(name, sizeof name, "chip.energy.%s_pj", cost_part_name((enum cost_part)p));
        stats_f64(s->stats, name, c->energy_pj[p], "pJ", "dynamic energy of this part, whole run");
    }
    x->area_mm2 = c->total_area_um2 * 1e-6;
    x->energy_nj_per_inference = n_done ? c->total_energy_pj * 1e-3 / (double)n_done : 0;
    watts = x->energy_nj_per_inference * 1e-9 * x->inferences_per_s;
    tops = 2 * macs * x->inferences_per_s * 1e-12;
    stats_f64(s->stats, "chip.energy.leakage_pj", c->leakage_pj, "pJ", "static power x time");
    stats_f64(s->stats, "chip.energy.total_pj", c->total_energy_pj, "pJ", "of the whole run");
    stats_f64(s->stats, "chip.energy_nj_per_inference", x->energy_nj_per_inference, "nJ",
              "total over requests");
    stats_f64(s->stats, "chip.area_mm2", x->area_mm2, "mm2", "of the whole chip");
    stats_f64(s->stats, "chip.leakage_mw", c->leakage_mw, "mW", "static power");
    stats_f64(s->stats, "chip.macs_per_inference", macs, "1",
              "multiply-accumulates, at the operators' own precisions");
    stats_f64(s->stats, "chip.tops", tops, "TOPS", "one multiply-accumulate is two operations");
    stats_f64(s->stats, "chip.tops_per_w", watts > 0 ? tops / watts : 0, "TOPS/W",
              "at that rate and energy");
    stats_f64(s->stats, "chip.tops_per_mm2", x->area_mm2 > 0 ? tops / x->area_mm2 : 0, "TOPS/mm2",
              "at that rate and area");
}

/* How good the answers of the requests that were run are. */
static void add_accuracy(struct session *s, uint64_t n_done)
{
    const struct workload *w = s->workload;
    const int32_t *logit = chip_logits(s->chip);
    double *p = mem_alloc(n_done ? n_done : 1, sizeof *p);
    uint64_t n_exact = 0;

    for (uint64_t i = 0; i < n_done; i++) {
        p[i] = 1 / (1 + exp(-w->logit_scale * logit[i]));
        n_exact += logit[i] == w->expected[i];
    }
    stats_f64(s->stats, "chip.logloss", n_done ? metric_logloss(w->label, p, n_done) : NAN, "nat",
              "of the requests run, on the chip's arithmetic");
    stats_f64(s->stats, "chip.auc", n_done ? metric_auc(w->label, p, n_done) : NAN, "1",
              "of the requests run, on the chip's arithmetic");
    stats_u64(s->stats, "chip.n_exact_logits", n_exact, "1",
              "logits equal to the workload's exact integers (less where the ADC clips)");
    free(p);
}

void report_make(struct session *s, bool partial)
{
    uint64_t n_done = chip_n_done(s->chip), n_clipped = 0;

    s->stats = stats_new();
    s->numbers.n_cycles = chip_n_cycles(s->chip);
    for (uint32_t i = 0; i < s->plan->n_units; i++)
        n_clipped += s->counts[i].n_clipped;
    stats_u64(s->stats, "chip.partial", partial, "1", "1: interrupted, statistics are incomplete");
    stats_u64(s->stats, "chip.n_requests", n_done, "1", "requests answered");
    stats_u64(s->stats, "chip.n_cycles", s->numbers.n_cycles, "cycles", "until the chip was quiet");
    stats_f64(s->stats, "chip.clock_mhz", s->config.clock_mhz, "MHz", "the one clock");
    add_timing(s, n_done);
    add_cost(s, n_done);
    add_accuracy(s, n_done);
    stats_u64(s->stats, "chip.n_clipped", n_clipped, "1", "conversions that saturated");
    stats_u64(s->stats, "chip.n_xbars_used", s->plan->n_xbars_used, "1",
              "crossbars holding weights");
    stats_u64(s->stats, "chip.n_cells_used", s->plan->n_cells_used, "1", "cells holding weights");
    stats_f64(s->stats, "chip.cell_utilisation",
              s->plan->n_cells ? (double)s->plan->n_cells_used / (double)s->plan->n_cells : 0, "1",
              "cells holding weights over cells there are");
    for (uint32_t i = 0; i < s->plan->n_units; i++)
        add_unit(s, i);
}
