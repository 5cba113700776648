/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim/base/file.h"
#include "sim/loop.h"

static char dir[32];

static void enter(void)
{
    strcpy(dir, "/tmp/test_loop.XXXXXX");
    cr_assert(mkdtemp(dir));
    cr_assert_eq(chdir(dir), 0);
    alarm(30); /* a loop that waits for ever is a crash, whatever the runner makes of its time limit
                */
}

static void leave(void)
{
    unlink("log");
    rmdir("sub");
    cr_assert_eq(chdir("/"), 0);
    rmdir(dir);
}

TestSuite(loop, .init = enter, .fini = leave);

struct rig {
    struct loop *loop;
    struct sim *sim;
    uint64_t n_ticks, signal_at, n_limit;
    int signal;
    int socket[2];
    int n_progress, child_status, n_children;
    char received;
};

static struct rig rig_new(void)
{
    struct rig r = {.child_status = -1, .n_limit = UINT64_MAX};
    struct err e;

    cr_assert_eq(loop_new(&r.loop, &e), ERR_OK, "%s", e.text);
    cr_assert_eq(sim_new(&r.sim, NULL, &e), ERR_OK, "%s", e.text);
    return r;
}

static void rig_free(struct rig *r)
{
    sim_free(r->sim);
    loop_free(r->loop);
}

/* A simulation that goes on until something stops it. */
static void tick(void *self, uint64_t now_cycles, uint64_t arg)
{
    struct rig *r = self;

    if (++r->n_ticks == r->signal_at)
        raise(r->signal);
    if (r->n_ticks < r->n_limit)
        sim_at(r->sim, now_cycles + 1, SIM_ISSUE, tick, r, arg);
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void expect_log(const char *want)
{
    struct err e;
    char *text;
    size_t n;

    cr_assert_eq(file_read("log", &text, &n, &e), ERR_OK, "%s", e.text);
    cr_expect_str_eq(text, want);
    free(text);
}

Test(loop, runs_a_simulation_to_its_end)
{
    struct rig r = rig_new();
    struct err e;

    r.n_limit = 1000000;
    sim_at(r.sim, 0, SIM_ISSUE, tick, &r, 0);
    cr_expect_eq(loop_run(r.loop, r.sim, 500, &e), ERR_OK);
    cr_expect_eq(r.n_ticks, 501, "up to and including until");
    cr_expect_eq(loop_run(r.loop, r.sim, UINT64_MAX, &e), ERR_OK);
    cr_expect_eq(r.n_ticks, 1000000);
    cr_expect_eq(loop_run(NULL, r.sim, UINT64_MAX, &e), ERR_OK, "without a loop, too");
    cr_expect_eq(loop_poll(NULL, &e), ERR_OK);
    rig_free(&r);
}

Test(loop, a_signal_interrupts_the_run)
{
    static const struct {
        int number;
        const char *message;
    } row[] = {{SIGINT, "interrupted by SIGINT"},
               {SIGTERM, "interrupted by SIGTERM"},
               {SIGHUP, "interrupted by SIGHUP"}};

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct rig r;
        struct err e;

        signal(SIGHUP, SIG_DFL); /* who starts the test may ignore it */
        r = rig_new();
        r.signal_at = 100000;
        r.signal = row[i].number;
        sim_at(r.sim, 0, SIM_ISSUE, tick, &r, 0);
        cr_expect_eq(loop_run(r.loop, r.sim, UINT64_MAX, &e), ERR_INTERRUPT);
        cr_expect_str_eq(e.text, row[i].message);
        cr_expect_geq(r.n_ticks, 100000);
        cr_expect_eq(sim_n_dispatched(r.sim), r.n_ticks);
        cr_expect_eq(sim_n_pending(r.sim), 1, "consistent: the next tick is there");
        cr_expect_eq(loop_run(r.loop, r.sim, UINT64_MAX, &e), ERR_INTERRUPT, "still");
        cr_expect_eq(loop_poll(r.loop, &e), ERR_INTERRUPT);
        cr_expect_eq(loop_wait(r.loop, &e), ERR_INTERRUPT);
        cr_expect_eq(sim_run(r.sim, sim_now(r.sim) + 10, &e), ERR_OK);
        rig_free(&r);
    }
}

/* In a cycle without end. */
static void spin(void *self, uint64_t now_cycles, uint64_t arg)
{
    struct rig *r = self;

    if (++r->n_ticks == r->signal_at)
        raise(r->signal);
    sim_at(r->sim, now_cycles, SIM_ISSUE, spin, r, arg);
}

