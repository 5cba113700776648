/* SPDX-License-Identifier: Apache-2.0 */
/* A point is run by a forked child, which shares the workload with its parent and leaves files and
 * a marker. An error comes back through a pipe. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "cli/cmd.h"
#include "cli/outdir.h"
#include "cli/sweep.h"
#include "cli/term.h"
#include "sim/base/file.h"
#include "sim/base/mem.h"

/* ---- in the child ---- */

static void write_line(FILE *f, const void *self)
{
    fprintf(f, "%s\n", (const char *)self);
}

/* The point as a run of its own: each --sweep becomes the --set of its value. */
static void point_args(const struct sweep *s, size_t p, struct args *out, char (*sets)[256])
{
    const struct opt *set = s->args->cmd->opts;
    size_t axis = 0;

    while (strcmp(set->name, "set") != 0)
        set++;
    *out = *s->args;
    for (size_t i = 0; i < out->n_given; i++) {
        const struct sweep_axis *x = &s->axis[axis];

        if (strcmp(out->given[i].opt->name, "sweep") != 0)
            continue;
        snprintf(sets[axis], sizeof sets[axis], "%s=%s", x->key->path,
                 x->value[sweep_value(s, axis, p)]);
        out->given[i] = (struct args_given){set, sets[axis]};
        axis++;
    }
}

static enum err_code point_simulate(const struct sweep *s, size_t p, const char *dir, struct err *e)
{
    struct session session = {
        .config = s->point[p].config, .workload = s->workload, .trace = trace_nothing()};
    const char *design = s->args->pos[0], *workload = s->args->pos[1];
    enum err_code rc;

    snprintf(session.design_path, sizeof session.design_path, "%s", design);
    snprintf(session.workload_path, sizeof session.workload_path, "%s", workload);
    if (s->keep && (rc = trace_from_args(&session.trace, s->args, e)))
        return rc;
    session.trace.pack = s->keep;
    rc = session_map(&session, e);
    if (rc == ERR_CONFIG && session.params) /* the mapper's refusal is a result */
        rc = outdir_write(dir, "infeasible.txt", write_line, e->text, e);
    else if (!rc && !(rc = session_sim(&session, &s->sim, e)))
        rc = s->keep ? session_save(&session, dir, e) : session_save_brief(&session, dir, e);
    session_close(&session);
    return rc;
}

static enum err_code point_run(const struct sweep *s, size_t p, struct err *e)
{
    const struct sweep_point *point = &s->point[p];
    char name[SWEEP_NAME], dir[PATHS_SIZE], sets[SWEEP_MAX_AXES][256];
    struct provenance provenance = s->provenance;
    struct stage_def stage = {.name = name, .summary = "", .outputs = {name}};
    struct args args;
    enum err_code rc;

    sweep_name(name, p);
    if ((rc = outdir_path(dir, s->stages.dir, name, e)))
        return rc;
    if ((rc = outdir_remove(s->stages.dir, name, e)) || (rc = file_mkdirs(dir, e)))
        return rc;
    if ((rc = outdir_write(dir, "config.resolved.yaml", outdir_write_config, &point->config, e)))
        return rc;
    if (point->refusal)
        rc = outdir_write(dir, "infeasible.txt", write_line, point->refusal, e);
    else
        rc = point_simulate(s, p, dir, e);
    if (rc)
        return rc;
    point_args(s, p, &args, sets);
    provenance.args = &args;
    if ((rc = provenance_write(&provenance, dir, e)))
        return rc;
    return stages_mark(&s->stages, &stage, e);
}

static _Noreturn void point_child(const struct sweep *s, size_t p, pid_t parent, int report)
{
    struct err e = {0};
    enum err_code rc;

    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
#ifdef __linux__
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* the next run must not meet this child */
#endif
    if (getppid() != parent)
        _exit(ERR_INTERRUPT);
    outdir_unlock(s->stages.lock); /* the parent's alone */
    rc = point_run(s, p, &e);
    if (rc)
        (void)!write(report, &e, sizeof e);
    _exit((int)rc);
}

/* ---- in the parent ---- */

struct crew {
    const struct sweep *s;
    size_t n_running, n_done;
    enum err_code rc; /* of the first point that failed */
    struct err *e;
    struct hand {
        struct crew *crew;
        size_t point;
        int report; /* -1: none */
    } * hand;       /* (n_points) */
};

