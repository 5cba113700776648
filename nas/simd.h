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

#endif
