/* SPDX-License-Identifier: Apache-2.0 */
/* Products of two dynamic operands, docs/microarchitecture.md section 8. Every engine computes the
 * same integers: arrays and their converters lose nothing. */
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

/* Element k of an operand of n, zero point off; 0 beyond its end. */
static int32_t padded(const uint8_t *x, uint32_t n, uint32_t k, uint32_t zero_point)
{
    return k < n ? x[k] - (int32_t)zero_point : 0;
}

static void compute_add(const struct plan_int *d, const uint8_t *in, uint8_t *out)
{
    for (uint32_t k = 0; k < d->dim; k++)
        out[k] =
            finish(d, (int64_t)padded(in, d->n_a, k, d->zero_point_a) * d->mult_a +
                          (int64_t)padded(in + d->n_a, d->n_b, k, d->zero_point_b) * d->mult_b);
}

static void compute_gate(const struct plan_int *d, const uint8_t *in, uint8_t *out)
{
    for (uint32_t k = 0; k < d->dim; k++) {
        int32_t weight = d->table[k < d->n_a ? in[k] : d->zero_point_a];

        out[k] = finish(d, (int64_t)(weight * padded(in + d->n_a, d->n_b, k, d->zero_point_b)) *
                               d->mult_a);
    }
}

/* S[j] of a row q, one head's channels of it, against those of k of every row. */
static int32_t score(const struct plan_int *d, const uint8_t *q, const uint8_t *k)
{
    int32_t zp = (int32_t)d->zero_point_a, acc = 0;

    for (uint32_t c = 0; c < d->head_dim; c++)
        acc += (q[c] - zp) * (k[c] - zp);
    return acc;
}

/* One row of one head: in and out point at the head's first channel. */
static void attend(const struct plan_int *d, const uint8_t *in, uint32_t i, uint8_t *out)
{
    const uint8_t *q = in + (size_t)i * 3 * d->dim, *k = in + d->dim, *v = in + 2 * (size_t)d->dim;
    int32_t s[WL_MAX_ATTENTION_ROWS], top = INT32_MIN;
    uint32_t sum = 0, p = 0, r;

    for (uint32_t j = 0; j < d->rows; j++) {
        s[j] = score(d, q, k + (size_t)j * 3 * d->dim);
        top = s[j] > top ? s[j] : top;
    }
    for (uint32_t j = 0; j < d->rows; j++) {
        s[j] = d->table[requant((int64_t)(top - s[j]) * d->mult_a, d->score_shift, 0, 8)];
        sum += (uint32_t)s[j];
    }
    while (sum >> p > 1)
        p++;
    r = wl_reciprocal((sum << 8 >> p) & 255);
    for (uint32_t c = 0; c < d->head_dim; c++) {
        int64_t num = 0;

        for (uint32_t j = 0; j < d->rows; j++)
            num += s[j] * (v[(size_t)j * 3 * d->dim + c] - (int32_t)d->zero_point_a);
        out[c] = finish(d, (num * r >> (p + 8)) * d->mult_b);
    }
}

static void compute_attention(const struct plan_int *d, const uint8_t *in, uint8_t *out)
{
    for (uint32_t h = 0; h < d->heads; h++)
        for (uint32_t i = 0; i < d->rows; i++)
            attend(d, in + (size_t)h * d->head_dim, i,
                   out + (size_t)i * d->dim + (size_t)h * d->head_dim);
}

void exec_int(const struct plan_int *d, const uint8_t *in, uint8_t *out)
{
    static void (*const by_mode[])(const struct plan_int *, const uint8_t *, uint8_t *) = {
        [INT_DP] = compute_dp,
        [INT_FM] = compute_fm,
        [INT_ADD] = compute_add,
        [INT_GATE] = compute_gate,
        [INT_ATTENTION] = compute_attention,
    };

    by_mode[d->mode](d, in, out);
}
