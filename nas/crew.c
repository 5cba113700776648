/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/crew.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "nas/crew_mpi.h"
#include "sim/base/mem.h"

enum { PROGRESS_MS = 200 };

/* What a map's children share with their parent; the results follow. */
struct board {
    _Atomic uint32_t next, done; /* places of this rank's share */
    _Atomic uint32_t n_failed;
    _Alignas(16) unsigned char bytes[];
};

/* First error of each child, after the results. */
struct failure {
    uint64_t number;
    enum err_code rc; /* err may hold what was dealt with */
    struct err err;
};

struct crew {
    uint32_t jobs, rank, n_ranks;
    bool mpi;
    struct loop *loop;
    void (*progress)(void *self, uint32_t n_done);
    void *progress_self;
    struct board *board; /* of the map that is going on */
    uint32_t n_running;
    int status; /* of the first child that did not end well */
};

struct map {
    struct crew *crew;
    crew_fn *fn;
    void *self;
    uint64_t first;
    uint32_t n;
    size_t size;
    unsigned char *out;      /* (n, size) */
    struct failure *failure; /* (jobs) */
};

enum err_code crew_new(struct crew **out, uint32_t jobs, bool mpi, struct loop *loop, struct err *e)
{
    struct crew *c = mem_alloc(1, sizeof *c);
    enum err_code rc = ERR_OK;

    c->jobs = jobs;
    c->n_ranks = 1;
    c->loop = loop;
    if (mpi && (rc = mpi_start(&c->rank, &c->n_ranks, e))) {
        free(c);
        return rc;
    }
    c->mpi = mpi;
    *out = c;
    return ERR_OK;
}

void crew_free(struct crew *c)
{
    if (c && c->mpi)
        mpi_end();
    free(c);
}

bool crew_leads(const struct crew *c)
{
    return c->rank == 0;
}

void crew_progress(struct crew *c, void (*progress)(void *self, uint32_t n_done), void *self)
{
    c->progress = c->rank ? NULL : progress;
    c->progress_self = self;
}

uint32_t crew_agree(struct crew *c, uint32_t value)
{
    return c->mpi ? mpi_leaders(value) : value;
}

/* Place k of this rank's share is place k n_ranks + rank of all. */
static uint32_t share(const struct crew *c, uint32_t n)
{
    return n / c->n_ranks + (c->rank < n % c->n_ranks);
}

/* ---- alone ---- */

static enum err_code map_alone(const struct map *m, struct err *e)
{
    struct crew *c = m->crew;
    enum err_code rc = ERR_OK;

    for (uint32_t k = 0; k < share(c, m->n) && !rc; k++) {
        uint32_t i = k * c->n_ranks + c->rank;

        rc = m->fn(m->self, m->first + i, m->out + i * m->size, e);
        if (!rc && c->progress)
            c->progress(c->progress_self, k + 1);
        if (!rc)
            rc = loop_poll(c->loop, e);
    }
    return rc;
}

/* ---- with children ---- */

