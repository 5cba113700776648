/* SPDX-License-Identifier: Apache-2.0 */
/* Shards into tiles and tiles onto the mesh.
 *
 * map.pack: a matrix goes into the first tile that has crossbars, contexts, buffer and edges left,
 * holds no part of the same operator, and whose matrices together are not busier for a request than
 * the busiest unit of the chip: packing saves tiles, it does not set the pace. map.placement
 * traffic: from the snake on, each tile in turn changes places with whichever shortens the way of
 * all flits (flits x routers) most, until none does. */
#include <stdlib.h>
#include <string.h>

#include "arch/map_impl.h"

enum { MAX_PASSES = 8 };

struct bin { /* a tile being filled */
    uint32_t n_contexts, shard[PLAN_MAX_CONTEXTS];
    uint32_t n_xbars, ring_words, n_in, n_out;
    uint64_t busy_cycles; /* of a request of the chip, on average; x PLAN_MAX_REPLICAS */
};

struct spot { /* router of a slot of the snake */
    int32_t x, y;
};

struct place {
    struct mapper *m;
    struct bin *bin; /* (n_bins) */
    uint32_t n_bins;
    uint32_t *bin_of, *context; /* (n_shards) */
    uint32_t *slot;             /* (n_bins) place on the snake */
    struct topology topology;
    uint32_t *snake;   /* (n_nodes) node of each slot */
    struct spot *spot; /* (n_nodes) with placement by traffic only */
    uint32_t capacity_words;
    uint64_t busiest_cycles; /* of any unit, as in struct bin */
};

/* ---- packing ---- */

static uint32_t shard_xbars(const struct plan_unit *u)
{
    return u->kind == UNIT_MVM ? u->mvm.copies * u->mvm.n_rb * u->mvm.n_cb : 0;
}

static uint64_t shard_busy(const struct plan_unit *u)
{
    return ((uint64_t)u->load_cycles + u->comp_cycles) * (PLAN_MAX_REPLICAS / u->n_replicas);
}

static bool fits(const struct place *pl, const struct bin *b, uint32_t s)
{
    const struct mapper *m = pl->m;
    const struct plan_unit *u = &m->shard[s];

    if (m->shard[b->shard[0]].kind != UNIT_MVM || b->n_contexts == m->c->map_contexts ||
        b->n_xbars + shard_xbars(u) > m->c->mvm_xbars ||
        b->ring_words + m->ring_words[s] > pl->capacity_words ||
        b->n_in + u->n_in > PLAN_MAX_EDGES || b->n_out + u->n_out > PLAN_MAX_EDGES ||
        b->busy_cycles + shard_busy(u) > pl->busiest_cycles)
        return false;
    for (uint32_t c = 0; c < b->n_contexts; c++)
        if (m->shard[b->shard[c]].op == u->op)
            return false;
    return true;
}

static void put(struct place *pl, uint32_t bin, uint32_t s)
{
    struct bin *b = &pl->bin[bin];
    struct plan_unit *u = &pl->m->shard[s];

    pl->bin_of[s] = bin;
    pl->context[s] = b->n_contexts;
    if (u->kind == UNIT_MVM)
        u->mvm.first_xbar = b->n_xbars;
    b->shard[b->n_contexts++] = s;
    b->n_xbars += shard_xbars(u);
    b->ring_words += pl->m->ring_words[s];
    b->n_in += u->n_in;
    b->n_out += u->n_out;
    b->busy_cycles += shard_busy(u);
}

static void pack(struct place *pl)
{
    const struct mapper *m = pl->m;

    for (uint32_t s = 0; s < m->n_shards; s++) {
        uint64_t busy = shard_busy(&m->shard[s]);

        pl->busiest_cycles = busy > pl->busiest_cycles ? busy : pl->busiest_cycles;
    }
    for (uint32_t s = 0; s < m->n_shards; s++) {
        uint32_t b = pl->n_bins;

        if (m->c->map_pack && m->shard[s].kind == UNIT_MVM)
            for (b = 0; b < pl->n_bins && !fits(pl, &pl->bin[b], s); b++)
                ;
        pl->n_bins += b == pl->n_bins;
        put(pl, b, s);
    }
}

