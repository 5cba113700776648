/* SPDX-License-Identifier: Apache-2.0 */
/* Benchmark: how soon the loop answers while a simulation takes all the time there is.
 * Usage: bench_loop sigint N_TRIALS | bench_loop timer N_TICKS
 * sigint: a SIGINT comes from the operating system's timer at a random moment; how long after it
 *         does loop_run return? Loads: events of 5 ns, events of 20 us, one cycle without end.
 * timer:  loop_progress every 10 ms; how late is each call?
 * A trial or tick that had to wait for a processor is left out: that is not the loop's doing.
 * Prints, a load a line: load n median p99 max, in microseconds of wall time; n were counted. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/base/mem.h"
#include "sim/base/rng.h"
#include "sim/loop.h"
#include "validation/bench/kernel_hold.h"

enum load { LOAD_LIGHT, LOAD_HEAVY, LOAD_ENDLESS, N_LOADS };
enum { N_MODULES = 1000, MAX_DELAY = 8, TIMER_MS = 10, N_BURST = 20, DISTURBED_NS = 300000 };

static const char *const load_name[N_LOADS] = {"light", "heavy", "endless"};

struct module {
    struct hold hold;
    struct sim *sim;
};

static int64_t clock_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* How long this process has been ready to run and did not: Linux counts that. */
static int64_t waited_ns(void)
{
    FILE *f = fopen("/proc/self/schedstat", "r");
    int64_t ran_ns, waited = 0;

    if (!f)
        return 0;
    if (fscanf(f, "%" SCNd64 " %" SCNd64, &ran_ns, &waited) != 2)
        waited = 0;
    fclose(f);
    return waited;
}

static void step_light(void *self, uint64_t now_cycles, uint64_t arg)
{
    struct module *m = self;

    sim_at(m->sim, now_cycles + hold_step(&m->hold, now_cycles, MAX_DELAY), SIM_ISSUE, step_light,
           m, arg);
}

static void step_heavy(void *self, uint64_t now_cycles, uint64_t arg)
{
    struct module *m = self;
    int64_t start_ns = clock_ns();

    while (clock_ns() - start_ns < 20000)
        ;
    sim_at(m->sim, now_cycles + hold_step(&m->hold, now_cycles, MAX_DELAY), SIM_ISSUE, step_heavy,
           m, arg);
}

/* All modules in one cycle, in turn for ever; the kernel would call it an error after 2^24. */
static void step_endless(void *self, uint64_t now_cycles, uint64_t arg)
{
    struct module *m = self;

    hold_step(&m->hold, now_cycles, MAX_DELAY);
    sim_at(m->sim, now_cycles, SIM_ISSUE, step_endless, m, arg);
}

