/* SPDX-License-Identifier: Apache-2.0 */
/* Benchmark of growth: writes a workload of the given size, without meaning, and says what a pair
 * of it and a chip costs the search.
 * Usage: bench_scaling PARAMS_DIR DESIGN WORKLOAD FIELDS ROWS BLOCKS REQUESTS
 * FIELDS tables of ROWS rows; BLOCKS blocks in a chain, each an FC and an EFC of width 64 and 16.
 * Prints seconds of processor time to map, estimate and price the pair, and to measure its LogLoss
 * as the search does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nas/fake_data.h"
#include "nas/freeze.h"
#include "nas/judge.h"
#include "sim/base/clock.h"
#include "sim/base/mem.h"

enum { N_DENSE = 13, TRAIN_ROWS = 16384, COSTED = 200, WIDTH = 64 };

static const struct judge_options how = {
    .eval_rows = 4096,
    .exec_rows = 256,
    .calibrate_rows = 2048,
    .adapt = {.steps = 32,
              .how = {.batch = 256, .weights = {.lr = 0.3F, .eps = 1}},
              .calibrate_rows = 2048}};

static struct data *meaningless(uint32_t n_fields, uint32_t n_rows, uint64_t n)
{
    uint32_t *rows = mem_alloc(n_fields, sizeof *rows);
    struct shape shape = {"bench", N_DENSE, n_fields, rows};
    struct rng r = rng_new(1);
    struct data *d;

    for (uint32_t f = 0; f < n_fields; f++)
        rows[f] = n_rows;
    d = fake_data_new(&shape, n_rows, n, &r);
    free(rows);
    return d;
}

static void chain(struct genome *g, const struct space *s, uint32_t n_blocks)
{
    char text[SPACE_TEXT_BYTES] = "e8x16";
    struct err e;

    for (uint32_t i = 0; i < n_blocks; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "/fc%dw8a8-efc16w8a8-d%u-s%u",
                 WIDTH, i, i);
    if (genome_parse(s, text, g, &e)) {
        fprintf(stderr, "bench_scaling: %s\n", e.text);
        abort(); /* the text above is wrong */
    }
}

static enum err_code write_workload(const struct genome *g, struct store *s, const struct data *d,
                                    uint32_t n_requests, const char *path, struct err *e)
{
    struct subnet *n = subnet_new(g, s);
    struct workload *w = NULL;
    enum err_code rc;

    subnet_calibrate(n, d, how.calibrate_rows, true);
    if (!(rc = freeze(&w, n, "scaling", NULL, e))) {
        freeze_requests(w, n, &d->train, n_requests);
        rc = workload_save(w, path, e);
    }
    workload_free(w);
    subnet_free(n);
    return rc;
}

static enum err_code judge(struct judge *j, struct candidate *c, struct err *e)
{
    double start = clock_s(CLOCK_PROCESS_CPUTIME_ID), cost_s;
    enum err_code rc = ERR_OK;

    for (int i = 0; i < COSTED && !rc; i++)
        rc = judge_cost(j, c, e);
    cost_s = (clock_s(CLOCK_PROCESS_CPUTIME_ID) - start) / COSTED;
    if (!rc && !c->feasible)
        rc = err_set(e, ERR_CONFIG, "the workload does not fit the chip");
    start = clock_s(CLOCK_PROCESS_CPUTIME_ID);
    if (!rc)
        rc = judge_accuracy(j, c, e);
    if (!rc)
        printf("%.3e %.3e\n", cost_s, clock_s(CLOCK_PROCESS_CPUTIME_ID) - start);
    return rc;
}

static enum err_code bench(char **argv, struct err *e)
{
    uint32_t n_blocks = (uint32_t)strtoul(argv[6], NULL, 10);
    uint32_t n_requests = (uint32_t)strtoul(argv[7], NULL, 10);
    struct data *d =
        meaningless((uint32_t)strtoul(argv[4], NULL, 10), (uint32_t)strtoul(argv[5], NULL, 10),
                    n_requests > TRAIN_ROWS ? n_requests : TRAIN_ROWS);
    struct objective o = {.weight_logloss = 1, .max_units = 1024, .base_logloss = 1};
    struct rng r = rng_new(1);
    struct params *q = NULL;
    struct judge *j = NULL;
    struct chip_config base;
    struct candidate c;
    struct space space;
    struct genome g;
    struct store *s;
    enum err_code rc;

    space_init(&space, SPACE_FULL, n_blocks, WIDTH, 16);
    chain(&g, &space, n_blocks);
    s = store_new(&space, NULL, d, &r);
    d->valid = d->train;
    if ((rc = params_load(&q, argv[1], "isaac32", e)) ||
        (rc = chip_config_load(argv[2], NULL, 0, &base, e)) ||
        (rc = write_workload(&g, s, d, n_requests, argv[3], e)))
        goto out;
    space.n_chip = 0;
    candidate_set(&space, &c, &g, &base);
    j = judge_new(&space, s, d, &base, q, &o, &how, &r);
    judge_prepare(j);
    rc = judge(j, &c, e);
out:
    judge_free(j);
    params_free(q);
    store_free(s);
    memset(&d->valid, 0, sizeof d->valid);
    data_free(d);
    return rc;
}

int main(int argc, char **argv)
{
    struct err e;

    if (argc != 8) {
        fprintf(stderr,
                "usage: bench_scaling PARAMS_DIR DESIGN WORKLOAD FIELDS ROWS BLOCKS REQUESTS\n");
        return ERR_CONFIG;
    }
    if (bench(argv, &e)) {
        fprintf(stderr, "bench_scaling: %s\n", e.text);
        return (int)e.code;
    }
    return 0;
}
