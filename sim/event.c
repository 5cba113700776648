/* SPDX-License-Identifier: Apache-2.0 */
/* Cycles and phases on top of the calendar. Each non-empty phase of a cycle is one pending libev
 * watcher of the simulation's private loop, which never polls; libev runs pending watchers by
 * priority and starts again from the top whenever one is fed, so an earlier phase always precedes a
 * later one. Order within a phase is not libev's (it is last in, first out there): it is the FIFO
 * that the watcher's callback drains. */
#include "sim/event.h"

#include <assert.h>
#include <ev.h>
#include <inttypes.h>
#include <stdlib.h>

#include "sim/base/mem.h"
#include "sim/base/rng.h"
#include "sim/calendar.h"

/* A cycle that adds this much to itself is a handler that forever schedules into its own cycle. */
#define SIM_MAX_ADDED (UINT64_C(1) << 24)

struct sim {
    uint64_t now_cycles;
    enum sim_phase phase; /* being drained; the first one between runs */
    bool running, stop;
    uint32_t phases_left; /* of this cycle: a bit for each phase whose watcher is pending */
    uint64_t n_scheduled, n_dispatched, n_cancelled;
    struct ev_loop *loop;
    ev_watcher watcher[SIM_N_PHASES];
    struct err sticky; /* code ERR_OK: none */

    /* of the slice that is being run */
    uint64_t until_cycles;
    uint64_t n_slice_end; /* n_dispatched at which it ends with its cycle ... */
    uint64_t n_slice_cut; /* ... and at which it ends within its cycle */
    bool more, cut;       /* cut: the last slice ended within a cycle */

    uint64_t n_endless; /* n_dispatched at which this cycle has gone on for too long */

    bool shuffle_ties;
    struct rng shuffle;
    uint32_t *order; /* scratch of the shuffle */
    size_t n_order;

    struct calendar cal;
};

static void sim_drain_cb(struct ev_loop *loop, ev_watcher *w, int revents);

enum err_code sim_new(struct sim **out, const struct sim_cfg *cfg, struct err *e)
{
    struct sim *s = mem_alloc(1, sizeof *s);
    enum err_code rc;

    *out = NULL;
    if (cfg && cfg->shuffle_ties) {
        s->shuffle_ties = true;
        s->shuffle = rng_new(cfg->shuffle_seed);
    }
    if ((rc = calendar_init(&s->cal, e)))
        goto fail;
    /* select: a loop that never polls should hold no descriptor */
    s->loop = ev_loop_new(EVBACKEND_SELECT | EVFLAG_NOENV);
    if (!s->loop) {
        rc = err_set(e, ERR_ENV, "libev cannot make a loop");
        goto fail;
    }
    for (int p = 0; p < SIM_N_PHASES; p++) {
        ev_init(&s->watcher[p], sim_drain_cb);
        ev_set_priority(&s->watcher[p], EV_MAXPRI - p);
        s->watcher[p].data = s;
    }
    *out = s;
    return ERR_OK;
fail:
    sim_free(s);
    return rc;
}

_Static_assert(EV_MAXPRI - EV_MINPRI + 1 == SIM_N_PHASES, "one libev priority a phase");

void sim_free(struct sim *s)
{
    if (!s)
        return;
    assert(!s->running);
    if (s->loop)
        ev_loop_destroy(s->loop);
    calendar_fini(&s->cal);
    free(s->order);
    free(s);
}

/* ---- scheduling ---- */

/* The first error is the one that sim_run reports. */
static void sim_fail_schedule(struct sim *s, uint64_t at_cycles, enum sim_phase phase)
{
    if (s->sticky.code)
        return;
    if (at_cycles < s->now_cycles)
        err_set(&s->sticky, ERR_BUG,
                "cycle %" PRIu64 ": scheduled into the past or beyond 2^64-1 cycles (%" PRIu64 ")",
                s->now_cycles, at_cycles);
    else
        err_set(&s->sticky, ERR_BUG, "cycle %" PRIu64 ": scheduled into phase %d during phase %d",
                s->now_cycles, (int)phase, (int)s->phase);
}

static void sim_fail_endless(struct sim *s)
{
    if (!s->sticky.code)
        err_set(&s->sticky, ERR_BUG,
                "cycle %" PRIu64 ": phase %d does not end: handlers keep scheduling into it",
                s->now_cycles, (int)s->phase);
}

static void sim_fail_memory(struct sim *s)
{
    if (!s->sticky.code)
        err_set(&s->sticky, ERR_ENV,
                "cycle %" PRIu64 ": no memory for more than %" PRIu64 " events", s->now_cycles,
                sim_n_pending(s));
}

