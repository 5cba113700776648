/* SPDX-License-Identifier: Apache-2.0 */
/* Benchmark: training samples a second of one processor, in processor time.
 * Usage: bench_train supernet   one random path of the whole space a step (7 blocks, widths to
 *                               1024 and 64 rows), as the supernet is trained after its warm-up
 *        bench_train full       every merge, the largest widths and the latest four sources a step:
 *                               its first step
 *        bench_train dnn        the zoo's DNN, as train_torch.py has it in PyTorch
 *        bench_train sgemm      a product of 256 x 512 by 512 x 512 instead, GFLOP/s
 * The first two: 13 dense features, 26 tables of 10,000 rows, batch 512, Adagrad, gradients
 * clipped, rounding on. Meaningless rows. Prints samples a second, GFLOP/s within products of
 * matrices, and the share of the time that these take. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nas/fake_data.h"
#include "nas/subnet.h"
#include "nas/supernet.h"
#include "nas/zoo.h"
#include "sim/base/clock.h"
#include "sim/base/mem.h"

enum { BATCH = 512, N_FIELDS = 26, TABLE = 10000, SETTLE = 128, STEPS = 224 };
enum { FULL_SETTLE = 16, FULL_STEPS = 48 }; /* every step needs all of the memory */
enum { DNN_BATCH = 256, DNN_FIELDS = 10, DNN_TABLE = 538, DNN_SETTLE = 200, DNN_STEPS = 1200 };

/* What products of matrices have taken since the clock was started. */
static double gemm_s, gemm_flops;

/* Every call of gemm from outside its file comes here (the linker's --wrap). */
void __real_gemm(bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k, const float *a,
                 size_t lda, const float *b, size_t ldb, float beta, float *c, size_t ldc);
void __wrap_gemm(bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k, const float *a,
                 size_t lda, const float *b, size_t ldb, float beta, float *c, size_t ldc);
void __wrap_gemm(bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k, const float *a,
                 size_t lda, const float *b, size_t ldb, float beta, float *c, size_t ldc)
{
    double start_s = clock_s(CLOCK_PROCESS_CPUTIME_ID);

    __real_gemm(transpose_a, transpose_b, m, n, k, a, lda, b, ldb, beta, c, ldc);
    gemm_s += clock_s(CLOCK_PROCESS_CPUTIME_ID) - start_s;
    gemm_flops += 2.0 * (double)m * (double)n * (double)k;
}

struct watch_clock {
    uint64_t settle; /* steps before time starts: until memory is there */
    double start_s;
};

static void started(void *self, const struct nas_status *s)
{
    struct watch_clock *c = self;

    if (s->done < c->settle || c->start_s > 0)
        return;
    c->start_s = clock_s(CLOCK_PROCESS_CPUTIME_ID);
    c->settle = s->done;
    gemm_s = gemm_flops = 0;
}

static void report(const struct watch_clock *c, double samples)
{
    double took_s = clock_s(CLOCK_PROCESS_CPUTIME_ID) - c->start_s;

    printf("%.1f %.2f %.3f\n", samples / took_s, 1e-9 * gemm_flops / gemm_s, gemm_s / took_s);
}

static struct data *meaningless(uint32_t n_dense, uint32_t n_fields, uint32_t table, uint64_t rows,
                                struct rng *r)
{
    uint32_t n_rows[N_FIELDS];
    struct shape shape = {"bench", n_dense, n_fields, n_rows};

    for (uint32_t f = 0; f < n_fields; f++)
        n_rows[f] = table;
    return fake_data_new(&shape, table, rows, r);
}

static enum err_code supernet(bool full, struct err *e)
{
    struct rng r = rng_new(1);
    uint32_t n_steps = full ? FULL_STEPS : STEPS;
    struct data *d = meaningless(13, N_FIELDS, TABLE, (uint64_t)BATCH * n_steps, &r);
    struct watch_clock clock = {.settle = full ? FULL_SETTLE : SETTLE};
    struct supernet_options o = {.epochs = 1,
                                 .warmup_epochs = full ? 1e9 : 0,
                                 .how = {.batch = BATCH,
                                         .weights = {.lr = 0.12f, .eps = 0.01f},
                                         .rows = {.lr = 0.12f, .eps = 0.01f},
                                         .clip = 5},
                                 .watch = {NULL, started, &clock}};
    struct space space;
    struct store *s;
    enum err_code rc;

    space_init(&space, SPACE_FULL, SPACE_MAX_BLOCKS, 1024, 64);
    s = store_new(&space, NULL, d, &r);
    rc = supernet_train(s, &space, d, &r, &o, NULL, e);
    if (!rc)
        report(&clock, BATCH * (double)(n_steps - clock.settle));
    store_free(s);
    data_free(d);
    return rc;
}

static enum err_code dnn(struct err *e)
{
    const struct zoo_options shape = {16, 2, {256, 128}, 8, 8, 8};
    const struct rate rate = {.lr = 1e-3f, .eps = 1e-8f, .by = OPTIMISER_ADAM};
    struct rng r = rng_new(1);
    struct data *d = meaningless(0, DNN_FIELDS, DNN_TABLE, DNN_BATCH * DNN_STEPS, &r);
    struct watch_clock clock = {.settle = DNN_SETTLE};
    struct tune_options o = {.epochs = 1,
                             .how = {.batch = DNN_BATCH, .weights = rate, .rows = rate},
                             .watch = {NULL, started, &clock}};
    struct net *net = mem_alloc(1, sizeof *net);
    struct store *s;
    struct subnet *n;
    enum err_code rc;

    zoo_net(net, ZOO_dnn, &shape, d);
    s = zoo_store(net, d, &r);
    n = subnet_new_net(net, s);
    rc = subnet_tune(n, d, &r, &o, NULL, e);
    if (!rc)
        report(&clock, DNN_BATCH * (double)(DNN_STEPS - clock.settle));
    subnet_free(n);
    store_free(s);
    free(net);
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
    start_s = clock_s(CLOCK_PROCESS_CPUTIME_ID);
    for (int i = 0; i < LOOPS; i++)
        gemm(false, false, M, N, K, a, K, b, N, 0, c, N);
    printf("%.2f\n", 2e-9 * M * N * K * LOOPS / (clock_s(CLOCK_PROCESS_CPUTIME_ID) - start_s));
    free(c);
    free(b);
    free(a);
}

int main(int argc, char **argv)
{
    const char *what = argc == 2 ? argv[1] : "";
    enum err_code rc = ERR_OK;
    struct err e;

    if (strcmp(what, "sgemm") == 0) {
        sgemm();
    } else if (strcmp(what, "dnn") == 0) {
        rc = dnn(&e);
    } else if (strcmp(what, "supernet") == 0 || strcmp(what, "full") == 0) {
        rc = supernet(strcmp(what, "full") == 0, &e);
    } else {
        fprintf(stderr, "usage: bench_train supernet | full | dnn | sgemm\n");
        return 2;
    }
    if (rc)
        fprintf(stderr, "%s\n", e.text);
    return rc ? 1 : 0;
}
