/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/exec_kernel.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* ---- weights ---- */

void exec_weights_init(struct exec_weights *w, const int8_t *weight, size_t stride, uint32_t m,
                       uint32_t k)
{
    w->m = (m + EXEC_OUTPUTS - 1) / EXEC_OUTPUTS * EXEC_OUTPUTS;
    w->k = (k + EXEC_INPUTS - 1) / EXEC_INPUTS * EXEC_INPUTS;
    w->packed = mem_alloc((size_t)w->m * w->k, 1);
    for (uint32_t i = 0; i < m; i++)
        for (uint32_t j = 0; j < k; j++)
            w->packed[((size_t)(i / EXEC_OUTPUTS) * (w->k / 4) + j / 4) * 4 * EXEC_OUTPUTS +
                      i % EXEC_OUTPUTS * 4 + j % 4] = weight[i * stride + j];
}

void exec_weights_fini(struct exec_weights *w)
{
    free(w->packed);
}

/* Packed weights of outputs EXEC_OUTPUTS * block and after. */
static inline const int8_t *block_of(const struct exec_weights *w, uint32_t block)
{
    return w->packed + (size_t)block * w->k * EXEC_OUTPUTS;
}

/* ---- plain C ---- */

static void dot_plain(const struct exec_weights *w, const uint8_t *x, uint32_t n, int32_t *acc)
{
    for (uint32_t block = 0; block < w->m / EXEC_OUTPUTS; block++)
        for (uint32_t v = 0; v < n; v++) {
            const int8_t *at = block_of(w, block);
            const uint8_t *in = x + (size_t)v * w->k;
            int32_t sum[EXEC_OUTPUTS] = {0};

            for (uint32_t k = 0; k < w->k; k += 4, at += 4 * EXEC_OUTPUTS)
                for (uint32_t o = 0; o < EXEC_OUTPUTS; o++)
                    for (uint32_t i = 0; i < 4; i++)
                        sum[o] += at[4 * o + i] * in[k + i];
            memcpy(acc + (size_t)v * w->m + (size_t)block * EXEC_OUTPUTS, sum, sizeof sum);
        }
}

/* Rows driven by each input bit, on each bit line: bit_sum (input bit, column). */
typedef uint64_t bit_sums[EXEC_MAX_BITS][EXEC_GROUP];

static inline __attribute__((always_inline)) void count_bits(const struct exec_slicing *s,
                                                             const struct exec_group *g,
                                                             const uint64_t *drive, bit_sums sum)
{
    for (uint32_t i = 0; i < s->n_bits; i++)
        for (uint32_t j = 0; j < EXEC_GROUP; j++) {
            uint64_t n = 0;

            for (uint32_t b = s->level_bits; b-- > 0;) {
                n <<= 1;
                for (uint32_t k = 0; k < s->n_words; k++)
                    n += (uint64_t)__builtin_popcountll(
                        g->plane[((size_t)b * s->n_words + k) * EXEC_GROUP + j] &
                        drive[i * s->n_words + k]);
            }
            sum[i][j] = n;
        }
}

/* From sums of input bits to those of slices, their codes, and the total. */
static inline __attribute__((always_inline)) uint32_t convert(const struct exec_slicing *s,
                                                              const struct exec_group *g,
                                                              bit_sums bit_sum,
                                                              int64_t total[EXEC_GROUP])
{
    int64_t clamped[EXEC_GROUP] = {0}, n = 0;
    uint64_t all[EXEC_GROUP] = {0};

    for (uint32_t i = 0; i < s->n_slices; i++) {
        uint32_t first = i * s->dac_bits;
        int64_t sum[EXEC_GROUP] = {0};

        /* The last slice of a code may have fewer bits than the DAC. */
        for (uint32_t d = 0; d < s->dac_bits && first + d < s->n_bits; d++)
            for (uint32_t j = 0; j < EXEC_GROUP; j++)
                sum[j] += (int64_t)(bit_sum[first + d][j] << d);
        for (uint32_t j = 0; j < EXEC_GROUP; j++) {
            int64_t code = (sum[j] + g->bias[j]) >> s->down, held = code;

            held = held < 0 ? 0 : held;
            held = held > s->top ? s->top : held;
            clamped[j] += held != code;
            all[j] += (uint64_t)((held << s->up) - (sum[j] & s->exact)) << first;
        }
    }
    for (uint32_t j = 0; j < EXEC_GROUP; j++) {
        n += clamped[j];
        total[j] = (int64_t)all[j];
    }
    return (uint32_t)n;
}

