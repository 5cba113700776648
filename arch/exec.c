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
    uint32_t *order; /* (n_order) nodes with operators, in operator and shard order */
    uint32_t n_order;
    uint8_t **codes; /* (n_tensors) (BATCH, stride) values of exec_logits */
    size_t *stride;  /* (n_tensors) bytes of one request */
    uint8_t *input;  /* (BATCH, input_stride) operands of one unit */
    size_t input_stride;
};

static void order_units(struct exec *x)
{
    const struct plan *p = x->p;

    x->order = mem_alloc(p->n_units, sizeof *x->order);
    for (uint32_t i = 0; i < p->n_units; i++) {
        const struct plan_unit *u = &p->unit[i];
        uint32_t at = x->n_order;

        if (u->kind == UNIT_NONE || u->kind == UNIT_IO)
            continue;
        for (; at; at--) { /* insertion: a few dozen units */
            const struct plan_unit *v = &p->unit[x->order[at - 1]];

            if (v->op < u->op || (v->op == u->op && v->out_first < u->out_first))
                break;
            x->order[at] = x->order[at - 1];
        }
        x->order[at] = i;
        x->n_order++;
    }
}

struct exec *exec_new_with(const struct plan *p, const struct exec_kernel *kernel)
{
    struct exec *x = mem_alloc(1, sizeof *x);
    const struct workload *w = p->workload;

    x->p = p;
    x->mvm = exec_mvm_new(p, BATCH, kernel);
    order_units(x);
    x->codes = mem_alloc(w->n_tensors, sizeof *x->codes);
    x->stride = mem_alloc(w->n_tensors, sizeof *x->stride);
    for (uint32_t t = 0; t < w->n_tensors; t++) {
        x->stride[t] = (size_t)w->tensor[t].rows * w->tensor[t].dim + 4; /* the logit takes 4 */
        x->codes[t] = mem_alloc(BATCH * x->stride[t], 1);
    }
    x->input_stride = 4 * (size_t)workload_n_words(w) + 1;
    for (uint32_t i = 0; i < w->n_ops; i++) {
        size_t n = workload_op_elements(w, &w->op[i]);

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
    for (uint32_t t = 0; t < x->p->workload->n_tensors; t++)
        free(x->codes[t]);
    free(x->order);
    free(x->codes);
    free(x->stride);
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

void unit_compute(struct exec *x, uint32_t node, const uint8_t *in, uint8_t *out,
                  uint64_t *n_clipped)
{
    const struct plan_unit *u = &x->p->unit[node];

    assert(u->kind == UNIT_MVM || u->kind == UNIT_EMB || u->kind == UNIT_INT);
    compute(x, u, 1, in, 0, out, 0, n_clipped);
}

/* ---- the whole program ---- */

static void gather(struct exec *x, const struct wl_op *op, const struct plan_unit *u, uint32_t r,
                   const uint32_t *lookup)
{
    const struct workload *w = x->p->workload;
    uint8_t *to = x->input + r * x->input_stride;

    if (u->kind == UNIT_EMB) {
        memcpy(to, lookup + (size_t)r * workload_n_words(w) + workload_slot(w, u->emb.first_field),
               4 * (size_t)u->emb.n_words);
        return;
    }
    for (uint32_t i = 0; i < op->n_inputs; i++) {
        uint32_t t = op->input[i];
        size_t n = (size_t)w->tensor[t].rows * w->tensor[t].dim;

        memcpy(to, x->codes[t] + r * x->stride[t], n);
        to += n;
    }
}

/* At most BATCH requests. */
static void batch_logits(struct exec *x, uint32_t n, const uint32_t *lookup, const uint8_t *dense,
                         int32_t *logit, uint64_t *n_clipped)
{
    const struct workload *w = x->p->workload;
    uint32_t last = w->op[w->n_ops - 1].output;

    for (uint32_t r = 0; r < n && w->n_dense; r++)
        memcpy(x->codes[0] + r * x->stride[0], dense + (size_t)r * w->n_dense, w->n_dense);
    for (uint32_t i = 0; i < x->n_order; i++) {
        const struct plan_unit *u = &x->p->unit[x->order[i]];
        const struct wl_op *op = &w->op[u->op];
        size_t offset = (size_t)u->out_first * (u->kind == UNIT_INT ? 1 : op->n_vec);

        for (uint32_t r = 0; r < n; r++)
            gather(x, op, u, r, lookup);
        compute(x, u, n, x->input, x->input_stride, x->codes[op->output] + offset,
                x->stride[op->output], n_clipped);
    }
    for (uint32_t r = 0; r < n; r++) {
        const uint8_t *b = x->codes[last] + r * x->stride[last];

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
