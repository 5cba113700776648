/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/event.h"

/* What ran, as text: the handlers' letters in order. */
struct log {
    struct sim *sim;
    char text[256];
    size_t n;
    uint64_t last_cycles;
};

static void say(void *self, uint64_t now_cycles, uint64_t letter)
{
    struct log *l = self;

    l->last_cycles = now_cycles;
    if (l->n < sizeof l->text - 1)
        l->text[l->n++] = (char)letter;
}

static struct sim *new_sim(const struct sim_cfg *cfg)
{
    struct sim *s;
    struct err e;

    cr_assert_eq(sim_new(&s, cfg, &e), ERR_OK, "%s", e.text);
    return s;
}

static void run(struct sim *s, uint64_t until_cycles)
{
    struct err e;

    cr_assert_eq(sim_run(s, until_cycles, &e), ERR_OK, "%s", e.text);
}

Test(event, runs_up_to_and_including_until)
{
    static const struct {
        uint64_t at, until;
        bool want_run;
    } row[] = {
        {0, 0, true},
        {1, 0, false},
        {1, 1, true},
        {4095, 4094, false},
        {4095, 4095, true},
        {4096, 4095, false},
        {4096, 4096, true},
        {UINT64_C(1) << 40, (UINT64_C(1) << 40) - 1, false},
        {UINT64_C(1) << 40, UINT64_C(1) << 40, true},
        {UINT64_MAX, UINT64_MAX - 1, false},
        {UINT64_MAX, UINT64_MAX, true},
    };

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct sim *s = new_sim(NULL);
        struct log l = {0};

        sim_at(s, row[i].at, SIM_ISSUE, say, &l, 'a');
        run(s, row[i].until);
        cr_expect_eq(l.n, row[i].want_run, "row %zu", i);
        cr_expect_eq(sim_now(s), row[i].until, "row %zu", i);
        cr_expect_eq(sim_n_pending(s), !row[i].want_run, "row %zu", i);
        run(s, UINT64_MAX);
        cr_expect_eq(l.n, 1, "row %zu", i);
        cr_expect_eq(l.last_cycles, row[i].at, "row %zu", i);
        sim_free(s);
    }
}

Test(event, time_stands_where_the_run_ended)
{
    struct sim *s = new_sim(NULL);
    struct log l = {0};

    run(s, 100);
    cr_expect_eq(sim_now(s), 0, "nothing ever pending");
    sim_at(s, 7, SIM_ISSUE, say, &l, 'a');
    sim_at(s, 1000000, SIM_ISSUE, say, &l, 'b');
    run(s, 500000);
    cr_expect_eq(sim_now(s), 500000, "more to come");
    sim_at(s, 500000, SIM_RETIRE, say, &l, 'c'); /* the cycle it stands in is still open */
    sim_at(s, 500001, SIM_RETIRE, say, &l, 'd');
    run(s, UINT64_MAX);
    cr_expect_eq(sim_now(s), 1000000, "the last event");
    run(s, 3);
    cr_expect_eq(sim_now(s), 1000000, "never backwards");
    cr_expect_str_eq(l.text, "acdb");
    sim_free(s);
}

Test(event, phases_then_sequence)
{
    struct sim *s = new_sim(NULL);
    struct log l = {0};

    sim_at(s, 5, SIM_OBSERVE, say, &l, 'O');
    sim_at(s, 5, SIM_ISSUE, say, &l, 'i');
    sim_at(s, 5, SIM_RETIRE, say, &l, 'R');
    sim_at(s, 5, SIM_ISSUE, say, &l, 'I');
    sim_at(s, 4, SIM_OBSERVE, say, &l, 'o');
    sim_at(s, 5, SIM_ARBITRATE, say, &l, 'A');
    sim_at(s, 5, SIM_DELIVER, say, &l, 'D');
    run(s, 5);
    cr_expect_str_eq(l.text, "oRDAiIO");
    sim_free(s);
}

static void notify(void *self, uint64_t now_cycles, uint64_t letter)
{
    struct log *l = self;

    say(l, now_cycles, letter);
    sim_at(l->sim, now_cycles, SIM_ISSUE, say, l, 'z');   /* later phase, empty so far */
    sim_at(l->sim, now_cycles, SIM_DELIVER, say, l, 'y'); /* its own: behind what is there */
    sim_at(l->sim, now_cycles, SIM_ARBITRATE, say, l, 'x');
    sim_at(l->sim, now_cycles + 1, SIM_RETIRE, say, l, 'w');
}

