/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's order against a naive model: a table of all events, searched for the least
 * (cycle, phase, sequence). Both run the same random world, in which what an event does is a
 * function of its number alone. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "sim/base/mem.h"
#include "sim/base/rng.h"
#include "sim/event.h"

enum { MAX_EVENTS = 6000 };

enum state { PENDING, DONE, CANCELLED };

struct node {
    uint64_t at_cycles, sequence;
    enum sim_phase phase;
    enum state state;
    struct sim_ref ref;
};

/* One world, run either by the kernel (sim not NULL) or by the model. */
struct world {
    uint64_t seed;
    struct sim *sim;
    uint64_t now_cycles;
    struct node node[MAX_EVENTS];
    uint64_t n_nodes, n_done, n_cancelled;
    uint64_t done[MAX_EVENTS]; /* numbers, in the order they ran */
    uint64_t done_at[MAX_EVENTS];
};

static void world_event(void *self, uint64_t now_cycles, uint64_t number);

static void world_schedule(struct world *w, uint64_t at_cycles, enum sim_phase phase)
{
    struct node *n = &w->node[w->n_nodes];

    n->at_cycles = at_cycles;
    n->phase = phase;
    n->sequence = w->n_nodes;
    n->state = PENDING;
    if (w->sim)
        n->ref = sim_at_ref(w->sim, at_cycles, phase, world_event, w, w->n_nodes);
    w->n_nodes++;
}

static void world_cancel(struct world *w, uint64_t number)
{
    struct node *n = &w->node[number];
    bool was_pending = n->state == PENDING;

    if (w->sim)
        cr_assert_eq(sim_cancel(w->sim, n->ref), was_pending, "event %lu", (unsigned long)number);
    if (was_pending) {
        n->state = CANCELLED;
        w->n_cancelled++;
    }
}

/* Near, at the edges of the calendar's windows, far, and very far. */
static uint64_t world_delay(struct rng *r)
{
    static const uint64_t edge[] = {
        1,
        63,
        64,
        4095,
        4096,
        4097,
        (1 << 18) - 1,
        1 << 18,
        (1 << 18) + 1,
        1 << 24,
        (UINT64_C(1) << 30) - 1,
        UINT64_C(1) << 36,
        UINT64_C(1) << 42,
        UINT64_C(1) << 54,
    };

    switch (rng_below(r, 8)) {
    case 0:
    case 1:
        return 0;
    case 2:
    case 3:
        return 1 + rng_below(r, 8);
    case 4:
        return 1 + rng_below(r, 10000);
    case 5:
        return 1 + rng_below(r, 1000000);
    case 6:
        return edge[rng_below(r, sizeof edge / sizeof *edge)];
    default:
        return 1 + rng_below(r, UINT64_C(1) << (10 + rng_below(r, 48)));
    }
}

static void world_event(void *self, uint64_t now_cycles, uint64_t number)
{
    struct world *w = self;
    const struct node *n = &w->node[number];
    struct rng r = rng_new(w->seed * 1000003 + number);
    uint64_t n_children = rng_below(&r, 4);

    w->now_cycles = now_cycles;
    w->node[number].state = DONE;
    w->done[w->n_done] = number;
    w->done_at[w->n_done++] = now_cycles;
    if (rng_below(&r, 4) == 0) { /* often a close one: of this very batch */
        uint64_t back = rng_below(&r, rng_below(&r, 2) ? 8 : w->n_nodes);

        world_cancel(w, back < w->n_nodes ? w->n_nodes - 1 - back : 0);
    }
    for (uint64_t i = 0; i < n_children && w->n_nodes < MAX_EVENTS; i++) {
        uint64_t delay = world_delay(&r);
        uint64_t phase = rng_below(&r, SIM_N_PHASES);

        if (delay == 0 && phase < n->phase)
            phase = n->phase;
        if (now_cycles + delay < now_cycles)
            delay = UINT64_MAX - now_cycles;
        world_schedule(w, now_cycles + delay, (enum sim_phase)phase);
    }
}

