/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/map.h"

#include <math.h>

#include "arch/map_impl.h"

/* The small term keeps 3 ns at 1 GHz from becoming 4. */
uint32_t map_cycles(const struct chip_config *c, double ns)
{
    double n = ceil(ns * c->clock_mhz / 1000.0 - 1e-9);

    return n < 1 ? 1 : (uint32_t)n;
}

uint32_t map_pack_bits(uint32_t bits)
{
    return bits <= 4 ? 4 : 8;
}

uint32_t map_words(const struct plan *p, uint32_t n_elements, uint32_t pack)
{
    return ceil_div(n_elements, p->flit_bits / pack);
}

void map_output(struct plan *p, struct plan_unit *u, uint32_t n_elements, uint32_t pack)
{
    u->out_elements = n_elements;
    u->out_pack_bits = pack;
    u->out_words = map_words(p, n_elements, pack);
}

/* ---- how many shards an operator takes ---- */

static enum err_code count_shards(struct mapper *m, struct err *e)
{
    uint32_t shard = 1;
    enum err_code rc;

    for (uint32_t i = 0; i < m->w->n_ops; i++) {
        const struct wl_op *op = &m->w->op[i];

        m->op_first[i] = shard;
        m->op_step[i] = op->n_out;
        if (op->kind == WL_MVM && (rc = map_mvm_step(m, op, &m->op_step[i], e)))
            return rc;
        shard += op->kind == WL_MVM     ? ceil_div(op->n_out, m->op_step[i])
                 : op->kind == WL_EMBED ? map_emb_shards(m, op)
                                        : 1;
        m->tensor_op[op->output] = i;
    }
    m->op_first[m->w->n_ops] = shard;
    m->n_shards = shard;
    return ERR_OK;
}

/* ---- placement ---- */

static enum err_code place(struct mapper *m, struct err *e)
{
    struct plan *p = m->p;
    struct topology t;
    uint32_t side = 1;

    while (side * side < m->n_shards)
        side++;
    p->width = m->c->mesh_width ? m->c->mesh_width : side;
    p->height = m->c->mesh_height ? m->c->mesh_height : ceil_div(m->n_shards, p->width);
    if (p->width > PLAN_MAX_SIDE || p->height > PLAN_MAX_SIDE)
        return err_set(e, ERR_CONFIG, "the workload needs %u tiles, the largest mesh has %u",
                       m->n_shards, PLAN_MAX_SIDE * PLAN_MAX_SIDE);
    p->n_units = p->width * p->height;
    if (p->n_units < m->n_shards)
        return err_set(e, ERR_CONFIG, "the workload needs %u tiles, the mesh has %u x %u",
                       m->n_shards, p->width, p->height);
    p->unit = arena_alloc(p->arena, p->n_units, sizeof *p->unit);
    m->node = arena_alloc(p->arena, p->n_units, sizeof *m->node);
    t = plan_topology(p);
    topology_snake(&t, m->node);
    for (uint32_t i = 0; i < p->n_units; i++) {
        struct plan_unit *u = &p->unit[i];

        u->node = i;
        u->x = i % p->width;
        u->y = i / p->width;
    }
    return ERR_OK;
}

static enum err_code make_shards(struct mapper *m, struct err *e)
{
    for (uint32_t i = 0; i < m->w->n_ops; i++) {
        const struct wl_op *op = &m->w->op[i];

        for (uint32_t s = m->op_first[i]; s < m->op_first[i + 1]; s++) {
            struct plan_unit *u = &m->p->unit[m->node[s]];
            uint32_t k = s - m->op_first[i];
            enum err_code rc = ERR_OK;

            u->op = i;
            if (op->kind == WL_EMBED) {
                u->out_first = map_emb_first(m, op, k);
                rc = map_emb(m, op, u, map_emb_first(m, op, k + 1) - u->out_first, e);
            } else if (op->kind == WL_MVM) {
                uint32_t left = op->n_out - k * m->op_step[i];

                u->out_first = k * m->op_step[i];
                map_mvm(m, op, u, left < m->op_step[i] ? left : m->op_step[i]);
                if (!m->outline)
                    rc = map_mvm_bias(m, op, u, e);
            } else {
                map_int(m, op, u);
            }
            if (rc)
                return rc;
        }
    }
    return ERR_OK;
}

