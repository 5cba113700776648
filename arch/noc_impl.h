/* SPDX-License-Identifier: Apache-2.0 */
/* arch/noc_impl.h: the state of the network, for arch/noc.c, which decides, and arch/noc_build.c,
 * which makes and shows it. */
#ifndef AUTORAC_ARCH_NOC_IMPL_H
#define AUTORAC_ARCH_NOC_IMPL_H

#include "arch/noc.h"

/* Channel index: port << vc_shift | vc, as input (p,v) or output (o,u); also the bit in the masks
 * below. vc_shift is the smallest that has room for n_vcs. AHEAD: what is on its way appears within
 * three cycles, so that a cycle modulo 4 names it. */
enum { MAX_CHANNELS = NOC_MAX_PORTS * NOC_MAX_VCS, AHEAD = 4 };
enum { MAX_ROUTER_WORDS = NOC_MAX_SIDE * NOC_MAX_SIDE / 64 };
_Static_assert(MAX_CHANNELS <= 64, "a mask has a bit a channel");

/* Input channel i and output channel i: eight bytes, so that a router of few channels is in one or
 * two cache lines. */
struct channel {
    uint8_t first, n_visible; /* input buffer: owned by this router ... */
    uint8_t next;             /* ... but filled by whoever feeds it */
    uint8_t out_of;           /* output channel of an active input */
    uint8_t port;             /* output port of a routed head */
    uint8_t va_in;            /* of an input: the output granted last, next VC */
    uint8_t va_out;           /* of an output: the input granted last, plus 1 */
    uint8_t n_credits; /* of an output, those on their way included; not counted: UINT8_MAX */
};

struct router {
    struct noc *noc;
    uint64_t nonempty;         /* inputs with a visible flit */
    uint64_t routed;           /* inputs whose head's output port is known */
    uint64_t active;           /* inputs that own an output: out_of */
    uint64_t busy;             /* outputs owned by an input */
    uint64_t blocked;          /* inputs whose head finds all channels it may have busy */
    uint64_t wait;             /* outputs whose credit, when it returns, must wake this router */
    uint64_t counted;          /* outputs that need credits */
    uint64_t arrive[AHEAD];    /* inputs whose next flit appears in the cycle with that number */
    uint64_t returned[AHEAD];  /* outputs whose credit appears in cycle ... */
    uint64_t return_at[AHEAD]; /* ... this one; one that has passed: nothing is on its way */
    uint8_t scheduled;         /* with router_events: bit mod 4, ARBITRATE is scheduled */
    uint8_t sa_in[NOC_MAX_PORTS], sa_out[NOC_MAX_PORTS];
    uint8_t far[NOC_MAX_PORTS]; /* first channel of the port a link ends at */
    uint8_t depth;              /* buffer_flits */
    uint16_t index, col, row;
    uint32_t word; /* of awake, and the bit in it */
    uint64_t bit;
    struct channel *channel;                 /* (n_ports << vc_shift) */
    struct flit *flit;                       /* (n_ports << vc_shift, buffer_flits) rings */
    struct router *neighbour[NOC_MAX_PORTS]; /* NULL at the edge and for local ports */
    uint32_t node[NOC_MAX_PORTS];            /* of a local port */
    struct noc_counts counts;
};

struct noc {
    struct sim *sim;
    struct noc_cfg cfg;
    struct noc_ops ops;
    void *self;
    struct topology topology;
    uint32_t vc_shift, n_words;
    uint8_t next_vc[NOC_MAX_VCS], next_port[NOC_MAX_PORTS]; /* wrapping */
    uint64_t awake[AHEAD][MAX_ROUTER_WORDS]; /* routers to decide in the cycle with that number */
    uint8_t scheduled;                       /* bit mod 4: noc_arbitrate is, for that cycle */
    struct router *router;
    struct topology_place *home; /* (n_nodes) */
    struct channel *channel;
    struct flit *flit;
};

static inline uint64_t bit(uint32_t channel)
{
    return (uint64_t)1 << channel;
}

#endif
