/* SPDX-License-Identifier: Apache-2.0 */
/* cli/cmd_validate_accuracy.c: what training reaches on Frappe, in float and on a chip, and how far
 * every model stays from the least LogLoss of the synthetic sets. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/benchmarks.h"
#include "cli/cmd.h"
#include "cli/dataset.h"
#include "cli/paths.h"
#include "cli/term.h"
#include "nas/run_config.h"
#include "sim/base/file.h"
#include "validation/accuracy.h"
#include "validation/regret.h"

static const struct opt accuracy_opts[] = {
    {"data", 0, "DIR", false, false, false,
     "published data sets: DIR/frappe/{train,valid}.libfm.xz"},
    {"dataset", 0, "SPEC", false, false, false, "another data set; nothing is held"},
    {"regret", 0, NULL, false, false, false, "only of the synthetic sets, or of --dataset"},
    {"genome", 0, "TEXT", false, false, false, "another model of one block in place of Frappe's"},
    {"epochs", 0, "N", false, false, false, "of every training (default: what the anchors need)"},
    {"rows", 0, "N", false, false, false, "of the validation part on the chip (default: all)"},
    {"search", 0, "N", false, false, false,
     "find the model whose regret is measured by a search that judges N models (default: one "
     "chosen by hand)"},
    {"jobs", 0, "N", false, false, true, "trainings for regret at a time; default: all processors"},
    OPT_DATA,
    {0},
};

static void show(void *self, const struct nas_status *s)
{
    (void)self;
    term_count(s->stage, s->done, s->total, "", "");
}

/* SPEC of what is to be learnt; empty: the data are not there. */
static enum err_code find_data(const struct args *a, char *spec, size_t size, struct err *e)
{
    const char *dir = args_str(a, "data", NULL), *other = args_str(a, "dataset", NULL);
    char train[PATHS_SIZE], valid[PATHS_SIZE];

    spec[0] = '\0';
    if (other) {
        snprintf(spec, size, "%s", other);
        return ERR_OK;
    }
    if (!dir)
        return err_set(e, ERR_CONFIG, "--data DIR or --dataset SPEC is needed");
    snprintf(train, sizeof train, "%s/frappe/train.libfm.xz", dir);
    snprintf(valid, sizeof valid, "%s/frappe/valid.libfm.xz", dir);
    if (file_exists(train) && file_exists(valid))
        snprintf(spec, size, "libfm:%s,%s", train, valid);
    else
        printf("skipped: %s or its validation part is not there\n", train);
    return ERR_OK;
}

/* Of its own data, trained as long as is meant. */
static bool is_whole(const struct args *a)
{
    return !args_has(a, "dataset") && !args_has(a, "epochs");
}

static enum err_code anchors(const struct args *a, const struct data *d, uint64_t seed,
                             struct watch watch, struct err *e)
{
    struct validate_accuracy v = {.data = d,
                                  .genome = args_str(a, "genome", NULL),
                                  .seed = seed,
                                  .hold =
                                      is_whole(a) && !args_has(a, "genome") && !args_has(a, "rows"),
                                  .watch = watch};
    enum err_code rc;
    uint64_t epochs;

    if ((rc = args_u64(a, "epochs", 0, &epochs, e)) ||
        (rc = args_u64(a, "rows", 0, &v.chip_rows, e)))
        return rc;
    v.epochs = (double)epochs;
    return validate_accuracy(&v, stdout, e);
}

static enum err_code regret(const struct args *a, const struct data *d, const char *name,
                            uint64_t seed, struct watch watch, struct err *e)
{
    struct validate_regret v = {.name = name, .data = d, .seed = seed, .hold = is_whole(a)};
    struct nas_config c;
    enum err_code rc;
    uint64_t epochs;
    uint32_t n_jobs;

    if (isnan(d->bayes_logloss))
        return args_has(a, "regret")
                   ? err_set(e, ERR_CONFIG, "--regret: the least LogLoss of %s is not known", name)
                   : ERR_OK;
    if ((rc = args_u64(a, "epochs", 0, &epochs, e)) ||
        (rc = args_range(a, "search", 0, args_has(a, "search"), 100000, &v.n_models, e)) ||
        (rc = args_jobs(a, &n_jobs, e)) || (rc = benchmark_configure(a, &c, e)) ||
        (rc = crew_new(&v.crew, n_jobs, false, watch.loop, e)))
        return rc;
    v.recipe = nas_config_tune(&c);
    v.recipe.watch = watch;
    v.recipe.epochs = epochs ? (double)epochs : v.recipe.epochs;
    rc = validate_regret(&v, stdout, e);
    crew_free(v.crew);
    return rc;
}

/* What is asked of one data set; shape: its name, NULL: that of SPEC, whose anchors are measured,
 * too. */
static enum err_code accuracy_on(const struct args *a, const char *spec, const char *shape,
                                 struct err *e)
{
    struct data *d = NULL;
    struct loop *loop = NULL;
    uint64_t seed;
    enum err_code rc = dataset_open(&d, spec, NULL, a, &seed, e);

    if (!rc && !(rc = loop_new(&loop, e))) {
        struct watch watch = {loop, show, NULL};

        if (!shape && !args_has(a, "regret"))
            rc = anchors(a, d, seed, watch, e);
        if (!rc)
            rc = regret(a, d, shape ? shape : d->name, seed, watch, e);
    }
    loop_free(loop);
    data_free(d);
    return rc;
}

/* One more data set. A miss is told at the end, the first one; any other error ends the work. */
static bool go_on(const struct args *a, const char *spec, const char *shape, enum err_code *missed,
                  struct err *e)
{
    struct err at;
    enum err_code rc = accuracy_on(a, spec, shape, &at);

    if (rc && (!*missed || rc != ERR_MISMATCH)) {
        *missed = rc;
        *e = at;
    }
    return !rc || rc == ERR_MISMATCH;
}

static enum err_code accuracy_run(const struct args *a, struct err *e)
{
    char spec[2 * PATHS_SIZE + 32] = "", synthetic[BENCHMARK_SPEC_BYTES];
    bool alone = args_has(a, "dataset");
    enum err_code missed = ERR_OK;

    if (!args_has(a, "regret") || alone) {
        if ((missed = find_data(a, spec, sizeof spec, e)) || !spec[0] ||
            !go_on(a, spec, NULL, &missed, e) || alone)
            return missed;
    }
    for (const char *const *name = benchmark_names; *name; name++) {
        if (!benchmark_is_synthetic(*name))
            continue;
        benchmark_synthetic(*name, BENCHMARK_ROWS, synthetic);
        if (!go_on(a, synthetic, *name, &missed, e))
            break;
    }
    return missed;
}

const struct cmd cmd_validate_accuracy = {
    .name = "validate accuracy",
    .pos = "",
    .summary = "what training reaches on Frappe, in float and on a chip, and on synthetic sets",
    .details =
        "Trains the DNN of the published recipe and a model of the search's space, and runs the\n"
        "latter in a chip's integers under its ADCs. Exit 1 where a published anchor is missed.\n"
        "Then, on the synthetic sets of the benchmarks, prints the regret (LogLoss above the\n"
        "least possible) of every model of the zoo and of one genome, means of three trainings\n"
        "by one recipe. Exit 1 where one of the zoo is below the genome. --search finds the\n"
        "genome, on the training rows. Without the data it says so and does nothing; --regret\n"
        "needs none.",
    .opts = accuracy_opts,
    .run = accuracy_run,
};
