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
 * Events are 48 bytes, in blocks, named by index; index 0 is no event. */
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

#define CAL_BLOCK_BITS   12u
#define CAL_BLOCK_EVENTS (1u << CAL_BLOCK_BITS)
#define CAL_INDEX_BITS   28u /* of a sim_ref; the other 36 are the generation */

struct event {
    uint64_t at_cycles;
    void (*fn)(void *self, uint64_t now_cycles, uint64_t arg);
    void *self;
    uint64_t arg;
    uint32_t next, prev;       /* in its list; next also links the free events */
    uint64_t generation_phase; /* generation << 3 | phase; a generation ends with its event */
};

struct fifo {
    uint32_t head, tail; /* tail means something only while head is not 0 */
};

struct upper_level {
    uint64_t occupied; /* a bit a slot */
    struct fifo slot[CAL_UPPER_SLOTS];
};

struct calendar {
    uint64_t base_cycles; /* no pending event is earlier */
    uint64_t near_summary;
    uint64_t near_occupied[CAL_NEAR_SLOTS / 64];
    uint8_t near_phases[CAL_NEAR_SLOTS]; /* a bit a non-empty phase */
    struct fifo near[SIM_N_PHASES][CAL_NEAR_SLOTS];
    struct upper_level upper[CAL_N_UPPER];
    struct fifo batch; /* events taken out of a near slot to be run in another order */

    struct event **block;
    uint32_t n_blocks, n_block_room;
    uint32_t n_fresh;   /* indices from here on have never been used */
    uint32_t free_head; /* most recently freed first: it is still in the cache */
};

enum err_code calendar_init(struct calendar *c, struct err *e);
void calendar_fini(struct calendar *c);
uint64_t calendar_bytes(const struct calendar *c);
bool calendar_add_block(struct calendar *c); /* false: no memory, or 2^28 events pending */

/* The earliest pending cycle, if it is at most until. Moves the base, never beyond until. */
bool calendar_next(struct calendar *c, uint64_t until_cycles, uint64_t *at_cycles);

/* Detach a pending event, wherever it is; calendar_give is the caller's. */
void calendar_unlink(struct calendar *c, uint32_t index);

static inline struct event *calendar_event(const struct calendar *c, uint32_t index)
{
    return &c->block[index >> CAL_BLOCK_BITS][index & (CAL_BLOCK_EVENTS - 1)];
}

static inline uint32_t event_phase(const struct event *ev)
{
    return (uint32_t)(ev->generation_phase & 7);
}

/* Index of a free event, or 0 when there is no memory for more. */
static inline uint32_t calendar_take(struct calendar *c)
{
    uint32_t index = c->free_head;

    if (index) {
        c->free_head = calendar_event(c, index)->next;
        return index;
    }
    if (c->n_fresh == c->n_blocks * CAL_BLOCK_EVENTS && !calendar_add_block(c))
        return 0;
    return c->n_fresh++;
}

static inline void calendar_give(struct calendar *c, uint32_t index)
{
    struct event *ev = calendar_event(c, index);

    ev->generation_phase += 8;
    ev->next = c->free_head;
    c->free_head = index;
}

/* Append; true if the list was empty. */
static inline bool fifo_append(struct calendar *c, struct fifo *f, uint32_t index, struct event *ev)
{
    ev->next = 0;
    if (!f->head) {
        ev->prev = 0;
        f->head = f->tail = index;
        return true;
    }
    ev->prev = f->tail;
    calendar_event(c, f->tail)->next = index;
    f->tail = index;
    return false;
}

/* Level 1.. of a cycle that differs from the base in bit CAL_NEAR_BITS or above, less one. */
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
static inline bool calendar_put(struct calendar *c, uint32_t index, struct event *ev)
{
    uint64_t difference = ev->at_cycles ^ c->base_cycles;
    uint32_t slot, level;

    if (difference < CAL_NEAR_SLOTS) {
        uint32_t phase = event_phase(ev);

        slot = (uint32_t)ev->at_cycles & (CAL_NEAR_SLOTS - 1);
        if (!fifo_append(c, &c->near[phase][slot], index, ev))
            return false;
        c->near_phases[slot] |= (uint8_t)(1u << phase);
        c->near_occupied[slot / 64] |= UINT64_C(1) << slot % 64;
        c->near_summary |= UINT64_C(1) << slot / 64;
        return true;
    }
    level = calendar_upper(difference);
    slot = calendar_upper_slot(level, ev->at_cycles);
    if (fifo_append(c, &c->upper[level].slot[slot], index, ev))
        c->upper[level].occupied |= UINT64_C(1) << slot;
    return false;
}

/* The near slot of this cycle has been drained. */
static inline void calendar_clear_slot(struct calendar *c, uint32_t slot)
{
    c->near_phases[slot] = 0;
    c->near_occupied[slot / 64] &= ~(UINT64_C(1) << slot % 64);
    if (!c->near_occupied[slot / 64])
        c->near_summary &= ~(UINT64_C(1) << slot / 64);
}

#endif
