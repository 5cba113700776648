/* SPDX-License-Identifier: Apache-2.0 */
/* The reference integer arithmetic of workload.h: one request at a time, no chip, no ADC.
 * Operands are widened to int16 with their zero points taken off, which the compiler turns into
 * packed multiply-adds. Sums stay within int32 at every step: workload_check bounds sum |w| |x|. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "traces/workload.h"

struct workload_scratch {
    uint8_t **code; /* (n_tensors) codes of each tensor */
    int16_t *x;     /* operands of the running operator, zero points taken off */
    int32_t *acc;   /* one row of accumulators */
    uint8_t *block; /* storage of all codes */
};

static size_t tensor_bytes(const struct wl_tensor *t)
{
    return (size_t)t->rows * t->dim * (t->bits == 32 ? 4 : 1);
}

struct workload_scratch *workload_scratch_new(const struct workload *w)
{
    struct workload_scratch *s = mem_alloc(1, sizeof *s);
    size_t n_bytes = 0, n_x = 0, n_acc = 0;
    uint8_t *next;

    for (uint32_t t = 0; t < w->n_tensors; t++)
        n_bytes += tensor_bytes(&w->tensor[t]);
    for (uint32_t i = 0; i < w->n_ops; i++) {
        size_t n = (size_t)workload_op_elements(w, &w->op[i]);

        n_x = n > n_x ? n : n_x;
        n_acc = w->op[i].n_vec > n_acc ? w->op[i].n_vec : n_acc;
        if (w->op[i].kind == WL_ATTENTION)
            n_acc = w->op[i].n_in > n_acc ? w->op[i].n_in : n_acc;
    }
    s->code = mem_alloc(w->n_tensors, sizeof *s->code);
    s->block = mem_alloc(n_bytes + 1, 1);
    s->x = mem_alloc(n_x + 1, sizeof *s->x);
    s->acc = mem_alloc(n_acc + 1, sizeof *s->acc);
    next = s->block;
    for (uint32_t t = 0; t < w->n_tensors; t++) {
        s->code[t] = next;
        next += tensor_bytes(&w->tensor[t]);
    }
    return s;
}

void workload_scratch_free(struct workload_scratch *s)
{
    if (!s)
        return;
    free(s->acc);
    free(s->x);
    free(s->block);
    free(s->code);
    free(s);
}

const uint8_t *workload_tensor_codes(const struct workload_scratch *s, uint32_t t)
{
    return s->code[t];
}

/* The operator's inputs one after the other, zero points taken off. */
static void gather(const struct workload *w, struct workload_scratch *s, const struct wl_op *o)
{
    int16_t *x = s->x;

    for (uint32_t i = 0; i < o->n_inputs; i++) {
        const struct wl_tensor *t = &w->tensor[o->input[i]];
        const uint8_t *code = s->code[o->input[i]];
        size_t n = (size_t)t->rows * t->dim;
        int zero = (int)t->zero_point;

        for (size_t k = 0; k < n; k++)
            x[k] = (int16_t)(code[k] - zero);
        x += n;
    }
}

static int32_t dot(const int8_t *restrict w, const int16_t *restrict x, uint32_t n)
{
    int32_t sum = 0;

    for (uint32_t k = 0; k < n; k++)
        sum += w[k] * x[k];
    return sum;
}

static void put_logit(uint8_t *out, int32_t acc)
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)((uint32_t)acc >> (8 * i));
}

static void run_fc(const struct workload *w, struct workload_scratch *s, const struct wl_op *o)
{
    const struct wl_tensor *t = &w->tensor[o->output];
    uint8_t *out = s->code[o->output];

    for (uint32_t m = 0; m < o->n_out; m++) {
        int32_t acc = o->bias[m] + dot(o->weight + (size_t)m * o->n_in, s->x, o->n_in);

        if (o->raw)
            put_logit(out, acc);
        else
            out[m] = (uint8_t)requant((int64_t)acc * o->mult[m], o->shift, t->zero_point, t->bits);
    }
}

static void add_scaled(int32_t *restrict acc, const int16_t *restrict x, int32_t weight, uint32_t n)
{
    for (uint32_t v = 0; v < n; v++)
        acc[v] += weight * x[v];
}

