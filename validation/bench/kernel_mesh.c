/* SPDX-License-Identifier: Apache-2.0 */
#include "validation/bench/kernel_mesh.h"

#include <stdlib.h>

#include "sim/base/mem.h"

enum { INJECT_CYCLES = 2 };

static const uint64_t NEVER = UINT64_MAX;

struct source {
    struct mesh *mesh;
    struct mesh_source traffic;
    uint32_t node;
    bool waiting; /* for a place of that channel */
    uint64_t digest, n_flits;
    uint64_t place[MESH_VCS][MESH_BUFFER_FLITS]; /* cycle from which each place of the router's may
                                                  * be taken */
    uint8_t place_first[MESH_VCS], place_next[MESH_VCS];
};

struct mesh {
    struct sim *sim;
    struct noc *noc;
    uint32_t n_nodes;
    struct source *source;
};

static void source_step(void *self, uint64_t now_cycles, uint64_t arg)
{
    struct source *s = self;
    uint32_t vc = s->traffic.vc;
    uint64_t *place = &s->place[vc][s->place_first[vc]], next_cycles = now_cycles + 1;

    (void)arg;
    if (*place == NEVER) {
        s->waiting = true;
        return;
    }
    if (*place > now_cycles) {
        next_cycles = *place;
    } else {
        struct flit f = mesh_source_flit(&s->traffic);

        *place = NEVER;
        s->place_first[vc] = (uint8_t)((s->place_first[vc] + 1) % MESH_BUFFER_FLITS);
        noc_inject(s->mesh->noc, s->node, &f, now_cycles + INJECT_CYCLES);
        next_cycles += mesh_source_next(&s->traffic);
    }
    sim_at(s->mesh->sim, next_cycles, SIM_ISSUE, source_step, s, 0);
}

static void mesh_eject(void *self, uint32_t node, uint64_t at_cycles, const struct flit *f)
{
    struct source *s = &((struct mesh *)self)->source[node];

    s->digest = mesh_digest_flit(s->digest, f->payload, at_cycles);
    s->n_flits++;
}

static void mesh_credit(void *self, uint32_t node, uint32_t vc, uint64_t at_cycles)
{
    struct mesh *m = self;
    struct source *s = &m->source[node];

    s->place[vc][s->place_next[vc]] = at_cycles;
    s->place_next[vc] = (uint8_t)((s->place_next[vc] + 1) % MESH_BUFFER_FLITS);
    if (!s->waiting || vc != s->traffic.vc)
        return;
    s->waiting = false;
    sim_at(m->sim, at_cycles, SIM_ISSUE, source_step, s, 0);
}

struct mesh *mesh_new(struct sim *s, uint32_t side, uint32_t load_percent, bool router_events)
{
    static const struct noc_ops ops = {.eject = mesh_eject, .credit = mesh_credit};
    const struct noc_cfg cfg = {.width = side,
                                .height = side,
                                .n_vcs = MESH_VCS,
                                .buffer_flits = MESH_BUFFER_FLITS,
                                .router_events = router_events};
    struct mesh *m = mem_alloc(1, sizeof *m);

    m->sim = s;
    m->noc = noc_new(s, &cfg, &ops, m);
    m->n_nodes = side * side;
    m->source = mem_alloc(m->n_nodes, sizeof *m->source);
    for (uint32_t i = 0; i < m->n_nodes; i++) {
        struct source *src = &m->source[i];

        src->mesh = m;
        src->node = i;
        mesh_source_init(&src->traffic, i, side, load_percent);
        source_step(src, 0, 0);
    }
    return m;
}

void mesh_free(struct mesh *m)
{
    noc_free(m->noc);
    free(m->source);
    free(m);
}

uint64_t mesh_digest(const struct mesh *m)
{
    uint64_t digest = 0;

    for (uint32_t i = 0; i < m->n_nodes; i++)
        digest = mesh_digest_node(digest, m->source[i].digest);
    return digest;
}

uint64_t mesh_n_flits(const struct mesh *m)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < m->n_nodes; i++)
        n += m->source[i].n_flits;
    return n;
}
