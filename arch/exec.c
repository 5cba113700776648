/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/exec.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "arch/exec_impl.h"

struct exec {
    const struct plan *p;
    struct exec_mvm *mvm;
    uint32_t *order; /* (n_order) units with operators, producers first; one replica of each */
    uint32_t n_order;
    uint8_t **out;  /* (n_units) results of exec_logit */
    uint8_t *input; /* operands of one unit */
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

struct exec *exec_new(const struct plan *p)
{
    struct exec *x = mem_alloc(1, sizeof *x);
    size_t input = 4;

    x->p = p;
    x->mvm = exec_mvm_new(p);
    order_units(x);
    x->out = mem_alloc(p->n_units, sizeof *x->out);
    for (uint32_t i = 0; i < p->n_units; i++) {
        const struct plan_unit *u = &p->unit[i];
        size_t n = 0;

        x->out[i] = mem_alloc((size_t)u->out_elements + 1, 1);
        for (uint32_t k = 0; k < u->n_in; k++)
            n += 4 * (size_t)u->in[k].n_elements;
        input = n > input ? n : input;
    }
    x->input = mem_alloc(input, 1);
    return x;
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

void unit_compute(struct exec *x, uint32_t unit, const uint8_t *in, uint8_t *out,
                  uint64_t *n_clipped)
{
    const struct plan_unit *u = &x->p->unit[unit];

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

/* Operands of a unit's first request, from the results before it, as its in-edges carry them. */
static void gather(struct exec *x, const struct plan_unit *u, const uint32_t *lookup,
                   const uint8_t *dense)
{
    const struct plan *p = x->p;
    uint8_t *to = x->input;

    if (u->kind == UNIT_EMB) {
        memcpy(to, lookup + u->emb.field[0], 4 * (size_t)u->emb.n_lookups);
        return;
    }
    for (uint32_t i = 0; i < u->n_in; i++) {
        const struct plan_in *in = &u->in[i];
        const struct plan_tile *src = &p->tile[in->src_node];
        const uint8_t *from = in->src_node == p->io_node ? dense : x->out[in->src_unit];

        if (!plan_is_due(in->due, 0))
            continue;
        from += (size_t)src->out[in->src_out].first_word * (p->flit_bits / in->pack_bits);
        memcpy(to, from, in->n_elements);
        to += in->n_elements;
    }
}

int32_t exec_logit(struct exec *x, const uint32_t *lookup, const uint8_t *dense,
                   uint64_t *n_clipped)
{
    uint64_t ignored = 0;
    const uint8_t *logit;

    for (uint32_t i = 0; i < x->n_order; i++) {
        uint32_t unit = x->order[i];

        gather(x, &x->p->unit[unit], lookup, dense);
        unit_compute(x, unit, x->input, x->out[unit], n_clipped ? n_clipped : &ignored);
    }
    logit = x->out[x->order[x->n_order - 1]];
    return (int32_t)((uint32_t)logit[0] | (uint32_t)logit[1] << 8 | (uint32_t)logit[2] << 16 |
                     (uint32_t)logit[3] << 24);
}
