/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/exec.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "arch/exec_impl.h"

struct exec {
    const struct plan *p;
    struct exec_mvm *mvm;
    uint32_t *order; /* (n_order) nodes with operators, in operator and shard order */
    uint32_t n_order;
    uint8_t **codes; /* (n_tensors) values of exec_logit */
    uint8_t *input;  /* operands of one unit */
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

struct exec *exec_new(const struct plan *p)
{
    struct exec *x = mem_alloc(1, sizeof *x);
    const struct workload *w = p->workload;
    size_t input = 1;

    x->p = p;
    x->mvm = exec_mvm_new(p);
    order_units(x);
    x->codes = mem_alloc(w->n_tensors, sizeof *x->codes);
    for (uint32_t t = 0; t < w->n_tensors; t++)
        x->codes[t] = mem_alloc((size_t)w->tensor[t].rows * w->tensor[t].dim + 4, 1);
    for (uint32_t i = 0; i < w->n_ops; i++) {
        size_t n = workload_op_elements(w, &w->op[i]);

        input = n > input ? n : input;
    }
    input = input > 4 * (size_t)workload_n_words(w) ? input : 4 * (size_t)workload_n_words(w);
    x->input = mem_alloc(input, 1);
    return x;
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
    free(x->input);
    free(x);
}

void unit_compute(struct exec *x, uint32_t node, const uint8_t *in, uint8_t *out,
                  uint64_t *n_clipped)
{
    const struct plan_unit *u = &x->p->unit[node];

    if (u->kind == UNIT_MVM) {
        exec_mvm(x->mvm, u, in, out, n_clipped);
    } else if (u->kind == UNIT_EMB) {
        exec_emb(x->p, u, in, out);
    } else {
        assert(u->kind == UNIT_INT);
        exec_int(&u->dyn, in, out);
    }
}

/* ---- the whole program ---- */

static void gather(struct exec *x, const struct wl_op *op, const struct plan_unit *u,
                   const uint32_t *lookup)
{
    const struct workload *w = x->p->workload;
    uint8_t *to = x->input;

    if (u->kind == UNIT_EMB) {
        memcpy(to, lookup + workload_slot(w, u->emb.first_field), 4 * (size_t)u->emb.n_words);
        return;
    }
    for (uint32_t i = 0; i < op->n_inputs; i++) {
        size_t n = (size_t)w->tensor[op->input[i]].rows * w->tensor[op->input[i]].dim;

        memcpy(to, x->codes[op->input[i]], n);
        to += n;
    }
}

int32_t exec_logit(struct exec *x, const uint32_t *lookup, const uint8_t *dense,
                   uint64_t *n_clipped)
{
    const struct workload *w = x->p->workload;
    uint64_t ignored = 0;
    const uint8_t *logit;

    if (w->n_dense)
        memcpy(x->codes[0], dense, w->n_dense);
    for (uint32_t i = 0; i < x->n_order; i++) {
        const struct plan_unit *u = &x->p->unit[x->order[i]];
        const struct wl_op *op = &w->op[u->op];
        size_t offset = (size_t)u->out_first * (u->kind == UNIT_INT ? 1 : op->n_vec);

        gather(x, op, u, lookup);
        unit_compute(x, u->node, x->input, x->codes[op->output] + offset,
                     n_clipped ? n_clipped : &ignored);
    }
    logit = x->codes[w->op[w->n_ops - 1].output];
    return (int32_t)((uint32_t)logit[0] | (uint32_t)logit[1] << 8 | (uint32_t)logit[2] << 16 |
                     (uint32_t)logit[3] << 24);
}
