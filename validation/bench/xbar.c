/* SPDX-License-Identifier: Apache-2.0 */
/* Benchmark: crossbar arithmetic without time, one processor.
 * Usage: bench_xbar kernels                         names of the kernels that run here
 *        bench_xbar run KERNEL K M ADC_BITS RANGE   K x M matrix of 8-bit weights, 8-bit inputs;
 *                                                   RANGE clip or truncate
 *        bench_xbar peak KERNEL K M ADC_BITS RANGE  the instruction that does the work, alone
 * run prints: multiply-accumulates a second, digest of the logits; peak: the same unit.
 * Weights and inputs are a formula, so that another program can compute the same. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/exec.h"
#include "arch/exec_kernel.h"
#include "arch/map.h"
#include "sim/base/clock.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { N_REQUESTS = 256, PEAK_LOOPS = 20000000 };
#define MIN_SECONDS 0.5

static uint32_t byte_of(uint32_t i)
{
    return i * 2654435761u >> 24;
}

/* ---- what is computed: dense codes, one matrix, the sum of its outputs' codes ---- */

static struct wl_op matrix(struct arena *a, const char *name, uint32_t k, uint32_t m, uint32_t in)
{
    struct wl_op o = {.kind = WL_MVM,
                      .n_inputs = 1,
                      .input = {in},
                      .output = in + 1,
                      .n_in = k,
                      .n_out = m,
                      .n_vec = 1,
                      .weight_bits = 8};

    snprintf(o.name, sizeof o.name, "%s", name);
    snprintf(o.role, sizeof o.role, "%s", name);
    o.weight = arena_alloc(a, (size_t)m * k, 1);
    o.bias = arena_alloc(a, m, sizeof *o.bias);
    o.mult = arena_alloc(a, m, sizeof *o.mult);
    return o;
}

static struct workload *work(uint32_t k, uint32_t m)
{
    struct workload *w = workload_new("xbar");
    static const char *const name[] = {"dense", "fc", "final"};
    const uint32_t dim[] = {k, m, 1}, bits[] = {8, 8, 32};

    w->n_tensors = 3;
    w->tensor = arena_alloc(w->arena, 3, sizeof *w->tensor);
    for (uint32_t t = 0; t < 3; t++) {
        w->tensor[t] = (struct wl_tensor){.rows = 1, .dim = dim[t], .bits = bits[t], .scale = 1};
        snprintf(w->tensor[t].name, sizeof w->tensor[t].name, "%s", name[t]);
    }
    w->n_ops = 2;
    w->op = arena_alloc(w->arena, 2, sizeof *w->op);
    w->op[0] = matrix(w->arena, "fc", k, m, 0);
    for (uint32_t i = 0; i < m * k; i++)
        w->op[0].weight[i] = (int8_t)((int)(byte_of(i) % 255) - 127);
    for (uint32_t o = 0; o < m; o++)
        w->op[0].mult[o] = 1;
    w->op[0].n_mult = m;
    w->op[0].shift = 13;
    w->op[1] = matrix(w->arena, "final", m, 1, 1);
    memset(w->op[1].weight, 1, m);
    w->op[1].raw = true;
    w->n_dense = k;
    w->n_requests = N_REQUESTS;
    w->dense = arena_alloc(w->arena, (size_t)N_REQUESTS * k, 1);
    for (uint32_t i = 0; i < N_REQUESTS * k; i++)
        w->dense[i] = (uint8_t)byte_of(i + 77);
    w->logit_scale = 1;
    return w;
}

static enum err_code chip(struct chip_config *c, uint32_t adc_bits, const char *range,
                          struct err *e)
{
    enum err_code rc = chip_config_read(NULL, c, e);

    c->mvm_rows = c->mvm_cols = 128;
    c->mvm_xbars = 256;
    c->tile_buffer_bytes = 1048576;
    c->mvm_adc_bits = adc_bits;
    c->mvm_adc_range = strcmp(range, "truncate") == 0 ? ADC_TRUNCATE : ADC_CLIP;
    return rc;
}

