/* SPDX-License-Identifier: Apache-2.0 */
/* Products of two dynamic operands, docs/microarchitecture.md section 8. */
#include "arch/exec_impl.h"

static uint8_t finish(const struct plan_int *d, int64_t product)
{
    return (uint8_t)requant(product, d->shift, d->zero_point, d->out_bits);
}

static void compute_dp(const struct plan_int *d, const uint8_t *in, uint8_t *out)
{
    int32_t zp = (int32_t)d->zero_point_a;

    for (uint32_t i = 1; i < d->rows; i++)
        for (uint32_t j = 0; j < i; j++) {
            int32_t acc = 0;

            for (uint32_t c = 0; c < d->dim; c++)
                acc += (in[i * d->dim + c] - zp) * (in[j * d->dim + c] - zp);
            *out++ = finish(d, (int64_t)acc * d->mult_a);
        }
}

static void compute_fm(const struct plan_int *d, const uint8_t *in, uint8_t *out)
{
    int32_t zp = (int32_t)d->zero_point_a;

    for (uint32_t c = 0; c < d->dim; c++) {
        int32_t sum = 0, squares = 0;

        for (uint32_t i = 0; i < d->rows; i++) {
            int32_t t = in[i * d->dim + c] - zp;

            sum += t;
            squares += t * t;
        }
        out[c] = finish(d, (int64_t)(sum * sum - squares) * d->mult_a);
    }
}

static void compute_add(const struct plan_int *d, const uint8_t *in, uint8_t *out)
{
    const uint8_t *b = in + d->dim;

    for (uint32_t i = 0; i < d->dim; i++)
        out[i] = finish(d, (int64_t)(in[i] - (int32_t)d->zero_point_a) * d->mult_a +
                               (int64_t)(b[i] - (int32_t)d->zero_point_b) * d->mult_b);
}

void exec_int(const struct plan_int *d, const uint8_t *in, uint8_t *out)
{
    if (d->mode == INT_DP)
        compute_dp(d, in, out);
    else if (d->mode == INT_FM)
        compute_fm(d, in, out);
    else
        compute_add(d, in, out);
}