/* ---- edges ---- */

static uint32_t tensor_first_shard(const struct mapper *m, uint32_t t)
{
    return m->tensor_op[t] == UINT32_MAX ? 0 : m->op_first[m->tensor_op[t]];
}

static uint32_t tensor_end_shard(const struct mapper *m, uint32_t t)
{
    return m->tensor_op[t] == UINT32_MAX ? 1 : m->op_first[m->tensor_op[t] + 1];
}

static void count_edge(struct mapper *m, uint32_t from, uint32_t to)
{
    m->p->unit[m->node[from]].n_out++;
    m->p->unit[m->node[to]].n_in++;
}

/* The next free edge at both ends, joined; payload and ring filled in by the caller. */
static struct plan_in *join(struct mapper *m, uint32_t from, uint32_t to, uint32_t *fill,
                            uint32_t n_elements, uint32_t pack)
{
    struct plan *p = m->p;
    struct plan_unit *src = &p->unit[m->node[from]], *dst = &p->unit[m->node[to]];
    uint32_t out = fill[2 * src->node]++, in = fill[2 * dst->node + 1]++;
    uint32_t n_words = map_words(p, n_elements, pack);

    src->out[out] = (struct plan_out){.dst_node = dst->node,
                                      .dst_in = in,
                                      .n_words = n_words,
                                      .n_slots = p->slots,
                                      .vc = m->next_vc++ % (p->n_vcs - 1)};
    dst->in[in] = (struct plan_in){.src_node = src->node,
                                   .src_out = out,
                                   .n_words = n_words,
                                   .n_slots = p->slots,
                                   .n_elements = n_elements,
                                   .pack_bits = pack,
                                   .base_word = dst->buffer_words};
    dst->buffer_words += n_words * p->slots;
    dst->load_cycles += n_words;
    return &dst->in[in];
}

/* Edges are made in two passes over the same order: fill NULL counts, else (2 * n_units) next free
 * out- and in-edge of each node. Lookups come where their operator does, the logit last. */
static void lookup_edge(struct mapper *m, uint32_t to, uint32_t *fill)
{
    struct plan_unit *io = &m->p->unit[m->node[0]];
    uint32_t n = m->p->unit[m->node[to]].emb.n_words;

    if (!fill) {
        count_edge(m, 0, to);
        return;
    }
    join(m, 0, to, fill, n, 32);
    io->out[fill[2 * io->node] - 1].io_base_word = io->io.record_words;
    io->io.record_words += map_words(m->p, n, 32);
}

static void operand_edges(struct mapper *m, uint32_t t, uint32_t to, uint32_t *fill)
{
    const struct wl_tensor *tensor = &m->w->tensor[t];

    for (uint32_t from = tensor_first_shard(m, t); from < tensor_end_shard(m, t); from++) {
        const struct plan_unit *src = &m->p->unit[m->node[from]];
        uint32_t n = from ? src->out_elements : tensor->rows * tensor->dim;

        if (fill)
            join(m, from, to, fill, n, map_pack_bits(tensor->bits))->zero_point =
                tensor->zero_point;
        else
            count_edge(m, from, to);
    }
}

static void each_edge(struct mapper *m, uint32_t *fill)
{
    for (uint32_t i = 0; i < m->w->n_ops; i++) {
        const struct wl_op *op = &m->w->op[i];

        for (uint32_t s = m->op_first[i]; s < m->op_first[i + 1]; s++) {
            if (op->kind == WL_EMBED)
                lookup_edge(m, s, fill);
            for (uint32_t k = 0; k < op->n_inputs; k++)
                operand_edges(m, op->input[k], s, fill);
        }
    }
    if (fill)
        join(m, m->n_shards - 1, 0, fill, 4, 8);
    else
        count_edge(m, m->n_shards - 1, 0);
}

static enum err_code check_unit(const struct mapper *m, const struct plan_unit *u, struct err *e)
{
    uint32_t capacity = m->c->tile_buffer_bytes / (m->p->flit_bits / 8);