/* ---- the mesh ---- */

static enum err_code size_mesh(struct mapper *m, uint32_t n_tiles, struct err *e)
{
    struct plan *p = m->p;
    uint32_t side = 1;

    while (side * side < n_tiles)
        side++;
    p->width = m->c->mesh_width ? m->c->mesh_width : side;
    p->height = m->c->mesh_height ? m->c->mesh_height : ceil_div(n_tiles, p->width);
    if (p->width > PLAN_MAX_SIDE || p->height > PLAN_MAX_SIDE)
        return err_set(e, ERR_CONFIG, "the workload needs %u tiles, the largest mesh has %u",
                       n_tiles, PLAN_MAX_SIDE * PLAN_MAX_SIDE);
    p->n_nodes = p->width * p->height;
    if (p->n_nodes < n_tiles)
        return err_set(e, ERR_CONFIG, "the workload needs %u tiles, the mesh has %u x %u", n_tiles,
                       p->width, p->height);
    return ERR_OK;
}

static uint32_t node_of(const struct place *pl, uint32_t slot)
{
    return pl->snake[slot];
}

/* Routers on the way from slot a to slot b. */
static inline uint32_t distance(const struct place *pl, uint32_t a, uint32_t b)
{
    return (uint32_t)(1 + abs(pl->spot[a].x - pl->spot[b].x) + abs(pl->spot[a].y - pl->spot[b].y));
}

/* Flits between two tiles, both ways, for PLAN_MAX_REPLICAS requests of the chip. */
struct flow {
    uint32_t peer, flits;
};

struct flows {
    uint32_t *first; /* (n_bins + 1) */
    struct flow *flow;
};

static void each_flow(const struct place *pl, struct flows *f, uint32_t *fill)
{
    const struct mapper *m = pl->m;

    for (uint32_t s = 0; s < m->n_shards; s++)
        for (uint32_t e = 0; e < m->shard[s].n_out; e++) {
            const struct plan_out *o = &m->shard[s].out[e];
            uint32_t a = pl->bin_of[s], b = pl->bin_of[o->dst_unit];
            uint32_t n = m->shard[s].n_replicas * (o->due.mask + 1); /* one request in n */
            uint32_t flits = (o->n_words + 2) * (PLAN_MAX_REPLICAS / n);

            if (f) {
                f->flow[fill[a]] = (struct flow){b, flits};
                f->flow[fill[b]] = (struct flow){a, flits};
            }
            fill[a]++;
            fill[b]++;
        }
}

static struct flows flows_of(const struct place *pl)
{
    struct arena *a = pl->m->p->arena;
    struct flows f = {.first = arena_alloc(a, pl->n_bins + 1, sizeof *f.first)};
    uint32_t *fill = arena_alloc(a, pl->n_bins, sizeof *fill);

    each_flow(pl, NULL, f.first);
    for (uint32_t i = 0, sum = 0; i <= pl->n_bins; i++) {
        uint32_t n = f.first[i];

        f.first[i] = sum;
        sum += n;
        if (i < pl->n_bins)
            fill[i] = f.first[i];
    }
    f.flow = arena_alloc(a, f.first[pl->n_bins], sizeof *f.flow);
    each_flow(pl, &f, fill);
    return f;
}

/* What tile b's flits travel if it is in `slot`; a tile that changes places with it is in `other`.
 */
static uint64_t way(const struct place *pl, const struct flows *f, uint32_t b, uint32_t slot,
                    uint32_t swapped, uint32_t other)
{
    uint64_t sum = 0;

    for (uint32_t i = f->first[b]; i < f->first[b + 1]; i++) {
        uint32_t peer = f->flow[i].peer, at = pl->slot[peer];

        at = peer == swapped ? other : peer == b ? slot : at;
        sum += (uint64_t)f->flow[i].flits * distance(pl, slot, at);
    }
    return sum;
}

/* What the flits of tile b and of its peers travel now. */
static void measure(const struct place *pl, const struct flows *f, uint32_t b, uint64_t *now)
{
    now[b] = way(pl, f, b, pl->slot[b], UINT32_MAX, 0);
    for (uint32_t i = f->first[b]; i < f->first[b + 1]; i++) {
        uint32_t peer = f->flow[i].peer;

        now[peer] = way(pl, f, peer, pl->slot[peer], UINT32_MAX, 0);
    }
}

