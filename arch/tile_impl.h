/* SPDX-License-Identifier: Apache-2.0 */
/* arch/tile_impl.h: the state of a tile, for arch/tile*.c only. */
#ifndef AUTORAC_ARCH_TILE_IMPL_H
#define AUTORAC_ARCH_TILE_IMPL_H

#include "arch/tile.h"

struct in_edge {
    uint32_t fill, read; /* ring slots: next to arrive, next to load */
    uint32_t full;       /* operands complete and not loaded */
    uint32_t pending;    /* slots read whose credit has not left */
    uint32_t context;    /* whose operand it is */
    uint64_t n_received;
};

/* Why a context does not start. */
enum engine_wait { WAIT_NOTHING, WAIT_OPERAND, WAIT_OUTPUT };

/* What each unit of a tile has to itself. */
struct context {
    const struct plan_unit *u;
    uint32_t n_requests; /* that will reach it */
    uint32_t n_missing;  /* in-edges due for the next start with full = 0 */
    uint64_t n_started, n_finished;
    struct emb *emb;           /* EMB only */
    uint8_t *operand, *result; /* elements, one byte each (EMB operand: four) */

    uint32_t reg_words, out_used, out_full, out_fill, out_read;
    uint64_t *reg;    /* (output_slots, reg_words) */
    uint32_t tx_edge; /* next out-edge of the oldest full register, always one that is due */
    uint64_t n_sent;  /* requests whose packets have all left */

    /* what the cycles since the last decision count as */
    enum engine_wait wait;
    bool stall_credit, stall_inject;
    struct unit_counts per_request, counts;
};

struct tile {
    struct tile_world *w;
    const struct plan_tile *pt;
    uint32_t node;
    uint8_t scheduled; /* bit mod 4: ISSUE is scheduled for that cycle */

    /* receive */
    uint16_t rx_edge[NOC_MAX_VCS];
    uint32_t rx_word[NOC_MAX_VCS];
    struct in_edge *in;                           /* (n_in) */
    uint64_t *buffer;                             /* (buffer_words) */
    uint64_t pending[(PLAN_MAX_EDGES + 63) / 64]; /* mask of in-edges with a pending credit */
    uint32_t n_pending_words;                     /* of that, in use */

    /* engine */
    struct context *context; /* (n_contexts) */
    bool busy;
    uint32_t running, next_start; /* context in the engine; first to be asked for the next start */
    uint64_t start_cycle;
    uint64_t armed; /* I/O: requests whose arrival is scheduled or past */

    /* transmit */
    uint32_t tx_context, next_tx; /* of the packet under way; first to be asked for the next one */
    uint32_t tx_word;             /* next flit of it; 0: none is under way */
    uint32_t *credits;            /* (n_out) */
    uint64_t *place; /* (n_vcs, buffer_flits) rings: cycle from which each place of the router's
                      * local buffer may be taken, NEVER while it is taken */
    uint8_t place_first[NOC_MAX_VCS], place_next[NOC_MAX_VCS];
    uint32_t place_wait; /* mask of VCs whose place, when it returns, must wake the tile */

    uint64_t since; /* last decision */
};

void tile_record(struct tile *t, uint64_t cycle, enum event_kind kind, uint32_t index,
                 uint64_t value);
/* A decision at at_cycles: at most 3 from now. */
void tile_wake(struct tile *t, uint64_t at_cycles);

/* A slot of in-edge i (at the tile) has been read: its credit is due. */
void tile_owe_credit(struct tile *t, uint32_t i);
/* The first out-edge, from `from` on, that context c's request q is due on; n_out if there is none.
 */
uint32_t tile_next_due(const struct plan_unit *u, uint32_t from, uint64_t q);
/* Section 5, transmit: true if a flit was chosen. */
bool tile_transmit(struct tile *t, uint64_t now_cycles);

#endif
