/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/job.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/dataset.h"
#include "cli/outdir.h"
#include "cli/rtl.h"
#include "cli/term.h"
#include "nas/data.h"
#include "sim/base/cfg.h"
#include "sim/base/file.h"
#include "sim/base/json.h"
#include "sim/base/mem.h"

/* ---- opening ---- */

/* Everything a run may leave in its directory: what --force removes. */
static const char *const job_files[] = {
    "config.resolved.yaml",
    "provenance.json",
    "host.json",
    "stages",
    "supernet.ckpt",
    "search.state",
    "archive.h5",
    "pareto.csv",
    "subnet.ckpt",
    "float.ckpt",
    "design.yaml",
    "workload.h5",
    "accuracy.json",
    "results.h5",
    "results.part.h5",
    "stats.txt",
    "stats.json",
    "plan.json",
    "report.txt",
    "rtl",
    "cosim.json",
    "cosim.tmp",
    "wave.vcd",
    "wave.gtkw",
    "device.json",
    "summary.json",
    NULL,
};

/* What the configuration is made of: the options, or the directory's own file when there are none.
 */
static enum err_code job_config(struct job *job, const struct args *a, struct err *e)
{
    const char *sets[SESSION_MAX_SETS + 2], *file = args_str(a, "config", NULL);
    const char *dataset = args_str(a, "dataset", NULL), *seed = args_str(a, "seed", NULL);
    size_t n = args_all(a, "set", sets, SESSION_MAX_SETS);
    char own[PATHS_SIZE], set_dataset[1100], set_seed[64];
    enum err_code rc;
    uint64_t checked;

    if ((rc = outdir_path(own, args_str(a, "out", NULL), "config.resolved.yaml", e)))
        return rc;
    if (!file && !dataset && !seed && !n && !args_has(a, "quick") && !args_has(a, "force") &&
        file_exists(own))
        return nas_config_load(own, false, NULL, 0, &job->config, e);
    if ((rc = args_u64(a, "seed", 0, &checked, e)))
        return rc;
    if (dataset) {
        snprintf(set_dataset, sizeof set_dataset, "dataset=%s", dataset);
        sets[n++] = set_dataset;
    }
    if (seed) {
        snprintf(set_seed, sizeof set_seed, "seed=%s", seed);
        sets[n++] = set_seed;
    }
    return nas_config_load(file, args_has(a, "quick"), sets, n, &job->config, e);
}

static enum err_code job_check_dataset(const char *spec, struct err *e)
{
    const struct data_kind *kinds;
    size_t n, length = strcspn(spec, ":");

    kinds = data_kinds(&n);
    for (size_t i = 0; i < n; i++)
        if (strlen(kinds[i].name) == length && !memcmp(kinds[i].name, spec, length))
            return ERR_OK;
    return err_set(e, ERR_CONFIG, "%s: no such kind of data set; see autorac list datasets", spec);
}

static enum err_code job_claim(struct job *job, struct err *e)
{
    struct provenance *p = &job->provenance;
    char *text = NULL;
    enum err_code rc;
    size_t n = 0;
    FILE *f;

    if ((rc = job_check_dataset(job->config.dataset, e)))
        return rc;
    p->command = "run";
    p->has_seed = true;
    p->seed = job->config.seed;
    if ((rc = provenance_add_dataset(p, job->config.dataset, e)))
        return err_wrap(e, "--dataset %s", job->config.dataset);
    if (job->config.base_design[0] && (rc = provenance_add(p, job->config.base_design, e)))
        return rc;
    f = mem_text_open(&text, &n);
    nas_config_write(f, &job->config);
    mem_text_close(f, &text);
    rc = stages_claim(&job->stages, text, p, e);
    free(text);
    return rc;
}

static enum err_code job_crew(struct job *job, const struct args *a, struct err *e)
{
    bool mpi = getenv("OMPI_COMM_WORLD_SIZE") != NULL;
    uint32_t n_jobs = 1;
    enum err_code rc = ERR_OK;