/* Best change of places for tile b; true if there was one. tile_at: (n_nodes) UINT32_MAX: empty.
 * now: (n_bins) what the flits of a tile travel. */
static bool improve(struct place *pl, const struct flows *f, uint32_t b, uint32_t *tile_at,
                    uint64_t *now)
{
    uint32_t here = pl->slot[b], best = here, q;
    uint64_t most = 0;

    for (uint32_t there = 0; there < pl->m->p->n_nodes; there++) {
        uint64_t before = now[b], after;

        q = tile_at[there];
        if (q != UINT32_MAX)
            before += now[q];
        if (there == here || before <= most)
            continue;
        after = way(pl, f, b, there, q, here);
        if (q != UINT32_MAX)
            after += way(pl, f, q, here, b, there);
        if (before > after && before - after > most) {
            most = before - after;
            best = there;
        }
    }
    if (best == here)
        return false;
    q = tile_at[best];
    tile_at[here] = q;
    tile_at[best] = b;
    pl->slot[b] = best;
    if (q != UINT32_MAX) {
        pl->slot[q] = here;
        measure(pl, f, q, now);
    }
    measure(pl, f, b, now);
    return true;
}

static void shorten(struct place *pl)
{
    const struct plan *p = pl->m->p;
    struct flows f = flows_of(pl);
    uint32_t *tile_at = arena_alloc(p->arena, p->n_nodes, sizeof *tile_at);
    uint64_t *now = arena_alloc(p->arena, pl->n_bins, sizeof *now);
    bool any = true;

    pl->spot = arena_alloc(p->arena, p->n_nodes, sizeof *pl->spot);
    for (uint32_t i = 0; i < p->n_nodes; i++) {
        uint32_t router = topology_home(&pl->topology, node_of(pl, i)).router;

        pl->spot[i] = (struct spot){(int32_t)(router % pl->topology.router_cols),
                                    (int32_t)(router / pl->topology.router_cols)};
    }
    for (uint32_t i = 0; i < p->n_nodes; i++)
        tile_at[i] = i < pl->n_bins ? i : UINT32_MAX;
    for (uint32_t b = 0; b < pl->n_bins; b++)
        now[b] = way(pl, &f, b, pl->slot[b], UINT32_MAX, 0);
    for (uint32_t pass = 0; any && pass < MAX_PASSES; pass++) {
        any = false;
        for (uint32_t b = 0; b < pl->n_bins; b++)
            any |= improve(pl, &f, b, tile_at, now);
    }
}

/* ---- the plan's tiles and units ---- */

static void name_unit(const struct mapper *m, struct plan_unit *u, uint32_t shard)
{
    if (u->kind == UNIT_IO)
        snprintf(u->name, sizeof u->name, "n%u_io", u->node);
    else
        snprintf(u->name, sizeof u->name, "n%u_%.30s_%u", u->node, m->w->op[u->op].name,
                 shard - m->op[u->op].first);
    for (char *q = u->name; *q; q++)
        *q = *q == '.' || *q == '-' ? '_' : *q;
}

static void place_tile(struct place *pl, uint32_t bin, uint32_t *next_unit)
{
    struct plan *p = pl->m->p;
    const struct bin *b = &pl->bin[bin];
    uint32_t node = node_of(pl, pl->slot[bin]), base_word = 0;
    struct plan_tile *t = &p->tile[node];

    t->unit = arena_alloc(p->arena, b->n_contexts, sizeof *t->unit);
    t->in = arena_alloc(p->arena, b->n_in, sizeof *t->in);
    t->out = arena_alloc(p->arena, b->n_out, sizeof *t->out);
    for (uint32_t c = 0; c < b->n_contexts; c++) {
        uint32_t index = c ? (*next_unit)++ : node, s = b->shard[c];
        struct plan_unit *u = &p->unit[index];

        *u = pl->m->shard[s];
        u->index = index;
        u->node = node;
        u->x = node % p->width;
        u->y = node / p->width;
        u->context = c;
        u->in_first = t->n_in;
        u->out_edge_first = t->n_out;
        for (uint32_t i = 0; i < u->n_in; i++)
            u->in[i].base_word += base_word;
        memcpy(t->in + t->n_in, u->in, u->n_in * sizeof *t->in);
        memcpy(t->out + t->n_out, u->out, u->n_out * sizeof *t->out);
        u->in = t->in + t->n_in;
        u->out = t->out + t->n_out;
        t->n_in += u->n_in;
        t->n_out += u->n_out;
        base_word += pl->m->ring_words[s];
        name_unit(pl->m, u, s);
        t->unit[t->n_contexts++] = index;
    }
    t->buffer_words = base_word;
}