static void hand_failed(struct hand *h, int status)
{
    struct crew *c = h->crew;
    struct err e;
    ssize_t n = read(h->report, &e, sizeof e); /* the writer has ended: does not wait */

    if (n == (ssize_t)sizeof e && e.code)
        *c->e = e;
    else if (status == ERR_INTERRUPT)
        err_set(c->e, ERR_INTERRUPT, "interrupted");
    else if (status > 128)
        err_set(c->e, status == 128 + SIGKILL ? ERR_ENV : ERR_BUG, "ended by signal %d",
                status - 128);
    else
        err_set(c->e, status == ERR_ENV ? ERR_ENV : ERR_BUG, "ended with status %d", status);
    c->rc = err_wrap(c->e, "point %u", (unsigned)h->point);
}

static void hand_done(void *self, int status)
{
    struct hand *h = self;
    struct crew *c = h->crew;

    c->n_running--;
    if (!status)
        c->n_done++;
    else if (!c->rc)
        hand_failed(h, status);
    close(h->report);
    h->report = -1;
}

static enum err_code hand_start(struct crew *c, size_t point, struct err *e)
{
    struct hand *h = &c->hand[point];
    pid_t pid, parent = getpid();
    int fds[2];

    if (pipe(fds) != 0)
        return err_set(e, ERR_ENV, "pipe: %s", strerror(errno));
    term_progress_end();
    pid = fork();
    if (pid < 0) {
        err_set(e, ERR_ENV, "fork: %s", strerror(errno));
        close(fds[0]);
        close(fds[1]);
        return e->code;
    }
    if (pid == 0)
        point_child(c->s, point, parent, fds[1]);
    close(fds[1]);
    h->report = fds[0];
    c->n_running++;
    loop_adopt(c->s->loop, pid, false, hand_done, h);
    return ERR_OK;
}

static void crew_progress(void *self)
{
    const struct crew *c = self;
    char more[32];

    snprintf(more, sizeof more, "%u running", (unsigned)c->n_running);
    term_count("sweep", c->n_done, c->s->n_points, "points", more);
}

static bool point_is_done(const struct sweep *s, size_t p)
{
    char name[SWEEP_NAME];
    struct stage_def stage = {.name = name, .summary = "", .outputs = {name}};

    sweep_name(name, p);
    return stages_done(&s->stages, &stage);
}

static enum err_code crew_work(struct crew *c, struct err *e)
{
    const struct sweep *s = c->s;
    enum err_code rc = ERR_OK;
    size_t next = 0, n_found = 0;

    while (!rc && !c->rc && (next < s->n_points || c->n_running)) {
        if (next == s->n_points || c->n_running == s->n_jobs) {
            rc = loop_wait(s->loop, e);
            continue;
        }
        if (point_is_done(s, next)) {
            c->n_done++;
            n_found++;
            rc = loop_poll(s->loop, e);
        } else {
            rc = hand_start(c, next, e);
        }
        next++;
    }
    if (!rc && c->rc && (rc = loop_poll(s->loop, e)) == ERR_OK)
        rc = c->rc;
    if (!rc && n_found)
        term_note("sim: %u of %u points were already there", (unsigned)n_found,
                  (unsigned)s->n_points);
    return rc;
}

enum err_code sweep_run(struct sweep *s, struct err *e)
{
    struct crew c = {.s = s};
    struct err first = {0};
    enum err_code rc;

    c.e = &first;
    c.hand = mem_alloc(s->n_points, sizeof *c.hand);
    for (size_t i = 0; i < s->n_points; i++)
        c.hand[i] = (struct hand){&c, i, -1};
    if (term_shows_progress())
        loop_progress(s->loop, 200, crew_progress, &c);
    rc = crew_work(&c, e);
    loop_progress(s->loop, 0, NULL, NULL);
    term_progress_end();
    if (rc && rc == c.rc)
        *e = first;
    /* What still runs is ended by loop_free, which calls nobody. */
    for (size_t i = 0; i < s->n_points; i++)
        if (c.hand[i].report >= 0)
            close(c.hand[i].report);
    free(c.hand);
    return rc;
}
