/* SPDX-License-Identifier: Apache-2.0 */
/* cli/cmd_validate_ranking.c: shared weights' ranking of models against training each anew. */
#include <stdio.h>

#include "cli/benchmarks.h"
#include "cli/cmd.h"
#include "cli/term.h"
#include "validation/ranking.h"

/* Over the quick configuration: a set on which models differ far more than their trainings do. It
 * has few values, each seen often, and half of all pairs of fields interact, through latent vectors
 * as long as the larger embedding rows. */
static const char *const settings[] = {
    "dataset=synthetic:rows=100000,valid=20000,fields=20,dense=0,vocab=20,interactions=95,latent="
    "32,"
    "head=30,sd_pair=3",
    "model.max_embed_dim=32",
    "train.epochs=24",
    "train.optimiser=adam",
    "train.lr=0.003",
    "train.embed_lr=0.01",
    "train.eps=1e-8",
    "train.embed_eps=1e-8",
    "train.clip=0.1",
    "search.eval_rows=20000",
    "search.adapt_steps=128",
    "search.adapt_lr=0.0003",
    "tune.epochs=1",
    "tune.lr=0.01",
    "tune.embed_lr=0.01",
};

static const struct opt ranking_opts[] = {
    {"models", 0, "N", false, false, false, "of any precision, and as many of 4 bits (default 40)"},
    {"jobs", 0, "N", false, false, true, "models measured at a time; default: all processors"},
    {"set", 0, "KEY=VALUE", false, true, false, "override a key of the configuration"},
    {0},
};

static void show(void *self, const struct nas_status *s)
{
    (void)self;
    term_count(s->stage, s->done, s->total, "", "");
}

static enum err_code ranking_run(const struct args *a, struct err *e)
{
    struct validate_ranking v = {0};
    struct loop *loop = NULL;
    struct nas_config c;
    uint32_t n_jobs;
    enum err_code rc;

    if ((rc = args_range(a, "models", 40, 2, 100000, &v.n_models, e)) ||
        (rc = args_jobs(a, &n_jobs, e)) ||
        (rc = quick_configure(a, settings, sizeof settings / sizeof *settings, &c, e)) ||
        (rc = loop_new(&loop, e)))
        return rc;
    v.watch = (struct watch){loop, show, NULL};
    if (!(rc = crew_new(&v.crew, n_jobs, false, loop, e)))
        rc = validate_ranking(&v, &c, stdout, e);
    crew_free(v.crew);
    loop_free(loop);
    return rc;
}

const struct cmd cmd_validate_ranking = {
    .name = "validate ranking",
    .pos = "",
    .summary = "rank correlation of shared weights with training models anew",
    .details =
        "Trains a supernet, then measures random models with its weights, after the search's\n"
        "adaptation, and trained anew, twice; Kendall's tau between the LogLosses and the mean of\n"
        "the two trainings, among models of any precision and among those of 4 bits everywhere.\n"
        "The tau of the two trainings is about the most that can be expected.",
    .opts = ranking_opts,
    .run = ranking_run,
};
