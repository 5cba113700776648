/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/freeze.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POLL_ROWS = 64, ROWS_AT_ONCE = 32 };

static void lower_tensors(struct workload *w, const struct net *net)
{
    w->n_tensors = net->n_tensors;
    w->tensor = arena_alloc(w->arena, net->n_tensors, sizeof *w->tensor);
    for (uint32_t i = 0; i < net->n_tensors; i++) {
        const struct net_tensor *t = &net->tensor[i];
        struct wl_tensor *out = &w->tensor[i];

        memcpy(out->name, t->name, sizeof out->name);
        out->rows = t->t.rows;
        out->dim = t->t.dim;
        out->bits = t->grid.bits;
        out->zero_point = grid_zero_point(t->grid);
        out->scale = net_tensor_scale(t);
    }
}

void freeze_table(const struct subnet *n, uint8_t *out)
{
    const struct net_tensor *t = &n->net.tensor[n->net.node[0].output];

    const struct store *s = n->store;
    uint32_t dim = n->net.dims.embed_dim;

    for (uint64_t row = 0; row < s->row_base[s->dims.n_fields]; row++)
        for (uint32_t c = 0; c < dim; c++)
            *out++ = grid_code(t->grid, t->rms, s->emb[row * s->dims.embed_dim + c]);
}

static void lower_tables(struct workload *w, const struct subnet *n, uint8_t *table)
{
    const struct store *s = n->store;

    w->n_fields = s->dims.n_fields;
    w->embed_dim = n->net.dims.embed_dim;
    w->n_rows = arena_alloc(w->arena, w->n_fields, sizeof *w->n_rows);
    w->row_base = arena_alloc(w->arena, w->n_fields + 1, sizeof *w->row_base);
    memcpy(w->n_rows, s->n_rows, w->n_fields * sizeof *w->n_rows);
    memcpy(w->row_base, s->row_base, (w->n_fields + 1) * sizeof *w->row_base);
    w->table = table;
    if (!table) {
        w->table = arena_alloc(w->arena, (size_t)s->row_base[w->n_fields] * w->embed_dim,
                               sizeof *w->table);
        freeze_table(n, w->table);
    }
}

enum err_code freeze(struct workload **out, const struct subnet *n, const char *name,
                     uint8_t *table, struct err *e)
{
    const struct net *net = &n->net;
    struct workload *w = workload_new(name);
    struct wl_tensor *logit;
    enum err_code rc;

    lower_tensors(w, net);
    lower_tables(w, n, table);
    w->n_dense = net->dims.n_dense;
    w->n_ops = net->n_nodes;
    w->op = arena_alloc(w->arena, w->n_ops, sizeof *w->op);
    for (uint32_t i = 0; i < w->n_ops; i++) {
        const struct node *from = &net->node[i];
        struct wl_op *op = &w->op[i];

        memcpy(op->name, from->name, sizeof op->name);
        snprintf(op->role, sizeof op->role, "%s", op_defs[from->op].name);
        op->block = from->block;
        op->n_inputs = from->n_inputs;
        memcpy(op->input, from->input, sizeof op->input);
        op->output = from->output;
        op->n_in = from->n_in;
        op->n_out = from->n_out;
        op->n_vec = from->n_vec;
        op_defs[from->op].lower(net, n->store, from, w, op);
    }
    logit = &w->tensor[w->op[w->n_ops - 1].output];
    logit->bits = 32;
    logit->zero_point = 0;
    logit->scale = w->logit_scale;
    rc = workload_check(w, e);
    if (rc) {
        workload_free(w);
        return err_wrap(e, "freezing %s", name);
    }
    *out = w;
    return ERR_OK;
}

static void dense_codes(const struct subnet *n, const struct data_split *split, uint64_t row,
                        uint8_t *out)
{
    uint32_t n_dense = n->net.dims.n_dense;

    for (uint32_t c = 0; c < n_dense; c++)
        out[c] = grid_code(n->net.tensor[0].grid, 1,
                           net_dense_value(n->store, split->dense + row * n_dense, c));
}

void freeze_requests(struct workload *w, const struct subnet *n, const struct data_split *split,
                     uint32_t n_requests)
{
    struct workload_scratch *scratch = workload_scratch_new(w);
    uint32_t count = n_requests < split->n ? n_requests : (uint32_t)split->n;

    w->n_requests = count;
    w->dense = arena_alloc(w->arena, (size_t)count * w->n_dense + 1, sizeof *w->dense);
    w->lookup = arena_alloc(w->arena, (size_t)count * w->n_fields + 1, sizeof *w->lookup);
    w->label = arena_alloc(w->arena, count + 1u, sizeof *w->label);
    w->expected = arena_alloc(w->arena, count + 1u, sizeof *w->expected);
    memcpy(w->lookup, split->lookup, (size_t)count * w->n_fields * sizeof *w->lookup);
    memcpy(w->label, split->label, count);
    for (uint32_t r = 0; r < count; r++) {
        uint8_t *dense = w->dense + (size_t)r * w->n_dense;

        dense_codes(n, split, r, dense);
        w->expected[r] = workload_logit(w, scratch, w->lookup + (size_t)r * w->n_fields, dense);
    }
    workload_scratch_free(scratch);
}

enum err_code freeze_predict(const struct workload *w, struct exec *x, const struct subnet *n,
                             const struct data_split *split, uint64_t first, uint64_t rows,
                             double *p, uint64_t *n_clipped, const struct watch *watch,
                             struct err *e)
{
    struct workload_scratch *scratch = workload_scratch_new(w);
    uint8_t *dense = mem_alloc((size_t)ROWS_AT_ONCE * w->n_dense + 1, 1);
    int32_t logit[ROWS_AT_ONCE];
    enum err_code rc = ERR_OK;

    for (uint64_t i = 0; i < rows && !rc; i += ROWS_AT_ONCE) {
        uint32_t n_rows = rows - i < ROWS_AT_ONCE ? (uint32_t)(rows - i) : ROWS_AT_ONCE;
        const uint32_t *lookup = split->lookup + (first + i) * w->n_fields;

        for (uint32_t r = 0; r < n_rows; r++)
            dense_codes(n, split, first + i + r, dense + (size_t)r * w->n_dense);
        if (x)
            exec_logits(x, n_rows, lookup, dense, logit, n_clipped);
        for (uint32_t r = 0; r < n_rows; r++) {
            if (!x)
                logit[r] = workload_logit(w, scratch, lookup + (size_t)r * w->n_fields,
                                          dense + (size_t)r * w->n_dense);
            p[i + r] = 1 / (1 + exp(-w->logit_scale * logit[r]));
        }
        if (watch && i % POLL_ROWS == 0)
            rc = watch_poll(watch, "evaluate", i, rows, NAN, NAN, e);
    }
    free(dense);
    workload_scratch_free(scratch);
    return rc;
}
