/* SPDX-License-Identifier: Apache-2.0 */
/* cli/cmd_data.c: data sets: what is in one, and a synthetic one as files. */
#include <stdio.h>

#include "cli/cmd.h"
#include "cli/outdir.h"
#include "cli/provenance.h"
#include "cli/term.h"
#include "nas/data.h"
#include "nas/data_report.h"

enum { DATA_MAX_ROWS = 100000 };

static const struct opt data_info_opts[] = {
    {"seed", 0, "N", false, false, false, "of generated data (default 1)"},
    {"max-rows", 0, "N", false, false, false, "rows of one table (default 100000)"},
    OPT_JSON,
    {0},
};

static enum err_code data_open(struct data **d, const char *spec, const struct args *a,
                               uint64_t *seed, struct err *e)
{
    uint64_t max_rows;
    enum err_code rc;

    if ((rc = args_u64(a, "seed", 1, seed, e)))
        return rc;
    if ((rc = args_u64(a, "max-rows", DATA_MAX_ROWS, &max_rows, e)))
        return rc;
    if (max_rows < 2 || max_rows > 1u << 30)
        return err_set(e, ERR_CONFIG, "--max-rows: %llu is outside 2..%u",
                       (unsigned long long)max_rows, 1u << 30);
    return data_load(d, spec, *seed, (uint32_t)max_rows, e);
}

static enum err_code data_info_run(const struct args *a, struct err *e)
{
    struct data *d = NULL;
    uint64_t seed;
    enum err_code rc;

    if ((rc = data_open(&d, a->pos[0], a, &seed, e)))
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
    .details = "SPEC is synthetic[:KEY=VALUE,...], criteo:TRAIN[,VALID] or libfm:TRAIN[,VALID];\n"
               "files may be plain, .gz or .xz. autorac list datasets tells more.",
    .opts = data_info_opts,
    .run = data_info_run,
};

static const struct opt data_synth_opts[] = {
    OPT_OUT,
    {"seed", 0, "N", false, false, false, "of the generator (default 1)"},
    {"max-rows", 0, "N", false, false, false, "rows of one table (default 100000)"},
    OPT_FORCE,
    {0},
};

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
    if ((rc = data_open(&d, spec, a, &p.seed, e)))
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