    /* mpirun has dealt the processors out already. */
    if (!mpi || args_has(a, "jobs"))
        rc = args_jobs(a, &n_jobs, e);
    return rc ? rc : crew_new(&job->crew, n_jobs, mpi, job->loop, e);
}

enum err_code job_open(struct job *job, const struct args *a, struct err *e)
{
    const char *dir = args_str(a, "out", NULL);
    enum err_code rc;

    *job = (struct job){.provenance.args = a, .stages.lock = -1};
    if ((rc = loop_new(&job->loop, e)))
        return rc;
    if ((rc = job_crew(job, a, e)))
        return rc;
    if ((rc = job_config(job, a, e)))
        return rc;
    if ((rc = paths_params(job->params_dir, e)))
        return rc;
    job->stages.dir = dir;
    if (!crew_leads(job->crew))
        return ERR_OK;
    if ((rc = stages_open(&job->stages, dir, job_files, args_has(a, "force"), e)))
        return rc;
    if ((rc = job_claim(job, e)))
        return rc;
    host_load(&job->host, dir);
    return ERR_OK;
}

/* Tells the other ranks once whether there is a search to help with. */
static bool job_call(struct job *job, bool search)
{
    job->called = true;
    return crew_agree(job->crew, search) != 0;
}

void job_close(struct job *job)
{
    if (job->has_session)
        session_close(&job->session);
    nas_close(job->nas);
    if (job->crew && crew_leads(job->crew) && !job->called)
        job_call(job, false);
    crew_free(job->crew);
    loop_free(job->loop);
    stages_close(&job->stages);
}

/* ---- stages ---- */

static enum err_code job_path(const struct job *job, const char *name, char path[PATHS_SIZE],
                              struct err *e)
{
    return outdir_path(path, job->stages.dir, name, e);
}

static void job_nas_progress(void *self, const struct nas_status *s)
{
    char more[64] = "";
    size_t n = 0;

    (void)self;
    if (!isnan(s->logloss))
        n = (size_t)snprintf(more, sizeof more, "LogLoss %.4f", s->logloss);
    if (!isnan(s->auc))
        snprintf(more + n, sizeof more - n, "%sAUC %.4f", n ? ", " : "", s->auc);
    term_count(s->stage, s->done, s->total, "", more);
}

static enum err_code job_nas(struct job *job, struct err *e)
{
    enum err_code rc;

    if (job->nas)
        return ERR_OK;
    term_progress("data: reading %s", job->config.dataset);
    rc = nas_open(&job->nas, &job->config, job->stages.dir, job->params_dir,
                  &(struct watch){job->loop, job_nas_progress, job}, job->crew, e);
    if (!rc)
        dataset_note(nas_data(job->nas));
    return rc;
}

static enum err_code stage_train(struct job *job, struct err *e)
{
    enum err_code rc = job_nas(job, e);

    return rc ? rc : nas_train(job->nas, e);
}

static enum err_code stage_search(struct job *job, struct err *e)
{
    enum err_code rc = job_nas(job, e);

    if (rc)
        return rc;
    job_call(job, true);
    return nas_search(job->nas, e);
}

static enum err_code stage_finish(struct job *job, struct err *e)
{
    struct nas_summary s;
    enum err_code rc = job_nas(job, e);

    return rc ? rc : nas_finish(job->nas, &s, e);
}

/* The design mapped; simulated too if events are wanted. */
static enum err_code job_session(struct job *job, bool events, struct err *e)
{
    char design[PATHS_SIZE], workload[PATHS_SIZE];
    enum err_code rc;

    if (!job->has_session) {
        if ((rc = job_path(job, "design.yaml", design, e)))
            return rc;
        if ((rc = job_path(job, "workload.h5", workload, e)))
            return rc;
        job->has_session = true;
        if ((rc = session_open(&job->session, design, workload, NULL, 0, job->loop, e)))
            return rc;
    }
    if (events && !job->has_events) {
        job->session.trace.flush_dir = job->stages.dir;
        if ((rc = session_sim(&job->session, &(struct sim_cfg){0}, e)))
            return rc;
        job->has_events = true;
    }
    return ERR_OK;
}

