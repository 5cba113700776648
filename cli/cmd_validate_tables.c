/* SPDX-License-Identifier: Apache-2.0 */
/* cli/cmd_validate_tables.c: the paper's claims. */
#include <stdio.h>
#include <string.h>

#include "cli/benchmarks.h"
#include "cli/cmd.h"
#include "cli/outdir.h"
#include "cli/session.h"
#include "cli/term.h"
#include "validation/tables.h"

enum { MAX_SEEDS = 1000 };

static const struct opt validate_tables_opts[] = {
    OPT_OUT,
    {"seeds", 0, "N", false, false, false, "of each data set (default 3)"},
    {"benchmark", 0, "NAME", false, true, false,
     "criteo, avazu, kdd or frappe only (default: all)"},
    OPT_BENCHMARK_ROWS,
    OPT_BENCHMARK_DATA,
    {"jobs", 0, "N", false, false, true, "contests at a time; default: all processors"},
    OPT_BENCHMARK_SET,
    OPT_FORCE,
    {0},
};

static enum err_code add(const struct args *a, const char *name, struct tables *t, struct err *e)
{
    struct tables_benchmark *b = &t->benchmark[t->n_benchmarks];

    for (uint32_t i = 0; i < t->n_benchmarks; i++)
        if (strcmp(t->benchmark[i].name, name) == 0)
            return ERR_OK;
    b->name = name;
    t->n_benchmarks++;
    return benchmark_spec(a, name, b->dataset, e);
}

static enum err_code choose_benchmarks(const struct args *a, struct tables *t, struct err *e)
{
    const char *names[TABLES_MAX_BENCHMARKS];
    size_t n = args_all(a, "benchmark", names, TABLES_MAX_BENCHMARKS);
    enum err_code rc = ERR_OK;

    for (size_t i = 0; i < n && !rc; i++)
        rc = add(a, names[i], t, e);
    for (size_t i = 0; n == 0 && benchmark_names[i] && !rc; i++)
        if (benchmark_is_synthetic(benchmark_names[i]) || args_has(a, "data"))
            rc = add(a, benchmark_names[i], t, e);
        else
            fprintf(stderr, "frappe: left out, for there is no --data DIR\n");
    return rc;
}

static void show(void *self, uint32_t n_done)
{
    (void)self;
    term_progress("%u contests held", n_done);
}

static enum err_code validate_in(const struct args *a, const char *dir, struct loop *loop,
                                 struct err *e)
{
    char params[PATHS_SIZE], presets[PATHS_SIZE];
    struct tables t = {.dir = dir, .params_dir = params, .presets_dir = presets, .progress = show};
    uint32_t n_jobs;
    enum err_code rc;

    if ((rc = args_range(a, "seeds", 3, 1, MAX_SEEDS, &t.n_seeds, e)) ||
        (rc = args_jobs(a, &n_jobs, e)) || (rc = choose_benchmarks(a, &t, e)) ||
        (rc = benchmark_configure(a, &t.config, e)) || (rc = paths_params(params, e)) ||
        (rc = paths_presets(presets, e)) || (rc = crew_new(&t.crew, n_jobs, false, loop, e)))
        return rc;
    rc = validate_tables(&t, stdout, e);
    crew_free(t.crew);
    return rc;
}

static enum err_code validate_tables_run(const struct args *a, struct err *e)
{
    return outdir_work(a, validate_in, e);
}

const struct cmd cmd_validate_tables = {
    .name = "validate tables",
    .pos = "",
    .summary = "the searched design against naive mapping, handcrafted chips and the CPU",
    .details =
        "For each data set and seed: search, then the same model naively mapped, DLRM and DeepFM "
        "on\n"
        "a handcrafted chip, the best known model on ISAAC's and PUMA's, and the same models on\n"
        "this machine. Prints ratios of speed, area and inferences a joule; writes tables.csv,\n"
        "tables.json and tables.h5. Exit 1 unless one data set reaches the paper's 3.36x, 1.68x "
        "and\n"
        "12.48x together. The CPU's figures are measured and vary; all others do not.",
    .opts = validate_tables_opts,
    .run = validate_tables_run,
};
