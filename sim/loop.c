/* SPDX-License-Identifier: Apache-2.0 */
/* The simulation is an idle watcher: libev runs it whenever it has looked for signals, timers,
 * children and descriptors and served what was due. It stands above them in priority, so that a
 * descriptor that is always ready slows a simulation down but does not starve it. */
#include "sim/loop.h"

#include <assert.h>
#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "sim/base/mem.h"

/* A slice is made of steps short enough for the clock to end it in time, and of few enough events
 * that a sudden change of their cost does little harm before the next step adapts to it. */
#define LOOP_SLICE_NS     250000
#define LOOP_STEP_MIN_NS  20000
#define LOOP_STEP_MAX_NS  50000
#define LOOP_STEP_MAX     UINT64_C(256) /* events */
#define LOOP_KILL_GRACE_S 2.0           /* between asking a child to end and making it */

/* What asks the program to end. */
static const struct {
    int number;
    const char *name;
} loop_stop[] = {{SIGINT, "SIGINT"}, {SIGTERM, "SIGTERM"}, {SIGHUP, "SIGHUP"}};

enum { LOOP_N_STOP = sizeof loop_stop / sizeof loop_stop[0] };

struct loop_proc {
    ev_child watcher;
    struct loop_proc *next;
    struct loop *loop;
    pid_t pid;
    bool is_group;
    void (*done)(void *self, int status);
    void *self;
};

struct loop_fd {
    ev_io watcher;
    struct loop_fd *next;
    void (*ready)(void *self, int fd);
    void *self;
};

struct loop {
    struct ev_loop *ev;
    ev_signal stop[LOOP_N_STOP];
    const char *signal; /* the one that came; NULL: none */
    ev_timer progress;
    void (*progress_fn)(void *self);
    void *progress_self;
    struct loop_proc *procs;
    struct loop_fd *fds;

    /* while loop_run is on */
    ev_idle pump;
    struct sim *sim;
    uint64_t until_cycles;
    uint64_t step_events;
    struct err *e;
    enum err_code rc;
};

static void loop_signal_cb(struct ev_loop *ev, ev_signal *w, int revents)
{
    struct loop *l = w->data;

    (void)revents;
    if (!l->signal)
        l->signal = loop_stop[w - l->stop].name;
    ev_break(ev, EVBREAK_ALL);
}

/* Signals and progress alone are no reason to wait: they do not count as work of the loop. */
static void loop_signals_start(struct loop *l)
{
    struct sigaction before;

    for (int i = 0; i < LOOP_N_STOP; i++) {
        ev_signal_init(&l->stop[i], loop_signal_cb, loop_stop[i].number);
        l->stop[i].data = l;
        if (loop_stop[i].number == SIGHUP && !sigaction(SIGHUP, NULL, &before) &&
            before.sa_handler == SIG_IGN)
            continue; /* nohup */
        ev_signal_start(l->ev, &l->stop[i]);
        ev_unref(l->ev);
    }
}

static void loop_signals_stop(struct loop *l)
{
    for (int i = 0; i < LOOP_N_STOP; i++) {
        if (!ev_is_active(&l->stop[i]))
            continue;
        ev_ref(l->ev);
        ev_signal_stop(l->ev, &l->stop[i]);
    }
}

static void loop_pump_cb(struct ev_loop *ev, ev_idle *w, int revents);

/* libev would abort. */
static void *loop_memory(void *old, long size)
{
    if (size)
        return mem_stretch(old, (size_t)size, 1);
    free(old);
    return NULL;
}

enum err_code loop_new(struct loop **out, struct err *e)
{
    struct loop *l;

    *out = NULL;
    l = mem_alloc(1, sizeof *l);
    ev_set_allocator(loop_memory);
    l->ev = ev_default_loop(EVFLAG_NOENV);
    if (!l->ev) {
        free(l);
        return err_set(e, ERR_ENV, "libev cannot make its default loop");
    }
    loop_signals_start(l);
    ev_idle_init(&l->pump, loop_pump_cb);
    ev_set_priority(&l->pump, 1);
    l->pump.data = l;
    l->step_events = 1;
    *out = l;
    return ERR_OK;
}

static enum err_code loop_check(const struct loop *l, struct err *e)
{
    if (!l->signal)
        return ERR_OK;
    return err_set(e, ERR_INTERRUPT, "interrupted by %s", l->signal);
}

/* ---- progress ---- */

static void loop_progress_cb(struct ev_loop *ev, ev_timer *w, int revents)
{
    struct loop *l = w->data;

    (void)ev;
    (void)revents;
    l->progress_fn(l->progress_self);
}

static void loop_progress_stop(struct loop *l)
{
    if (!ev_is_active(&l->progress))
        return;
    ev_ref(l->ev);
    ev_timer_stop(l->ev, &l->progress);
}

