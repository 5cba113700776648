/* SPDX-License-Identifier: Apache-2.0 */
/* The estimator beside the machine: equal where the work is equal, near where traffic decides. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "arch/estimate.h"
#include "tests/arch/rig_chip.h"
#include "tests/common/tiny_chip.h"
#include "tests/common/tiny_workload.h"

enum { N = 24 };

static struct params *load(void)
{
    struct params *q;
    struct err e;

    cr_assert_eq(params_load(&q, AUTORAC_SOURCE_DIR "/arch/params", "isaac32", &e), ERR_OK, "%s",
                 e.text);
    return q;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static struct estimate estimate(const struct plan *p, const struct params *q)
{
    struct estimate e;
    struct err err;

    cr_assert_eq(estimate_plan(p, q, &e, &err), ERR_OK);
    return e;
}

/* Requests far apart give the latency of an empty chip, back to back the interval of a full one. */
Test(estimate, latency_and_interval)
{
    enum { ROUNDS = 60 };
    struct params *q = load();
    double latency[ROUNDS], interval[ROUNDS];

    for (uint32_t i = 0; i < ROUNDS; i++)
        for (int full = 0; full < 2; full++) {
            struct rng g = rng_new(1000 + i);
            struct workload *w = tiny_workload(&g, N);
            struct chip_config c = tiny_chip(&g);
            struct rig_chip r;
            const uint64_t *start, *finish;
            double sum = 0;

            c.io_interval_cycles = full ? 0 : 50000;
            r = rig_chip_run(w, &c, 0);
            start = chip_start_cycles(r.chip);
            finish = chip_finish_cycles(r.chip);
            for (uint32_t k = 0; k < N; k++)
                sum += (double)(finish[k] - start[k]);
            if (full)
                interval[i] = estimate(r.plan, q).interval_cycles /
                              ((double)(finish[N - 1] - finish[7]) / (N - 8));
            else
                latency[i] = estimate(r.plan, q).latency_cycles / (sum / N);
            rig_chip_free(&r);
        }
    qsort(latency, ROUNDS, sizeof *latency, by_value);
    qsort(interval, ROUNDS, sizeof *interval, by_value);
    /* Few are far off: contexts that meet at their engine are served in operator order. */
    cr_expect(latency[ROUNDS * 9 / 10] < 1.1, "latency p90 %g", latency[ROUNDS * 9 / 10]);
    cr_expect(latency[0] > 0.85 && latency[ROUNDS - 1] < 1.4, "latency %g .. %g", latency[0],
              latency[ROUNDS - 1]);
    /* Above 1: at the end of a run, a shared engine has only its later contexts left. */
    cr_expect(interval[0] > 0.7 && interval[ROUNDS - 1] < 1.3, "interval %g .. %g", interval[0],
              interval[ROUNDS - 1]);
    cr_expect(interval[ROUNDS / 10] > 0.88 && interval[ROUNDS / 2] > 0.99, "interval p10 %g p50 %g",
              interval[ROUNDS / 10], interval[ROUNDS / 2]);
    params_free(q);
}

/* Estimated over counted energy of a request; area must be equal. */
static double energy_ratio(const struct params *q, struct workload *w, const struct chip_config *c)
{
    struct rig_chip r = rig_chip_run(w, c, 0);
    struct estimate e = estimate(r.plan, q);
    struct cost k;
    double dynamic = 0, leakage;

    cost_of(r.plan, q, chip_counts(r.chip, 0), chip_n_cycles(r.chip), &k);
    for (int i = 0; i < COST_N_PARTS; i++)
        dynamic += k.energy_pj[i] / N;
    leakage = k.leakage_mw * 1000 * ceil(e.interval_cycles) / r.plan->config.clock_mhz;
    cr_expect_eq(e.area_um2, k.total_area_um2);
    rig_chip_free(&r);
    return e.energy_pj / (dynamic + leakage);
}

/* Without bags and cache a request's work does not depend on it; with them it is sampled. */
Test(estimate, energy_and_area_equal_the_runs)
{
    struct params *q = load();

    for (uint64_t seed = 700; seed < 720; seed++) {
        struct rng g = rng_new(seed);
        struct workload *w = tiny_workload(&g, N);
        struct chip_config c = tiny_chip(&g);
        double ratio;

        c.emb_cache_rows = 0;
        ratio = energy_ratio(q, w, &c);
        cr_expect_float_eq(ratio, 1, 1e-7, "seed %u: %g", (unsigned)seed, ratio);
        w = tiny_bag_workload(&g, N);
        c = tiny_chip(&g);
        ratio = energy_ratio(q, w, &c);
        cr_expect_float_eq(ratio, 1, 0.02, "seed %u: %g", (unsigned)seed, ratio);
    }
    params_free(q);
}