/* Edges name shards until all have their place. */
static void resolve_edges(const struct place *pl)
{
    struct plan *p = pl->m->p;
    uint32_t *unit = arena_alloc(p->arena, pl->m->n_shards, sizeof *unit);

    for (uint32_t s = 0; s < pl->m->n_shards; s++)
        unit[s] = p->tile[node_of(pl, pl->slot[pl->bin_of[s]])].unit[pl->context[s]];
    for (uint32_t i = 0; i < p->n_units; i++) {
        struct plan_unit *u = &p->unit[i];

        for (uint32_t k = 0; k < u->n_in; k++) {
            const struct plan_unit *src = &p->unit[unit[u->in[k].src_unit]];

            u->in[k].src_unit = src->index;
            u->in[k].src_node = src->node;
            u->in[k].src_out += src->out_edge_first;
        }
        for (uint32_t k = 0; k < u->n_out; k++) {
            const struct plan_unit *dst = &p->unit[unit[u->out[k].dst_unit]];

            u->out[k].dst_unit = dst->index;
            u->out[k].dst_node = dst->node;
            u->out[k].dst_in += dst->in_first;
        }
    }
}

static void fill_plan(struct place *pl)
{
    struct plan *p = pl->m->p;
    uint32_t next_unit = p->n_nodes;

    p->n_units = p->n_nodes + pl->m->n_shards - pl->n_bins;
    p->unit = arena_alloc(p->arena, p->n_units, sizeof *p->unit);
    p->tile = arena_alloc(p->arena, p->n_nodes, sizeof *p->tile);
    for (uint32_t i = 0; i < p->n_nodes; i++) {
        p->unit[i].index = p->unit[i].node = i;
        p->unit[i].x = i % p->width;
        p->unit[i].y = i / p->width;
    }
    for (uint32_t b = 0; b < pl->n_bins; b++)
        place_tile(pl, b, &next_unit);
    resolve_edges(pl);
    for (uint32_t i = 0; i < p->n_nodes; i++) {
        struct plan_tile *t = &p->tile[i];

        if (t->n_contexts == 1)
            snprintf(t->name, sizeof t->name, "%s", p->unit[i].name);
        else
            snprintf(t->name, sizeof t->name, "n%u%s", i, t->n_contexts ? "_mvm" : "");
    }
    p->io_node = node_of(pl, pl->slot[0]);
}

enum err_code map_place(struct mapper *m, struct err *e)
{
    struct arena *a = m->p->arena;
    struct place pl = {.m = m, .capacity_words = m->c->tile_buffer_bytes / (m->p->flit_bits / 8)};
    enum err_code rc;

    pl.bin = arena_alloc(a, m->n_shards, sizeof *pl.bin);
    pl.bin_of = arena_alloc(a, m->n_shards, sizeof *pl.bin_of);
    pl.context = arena_alloc(a, m->n_shards, sizeof *pl.context);
    pl.slot = arena_alloc(a, m->n_shards, sizeof *pl.slot);
    pack(&pl);
    if ((rc = size_mesh(m, pl.n_bins, e)))
        return rc;
    pl.topology = plan_topology(m->p);
    pl.snake = arena_alloc(a, m->p->n_nodes, sizeof *pl.snake);
    topology_snake(&pl.topology, pl.snake);
    for (uint32_t b = 0; b < pl.n_bins; b++)
        pl.slot[b] = b;
    if (m->c->map_placement == MAP_TRAFFIC)
        shorten(&pl);
    fill_plan(&pl);
    return ERR_OK;
}
