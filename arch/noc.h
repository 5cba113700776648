/* SPDX-License-Identifier: Apache-2.0 */
/* arch/noc.h: network of input-buffered virtual-channel routers, docs/microarchitecture.md
 * sections 3, 4; which routers there are and how they are wired is arch/topology.h.
 *
 * A router decides in phase ARBITRATE of the cycles in which it holds flits and something may have
 * changed; otherwise it costs nothing. A flit granted in cycle c is put into the next buffer at
 * once, marked to appear at c+3; a credit travels back the same way. Both ends see only what has
 * appeared, so the order in which routers of one cycle run does not matter. Left out: lookahead,
 * bypass, link errors, multicast. */
#ifndef AUTORAC_ARCH_NOC_H
#define AUTORAC_ARCH_NOC_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/topology.h"
#include "sim/event.h"

enum { NOC_MAX_VCS = 8, NOC_MAX_BUFFER = 64 };
enum { NOC_MIN_STAGES = 4, NOC_MAX_STAGES = 5, NOC_MAX_SIDE = 32 };

/* Cycles from a grant to the flit (at the next buffer or the tile) and to the credit at the feeder.
 */
enum { NOC_LINK_CYCLES = 3, NOC_CREDIT_CYCLES = 3 };

struct flit {
    uint64_t payload;
    uint8_t vc;
    bool head, tail;
};

/* Payload of a head flit. */
static inline uint64_t flit_head(uint32_t x, uint32_t y, bool is_credit, uint32_t edge)
{
    return (uint64_t)x | (uint64_t)y << 5 | (uint64_t)is_credit << 10 | (uint64_t)edge << 11;
}
static inline uint32_t flit_x(uint64_t head)
{
    return head & 31;
}
static inline uint32_t flit_y(uint64_t head)
{
    return head >> 5 & 31;
}
static inline bool flit_is_credit(uint64_t head)
{
    return head >> 10 & 1;
}
static inline uint32_t flit_edge(uint64_t head)
{
    return head >> 11 & 1023;
}

struct noc_cfg {
    uint32_t width, height; /* nodes, 1..NOC_MAX_SIDE each */
    enum noc_topology topology;
    uint32_t n_vcs;        /* 1..NOC_MAX_VCS */
    uint32_t buffer_flits; /* per input port and virtual channel, 1..NOC_MAX_BUFFER */
    uint32_t stages; /* cycles of a head flit per hop: 4, or 5 with a cycle for routing; 0: 4 */
    enum noc_routing routing;
    /* Each router an event of its own, for ties to be shuffled; else all of a cycle are one. */
    bool router_events;
    bool eject_credits; /* the tile, too, has buffer_flits places a channel: noc_eject_credit */
    /* Output channels a head on input channel v may be given, as a mask; 0: v itself. */
    uint8_t vc_mask[NOC_MAX_VCS];
};

/* Called in phase ARBITRATE, at most 3 cycles ahead: what they announce is visible at at_cycles. */
struct noc_ops {
    void (*eject)(void *self, uint32_t node, uint64_t at_cycles, const struct flit *f);
    void (*credit)(void *self, uint32_t node, uint32_t vc,
                   uint64_t at_cycles); /* local buffer place */
    /* NULL, or told of every switch grant, in the cycle of the decision; f as it leaves. */
    void (*grant)(void *self, uint32_t router, uint32_t in_port, uint32_t in_vc, uint32_t out_port,
                  const struct flit *f, uint64_t now_cycles);
};

struct noc_counts {
    uint64_t n_flits_routed; /* switch grants: each is a buffer write, a read and a crossbar pass */
    uint64_t n_flits_linked; /* of these, over a link to another router */
    uint64_t n_flits_out[NOC_MAX_PORTS]; /* of all, by output port */
    uint64_t n_allocations;              /* virtual channels granted: one a packet */
    uint64_t peak_vc_flits;              /* most flits visible in one buffer */
};

struct noc; /* belongs to the caller, not to the simulation */
struct noc *noc_new(struct sim *s, const struct noc_cfg *cfg, const struct noc_ops *ops,
                    void *self);
void noc_free(struct noc *n);

const struct topology *noc_topology(const struct noc *n);

/* Flit visible in the router's input buffer of that node at at_cycles, 1..3 cycles from now; at
 * most one a cycle and node. The caller keeps the credits: one place less from now until
 * noc_ops.credit gives it back. */
void noc_inject(struct noc *n, uint32_t node, const struct flit *f, uint64_t at_cycles);

/* With eject_credits: the tile has freed a place, visible to the router at at_cycles, 1..3 cycles
 * from now. */
void noc_eject_credit(struct noc *n, uint32_t node, uint32_t vc, uint64_t at_cycles);

const struct noc_counts *noc_counts(const struct noc *n, uint32_t router);
/* What waits for what, for a watchdog: the input buffer whose front flit must move before that of
 * `at` can. False: `at` is empty, or waits for nothing but its own router's arbitration or its
 * tile.
 */
struct noc_place {
    uint32_t router, port, vc;
};
bool noc_waits(const struct noc *n, struct noc_place at, struct noc_place *next);

/* Flits now in a router's input buffers or on their way to them: 0 everywhere once the network is
 * quiet. */
uint32_t noc_n_held(const struct noc *n, uint32_t router);

#endif