static const struct exec_kernel *kernel_named(const char *name)
{
    const struct exec_kernel *kernel[EXEC_MAX_KERNELS];

    for (uint32_t n = exec_kernels(kernel); n-- > 0;)
        if (strcmp(kernel[n]->name, name) == 0)
            return kernel[n];
    return NULL;
}

static enum err_code run(const struct exec_kernel *kernel, uint32_t k, uint32_t m,
                         const struct chip_config *c, struct err *e)
{
    struct workload *w = work(k, m);
    int32_t logit[N_REQUESTS];
    uint64_t digest = 0, n = 0;
    double start, seconds = 0;
    struct plan *p = NULL;
    struct exec *x;
    enum err_code rc = plan_new(&p, w, c, e);

    if (!rc) {
        x = exec_new_with(p, kernel);
        exec_logits(x, N_REQUESTS, NULL, w->dense, logit, NULL); /* warm */
        for (start = clock_s(CLOCK_PROCESS_CPUTIME_ID); seconds < MIN_SECONDS; n++) {
            exec_logits(x, N_REQUESTS, NULL, w->dense, logit, NULL);
            seconds = clock_s(CLOCK_PROCESS_CPUTIME_ID) - start;
        }
        for (uint32_t r = 0; r < N_REQUESTS; r++)
            digest = digest * 31 + (uint32_t)logit[r];
        printf("%.6g %" PRIu64 "\n",
               (double)n * N_REQUESTS * (double)((uint64_t)k * m + m) / seconds, digest);
        exec_free(x);
    }
    plan_free(p);
    workload_free(w);
    return rc;
}

/* ---- the processor's limit: the one instruction on registers, eight independent chains ---- */

static double rate(double per_loop, double seconds)
{
    return per_loop * PEAK_LOOPS / seconds;
}

#if defined(__x86_64__)
#define AVX512                                                                                     \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512vpopcntdq")))

/* Keeps the compiler from working it out beforehand. */
#define OPAQUE(v)   __asm__ volatile("" : "+v"(v))
#define EIGHT(step) step(0) step(1) step(2) step(3) step(4) step(5) step(6) step(7)

AVX512 static double peak_dot_avx512(void)
{
    __m512i x = _mm512_set1_epi32(1), y = x;
#define CHAIN(i) __m512i a##i = x;
    EIGHT(CHAIN)
    double start = clock_s(CLOCK_PROCESS_CPUTIME_ID);

    for (uint32_t n = 0; n < PEAK_LOOPS; n++) {
#define STEP(i) a##i = _mm512_dpbusd_epi32(a##i, x, y);
        EIGHT(STEP)
        OPAQUE(x);
    }
#define KEEP(i) OPAQUE(a##i);
    EIGHT(KEEP)
    return rate(8 * 64, clock_s(CLOCK_PROCESS_CPUTIME_ID) - start);
#undef STEP
}

/* And, population count, add: 512 cells and input bits a step. */
AVX512 static double peak_bits_avx512(void)
{
    __m512i x = _mm512_set1_epi32(0x55555555), y = x;
    EIGHT(CHAIN)
    double start = clock_s(CLOCK_PROCESS_CPUTIME_ID);

    for (uint32_t n = 0; n < PEAK_LOOPS; n++) {
#define STEP(i)                                                                                    \
    OPAQUE(x);                                                                                     \
    a##i = _mm512_add_epi64(a##i, _mm512_popcnt_epi64(_mm512_and_si512(x, y)));
        EIGHT(STEP)
    }
    EIGHT(KEEP)
    return rate(8 * 512, clock_s(CLOCK_PROCESS_CPUTIME_ID) - start);
#undef STEP
#undef CHAIN
}

