/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/quant.h"
#include "nas/simd.h"

#include <assert.h>
#include <math.h>

enum { MAX_BITS = 8, MIN_BITS = 2, MAX_SHIFT = 40 };

/* Multiples of the root mean square at which the grid saturates, by bits. Near the least squared
 * error of a normal distribution (signed), of its positive half (ReLU, where the root mean square
 * is taken before the ReLU), and of a Laplace-like product (wide). */
static const double limits[][MAX_BITS + 1] = {
    [GRID_SIGNED] = {0, 0, 1.5, 2.1, 2.7, 3.3, 3.9, 4.5, 5.0},
    [GRID_RELU] = {0, 0, 2.0, 2.5, 3.0, 3.6, 4.2, 5.0, 5.5},
    [GRID_WIDE] = {0, 0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0},
};

/* The same for a row of weights; 0: never clipped. */
static const double weight_limits[MAX_BITS + 1] = {0, 0, 1.5, 2.1, 2.7, 3.3, 3.9, 4.5, 0};

uint32_t grid_zero_point(struct grid g)
{
    return g.kind == GRID_RELU ? 0 : 1u << (g.bits - 1);
}

static double top_code(struct grid g)
{
    return (double)((1u << g.bits) - 1 - grid_zero_point(g));
}

double grid_limit(struct grid g)
{
    assert(g.bits >= MIN_BITS && g.bits <= MAX_BITS);
    return limits[g.kind][g.bits];
}

double grid_step(struct grid g)
{
    return grid_limit(g) / top_code(g);
}

SIMD_CLONES void grid_round(struct grid g, double unit, float by, const float *restrict x,
                            float *restrict y, size_t n)
{
    float step = (float)(grid_step(g) * unit), inverse = (float)(1 / (grid_step(g) * unit));
    float zero = (float)grid_zero_point(g), top = (float)((1u << g.bits) - 1);

    for (size_t i = 0; i < n; i++) {
        float t = x[i] * by * inverse + (zero + 0.5f);

        t = t > 0 ? t : 0;
        t = t < top ? t : top;
        y[i] = step * ((float)(int32_t)t - zero);
    }
}

uint8_t grid_code(struct grid g, double unit, float x)
{
    float inverse = (float)(1 / (grid_step(g) * unit));
    float t = x * inverse + ((float)grid_zero_point(g) + 0.5f), top = (float)((1u << g.bits) - 1);

    t = t > 0 ? t : 0;
    return (uint8_t)(int32_t)(t < top ? t : top);
}

struct grid_range grid_range(struct grid g, double unit)
{
    float step = (float)(grid_step(g) * unit);
    float hi = (float)(grid_limit(g) * unit) + 0.5f * step;

    return (struct grid_range){g.kind == GRID_RELU ? 0 : -hi - step, hi};
}

double weights_round(float *w, size_t n, uint32_t bits)
{
    float peak = 0, top = (float)((1 << (bits - 1)) - 1), inverse;
    double squares = 0, scale;

    for (size_t i = 0; i < n; i++) {
        float a = fabsf(w[i]);

        peak = a > peak ? a : peak;
    }
    if (weight_limits[bits] > 0) {
        float s[4] = {0};
        size_t i = 0;

        for (; i + 4 <= n; i += 4)
            for (size_t k = 0; k < 4; k++)
                s[k] += w[i + k] * w[i + k];
        for (; i < n; i++)
            s[0] += w[i] * w[i];
        squares =
            weight_limits[bits] * sqrt((double)(s[0] + s[1] + s[2] + s[3]) / (double)(n ? n : 1));
        peak = squares < (double)peak ? (float)squares : peak;
    }
    scale = peak > 1e-20f ? (double)(peak / top) : 1e-6;
    inverse = (float)(1 / scale);
    for (size_t i = 0; i < n; i++) {
        float t = w[i] * inverse + (top + 0.5f);

        t = t > 0 ? t : 0;
        t = t < 2 * top ? t : 2 * top;
        w[i] = (float)(int32_t)t - top;
    }
    return scale;
}

void choose_mults(const double *ratio, uint32_t n, uint16_t *mult, uint32_t *shift)
{
    double top = 0;
    int exponent, s;

    for (uint32_t i = 0; i < n; i++)
        top = ratio[i] > top ? ratio[i] : top;
    frexp(top, &exponent); /* top in [2^(e-1), 2^e) */
    s = 16 - exponent;
    s = top <= 0 || s > MAX_SHIFT ? MAX_SHIFT : s < 1 ? 1 : s;
    if (s > 1 && floor(ldexp(top, s) + 0.5) > UINT16_MAX)
        s--;
    for (uint32_t i = 0; i < n; i++) {
        double m = floor(ldexp(ratio[i], s) + 0.5);

        mult[i] = (uint16_t)(m > UINT16_MAX ? UINT16_MAX : m);
    }
    *shift = (uint32_t)s;
}