static inline void sim_feed(struct sim *s, uint32_t phase)
{
    s->phases_left |= 1u << phase;
    ev_feed_event(s->loop, &s->watcher[phase], EV_CUSTOM);
}

/* Not in the future: this very cycle, or an error. */
static bool sim_refuse(struct sim *s, uint64_t at_cycles, enum sim_phase phase)
{
    if (at_cycles == s->now_cycles && phase >= s->phase)
        return false;
    sim_fail_schedule(s, at_cycles, phase);
    return true;
}

static inline struct event *sim_schedule(struct sim *s, uint64_t at_cycles, enum sim_phase phase,
                                         void (*fn)(void *self, uint64_t now_cycles, uint64_t arg),
                                         void *self, uint64_t arg)
{
    struct event *ev;

    assert(fn && (unsigned)phase < SIM_N_PHASES);
    if (at_cycles <= s->now_cycles && sim_refuse(s, at_cycles, phase))
        return NULL;
    ev = calendar_take(&s->cal);
    if (!ev) {
        sim_fail_memory(s);
        return NULL;
    }
    ev->at_cycles = at_cycles;
    ev->fn = fn;
    ev->self = self;
    ev->arg = arg;
    ev->phase = phase;
    s->n_scheduled++;
    if (calendar_put(&s->cal, ev) && at_cycles == s->now_cycles && s->running && phase != s->phase)
        sim_feed(s, phase); /* the first of a later phase of this very cycle */
    return ev;
}

void sim_at(struct sim *s, uint64_t at_cycles, enum sim_phase phase,
            void (*fn)(void *self, uint64_t now_cycles, uint64_t arg), void *self, uint64_t arg)
{
    (void)sim_schedule(s, at_cycles, phase, fn, self, arg);
}

struct sim_ref sim_at_ref(struct sim *s, uint64_t at_cycles, enum sim_phase phase,
                          void (*fn)(void *self, uint64_t now_cycles, uint64_t arg), void *self,
                          uint64_t arg)
{
    const struct event *ev = sim_schedule(s, at_cycles, phase, fn, self, arg);

    if (!ev)
        return (struct sim_ref){0};
    return (struct sim_ref){ev->generation << CAL_INDEX_BITS | ev->index};
}

bool sim_cancel(struct sim *s, struct sim_ref ref)
{
    struct event *ev = calendar_event(&s->cal, ref.bits & ((UINT64_C(1) << CAL_INDEX_BITS) - 1));

    /* generations start at 1, so the zero reference fits nothing */
    if (!ev || (ev->generation << CAL_INDEX_BITS | ev->index) != ref.bits)
        return false;
    calendar_unlink(&s->cal, ev);
    calendar_give(&s->cal, ev);
    s->n_cancelled++;
    return true;
}

/* ---- dispatching ---- */

/* Run what is in the batch; handlers may cancel from it. False if the slice is cut. */
static bool sim_run_batch(struct sim *s)
{
    struct calendar *c = &s->cal;
    uint64_t now_cycles = s->now_cycles;
    struct event *ev;

    while ((ev = c->batch)) {
        void (*fn)(void *self, uint64_t now_cycles, uint64_t arg) = ev->fn;
        void *self = ev->self;
        uint64_t arg = ev->arg;

        if (s->n_dispatched == s->n_slice_cut)
            return false;
        c->batch = ev->next;
        if (ev->next)
            __builtin_prefetch(ev->next->self);
        calendar_give(c, ev);
        s->n_dispatched++;
        fn(self, now_cycles, arg);
    }
    return true;
}

/* Permute the batch. Without memory for that it keeps its order. */
static void sim_shuffle(struct sim *s)
{
    struct calendar *c = &s->cal;
    uint32_t *order = s->order;
    struct event **link = &c->batch, *prev = NULL;
    size_t n = 0;

    for (const struct event *ev = c->batch; ev; ev = ev->next)
        n++;
    if (n > s->n_order) {
        order = realloc(s->order, 2 * n * sizeof *order);
        if (!order) {
            sim_fail_memory(s);
            return;
        }
        s->order = order;
        s->n_order = 2 * n;
    }
    n = 0;
    for (const struct event *ev = c->batch; ev; ev = ev->next)
        order[n++] = ev->index;
    rng_shuffle_u32(&s->shuffle, order, n);
    for (size_t i = 0; i < n; i++) {
        struct event *ev = calendar_event(c, order[i]);

        *link = ev;
        ev->prev = prev;
        prev = ev;
        link = &ev->next;
    }
    *link = NULL;
}