/* Between trials: with real-time priority, Linux lets a program have 95 % of a second. */
static void rest(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

struct rig {
    struct loop *loop;
    struct sim *sim;
    struct module module[N_MODULES];
};

static enum err_code rig_init(struct rig *r, enum load load, struct err *e)
{
    static void (*const step[])(void *, uint64_t, uint64_t) = {step_light, step_heavy,
                                                               step_endless};
    enum err_code rc;

    memset(r, 0, sizeof *r);
    if ((rc = loop_new(&r->loop, e)) || (rc = sim_new(&r->sim, NULL, e)))
        return rc;
    for (uint64_t i = 0; i < N_MODULES; i++) {
        hold_init(&r->module[i].hold, i);
        r->module[i].sim = r->sim;
        sim_at(r->sim, hold_delay(&r->module[i].hold, MAX_DELAY), SIM_ISSUE, step[load],
               &r->module[i], 0);
    }
    return ERR_OK;
}

static void rig_fini(struct rig *r)
{
    sim_free(r->sim);
    loop_free(r->loop);
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static void print(const char *load, int64_t *ns, size_t n)
{
    if (!n) {
        printf("%s 0 0 0 0\n", load);
        return;
    }
    qsort(ns, n, sizeof *ns, compare);
    printf("%s %zu %.1f %.1f %.1f\n", load, n, (double)ns[n / 2] * 1e-3,
           (double)ns[(n * 99 + 99) / 100 - 1] * 1e-3, (double)ns[n - 1] * 1e-3);
}

/* Ask for a SIGINT 5 to 25 ms from now; the moment it is due. */
static int64_t arm(timer_t timer, struct rng *g)
{
    int64_t due_ns = clock_ns() + 5000000 + (int64_t)rng_below(g, 20000000);
    struct itimerspec when = {
        .it_value = {.tv_sec = due_ns / 1000000000, .tv_nsec = due_ns % 1000000000}};

    timer_settime(timer, TIMER_ABSTIME, &when, NULL);
    return due_ns;
}

static enum err_code sigint(enum load load, size_t n, struct err *e)
{
    struct sigevent ask = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGINT};
    struct rng g = rng_new((uint64_t)load);
    int64_t *late_ns = mem_alloc(n, sizeof *late_ns);
    struct rig *r = mem_alloc(1, sizeof *r);
    enum err_code rc = ERR_OK;
    size_t n_counted = 0;
    timer_t timer;

    if (timer_create(CLOCK_MONOTONIC, &ask, &timer) != 0)
        rc = err_set(e, ERR_ENV, "timer_create failed");
    for (size_t i = 0; i < n && !rc; i++) {
        if (!(rc = rig_init(r, load, e))) {
            int64_t before_ns = waited_ns(), due_ns = arm(timer, &g);

            rc = loop_run(r->loop, r->sim, UINT64_MAX, e);
            late_ns[n_counted] = clock_ns() - due_ns;
            n_counted += waited_ns() - before_ns < DISTURBED_NS;
            rc = rc == ERR_INTERRUPT ? ERR_OK : rc;
        }
        rig_fini(r);
        rest();
    }
    if (!rc) {
        timer_delete(timer);
        print(load_name[load], late_ns, n_counted);
    }
    free(r);
    free(late_ns);
    return rc;
}

struct lateness {
    int64_t next_ns, waited_ns, *late_ns;
    size_t n, n_ticks, n_wanted; /* n: counted */
    struct sim *sim;
};

/* Due every 10 ms from the start on; a tick that was missed altogether moves the rest. */
static void on_timer(void *self)
{
    struct lateness *l = self;
    int64_t late_ns = clock_ns() - l->next_ns, before_ns = l->waited_ns;

    l->waited_ns = waited_ns();
    l->late_ns[l->n] = late_ns > 0 ? late_ns : 0;
    l->n += l->waited_ns - before_ns < DISTURBED_NS;
    l->n_ticks++;
    l->next_ns += TIMER_MS * 1000000;
    if (late_ns > TIMER_MS * 1000000)
        l->next_ns = clock_ns() + TIMER_MS * 1000000;
    if (l->n_ticks % N_BURST == 0 || l->n_ticks == l->n_wanted)
        sim_stop(l->sim);
}

static enum err_code timer(enum load load, size_t n, struct err *e)
{
    struct rig *r = mem_alloc(1, sizeof *r);
    struct lateness l = {.late_ns = mem_alloc(n, sizeof *l.late_ns), .n_wanted = n};
    enum err_code rc = rig_init(r, load, e);

    l.sim = r->sim;
    while (!rc && l.n_ticks < n) {
        l.waited_ns = waited_ns();
        loop_progress(r->loop, TIMER_MS, on_timer, &l);
        l.next_ns = clock_ns() + TIMER_MS * 1000000;
        rc = loop_run(r->loop, r->sim, UINT64_MAX, e);
        rest();
    }
    if (!rc)
        print(load_name[load], l.late_ns, l.n);
    rig_fini(r);
    free(l.late_ns);
    free(r);
    return rc;
}

int main(int argc, char **argv)
{
    uint64_t n = argc == 3 ? strtoull(argv[2], NULL, 10) : 0;
    bool is_timer = n && strcmp(argv[1], "timer") == 0;
    enum err_code rc = ERR_OK;
    struct err e;

    if (!n || (!is_timer && strcmp(argv[1], "sigint") != 0)) {
        fprintf(stderr, "usage: bench_loop sigint N_TRIALS | bench_loop timer N_TICKS\n");
        return ERR_CONFIG;
    }
    for (enum load load = 0; load < N_LOADS && !rc; load++) {
        if (is_timer && load == LOAD_ENDLESS) /* ends with an error of its own */
            continue;
        rc = is_timer ? timer(load, n, &e) : sigint(load, n, &e);
    }
    if (rc)
        fprintf(stderr, "bench_loop: %s\n", e.text);
    return (int)rc;
}
