/* SPDX-License-Identifier: Apache-2.0 */
/* cli/cmd_run.c: from a data set to a chip whose RTL equals its model, stage by stage. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/job.h"
#include "cli/outdir.h"
#include "cli/term.h"

static const struct opt run_opts[] = {
    OPT_OUT,
    {"dataset", 0, "SPEC", false, false, false, "see autorac list datasets (default synthetic)"},
    {"config", 0, "FILE", false, false, false, "YAML; see autorac list parameters"},
    {"seed", 0, "N", false, false, false, "of everything that is drawn (default 1)"},
    {"quick", 0, NULL, false, false, false, "small defaults: about a minute"},
    {"set", 0, "KEY=VALUE", false, true, false, "override a key of the configuration"},
    {"jobs", 0, "N", false, false, true,
     "search: pairs judged at a time; default: all processors, under mpirun 1"},
    {"force", 0, NULL, false, false, true, "start over in a directory that was used"},
    {0},
};

static void print_summary(const struct job *job)
{
    const struct job_summary *s = &job->summary;

    printf("%-12s %10s %10s %10s\n", "", "float", "integer", "on chip");
    printf("%-12s %10.5f %10.5f %10.5f\n", "LogLoss", s->logloss, s->logloss_integer,
           s->logloss_chip);
    printf("%-12s %10.5f %10.5f %10.5f\n", "AUC", s->auc, s->auc_integer, s->auc_chip);
    printf("%-12s p50 %llu, p99 %llu cycles\n", "latency",
           (unsigned long long)s->latency_cycles_p50, (unsigned long long)s->latency_cycles_p99);
    printf("%-12s %.6g inferences/s\n", "throughput", s->inferences_per_s);
    printf("%-12s %.6g nJ/inference\n", "energy", s->energy_nj_per_inference);
    printf("%-12s %.6g mm2\n", "area", s->area_mm2);
    rtl_verdict_print(&s->rtl);
}

static enum err_code run_stages(const struct args *a, const char *last, struct err *e)
{
    struct job job;
    enum err_code rc;

    if ((rc = job_open(&job, a, e)))
        goto out;
    if ((rc = job_run(&job, last, e)))
        goto out;
    if (!crew_leads(job.crew))
        goto out;
    if (!term_quiet() && !strcmp(last, "summary"))
        print_summary(&job);
    if (!term_quiet())
        printf("results in %s\n", job.stages.dir);
    if (!strcmp(last, "summary"))
        rc = rtl_verdict_status(&job.summary.rtl, job.stages.dir, e);
out:
    job_close(&job);
    return rc;
}

static enum err_code run_command(const struct args *a, struct err *e)
{
    return run_stages(a, "summary", e);
}

static enum err_code train_command(const struct args *a, struct err *e)
{
    return run_stages(a, "train", e);
}

static enum err_code search_command(const struct args *a, struct err *e)
{
    return run_stages(a, "search", e);
}

#define RESUMES                                                                                    \
    "Stages that are complete are not repeated; an interrupted one goes on from its last\n"        \
    "checkpoint. Without options, a directory's own config.resolved.yaml holds."

const struct cmd cmd_run = {
    .name = "run",
    .pos = "",
    .summary = "everything: train, search, freeze, simulate, generate RTL, co-simulate",
    .details =
        RESUMES "\nsummary.json is the short answer, design.yaml and workload.h5 the design.",
    .opts = run_opts,
    .run = run_command,
};

const struct cmd cmd_train = {
    .name = "train",
    .pos = "",
    .summary = "the first stage of run: train the supernet",
    .details = RESUMES,
    .opts = run_opts,
    .run = train_command,
};

const struct cmd cmd_search = {
    .name = "search",
    .pos = "",
    .summary = "run up to the search for model and chip",
    .details = RESUMES
    "\nOver several machines: mpirun autorac search ...; the result is the same for any number\n"
    "of ranks and jobs. DIR must be seen by all.",
    .opts = run_opts,
    .run = search_command,
};
