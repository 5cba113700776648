/* SPDX-License-Identifier: Apache-2.0 */
#include "validation/contest_cpu.h"

#include <stdlib.h>

#include "sim/base/cfg.h"
#include "sim/base/clock.h"
#include "sim/base/mem.h"

enum { ROUNDS = 5, ONE_BY_ONE = 512, IN_BATCHES = 8192 };

/* Seconds a row of the fastest round, `step` rows at a time. */
static double seconds_a_row(struct subnet *n, const struct data_split *split, uint64_t rows,
                            uint64_t step, double *p)
{
    double least = 0;

    for (int round = 0; round < ROUNDS; round++) {
        double start = clock_s(CLOCK_MONOTONIC), took;

        for (uint64_t at = 0; at < rows; at += step)
            subnet_predict(n, split, at, step < rows - at ? step : rows - at, false, p);
        took = (clock_s(CLOCK_MONOTONIC) - start) / (double)rows;
        least = round == 0 || took < least ? took : least;
    }
    return least;
}

static enum err_code core_power(const char *params_dir, double *watts, struct err *e)
{
    char *path = mem_printf("%s/reference/cpu.yaml", params_dir);
    const struct cfg_node *n;
    struct cfg *c = NULL;
    enum err_code rc = cfg_load(&c, path, e);

    if (!rc) {
        n = cfg_get(cfg_root(c), "core_power");
        n = n ? cfg_get(n, "value") : NULL;
        rc = n ? cfg_f64(n, watts, e)
               : err_set(e, ERR_CONFIG, "%s: core_power.value is missing", path);
    }
    cfg_free(c);
    free(path);
    return rc;
}

enum err_code contest_cpu(struct subnet *n, const struct data_split *split, const char *params_dir,
                          struct contest_run *out, struct err *e)
{
    uint64_t few = split->n < ONE_BY_ONE ? split->n : ONE_BY_ONE;
    uint64_t many = split->n < IN_BATCHES ? split->n : IN_BATCHES;
    double *p = mem_alloc(many, sizeof *p), watts;
    enum err_code rc = core_power(params_dir, &watts, e);

    if (!rc) {
        out->latency_us = seconds_a_row(n, split, few, 1, p) * 1e6;
        out->inferences_per_s = 1 / seconds_a_row(n, split, many, many, p);
        out->energy_nj = watts / out->inferences_per_s * 1e9;
    }
    free(p);
    return rc;
}
