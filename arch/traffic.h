/* SPDX-License-Identifier: Apache-2.0 */
/* arch/traffic.h: synthetic packets through a bare mesh, and what becomes of them.
 *
 * Every node has a source with an unbounded queue and a sink. A packet created in cycle T may enter
 * the ingress link at T+1 and be in the router at T+2; its latency is the cycles from T to its
 * tail's ejection, so 2 + 4 R + (flits - 1) through R routers of an empty mesh. A source sends one
 * packet at a time, on the next virtual channel (round robin) that has room. Creation is a
 * Bernoulli trial a cycle. A run has three phases: warm-up; measurement, whose packets count;
 * drain, until they have arrived, with traffic going on. Left out: bursts, replies, classes of
 * service.
 *
 * Trace: text, one packet a line, "CYCLE SRC DST FLITS", by CYCLE; '#' begins a comment. */
#ifndef AUTORAC_ARCH_TRAFFIC_H
#define AUTORAC_ARCH_TRAFFIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arch/noc.h"
#include "sim/base/err.h"

enum traffic_pattern {
    TRAFFIC_UNIFORM,   /* any node, oneself included */
    TRAFFIC_TRANSPOSE, /* (x,y) to (y,x); square meshes */
    TRAFFIC_HOTSPOT,   /* any node in proportion to its weight */
    TRAFFIC_ALLTOONE,  /* everybody, node `target` included, to node `target` */
    TRAFFIC_TRACE,
    TRAFFIC_N_PATTERNS,
};
const char *traffic_name(enum traffic_pattern p); /* "uniform" ... */
/* TRAFFIC_N_PATTERNS if there is none of that name. */
enum traffic_pattern traffic_find(const char *name);

struct traffic_packet {
    uint64_t at_cycles;
    uint32_t src, dst, n_flits;
};

/* What a run does to the mesh, for a second machine to follow. at_cycles: visible in the buffer, to
 * the router; now_cycles: of the decision. */
struct traffic_tap {
    void *self;
    void (*inject)(void *self, uint32_t node, const struct flit *f, uint64_t at_cycles);
    void (*sink)(void *self, uint32_t node, uint32_t vc, uint64_t at_cycles);
    void (*grant)(void *self, uint32_t router, uint32_t in_port, uint32_t in_vc, uint32_t out_port,
                  const struct flit *f, uint64_t now_cycles);
};

struct traffic_cfg {
    struct noc_cfg noc;
    enum traffic_pattern pattern;
    uint32_t packet_flits;
    double rate;                        /* offered, flits a node and cycle, 0..1 */
    uint32_t target;                    /* all to one */
    const uint32_t *weight;             /* (nodes) hotspot */
    const struct traffic_packet *trace; /* (n_trace) by at_cycles */
    size_t n_trace;
    uint64_t warmup_cycles, measure_cycles, drain_cycles; /* drain: at most */
    double max_latency;    /* mean above: unstable, the run ends; 0: 500 */
    uint64_t stall_cycles; /* without any ejection while flits are held: stuck; 0: 10000 */
    bool dead_sinks;       /* with eject_credits: none are given, to see what happens then */
    uint64_t seed;
    const struct traffic_tap *tap; /* NULL: nobody follows */
};

struct traffic_result {
    bool stable;          /* drained, with a mean latency of at most max_latency */
    bool stuck;           /* nothing moved for stall_cycles: see stuck_text */
    char stuck_text[512]; /* the cycle of waiting buffers, or the tile at the end of the chain */
    uint64_t n_packets;   /* measured ones that arrived */
    double mean_cycles, mean_network_cycles; /* from creation, from the first flit's injection */
    uint64_t min_cycles, max_cycles;
    double mean_routers;            /* routers a measured packet passed */
    double injected, accepted;      /* flits a node and cycle, in the measurement */
    uint64_t n_cycles, n_flit_hops; /* of the whole run; a hop is a switch grant */
    uint64_t n_ejected;             /* flits of the whole run */
    uint64_t longest_pause_cycles;  /* between ejections while flits were held */
};

/* ERR_CONFIG: the pattern and the mesh do not fit, or a packet of the trace leaves the mesh. */
enum err_code traffic_run(const struct traffic_cfg *cfg, struct traffic_result *out, struct err *e);

/* *out from malloc. ERR_CONFIG names the line. */
enum err_code traffic_load_trace(const char *path, uint32_t n_nodes, struct traffic_packet **out,
                                 size_t *n, struct err *e);

#endif
