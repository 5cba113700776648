/* SPDX-License-Identifier: Apache-2.0 */
/* arch/tile.h: a node's units behind one network interface, docs/microarchitecture.md section 5.
 *
 * Receive: flits that complete nothing are put away when the router lets go of them; only the tail
 * of an operand and a credit are events, in DELIVER of the cycle in which they are visible. Engine:
 * load and computation end in RETIRE. Start and transmit are decided in ISSUE, only in cycles in
 * which the outcome may have changed. What a request computes is arch/exec's; the operand is
 * unpacked from the words that came through the network. Left out: words read one by one during the
 * load (the operand is complete before it starts, so when each is read cannot be seen). */
#ifndef AUTORAC_ARCH_TILE_H
#define AUTORAC_ARCH_TILE_H

#include "arch/chip.h"
#include "arch/exec.h"
#include "arch/noc.h"

/* What all tiles of a chip share. */
struct tile_world {
    const struct plan *plan;
    struct sim *sim;
    struct noc *noc;
    struct exec *exec;
    struct event_log *log;                /* NULL: recording is off */
    const struct event_select *select;    /* NULL: all events */
    uint64_t last_cycle;                  /* of the latest recording point, recorded or not */
    uint64_t n_done;                      /* logits arrived */
    uint64_t *start_cycle, *finish_cycle; /* (n_requests) at the I/O unit */
    int32_t *logit;                       /* (n_requests) */
};

struct tile;
/* The tile at node, which must have a unit. Schedules its first decision in cycle 0. */
struct tile *tile_new(struct tile_world *w, uint32_t node);
void tile_free(struct tile *t);

/* For struct noc_ops. */
void tile_eject(struct tile *t, uint64_t at_cycles, const struct flit *f);
void tile_inject_credit(struct tile *t, uint32_t vc, uint64_t at_cycles);

/* Everything but the router's counts. */
const struct unit_counts *tile_counts(const struct tile *t, uint32_t context);

/* What it waits for, for the report of a chip that stands still; empty if it has nothing left to
 * do. */
void tile_waits(const struct tile *t, char *text, size_t size);

/* Elements of bits 4, 8 or 32 (32: four bytes each, host order) from and to words of flit_bits. */
void tile_unpack(const uint64_t *words, uint32_t flit_bits, uint32_t pack_bits, uint32_t n_elements,
                 uint8_t *elements);
void tile_pack(const uint8_t *elements, uint32_t n_elements, uint32_t flit_bits, uint32_t pack_bits,
               uint64_t *words);

#endif
