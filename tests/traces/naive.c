/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/traces/naive.h"

#include <criterion/criterion.h>
#include <stdlib.h>

struct naive {
    const struct workload *w;
    int64_t *value[64]; /* codes of each tensor; the logit itself */
};

static int64_t floor_div_pow2(int64_t x, uint32_t s)
{
    int64_t d = (int64_t)1 << s, q = x / d;

    return x % d < 0 ? q - 1 : q;
}

static int64_t naive_requant(int64_t product, const struct wl_op *o, const struct wl_tensor *t)
{
    int64_t y = floor_div_pow2(product + ((int64_t)1 << (o->shift - 1)), o->shift) + t->zero_point;
    int64_t hi = ((int64_t)1 << t->bits) - 1;

    if (y < 0)
        return 0;
    return y > hi ? hi : y;
}

/* Element k of the operator's inputs taken together, zero point off. */
static int64_t operand(const struct naive *n, const struct wl_op *o, uint64_t k)
{
    for (uint32_t i = 0;; i++) {
        const struct wl_tensor *t = &n->w->tensor[o->input[i]];
        uint64_t size = (uint64_t)t->rows * t->dim;

        cr_assert_lt(i, o->n_inputs);
        if (k < size)
            return n->value[o->input[i]][k] - t->zero_point;
        k -= size;
    }
}

static void naive_mvm(struct naive *n, const struct wl_op *o, int64_t *out)
{
    const struct wl_tensor *t = &n->w->tensor[o->output];

    for (uint32_t m = 0; m < o->n_out; m++)
        for (uint32_t v = 0; v < o->n_vec; v++) {
            int64_t acc = o->bias[m];

            for (uint32_t k = 0; k < o->n_in; k++)
                acc += (int64_t)o->weight[m * o->n_in + k] *
                       operand(n, o, o->by_row ? v * o->n_in + k : k * o->n_vec + v);
            cr_assert(acc <= INT32_MAX && acc >= INT32_MIN);
            out[o->by_row ? v * o->n_out + m : m * o->n_vec + v] =
                o->raw ? acc : naive_requant(acc * o->mult[m], o, t);
        }
}

static void naive_dp(struct naive *n, const struct wl_op *o, int64_t *out)
{
    for (uint32_t i = 0; i < o->n_in; i++)
        for (uint32_t j = 0; j < i; j++) {
            int64_t acc = 0;

            for (uint32_t c = 0; c < o->n_vec; c++)
                acc += operand(n, o, i * o->n_vec + c) * operand(n, o, j * o->n_vec + c);
            out[i * (i - 1) / 2 + j] = naive_requant(acc * o->mult[0], o, &n->w->tensor[o->output]);
        }
}

/* The sum over pairs, twice: another way to say (sum)^2 - sum of squares. */
static void naive_fm(struct naive *n, const struct wl_op *o, int64_t *out)
{
    for (uint32_t c = 0; c < o->n_vec; c++) {
        int64_t acc = 0;

        for (uint32_t i = 0; i < o->n_in; i++)
            for (uint32_t j = 0; j < o->n_in; j++)
                if (i != j)
                    acc += operand(n, o, i * o->n_vec + c) * operand(n, o, j * o->n_vec + c);
        out[c] = naive_requant(acc * o->mult[0], o, &n->w->tensor[o->output]);
    }
}

/* Element k of input i, 0 beyond its end. */
static int64_t padded(const struct naive *n, const struct wl_op *o, uint32_t i, uint32_t k)
{
    const struct wl_tensor *t = &n->w->tensor[o->input[i]];

    return k < t->rows * t->dim ? n->value[o->input[i]][k] - t->zero_point : 0;
}

static void naive_add(struct naive *n, const struct wl_op *o, int64_t *out)
{
    for (uint32_t k = 0; k < o->n_in; k++)
        out[k] = naive_requant(padded(n, o, 0, k) * o->mult[0] + padded(n, o, 1, k) * o->mult[1], o,
                               &n->w->tensor[o->output]);
}

static void naive_gate(struct naive *n, const struct wl_op *o, int64_t *out)
{
    const struct wl_tensor *gate = &n->w->tensor[o->input[0]];

    for (uint32_t k = 0; k < o->n_in; k++)
        out[k] = naive_requant(o->table[padded(n, o, 0, k) + gate->zero_point] *
                                   padded(n, o, 1, k) * o->mult[0],
                               o, &n->w->tensor[o->output]);
}

/* Value of channel c of q (0), k (1) or v (2) of row i. */
static int64_t qkv(const struct naive *n, const struct wl_op *o, uint32_t part, uint32_t i,
                   uint32_t c)
{
    return operand(n, o, (i * 3 + part) * o->n_vec + c);
}

