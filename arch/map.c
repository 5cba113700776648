/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/map.h"

#include "arch/map_impl.h"

/* ---- cutting operators into shards ---- */

static enum err_code cut(struct mapper *m, uint32_t i, struct err *e)
{
    const struct wl_op *op = &m->w->op[i];
    struct map_op *c = &m->op[i];

    *c = (struct map_op){.step = op->n_out, .n_groups = 1, .n_replicas = 1};
    c->n_blocks = op->kind == WL_EMBED ? map_emb_shards(m, op) : 1;
    return op->kind == WL_MVM ? map_mvm_cut(m, op, c, e) : ERR_OK;
}

static enum err_code count_shards(struct mapper *m, struct err *e)
{
    enum err_code rc;

    for (uint32_t i = 0; i < m->w->n_ops; i++) {
        const struct wl_op *op = &m->w->op[i];

        if ((rc = cut(m, i, e)))
            return rc;
        m->tensor_op[op->output] = i;
    }
    map_replicate(m);
    m->n_shards = 1;
    for (uint32_t i = 0; i < m->w->n_ops; i++) {
        struct map_op *c = &m->op[i];

        c->first = m->n_shards;
        c->n_shards = c->n_groups * c->n_blocks * c->n_replicas;
        m->n_shards += c->n_shards;
    }
    return ERR_OK;
}

static enum err_code make_shard(struct mapper *m, uint32_t i, uint32_t k, struct err *e)
{
    const struct wl_op *op = &m->w->op[i];
    const struct map_op *c = &m->op[i];
    struct plan_unit *u = &m->shard[c->first + k];
    uint32_t block = k / c->n_replicas % c->n_blocks, left;

    u->op = i;
    u->n_replicas = c->n_replicas;
    u->replica = k % c->n_replicas;
    if (op->kind == WL_EMBED) {
        u->out_first = map_emb_first(m, op, block);
        return map_emb(m, op, u, map_emb_first(m, op, block + 1) - u->out_first, e);
    }
    if (op->kind != WL_MVM) {
        map_int(m, op, u);
        return ERR_OK;
    }
    u->out_first = block * c->step;
    left = op->n_out - u->out_first;
    map_mvm(m, op, u, left < c->step ? left : c->step, k / (c->n_replicas * c->n_blocks));
    if (u->replica)
        u->mvm.bias = u[-1].mvm.bias;
    else if (!m->outline)
        return map_mvm_bias(m, op, u, e);
    return ERR_OK;
}

static enum err_code make_shards(struct mapper *m, struct err *e)
{
    struct plan_unit *io;
    enum err_code rc;

    m->shard = arena_alloc(m->p->arena, m->n_shards, sizeof *m->shard);
    io = &m->shard[0];
    io->kind = UNIT_IO;
    io->op = UINT32_MAX;
    io->n_replicas = 1;
    io->comp_cycles = 1;
    io->io.interval_cycles = m->c->io_interval_cycles;
    io->io.record_words = map_words(
        m->p, m->w->n_dense, map_pack_bits(m->w->tensor[0].bits)); /* dense codes come first */
    for (uint32_t i = 0; i < m->w->n_ops; i++)
        for (uint32_t k = 0; k < m->op[i].n_shards; k++)
            if ((rc = make_shard(m, i, k, e)))
                return rc;
    return ERR_OK;
}

static enum err_code check_shards(const struct mapper *m, struct err *e)
{
    uint32_t word_bytes = m->p->flit_bits / 8;

    for (uint32_t s = 0; s < m->n_shards; s++) {
        const struct plan_unit *u = &m->shard[s];
        const char *name = s ? m->w->op[u->op].name : "io";

        if (u->n_in > PLAN_MAX_EDGES || u->n_out > PLAN_MAX_EDGES)
            return err_set(e, ERR_CONFIG, "operator %s: %u in-edges and %u out-edges, at most %u",
                           name, u->n_in, u->n_out, PLAN_MAX_EDGES);
        if (m->ring_words[s] > m->c->tile_buffer_bytes / word_bytes)
            return err_set(e, ERR_CONFIG,
                           "operator %s: operands take %u bytes of buffer, the tile has %u "
                           "(tile.buffer_bytes)",
                           name, m->ring_words[s] * word_bytes, m->c->tile_buffer_bytes);
        if (!u->n_out)
            return err_set(e, ERR_CONFIG, "operator %s: nothing reads its output", name);
    }
    return ERR_OK;
}

/* ---- totals ---- */

static void grow(uint32_t *max, uint32_t v)
{
    *max = v > *max ? v : *max;
}

static uint32_t operand_elements(const struct plan_unit *u)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < u->n_in; i++)
        if (plan_is_due(u->in[i].due, 0))
            n += u->in[i].n_elements;
    return n;
}

static void int_limits(struct plan_limits *l, const struct plan_int *d)
{
    l->int_table |= d->table != NULL;
    l->int_attention |= d->mode == INT_ATTENTION;
    if (d->mode != INT_DP && d->mode != INT_ATTENTION)
        return;
    grow(&l->int_rows, d->rows);
    grow(&l->int_dim, d->dim);
    grow(&l->int_cells, d->cells);
}

