/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/calendar.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define CAL_PAGE_BYTES ((size_t)4096)
#define CAL_HUGE_BYTES ((size_t)2 << 20)

_Static_assert(sizeof(struct event) == 64, "an event is one cache line");
_Static_assert(CAL_NEAR_BITS + CAL_N_UPPER * CAL_UPPER_BITS >= 64, "levels cover all of time");

_Static_assert(CAL_BLOCK_BITS + CAL_N_BLOCKS <= CAL_INDEX_BITS, "indices fit a reference");

static size_t block_bytes(uint32_t i)
{
    return sizeof(struct event) << (CAL_BLOCK_BITS + i);
}

static bool calendar_add_block(struct calendar *c)
{
    uint32_t i = c->n_blocks;
    size_t n_bytes;
    void *block;

    if (i == CAL_N_BLOCKS)
        return false;
    n_bytes = block_bytes(i);
    block = aligned_alloc(n_bytes < CAL_HUGE_BYTES ? CAL_PAGE_BYTES : CAL_HUGE_BYTES, n_bytes);
    if (!block)
        return false;
#ifdef MADV_HUGEPAGE
    if (n_bytes >= CAL_HUGE_BYTES) /* pending sets this large are bound by address translation */
        (void)madvise(block, n_bytes, MADV_HUGEPAGE);
#endif
    c->block[c->n_blocks++] = c->fresh = block;
    c->fresh_end = c->fresh + n_bytes / sizeof(struct event);
    return true;
}

enum err_code calendar_init(struct calendar *c, struct err *e)
{
    memset(c, 0, sizeof *c);
    if (!calendar_add_block(c))
        return err_set(e, ERR_ENV, "no memory for the event calendar");
    return ERR_OK;
}

void calendar_fini(struct calendar *c)
{
    for (uint32_t i = 0; i < c->n_blocks; i++)
        free(c->block[i]);
}

uint64_t calendar_bytes(const struct calendar *c)
{
    uint64_t n_bytes = sizeof *c;

    for (uint32_t i = 0; i < c->n_blocks; i++)
        n_bytes += block_bytes(i);
    return n_bytes;
}

/* Block i holds 2^(12+i) events, so its first index is 2^(12+i) - 2^12. */
static uint64_t block_first(uint32_t i)
{
    return (UINT64_C(1) << (CAL_BLOCK_BITS + i)) - (UINT64_C(1) << CAL_BLOCK_BITS);
}

struct event *calendar_take_fresh(struct calendar *c)
{
    struct event *ev;

    if (c->fresh == c->fresh_end && !calendar_add_block(c))
        return NULL;
    ev = c->fresh++;
    ev->generation = 1;
    ev->index =
        (uint32_t)(block_first(c->n_blocks - 1) + (uint64_t)(ev - c->block[c->n_blocks - 1]));
    return ev;
}

struct event *calendar_event(const struct calendar *c, uint64_t index)
{
    uint32_t i = 63u - (uint32_t)__builtin_clzll((index >> CAL_BLOCK_BITS) + 1);
    struct event *ev;

    if (i >= c->n_blocks)
        return NULL;
    ev = c->block[i] + (index - block_first(i));
    return i == c->n_blocks - 1 && ev >= c->fresh ? NULL : ev;
}

bool calendar_refill(struct calendar *c, uint64_t until_cycles)
{
    uint32_t level = 0, slot, shift;
    struct event *last, *ev, *next;
    uint64_t window_cycles;

    while (!c->upper[level].occupied)
        if (++level == CAL_N_UPPER)
            return false;
    slot = (uint32_t)__builtin_ctzll(c->upper[level].occupied);
    shift = CAL_NEAR_BITS + level * CAL_UPPER_BITS;
    window_cycles = c->base_cycles >> shift >> CAL_UPPER_BITS << CAL_UPPER_BITS;
    window_cycles = (window_cycles | slot) << shift;
    if (window_cycles > until_cycles)
        return false;
    last = c->upper[level].slot[slot];
    c->upper[level].slot[slot] = NULL;
    c->upper[level].occupied &= ~(UINT64_C(1) << slot);
    c->base_cycles = window_cycles;
    ev = last->next;
    last->next = NULL;
    for (; ev; ev = next) {
        next = ev->next;
        __builtin_prefetch(ev->self); /* due soon, and by then each alone in its cycle */
        calendar_put(c, ev);
    }
    return true;
}

/* True if that leaves the ring empty. The event may also be of the batch, but not its first. */
static bool ring_unlink(struct event **last, const struct event *ev)
{
    struct event *end = *last;

    if (end && end->next == ev) {
        if (end == ev)
            *last = NULL;
        else
            end->next = ev->next;
        return !*last;
    }
    ev->prev->next = ev->next;
    if (end == ev)
        *last = ev->prev;
    else if (ev->next) /* the last of the batch has none */
        ev->next->prev = ev->prev;
    return false;
}

void calendar_unlink(struct calendar *c, struct event *ev)
{
    uint64_t difference = ev->at_cycles ^ c->base_cycles;
    uint32_t slot, level;

    if (ev == c->batch) {
        c->batch = ev->next;
    } else if (difference < CAL_NEAR_SLOTS) {
        slot = (uint32_t)ev->at_cycles & (CAL_NEAR_SLOTS - 1);
        if (!ring_unlink(&c->near[ev->phase][slot], ev))
            return;
        c->near_phases[slot] &= (uint8_t) ~(1u << ev->phase);
        if (!c->near_phases[slot])
            calendar_clear_slot(c, slot);
    } else {
        level = calendar_upper(difference);
        slot = calendar_upper_slot(level, ev->at_cycles);
        if (ring_unlink(&c->upper[level].slot[slot], ev))
            c->upper[level].occupied &= ~(UINT64_C(1) << slot);
    }
}
