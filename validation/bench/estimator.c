/* SPDX-License-Identifier: Apache-2.0 */
/* Benchmark: pairs of model and chip mapped, estimated and priced, on one core.
 * Usage: bench_estimator PARAMS_DIR BLOCKS DENSE SPARSE FIELDS MODELS CHIPS SECONDS
 * MODELS random models of up to BLOCKS blocks and these widths, each on CHIPS random chips, over
 * and over for SECONDS of processor time. Prints: pairs feasible operators units pairs_a_second */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "arch/estimate.h"
#include "arch/map.h"
#include "nas/random_workload.h"
#include "sim/base/clock.h"
#include "sim/base/mem.h"
#include "validation/rtl_draw.h"

struct pair {
    const struct workload *w;
    struct chip_config c;
};

/* Crossbars enough for a model of full width. */
static struct chip_config draw_chip(struct rng *r)
{
    struct chip_config c = validate_rtl_chip(r);

    c.mvm_rows = 128u << rng_below(r, 2);
    c.mvm_cols = 128;
    c.mvm_xbars = 64u << rng_below(r, 3);
    c.tile_buffer_bytes = 1u << 20;
    return c;
}

static bool fits(const struct pair *d)
{
    struct plan *p;
    struct err e;
    bool good = !plan_new_outline(&p, d->w, &d->c, &e);

    plan_free(p);
    return good;
}

static enum err_code cost_pair(const struct pair *d, const struct params *q, uint64_t *n_units,
                               struct err *e)
{
    struct plan *p;
    struct estimate est;
    enum err_code rc = plan_new_outline(&p, d->w, &d->c, e);

    if (rc)
        return rc;
    rc = estimate_plan(p, q, &est, e);
    for (uint32_t i = 0; i < p->n_units; i++)
        *n_units += p->unit[i].kind != UNIT_NONE;
    plan_free(p);
    return rc;
}

static enum err_code run(struct pair *pair, uint32_t n, uint32_t n_drawn, const struct params *q,
                         double seconds, struct err *e)
{
    uint64_t n_done = 0, n_units = 0, n_ops = 0;
    double start = clock_s(CLOCK_PROCESS_CPUTIME_ID), spent = 0;
    enum err_code rc = ERR_OK;

    for (uint32_t i = 0; !rc && spent < seconds; i = (i + 1) % n) {
        rc = cost_pair(&pair[i], q, &n_units, e);
        n_ops += pair[i].w->n_ops;
        if (++n_done % 64 == 0)
            spent = clock_s(CLOCK_PROCESS_CPUTIME_ID) - start;
    }
    printf("%" PRIu64 " %.3f %.1f %.1f %.0f\n", n_done, (double)n / (double)n_drawn,
           (double)n_ops / (double)n_done, (double)n_units / (double)n_done,
           (double)n_done / spent);
    return rc;
}

static enum err_code bench(char **argv, struct err *e)
{
    struct nas_random_options o = {.operators = SPACE_FULL,
                                   .max_blocks = (uint32_t)strtoul(argv[2], NULL, 10),
                                   .max_dense_dim = (uint32_t)strtoul(argv[3], NULL, 10),
                                   .max_sparse_dim = (uint32_t)strtoul(argv[4], NULL, 10),
                                   .max_fields = (uint32_t)strtoul(argv[5], NULL, 10),
                                   .max_dense = 13,
                                   .max_rows = 64,
                                   .n_requests = 16};
    uint32_t n_models = (uint32_t)strtoul(argv[6], NULL, 10);
    uint32_t n_chips = (uint32_t)strtoul(argv[7], NULL, 10), n = 0;
    struct workload **w = mem_alloc(n_models, sizeof(struct workload *));
    struct pair *pair = mem_alloc((size_t)n_models * n_chips, sizeof *pair);
    struct rng root = rng_new(1);
    struct params *q = NULL;
    enum err_code rc = params_load(&q, argv[1], "isaac32", e);

    for (uint32_t m = 0; m < n_models && !rc; m++) {
        struct rng r = rng_child_n(&root, "model", m);

        rc = nas_random_workload(&w[m], &r, &o, NULL, e);
        for (uint32_t k = 0; k < n_chips && !rc; k++) {
            pair[n] = (struct pair){w[m], draw_chip(&r)};
            n += fits(&pair[n]);
        }
    }
    if (!rc && !n)
        rc = err_set(e, ERR_CONFIG, "no pair fits");
    if (!rc)
        rc = run(pair, n, n_models * n_chips, q, strtod(argv[8], NULL), e);
    for (uint32_t m = 0; m < n_models; m++)
        workload_free(w[m]);
    params_free(q);
    free(pair);
    free(w);
    return rc;
}

int main(int argc, char **argv)
{
    struct err e;

    if (argc != 9) {
        fprintf(stderr, "usage: bench_estimator PARAMS_DIR BLOCKS DENSE SPARSE FIELDS MODELS CHIPS "
                        "SECONDS\n");
        return ERR_CONFIG;
    }
    if (bench(argv, &e)) {
        fprintf(stderr, "bench_estimator: %s\n", e.text);
        return (int)e.code;
    }
    return 0;
}
