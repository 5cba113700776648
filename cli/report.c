/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/chip_stats.h"
#include "arch/layer_stats.h"
#include "cli/session.h"
#include "nas/data.h"
#include "sim/base/mem.h"

/* How good the answers of the requests that were run are. */
static void add_accuracy(struct session *s)
{
    const struct workload *w = s->workload;
    const int32_t *logit = chip_logits(s->chip);
    uint64_t n = chip_n_done(s->chip), n_exact = 0;
    double *p = mem_alloc(n, sizeof *p);

    for (uint64_t i = 0; i < n; i++) {
        p[i] = 1 / (1 + exp(-w->logit_scale * logit[i]));
        n_exact += logit[i] == w->expected[i];
    }
    stats_f64(s->stats, "run.logloss", n ? metric_logloss(w->label, p, n) : NAN, "nat",
              "of the requests run, in the chip's arithmetic");
    stats_f64(s->stats, "run.auc", n ? metric_auc(w->label, p, n) : NAN, "1",
              "of the requests run, in the chip's arithmetic");
    stats_u64(s->stats, "run.n_exact_logits", n_exact, "1",
              "logits equal to the workload's exact integers: fewer where the ADC clips");
    free(p);
}

void report_make(struct session *s, bool partial)
{
    s->stats = stats_new();
    stats_u64(s->stats, "run.partial", partial, "1", "1: interrupted, statistics are incomplete");
    add_accuracy(s);
    chip_stats(s->chip, s->params, s->stats);
    if (s->layers)
        layers_stats(s->layers, s->chip, s->stats);
}

double report_value(const struct session *s, const char *name)
{
    for (uint64_t i = 0; i < stats_n(s->stats); i++)
        if (!strcmp(stats_name(s->stats, i), name))
            return stats_value(s->stats, i);
    return NAN;
}

static double part_value(const struct session *s, const char *what, unsigned part, const char *unit)
{
    char name[64];

    snprintf(name, sizeof name, "chip.%s.%s_%s", what, cost_part_name((enum cost_part)part), unit);
    return report_value(s, name);
}

/* One row of what is pipelined and what one request alone on the chip has. */
static void two(const struct session *s, FILE *f, const char *what, const char *pipelined,
                const char *single)
{
    fprintf(f, "%-26s %14.6g", what, report_value(s, pipelined));
    if (s->layers)
        fprintf(f, " %14.6g", report_value(s, single));
    fputc('\n', f);
}

void report_summary(const struct session *s, FILE *f)
{
    fprintf(f, "%u requests in %.0f cycles at %g MHz on a %u x %u mesh; parameters %s\n",
            s->workload->n_requests, report_value(s, "chip.n_cycles"), s->config.clock_mhz,
            s->plan->width, s->plan->height, s->config.params);
    if (s->layers)
        fprintf(f,
                "matrix products of %.3g-bit weights and %.3g-bit inputs on average; a MAC is 2 "
                "operations\n",
                report_value(s, "chip.weight_bits"), report_value(s, "chip.input_bits"));
    fprintf(f, "\n%-26s %14s %14s\n", "", "pipelined", s->layers ? "one at a time" : "");
    two(s, f, "latency, cycles (p50)", "chip.latency_p50_cycles", "chip.single.latency_cycles");
    fprintf(f, "%-26s %14.6g\n", "latency, cycles (p99)",
            report_value(s, "chip.latency_p99_cycles"));
    two(s, f, "throughput, inferences/s", "chip.inferences_per_s", "chip.single.inferences_per_s");
    two(s, f, "energy, nJ/inference", "chip.energy_nj_per_inference", "chip.single.energy_nj");
    two(s, f, "TOPS", "chip.tops", "chip.single.tops");
    two(s, f, "TOPS/W", "chip.tops_per_w", "chip.single.tops_per_w");
    two(s, f, "TOPS/mm2", "chip.tops_per_mm2", "chip.single.tops_per_mm2");
    fprintf(f, "%-26s %14.6g\n", "area, mm2", report_value(s, "chip.area_mm2"));
    fprintf(f, "%-26s %14.6g\n\n", "crossbar cells used", report_value(s, "chip.cell_utilisation"));
    fprintf(f, "%-14s %14s %14s\n", "part", "area um2", "energy pJ");
    for (unsigned p = 0; p < COST_N_PARTS; p++)
        fprintf(f, "%-14s %14.6g %14.6g\n", cost_part_name((enum cost_part)p),
                part_value(s, "area", p, "um2"), part_value(s, "energy", p, "pj"));
    fprintf(f, "%-14s %14s %14.6g\n", "leakage", "", report_value(s, "chip.energy.leakage_pj"));
    fprintf(f, "%-14s %14.6g %14.6g\n", "total", 1e6 * report_value(s, "chip.area_mm2"),
            report_value(s, "chip.energy.total_pj"));
}

void report_write(const struct session *s, FILE *f)
{
    report_summary(s, f);
    if (!s->layers)
        return;
    fputc('\n', f);
    layers_write(s->layers, s->chip, f);
}