void loop_progress(struct loop *l, uint32_t period_ms, void (*progress)(void *self), void *self)
{
    double period_s = (period_ms ? period_ms : 1) * 1e-3;

    loop_progress_stop(l);
    if (!progress)
        return;
    l->progress_fn = progress;
    l->progress_self = self;
    ev_now_update(l->ev);
    ev_timer_init(&l->progress, loop_progress_cb, period_s, period_s);
    l->progress.data = l;
    ev_timer_start(l->ev, &l->progress);
    ev_unref(l->ev);
}

/* ---- simulations ---- */

static int64_t loop_clock_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void loop_adapt_step(struct loop *l, int64_t took_ns)
{
    if (took_ns < LOOP_STEP_MIN_NS && l->step_events < LOOP_STEP_MAX)
        l->step_events *= 2;
    else if (took_ns > LOOP_STEP_MAX_NS && l->step_events > 1)
        l->step_events /= 2;
}

static void loop_pump_cb(struct ev_loop *ev, ev_idle *w, int revents)
{
    struct loop *l = w->data;
    int64_t start_ns = loop_clock_ns(), before_ns, now_ns = start_ns;
    bool more = false;

    (void)revents;
    do {
        l->rc = sim_run_slice(l->sim, l->until_cycles, l->step_events, &more, l->e);
        if (l->rc || !more) {
            ev_break(ev, EVBREAK_ALL);
            return;
        }
        before_ns = now_ns;
        now_ns = loop_clock_ns();
        loop_adapt_step(l, now_ns - before_ns);
    } while (now_ns - start_ns < LOOP_SLICE_NS);
}

enum err_code loop_run(struct loop *l, struct sim *s, uint64_t until_cycles, struct err *e)
{
    enum err_code rc;

    if (!l)
        return sim_run(s, until_cycles, e);
    assert(!l->sim);
    if ((rc = loop_poll(l, e)))
        return rc;
    l->sim = s;
    l->until_cycles = until_cycles;
    l->e = e;
    l->rc = ERR_OK;
    ev_idle_start(l->ev, &l->pump);
    ev_run(l->ev, 0);
    ev_idle_stop(l->ev, &l->pump);
    l->sim = NULL;
    return l->rc ? l->rc : loop_check(l, e);
}

enum err_code loop_poll(struct loop *l, struct err *e)
{
    if (!l)
        return ERR_OK;
    if (!l->signal)
        ev_run(l->ev, EVRUN_NOWAIT);
    return loop_check(l, e);
}

enum err_code loop_wait(struct loop *l, struct err *e)
{
    if (!l->signal)
        ev_run(l->ev, EVRUN_ONCE);
    return loop_check(l, e);
}

/* ---- descriptors ---- */

static void loop_fd_cb(struct ev_loop *ev, ev_io *w, int revents)
{
    struct loop_fd *f = w->data;

    (void)ev;
    (void)revents;
    f->ready(f->self, w->fd);
}

void loop_watch(struct loop *l, int fd, void (*ready)(void *self, int fd), void *self)
{
    struct loop_fd *f = mem_alloc(1, sizeof *f);

    f->ready = ready;
    f->self = self;
    f->next = l->fds;
    l->fds = f;
    ev_io_init(&f->watcher, loop_fd_cb, fd, EV_READ);
    f->watcher.data = f;
    ev_io_start(l->ev, &f->watcher);
}

void loop_unwatch(struct loop *l, int fd)
{
    for (struct loop_fd **link = &l->fds; *link; link = &(*link)->next) {
        struct loop_fd *f = *link;

        if (f->watcher.fd != fd)
            continue;
        *link = f->next;
        ev_io_stop(l->ev, &f->watcher);
        free(f);
        return;
    }
}

/* ---- children ---- */

static void loop_forget(struct loop *l, struct loop_proc *p)
{
    struct loop_proc **link = &l->procs;

    while (*link != p)
        link = &(*link)->next;
    *link = p->next;
    ev_child_stop(l->ev, &p->watcher);
    free(p);
}

