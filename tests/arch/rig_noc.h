/* SPDX-License-Identifier: Apache-2.0 */
/* tests/arch/rig_noc.h: packets through a bare mesh, with tiles that inject as soon as they may.
 *
 * Each node has a list of packets, sent in order, each not before its cycle. A flit chosen in cycle
 * c is visible in the LOCAL buffer at c+2, as docs/microarchitecture.md section 5 says. */
#ifndef AUTORAC_TESTS_ARCH_RIG_NOC_H
#define AUTORAC_TESTS_ARCH_RIG_NOC_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/noc.h"

enum { RIG_MAX_PACKETS = 4096, RIG_MAX_FLITS = 1 << 16 };

struct rig_packet {
    uint32_t src, dst, vc, n_flits; /* head included; 1: head and tail in one */
    uint64_t at;                    /* not chosen before this cycle */
};

struct rig_eject {
    uint64_t cycle, payload;
    uint32_t node, vc;
    bool head, tail;
};

struct rig {
    struct noc_cfg cfg;
    struct rig_packet packet[RIG_MAX_PACKETS]; /* of one source: in the order they are sent */
    uint32_t n_packets;
    struct rig_eject *eject; /* (RIG_MAX_FLITS) in order of (cycle, node) after a run */
    uint32_t n_ejects;
    uint64_t n_held, peak; /* left in buffers at the end, deepest buffer */
};

struct rig *rig_new(uint32_t width, uint32_t height, uint32_t n_vcs, uint32_t buffer_flits);
void rig_free(struct rig *r);
void rig_send(struct rig *r, uint32_t src, uint32_t dst, uint32_t vc, uint32_t n_flits,
              uint64_t at);

/* Through arch/noc; shuffle_seed 0: ties in order. */
void rig_run(struct rig *r, uint64_t shuffle_seed);
/* Through the contract taken literally: every router looked at in every cycle. */
void rig_run_literal(struct rig *r);

/* Payload of flit i (0: head) of packet k. */
uint64_t rig_payload(const struct rig *r, uint32_t k, uint32_t i);

#endif