Test(event, same_cycle_notification)
{
    struct sim *s = new_sim(NULL);
    struct log l = {.sim = s};

    sim_at(s, 9, SIM_DELIVER, notify, &l, 'a');
    sim_at(s, 9, SIM_DELIVER, say, &l, 'b');
    sim_at(s, 9, SIM_ARBITRATE, say, &l, 'c');
    sim_at(s, 9, SIM_OBSERVE, say, &l, 'd');
    run(s, 10);
    cr_expect_str_eq(l.text, "abycxzdw");
    sim_free(s);
}

/* ---- cancelling ---- */

struct victim {
    struct log log;
    struct sim_ref ref;
    bool was_pending;
};

static void cancel(void *self, uint64_t now_cycles, uint64_t letter)
{
    struct victim *v = self;

    say(&v->log, now_cycles, letter);
    v->was_pending = sim_cancel(v->log.sim, v->ref);
}

Test(event, cancels_from_the_batch_that_is_running)
{
    static const char *want[] = {"xbcd", "xacd", "xabd", "xabc"};

    for (int i = 0; i < 4; i++) {
        struct sim *s = new_sim(NULL);
        struct victim v = {.log.sim = s};

        sim_at(s, 3, SIM_ISSUE, cancel, &v, 'x');
        for (int k = 0; k < 4; k++) {
            struct sim_ref r = sim_at_ref(s, 3, SIM_ISSUE, say, &v.log, (uint64_t)('a' + k));

            if (k == i)
                v.ref = r;
        }
        run(s, 3);
        cr_expect(v.was_pending);
        cr_expect_str_eq(v.log.text, want[i]);
        cr_expect_eq(sim_n_pending(s), 0);
        cr_expect_not(sim_cancel(s, v.ref), "only once");
        sim_free(s);
    }
}

Test(event, cancelling_the_only_event_of_a_later_phase)
{
    struct sim *s = new_sim(NULL);
    struct victim v = {.log.sim = s};

    sim_at(s, 3, SIM_RETIRE, cancel, &v, 'x');
    v.ref = sim_at_ref(s, 3, SIM_ISSUE, say, &v.log, 'a');
    run(s, 10);
    cr_expect(v.was_pending);
    cr_expect_str_eq(v.log.text, "x");
    sim_free(s);
}

Test(event, a_reference_outlives_its_event)
{
    struct sim *s = new_sim(NULL);
    struct log l = {0};
    struct sim_ref old = sim_at_ref(s, 1, SIM_ISSUE, say, &l, 'a');

    cr_expect_not(sim_cancel(s, (struct sim_ref){0}));
    run(s, 1);
    for (int i = 0; i < 10; i++)
        sim_at(s, 2, SIM_ISSUE, say, &l, 'b'); /* one of them reuses the memory */
    cr_expect_not(sim_cancel(s, old));
    cr_expect_not(sim_cancel(s, (struct sim_ref){UINT64_MAX}));
    run(s, 2);
    cr_expect_str_eq(l.text, "abbbbbbbbbb");
    sim_free(s);
}

Test(event, cancelled_memory_is_reused)
{
    struct sim *s = new_sim(NULL);
    struct log l = {0};
    uint64_t before_bytes = sim_bytes(s);

    for (int i = 0; i < 1000000; i++)
        cr_assert(sim_cancel(s, sim_at_ref(s, UINT64_C(1) << 50, SIM_ISSUE, say, &l, 'a')));
    cr_expect_eq(sim_bytes(s), before_bytes);
    for (uint64_t i = 0; i < 100000; i++)
        sim_at(s, i * 977, SIM_ISSUE, say, &l, 'b');
    cr_expect_eq(sim_n_pending(s), 100000);
    cr_expect_gt(sim_bytes(s), before_bytes);
    run(s, UINT64_MAX);
    cr_expect_eq(sim_n_dispatched(s), 100000);
    sim_free(s);
}

/* ---- stopping and slices ---- */

static void stop(void *self, uint64_t now_cycles, uint64_t letter)
{
    struct log *l = self;

    say(l, now_cycles, letter);
    sim_stop(l->sim);
}

Test(event, stop_ends_the_run_after_the_cycle)
{
    struct sim *s = new_sim(NULL);
    struct log l = {.sim = s};

    sim_at(s, 2, SIM_RETIRE, stop, &l, 'a');
    sim_at(s, 2, SIM_OBSERVE, say, &l, 'b');
    sim_at(s, 3, SIM_RETIRE, say, &l, 'c');
    run(s, 100);
    cr_expect_str_eq(l.text, "ab");
    cr_expect_eq(sim_now(s), 2);
    run(s, 100);
    cr_expect_str_eq(l.text, "abc");
    sim_free(s);
}

