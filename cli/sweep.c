/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/sweep.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/outdir.h"
#include "cli/term.h"
#include "sim/base/mem.h"

static const char *const sweep_files[] = {
    "config.resolved.yaml", "provenance.json", "host.json", "stages", "sweep.csv", "sweep.h5",
};
/* What --force also clears away: a single run's. */
static const char *const run_files[] = {
    "results.h5",  "results.part.h5", "stats.txt", "stats.json", "report.txt", "plan.json",
    "device.json", "cosim.json",      "cosim.tmp", "wave.vcd",   "wave.gtkw",  "rtl",
};
enum {
    N_SWEEP_FILES = sizeof sweep_files / sizeof *sweep_files,
    N_RUN_FILES = sizeof run_files / sizeof *run_files,
};

static int is_point(const struct dirent *d)
{
    const char *number = d->d_name + strlen("point_");

    return !strncmp(d->d_name, "point_", strlen("point_")) && *number &&
           !number[strspn(number, "0123456789")];
}

/* Open the directory; names a sweep left there are known, also those of a larger one. */
static enum err_code open_dir(struct sweep *s, struct err *e)
{
    const char *dir = args_str(s->args, "out", NULL);
    bool force = args_has(s->args, "force");
    struct dirent **points = NULL;
    int n_points = scandir(dir, &points, is_point, NULL);
    const char **known;
    enum err_code rc;
    size_t n = 0;

    if (n_points < 0)
        n_points = 0; /* not there yet, or stages_open will say what is wrong */
    known = mem_alloc(N_SWEEP_FILES + N_RUN_FILES + (size_t)n_points + 1, sizeof *known);
    for (size_t i = 0; i < N_SWEEP_FILES; i++)
        known[n++] = sweep_files[i];
    for (size_t i = 0; force && i < N_RUN_FILES; i++)
        known[n++] = run_files[i];
    for (int i = 0; i < n_points; i++)
        known[n++] = points[i]->d_name;
    rc = stages_open(&s->stages, dir, known, force, e);
    while (n_points > 0)
        free(points[--n_points]);
    free(points);
    free(known);
    return rc;
}

/* The first point's configuration, and what is swept as comments: another sweep is another text. */
static enum err_code claim_dir(struct sweep *s, struct err *e)
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = mem_text_open(&text, &n);
    enum err_code rc;

    for (size_t i = 0; i < s->n_axes; i++) {
        fprintf(f, "# sweep: %s=", s->axis[i].key->path);
        for (size_t v = 0; v < s->axis[i].n; v++)
            fprintf(f, "%s%s", v ? "," : "", s->axis[i].value[v]);
        fputc('\n', f);
    }
    fprintf(f, "# keep: %s\n", s->keep ? "yes" : "no");
    if (s->sim.shuffle_ties)
        fprintf(f, "# shuffle-ties: %llu\n", (unsigned long long)s->sim.shuffle_seed);
    outdir_write_config(f, &s->point[0].config);
    mem_text_close(f, &text);
    rc = stages_claim(&s->stages, text, &s->provenance, e);
    free(text);
    return rc;
}

static enum err_code read_options(struct sweep *s, struct err *e)
{
    enum err_code rc;

    s->keep = args_has(s->args, "keep");
    s->sim.shuffle_ties = args_has(s->args, "shuffle-ties");
    if ((rc = args_u64(s->args, "shuffle-ties", 0, &s->sim.shuffle_seed, e)))
        return rc;
    if ((rc = args_jobs(s->args, &s->n_jobs, e)))
        return rc;
    return sweep_points(s, e);
}

static enum err_code read_inputs(struct sweep *s, struct err *e)
{
    enum err_code rc;

    if ((rc = workload_load(&s->workload, s->args->pos[1], e)))
        return rc;
    if ((rc = provenance_add(&s->provenance, s->args->pos[0], e)))
        return rc;
    return provenance_add(&s->provenance, s->args->pos[1], e);
}

enum err_code sweep_main(const struct args *a, struct err *e)
{
    struct sweep s = {.args = a, .provenance = {.args = a}, .stages = {.lock = -1}};
    struct host host = {0};
    enum err_code rc;

    s.arena = arena_new();
    if ((rc = read_options(&s, e)) || (rc = read_inputs(&s, e)))
        goto out;
    if ((rc = open_dir(&s, e)) || (rc = claim_dir(&s, e)))
        goto out;
    if ((rc = loop_new(&s.loop, e)))
        goto out;
    host_start(&host);
    rc = sweep_run(&s, e);
    loop_free(s.loop);
    if (rc == ERR_INTERRUPT)
        err_set(e, ERR_INTERRUPT, "interrupted; the same command resumes");
    if (rc || (rc = sweep_out(&s, e)))
        goto out;
    host_stop(&host, "sweep");
    rc = host_write(&host, s.stages.dir, e);
out:
    stages_close(&s.stages);
    workload_free(s.workload);
    free(s.point);
    arena_free(s.arena);
    return rc;
}
