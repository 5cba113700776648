/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>

#include "arch/layer_stats.h"
#include "sim/base/mem.h"

/* ---- numbers that add up as printed ---- */

/* v (n_rows, n_cols) of whole numbers near a, whose rows and columns have sums; they are rounded
 * here, so the sums are of what is printed. */
struct grid {
    uint32_t n_rows, n_cols;
    long long *v; /* (n_rows + 1, n_cols + 1): last row and column are sums */
};

static long long *cell(struct grid *g, uint32_t row, uint32_t col)
{
    return &g->v[(size_t)row * (g->n_cols + 1) + col];
}

static void grid_set(struct grid *g, uint32_t row, uint32_t col, double v)
{
    long long n = llround(v);

    *cell(g, row, col) = n;
    *cell(g, row, g->n_cols) += n;
    *cell(g, g->n_rows, col) += n;
    *cell(g, g->n_rows, g->n_cols) += n;
}

/* ---- the tables ---- */

static void write_percent(FILE *f, double part, double whole)
{
    if (whole > 0)
        fprintf(f, " %6.1f%%", 100 * part / whole);
    else
        fprintf(f, " %7s", "-");
}

static void write_bits(FILE *f, const struct layer *r)
{
    char text[24];

    if (!r->weight_bits && !r->input_bits)
        snprintf(text, sizeof text, "-");
    else if (!r->weight_bits)
        snprintf(text, sizeof text, "%u", r->input_bits);
    else
        snprintf(text, sizeof text, "%ux%u", r->weight_bits, r->input_bits);
    fprintf(f, " %4s", text);
}

static void write_use(const struct layers *l, const struct chip *c, FILE *f)
{
    double cycles = (double)chip_n_cycles(c);
    uint64_t n_units = 0, n_macs = 0, latency = 0, used = 0, cells = 0;
    double area = 0;

    fprintf(f, "%-20s %-8s %4s %5s %9s %8s %8s %7s %7s %10s\n", "operator", "kind", "bits", "units",
            "MACs", "latency", "", "busy", "cells", "area um2");
    for (uint32_t i = 0; i < l->n; i++) {
        const struct layer *r = &l->row[i];

        fprintf(f, "%-20.20s %-8.8s", r->name, r->role);
        write_bits(f, r);
        fprintf(f, " %5u %9llu %8llu", r->n_units, (unsigned long long)r->n_macs,
                (unsigned long long)r->latency_cycles);
        write_percent(f, (double)r->latency_cycles, (double)l->single.latency_cycles);
        write_percent(f, (double)r->busy_cycles, r->n_units * cycles);
        write_percent(f, (double)r->n_cells_used, (double)r->n_cells);
        fprintf(f, " %11.0f\n", r->cost.total_area_um2);
        n_units += r->n_units;
        n_macs += r->n_macs;
        latency += r->latency_cycles;
        used += r->n_cells_used;
        cells += r->n_cells;
        area += round(r->cost.total_area_um2); /* of what is printed */
    }
    fprintf(f, "%-20s %-8s %4s %5llu %9llu %8llu", "total", "", "", (unsigned long long)n_units,
            (unsigned long long)n_macs, (unsigned long long)latency);
    write_percent(f, (double)latency, (double)l->single.latency_cycles);
    fprintf(f, " %7s", "");
    write_percent(f, (double)used, (double)cells);
    fprintf(f, " %11.0f\n", area);
}

static const char *const part_heading[COST_N_PARTS] = {
    "array", "dac", "adc", "accum", "buffer", "network", "inter", "embed", "other"};

static void write_energy(const struct layers *l, double n_done, FILE *f)
{
    struct grid g = {.n_rows = l->n, .n_cols = COST_N_PARTS + 1};

    g.v = mem_alloc((size_t)(g.n_rows + 1) * (g.n_cols + 1), sizeof *g.v);
    for (uint32_t i = 0; i < l->n; i++) {
        for (uint32_t k = 0; k < COST_N_PARTS; k++)
            grid_set(&g, i, k, l->row[i].cost.energy_pj[k] / n_done);
        grid_set(&g, i, COST_N_PARTS, l->row[i].cost.leakage_pj / n_done);
    }
    fprintf(f, "%-12s", "pJ a request");
    for (int k = 0; k < COST_N_PARTS; k++)
        fprintf(f, " %7s", part_heading[k]);
    fprintf(f, " %7s %7s\n", "leakage", "total");
    for (uint32_t i = 0; i <= l->n; i++) {
        fprintf(f, "%-12.12s", i < l->n ? l->row[i].name : "total");
        for (uint32_t k = 0; k <= g.n_cols; k++)
            fprintf(f, " %7lld", *cell(&g, i, k));
        fputc('\n', f);
    }
    free(g.v);
}

void layers_write(const struct layers *l, const struct chip *c, FILE *f)
{
    double n_done = (double)chip_n_done(c);

    fprintf(
        f,
        "Latency: one request alone on the chip, %llu cycles; each operator's time on the chain "
        "that\nends with the logit, sending included. Busy, energy: of the run, requests "
        "overlapping. Bits:\nweight x input. An area of 0: with the network.\n\n",
        (unsigned long long)l->single.latency_cycles);
    write_use(l, c, f);
    if (n_done > 0) {
        fputc('\n', f);
        write_energy(l, n_done, f);
    }
}