Test(event, a_slice_ends_at_a_cycle_boundary)
{
    struct sim *s = new_sim(NULL);
    struct log l = {.sim = s};
    struct err e;
    bool more;

    for (int i = 0; i < 3; i++) {
        sim_at(s, 2, SIM_ISSUE, say, &l, 'a');
        sim_at(s, 8, SIM_ISSUE, say, &l, 'b');
    }
    cr_assert_eq(sim_run_slice(s, 100, 2, &more, &e), ERR_OK);
    cr_expect(more);
    cr_expect_str_eq(l.text, "aaa");
    cr_assert_eq(sim_run_slice(s, 100, 4, &more, &e), ERR_OK);
    cr_expect_not(more);
    cr_expect_str_eq(l.text, "aaabbb");
    sim_free(s);
}

static void slice(struct sim *s, uint64_t n_events, bool want_more)
{
    struct err e;
    bool more;

    cr_assert_eq(sim_run_slice(s, 100, n_events, &more, &e), ERR_OK, "%s", e.text);
    cr_expect_eq(more, want_more);
}

Test(event, a_long_cycle_is_cut)
{
    struct sim *s = new_sim(NULL);
    struct log l = {.sim = s};
    struct sim_ref g;

    for (int i = 0; i < 8; i++) {
        struct sim_ref r = sim_at_ref(s, 2, SIM_ARBITRATE, say, &l, (uint64_t)('a' + i));

        if (i == 6)
            g = r;
    }
    sim_at(s, 2, SIM_OBSERVE, say, &l, 'o');
    sim_at(s, 3, SIM_RETIRE, say, &l, 'r');
    slice(s, 2, true);
    cr_expect_str_eq(l.text, "abcd", "twice two");
    cr_expect_eq(sim_now(s), 2);
    cr_expect_eq(sim_n_pending(s), 6);

    sim_at(s, 2, SIM_ARBITRATE, say, &l, 'i'); /* the rest of the cycle is still open */
    sim_at(s, 2, SIM_ISSUE, say, &l, 'I');
    cr_expect(sim_cancel(s, g), "from what is left of the batch");
    sim_stop(s); /* still at the end of the cycle */
    slice(s, 1, true);
    cr_expect_str_eq(l.text, "abcdef");
    slice(s, 100, false);
    cr_expect_str_eq(l.text, "abcdefhiIo");
    slice(s, 100, false);
    cr_expect_str_eq(l.text, "abcdefhiIor");
    sim_free(s);
}

Test(event, a_cut_cycle_remembers_its_phase)
{
    struct sim *s = new_sim(NULL);
    struct log l = {.sim = s};
    struct err e;
    bool more;

    for (int i = 0; i < 8; i++)
        sim_at(s, 2, SIM_ARBITRATE, say, &l, 'a');
    slice(s, 1, true);
    sim_at(s, 2, SIM_DELIVER, say, &l, 'd');
    cr_expect_eq(sim_run_slice(s, 100, 1, &more, &e), ERR_BUG);
    cr_expect(strstr(e.text, "phase 1 during phase 2"), "%s", e.text);
    cr_expect_not(more);
    cr_expect_eq(sim_run(s, 100, &e), ERR_BUG);
    cr_expect_str_eq(l.text, "aa");
    sim_free(s);
}

/* ---- sticky errors ---- */

static void misbehave(void *self, uint64_t now_cycles, uint64_t what)
{
    struct log *l = self;

    say(l, now_cycles, '0' + what);
    if (what == 0)
        sim_at(l->sim, now_cycles - 1, SIM_ISSUE, say, l, 'x');
    else if (what == 1)
        sim_at(l->sim, now_cycles, SIM_DELIVER, say, l, 'x');
    else if (what == 2)
        sim_at(l->sim, now_cycles + (UINT64_MAX - now_cycles + 1), SIM_OBSERVE, say, l, 'x');
    else if (what == 3)
        sim_at(l->sim, now_cycles + (UINT64_MAX - now_cycles), SIM_OBSERVE, say, l, 'm');
}

