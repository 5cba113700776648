/* SPDX-License-Identifier: Apache-2.0 */
/* cli/cmd_validate_tables.c: the paper's claims. */
#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/outdir.h"
#include "cli/session.h"
#include "cli/term.h"
#include "sim/base/file.h"
#include "validation/tables.h"

enum { MAX_SEEDS = 1000, N_SHAPES = 3 /* the first of benchmarks */ };

static const struct opt validate_tables_opts[] = {
    OPT_OUT,
    {"seeds", 0, "N", false, false, false, "of each data set (default 3)"},
    {"benchmark", 0, "NAME", false, true, false,
     "criteo, avazu, kdd or frappe only (default: all)"},
    {"rows", 0, "N", false, false, false, "training rows of a synthetic set (default 200000)"},
    {"data", 0, "DIR", false, false, false,
     "published data sets: DIR/frappe/{train,valid}.libfm.xz; without it frappe is left out"},
    {"jobs", 0, "N", false, false, true, "contests at a time; default: all processors"},
    {"set", 0, "KEY=VALUE", false, true, false, "override a key of the configuration"},
    OPT_FORCE,
    {0},
};

/* One configuration for all; keys of the quick job where none is given. */
static const char *const tables_settings[] = {
    "train.epochs=4",        "train.lr=0.3",
    "train.embed_lr=10",     "tune.epochs=1",
    "tune.lr=0.3",           "tune.embed_lr=10",
    "search.eval_rows=8192", "search.weight_area=1.5",
    "search.population=48",  "search.generations=40",
};

static const char *const benchmarks[] = {"criteo", "avazu", "kdd", "frappe", NULL};

static enum err_code check_names(const struct args *a, struct err *e)
{
    const char *names[TABLES_MAX_BENCHMARKS];
    size_t n = args_all(a, "benchmark", names, TABLES_MAX_BENCHMARKS);

    for (size_t i = 0; i < n; i++) {
        size_t k = 0;

        while (benchmarks[k] && strcmp(benchmarks[k], names[i]) != 0)
            k++;
        if (!benchmarks[k])
            return err_set(e, ERR_CONFIG,
                           "--benchmark: \"%s\" is none of criteo, avazu, kdd, frappe", names[i]);
    }
    return ERR_OK;
}

static bool is_wanted(const struct args *a, const char *name)
{
    const char *names[TABLES_MAX_BENCHMARKS];
    size_t n = args_all(a, "benchmark", names, TABLES_MAX_BENCHMARKS);
    bool wanted = n == 0;

    for (size_t i = 0; i < n; i++)
        wanted |= strcmp(names[i], name) == 0;
    return wanted;
}

static void add(struct tables *t, const char *name, const char *dataset)
{
    struct tables_benchmark *b = &t->benchmark[t->n_benchmarks++];

    b->name = name;
    snprintf(b->dataset, sizeof b->dataset, "%s", dataset);
}

static enum err_code add_frappe(const struct args *a, struct tables *t, struct err *e)
{
    const char *dir = args_str(a, "data", NULL);
    char train[PATHS_SIZE], valid[PATHS_SIZE], spec[sizeof t->benchmark->dataset];

    if (!dir && args_has(a, "benchmark"))
        return err_set(e, ERR_CONFIG, "--benchmark frappe: --data DIR is needed");
    if (!dir) {
        fprintf(stderr, "frappe: left out, for there is no --data DIR\n");
        return ERR_OK;
    }
    snprintf(train, sizeof train, "%s/frappe/train.libfm.xz", dir);
    snprintf(valid, sizeof valid, "%s/frappe/valid.libfm.xz", dir);
    if (!file_exists(train) || !file_exists(valid))
        return err_set(e, ERR_ENV, "%s or its validation part is not there", train);
    if ((size_t)snprintf(spec, sizeof spec, "libfm:%s,%s", train, valid) >= sizeof spec)
        return err_set(e, ERR_CONFIG, "--data: %s is too long", dir);
    add(t, "frappe", spec);
    return ERR_OK;
}

static enum err_code choose_benchmarks(const struct args *a, struct tables *t, struct err *e)
{
    uint32_t rows;
    enum err_code rc = check_names(a, e);

    if (rc || (rc = args_range(a, "rows", 200000, 64, 1000000000, &rows, e)))
        return rc;
    for (size_t i = 0; i < N_SHAPES; i++) {
        char spec[64];

        snprintf(spec, sizeof spec, "synthetic:shape=%s,rows=%u,valid=%u", benchmarks[i], rows,
                 rows / 8);
        if (is_wanted(a, benchmarks[i]))
            add(t, benchmarks[i], spec);
    }
    if (is_wanted(a, "frappe") && (rc = add_frappe(a, t, e)))
        return rc;
    return ERR_OK;
}

static enum err_code configure(const struct args *a, struct nas_config *c, struct err *e)
{
    enum { N_OWN = sizeof tables_settings / sizeof *tables_settings };
    const char *sets[N_OWN + SESSION_MAX_SETS];

    memcpy(sets, tables_settings, sizeof tables_settings);
    return nas_config_load(NULL, true, sets,
                           N_OWN + args_all(a, "set", sets + N_OWN, SESSION_MAX_SETS), c, e);
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
        (rc = configure(a, &t.config, e)) || (rc = paths_params(params, e)) ||
        (rc = paths_presets(presets, e)) || (rc = crew_new(&t.crew, n_jobs, false, loop, e)))
        return rc;
    rc = validate_tables(&t, stdout, e);
    crew_free(t.crew);
    return rc;
}

static enum err_code validate_tables_run(const struct args *a, struct err *e)
{
    const char *dir = args_str(a, "out", NULL);
    struct loop *loop = NULL;
    enum err_code rc;
    int lock;

    if (!(rc = outdir_open(dir, args_has(a, "force"), &lock, e)) && !(rc = loop_new(&loop, e)))
        rc = validate_in(a, dir, loop, e);
    loop_free(loop);
    outdir_unlock(lock);
    return rc;
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