static _Noreturn void child(const struct map *m, uint32_t job, pid_t parent)
{
    struct crew *c = m->crew;
    struct board *b = c->board;
    struct failure *f = &m->failure[job];

    signal(SIGINT, SIG_IGN); /* the parent's to answer */
    signal(SIGTERM, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
#ifdef __linux__
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    if (getppid() != parent)
        _exit(ERR_INTERRUPT);
    if (c->loop)
        loop_after_fork(c->loop);
    while (!atomic_load(&b->n_failed)) {
        uint32_t k = atomic_fetch_add(&b->next, 1), i = k * c->n_ranks + c->rank;

        if (k >= share(c, m->n))
            break;
        f->rc = m->fn(m->self, m->first + i, m->out + i * m->size, &f->err);
        if (f->rc) {
            f->number = m->first + i;
            atomic_fetch_add(&b->n_failed, 1);
            _exit(0);
        }
        atomic_fetch_add(&b->done, 1);
    }
    _exit(0);
}

static void child_ended(void *self, int status)
{
    struct crew *c = self;

    c->n_running--;
    if (status && !c->status)
        c->status = status;
}

static enum err_code start_children(const struct map *m, pid_t *pid, struct err *e)
{
    struct crew *c = m->crew;
    pid_t parent = getpid();

    for (uint32_t j = 0; j < c->jobs; j++) {
        pid[j] = fork();
        if (pid[j] < 0)
            return err_set(e, ERR_ENV, "fork: %s", strerror(errno));
        if (!pid[j])
            child(m, j, parent);
        c->n_running++;
        if (c->loop)
            loop_adopt(c->loop, pid[j], false, child_ended, c);
    }
    return ERR_OK;
}

static void show_progress(void *self)
{
    struct crew *c = self;

    if (c->progress)
        c->progress(c->progress_self, atomic_load(&c->board->done));
}

static enum err_code await_children(struct crew *c, const pid_t *pid, struct err *e)
{
    enum err_code rc = ERR_OK;
    int status;

    if (!c->loop) {
        for (uint32_t j = 0; j < c->jobs; j++) {
            while (waitpid(pid[j], &status, 0) < 0 && errno == EINTR)
                ;
            child_ended(c, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
        }
        return ERR_OK;
    }
    loop_progress(c->loop, PROGRESS_MS, show_progress, c);
    while (c->n_running && !rc)
        rc = loop_wait(c->loop, e);
    loop_progress(c->loop, 0, NULL, NULL);
    return rc;
}

/* The failure with the smallest number. */
static enum err_code first_failure(const struct map *m, struct err *e)
{
    const struct failure *first = NULL;

    for (uint32_t j = 0; j < m->crew->jobs; j++)
        if (m->failure[j].rc && (!first || m->failure[j].number < first->number))
            first = &m->failure[j];
    if (!first)
        return ERR_OK;
    *e = first->err;
    return first->rc;
}

static enum err_code run_children(struct map *m, struct err *e)
{
    struct crew *c = m->crew;
    pid_t *pid = mem_alloc(c->jobs, sizeof *pid);
    enum err_code rc = start_children(m, pid, e);

    if (!rc)
        rc = await_children(c, pid, e);
    for (uint32_t j = 0; rc && j < c->jobs; j++)
        if (pid[j] > 0)
            (void)kill(pid[j], SIGKILL); /* reaped by the loop */
    free(pid);
    if (!rc)
        rc = first_failure(m, e);
    if (!rc && c->status)
        rc = err_set(e, ERR_ENV, "an evaluating process ended with status %d", c->status);
    return rc;
}

static enum err_code map_children(struct map *m, struct err *e)
{
    struct crew *c = m->crew;
    size_t n_results = ((size_t)m->n * m->size + 15) / 16 * 16;
    size_t n_bytes = sizeof(struct board) + n_results + c->jobs * sizeof(struct failure);
    unsigned char *out = m->out;
    enum err_code rc;

    c->board = mmap(NULL, n_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (c->board == MAP_FAILED)
        return err_set(e, ERR_ENV, "no memory to share: %s", strerror(errno));
    c->n_running = 0;
    c->status = 0;
    m->out = c->board->bytes;
    m->failure = (struct failure *)(void *)(c->board->bytes + n_results);
    rc = run_children(m, e);
    if (!rc)
        memcpy(out, c->board->bytes, (size_t)m->n * m->size);
    munmap(c->board, n_bytes);
    c->board = NULL;
    return rc;
}

enum err_code crew_map(struct crew *c, crew_fn *fn, void *self, uint64_t first, uint32_t n,
                       size_t size, void *out, struct err *e)
{
    struct map m = {
        .crew = c, .fn = fn, .self = self, .first = first, .n = n, .size = size, .out = out};
    enum err_code rc;

    memset(out, 0, n * size);
    rc = c->jobs > 1 ? map_children(&m, e) : map_alone(&m, e);
    if (!c->mpi)
        return rc;
    if (mpi_largest(rc) && !rc)
        rc = err_set(e, ERR_ENV, "another rank failed");
    if (!rc)
        mpi_join(out, n * size);
    return rc;
}