Test(event, scheduling_errors_are_sticky)
{
    static const struct {
        const char *want; /* part of the message; NULL: no error */
    } row[] = {{"past"}, {"phase 1 during phase 2"}, {"beyond 2^64-1"}, {NULL}};

    for (uint64_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct sim *s = new_sim(NULL);
        struct log l = {.sim = s};
        struct err e = {0};
        char want[3] = {(char)('0' + i), 'b', '\0'};

        sim_at(s, 5, SIM_ARBITRATE, misbehave, &l, i);
        sim_at(s, 5, SIM_OBSERVE, say, &l, 'b');
        sim_at(s, 6, SIM_OBSERVE, say, &l, 'c');
        if (!row[i].want) {
            run(s, UINT64_MAX);
            cr_expect_str_eq(l.text, "3bcm");
            cr_expect_eq(sim_now(s), UINT64_MAX);
            sim_free(s);
            continue;
        }
        cr_expect_eq(sim_run(s, 100, &e), ERR_BUG);
        cr_expect(strstr(e.text, row[i].want), "row %lu: %s", (unsigned long)i, e.text);
        cr_expect(strstr(e.text, "cycle 5"), "row %lu: %s", (unsigned long)i, e.text);
        cr_expect_str_eq(l.text, want, "the cycle is finished, the next not begun");
        memset(&e, 0, sizeof e);
        cr_expect_eq(sim_run(s, 100, &e), ERR_BUG, "again");
        cr_expect_neq(e.text[0], '\0');
        cr_expect_str_eq(l.text, want);
        sim_free(s);
    }
}

static void forever(void *self, uint64_t now_cycles, uint64_t arg)
{
    struct log *l = self;

    sim_at(l->sim, now_cycles, SIM_ISSUE, forever, l, arg);
}

Test(event, a_phase_that_never_ends_is_an_error)
{
    struct sim *s = new_sim(NULL);
    struct log l = {.sim = s};
    struct err e;

    sim_at(s, 5, SIM_ISSUE, forever, &l, 0);
    cr_expect_eq(sim_run(s, 100, &e), ERR_BUG);
    cr_expect(strstr(e.text, "cycle 5: phase 3 does not end"), "%s", e.text);
    sim_free(s);
}

/* In slices, too, and the caller is back between them. */
Test(event, a_cycle_that_never_ends_is_cut)
{
    struct sim *s = new_sim(NULL);
    struct log l = {.sim = s};
    enum err_code rc = ERR_OK;
    uint64_t n_slices = 0;
    struct err e;
    bool more;

    sim_at(s, 5, SIM_ISSUE, forever, &l, 0);
    while (!rc && n_slices < 100) {
        rc = sim_run_slice(s, 100, 1 << 20, &more, &e);
        cr_assert(rc || (more && sim_n_dispatched(s) == ++n_slices << 21));
    }
    cr_expect_eq(rc, ERR_BUG);
    cr_expect(strstr(e.text, "cycle 5: phase 3 does not end"), "%s", e.text);
    sim_free(s);
}

static void flood(void *self, uint64_t now_cycles, uint64_t n)
{
    struct log *l = self;

    for (uint64_t i = 0; i < n; i++)
        sim_at(l->sim, now_cycles, i % 2 ? SIM_ISSUE : SIM_OBSERVE, say, l, 'f');
}

/* Much is not endless. */
Test(event, a_cycle_may_be_long)
{
    struct sim *s = new_sim(NULL);
    struct log l = {.sim = s};

    for (uint64_t i = 0; i < 1000000; i++)
        sim_at(s, 5, SIM_DELIVER, say, &l, 'a');
    sim_at(s, 5, SIM_ISSUE, flood, &l, 4000000);
    run(s, 5);
    cr_expect_eq(sim_n_dispatched(s), 5000001);
    sim_free(s);
}

/* ---- shuffled ties ---- */

static void shuffled_text(uint64_t seed, bool on, struct log *l)
{
    struct sim *s = new_sim(&(struct sim_cfg){.shuffle_ties = on, .shuffle_seed = seed});

    *l = (struct log){.sim = s};
    for (int i = 0; i < 20; i++) {
        sim_at(s, 3, SIM_ISSUE, say, l, (uint64_t)('a' + i));
        sim_at(s, 4096 * 3, SIM_RETIRE, say, l, (uint64_t)('A' + i));
    }
    run(s, UINT64_MAX);
    sim_free(s);
}

static int compare_char(const void *a, const void *b)
{
    return *(const char *)a - *(const char *)b;
}

Test(event, shuffle_is_a_function_of_the_seed)
{
    struct log plain, one, again, two;

    shuffled_text(1, false, &plain);
    shuffled_text(1, true, &one);
    shuffled_text(1, true, &again);
    shuffled_text(2, true, &two);
    cr_expect_str_eq(plain.text, "abcdefghijklmnopqrstABCDEFGHIJKLMNOPQRST");
    cr_expect_str_neq(one.text, plain.text);
    cr_expect_str_eq(one.text, again.text);
    cr_expect_str_neq(one.text, two.text);
    qsort(one.text, 20, 1, compare_char); /* every event once, cycles still in order */
    qsort(one.text + 20, 20, 1, compare_char);
    cr_expect_str_eq(one.text, plain.text);
}

