/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/workload.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/workload_impl.h"

struct workload *workload_new(const char *name)
{
    struct arena *a = arena_new();
    struct workload *w = arena_alloc(a, 1, sizeof *w);

    w->arena = a;
    snprintf(w->name, sizeof w->name, "%s", name);
    return w;
}

void workload_free(struct workload *w)
{
    if (w)
        arena_free(w->arena); /* w lives in its own arena */
}

static uint64_t tensor_elements(const struct wl_tensor *t)
{
    return (uint64_t)t->rows * t->dim;
}

uint64_t workload_op_elements(const struct workload *w, const struct wl_op *op)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < op->n_inputs; i++)
        n += tensor_elements(&w->tensor[op->input[i]]);
    return n;
}

/* Largest |code - zero_point|. */
static int64_t tensor_peak(const struct wl_tensor *t)
{
    int64_t top = ((int64_t)1 << t->bits) - 1 - t->zero_point;

    return top > t->zero_point ? top : t->zero_point;
}

static bool name_ok(const char *s, size_t size)
{
    static const char legal[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

    return memchr(s, '\0', size) && s[0] && s[strspn(s, legal)] == '\0';
}

static bool text_ok(const char *s, size_t size)
{
    if (!memchr(s, '\0', size))
        return false;
    for (; *s; s++)
        if (*s < 0x20 || *s > 0x7e)
            return false;
    return true;
}

/* ---- tensors ---- */

static enum err_code check_tensor(const struct workload *w, uint32_t i, struct err *e)
{
    const struct wl_tensor *t = &w->tensor[i];
    bool logit = i > 0 && i == w->op[w->n_ops - 1].output;

    if (!name_ok(t->name, sizeof t->name))
        return err_set(e, ERR_CONFIG, "tensor %u: name is empty, too long or has odd characters",
                       i);
    for (uint32_t k = 0; k < i; k++)
        if (strcmp(w->tensor[k].name, t->name) == 0)
            return err_set(e, ERR_CONFIG, "tensor %s: name used twice", t->name);
    if (i == 0 && t->rows == 0) /* no dense features */
        return ERR_OK;
    if (tensor_elements(t) < 1 || tensor_elements(t) > WL_MAX_ELEMENTS)
        return err_set(e, ERR_CONFIG, "tensor %s: %u x %u is outside 1..%d elements", t->name,
                       t->rows, t->dim, WL_MAX_ELEMENTS);
    if (!isfinite(t->scale) || t->scale <= 0)
        return err_set(e, ERR_CONFIG, "tensor %s: scale %g is not a positive number", t->name,
                       t->scale);
    if (logit) {
        if (t->bits != 32 || t->zero_point != 0)
            return err_set(e, ERR_CONFIG,
                           "tensor %s: the logit has 32 bits and zero point 0, not %u and %u",
                           t->name, t->bits, t->zero_point);
        return ERR_OK;
    }
    if (t->bits < 1 || t->bits > 8)
        return err_set(e, ERR_CONFIG, "tensor %s: bits: %u is outside 1..8", t->name, t->bits);
    if (t->zero_point != 0 && t->zero_point != 1u << (t->bits - 1))
        return err_set(e, ERR_CONFIG, "tensor %s: zero_point: %u is neither 0 nor %u", t->name,
                       t->zero_point, 1u << (t->bits - 1));
    return ERR_OK;
}

/* ---- operators ---- */

static enum err_code bad(struct err *e, const struct wl_op *o, const char *rule)
{
    return err_set(e, ERR_CONFIG, "operator %s: %s", o->name, rule);
}

static enum err_code check_bound(struct err *e, const struct wl_op *o, int64_t peak)
{
    if (peak > INT32_MAX)
        return err_set(e, ERR_CONFIG,
                       "operator %s: accumulator may reach %lld, beyond 32 signed bits", o->name,
                       (long long)peak);
    return ERR_OK;
}

static enum err_code check_output(const struct workload *w, const struct wl_op *o, uint64_t rows,
                                  uint64_t dim, struct err *e)
{
    const struct wl_tensor *t = &w->tensor[o->output];

    if (t->rows != rows || t->dim != dim)
        return err_set(e, ERR_CONFIG, "operator %s: output is %u x %u, must be %llu x %llu",
                       o->name, t->rows, t->dim, (unsigned long long)rows, (unsigned long long)dim);
    return ERR_OK;
}

static enum err_code check_mults(const struct wl_op *o, uint32_t n_mult, struct err *e)
{
    if (o->n_mult != n_mult)
        return err_set(e, ERR_CONFIG, "operator %s: n_mult: %u must be %u", o->name, o->n_mult,
                       n_mult);
    if (n_mult > 0 && !o->mult)
        return bad(e, o, "mult is missing");
    if (n_mult == 0 && o->shift != 0)
        return err_set(e, ERR_CONFIG, "operator %s: shift: %u must be 0 without requantisation",
                       o->name, o->shift);
    if (n_mult > 0 && (o->shift < 1 || o->shift > 40))
        return err_set(e, ERR_CONFIG, "operator %s: shift: %u is outside 1..40", o->name, o->shift);
    return ERR_OK;
}

static enum err_code check_embed(const struct workload *w, const struct wl_op *o, struct err *e)
{
    const struct wl_op *first = w->op;
    enum err_code rc;

    for (; first != o; first++)
        if (first->kind == WL_EMBED)
            return bad(e, o, "a second embedding operator");
    if (o->n_inputs != 0)
        return bad(e, o, "an embedding has no input tensors");
    if (w->n_fields < 1 || o->n_in != w->n_fields || o->n_out != w->n_fields ||
        o->n_vec != w->embed_dim)
        return err_set(e, ERR_CONFIG,
                       "operator %s: n_in %u, n_out %u, n_vec %u must be fields, fields, "
                       "embed_dim: %u, %u, %u",
                       o->name, o->n_in, o->n_out, o->n_vec, w->n_fields, w->n_fields,
                       w->embed_dim);
    if ((rc = check_mults(o, w->max_bag ? w->n_fields : 0, e)))
        return rc;
    return check_output(w, o, w->n_fields, w->embed_dim, e);
}

/* |acc| of every row at its worst, and weights in range. */
static enum err_code check_weights(const struct workload *w, const struct wl_op *o, struct err *e)
{
    int top = (1 << (o->weight_bits - 1)) - 1;
    enum err_code rc;

    for (uint32_t m = 0; m < o->n_out; m++) {
        const int8_t *row = o->weight + (size_t)m * o->n_in;
        int64_t peak = llabs((long long)o->bias[m]);
        uint32_t k = 0;

        for (uint32_t i = 0; k < o->n_in; i++) { /* by row: all inputs are alike */
            const struct wl_tensor *t = &w->tensor[o->input[i]];
            uint64_t n = o->by_row ? o->n_in : tensor_elements(t) / o->n_vec;
            int64_t sum = 0;

            for (; n > 0; n--, k++) {
                if (row[k] < -top || row[k] > top)
                    return err_set(e, ERR_CONFIG,
                                   "operator %s: weight[%u][%u]: %d is outside -%d..%d", o->name, m,
                                   k, row[k], top, top);
                sum += abs(row[k]);
            }
            peak += sum * tensor_peak(t);
        }
        if ((rc = check_bound(e, o, peak)))
            return rc;
    }
    return ERR_OK;
}

static enum err_code check_one_scale(const struct workload *w, const struct wl_op *o, struct err *e)
{
    const struct wl_tensor *first = &w->tensor[o->input[0]];

    for (uint32_t i = 1; i < o->n_inputs; i++) {
        const struct wl_tensor *t = &w->tensor[o->input[i]];

        if (t->bits != first->bits || t->zero_point != first->zero_point ||
            t->scale < first->scale || t->scale > first->scale)
            return bad(e, o,
                       "inputs of one DP, FM or MVM by row must share bits, scale and zero point");
    }
    return ERR_OK;
}

static enum err_code check_by_row(const struct workload *w, const struct wl_op *o, struct err *e)
{
    for (uint32_t i = 0; i < o->n_inputs; i++)
        if (w->tensor[o->input[i]].dim != o->n_in)
            return bad(e, o, "by row, every input's dim must be n_in");
    if (o->raw)
        return bad(e, o, "raw and by_row exclude each other");
    return check_one_scale(w, o, e);
}

static enum err_code check_mvm(const struct workload *w, const struct wl_op *o, struct err *e)
{
    const struct wl_tensor *out = &w->tensor[o->output];
    bool last = o == &w->op[w->n_ops - 1];
    enum err_code rc;

    if (o->n_vec < 1 || (uint64_t)o->n_in * o->n_vec != workload_op_elements(w, o))
        return err_set(e, ERR_CONFIG, "operator %s: n_in %u x n_vec %u is not the inputs' %llu",
                       o->name, o->n_in, o->n_vec, (unsigned long long)workload_op_elements(w, o));
    if (o->by_row && (rc = check_by_row(w, o, e)))
        return rc;
    for (uint32_t i = 0; i < o->n_inputs; i++)
        if (!o->by_row && o->n_vec > 1 && w->tensor[o->input[i]].dim != o->n_vec)
            return bad(e, o, "every input's dim must be n_vec");
    if (o->n_out < 1 || (uint64_t)o->n_out * o->n_in > WL_MAX_WEIGHTS)
        return err_set(e, ERR_CONFIG, "operator %s: n_out: %u is zero or too large", o->name,
                       o->n_out);
    if (o->raw != last)
        return bad(e, o, o->raw ? "only the final MVM is raw" : "the last operator must be raw");
    if (o->raw && (o->n_out != 1 || o->n_vec != 1))
        return bad(e, o, "the raw operator has n_out 1 and n_vec 1");
    if (o->by_row && (rc = check_output(w, o, o->n_vec, o->n_out, e)))
        return rc;
    if (!o->by_row && o->n_vec > 1 && (rc = check_output(w, o, o->n_out, o->n_vec, e)))
        return rc;
    if (tensor_elements(out) != (uint64_t)o->n_out * o->n_vec)
        return err_set(e, ERR_CONFIG, "operator %s: output is %u x %u, must hold %u elements",
                       o->name, out->rows, out->dim, o->n_out);
    if (o->weight_bits < 2 || o->weight_bits > 8)
        return err_set(e, ERR_CONFIG, "operator %s: weight_bits: %u is outside 2..8", o->name,
                       o->weight_bits);
    if (!o->weight || !o->bias)
        return bad(e, o, "weight or bias is missing");
    if ((rc = check_mults(o, o->raw ? 0 : o->n_out, e)))
        return rc;
    return check_weights(w, o, e);
}

/* What DP and FM share: n_in rows of n_vec codes on one scale. */
static enum err_code check_rows(const struct workload *w, const struct wl_op *o, struct err *e)
{
    uint64_t rows = 0;
    enum err_code rc;

    if ((rc = check_one_scale(w, o, e)))
        return rc;
    for (uint32_t i = 0; i < o->n_inputs; i++) {
        const struct wl_tensor *t = &w->tensor[o->input[i]];

        if (t->dim != o->n_vec)
            return bad(e, o, "every input's dim must be n_vec");
        rows += t->rows;
    }
    if (o->n_in != rows)
        return err_set(e, ERR_CONFIG, "operator %s: n_in: %u is not the inputs' %llu rows", o->name,
                       o->n_in, (unsigned long long)rows);
    return check_mults(o, 1, e);
}

static enum err_code check_dp(const struct workload *w, const struct wl_op *o, struct err *e)
{
    const struct wl_tensor *out = &w->tensor[o->output];
    int64_t peak;
    enum err_code rc;

    if ((rc = check_rows(w, o, e)))
        return rc;
    if (o->n_in < 2 || o->n_out != (uint64_t)o->n_in * (o->n_in - 1) / 2 ||
        tensor_elements(out) != o->n_out)
        return bad(e, o, "n_out and the output's elements must be n_in (n_in - 1) / 2, n_in > 1");
    peak = tensor_peak(&w->tensor[o->input[0]]);
    return check_bound(e, o, o->n_vec * peak * peak);
}

static enum err_code check_fm(const struct workload *w, const struct wl_op *o, struct err *e)
{
    int64_t sum;
    enum err_code rc;

    if ((rc = check_rows(w, o, e)))
        return rc;
    if (o->n_out != o->n_vec || tensor_elements(&w->tensor[o->output]) != o->n_out)
        return bad(e, o, "n_out and the output's elements must be the inputs' dim");
    sum = o->n_in * tensor_peak(&w->tensor[o->input[0]]);
    return check_bound(e, o, sum * sum);
}

/* What ADD and GATE share: two operands, the shorter one filled up to the longer. */
static enum err_code check_pair(const struct workload *w, const struct wl_op *o, struct err *e)
{
    uint64_t a, b;

    if (o->n_inputs != 2)
        return bad(e, o, "ADD and GATE have two inputs");
    a = tensor_elements(&w->tensor[o->input[0]]);
    b = tensor_elements(&w->tensor[o->input[1]]);
    if (o->n_in != (a > b ? a : b) || o->n_out != o->n_in || o->n_vec != 1 ||
        tensor_elements(&w->tensor[o->output]) != o->n_in)
        return bad(e, o,
                   "n_in = n_out and the output's elements must be those of the longer input, "
                   "n_vec = 1");
    return ERR_OK;
}

static enum err_code check_add(const struct workload *w, const struct wl_op *o, struct err *e)
{
    enum err_code rc;

    if ((rc = check_pair(w, o, e)) || (rc = check_mults(o, 2, e)))
        return rc;
    return check_bound(e, o,
                       tensor_peak(&w->tensor[o->input[0]]) * o->mult[0] +
                           tensor_peak(&w->tensor[o->input[1]]) * o->mult[1]);
}

static enum err_code check_table(const struct wl_op *o, struct err *e)
{
    if (!o->table)
        return bad(e, o, "table is missing");
    for (uint32_t i = 0; i < WL_TABLE_SIZE; i++)
        if (o->table[i] > WL_TABLE_TOP)
            return err_set(e, ERR_CONFIG, "operator %s: table[%u]: %u is above %d", o->name, i,
                           o->table[i], WL_TABLE_TOP);
    return ERR_OK;
}

static enum err_code check_gate(const struct workload *w, const struct wl_op *o, struct err *e)
{
    enum err_code rc;

    if ((rc = check_pair(w, o, e)) || (rc = check_mults(o, 1, e)))
        return rc;
    return check_table(o, e);
}

static enum err_code check_attention(const struct workload *w, const struct wl_op *o, struct err *e)
{
    const struct wl_tensor *t = &w->tensor[o->input[0]];
    int64_t peak = tensor_peak(t);
    enum err_code rc;

    if (o->n_inputs != 1)
        return bad(e, o, "ATTENTION has one input");
    if (o->n_in < 1 || o->n_in > WL_MAX_ATTENTION_ROWS)
        return err_set(e, ERR_CONFIG, "operator %s: n_in: %u rows are outside 1..%d", o->name,
                       o->n_in, WL_MAX_ATTENTION_ROWS);
    if (o->n_vec < 1 || t->rows != o->n_in || t->dim != 3 * (uint64_t)o->n_vec ||
        o->n_out != (uint64_t)o->n_in * o->n_vec)
        return bad(e, o, "the input must be n_in x 3 n_vec, n_out n_in n_vec");
    if (o->n_heads < 1 || o->n_vec % o->n_heads != 0)
        return err_set(e, ERR_CONFIG, "operator %s: n_heads: %u does not divide n_vec: %u", o->name,
                       o->n_heads, o->n_vec);
    if (o->score_shift < 1 || o->score_shift > 40)
        return err_set(e, ERR_CONFIG, "operator %s: score_shift: %u is outside 1..40", o->name,
                       o->score_shift);
    if ((rc = check_mults(o, 2, e)) || (rc = check_table(o, e)) ||
        (rc = check_output(w, o, o->n_in, o->n_vec, e)))
        return rc;
    if (o->table[0] == 0)
        return bad(e, o, "table[0] is 0: a row could have no weight at all");
    return check_bound(e, o, 2 * (o->n_vec / o->n_heads) * peak * peak);
}

/* Inputs produced earlier, output produced once. made[t]: tensor t is there before this operator.
 */
static enum err_code check_wiring(const struct workload *w, const struct wl_op *o, bool *made,
                                  struct err *e)
{
    if (o->n_inputs > WL_MAX_INPUTS || (o->n_inputs < 1 && o->kind != WL_EMBED))
        return err_set(e, ERR_CONFIG, "operator %s: n_inputs: %u is outside 1..%d", o->name,
                       o->n_inputs, WL_MAX_INPUTS);
    for (uint32_t i = 0; i < o->n_inputs; i++)
        if (o->input[i] >= w->n_tensors || !made[o->input[i]])
            return err_set(e, ERR_CONFIG, "operator %s: input %u: tensor %u is not produced before",
                           o->name, i, o->input[i]);
    if (o->output >= w->n_tensors || o->output == 0 || made[o->output])
        return err_set(e, ERR_CONFIG, "operator %s: output: tensor %u is absent or made twice",
                       o->name, o->output);
    if (strcmp(w->tensor[o->output].name, o->name) != 0)
        return bad(e, o, "the output tensor must have the operator's name");
    if (o->n_in > WL_MAX_ELEMENTS || o->n_out > WL_MAX_ELEMENTS)
        return bad(e, o, "n_in or n_out is too large");
    made[o->output] = true;
    return ERR_OK;
}

static enum err_code check_op(const struct workload *w, const struct wl_op *o, bool *made,
                              struct err *e)
{
    static enum err_code (*const by_kind[])(const struct workload *, const struct wl_op *,
                                            struct err *) = {
        [WL_EMBED] = check_embed,
        [WL_MVM] = check_mvm,
        [WL_DP] = check_dp,
        [WL_FM] = check_fm,
        [WL_ADD] = check_add,
        [WL_GATE] = check_gate,
        [WL_ATTENTION] = check_attention,
    };
    enum err_code rc;

    if (!name_ok(o->name, sizeof o->name))
        return err_set(e, ERR_CONFIG, "operator %td: name is empty, too long or has odd characters",
                       o - w->op);
    if (!text_ok(o->role, sizeof o->role))
        return bad(e, o, "role is not short printable text");
    if ((unsigned)o->kind >= WL_N_KINDS)
        return err_set(e, ERR_CONFIG, "operator %s: kind: %u is unknown", o->name,
                       (unsigned)o->kind);
    if ((rc = check_wiring(w, o, made, e)))
        return rc;
    if (o->kind != WL_MVM && (o->raw || o->by_row))
        return bad(e, o, o->raw ? "only the final MVM is raw" : "only an MVM can be by_row");
    if (o->kind != WL_ATTENTION && (o->n_heads || o->score_shift))
        return bad(e, o, "n_heads and score_shift are an ATTENTION's and must be 0");
    return by_kind[o->kind](w, o, e);
}

static enum err_code check_program(const struct workload *w, struct err *e)
{
    bool *made = mem_alloc(w->n_tensors, sizeof *made);
    enum err_code rc = ERR_OK;
    bool embeds = false;

    made[0] = w->tensor[0].rows > 0;
    for (uint32_t i = 0; i < w->n_ops && !rc; i++) {
        rc = check_op(w, &w->op[i], made, e);
        embeds |= w->op[i].kind == WL_EMBED;
    }
    free(made);
    if (rc)
        return rc;
    if (w->op[w->n_ops - 1].kind != WL_MVM)
        return bad(e, &w->op[w->n_ops - 1], "the last operator must be a raw MVM");
    if (w->n_fields > 0 && !embeds)
        return err_set(e, ERR_CONFIG, "%u fields but no embedding operator", w->n_fields);
    return ERR_OK;
}

/* ---- the whole ---- */

enum err_code workload_check(const struct workload *w, struct err *e)
{
    enum err_code rc;

    if (!text_ok(w->name, sizeof w->name))
        return err_set(e, ERR_CONFIG, "workload name is too long or has odd characters");
    if (w->n_ops < 1 || w->n_ops >= WL_MAX_TENSORS || w->n_tensors != w->n_ops + 1)
        return err_set(e, ERR_CONFIG,
                       "program: %u operators and %u tensors: one tensor each and the dense input, "
                       "at most %d",
                       w->n_ops, w->n_tensors, WL_MAX_TENSORS);
    if (w->n_fields > WL_MAX_FIELDS || (w->n_fields && !w->embed_dim) ||
        w->embed_dim > WL_MAX_ELEMENTS)
        return err_set(e, ERR_CONFIG, "%u fields of %u codes are outside the limits", w->n_fields,
                       w->embed_dim);
    if (!isfinite(w->logit_scale) || w->logit_scale <= 0)
        return err_set(e, ERR_CONFIG, "logit_scale: %g is not a positive number", w->logit_scale);
    for (uint32_t i = 0; i < w->n_tensors; i++)
        if ((rc = check_tensor(w, i, e)))
            return rc;
    if ((rc = check_program(w, e)))
        return rc;
    return workload_check_data(w, e);
}

uint64_t workload_n_weights(const struct workload *w)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < w->n_ops; i++)
        if (w->op[i].kind == WL_MVM)
            n += (uint64_t)w->op[i].n_in * w->op[i].n_out;
    return n;
}
