/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/calendar.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(struct event) == 48, "events are kept small: the pending set lives in cache");
_Static_assert(CAL_NEAR_BITS + CAL_N_UPPER * CAL_UPPER_BITS >= 64, "levels cover all of time");

enum err_code calendar_init(struct calendar *c, struct err *e)
{
    memset(c, 0, sizeof *c);
    if (!calendar_add_block(c))
        return err_set(e, ERR_ENV, "no memory for the event calendar");
    c->n_fresh = 1; /* index 0 is no event */
    return ERR_OK;
}

void calendar_fini(struct calendar *c)
{
    for (uint32_t i = 0; i < c->n_blocks; i++)
        free(c->block[i]);
    free(c->block);
}

uint64_t calendar_bytes(const struct calendar *c)
{
    return sizeof *c + c->n_block_room * sizeof *c->block +
           (uint64_t)c->n_blocks * CAL_BLOCK_EVENTS * sizeof(struct event);
}

bool calendar_add_block(struct calendar *c)
{
    struct event *fresh;

    if (c->n_blocks == 1u << (CAL_INDEX_BITS - CAL_BLOCK_BITS))
        return false;
    if (c->n_blocks == c->n_block_room) {
        uint32_t room = c->n_block_room ? c->n_block_room * 2 : 16;
        struct event **grown = realloc(c->block, room * sizeof(struct event *));

        if (!grown)
            return false;
        c->block = grown;
        c->n_block_room = room;
    }
    fresh = aligned_alloc(64, CAL_BLOCK_EVENTS * sizeof *fresh);
    if (!fresh)
        return false;
    for (uint32_t i = 0; i < CAL_BLOCK_EVENTS; i++)
        fresh[i].generation_phase = 1 << 3;
    c->block[c->n_blocks++] = fresh;
    return true;
}

/* Make a window of upper level k the base and move its events down, in order. */
static void calendar_cascade(struct calendar *c, uint32_t level, uint32_t slot,
                             uint64_t window_cycles)
{
    struct upper_level *from = &c->upper[level];
    uint32_t index = from->slot[slot].head;

    from->slot[slot].head = 0;
    from->occupied &= ~(UINT64_C(1) << slot);
    c->base_cycles = window_cycles;
    while (index) {
        struct event *ev = calendar_event(c, index);
        uint32_t next = ev->next;

        calendar_put(c, index, ev);
        index = next;
    }
}

bool calendar_next(struct calendar *c, uint64_t until_cycles, uint64_t *at_cycles)
{
    for (;;) {
        uint32_t level, slot, shift;
        uint64_t window;

        if (c->near_summary) {
            uint32_t word = (uint32_t)__builtin_ctzll(c->near_summary);

            slot = word * 64 + (uint32_t)__builtin_ctzll(c->near_occupied[word]);
            *at_cycles = (c->base_cycles & ~(uint64_t)(CAL_NEAR_SLOTS - 1)) | slot;
            return *at_cycles <= until_cycles;
        }
        for (level = 0; level < CAL_N_UPPER && !c->upper[level].occupied; level++)
            ;
        if (level == CAL_N_UPPER)
            return false;
        slot = (uint32_t)__builtin_ctzll(c->upper[level].occupied);
        shift = CAL_NEAR_BITS + level * CAL_UPPER_BITS;
        window = c->base_cycles >> shift >> CAL_UPPER_BITS << CAL_UPPER_BITS;
        window = (window | slot) << shift;
        if (window > until_cycles)
            return false;
        calendar_cascade(c, level, slot, window);
    }
}

static void fifo_unlink(struct calendar *c, struct fifo *f, const struct event *ev)
{
    if (ev->prev)
        calendar_event(c, ev->prev)->next = ev->next;
    else
        f->head = ev->next;
    if (ev->next)
        calendar_event(c, ev->next)->prev = ev->prev;
    else
        f->tail = ev->prev;
}

void calendar_unlink(struct calendar *c, uint32_t index)
{
    const struct event *ev = calendar_event(c, index);
    uint64_t difference = ev->at_cycles ^ c->base_cycles;
    uint32_t slot, level, phase = event_phase(ev);

    if (c->batch.head && (c->batch.head == index || c->batch.tail == index)) {
        fifo_unlink(c, &c->batch, ev);
        return;
    }
    if (difference < CAL_NEAR_SLOTS) {
        slot = (uint32_t)ev->at_cycles & (CAL_NEAR_SLOTS - 1);
        fifo_unlink(c, &c->near[phase][slot], ev);
        if (c->near[phase][slot].head)
            return;
        c->near_phases[slot] &= (uint8_t) ~(1u << phase);
        if (!c->near_phases[slot])
            calendar_clear_slot(c, slot);
        return;
    }
    level = calendar_upper(difference);
    slot = calendar_upper_slot(level, ev->at_cycles);
    fifo_unlink(c, &c->upper[level].slot[slot], ev);
    if (!c->upper[level].slot[slot].head)
        c->upper[level].occupied &= ~(UINT64_C(1) << slot);
}
