/* SPDX-License-Identifier: Apache-2.0 */
/* sim/calendar.h: the pending set of the kernel (sim/event.c); nobody else includes this.
 *
 * Levels of aligned windows cover all 64 bits of time. The near level has one slot for each of the
 * 4096 cycles of the window that base_cycles stands in, and in each slot one FIFO a phase. Upper
 * level k has 64 slots of 2^(12+6(k-1)) cycles. An event lives at the level of the highest bit in
 * which its cycle differs from the base; when the near window is used up, the earliest slot of the
 * lowest non-empty level becomes the base and its events move down.
 *
 * At any moment all events of one cycle are therefore in one list, and lists are moved in order:
 * first in, first out within (cycle, phase) holds by construction, near or far. The earliest event
 * is in the lowest non-empty level, at its lowest set bit, because nothing lies before the base.
 *
 * Lists are rings named by their last event, whose next is the first; so a slot is one pointer.
 * An event fills one cache line. */
#ifndef AUTORAC_SIM_CALENDAR_H
#define AUTORAC_SIM_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/event.h"

#define CAL_NEAR_BITS   12u
#define CAL_NEAR_SLOTS  (1u << CAL_NEAR_BITS)
#define CAL_UPPER_BITS  6u
#define CAL_UPPER_SLOTS (1u << CAL_UPPER_BITS)
#define CAL_N_UPPER     9u /* 12 + 9*6 = 66 >= 64 bits */

#define CAL_BLOCK_BITS 12u /* of the first block; each later one is twice as large */
#define CAL_N_BLOCKS   16u
#define CAL_INDEX_BITS 28u /* of a sim_ref; the other 36 are the generation */

struct event {
    uint64_t at_cycles;
    void (*fn)(void *self, uint64_t now_cycles, uint64_t arg);
    void *self;
    uint64_t arg;
    struct event *next;  /* in its list, or among the free */
    struct event *prev;  /* of all but the first of a list */
    uint64_t generation; /* one more each time the event has run or been cancelled */
    uint32_t phase;
    uint32_t index; /* in the blocks; never changes */
};

struct upper_level {
    uint64_t occupied; /* a bit a slot */
    struct event *slot[CAL_UPPER_SLOTS];
};

struct calendar {
    uint64_t base_cycles;            /* no pending event is earlier */
    struct event *free;              /* most recently used first: it is still in the cache */
    struct event *fresh, *fresh_end; /* never used, at the end of the last block */
    struct event *batch; /* events taken out of a near slot to be run, NULL-terminated */
    uint64_t near_summary;
    uint64_t near_occupied[CAL_NEAR_SLOTS / 64];
    uint8_t near_phases[CAL_NEAR_SLOTS]; /* a bit a non-empty phase */
    struct event *near[SIM_N_PHASES][CAL_NEAR_SLOTS];
    struct upper_level upper[CAL_N_UPPER];

    struct event *block[CAL_N_BLOCKS];
    uint32_t n_blocks;
};

enum err_code calendar_init(struct calendar *c, struct err *e);
void calendar_fini(struct calendar *c);
uint64_t calendar_bytes(const struct calendar *c);

/* An event that was never used, from a new block if need be. NULL: no memory, or nearly 2^28
 * events. */
struct event *calendar_take_fresh(struct calendar *c);

/* With the near level empty: the earliest slot of a higher one becomes near. False if there is
 * nothing pending in windows that begin at or before until; the base never passes until. */
bool calendar_refill(struct calendar *c, uint64_t until_cycles);

/* The event of an index, or NULL if it was never used. */
struct event *calendar_event(const struct calendar *c, uint64_t index);

/* Detach a pending event, wherever it is; calendar_give is the caller's. */
void calendar_unlink(struct calendar *c, struct event *ev);

/* A free event, or NULL when there is no memory for more. */
static inline struct event *calendar_take(struct calendar *c)
{
    struct event *ev = c->free;

    if (ev) {
        c->free = ev->next;
        return ev;
    }
    return calendar_take_fresh(c);
}

static inline void calendar_give(struct calendar *c, struct event *ev)
{
    ev->generation++;
    ev->next = c->free;
    c->free = ev;
}

/* Append to the ring; true if it was empty. */
static inline bool ring_append(struct event **last, struct event *ev)
{
    struct event *old = *last;

    *last = ev;
    if (!old) {
        ev->next = ev;
        return true;
    }
    ev->prev = old;
    ev->next = old->next;
    old->next = ev;
    return false;
}

/* Level of a cycle that differs from the base in bit CAL_NEAR_BITS or above. */
static inline uint32_t calendar_upper(uint64_t difference)
{
    return (63u - (uint32_t)__builtin_clzll(difference) - CAL_NEAR_BITS) / CAL_UPPER_BITS;
}

static inline uint32_t calendar_upper_slot(uint32_t level, uint64_t at_cycles)
{
    return (uint32_t)(at_cycles >> (CAL_NEAR_BITS + level * CAL_UPPER_BITS)) &
           (CAL_UPPER_SLOTS - 1);
}

/* Queue an event whose fields are set; true if it is the first of its near slot and phase. */
static inline bool calendar_put(struct calendar *c, struct event *ev)
{
    uint64_t difference = ev->at_cycles ^ c->base_cycles;
    uint32_t slot, level;

    if (difference < CAL_NEAR_SLOTS) {
        slot = (uint32_t)ev->at_cycles & (CAL_NEAR_SLOTS - 1);
        if (!ring_append(&c->near[ev->phase][slot], ev))
            return false;
        c->near_phases[slot] |= (uint8_t)(1u << ev->phase);
        c->near_occupied[slot / 64] |= UINT64_C(1) << slot % 64;
        c->near_summary |= UINT64_C(1) << slot / 64;
        return true;
    }
    level = calendar_upper(difference);
    slot = calendar_upper_slot(level, ev->at_cycles);
    ring_append(&c->upper[level].slot[slot], ev);
    c->upper[level].occupied |= UINT64_C(1) << slot;
    return false;
}

/* The earliest pending cycle, if it is at most until. */
static inline bool calendar_next(struct calendar *c, uint64_t until_cycles, uint64_t *at_cycles)
{
    uint32_t word, slot;

    while (!c->near_summary)
        if (!calendar_refill(c, until_cycles))
            return false;
    word = (uint32_t)__builtin_ctzll(c->near_summary);
    slot = word * 64 + (uint32_t)__builtin_ctzll(c->near_occupied[word]);
    *at_cycles = (c->base_cycles & ~(uint64_t)(CAL_NEAR_SLOTS - 1)) | slot;
    return *at_cycles <= until_cycles;
}

/* Take a phase's whole list out of its near slot into the batch. */
static inline void calendar_detach(struct calendar *c, uint32_t phase, uint32_t slot)
{
    struct event *last = c->near[phase][slot];

    c->near[phase][slot] = NULL;
    c->batch = last->next;
    last->next = NULL;
}

/* The near slot of this cycle has been drained. */
static inline void calendar_clear_slot(struct calendar *c, uint32_t slot)
{
    c->near_phases[slot] = 0;
    c->near_occupied[slot / 64] &= ~(UINT64_C(1) << slot % 64);
    /* without a branch: whether the word has become empty is anybody's guess */
    c->near_summary &= ~((uint64_t)!c->near_occupied[slot / 64] << slot / 64);
}

#endif