Test(event, shuffle_keeps_later_additions_behind_the_batch)
{
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct sim *s = new_sim(&(struct sim_cfg){.shuffle_ties = true, .shuffle_seed = seed});
        struct log l = {.sim = s};
        const char *y, *b;

        sim_at(s, 9, SIM_DELIVER, notify, &l, 'a');
        sim_at(s, 9, SIM_DELIVER, say, &l, 'b');
        run(s, 10);
        y = strchr(l.text, 'y');
        b = strchr(l.text, 'b');
        cr_assert(y && b);
        cr_expect_lt(b, y, "seed %lu: %s", (unsigned long)seed, l.text);
        cr_expect_str_eq(y, "yxzw", "seed %lu: %s", (unsigned long)seed, l.text);
        sim_free(s);
    }
}

/* Two components, one of which reads in a phase what the other writes in it. */
struct pair {
    int written, read;
};

static void pair_write(void *self, uint64_t now_cycles, uint64_t value)
{
    struct pair *p = self;

    (void)now_cycles;
    p->written = (int)value;
}

static void pair_read(void *self, uint64_t now_cycles, uint64_t arg)
{
    struct pair *p = self;

    (void)now_cycles;
    (void)arg;
    p->read = p->written;
}

Test(event, shuffle_exposes_a_dependence_on_order)
{
    int n_seen[2][2] = {{0}};

    for (uint64_t seed = 0; seed < 64; seed++) {
        for (int fixed = 0; fixed < 2; fixed++) {
            struct sim *s = new_sim(&(struct sim_cfg){.shuffle_ties = true, .shuffle_seed = seed});
            struct pair p = {0};

            sim_at(s, 3, SIM_ISSUE, pair_write, &p, 1);
            sim_at(s, 3, fixed ? SIM_OBSERVE : SIM_ISSUE, pair_read, &p, 0);
            run(s, 3);
            n_seen[fixed][p.read]++;
            sim_free(s);
        }
    }
    cr_expect_gt(n_seen[0][0], 0, "the fault shows under some seed");
    cr_expect_gt(n_seen[0][1], 0);
    cr_expect_eq(n_seen[1][1], 64, "reading a phase later never depends on the seed");
}

/* ---- tens of millions of events at once ---- */

#ifdef __SANITIZE_ADDRESS__
enum { MANY = 2000000 }; /* its allocator needs several times the memory */
#else
enum { MANY = 20000000 };
#endif

struct many {
    uint64_t last_cycles, n_run, sum;
    bool in_order, at_its_cycle;
};

static uint64_t many_cycle(uint64_t i)
{
    return 1 + (i * UINT64_C(0x9e3779b97f4a7c15) >> 24); /* anywhere in 2^40 cycles */
}

static void many_event(void *self, uint64_t now_cycles, uint64_t i)
{
    struct many *m = self;

    m->in_order = m->in_order && now_cycles >= m->last_cycles;
    m->at_its_cycle = m->at_its_cycle && now_cycles == many_cycle(i);
    m->last_cycles = now_cycles;
    m->sum += i;
    m->n_run++;
}

Test(event, twenty_million_pending, .timeout = 300)
{
    struct sim *s = new_sim(NULL);
    struct many m = {.in_order = true, .at_its_cycle = true};
    struct sim_ref *ref = mem_alloc(MANY, sizeof *ref);
    uint64_t n_cancelled = 0, cancelled_sum = 0;

    for (uint64_t i = 0; i < MANY; i++)
        ref[i] = sim_at_ref(s, many_cycle(i), SIM_ISSUE, many_event, &m, i);
    cr_assert_eq(sim_n_pending(s), MANY);
    for (uint64_t i = 0; i < MANY; i += 3) {
        cr_assert(sim_cancel(s, ref[i]));
        cancelled_sum += i;
        n_cancelled++;
    }
    cr_assert_eq(sim_n_pending(s), MANY - n_cancelled);
    run(s, UINT64_MAX);
    cr_expect_eq(m.n_run, MANY - n_cancelled);
    cr_expect_eq(m.sum, (uint64_t)MANY * (MANY - 1) / 2 - cancelled_sum);
    cr_expect(m.in_order);
    cr_expect(m.at_its_cycle);
    free(ref);
    sim_free(s);
}
