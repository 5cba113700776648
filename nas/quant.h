/* SPDX-License-Identifier: Apache-2.0 */
/* nas/quant.h: the one definition of what is rounded how, used by training and by freezing.
 *
 * Activations. Every tensor is normalised by one number (the root mean square of what its
 * operator computes, before ReLU), so its codes live on a grid that depends only on bits
 * and kind: step = limit / largest code. Tensors of equal bits and kind therefore share scale and
 * zero point by construction, which DP and FM need. The embedding and the dense input are not
 * normalised; their grid is scaled instead.
 *
 * Weights. Row m of a matrix is quantised as a whole, after each input's own scale has been
 * absorbed into its columns: w[m][k] * input_scale[k] = row_scale[m] * integer, so that the
 * integers of inputs with different scales add up. Rows are clipped where few bits gain from it.
 *
 * Rounding is half up everywhere, as in the hardware. */
#ifndef AUTORAC_NAS_QUANT_H
#define AUTORAC_NAS_QUANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum grid_kind {
    GRID_SIGNED, /* linear outputs, embeddings, dense features */
    GRID_RELU,   /* zero point 0 */
    GRID_WIDE,   /* signed, heavy tails: products of pairs */
};

struct grid {
    enum grid_kind kind;
    uint32_t bits; /* 2..8 */
};

uint32_t grid_zero_point(struct grid g);
double grid_step(struct grid g);  /* real value of one code at unit root mean square */
double grid_limit(struct grid g); /* beyond it codes saturate */

/* y = the value of the nearest code of x times `by`, in units of `unit` (1 where values are
 * normalised). */
void grid_round(struct grid g, double unit, float by, const float *x, float *y, size_t n);
uint8_t grid_code(struct grid g, double unit, float x);
/* Between lo and hi a value is inside the grid; beyond, it saturates (or the ReLU is off) and
 * passes no gradient. */
struct grid_range {
    float lo, hi;
};
struct grid_range grid_range(struct grid g, double unit);

/* Row of n weights -> its scale; w is replaced by the integers. Never 0. */
double weights_round(float *w, size_t n, uint32_t bits);

/* Real multipliers -> mult[i] / 2^shift with one shift, as precise as 16 bits allow. */
void choose_mults(const double *ratio, uint32_t n, uint16_t *mult, uint32_t *shift);

#endif
