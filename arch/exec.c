/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/exec.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "arch/exec_impl.h"

/* Requests that go through an operator together: enough to use its weights often, few enough for
 * their tensors to stay in the cache. */
enum { BATCH = 32 };

struct exec {
    const struct plan *p;
    struct exec_mvm *mvm;
    uint32_t *order; /* (n_order) units with operators, producers first; one replica of each */
    uint32_t n_order;
    uint8_t **out;  /* (n_units) (BATCH, out_elements) results of exec_logits */
    uint8_t *input; /* (BATCH, input_stride) operands of one unit */
    size_t input_stride;
};

/* Whether a comes before b: by operator; of one operator, partial sums before what adds them. */
static bool comes_before(const struct plan_unit *a, const struct plan_unit *b)
{
    if (a->op != b->op)
        return a->op < b->op;
    if (a->kind == UNIT_MVM && a->mvm.k_first != b->mvm.k_first)
        return a->mvm.k_first < b->mvm.k_first;
    return a->out_first < b->out_first;
}

static void order_units(struct exec *x)
{
    const struct plan *p = x->p;

    x->order = mem_alloc(p->n_units, sizeof *x->order);
    for (uint32_t i = 0; i < p->n_units; i++) {
        const struct plan_unit *u = &p->unit[i];
        uint32_t at = x->n_order;

        if (u->kind == UNIT_NONE || u->kind == UNIT_IO || u->replica)
            continue;
        for (; at && !comes_before(&p->unit[x->order[at - 1]], u); at--)
            x->order[at] = x->order[at - 1]; /* insertion: a few dozen units */
        x->order[at] = i;
        x->n_order++;
    }
}

struct exec *exec_new_with(const struct plan *p, const struct exec_kernel *kernel)
{
    struct exec *x = mem_alloc(1, sizeof *x);

    x->p = p;
    x->mvm = exec_mvm_new(p, BATCH, kernel);
    order_units(x);
    x->out = mem_alloc(p->n_units, sizeof *x->out);
    x->input_stride = 4 * (size_t)workload_n_words(p->workload) + 1;
    for (uint32_t i = 0; i < p->n_units; i++) {
        const struct plan_unit *u = &p->unit[i];
        size_t n = 0;

        x->out[i] = mem_alloc(BATCH * (size_t)u->out_elements + 1, 1);
        for (uint32_t k = 0; u->kind != UNIT_EMB && k < u->n_in; k++)
            n += u->in[k].n_elements;
        x->input_stride = n > x->input_stride ? n : x->input_stride;
    }
    x->input_stride = (x->input_stride + 3) & ~(size_t)3; /* EMB reads 32-bit words */
    x->input = mem_alloc(BATCH * x->input_stride, 1);
    return x;
}

struct exec *exec_new(const struct plan *p)
{
    return exec_new_with(p, NULL);
}

void exec_free(struct exec *x)
{
    if (!x)
        return;
    exec_mvm_free(x->mvm);
    for (uint32_t i = 0; i < x->p->n_units; i++)
        free(x->out[i]);
    free(x->order);
    free(x->out);
    free(x->input);
    free(x);
}

/* One unit for n requests. */
static void compute(struct exec *x, const struct plan_unit *u, uint32_t n, const uint8_t *in,
                    size_t in_stride, uint8_t *out, size_t out_stride, uint64_t *n_clipped)
{
    if (u->kind == UNIT_MVM) {
        exec_mvm(x->mvm, u, n, in, in_stride, out, out_stride, n_clipped);
        return;
    }
    for (uint32_t r = 0; r < n; r++, in += in_stride, out += out_stride)
        if (u->kind == UNIT_EMB)
            exec_emb(x->p, u, in, out);
        else
            exec_int(&u->dyn, in, out);
}

void unit_compute(struct exec *x, uint32_t unit, const uint8_t *in, uint8_t *out,
                  uint64_t *n_clipped)
{
    const struct plan_unit *u = &x->p->unit[unit];

    assert(u->kind == UNIT_MVM || u->kind == UNIT_EMB || u->kind == UNIT_INT);
    compute(x, u, 1, in, 0, out, 0, n_clipped);
}

/* ---- the whole program ---- */

/* Operands of a unit's first request, from the results before it, as its in-edges carry them; r:
 * number in the batch. */
static void gather(struct exec *x, const struct plan_unit *u, uint32_t r, const uint32_t *lookup,
                   const uint8_t *dense)
{
    const struct plan *p = x->p;
    const struct workload *w = p->workload;
    uint8_t *to = x->input + r * x->input_stride;

    if (u->kind == UNIT_EMB) {
        memcpy(to, lookup + (size_t)r * workload_n_words(w) + workload_slot(w, u->emb.first_field),
               4 * (size_t)u->emb.n_words);
        return;
    }
    for (uint32_t i = 0; i < u->n_in; i++) {
        const struct plan_in *in = &u->in[i];
        const struct plan_unit *src = &p->unit[in->src_unit];
        const uint8_t *from = src->kind == UNIT_IO
                                  ? dense + (size_t)r * w->n_dense
                                  : x->out[in->src_unit] + (size_t)r * src->out_elements;
        uint32_t first = p->tile[in->src_node].out[in->src_out].first_word;

        if (!plan_is_due(in->due, 0))
            continue;
        memcpy(to, from + (size_t)first * (p->flit_bits / in->pack_bits), in->n_elements);
        to += in->n_elements;
    }
}

/* At most BATCH requests. */
static void batch_logits(struct exec *x, uint32_t n, const uint32_t *lookup, const uint8_t *dense,
                         int32_t *logit, uint64_t *n_clipped)
{
    const struct plan *p = x->p;
    uint32_t last = x->order[x->n_order - 1];

    for (uint32_t i = 0; i < x->n_order; i++) {
        const struct plan_unit *u = &p->unit[x->order[i]];

        for (uint32_t r = 0; r < n; r++)
            gather(x, u, r, lookup, dense);
        compute(x, u, n, x->input, x->input_stride, x->out[u->index], u->out_elements, n_clipped);
    }
    for (uint32_t r = 0; r < n; r++) {
        const uint8_t *b = x->out[last] + (size_t)r * p->unit[last].out_elements;

        logit[r] = (int32_t)((uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
                             (uint32_t)b[3] << 24);
    }
}

void exec_logits(struct exec *x, uint32_t n, const uint32_t *lookup, const uint8_t *dense,
                 int32_t *logit, uint64_t *n_clipped)
{
    const struct workload *w = x->p->workload;
    uint64_t ignored = 0;

    for (uint32_t r = 0; r < n; r += BATCH)
        batch_logits(x, n - r < BATCH ? n - r : BATCH, lookup + (size_t)r * workload_n_words(w),
                     w->n_dense ? dense + (size_t)r * w->n_dense : NULL, logit + r,
                     n_clipped ? n_clipped : &ignored);
}

int32_t exec_logit(struct exec *x, const uint32_t *lookup, const uint8_t *dense,
                   uint64_t *n_clipped)
{
    int32_t logit;

    exec_logits(x, 1, lookup, dense, &logit, n_clipped);
    return logit;
}
