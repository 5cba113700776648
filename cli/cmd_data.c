/* SPDX-License-Identifier: Apache-2.0 */
/* cli/cmd_data.c: data sets: what is in one, one as a cache, a synthetic one as files. */
#include <stdio.h>
#include <sys/stat.h>

#include "cli/cmd.h"
#include "cli/dataset.h"
#include "cli/outdir.h"
#include "cli/provenance.h"
#include "cli/term.h"
#include "nas/data.h"
#include "nas/data_report.h"
#include "sim/base/file.h"

#define DATA_SPECS                                                                                 \
    "SPEC is KIND:FILE[,VALIDATION[,TEST]][,KEY=VALUE...]; files may be plain, .gz or .xz.\n"      \
    "autorac list datasets names the kinds, docs/datasets.md their options."

static const struct opt data_info_opts[] = {OPT_DATA, OPT_JSON, {0}};

static enum err_code data_info_run(const struct args *a, struct err *e)
{
    struct data *d = NULL;
    uint64_t seed;
    enum err_code rc;

    if ((rc = dataset_open(&d, a->pos[0], NULL, a, &seed, e)))
        return rc;
    data_info(stdout, d, args_has(a, "json"));
    data_free(d);
    return ERR_OK;
}

const struct cmd cmd_data_info = {
    .name = "data info",
    .pos = "SPEC",
    .min_pos = 1,
    .max_pos = 1,
    .summary = "describe a data set: rows, fields, skew",
    .details = DATA_SPECS,
    .opts = data_info_opts,
    .run = data_info_run,
};

static const struct opt data_convert_opts[] = {
    {"out", 'o', "FILE", true, false, true, "the cache to write"},
    OPT_DATA,
    {"force", 0, NULL, false, false, true, "replace a file that is there"},
    {0},
};

static void data_convert_print(const struct data *d, const char *path)
{
    struct stat st;

    printf("%s: %s, %u dense columns, %u fields\n", path, d->name, d->n_dense, d->n_fields);
    printf("%-10s %llu\n%-10s %llu\n%-10s %llu\n", "train", (unsigned long long)d->train.n, "valid",
           (unsigned long long)d->valid.n, "test", (unsigned long long)d->test.n);
    printf("%-10s %llu\n", "bad lines", (unsigned long long)d->n_bad_lines);
    if (stat(path, &st) == 0)
        printf("%-10s %llu\n", "bytes", (unsigned long long)st.st_size);
    printf("%-10s %s\n", "digest", d->digest);
}

static enum err_code data_convert_run(const struct args *a, struct err *e)
{
    const char *path = args_str(a, "out", NULL);
    struct data *d = NULL;
    uint64_t seed;
    enum err_code rc;

    if (file_exists(path) && !args_has(a, "force"))
        return err_set(e, ERR_CONFIG, "%s: is there already; --force replaces it", path);
    if ((rc = dataset_open(&d, a->pos[0], path, a, &seed, e)))
        return rc;
    if (!term_quiet())
        data_convert_print(d, path);
    data_free(d);
    return ERR_OK;
}

const struct cmd cmd_data_convert = {
    .name = "data convert",
    .pos = "SPEC",
    .min_pos = 1,
    .max_pos = 1,
    .summary = "convert a data set once into a file that cache:FILE maps",
    .details =
        DATA_SPECS "\nThe file appears whole or not at all; killed, the command starts over.",
    .opts = data_convert_opts,
    .run = data_convert_run,
};

static const struct opt data_synth_opts[] = {OPT_OUT, OPT_DATA, OPT_FORCE, {0}};

static enum err_code data_synth_write(const struct args *a, const char *dir, struct err *e)
{
    const char *spec = a->n_pos ? a->pos[0] : "synthetic";
    struct provenance p = {.args = a, .has_seed = true};
    char train[PATHS_SIZE], valid[PATHS_SIZE];
    struct data *d = NULL;
    enum err_code rc;

    if ((rc = outdir_path(train, dir, "train.tsv", e)))
        return rc;
    if ((rc = outdir_path(valid, dir, "valid.tsv", e)))
        return rc;
    if ((rc = dataset_open(&d, spec, NULL, a, &p.seed, e)))
        return rc;
    if (!(rc = data_write_criteo(d, train, valid, e)))
        rc = provenance_write(&p, dir, e);
    if (!rc && !term_quiet()) {
        printf("%s: %llu rows\n", train, (unsigned long long)d->train.n);
        printf("%s: %llu rows, Bayes LogLoss %.5f, AUC %.5f\n", valid,
               (unsigned long long)d->valid.n, d->bayes_logloss, d->bayes_auc);
    }
    data_free(d);
    return rc;
}

static enum err_code data_synth_run(const struct args *a, struct err *e)
{
    const char *dir = args_str(a, "out", NULL);
    enum err_code rc;
    int lock;

    if (!(rc = outdir_open(dir, args_has(a, "force"), &lock, e)))
        rc = data_synth_write(a, dir, e);
    outdir_unlock(lock);
    return rc;
}

const struct cmd cmd_data_synth = {
    .name = "data synth",
    .pos = "[SPEC]",
    .max_pos = 1,
    .summary = "write a synthetic data set as Criteo-format files",
    .details = "Writes DIR/train.tsv and DIR/valid.tsv. SPEC is synthetic[:KEY=VALUE,...].",
    .opts = data_synth_opts,
    .run = data_synth_run,
};
