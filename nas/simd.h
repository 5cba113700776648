/* SPDX-License-Identifier: Apache-2.0 */
/* nas/simd.h: loops compiled for several vector widths, chosen by the processor they run on.
 *
 * SIMD_CLONES before a function that loops over floats. Its arithmetic must not depend on the
 * width: elementwise, or sums of a fixed number of lanes; then every clone gives the same bytes
 * (multiplications and additions are never contracted). */
#ifndef AUTORAC_NAS_SIMD_H
#define AUTORAC_NAS_SIMD_H

#include <stdint.h>

/* Not with clang: up to 15 it gives the clones another name than callers in other files look for.
 */
#if defined(__x86_64__) && defined(__ELF__) && !defined(__clang__)
#define SIMD_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define SIMD_CLONES
#endif
/* What such a function calls must be compiled with it. */
#define ALWAYS_INLINE __attribute__((always_inline))

/* Sixteen numbers side by side, as many instructions as it takes. Passed by address only: the
 * calling convention of vectors depends on the width. */
enum { LANES = 16 };
typedef float lanes_f __attribute__((vector_size(64)));
typedef int32_t lanes_i __attribute__((vector_size(64)));
union lanes {
    float f[LANES];
    int32_t i[LANES];
    lanes_f v;
    lanes_i vi;
};

ALWAYS_INLINE static inline void lanes_max(union lanes *a, const union lanes *b)
{
    lanes_i less = a->v < b->v;

    a->vi = (less & b->vi) | (~less & a->vi);
}

ALWAYS_INLINE static inline void lanes_min(union lanes *a, const union lanes *b)
{
    lanes_i less = a->v < b->v;

    a->vi = (less & a->vi) | (~less & b->vi);
}

/* a <- table[index modulo LANES] */
ALWAYS_INLINE static inline void lanes_pick(union lanes *a, const union lanes *table,
                                            const union lanes *index)
{
#ifdef __clang__
    for (int k = 0; k < LANES; k++)
        a->f[k] = table->f[index->i[k] & (LANES - 1)];
#else
    a->v = __builtin_shuffle(table->v, index->vi);
#endif
}

/* Number e of the first of two rows `by` apart, once transposing has exchanged their blocks of that
 * size, as an index into both; of the second. */
#define LANES_UPPER(by, e) ((e) & (by) ? LANES + (e) - (by) : (e))
#define LANES_LOWER(by, e) ((e) & (by) ? LANES + (e) : (e) + (by))
#define LANES_ALL(f, by)                                                                           \
    f(by, 0), f(by, 1), f(by, 2), f(by, 3), f(by, 4), f(by, 5), f(by, 6), f(by, 7), f(by, 8),      \
        f(by, 9), f(by, 10), f(by, 11), f(by, 12), f(by, 13), f(by, 14), f(by, 15)
#define LANES_EXCHANGE(a, by)                                                                      \
    for (int k = 0; k < LANES; k++) {                                                              \
        if (k & (by))                                                                              \
            continue;                                                                              \
        lanes_f x = (a)[k].v, y = (a)[k + (by)].v;                                                 \
        (a)[k].v = __builtin_shufflevector(x, y, LANES_ALL(LANES_UPPER, by));                      \
        (a)[k + (by)].v = __builtin_shufflevector(x, y, LANES_ALL(LANES_LOWER, by));               \
    }

/* a (LANES, LANES): rows become columns. */
ALWAYS_INLINE static inline void lanes_transpose(union lanes *a){
    LANES_EXCHANGE(a, 8) LANES_EXCHANGE(a, 4) LANES_EXCHANGE(a, 2) LANES_EXCHANGE(a, 1)}

/* a <- e^a, cut to -87 .. 88 first; relative error below 2^-22 (Cephes' polynomial). */
ALWAYS_INLINE static inline void lanes_exp(union lanes *a)
{
    const float bias = 12582912; /* 1.5 * 2^23: a number added to it and taken away is rounded */
    union lanes limit = {{0}}, n, power;
    lanes_f r;

    limit.v += 88;
    lanes_min(a, &limit);
    limit.v -= 175;
    lanes_max(a, &limit);
    n.v = a->v * 1.44269504f + bias;
    n.v -= bias;
    r = a->v - n.v * 0.693359375f + n.v * 2.12194440e-4f; /* ln 2 in two parts */
    a->v = 1.9875691500e-4f * r + 1.3981999507e-3f;
    a->v = a->v * r + 8.3334519073e-3f;
    a->v = a->v * r + 4.1665795894e-2f;
    a->v = a->v * r + 1.6666665459e-1f;
    a->v = a->v * r + 5.0000001201e-1f;
    a->v = a->v * (r * r) + r + 1;
    power.vi = (__builtin_convertvector(n.v, lanes_i) + 127) << 23;
    a->v *= power.v;
}

#endif