    if (u->n_in > PLAN_MAX_EDGES || u->n_out > PLAN_MAX_EDGES)
        return err_set(e, ERR_CONFIG, "unit %s: %u in-edges and %u out-edges, at most %u", u->name,
                       u->n_in, u->n_out, PLAN_MAX_EDGES);
    if (u->buffer_words > capacity)
        return err_set(e, ERR_CONFIG,
                       "unit %s: operands take %u bytes of buffer, the tile has %u "
                       "(tile.buffer_bytes)",
                       u->name, u->buffer_words * (m->p->flit_bits / 8), m->c->tile_buffer_bytes);
    if (!u->n_out)
        return err_set(e, ERR_CONFIG, "operator %s: nothing reads its output",
                       m->w->op[u->op].name);
    return ERR_OK;
}

static enum err_code make_edges(struct mapper *m, struct err *e)
{
    struct plan *p = m->p;
    struct plan_unit *io = &p->unit[m->node[0]];
    uint32_t *fill = arena_alloc(p->arena, 2 * (size_t)p->n_units, sizeof *fill);
    enum err_code rc;

    io->kind = UNIT_IO;
    io->op = UINT32_MAX;
    io->comp_cycles = 1;
    io->io.interval_cycles = m->c->io_interval_cycles;
    io->io.record_words = map_words(
        p, m->w->n_dense, map_pack_bits(m->w->tensor[0].bits)); /* dense codes come first */
    each_edge(m, NULL);
    for (uint32_t s = 0; s < m->n_shards; s++) {
        struct plan_unit *u = &p->unit[m->node[s]];

        u->in = arena_alloc(p->arena, u->n_in, sizeof *u->in);
        u->out = arena_alloc(p->arena, u->n_out, sizeof *u->out);
        if (s)
            snprintf(u->name, sizeof u->name, "n%u_%.30s_%u", u->node, m->w->op[u->op].name,
                     s - m->op_first[u->op]);
        else
            snprintf(u->name, sizeof u->name, "n%u_io", u->node);
        for (char *q = u->name; *q; q++)
            *q = *q == '.' || *q == '-' ? '_' : *q;
    }
    each_edge(m, fill);
    io->load_cycles = 0; /* its in-edge is a sink, not an operand */
    for (uint32_t s = 0; s < m->n_shards; s++)
        if ((rc = check_unit(m, &p->unit[m->node[s]], e)))
            return rc;
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

static void totals(struct mapper *m)
{
    struct plan *p = m->p;
    struct plan_limits *l = &p->limit;

    for (uint32_t i = 0; i < p->n_units; i++) {
        const struct plan_unit *u = &p->unit[i];

        grow(&l->in_edges, u->n_in);
        grow(&l->out_edges, u->n_out);
        grow(&l->buffer_words, u->buffer_words);
        if (u->kind == UNIT_MVM) {
            grow(&l->mvm_inputs, operand_elements(u));
            grow(&l->mvm_outputs, u->out_elements);
            grow(&l->mvm_mpx, u->mvm.mpx);
            p->n_xbars_used += (uint64_t)u->mvm.n_rb * u->mvm.n_cb;
            p->n_cells_used += plan_mvm_cells_used(p, u);
            p->n_cells += (uint64_t)m->c->mvm_xbars * m->c->mvm_rows * chip_built_cols(m->c);
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
    p->io_node = m->node[0];
    p->logit_node = m->node[m->n_shards - 1];
}

static enum err_code map_device(struct plan *p, const struct chip_config *c, struct err *e)
{
    enum err_code rc = device_init(&p->device, c, e);

    if (!rc)
        map_analog(c, &p->device, &p->analog);
    return rc;
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
    m.op_first = arena_alloc(a, w->n_ops + 1, sizeof *m.op_first);
    m.op_step = arena_alloc(a, w->n_ops, sizeof *m.op_step);
    m.tensor_op = arena_alloc(a, w->n_tensors, sizeof *m.tensor_op);
    for (uint32_t t = 0; t < w->n_tensors; t++)
        m.tensor_op[t] = UINT32_MAX;
    if ((rc = map_device(p, c, e)) || (rc = count_shards(&m, e)) || (rc = place(&m, e)) ||
        (rc = make_shards(&m, e)) || (rc = make_edges(&m, e))) {
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
