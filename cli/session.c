/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/session.h"

#include <string.h>

#include "arch/map.h"
#include "cli/outdir.h"
#include "cli/paths.h"
#include "cli/report.h"
#include "cli/results.h"
#include "cli/term.h"
#include "sim/base/file.h"

enum err_code session_map(struct session *s, struct err *e)
{
    char dir[PATHS_SIZE];
    enum err_code rc;

    if ((rc = paths_params(dir, e)))
        return rc;
    if ((rc = params_load(&s->params, dir, s->config.params, e)))
        return err_wrap(e, "%s: chip.params", s->design_path);
    return plan_new(&s->plan, s->workload, &s->config, e);
}

enum err_code session_open(struct session *s, const char *design_path, const char *workload_path,
                           const char *const *sets, size_t n_sets, struct loop *loop, struct err *e)
{
    enum err_code rc;

    *s = (struct session){.loop = loop, .trace = trace_everything()};
    snprintf(s->design_path, sizeof s->design_path, "%s", design_path);
    snprintf(s->workload_path, sizeof s->workload_path, "%s", workload_path);
    if ((rc = chip_config_load(design_path, sets, n_sets, &s->config, e)))
        return rc;
    if ((rc = workload_load(&s->workload, workload_path, e)))
        return rc;
    if ((rc = session_map(s, e)))
        return s->params ? err_wrap(e, "%s on %s", workload_path, design_path) : rc;
    return ERR_OK;
}

enum err_code session_open_args(struct session *s, const struct args *a, struct loop *loop,
                                struct err *e)
{
    const char *sets[SESSION_MAX_SETS];
    size_t n = args_all(a, "set", sets, SESSION_MAX_SETS);

    return session_open(s, a->pos[0], a->pos[1], sets, n, loop, e);
}

void session_close(struct session *s)
{
    layers_free(s->layers);
    stats_free(s->stats);
    trace_stop(&s->trace);
    chip_free(s->chip);
    sim_free(s->sim);
    params_free(s->params);
    plan_free(s->plan);
    workload_free(s->workload);
}

static void show(const struct session *s)
{
    char more[40];

    snprintf(more, sizeof more, "cycle %llu", (unsigned long long)sim_now(s->sim));
    term_count("sim", chip_n_done(s->chip), s->workload->n_requests, "requests", more);
}

static void session_progress(void *self)
{
    results_flush(self);
    show(self);
}

enum err_code session_sim(struct session *s, const struct sim_cfg *cfg, struct err *e)
{
    enum err_code rc;

    if ((rc = sim_new(&s->sim, cfg, e)))
        return rc;
    if ((rc = chip_new(&s->chip, s->plan, s->sim, s->trace.select.kinds != 0, e)))
        return rc;
    if ((rc = trace_start(&s->trace, s->chip, s->params, e)))
        return rc;
    if (s->loop)
        show(s); /* from here on there is a rate */
    if (s->loop && (term_shows_progress() || s->trace.flush_dir))
        loop_progress(s->loop, 200, session_progress, s);
    rc = chip_run(s->chip, s->loop, e);
    if (s->loop)
        loop_progress(s->loop, 0, NULL, NULL);
    term_progress_end();
    if (!rc)
        rc = layers_new(&s->layers, s->plan, s->params, chip_counts(s->chip, 0),
                        chip_n_cycles(s->chip), e);
    if (rc && rc != ERR_INTERRUPT)
        return rc;
    report_make(s, rc == ERR_INTERRUPT);
    return rc;
}

static void write_stats_txt(FILE *f, const void *self)
{
    stats_write_txt(((const struct session *)self)->stats, f);
}

static void write_stats_json(FILE *f, const void *self)
{
    stats_write_json(((const struct session *)self)->stats, f);
}

static void write_plan(FILE *f, const void *self)
{
    plan_write_json(((const struct session *)self)->plan, f);
}

static void write_report(FILE *f, const void *self)
{
    report_write(self, f);
}

enum err_code session_save_stats(const struct session *s, const char *dir, struct err *e)
{
    enum err_code rc = outdir_write(dir, "stats.txt", write_stats_txt, s, e);

    return rc ? rc : outdir_write(dir, "stats.json", write_stats_json, s, e);
}

enum err_code session_save_brief(const struct session *s, const char *dir, struct err *e)
{
    enum err_code rc = outdir_write(dir, "plan.json", write_plan, s, e);

    if (!rc)
        rc = outdir_write(dir, "report.txt", write_report, s, e);
    return rc ? rc : session_save_stats(s, dir, e);
}

enum err_code session_save(const struct session *s, const char *dir, struct err *e)
{
    enum err_code rc = results_save(s, dir, e);

    return rc ? rc : session_save_brief(s, dir, e);
}
