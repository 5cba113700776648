/* SPDX-License-Identifier: Apache-2.0 */
/* validation/bench/kernel_units.h: what the chip's units do, for any kernel: a ring of units, each
 * of which starts a request when it has an operand and an output register, loads, computes and
 * transmits, as docs/microarchitecture.md section 5 says. Every other one is an embedding unit,
 * whose time is that of its lookups in busy banks (section 7); the rest are MVM units, whose time
 * is a constant. Left out: the network (a packet travels TRAVEL cycles), arithmetic.
 *
 * The handlers are the same in all programs, which schedule them in their own ways, through
 * unit_at. A unit has at most one event of a kind pending. Handlers of a cycle may run in any
 * order: each only enables something, and what is enabled happens in that cycle. */
#ifndef AUTORAC_VALIDATION_BENCH_KERNEL_UNITS_H
#define AUTORAC_VALIDATION_BENCH_KERNEL_UNITS_H

#include <stdbool.h>
#include <stdint.h>

enum unit_event {
    UNIT_LOADED,   /* operands read */
    UNIT_FINISHED, /* result in the output register */
    UNIT_SENT,     /* its packet has left */
    UNIT_OPERAND,  /* one has arrived */
    UNIT_CREDIT,   /* a slot of the consumer has come back */
    UNIT_N_EVENTS,
};

enum { UNIT_TRAVEL = 14, UNIT_SLOTS = 2, UNIT_OUTPUTS = 2, UNIT_LOOKUPS = 26, UNIT_BANKS = 4 };
enum { UNIT_ROW_CYCLES = 10 };

struct unit {
    struct unit *to, *from;
    void *host; /* of the program */
    bool is_emb, busy, sending;
    uint32_t n_words, comp_cycles; /* of an operand and of the packet it becomes */
    uint32_t full, credits, out_full, out_used;
    uint64_t rng, digest;
};

/* The program's: event `what` of u in a later cycle. */
static inline void unit_at(struct unit *u, enum unit_event what, uint64_t now_cycles,
                           uint64_t delay_cycles);

static inline void unit_init(struct unit *all, uint32_t n, uint32_t i)
{
    struct unit *u = &all[i];

    u->to = &all[(i + 1) % n];
    u->from = &all[(i + n - 1) % n];
    u->is_emb = i % 2 == 1;
    u->busy = u->sending = false;
    u->n_words = 16 + i * 7 % 48;
    u->comp_cycles = 100 + i * 37 % 400;
    u->full = UNIT_SLOTS - 1;
    u->credits = 1;
    u->out_full = u->out_used = 0;
    u->rng = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
    u->digest = 0;
}

/* Lookups issue in order, at most one a cycle, each when its bank is free. */
static inline uint32_t unit_lookup_cycles(struct unit *u)
{
    uint32_t free_at[UNIT_BANKS] = {0}, at = 0;

    for (uint32_t i = 0; i < UNIT_LOOKUPS; i++) {
        uint32_t bank;

        u->rng = u->rng * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        bank = (uint32_t)(u->rng >> 60) % UNIT_BANKS;
        if (free_at[bank] > at)
            at = free_at[bank];
        free_at[bank] = at + UNIT_ROW_CYCLES;
        at++;
    }
    return at - 1 + UNIT_ROW_CYCLES;
}

static inline void unit_start(struct unit *u, uint64_t now_cycles)
{
    if (u->busy || !u->full || u->out_used == UNIT_OUTPUTS)
        return;
    u->busy = true;
    u->out_used++;
    unit_at(u, UNIT_LOADED, now_cycles, 1 + u->n_words);
}

static inline void unit_send(struct unit *u, uint64_t now_cycles)
{
    if (u->sending || !u->out_full || !u->credits)
        return;
    u->sending = true;
    u->credits--;
    unit_at(u, UNIT_SENT, now_cycles, 1 + u->to->n_words);
}

static inline void unit_handle(struct unit *u, enum unit_event what, uint64_t now_cycles)
{
    switch (what) {
    case UNIT_LOADED:
        u->full--;
        unit_at(u->from, UNIT_CREDIT, now_cycles, UNIT_TRAVEL);
        unit_at(u, UNIT_FINISHED, now_cycles, u->is_emb ? unit_lookup_cycles(u) : u->comp_cycles);
        return;
    case UNIT_FINISHED:
        u->digest = u->digest * 31 + now_cycles;
        u->busy = false;
        u->out_full++;
        break;
    case UNIT_SENT:
        u->sending = false;
        u->out_full--;
        u->out_used--;
        unit_at(u->to, UNIT_OPERAND, now_cycles, UNIT_TRAVEL);
        break;
    case UNIT_OPERAND:
        u->full++;
        break;
    case UNIT_CREDIT:
        u->credits++;
        break;
    case UNIT_N_EVENTS:
        break;
    }
    unit_send(u, now_cycles);
    unit_start(u, now_cycles);
}

static inline uint64_t unit_digest(uint64_t digest, const struct unit *u)
{
    return (digest ^ u->digest) * UINT64_C(0x100000001b3);
}

#endif