static uint32_t columns_plain(const struct exec_slicing *s, const struct exec_group *g,
                              const uint64_t *drive, int64_t total[EXEC_GROUP])
{
    bit_sums sum;

    count_bits(s, g, drive, sum);
    return convert(s, g, sum, total);
}

static const struct exec_kernel plain = {"plain", dot_plain, columns_plain};

#if defined(__x86_64__)

/* ---- AVX2 ---- */

/* Eight outputs of a block, one input vector. Products of bytes as 16-bit pairs: no saturation. */
__attribute__((target("avx2"))) static inline void dot_half_avx2(const int8_t *w, const uint8_t *in,
                                                                 uint32_t k, int32_t *acc)
{
    __m256i low = _mm256_setzero_si256(), high = low, pairs;

    for (uint32_t i = 0; i < k; i += 4, w += 4 * EXEC_OUTPUTS) {
        int32_t four;
        __m256i x;

        memcpy(&four, in + i, sizeof four);
        x = _mm256_cvtepu8_epi16(_mm_set1_epi32(four));
        low = _mm256_add_epi32(low, _mm256_madd_epi16(x, _mm256_cvtepi8_epi16(_mm_loadu_si128(
                                                             (const __m128i *)(const void *)w))));
        high = _mm256_add_epi32(
            high, _mm256_madd_epi16(x, _mm256_cvtepi8_epi16(_mm_loadu_si128(
                                           (const __m128i *)(const void *)(w + 16)))));
    }
    /* Sums of pairs: outputs 0 1 4 5 2 3 6 7. */
    pairs = _mm256_hadd_epi32(low, high);
    _mm256_storeu_si256((__m256i *)(void *)acc, _mm256_permute4x64_epi64(pairs, 0xd8));
}

__attribute__((target("avx2"))) static void dot_avx2(const struct exec_weights *w, const uint8_t *x,
                                                     uint32_t n, int32_t *acc)
{
    for (uint32_t block = 0; block < w->m / EXEC_OUTPUTS; block++)
        for (uint32_t v = 0; v < n; v++)
            for (uint32_t half = 0; half < EXEC_OUTPUTS; half += EXEC_OUTPUTS / 2)
                dot_half_avx2(block_of(w, block) + (size_t)4 * half, x + (size_t)v * w->k, w->k,
                              acc + (size_t)v * w->m + (size_t)block * EXEC_OUTPUTS + half);
}

__attribute__((target("avx2,popcnt"))) static uint32_t columns_avx2(const struct exec_slicing *s,
                                                                    const struct exec_group *g,
                                                                    const uint64_t *drive,
                                                                    int64_t total[EXEC_GROUP])
{
    bit_sums sum;

    count_bits(s, g, drive, sum);
    return convert(s, g, sum, total);
}

static const struct exec_kernel avx2 = {"avx2", dot_avx2, columns_avx2};

/* ---- AVX-512 with VNNI and VPOPCNTDQ ---- */

#define AVX512                                                                                     \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512vpopcntdq")))

/* Two blocks of outputs (or one twice, then second == first) and up to four input vectors: the
 * accumulators stay in registers. */
AVX512 static inline void dot_tile_avx512(const int8_t *first, const int8_t *second,
                                          const uint8_t *const in[4], uint32_t k, __m512i sum[8])
{
    __m512i a0 = _mm512_setzero_si512(), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0,
            b3 = a0;

    for (uint32_t i = 0; i < k; i += 4, first += 4 * EXEC_OUTPUTS, second += 4 * EXEC_OUTPUTS) {
        __m512i wa = _mm512_loadu_si512(first), wb = _mm512_loadu_si512(second), x0, x1, x2, x3;
        int32_t four[4];

        for (uint32_t v = 0; v < 4; v++)
            memcpy(&four[v], in[v] + i, sizeof four[v]);
        x0 = _mm512_set1_epi32(four[0]);
        x1 = _mm512_set1_epi32(four[1]);
        x2 = _mm512_set1_epi32(four[2]);
        x3 = _mm512_set1_epi32(four[3]);
        a0 = _mm512_dpbusd_epi32(a0, x0, wa);
        a1 = _mm512_dpbusd_epi32(a1, x1, wa);
        a2 = _mm512_dpbusd_epi32(a2, x2, wa);
        a3 = _mm512_dpbusd_epi32(a3, x3, wa);
        b0 = _mm512_dpbusd_epi32(b0, x0, wb);
        b1 = _mm512_dpbusd_epi32(b1, x1, wb);
        b2 = _mm512_dpbusd_epi32(b2, x2, wb);
        b3 = _mm512_dpbusd_epi32(b3, x3, wb);
    }
    sum[0] = a0, sum[1] = a1, sum[2] = a2, sum[3] = a3;
    sum[4] = b0, sum[5] = b1, sum[6] = b2, sum[7] = b3;
}