static bool before(const struct node *a, const struct node *b)
{
    if (a->at_cycles != b->at_cycles)
        return a->at_cycles < b->at_cycles;
    if (a->phase != b->phase)
        return a->phase < b->phase;
    return a->sequence < b->sequence;
}

static void model_run(struct world *w)
{
    for (;;) {
        struct node *first = NULL;

        for (uint64_t i = 0; i < w->n_nodes; i++)
            if (w->node[i].state == PENDING && (!first || before(&w->node[i], first)))
                first = &w->node[i];
        if (!first)
            return;
        world_event(w, first->at_cycles, first->sequence);
    }
}

static struct world *world_new(uint64_t seed, struct sim *s)
{
    struct world *w = mem_alloc(1, sizeof *w);
    struct rng r = rng_new(seed);

    w->seed = seed;
    w->sim = s;
    for (int i = 0; i < 40; i++)
        world_schedule(w, world_delay(&r), (enum sim_phase)rng_below(&r, SIM_N_PHASES));
    return w;
}

/* In one go, in slices of a few events, or in steps of a few cycles. */
static void kernel_run(struct sim *s, uint64_t how)
{
    struct err e;
    bool more = true;

    if (how == 0) {
        cr_assert_eq(sim_run(s, UINT64_MAX, &e), ERR_OK, "%s", e.text);
        return;
    }
    if (how == 2) {
        uint64_t step_cycles = 1;

        for (uint64_t until = 0; until < UINT64_C(1) << 60; until += step_cycles, step_cycles *= 3)
            cr_assert_eq(sim_run(s, until, &e), ERR_OK);
    }
    while (more)
        cr_assert_eq(sim_run_slice(s, UINT64_MAX, 1, &more, &e), ERR_OK);
}

Test(event_order, equals_the_naive_queue)
{
    for (uint64_t seed = 0; seed < 30; seed++) {
        struct sim *s;
        struct err e;
        struct world *kernel, *model = world_new(seed, NULL);

        cr_assert_eq(sim_new(&s, NULL, &e), ERR_OK);
        kernel = world_new(seed, s);
        model_run(model);
        kernel_run(s, seed % 3);
        cr_assert_eq(kernel->n_done, model->n_done, "seed %lu", (unsigned long)seed);
        for (uint64_t i = 0; i < model->n_done; i++) {
            cr_assert_eq(kernel->done[i], model->done[i], "seed %lu: position %lu: %lu, not %lu",
                         (unsigned long)seed, (unsigned long)i, (unsigned long)kernel->done[i],
                         (unsigned long)model->done[i]);
            cr_assert_eq(kernel->done_at[i], model->node[model->done[i]].at_cycles);
        }
        cr_expect_eq(sim_n_pending(s), 0);
        cr_expect_eq(sim_n_dispatched(s), model->n_done);
        sim_free(s);
        free(kernel);
        free(model);
    }
}

/* The worlds above must be worth comparing. */
Test(event_order, worlds_reach_what_they_are_meant_to)
{
    uint64_t n_done = 0, n_cancelled = 0, n_far = 0, n_same_cycle = 0;

    for (uint64_t seed = 0; seed < 30; seed++) {
        struct world *w = world_new(seed, NULL);

        model_run(w);
        n_done += w->n_done;
        n_cancelled += w->n_cancelled;
        for (uint64_t i = 1; i < w->n_done; i++) {
            n_far += w->done_at[i] > UINT64_C(1) << 40;
            n_same_cycle += w->done_at[i] == w->done_at[i - 1];
        }
        free(w);
    }
    cr_expect_gt(n_done, 20000);
    cr_expect_gt(n_cancelled, 1000);
    cr_expect_gt(n_far, 5000);
    cr_expect_gt(n_same_cycle, 5000);
}
