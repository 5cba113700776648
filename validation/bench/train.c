/* SPDX-License-Identifier: Apache-2.0 */
/* Benchmark: training samples a second of one processor, in processor time.
 * Usage: bench_train supernet   one random path of the whole space a step (7 blocks, widths to
 *                               1024 and 64 rows), as the supernet is trained after its warm-up
 *        bench_train full       every merge, the largest widths and the latest four sources a step:
 *                               its first step
 *        bench_train sgemm      a product of 256 x 512 by 512 x 512 instead, GFLOP/s
 * 13 dense features, 26 tables of 10,000 rows, batch 512, Adagrad, rounding on. Meaningless rows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "nas/fake_data.h"
#include "nas/supernet.h"
#include "sim/base/mem.h"

enum { BATCH = 512, N_FIELDS = 26, TABLE = 10000, SETTLE = 128, STEPS = 224 };

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Time starts when memory is there: after a number of steps that training reports. */
static void started(void *self, const struct nas_status *s)
{
    if (s->done == SETTLE)
        *(double *)self = now_s();
}

static struct data *meaningless(struct rng *r)
{
    uint32_t n_rows[N_FIELDS];
    struct shape shape = {"bench", 13, N_FIELDS, n_rows};

    for (uint32_t f = 0; f < N_FIELDS; f++)
        n_rows[f] = TABLE;
    return fake_data_new(&shape, TABLE, BATCH * STEPS, r);
}

static enum err_code supernet(bool full, struct err *e)
{
    struct rng r = rng_new(1);
    struct data *d = meaningless(&r);
    double start_s = 0;
    struct supernet_options o = {.epochs = 1,
                                 .warmup_epochs = full ? 1e9 : 0,
                                 .how = {.batch = BATCH,
                                         .weights = {.lr = 0.12f, .eps = 0.01f},
                                         .rows = {.lr = 0.12f, .eps = 0.01f},
                                         .clip = 5},
                                 .watch = {NULL, started, &start_s}};
    struct space space;
    struct store *s;
    enum err_code rc;

    space_init(&space, SPACE_FULL, SPACE_MAX_BLOCKS, 1024, 64);
    s = store_new(&space, NULL, d, &r);
    rc = supernet_train(s, &space, d, &r, &o, NULL, e);
    if (!rc)
        printf("%.1f\n", BATCH * (STEPS - SETTLE) / (now_s() - start_s));
    store_free(s);
    data_free(d);
    return rc;
}

static void sgemm(void)
{
    enum { M = 256, N = 512, K = 512, LOOPS = 200 };
    float *a = mem_alloc(M * K, sizeof *a), *b = mem_alloc(K * N, sizeof *b);
    float *c = mem_alloc(M * N, sizeof *c);
    double start_s;

    gemm(false, false, M, N, K, a, K, b, N, 0, c, N);
    start_s = now_s();
    for (int i = 0; i < LOOPS; i++)
        gemm(false, false, M, N, K, a, K, b, N, 0, c, N);
    printf("%.2f\n", 2e-9 * M * N * K * LOOPS / (now_s() - start_s));
    free(c);
    free(b);
    free(a);
}

int main(int argc, char **argv)
{
    const char *what = argc == 2 ? argv[1] : "";
    struct err e;

    if (strcmp(what, "sgemm") == 0) {
        sgemm();
    } else if (strcmp(what, "supernet") == 0 || strcmp(what, "full") == 0) {
        if (supernet(strcmp(what, "full") == 0, &e)) {
            fprintf(stderr, "%s\n", e.text);
            return 1;
        }
    } else {
        fprintf(stderr, "usage: bench_train supernet | full | sgemm\n");
        return 2;
    }
    return 0;
}