static void run_efc(const struct workload *w, struct workload_scratch *s, const struct wl_op *o)
{
    const struct wl_tensor *t = &w->tensor[o->output];
    uint8_t *out = s->code[o->output];

    for (uint32_t m = 0; m < o->n_out; m++) {
        const int8_t *row = o->weight + (size_t)m * o->n_in;

        for (uint32_t v = 0; v < o->n_vec; v++)
            s->acc[v] = o->bias[m];
        for (uint32_t k = 0; k < o->n_in; k++)
            add_scaled(s->acc, s->x + (size_t)k * o->n_vec, row[k], o->n_vec);
        for (uint32_t v = 0; v < o->n_vec; v++)
            *out++ =
                (uint8_t)requant((int64_t)s->acc[v] * o->mult[m], o->shift, t->zero_point, t->bits);
    }
}

static void run_by_row(const struct workload *w, struct workload_scratch *s, const struct wl_op *o)
{
    const struct wl_tensor *t = &w->tensor[o->output];
    uint8_t *out = s->code[o->output];

    for (uint32_t v = 0; v < o->n_vec; v++)
        for (uint32_t m = 0; m < o->n_out; m++) {
            int32_t acc = o->bias[m] +
                          dot(o->weight + (size_t)m * o->n_in, s->x + (size_t)v * o->n_in, o->n_in);

            *out++ = (uint8_t)requant((int64_t)acc * o->mult[m], o->shift, t->zero_point, t->bits);
        }
}

static void run_mvm(const struct workload *w, struct workload_scratch *s, const struct wl_op *o)
{
    if (o->by_row)
        run_by_row(w, s, o);
    else if (o->n_vec == 1)
        run_fc(w, s, o);
    else
        run_efc(w, s, o);
}

static int32_t dot_rows(const int16_t *a, const int16_t *b, uint32_t n)
{
    int32_t sum = 0;

    for (uint32_t c = 0; c < n; c++)
        sum += a[c] * b[c];
    return sum;
}

static void run_dp(const struct workload *w, struct workload_scratch *s, const struct wl_op *o)
{
    const struct wl_tensor *t = &w->tensor[o->output];
    uint8_t *out = s->code[o->output];
    uint32_t dim = o->n_vec;

    for (uint32_t i = 1; i < o->n_in; i++)
        for (uint32_t j = 0; j < i; j++) {
            int32_t acc = dot_rows(s->x + (size_t)i * dim, s->x + (size_t)j * dim, dim);

            *out++ = (uint8_t)requant((int64_t)acc * o->mult[0], o->shift, t->zero_point, t->bits);
        }
}

static void run_fm(const struct workload *w, struct workload_scratch *s, const struct wl_op *o)
{
    const struct wl_tensor *t = &w->tensor[o->output];
    uint8_t *out = s->code[o->output];

    for (uint32_t c = 0; c < o->n_vec; c++) {
        int32_t sum = 0, squares = 0;

        for (uint32_t i = 0; i < o->n_in; i++) {
            int32_t x = s->x[(size_t)i * o->n_vec + c];

            sum += x;
            squares += x * x;
        }
        out[c] = (uint8_t)requant((int64_t)(sum * sum - squares) * o->mult[0], o->shift,
                                  t->zero_point, t->bits);
    }
}

/* Elements of the two operands; the second one's follow the first one's. */
struct pair {
    size_t n_a, n_b;
};

static struct pair operands(const struct workload *w, const struct wl_op *o)
{
    const struct wl_tensor *a = &w->tensor[o->input[0]], *b = &w->tensor[o->input[1]];

    return (struct pair){(size_t)a->rows * a->dim, (size_t)b->rows * b->dim};
}

static void run_add(const struct workload *w, struct workload_scratch *s, const struct wl_op *o)
{
    const struct wl_tensor *t = &w->tensor[o->output];
    struct pair n = operands(w, o);
    uint8_t *out = s->code[o->output];

    for (uint32_t k = 0; k < o->n_in; k++) {
        int32_t a = k < n.n_a ? s->x[k] : 0, b = k < n.n_b ? s->x[n.n_a + k] : 0;

        out[k] =
            (uint8_t)requant(a * o->mult[0] + b * o->mult[1], o->shift, t->zero_point, t->bits);
    }
}

static void run_gate(const struct workload *w, struct workload_scratch *s, const struct wl_op *o)
{
    const struct wl_tensor *t = &w->tensor[o->output];
    uint32_t zero = w->tensor[o->input[0]].zero_point;
    const uint8_t *gate = s->code[o->input[0]];
    struct pair n = operands(w, o);
    uint8_t *out = s->code[o->output];

    for (uint32_t k = 0; k < o->n_in; k++) {
        int32_t weight = o->table[k < n.n_a ? gate[k] : zero];
        int32_t acc = k < n.n_b ? weight * s->x[n.n_a + k] : 0;

        out[k] = (uint8_t)requant((int64_t)acc * o->mult[0], o->shift, t->zero_point, t->bits);
    }
}

