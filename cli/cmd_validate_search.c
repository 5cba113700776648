/* SPDX-License-Identifier: Apache-2.0 */
/* cli/cmd_validate_search.c: what the search strategies find at equal cost. */
#include <math.h>
#include <stdio.h>

#include "cli/benchmarks.h"
#include "cli/cmd.h"
#include "cli/outdir.h"
#include "cli/session.h"
#include "cli/term.h"
#include "validation/search.h"

enum { MAX_SEEDS = 1000 };

static const struct opt validate_search_opts[] = {
    OPT_OUT,
    {"seeds", 0, "N", false, false, false, "data sets and searches (default 5)"},
    {"jobs", 0, "N", false, false, true, "pairs judged at a time; default: all processors"},
    {"set", 0, "KEY=VALUE", false, true, false, "override a key of the quick configuration"},
    OPT_FORCE,
    {0},
};

static void show(void *self, const struct nas_status *s)
{
    (void)self;
    term_count(s->stage, s->done, s->total, "", "");
}

static enum err_code validate_in(const struct args *a, const char *dir, struct loop *loop,
                                 struct err *e)
{
    struct validate_search v = {.dir = dir, .watch = {loop, show, NULL}};
    char params[PATHS_SIZE];
    struct nas_config c;
    uint32_t n_jobs;
    enum err_code rc;

    v.params_dir = params;
    if ((rc = args_range(a, "seeds", 5, 1, MAX_SEEDS, &v.n_seeds, e)) ||
        (rc = args_jobs(a, &n_jobs, e)) || (rc = quick_configure(a, NULL, 0, &c, e)) ||
        (rc = paths_params(params, e)) || (rc = crew_new(&v.crew, n_jobs, false, loop, e)))
        return rc;
    rc = validate_search(&v, &c, stdout, e);
    crew_free(v.crew);
    return rc;
}

static enum err_code validate_search_run(const struct args *a, struct err *e)
{
    return outdir_work(a, validate_in, e);
}

const struct cmd cmd_validate_search = {
    .name = "validate search",
    .pos = "",
    .summary = "hypervolume of the search strategies at equal cost",
    .details =
        "For each seed a synthetic data set and a supernet (kept in DIR); then every strategy\n"
        "judges as many pairs. Exit 1 unless evolution and nsga2 are ahead of random pairs\n"
        "and of the two-stage search on average.",
    .opts = validate_search_opts,
    .run = validate_search_run,
};