__attribute__((target("avx2"))) static double peak_dot_avx2(void)
{
    __m256i x = _mm256_set1_epi32(1), y = x;
#define CHAIN(i) __m256i a##i = x;
    EIGHT(CHAIN)
    double start = clock_s(CLOCK_PROCESS_CPUTIME_ID);

    for (uint32_t n = 0; n < PEAK_LOOPS; n++) {
#define STEP(i)                                                                                    \
    __asm__ volatile("" : "+x"(x));                                                                \
    a##i = _mm256_add_epi32(a##i, _mm256_madd_epi16(x, y));
        EIGHT(STEP)
    }
#undef KEEP
#define KEEP(i) __asm__ volatile("" : "+x"(a##i));
    EIGHT(KEEP)
    return rate(8 * 16, clock_s(CLOCK_PROCESS_CPUTIME_ID) - start);
#undef STEP
#undef CHAIN
#undef KEEP
}

__attribute__((target("popcnt"))) static double peak_bits_avx2(void)
{
    uint64_t x = 0x5555555555555555u;
#define CHAIN(i) uint64_t a##i = x;
    EIGHT(CHAIN)
    double start = clock_s(CLOCK_PROCESS_CPUTIME_ID);

    for (uint32_t n = 0; n < PEAK_LOOPS; n++) {
#define STEP(i)                                                                                    \
    __asm__ volatile("" : "+r"(x));                                                                \
    a##i += (uint64_t)__builtin_popcountll(x);
        EIGHT(STEP)
    }
#define KEEP(i) __asm__ volatile("" : "+r"(a##i));
    EIGHT(KEEP)
    return rate(8 * 64, clock_s(CLOCK_PROCESS_CPUTIME_ID) - start);
}
#endif

/* Of the instruction that this kernel spends its time in; 0: no such thing for plain C. A lossy
 * product counts cells x input bits: columns an output x cell bits x input bits of them a
 * multiply-accumulate. */
static double peak(const struct exec_kernel *kernel, const struct chip_config *c)
{
    uint32_t cells = 2 * ((7 + c->mvm_cell_bits - 1) / c->mvm_cell_bits); /* of a weight */
    double dot = 0, bits = 0, per_mac = cells * c->mvm_cell_bits * 8;

#if defined(__x86_64__)
    if (strcmp(kernel->name, "avx512") == 0) {
        dot = peak_dot_avx512();
        bits = peak_bits_avx512();
    } else if (strcmp(kernel->name, "avx2") == 0) {
        dot = peak_dot_avx2();
        bits = peak_bits_avx2();
    }
#else
    (void)kernel;
#endif
    if (c->mvm_adc_bits >= chip_lossless_adc_bits(c))
        return dot;
    return dot > 0 ? 1 / (1 / dot + per_mac / bits) : 0;
}

int main(int argc, char **argv)
{
    const struct exec_kernel *kernel[EXEC_MAX_KERNELS], *chosen;
    struct chip_config c;
    struct err e = {0};
    enum err_code rc;

    if (argc == 2 && strcmp(argv[1], "kernels") == 0) {
        for (uint32_t i = 0, n = exec_kernels(kernel); i < n; i++)
            printf("%s\n", kernel[i]->name);
        return 0;
    }
    if (argc != 7 || !(chosen = kernel_named(argv[2]))) {
        fprintf(stderr, "usage: bench_xbar kernels | run|peak KERNEL K M ADC_BITS RANGE\n");
        return ERR_CONFIG;
    }
    rc = chip(&c, (uint32_t)strtoul(argv[5], NULL, 10), argv[6], &e);
    if (!rc && strcmp(argv[1], "peak") == 0)
        printf("%.6g\n", peak(chosen, &c));
    else if (!rc)
        rc = run(chosen, (uint32_t)strtoul(argv[3], NULL, 10), (uint32_t)strtoul(argv[4], NULL, 10),
                 &c, &e);
    if (rc)
        fprintf(stderr, "bench_xbar: %s\n", e.text);
    return (int)rc;
}