static void unit_totals(struct mapper *m, const struct plan_unit *u)
{
    struct plan *p = m->p;
    struct plan_limits *l = &p->limit;

    if (u->kind == UNIT_MVM) {
        uint64_t n_copies = u->mvm.copies;

        grow(&l->mvm_inputs, operand_elements(u));
        grow(&l->mvm_mpx, u->mvm.mpx);
        p->n_xbars_used += n_copies * u->mvm.n_rb * u->mvm.n_cb;
        p->n_cells_used += n_copies * plan_mvm_cells_used(p, u);
    } else if (u->kind == UNIT_EMB) {
        grow(&l->emb_words, u->emb.n_words);
        grow(&l->emb_lookups, u->emb.n_lookups);
        grow(&l->emb_fields, u->emb.n_fields);
        grow(&l->emb_bags, u->emb.n_bags);
        grow(&l->emb_rows, u->emb.n_rows);
        grow(&l->emb_dim, u->emb.dim);
    } else if (u->kind == UNIT_INT) {
        grow(&l->int_inputs, operand_elements(u));
        grow(&l->int_outputs, u->out_elements);
        int_limits(l, &u->dyn);
    } else if (u->kind == UNIT_IO) {
        grow(&l->io_record_words, u->io.record_words);
    }
}

static void tile_totals(struct mapper *m, const struct plan_tile *t)
{
    struct plan *p = m->p;
    struct plan_limits *l = &p->limit;
    uint32_t outputs = 0, out_bytes = 0, scales = 0, xbars = 0;

    grow(&l->in_edges, t->n_in);
    grow(&l->out_edges, t->n_out);
    grow(&l->buffer_words, t->buffer_words);
    grow(&l->contexts, t->n_contexts);
    if (!t->n_contexts || p->unit[t->unit[0]].kind != UNIT_MVM)
        return;
    for (uint32_t c = 0; c < t->n_contexts; c++) {
        const struct plan_unit *u = &p->unit[t->unit[c]];

        outputs += u->out_elements;
        out_bytes += p->output_slots * plan_slot_bytes(p, u);
        scales += u->mvm.m;
        xbars += u->mvm.copies * u->mvm.n_rb * u->mvm.n_cb;
    }
    grow(&l->mvm_outputs, outputs);
    grow(&l->mvm_out_bytes, out_bytes);
    grow(&l->mvm_scales, scales);
    grow(&l->mvm_xbars, xbars);
    p->n_cells += (uint64_t)m->c->mvm_xbars * m->c->mvm_rows * chip_built_cols(m->c);
}

static void totals(struct mapper *m)
{
    struct plan *p = m->p;

    for (uint32_t i = 0; i < p->n_units; i++)
        unit_totals(m, &p->unit[i]);
    for (uint32_t i = 0; i < p->n_nodes; i++)
        tile_totals(m, &p->tile[i]);
}

static enum err_code map_device(struct plan *p, const struct chip_config *c, struct err *e)
{
    enum err_code rc = device_init(&p->device, c, e);

    if (rc)
        return rc;
    if (p->device.drawn && (c->map_copies > 1 || c->map_replicate))
        return err_set(e, ERR_CONFIG,
                       "map.copies, map.replicate: with device effects each matrix is there once");
    map_analog(c, &p->device, &p->analog);
    return ERR_OK;
}

static enum err_code map(struct plan **out, const struct workload *w, const struct chip_config *c,
                         bool outline, struct err *e)
{
    struct arena *a = arena_new();
    struct plan *p = arena_alloc(a, 1, sizeof *p);
    struct mapper m = {.p = p, .w = w, .c = c, .outline = outline};
    enum err_code rc;

    *out = NULL;
    p->arena = a;
    p->workload = w;
    p->config = *c;
    p->flit_bits = chip_flit_bits(c);
    p->n_vcs = c->noc_vcs;
    p->credit_vc = c->noc_vcs - 1;
    p->buffer_flits = c->noc_buffer_flits;
    p->topology = c->noc_topology;
    p->routing = c->noc_routing;
    p->stages = c->noc_stages;
    p->slots = c->tile_slots;
    p->output_slots = c->tile_output_slots;
    m.op = arena_alloc(a, w->n_ops, sizeof *m.op);
    m.tensor_op = arena_alloc(a, w->n_tensors, sizeof *m.tensor_op);
    for (uint32_t t = 0; t < w->n_tensors; t++)
        m.tensor_op[t] = UINT32_MAX;
    if (!(rc = map_device(p, c, e)) && !(rc = count_shards(&m, e)) && !(rc = make_shards(&m, e))) {
        map_edges(&m);
        if (!(rc = check_shards(&m, e)))
            rc = map_place(&m, e);
    }
    if (rc) {
        plan_free(p);
        return rc;
    }
    totals(&m);
    *out = p;
    return ERR_OK;
}

enum err_code plan_new(struct plan **out, const struct workload *w, const struct chip_config *c,
                       struct err *e)
{
    return map(out, w, c, false, e);
}

enum err_code plan_new_outline(struct plan **out, const struct workload *w,
                               const struct chip_config *c, struct err *e)
{
    return map(out, w, c, true, e);
}