/* The phases of the next cycle that has events; 0 if the slice is over. */
static inline uint32_t sim_begin_cycle(struct sim *s)
{
    uint64_t at_cycles;

    s->more = false;
    if (s->sticky.code || s->stop)
        return 0;
    if (s->n_dispatched >= s->n_slice_end) {
        s->more = true;
        return 0;
    }
    if (!calendar_next(&s->cal, s->until_cycles, &at_cycles)) {
        if (sim_n_pending(s) && s->until_cycles > s->now_cycles)
            s->now_cycles = s->until_cycles;
        return 0;
    }
    s->now_cycles = at_cycles;
    s->n_endless = s->n_scheduled - s->n_cancelled + SIM_MAX_ADDED;
    return s->cal.near_phases[at_cycles & (CAL_NEAR_SLOTS - 1)];
}

static inline void sim_feed_all(struct sim *s, uint32_t phases)
{
    s->phases_left = phases;
    for (; phases; phases &= phases - 1)
        ev_feed_event(s->loop, &s->watcher[__builtin_ctz(phases)], EV_CUSTOM);
}

/* Run a phase to its end. What a handler appends to it is the next batch: still in order. False if
 * the slice is cut; the batch then keeps what is left of it. */
static inline bool sim_drain_phase(struct sim *s, uint32_t phase, uint32_t slot)
{
    while (sim_run_batch(s)) {
        if (!s->cal.near[phase][slot])
            return true;
        if (s->n_dispatched >= s->n_endless) {
            sim_fail_endless(s);
            return true;
        }
        calendar_detach(&s->cal, phase, slot);
        if (s->shuffle_ties)
            sim_shuffle(s);
    }
    return false;
}

/* The last phase of a cycle goes on to the next one, all within one ev_invoke_pending; if that has
 * this phase alone, the watcher that libev is serving is the one to serve, and carries on. */
static void sim_drain_cb(struct ev_loop *loop, ev_watcher *w, int revents)
{
    struct sim *s = w->data;
    uint32_t phase = (uint32_t)(w - s->watcher);

    (void)loop;
    (void)revents;
    if (s->cut) /* in an earlier phase */
        return;
    s->phase = (enum sim_phase)phase;
    do {
        uint32_t slot = (uint32_t)(s->now_cycles & (CAL_NEAR_SLOTS - 1));

        if (!sim_drain_phase(s, phase, slot)) {
            s->cut = s->more = true;
            return;
        }
        s->phases_left &= ~(1u << phase);
        if (s->phases_left)
            return;
        calendar_clear_slot(&s->cal, slot);
        s->phases_left = sim_begin_cycle(s);
    } while (s->phases_left == 1u << phase);
    s->phase = 0;
    sim_feed_all(s, s->phases_left);
}

/* What is left of a cycle that was cut: its phase, and those after it. */
static uint32_t sim_resume(struct sim *s)
{
    uint32_t phases = s->cal.near_phases[s->now_cycles & (CAL_NEAR_SLOTS - 1)];

    s->cut = false;
    return phases >> s->phase << s->phase | 1u << s->phase;
}

enum err_code sim_run_slice(struct sim *s, uint64_t until_cycles, uint64_t n_events, bool *more,
                            struct err *e)
{
    assert(!s->running && n_events > 0);
    if (n_events > (UINT64_MAX - s->n_dispatched) / 2)
        n_events = (UINT64_MAX - s->n_dispatched) / 2;
    s->until_cycles = until_cycles;
    s->n_slice_end = s->n_dispatched + n_events;
    s->n_slice_cut = s->n_slice_end + n_events;
    s->running = true;
    sim_feed_all(s, s->cut && !s->sticky.code ? sim_resume(s) : sim_begin_cycle(s));
    ev_invoke_pending(s->loop);
    s->running = false;
    *more = s->more;
    if (!s->more)
        s->stop = false;
    if (s->sticky.code)
        *e = s->sticky;
    return s->sticky.code;
}

enum err_code sim_run(struct sim *s, uint64_t until_cycles, struct err *e)
{
    bool more;

    return sim_run_slice(s, until_cycles, UINT64_MAX, &more, e);
}

void sim_stop(struct sim *s)
{
    s->stop = true;
}

bool sim_shuffles(const struct sim *s)
{
    return s->shuffle_ties;
}

uint64_t sim_now(const struct sim *s)
{
    return s->now_cycles;
}

uint64_t sim_n_dispatched(const struct sim *s)
{
    return s->n_dispatched;
}

uint64_t sim_n_pending(const struct sim *s)
{
    return s->n_scheduled - s->n_dispatched - s->n_cancelled;
}

uint64_t sim_bytes(const struct sim *s)
{
    return sizeof *s - sizeof s->cal + calendar_bytes(&s->cal) + s->n_order * sizeof *s->order;
}
