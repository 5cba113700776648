/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/measure.h"

#include "arch/map.h"

enum { FILLING = 7 }; /* requests, as many as arch/estimate.c lets go by */

static double interval_cycles(const struct chip *c)
{
    const uint64_t *finish = chip_finish_cycles(c);
    uint64_t n = chip_n_done(c), from = n >= 2 * (FILLING + 1) ? FILLING : 0;

    return n > 1 ? (double)(finish[n - 1] - finish[from]) / (double)(n - 1 - from) : 0;
}

void measure_run(const struct chip *c, const struct params *q, struct estimate *out)
{
    const struct plan *p = chip_plan(c);
    struct cost cost;

    cost_of(p, q, chip_counts(c, 0), chip_n_cycles(c), &cost);
    out->latency_cycles = (double)(chip_finish_cycles(c)[0] - chip_start_cycles(c)[0]);
    out->interval_cycles = interval_cycles(c);
    out->energy_pj = (cost.total_energy_pj - cost.leakage_pj) / (double)chip_n_done(c) +
                     cost.leakage_mw * 1000 * out->interval_cycles / p->config.clock_mhz;
    out->area_um2 = cost.total_area_um2;
}

enum err_code measure_chip(const struct workload *w, const struct chip_config *c,
                           const struct params *q, struct estimate *out, struct err *e)
{
    struct plan *p = NULL;
    struct sim *sim = NULL;
    struct chip *chip = NULL;
    enum err_code rc;

    if (!(rc = plan_new(&p, w, c, e)) && !(rc = sim_new(&sim, &(struct sim_cfg){0}, e)) &&
        !(rc = chip_new(&chip, p, sim, false, e)) && !(rc = chip_run(chip, NULL, e)))
        measure_run(chip, q, out);
    chip_free(chip);
    sim_free(sim);
    plan_free(p);
    return rc;
}
