/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/chip_stats.h"
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

void report_print(const struct session *s)
{
    printf("%u requests in %.0f cycles at %g MHz on a %u x %u mesh\n", s->workload->n_requests,
           report_value(s, "chip.n_cycles"), s->config.clock_mhz, s->plan->width, s->plan->height);
    printf("latency     p50 %.0f cycles, p99 %.0f cycles\n",
           report_value(s, "chip.latency_p50_cycles"), report_value(s, "chip.latency_p99_cycles"));
    printf("throughput  %.6g inferences/s\n", report_value(s, "chip.inferences_per_s"));
    printf("energy      %.6g nJ/inference\n", report_value(s, "chip.energy_nj_per_inference"));
    printf("area        %.6g mm2\n\n", report_value(s, "chip.area_mm2"));
    printf("%-14s %14s %14s\n", "part", "area um2", "energy pJ");
    for (unsigned p = 0; p < COST_N_PARTS; p++)
        printf("%-14s %14.6g %14.6g\n", cost_part_name((enum cost_part)p),
               part_value(s, "area", p, "um2"), part_value(s, "energy", p, "pj"));
    printf("%-14s %14s %14.6g\n", "leakage", "", report_value(s, "chip.energy.leakage_pj"));
    printf("%-14s %14.6g %14.6g\n", "total", 1e6 * report_value(s, "chip.area_mm2"),
           report_value(s, "chip.energy.total_pj"));
}
