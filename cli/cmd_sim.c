/* SPDX-License-Identifier: Apache-2.0 */
/* cli/cmd_sim.c: simulate one chip with one workload, or many variants of it. */
#include <stdio.h>

#include "cli/cmd.h"
#include "cli/outdir.h"
#include "cli/provenance.h"
#include "cli/report.h"
#include "cli/results.h"
#include "cli/session.h"
#include "cli/sweep.h"
#include "cli/term.h"

static const struct opt sim_opts[] = {
    OPT_OUT,
    OPT_SET,
    {"sweep", 0, "KEY=A,B,...", false, true, false,
     "run once for each value; several: for each combination"},
    {"jobs", 0, "N", false, false, true, "sweep: runs at a time; default: all processors"},
    {"keep", 0, NULL, false, false, false, "sweep: also keep results.h5 of every run"},
    {"shuffle-ties", 0, "SEED", false, false, false,
     "permute events of one cycle and phase: must change nothing"},
    TRACE_OPTS,
    OPT_FORCE,
    {0},
};

static enum err_code sim_save(const struct args *a, const struct session *s, const char *dir,
                              struct err *e)
{
    struct provenance p = {.args = a};
    enum err_code rc;

    if ((rc = provenance_add(&p, s->design_path, e)))
        return rc;
    if ((rc = provenance_add(&p, s->workload_path, e)))
        return rc;
    if ((rc = outdir_write(dir, "config.resolved.yaml", outdir_write_config, &s->config, e)))
        return rc;
    if ((rc = session_save(s, dir, e)))
        return rc;
    return provenance_write(&p, dir, e);
}

static enum err_code sim_in(const struct args *a, const char *dir, struct loop *loop, struct err *e)
{
    struct sim_cfg cfg = {.shuffle_ties = args_has(a, "shuffle-ties")};
    struct session s;
    struct host host = {0};
    enum err_code rc;

    host_start(&host);
    if ((rc = args_u64(a, "shuffle-ties", 0, &cfg.shuffle_seed, e)))
        return rc;
    if ((rc = session_open_args(&s, a, loop, e)))
        goto out;
    if ((rc = trace_from_args(&s.trace, a, e)))
        goto out;
    s.trace.flush_dir = dir;
    s.trace.pack = true;
    rc = session_sim(&s, &cfg, e);
    if (rc == ERR_INTERRUPT) {
        struct err second;

        session_save_stats(&s, dir, &second); /* the interruption is what counts */
        results_save_part(&s, dir, &second);
    }
    if (rc)
        goto out;
    if ((rc = sim_save(a, &s, dir, e)))
        goto out;
    host_stop(&host, "sim");
    if ((rc = host_write(&host, dir, e)))
        goto out;
    if (!term_quiet()) {
        report_summary(&s, stdout);
        printf("\nby operator: %s/report.txt; results in %s\n", dir, dir);
    }
out:
    session_close(&s);
    return rc;
}

static enum err_code sim_run_cmd(const struct args *a, struct err *e)
{
    const char *dir = args_str(a, "out", NULL);
    struct loop *loop = NULL;
    struct trace checked;
    enum err_code rc;
    int lock;

    if ((rc = trace_from_args(&checked, a, e)))
        return rc;
    if (args_has(a, "sweep"))
        return sweep_main(a, e);
    if (args_has(a, "jobs") || args_has(a, "keep"))
        return err_set(e, ERR_CONFIG, "--jobs and --keep go with --sweep");
    if ((rc = outdir_open(dir, args_has(a, "force"), &lock, e)))
        goto out;
    if ((rc = loop_new(&loop, e)))
        goto out;
    rc = sim_in(a, dir, loop, e);
out:
    loop_free(loop);
    outdir_unlock(lock);
    return rc;
}

const struct cmd cmd_sim = {
    .name = "sim",
    .pos = "DESIGN.yaml WORKLOAD.h5",
    .min_pos = 2,
    .max_pos = 2,
    .summary = "simulate a chip cycle by cycle",
    .details =
        "Writes results.h5, stats.txt, stats.json, report.txt, plan.json, config.resolved.yaml,\n"
        "provenance.json and host.json into DIR. Ctrl-C leaves partial statistics, and\n"
        "results.part.h5 as far as the run came; --flush writes it while running.\n\n"
        "Credits and flits name no request: --trace-requests leaves them out.\n\n"
        "With --sweep, DIR/point_NNNN has the files of each run (results.h5 if --keep),\n"
        "sweep.csv and sweep.h5 one row a run: the swept keys and the statistics of the\n"
        "whole chip. Runs that do not fit are rows with a reason. The same command goes on\n"
        "after an interruption.",
    .opts = sim_opts,
    .run = sim_run_cmd,
};