static enum err_code stage_sim(struct job *job, struct err *e)
{
    enum err_code rc = job_session(job, true, e);

    return rc ? rc : session_save(&job->session, job->stages.dir, e);
}

static enum err_code stage_rtl(struct job *job, struct err *e)
{
    char dir[PATHS_SIZE];
    enum err_code rc;

    if ((rc = job_session(job, true, e)))
        return rc;
    if ((rc = outdir_remove(job->stages.dir, "rtl", e)))
        return rc;
    if ((rc = job_path(job, "rtl", dir, e)))
        return rc;
    return rtl_write(&job->session, dir, e);
}

static enum err_code stage_cosim(struct job *job, struct err *e)
{
    char rtl[PATHS_SIZE];
    enum err_code rc;
    struct rtl_speed speed;

    if ((rc = job_session(job, true, e)))
        return rc;
    if ((rc = job_path(job, "rtl", rtl, e)))
        return rc;
    if ((rc = rtl_cosim(&job->session, rtl, job->stages.dir, &speed, e)))
        return rc;
    if (term_verbose())
        term_note("Verilator: built in %.1f s, %.4g cycles/s", speed.build_s, speed.cycles_hz);
    return ERR_OK;
}

/* ---- summary.json, from the files of the stages before it ---- */

static enum err_code job_load(const struct job *job, const char *name, struct cfg **c,
                              struct err *e)
{
    char path[PATHS_SIZE];
    enum err_code rc = job_path(job, name, path, e);

    *c = NULL;
    return rc ? rc : cfg_load(c, path, e);
}

static double number(const struct cfg_node *map, const char *key)
{
    const struct cfg_node *n = cfg_get(map, key);
    double v = NAN;
    struct err e;

    if (n && cfg_is_map(n))
        n = cfg_get(n, "value");
    if (!n || cfg_f64(n, &v, &e))
        return NAN; /* null: not a number when it was written */
    return v;
}

static enum err_code read_accuracy(struct job *job, struct err *e)
{
    struct job_summary *s = &job->summary;
    enum err_code rc;
    struct cfg *c;

    if ((rc = job_load(job, "accuracy.json", &c, e)))
        return rc;
    s->logloss = number(cfg_root(c), "logloss");
    s->auc = number(cfg_root(c), "auc");
    s->logloss_integer = number(cfg_root(c), "logloss_integer");
    s->auc_integer = number(cfg_root(c), "auc_integer");
    s->logloss_chip = number(cfg_root(c), "logloss_chip");
    s->auc_chip = number(cfg_root(c), "auc_chip");
    cfg_free(c);
    return ERR_OK;
}

static enum err_code read_stats(struct job *job, struct err *e)
{
    struct job_summary *s = &job->summary;
    enum err_code rc;
    struct cfg *c;

    if ((rc = job_load(job, "stats.json", &c, e)))
        return rc;
    s->latency_cycles_p50 = (uint64_t)number(cfg_root(c), "chip.latency_p50_cycles");
    s->latency_cycles_p99 = (uint64_t)number(cfg_root(c), "chip.latency_p99_cycles");
    s->inferences_per_s = number(cfg_root(c), "chip.inferences_per_s");
    s->energy_nj_per_inference = number(cfg_root(c), "chip.energy_nj_per_inference");
    s->area_mm2 = number(cfg_root(c), "chip.area_mm2");
    cfg_free(c);
    return ERR_OK;
}

static enum err_code read_summary(struct job *job, struct err *e)
{
    enum err_code rc;

    if ((rc = read_accuracy(job, e)))
        return rc;
    if ((rc = read_stats(job, e)))
        return rc;
    return rtl_verdict_load(&job->summary.rtl, job->stages.dir, e);
}

