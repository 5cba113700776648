/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/layer_stats.h"

#include "arch/chip_stats.h"

enum { NAME_BYTES = 160 };

static double ratio(double a, double b)
{
    return b > 0 ? a / b : 0;
}

/* ---- statistics ---- */

static void put_u64(struct stats *st, const struct layer *r, const char *what, uint64_t v,
                    const char *unit, const char *meaning)
{
    char name[NAME_BYTES];

    snprintf(name, sizeof name, "chip.layer.%s.%s", r->name, what);
    stats_u64(st, name, v, unit, meaning);
}

static void put_f64(struct stats *st, const struct layer *r, const char *what, double v,
                    const char *unit, const char *meaning)
{
    char name[NAME_BYTES];

    snprintf(name, sizeof name, "chip.layer.%s.%s", r->name, what);
    stats_f64(st, name, v, unit, meaning);
}

static void put_row(const struct layers *l, const struct layer *r, uint64_t n_cycles,
                    struct stats *st)
{
    char what[64];

    put_u64(st, r, "n_units", r->n_units, "1", "units that compute it");
    put_u64(st, r, "n_macs", r->n_macs, "1", "multiply-accumulates a request");
    put_u64(st, r, "weight_bits", r->weight_bits, "bits", "of its weights; 0: it has none");
    put_u64(st, r, "input_bits", r->input_bits, "bits", "of its widest input; 0: lookups");
    put_u64(st, r, "latency_cycles", r->latency_cycles, "cycles",
            "one request alone: time on the chain that ends with the logit");
    put_f64(st, r, "latency_share",
            ratio((double)r->latency_cycles, (double)l->single.latency_cycles), "1",
            "of the latency of one request alone");
    put_f64(st, r, "utilisation",
            ratio((double)r->busy_cycles, (double)r->n_units * (double)n_cycles), "1",
            "busy share of its engines in the run");
    put_f64(st, r, "cell_utilisation", ratio((double)r->n_cells_used, (double)r->n_cells), "1",
            "cells holding weights over cells of its tiles");
    for (int i = 0; i < COST_N_PARTS; i++) {
        snprintf(what, sizeof what, "energy.%s_pj", cost_part_name((enum cost_part)i));
        put_f64(st, r, what, r->cost.energy_pj[i], "pJ", "dynamic energy of this part, whole run");
    }
    put_f64(st, r, "energy.leakage_pj", r->cost.leakage_pj, "pJ", "static power x time");
    put_f64(st, r, "energy.total_pj", r->cost.total_energy_pj, "pJ", "of the whole run");
    put_f64(st, r, "area_um2", r->cost.total_area_um2, "um2", "of its units");
}

/* Widths of the matrix products, each multiply-accumulate counting once. */
static void put_widths(const struct layers *l, struct stats *st)
{
    double macs = 0, weight = 0, input = 0;

    for (uint32_t i = 0; i < l->n; i++) {
        const struct layer *r = &l->row[i];

        if (!r->weight_bits)
            continue;
        macs += (double)r->n_macs;
        weight += (double)r->n_macs * r->weight_bits;
        input += (double)r->n_macs * r->input_bits;
    }
    stats_f64(st, "chip.weight_bits", ratio(weight, macs), "bits",
              "of matrix products, mean over their multiply-accumulates");
    stats_f64(st, "chip.input_bits", ratio(input, macs), "bits",
              "of matrix products, mean over their multiply-accumulates");
}

static void put_single(const struct layers *l, const struct chip *c, struct stats *st)
{
    const struct plan *p = chip_plan(c);
    double cycles = (double)l->single.latency_cycles, pj = l->single.cost.total_energy_pj;
    double rate = ratio(p->config.clock_mhz * 1e6, cycles);
    double tops = 2 * chip_macs_per_inference(p) * rate * 1e-12;

    stats_u64(st, "chip.single.latency_cycles", l->single.latency_cycles, "cycles",
              "layer by layer: the first request alone on the chip");
    stats_f64(st, "chip.single.inferences_per_s", rate, "1/s", "one after the other");
    stats_f64(st, "chip.single.energy_nj", pj * 1e-3, "nJ", "of it, leakage over its latency");
    stats_f64(st, "chip.single.tops", tops, "TOPS", "one multiply-accumulate is two operations");
    stats_f64(st, "chip.single.tops_per_w", ratio(tops, pj * 1e-12 * rate), "TOPS/W",
              "at that rate and energy");
    stats_f64(st, "chip.single.tops_per_mm2", ratio(tops, l->total.total_area_um2 * 1e-6),
              "TOPS/mm2", "at that rate and area");
}

void layers_stats(const struct layers *l, const struct chip *c, struct stats *st)
{
    put_widths(l, st);
    put_single(l, c, st);
    for (uint32_t i = 0; i < l->n; i++)
        put_row(l, &l->row[i], chip_n_cycles(c), st);
}
