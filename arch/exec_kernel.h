/* SPDX-License-Identifier: Apache-2.0 */
/* arch/exec_kernel.h: the two inner loops of matrix-vector products, for several processors.
 *
 * Every kernel gives the same integers; which one is used changes only the time. Plain C is always
 * there; the others are compiled in on x86-64 and chosen at run time. A dot product takes 8-bit
 * unsigned inputs and 8-bit signed weights into 32 bits, which nothing overflows. A column sum is
 * counted bit plane by bit plane. */
#ifndef AUTORAC_ARCH_EXEC_KERNEL_H
#define AUTORAC_ARCH_EXEC_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    EXEC_OUTPUTS = 16, /* outputs packed together */
    EXEC_INPUTS = 8,   /* inputs are padded with zeros to a multiple of this */
    EXEC_GROUP = 8,    /* columns counted together */
    EXEC_MAX_BITS = 8, /* of an input */
};

/* (m, k) as [m / EXEC_OUTPUTS][k / 4][EXEC_OUTPUTS][4], zeros where there is none. */
struct exec_weights {
    uint32_t m, k; /* padded to multiples of EXEC_OUTPUTS and EXEC_INPUTS */
    int8_t *packed;
};
/* weight: rows of k numbers, stride apart. */
void exec_weights_init(struct exec_weights *w, const int8_t *weight, size_t stride, uint32_t m,
                       uint32_t k);
void exec_weights_fini(struct exec_weights *w);

/* How inputs and codes are cut; one a shard. */
struct exec_slicing {
    uint32_t n_words;    /* of 64 rows of a crossbar */
    uint32_t level_bits; /* planes of a cell */
    uint32_t n_slices, dac_bits;
    uint32_t n_bits;   /* of an input, at most EXEC_MAX_BITS */
    uint32_t down, up; /* code = (sum + bias) >> down, counts as code << up */
    int64_t top;       /* largest code */
    int64_t exact;     /* ~0: take off the sum itself; 0: do not */
};

/* Eight columns of one row block. */
struct exec_group {
    uint64_t *plane;          /* (level_bits, n_words, EXEC_GROUP) bit: row */
    int64_t bias[EXEC_GROUP]; /* of the converter */
};

struct exec_kernel {
    const char *name;
    /* acc (n, w->m) = x (n, w->k) times the weights, transposed */
    void (*dot)(const struct exec_weights *w, const uint8_t *x, uint32_t n, int32_t *acc);
    /* total[j] = sum over slices s of ((code << up) - (sum & exact)) << (dac_bits s); returns how
     * many codes were clamped. drive: (n_bits, n_words) bit: row. */
    uint32_t (*columns)(const struct exec_slicing *s, const struct exec_group *g,
                        const uint64_t *drive, int64_t total[EXEC_GROUP]);
};

enum { EXEC_MAX_KERNELS = 3 };
/* Those that run on this processor, plain first, the fastest last; returns their number. */
uint32_t exec_kernels(const struct exec_kernel *out[EXEC_MAX_KERNELS]);

#endif