AVX512 static void dot_avx512(const struct exec_weights *w, const uint8_t *x, uint32_t n,
                              int32_t *acc)
{
    uint32_t n_blocks = w->m / EXEC_OUTPUTS;

    for (uint32_t block = 0; block < n_blocks; block += 2)
        for (uint32_t v = 0; v < n; v += 4) {
            uint32_t second = block + 1 < n_blocks ? block + 1 : block;
            const uint8_t *in[4];
            __m512i sum[8];

            for (uint32_t i = 0; i < 4; i++) /* past the end: the last one again */
                in[i] = x + (size_t)(v + i < n ? v + i : n - 1) * w->k;
            dot_tile_avx512(block_of(w, block), block_of(w, second), in, w->k, sum);
            for (uint32_t i = 0; i < 4 && v + i < n; i++) {
                int32_t *to = acc + (size_t)(v + i) * w->m;

                _mm512_storeu_si512(to + (size_t)block * EXEC_OUTPUTS, sum[i]);
                _mm512_storeu_si512(to + (size_t)second * EXEC_OUTPUTS, sum[4 + i]);
            }
        }
}

/* Eight columns' sums of one input bit; n_words is a constant where this is inlined. */
AVX512 static inline __m512i count_avx512(const struct exec_slicing *s, const uint64_t *plane,
                                          const uint64_t *drive, uint32_t n_words)
{
    __m512i n = _mm512_setzero_si512();

    for (uint32_t b = s->level_bits; b-- > 0;) {
        n = _mm512_add_epi64(n, n);
        for (uint32_t k = 0; k < n_words; k++)
            n = _mm512_add_epi64(
                n, _mm512_popcnt_epi64(_mm512_and_si512(
                       _mm512_loadu_si512(plane + ((size_t)b * n_words + k) * EXEC_GROUP),
                       _mm512_set1_epi64((int64_t)drive[k]))));
    }
    return n;
}

AVX512 static inline __m512i left(__m512i v, uint32_t bits)
{
    return _mm512_sll_epi64(v, _mm_cvtsi32_si128((int)bits));
}

AVX512 static inline __attribute__((always_inline)) uint32_t
columns_of_words(const struct exec_slicing *s, const struct exec_group *g, const uint64_t *drive,
                 int64_t total[EXEC_GROUP], uint32_t n_words)
{
    __m512i bias = _mm512_loadu_si512(g->bias), top = _mm512_set1_epi64(s->top);
    __m512i exact = _mm512_set1_epi64(s->exact), all = _mm512_setzero_si512();
    __m128i down = _mm_cvtsi32_si128((int)s->down);
    uint32_t n = 0;

    for (uint32_t i = 0; i < s->n_slices; i++) {
        uint32_t first = i * s->dac_bits;
        __m512i sum = count_avx512(s, g->plane, drive + (size_t)first * n_words, n_words), code,
                held;

        for (uint32_t d = 1; d < s->dac_bits && first + d < s->n_bits; d++)
            sum = _mm512_add_epi64(
                sum,
                left(count_avx512(s, g->plane, drive + (size_t)(first + d) * n_words, n_words), d));
        code = _mm512_sra_epi64(_mm512_add_epi64(sum, bias), down);
        held = _mm512_min_epi64(_mm512_max_epi64(code, _mm512_setzero_si512()), top);
        n += (uint32_t)__builtin_popcount(_mm512_cmpneq_epi64_mask(held, code));
        held = _mm512_sub_epi64(left(held, s->up), _mm512_and_si512(sum, exact));
        all = _mm512_add_epi64(all, left(held, first));
    }
    _mm512_storeu_si512(total, all);
    return n;
}

AVX512 static uint32_t columns_avx512(const struct exec_slicing *s, const struct exec_group *g,
                                      const uint64_t *drive, int64_t total[EXEC_GROUP])
{
    if (s->n_words == 1)
        return columns_of_words(s, g, drive, total, 1);
    if (s->n_words == 2)
        return columns_of_words(s, g, drive, total, 2);
    return columns_of_words(s, g, drive, total, s->n_words);
}

static const struct exec_kernel avx512 = {"avx512", dot_avx512, columns_avx512};

static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni") &&
           __builtin_cpu_supports("avx512vpopcntdq");
}
#endif

uint32_t exec_kernels(const struct exec_kernel *out[EXEC_MAX_KERNELS])
{
    uint32_t n = 0;

    out[n++] = &plain;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt"))
        out[n++] = &avx2;
    if (has_avx512())
        out[n++] = &avx512;
#endif
    return n;
}
