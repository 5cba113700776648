/* SPDX-License-Identifier: Apache-2.0 */
#include "validation/bench/kernel_mesh.h"

#include <stdlib.h>

#include "arch/noc.h"
#include "sim/base/mem.h"

enum { N_VCS = 4, BUFFER_FLITS = 8, PACKET_FLITS = 5, INJECT_CYCLES = 2 };

static const uint64_t NEVER = UINT64_MAX;

struct source {
    struct mesh *mesh;
    uint32_t node, vc, dst;
    uint32_t n_left; /* flits of the packet that is being sent */
    bool waiting;    /* for a place of that channel */
    uint64_t rng, digest;
    uint64_t place[N_VCS]
                  [BUFFER_FLITS]; /* cycle from which each place of the router's may be taken */
    uint8_t place_first[N_VCS], place_next[N_VCS];
};

struct mesh {
    struct sim *sim;
    struct noc *noc;
    uint32_t side, gap; /* mean cycles between packets of a source */
    struct source *source;
};

static uint32_t draw(struct source *s, uint32_t n)
{
    s->rng = s->rng * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(((s->rng >> 32) * n) >> 32);
}

static void new_packet(struct source *s)
{
    s->dst = draw(s, s->mesh->side * s->mesh->side);
    s->vc = draw(s, N_VCS);
    s->n_left = PACKET_FLITS;
}

static void source_send(struct source *s, uint64_t now_cycles)
{
    uint32_t side = s->mesh->side;
    struct flit f = {.vc = (uint8_t)s->vc,
                     .head = s->n_left == PACKET_FLITS,
                     .tail = s->n_left == 1,
                     .payload = s->rng};

    if (f.head)
        f.payload = flit_head(s->dst % side, s->dst / side, false, 0);
    noc_inject(s->mesh->noc, s->node, &f, now_cycles + INJECT_CYCLES);
}

static void source_step(void *self, uint64_t now_cycles, uint64_t arg)
{
    struct source *s = self;
    uint64_t *place = &s->place[s->vc][s->place_first[s->vc]], next_cycles = now_cycles + 1;

    (void)arg;
    if (*place == NEVER) {
        s->waiting = true;
        return;
    }
    if (*place > now_cycles) {
        next_cycles = *place;
    } else {
        *place = NEVER;
        s->place_first[s->vc] = (uint8_t)((s->place_first[s->vc] + 1) % BUFFER_FLITS);
        source_send(s, now_cycles);
        if (!--s->n_left) {
            new_packet(s);
            next_cycles += draw(s, 2 * s->mesh->gap + 1);
        }
    }
    sim_at(s->mesh->sim, next_cycles, SIM_ISSUE, source_step, s, 0);
}

static void mesh_eject(void *self, uint32_t node, uint64_t at_cycles, const struct flit *f)
{
    struct source *s = &((struct mesh *)self)->source[node];

    s->digest = (s->digest * 31 + f->payload) * 31 + at_cycles;
}

static void mesh_credit(void *self, uint32_t node, uint32_t vc, uint64_t at_cycles)
{
    struct mesh *m = self;
    struct source *s = &m->source[node];

    s->place[vc][s->place_next[vc]] = at_cycles;
    s->place_next[vc] = (uint8_t)((s->place_next[vc] + 1) % BUFFER_FLITS);
    if (!s->waiting || vc != s->vc)
        return;
    s->waiting = false;
    sim_at(m->sim, at_cycles, SIM_ISSUE, source_step, s, 0);
}

struct mesh *mesh_new(struct sim *s, uint32_t side, uint32_t load_percent)
{
    static const struct noc_ops ops = {.eject = mesh_eject, .credit = mesh_credit};
    const struct noc_cfg cfg = {
        .width = side, .height = side, .n_vcs = N_VCS, .buffer_flits = BUFFER_FLITS};
    struct mesh *m = mem_alloc(1, sizeof *m);

    m->sim = s;
    m->noc = noc_new(s, &cfg, &ops, m);
    m->side = side;
    m->gap = PACKET_FLITS * (100 - load_percent) / load_percent;
    m->source = mem_alloc((size_t)side * side, sizeof *m->source);
    for (uint32_t i = 0; i < side * side; i++) {
        struct source *src = &m->source[i];

        src->mesh = m;
        src->node = i;
        src->rng = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
        new_packet(src);
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

    for (uint32_t i = 0; i < m->side * m->side; i++)
        digest = (digest ^ m->source[i].digest) * UINT64_C(0x100000001b3);
    return digest;
}
