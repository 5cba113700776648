/* SPDX-License-Identifier: Apache-2.0 */
/* cli/cmd_validate_ablation.c: what each idea buys. */
#include "cli/benchmarks.h"
#include "cli/cmd.h"
#include "cli/outdir.h"
#include "cli/session.h"
#include "cli/term.h"
#include "validation/ablation.h"

enum { MAX_SEEDS = 1000 };

static const struct opt validate_ablation_opts[] = {
    OPT_OUT,
    {"benchmark", 0, "NAME", false, false, false, "criteo, avazu, kdd or frappe (default criteo)"},
    {"seeds", 0, "N", false, false, false, "of each search (default 3)"},
    OPT_BENCHMARK_ROWS,
    OPT_BENCHMARK_DATA,
    {"jobs", 0, "N", false, false, true, "searches at a time; default: all processors"},
    OPT_BENCHMARK_SET,
    OPT_FORCE,
    {0},
};

static void show(void *self, uint32_t n_done)
{
    (void)self;
    term_progress("%u searches done", n_done);
}

static enum err_code validate_in(const struct args *a, const char *dir, struct loop *loop,
                                 struct err *e)
{
    char params[PATHS_SIZE], presets[PATHS_SIZE];
    struct ablation v = {.name = args_str(a, "benchmark", "criteo"),
                         .dir = dir,
                         .params_dir = params,
                         .presets_dir = presets,
                         .progress = show};
    uint32_t n_jobs;
    enum err_code rc;

    if ((rc = args_range(a, "seeds", 3, 1, MAX_SEEDS, &v.n_seeds, e)) ||
        (rc = args_jobs(a, &n_jobs, e)) || (rc = benchmark_configure(a, &v.config, e)) ||
        (rc = benchmark_spec(a, v.name, v.config.dataset, e)) || (rc = paths_params(params, e)) ||
        (rc = paths_presets(presets, e)) || (rc = crew_new(&v.crew, n_jobs, false, loop, e)))
        return rc;
    rc = validate_ablation(&v, stdout, e);
    crew_free(v.crew);
    return rc;
}

static enum err_code validate_ablation_run(const struct args *a, struct err *e)
{
    return outdir_work(a, validate_in, e);
}

const struct cmd cmd_validate_ablation = {
    .name = "validate ablation",
    .pos = "",
    .summary = "the search with each of its ideas left out",
    .details =
        "Searches as validate tables does, with all ideas and with one left out in turn: mixed\n"
        "precision (8 bits everywhere), the chip's search (the naive chip), its mapping, joint\n"
        "search (model first, then chip), the choice of interaction engine, embeddings placed by\n"
        "access. All judge equally many pairs; what they find is trained anew and simulated.\n"
        "Prints a table of medians, writes ablation.csv.",
    .opts = validate_ablation_opts,
    .run = validate_ablation_run,
};
