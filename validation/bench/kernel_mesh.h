/* SPDX-License-Identifier: Apache-2.0 */
/* validation/bench/kernel_mesh.h: the chip's routers (arch/noc.c) under random traffic, as a load
 * of any kernel that has sim_at, and what a design of the same in SystemC shares with it: sources
 * and digests.
 *
 * A router is an event in each cycle in which it may have something to do, a source one in each
 * cycle in which it sends or has waited. Nothing here depends on the order of events in a cycle, so
 * that every kernel must end with the same digest after the same number of events. Sources have one
 * pending event at most; routers at most one for each of the next three cycles. */
#ifndef AUTORAC_VALIDATION_BENCH_KERNEL_MESH_H
#define AUTORAC_VALIDATION_BENCH_KERNEL_MESH_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/noc.h"
#include "sim/event.h"

enum { MESH_VCS = 4, MESH_BUFFER_FLITS = 8, MESH_PACKET_FLITS = 5 };
enum { MESH_EJECT_CYCLES = 3 }; /* from a grant to the digest */

/* ---- a source: packets of five flits to anywhere, on any channel ---- */

struct mesh_source {
    uint32_t side, gap; /* mean cycles between packets */
    uint32_t vc, dst;
    uint32_t n_left; /* flits of the packet that is being sent */
    uint64_t rng;
};

static inline uint32_t mesh_source_draw(struct mesh_source *s, uint32_t n)
{
    s->rng = s->rng * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(((s->rng >> 32) * n) >> 32);
}

static inline void mesh_source_packet(struct mesh_source *s)
{
    s->dst = mesh_source_draw(s, s->side * s->side);
    s->vc = mesh_source_draw(s, MESH_VCS);
    s->n_left = MESH_PACKET_FLITS;
}

/* load_percent: flits a node and 100 cycles. */
static inline void mesh_source_init(struct mesh_source *s, uint32_t node, uint32_t side,
                                    uint32_t load_percent)
{
    s->side = side;
    s->gap = MESH_PACKET_FLITS * (100 - load_percent) / load_percent;
    s->rng = (node + 1) * UINT64_C(0x9e3779b97f4a7c15);
    mesh_source_packet(s);
}

/* The flit to be sent. */
static inline struct flit mesh_source_flit(const struct mesh_source *s)
{
    struct flit f;

    f.vc = (uint8_t)s->vc;
    f.head = s->n_left == MESH_PACKET_FLITS;
    f.tail = s->n_left == 1;
    f.payload = f.head ? flit_head(s->dst % s->side, s->dst / s->side, false, 0) : s->rng;
    return f;
}

/* It has been sent; cycles until the next one may be, beyond the next cycle. */
static inline uint32_t mesh_source_next(struct mesh_source *s)
{
    if (--s->n_left)
        return 0;
    mesh_source_packet(s);
    return mesh_source_draw(s, 2 * s->gap + 1);
}

/* ---- what arrived where and when ---- */

static inline uint64_t mesh_digest_flit(uint64_t digest, uint64_t payload, uint64_t at_cycles)
{
    return (digest * 31 + payload) * 31 + at_cycles;
}

static inline uint64_t mesh_digest_node(uint64_t digest, uint64_t of_node)
{
    return (digest ^ of_node) * UINT64_C(0x100000001b3);
}

/* ---- the network as it is in the chip ---- */

struct mesh;

/* side x side routers, each an event of its own or all of a cycle one. Every component has had its
 * first event scheduled when this returns. */
struct mesh *mesh_new(struct sim *s, uint32_t side, uint32_t load_percent, bool router_events);
void mesh_free(struct mesh *m);
uint64_t mesh_digest(const struct mesh *m);
uint64_t mesh_n_flits(const struct mesh *m); /* that have arrived */

#endif