Test(loop, a_signal_interrupts_an_endless_cycle)
{
    struct rig r = rig_new();
    struct err e;

    r.signal_at = 100000;
    r.signal = SIGINT;
    sim_at(r.sim, 7, SIM_ISSUE, spin, &r, 0);
    cr_expect_eq(loop_run(r.loop, r.sim, UINT64_MAX, &e), ERR_INTERRUPT, "%s", e.text);
    cr_expect_eq(sim_now(r.sim), 7);
    cr_expect_eq(sim_n_dispatched(r.sim), r.n_ticks);
    cr_expect_eq(sim_n_pending(r.sim), 1);
    rig_free(&r);
}

/* Events that suddenly take a thousand times as long: few of them run before the loop looks. */
static void grow_heavy(void *self, uint64_t now_cycles, uint64_t arg)
{
    struct rig *r = self;
    double start = seconds();

    (void)now_cycles;
    (void)arg;
    if (++r->n_ticks < r->signal_at)
        return;
    if (r->n_ticks == r->signal_at)
        raise(r->signal);
    while (seconds() - start < 20e-6)
        ;
}

Test(loop, a_slice_follows_the_cost_of_events)
{
    struct rig r = rig_new();
    struct err e;

    r.signal_at = 500000;
    r.signal = SIGINT;
    for (uint64_t i = 0; i < r.signal_at + 5000; i++)
        sim_at(r.sim, i / 1000, SIM_ISSUE, grow_heavy, &r, 0);
    cr_expect_eq(loop_run(r.loop, r.sim, UINT64_MAX, &e), ERR_INTERRUPT);
    cr_expect_leq(r.n_ticks - r.signal_at, 512);
    rig_free(&r);
}

Test(loop, poll_sees_a_signal)
{
    struct rig r = rig_new();
    struct err e;

    cr_expect_eq(loop_poll(r.loop, &e), ERR_OK);
    raise(SIGINT);
    cr_expect_eq(loop_poll(r.loop, &e), ERR_INTERRUPT);
    rig_free(&r);
}

Test(loop, free_restores_the_default, .signal = SIGINT)
{
    struct rig r = rig_new();

    rig_free(&r);
    raise(SIGINT);
}

static void bad(void *self, uint64_t now_cycles, uint64_t arg)
{
    struct rig *r = self;

    sim_at(r->sim, now_cycles - 1, SIM_ISSUE, bad, r, arg);
}

Test(loop, the_simulations_error_comes_back)
{
    struct rig r = rig_new();
    struct err e;

    sim_at(r.sim, 5, SIM_ISSUE, bad, &r, 0);
    cr_expect_eq(loop_run(r.loop, r.sim, UINT64_MAX, &e), ERR_BUG);
    cr_expect(strstr(e.text, "cycle 5"));
    rig_free(&r);
}

/* ---- serving while a simulation runs ---- */

static void stop_when_served(struct rig *r)
{
    if (r->n_progress >= 3 && r->received && r->n_children)
        sim_stop(r->sim);
}

static void on_progress(void *self)
{
    struct rig *r = self;

    if (++r->n_progress == 2)
        cr_assert_eq(write(r->socket[0], "x", 1), 1);
    stop_when_served(r);
}

static void on_socket(void *self, int fd)
{
    struct rig *r = self;

    cr_assert_eq(fd, r->socket[1]);
    cr_assert_eq(read(fd, &r->received, 1), 1);
    stop_when_served(r);
}

static void on_child(void *self, int status)
{
    struct rig *r = self;

    r->child_status = status;
    r->n_children++;
    stop_when_served(r);
}

Test(loop, serves_progress_socket_and_child_during_a_run)
{
    static const char *const argv[] = {"sh", "-c", "echo out; echo err >&2; exit 7", NULL};
    struct rig r = rig_new();
    struct err e;

    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, r.socket), 0);
    loop_progress(r.loop, 2, on_progress, &r);
    loop_watch(r.loop, r.socket[1], on_socket, &r);
    cr_assert_eq(loop_spawn(r.loop, argv, NULL, "log", on_child, &r, &e), ERR_OK, "%s", e.text);
    sim_at(r.sim, 0, SIM_ISSUE, tick, &r, 0);
    cr_expect_eq(loop_run(r.loop, r.sim, UINT64_MAX, &e), ERR_OK, "%s", e.text);
    cr_expect_geq(r.n_progress, 3);
    cr_expect_eq(r.received, 'x');
    cr_expect_eq(r.child_status, 7);
    expect_log("out\nerr\n");
    loop_unwatch(r.loop, r.socket[1]);
    loop_progress(r.loop, 0, NULL, NULL);
    rig_free(&r);
}

/* Nobody reads: the descriptor stays ready, and the simulation must still end. */
static void ignore(void *self, int fd)
{
    (void)self;
    (void)fd;
}

