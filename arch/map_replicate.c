/* SPDX-License-Identifier: Apache-2.0 */
/* How often each operator is there, map.replicate: requests are dealt out in turn to an operator's
 * replicas, so that the slowest operators no longer set the pace.
 *
 * Tables, the I/O unit and the last operator (which answers in order) are there once; their
 * service times, and the others' at the most replicas allowed, say what pace can be had. Each
 * operator gets the fewest replicas that keep it. Where the mesh is too small for all of them, the
 * next slower pace is tried. */
#include "arch/map_impl.h"

static uint64_t operand_words(const struct mapper *m, const struct wl_op *op)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < op->n_inputs; i++) {
        const struct wl_tensor *t = &m->w->tensor[op->input[i]];

        n += map_words(m->p, t->rows * t->dim, map_pack_bits(t->bits));
    }
    return n;
}

/* Of the busiest shard of tables: full bags, no conflicts. */
static uint64_t table_service(const struct mapper *m, const struct wl_op *op)
{
    uint64_t most = 0;

    for (uint32_t k = 0; k < map_emb_shards(m, op); k++) {
        uint32_t first = map_emb_first(m, op, k), end = map_emb_first(m, op, k + 1);
        uint32_t n_words = workload_slot(m->w, end) - workload_slot(m->w, first);
        uint64_t cycles = map_words(m->p, n_words, 32) + map_cycles(m->c, m->c->emb_row_ns) - 1;

        for (uint32_t f = first; f < end; f++) {
            uint32_t max_bag = workload_max_bag(m->w, f);

            cycles += max_bag ? max_bag + 1 : 1; /* its requantisation */
        }
        most = cycles > most ? cycles : most;
    }
    return most;
}

/* Of the largest shard, one replica. */
static uint64_t service(struct mapper *m, uint32_t i)
{
    const struct wl_op *op = &m->w->op[i];
    const struct map_op *cut = &m->op[i];
    struct plan_unit u = {.op = i};
    uint64_t load = operand_words(m, op);

    if (op->kind == WL_MVM) {
        map_mvm(m, op, &u, cut->step, cut->n_groups - 1);
        load = load / cut->n_groups +
               (uint64_t)u.mvm.n_partial * map_words(m->p, 4 * u.mvm.m * u.mvm.n_vec, 8);
    } else if (op->kind == WL_EMBED) {
        return table_service(m, op);
    } else {
        map_int(m, op, &u);
    }
    return load + u.comp_cycles;
}

static bool may_replicate(const struct mapper *m, uint32_t i)
{
    return m->w->op[i].kind != WL_EMBED && i + 1 < m->w->n_ops;
}

static uint32_t replicas_for(uint64_t service_cycles, uint64_t pace_cycles, uint32_t most)
{
    uint32_t n = 1;

    while (n < most && service_cycles > pace_cycles * n)
        n *= 2;
    return n;
}

/* Shards there would be, I/O included; *next: the next slower pace at which there are fewer. */
static uint64_t n_shards_at(const struct mapper *m, uint64_t pace_cycles, uint32_t most,
                            uint64_t *next)
{
    uint64_t n = 1;

    *next = UINT64_MAX;
    for (uint32_t i = 0; i < m->w->n_ops; i++) {
        const struct map_op *op = &m->op[i];
        uint32_t k = may_replicate(m, i) ? replicas_for(op->service_cycles, pace_cycles, most) : 1;
        uint64_t slower = (op->service_cycles + k / 2 - 1) / (k > 1 ? k / 2 : 1);

        n += (uint64_t)k * op->n_groups * op->n_blocks;
        if (k > 1 && slower < *next)
            *next = slower;
    }
    return n;
}

void map_replicate(struct mapper *m)
{
    const struct chip_config *c = m->c;
    uint32_t most = 1u << c->map_replicate;
    uint64_t pace = 1, next,
             n_nodes = c->mesh_width ? (uint64_t)c->mesh_width * c->mesh_height
                                     : PLAN_MAX_SIDE * PLAN_MAX_SIDE;

    for (uint32_t i = 0; i < m->w->n_ops; i++) {
        struct map_op *op = &m->op[i];
        uint64_t least;

        op->service_cycles = service(m, i);
        least = op->service_cycles / (may_replicate(m, i) ? most : 1);
        pace = least > pace ? least : pace;
    }
    while (n_shards_at(m, pace, most, &next) > n_nodes && next != UINT64_MAX)
        pace = next;
    for (uint32_t i = 0; i < m->w->n_ops; i++)
        m->op[i].n_replicas =
            may_replicate(m, i) ? replicas_for(m->op[i].service_cycles, pace, most) : 1;
}