/* The e[j] of header and chip for row i, channels of the head that c is in. */
static void naive_weights(const struct naive *n, const struct wl_op *o, uint32_t i, uint32_t c,
                          int64_t *e)
{
    uint32_t d = o->n_vec / o->n_heads, first = c - c % d;
    int64_t top = INT64_MIN;

    for (uint32_t j = 0; j < o->n_in; j++) {
        e[j] = 0;
        for (uint32_t k = first; k < first + d; k++)
            e[j] += qkv(n, o, 0, i, k) * qkv(n, o, 1, j, k);
        top = e[j] > top ? e[j] : top;
    }
    for (uint32_t j = 0; j < o->n_in; j++) {
        int64_t t = floor_div_pow2((top - e[j]) * o->mult[0] + ((int64_t)1 << (o->score_shift - 1)),
                                   o->score_shift);

        e[j] = o->table[t > 255 ? 255 : t];
    }
}

static void naive_attention(struct naive *n, const struct wl_op *o, int64_t *out)
{
    int64_t e[WL_MAX_ATTENTION_ROWS];

    for (uint32_t i = 0; i < o->n_in; i++)
        for (uint32_t c = 0; c < o->n_vec; c++) {
            int64_t sum = 0, num = 0, whole = 1, r;
            uint32_t p = 0;

            naive_weights(n, o, i, c, e);
            for (uint32_t j = 0; j < o->n_in; j++) {
                sum += e[j];
                num += e[j] * qkv(n, o, 2, j, c);
            }
            for (; 2 * whole <= sum; p++)
                whole *= 2;
            r = (2 * (((int64_t)1 << 25)) / (513 + 2 * (sum * 256 / whole - 256)) + 1) / 2;
            out[i * o->n_vec + c] = naive_requant(floor_div_pow2(num * r, p + 8) * o->mult[1], o,
                                                  &n->w->tensor[o->output]);
        }
}

/* A row as it is; of a bag the sum of its rows, requantised. */
static void naive_embed(const struct naive *n, const struct wl_op *o, const uint32_t *record,
                        int64_t *out)
{
    const struct workload *w = n->w;
    const struct wl_tensor *t = &w->tensor[o->output];

    for (uint32_t f = 0; f < w->n_fields; f++) {
        const uint32_t *slot = record + workload_slot(w, f);
        bool is_bag = workload_max_bag(w, f) > 0;

        for (uint32_t c = 0; c < w->embed_dim; c++) {
            int64_t acc = 0;

            for (uint32_t k = 0; k < (is_bag ? slot[0] : 1); k++) {
                uint64_t row = w->row_base[f] + slot[is_bag + k];

                acc += w->table[row * w->embed_dim + c] - (is_bag ? (int64_t)t->zero_point : 0);
            }
            out[f * w->embed_dim + c] = is_bag ? naive_requant(acc * o->mult[f], o, t) : acc;
        }
    }
}

static void naive_request(struct naive *n, uint32_t request)
{
    const struct workload *w = n->w;

    for (uint32_t k = 0; k < w->n_dense; k++)
        n->value[0][k] = w->dense[request * w->n_dense + k];
    for (uint32_t i = 0; i < w->n_ops; i++) {
        const struct wl_op *o = &w->op[i];
        int64_t *out = n->value[o->output];

        if (o->kind == WL_MVM)
            naive_mvm(n, o, out);
        else if (o->kind == WL_DP)
            naive_dp(n, o, out);
        else if (o->kind == WL_FM)
            naive_fm(n, o, out);
        else if (o->kind == WL_ADD)
            naive_add(n, o, out);
        else if (o->kind == WL_GATE)
            naive_gate(n, o, out);
        else if (o->kind == WL_ATTENTION)
            naive_attention(n, o, out);
        else
            naive_embed(n, o, w->lookup + (size_t)request * workload_n_words(w), out);
    }
}

void naive_compare(const struct workload *w)
{
    struct workload_scratch *s = workload_scratch_new(w);
    struct naive n = {.w = w};

    cr_assert_leq(w->n_tensors, 64);
    for (uint32_t t = 0; t < w->n_tensors; t++)
        n.value[t] = mem_alloc((size_t)w->tensor[t].rows * w->tensor[t].dim, sizeof(int64_t));
    for (uint32_t r = 0; r < w->n_requests; r++) {
        int32_t logit = workload_logit(w, s, w->lookup + (size_t)r * workload_n_words(w),
                                       w->dense + (size_t)r * w->n_dense);

        naive_request(&n, r);
        cr_assert_eq(logit, w->expected[r]);
        cr_assert_eq(logit, n.value[w->n_tensors - 1][0], "request %u", r);
        for (uint32_t t = 0; t + 1 < w->n_tensors; t++)
            for (uint32_t k = 0; k < w->tensor[t].rows * w->tensor[t].dim; k++)
                cr_assert_eq(workload_tensor_codes(s, t)[k], n.value[t][k], "tensor %s element %u",
                             w->tensor[t].name, k);
        for (int i = 0; i < 4; i++)
            cr_assert_eq(workload_tensor_codes(s, w->n_tensors - 1)[i],
                         (uint8_t)((uint32_t)logit >> (8 * i)));
    }
    for (uint32_t t = 0; t < w->n_tensors; t++)
        free(n.value[t]);
    workload_scratch_free(s);
}