Test(loop, a_ready_descriptor_starves_nobody)
{
    struct rig r = rig_new();
    struct err e;

    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, r.socket), 0);
    cr_assert_eq(write(r.socket[0], "x", 1), 1);
    loop_watch(r.loop, r.socket[1], ignore, &r);
    r.n_limit = 300000;
    sim_at(r.sim, 0, SIM_ISSUE, tick, &r, 0);
    cr_expect_eq(loop_run(r.loop, r.sim, UINT64_MAX, &e), ERR_OK);
    cr_expect_eq(r.n_ticks, 300000);
    rig_free(&r);
}

/* ---- children ---- */

Test(loop, child_statuses)
{
    static const struct {
        const char *script;
        int want;
        const char *log;
    } row[] = {
        {"echo hello", 0, "hello\n"},      {"exit 7", 7, ""},
        {"kill -9 $$", 137, ""},           {"read x || echo end", 0, "end\n"}, /* no input */
        {"basename \"$PWD\"", 0, "sub\n"},
    };
    struct rig r = rig_new();
    struct err e;

    cr_assert_eq(file_mkdirs("sub", &e), ERR_OK);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const char *const argv[] = {"sh", "-c", row[i].script, NULL};
        int status = -1;

        cr_expect_eq(loop_child(r.loop, argv, i == 4 ? "sub" : NULL, "log", &status, &e), ERR_OK);
        cr_expect_eq(status, row[i].want, "row %zu: %d", i, status);
        expect_log(row[i].log);
    }
    rig_free(&r);
}

Test(loop, a_child_that_cannot_start_says_why)
{
    static const char *const missing[] = {"no-such-program-here", NULL};
    static const char *const fine[] = {"true", NULL};
    struct rig r = rig_new();
    struct err e;
    int status;

    cr_expect_eq(loop_child(r.loop, missing, NULL, "log", &status, &e), ERR_ENV);
    cr_expect_str_eq(e.text, "no-such-program-here: No such file or directory");
    cr_expect_eq(loop_child(r.loop, fine, "no-dir", "log", &status, &e), ERR_ENV);
    cr_expect_str_eq(e.text, "no-dir: No such file or directory");
    cr_expect_eq(loop_child(r.loop, fine, NULL, "no-dir/log", &status, &e), ERR_ENV);
    cr_expect_str_eq(e.text, "no-dir/log: No such file or directory");
    cr_expect_eq(loop_child(r.loop, fine, NULL, "log", &status, &e), ERR_OK);
    rig_free(&r);
}

Test(loop, sigint_kills_the_child_and_its_children)
{
    static const char *const argv[] = {
        "sh", "-c", "(sleep 0.2; kill -INT $PPID) & sleep 100 | sleep 100", NULL};
    struct rig r = rig_new();
    struct err e;
    int status = -1;
    double start = seconds();

    /* $PPID is this test, in the subshell as well */
    cr_expect_eq(loop_child(r.loop, argv, NULL, "log", &status, &e), ERR_INTERRUPT);
    cr_expect_neq(status, 0);
    cr_expect_lt(seconds() - start, 5);
    rig_free(&r);
}

Test(loop, a_child_that_ignores_sigterm_is_killed)
{
    static const char *const argv[] = {"sh", "-c",
                                       "trap '' TERM; kill -INT $PPID; sleep 100; sleep 100", NULL};
    struct rig r = rig_new();
    struct err e;
    int status = -1;
    double start = seconds();

    cr_expect_eq(loop_child(r.loop, argv, NULL, "log", &status, &e), ERR_INTERRUPT);
    cr_expect_lt(seconds() - start, 10);
    rig_free(&r);
}

Test(loop, adopts_a_forked_child)
{
    struct rig r = rig_new();
    struct err e;
    pid_t pid = fork();

    if (pid == 0) {
        struct err inner;

        loop_after_fork(r.loop);
        raise(SIGINT); /* arrives here, not at the parent */
        _exit(loop_poll(r.loop, &inner) == ERR_INTERRUPT ? 5 : 6);
    }
    loop_adopt(r.loop, pid, false, on_child, &r);
    while (!r.n_children)
        cr_assert_eq(loop_wait(r.loop, &e), ERR_OK);
    cr_expect_eq(r.child_status, 5);
    cr_expect_eq(loop_poll(r.loop, &e), ERR_OK);
    rig_free(&r);
}

Test(loop, free_kills_what_still_runs)
{
    static const char *const argv[] = {"sleep", "100", NULL};
    struct rig r = rig_new();
    struct err e;
    double start = seconds();

    cr_assert_eq(loop_spawn(r.loop, argv, NULL, "log", on_child, &r, &e), ERR_OK);
    rig_free(&r);
    cr_expect_eq(r.n_children, 0, "no call");
    cr_expect_eq(waitpid(-1, NULL, WNOHANG), -1, "no zombie");
    cr_expect_lt(seconds() - start, 5);
}