static void loop_child_cb(struct ev_loop *ev, ev_child *w, int revents)
{
    struct loop_proc *p = w->data;
    void (*done)(void *self, int status) = p->done;
    void *self = p->self;
    int status = w->rstatus;

    (void)ev;
    (void)revents;
    loop_forget(p->loop, p);
    done(self, WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

void loop_adopt(struct loop *l, int pid, bool is_group, void (*done)(void *self, int status),
                void *self)
{
    struct loop_proc *p = mem_alloc(1, sizeof *p);

    p->loop = l;
    p->pid = pid;
    p->is_group = is_group;
    p->done = done;
    p->self = self;
    p->next = l->procs;
    l->procs = p;
    ev_child_init(&p->watcher, loop_child_cb, pid, 0);
    p->watcher.data = p;
    ev_child_start(l->ev, &p->watcher);
}

enum loop_stage { LOOP_LOG, LOOP_CWD, LOOP_EXEC };

struct loop_report {
    enum loop_stage stage;
    int error;
};

/* In the new process. What goes wrong is written to the pipe, which a successful exec closes. */
static _Noreturn void loop_exec(const char *const *argv, const char *cwd, const char *log_path,
                                int report_fd)
{
    struct loop_report r = {.stage = LOOP_LOG};
    int log, null;

    setpgid(0, 0); /* so that what the child starts can be killed with it */
    for (int i = 0; i < LOOP_N_STOP; i++)
        signal(loop_stop[i].number, SIG_DFL);
#ifdef __linux__
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM); /* whatever ends the parent; make passes it on */
#endif
    log = open(log_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (log >= 0 && null >= 0 && dup2(null, 0) >= 0 && dup2(log, 1) >= 0 && dup2(log, 2) >= 0) {
        r.stage = LOOP_CWD;
        if (!cwd || chdir(cwd) == 0) {
            r.stage = LOOP_EXEC;
            execvp(argv[0], (char *const *)(uintptr_t)argv);
        }
    }
    r.error = errno;
    (void)!write(report_fd, &r, sizeof r);
    _exit(127);
}

/* True if the child could not be started. */
static bool loop_read_report(int fd, struct loop_report *r)
{
    ssize_t n;

    do
        n = read(fd, r, sizeof *r);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof *r;
}

static enum err_code loop_start(const char *const *argv, const char *cwd, const char *log_path,
                                pid_t *pid, struct err *e)
{
    struct loop_report r;
    int report[2];
    bool failed;

    if (pipe(report) != 0)
        return err_set(e, ERR_ENV, "%s: pipe: %s", argv[0], strerror(errno));
    (void)fcntl(report[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(report[1], F_SETFD, FD_CLOEXEC);
    *pid = fork();
    if (*pid < 0) {
        err_set(e, ERR_ENV, "%s: fork: %s", argv[0], strerror(errno));
        close(report[0]);
        close(report[1]);
        return e->code;
    }
    if (*pid == 0)
        loop_exec(argv, cwd, log_path, report[1]);
    (void)setpgid(*pid, *pid); /* whichever of the two comes first */
    close(report[1]);
    failed = loop_read_report(report[0], &r);
    close(report[0]);
    if (!failed)
        return ERR_OK;
    (void)waitpid(*pid, NULL, 0); /* libev reaps only from its loop */
    return err_set(e, ERR_ENV, "%s: %s",
                   r.stage == LOOP_LOG   ? log_path
                   : r.stage == LOOP_CWD ? cwd
                                         : argv[0],
                   strerror(r.error));
}

enum err_code loop_spawn(struct loop *l, const char *const *argv, const char *cwd,
                         const char *log_path, void (*done)(void *self, int status), void *self,
                         struct err *e)
{
    enum err_code rc;
    pid_t pid;

    if ((rc = loop_check(l, e)) || (rc = loop_start(argv, cwd, log_path, &pid, e)))
        return rc;
    loop_adopt(l, pid, true, done, self);
    return ERR_OK;
}

struct loop_ended {
    bool ended;
    int status;
};

static void loop_ended_cb(void *self, int status)
{
    struct loop_ended *w = self;

    w->ended = true;
    w->status = status;
}

static void loop_grace_cb(struct ev_loop *ev, ev_timer *w, int revents)
{
    const pid_t *pid = w->data;

    (void)ev;
    (void)revents;
    (void)kill(-*pid, SIGKILL);
}

/* Ask the child's group to end, insist after the grace period, and see it gone. */
static void loop_end_child(struct loop *l, pid_t pid, const struct loop_ended *w)
{
    ev_timer grace;

    (void)kill(-pid, SIGTERM);
    ev_now_update(l->ev);
    ev_timer_init(&grace, loop_grace_cb, LOOP_KILL_GRACE_S, 0.);
    grace.data = &pid;
    ev_timer_start(l->ev, &grace);
    while (!w->ended)
        ev_run(l->ev, EVRUN_ONCE);
    ev_timer_stop(l->ev, &grace);
    (void)kill(-pid, SIGKILL); /* what it may have left behind */
}

enum err_code loop_child(struct loop *l, const char *const *argv, const char *cwd,
                         const char *log_path, int *status, struct err *e)
{
    struct loop_ended w = {0};
    enum err_code rc;
    pid_t pid;

    if ((rc = loop_check(l, e)) || (rc = loop_start(argv, cwd, log_path, &pid, e)))
        return rc;
    loop_adopt(l, pid, true, loop_ended_cb, &w);
    while (!w.ended && !rc)
        rc = loop_wait(l, e);
    if (!w.ended)
        loop_end_child(l, pid, &w);
    *status = w.status;
    return rc;
}

/* ---- the end ---- */

void loop_after_fork(struct loop *l)
{
    while (l->procs)
        loop_forget(l, l->procs);
    ev_loop_fork(l->ev);
}

void loop_free(struct loop *l)
{
    if (!l)
        return;
    assert(!l->sim);
    while (l->procs) {
        pid_t pid = l->procs->pid;

        (void)kill(l->procs->is_group ? -pid : pid, SIGKILL);
        loop_forget(l, l->procs);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    while (l->fds)
        loop_unwatch(l, l->fds->watcher.fd);
    loop_progress_stop(l);
    loop_signals_stop(l);
    ev_loop_destroy(l->ev);
    free(l);
}