static void write_summary(FILE *f, const void *self)
{
    const struct job_summary *s = self;
    struct json j = json_open(f);

    json_object(&j);
    json_kf64(&j, "logloss", s->logloss);
    json_kf64(&j, "auc", s->auc);
    json_kf64(&j, "logloss_integer", s->logloss_integer);
    json_kf64(&j, "auc_integer", s->auc_integer);
    json_kf64(&j, "logloss_chip", s->logloss_chip);
    json_kf64(&j, "auc_chip", s->auc_chip);
    json_ku64(&j, "latency_cycles_p50", s->latency_cycles_p50);
    json_ku64(&j, "latency_cycles_p99", s->latency_cycles_p99);
    json_kf64(&j, "inferences_per_s", s->inferences_per_s);
    json_kf64(&j, "energy_nj_per_inference", s->energy_nj_per_inference);
    json_kf64(&j, "area_mm2", s->area_mm2);
    json_kbool(&j, "equal", s->rtl.equal);
    json_object_end(&j);
}

static enum err_code stage_summary(struct job *job, struct err *e)
{
    enum err_code rc = read_summary(job, e);

    return rc ? rc : outdir_write(job->stages.dir, "summary.json", write_summary, &job->summary, e);
}

/* ---- running ---- */

static const struct job_stage {
    struct stage_def def;
    enum err_code (*run)(struct job *job, struct err *e);
} job_stages[] = {
    {{"train", "supernet", {"supernet.ckpt"}}, stage_train},
    {{"search", "model x chip", {"pareto.csv", "archive.h5"}}, stage_search},
    {{"finish", "fine-tune, freeze", {"design.yaml", "workload.h5", "accuracy.json"}},
     stage_finish},
    {{"sim", "simulate", {"results.h5", "stats.txt", "stats.json", "plan.json"}}, stage_sim},
    {{"rtl", "generate RTL", {"rtl"}}, stage_rtl},
    {{"cosim", "co-simulate", {"cosim.json"}}, stage_cosim},
    {{"summary", "summary", {"summary.json"}}, stage_summary},
};
enum { N_STAGES = sizeof job_stages / sizeof *job_stages };

static enum err_code job_stage(struct job *job, size_t i, struct err *e)
{
    const struct job_stage *s = &job_stages[i];
    const char *dir = job->stages.dir;
    double seconds;
    enum err_code rc;

    if (stages_done(&job->stages, &s->def)) {
        term_note("[%zu/%d] %-18s already there", i + 1, N_STAGES, s->def.summary);
        return ERR_OK;
    }
    term_progress("[%zu/%d] %s", i + 1, N_STAGES, s->def.summary);
    host_start(&job->host);
    if ((rc = s->run(job, e)))
        return rc == ERR_INTERRUPT
                   ? err_set(e, rc, "interrupted in stage %s; the same command resumes",
                             s->def.name)
                   : rc;
    if ((rc = stages_mark(&job->stages, &s->def, e)))
        return rc;
    seconds = host_stop(&job->host, s->def.name);
    term_note("[%zu/%d] %-18s %.1f s", i + 1, N_STAGES, s->def.summary, seconds);
    return host_write(&job->host, dir, e);
}

/* A rank that does not lead. */
static enum err_code job_help(struct job *job, struct err *e)
{
    enum err_code rc;

    if (!job_call(job, false))
        return ERR_OK;
    if ((rc = job_nas(job, e)))
        return rc;
    return nas_search(job->nas, e);
}

enum err_code job_run(struct job *job, const char *last, struct err *e)
{
    enum err_code rc = ERR_OK;

    if (!crew_leads(job->crew))
        return job_help(job, e);

    for (size_t i = 0; i < N_STAGES && !rc; i++) {
        rc = job_stage(job, i, e);
        if (!strcmp(job_stages[i].def.name, last))
            break;
    }
    if (!rc && !strcmp(last, "summary"))
        rc = read_summary(job, e);
    return rc;
}