/* e[j] of row i of a head in s->acc; returns their sum. q: the row's channels, k: row 0's. */
static uint32_t attend(const struct wl_op *o, int32_t *acc, const int16_t *q, const int16_t *k)
{
    int32_t top = INT32_MIN;
    uint32_t sum = 0;

    for (uint32_t j = 0; j < o->n_in; j++) {
        acc[j] = dot_rows(q, k + (size_t)j * 3 * o->n_vec, o->n_vec / o->n_heads);
        top = acc[j] > top ? acc[j] : top;
    }
    for (uint32_t j = 0; j < o->n_in; j++) {
        acc[j] = o->table[requant((int64_t)(top - acc[j]) * o->mult[0], o->score_shift, 0, 8)];
        sum += (uint32_t)acc[j];
    }
    return sum;
}

static void run_attention(const struct workload *w, struct workload_scratch *s,
                          const struct wl_op *o)
{
    const struct wl_tensor *t = &w->tensor[o->output];
    uint32_t dim = o->n_vec, per_head = dim / o->n_heads;
    uint8_t *out = s->code[o->output];

    for (uint32_t i = 0; i < o->n_in; i++)
        for (uint32_t h = 0; h < o->n_heads; h++) {
            const int16_t *first = s->x + (size_t)h * per_head;
            uint32_t sum = attend(o, s->acc, first + (size_t)i * 3 * dim, first + dim);
            uint32_t p = 0, r;

            while (sum >> p > 1)
                p++;
            r = wl_reciprocal((uint32_t)((uint64_t)sum << 8 >> p) - 256);
            for (uint32_t c = 0; c < per_head; c++) {
                const int16_t *v = first + 2 * (size_t)dim + c;
                int64_t num = 0;

                for (uint32_t j = 0; j < o->n_in; j++)
                    num += s->acc[j] * v[(size_t)j * 3 * dim];
                *out++ = (uint8_t)requant((num * r >> (p + 8)) * o->mult[1], o->shift,
                                          t->zero_point, t->bits);
            }
        }
}

/* The sum of a bag's rows, requantised. */
static void pool(const struct workload *w, struct workload_scratch *s, const struct wl_op *o,
                 uint32_t field, struct wl_bag bag, uint8_t *out)
{
    const struct wl_tensor *t = &w->tensor[o->output];

    memset(s->acc, 0, w->embed_dim * sizeof *s->acc);
    for (uint32_t k = 0; k < bag.n; k++) {
        const uint8_t *code = workload_row(w, field, bag.row[k]);

        for (uint32_t c = 0; c < w->embed_dim; c++)
            s->acc[c] += code[c] - (int32_t)t->zero_point;
    }
    for (uint32_t c = 0; c < w->embed_dim; c++)
        out[c] =
            (uint8_t)requant((int64_t)s->acc[c] * o->mult[field], o->shift, t->zero_point, t->bits);
}

static void run_embed(const struct workload *w, struct workload_scratch *s, const struct wl_op *o,
                      const uint32_t *lookup)
{
    uint8_t *out = s->code[o->output];

    for (uint32_t f = 0; f < w->n_fields; f++, out += w->embed_dim) {
        struct wl_bag bag = workload_bag(w, lookup, f);

        if (workload_max_bag(w, f)) {
            pool(w, s, o, f, bag, out);
            continue;
        }
        assert(*bag.row < w->n_rows[f]);
        memcpy(out, workload_row(w, f, *bag.row), w->embed_dim);
    }
}

int32_t workload_logit(const struct workload *w, struct workload_scratch *s, const uint32_t *lookup,
                       const uint8_t *dense)
{
    static void (*const by_kind[])(const struct workload *, struct workload_scratch *,
                                   const struct wl_op *) = {
        [WL_MVM] = run_mvm, [WL_DP] = run_dp,     [WL_FM] = run_fm,
        [WL_ADD] = run_add, [WL_GATE] = run_gate, [WL_ATTENTION] = run_attention};
    const uint8_t *out = s->code[w->op[w->n_ops - 1].output];

    if (w->n_dense > 0)
        memcpy(s->code[0], dense, w->n_dense);
    for (uint32_t i = 0; i < w->n_ops; i++) {
        const struct wl_op *o = &w->op[i];

        if (o->kind == WL_EMBED) {
            run_embed(w, s, o, lookup);
            continue;
        }
        gather(w, s, o);
        by_kind[o->kind](w, s, o);
    }
    return (int32_t)((uint32_t)out[0] | (uint32_t)out[1] << 8 | (uint32_t)out[2] << 16 |
                     (uint32_t)out[3] << 24);
}
