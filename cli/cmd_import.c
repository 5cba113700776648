/* SPDX-License-Identifier: Apache-2.0 */
/* cli/cmd_import.c: models of other tools as a design and a workload. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cmd.h"
#include "cli/outdir.h"
#include "cli/provenance.h"
#include "cli/session.h"
#include "cli/term.h"
#include "nas/nasrec_import.h"

static const struct opt nasrec_opts[] = {
    OPT_OUT,
    {"dataset", 0, "SPEC", false, false, false, "tables and requests of a data set"},
    {"shape", 0, "NAME", false, false, false,
     "without a data set: criteo, avazu or kdd12 (default criteo)"},
    {"steps", 0, "N", false, false, false, "training steps on the data set (default 0)"},
    {"batch", 0, "N", false, false, false, "rows of a training step (default 512)"},
    {"lr", 0, "X", false, false, false, "learning rate (default 0.12)"},
    {"max-rows", 0, "N", false, false, false, "rows of one table (default 10000)"},
    {"requests", 0, "N", false, false, false, "requests in the workload (default 64)"},
    {"weight-bits", 0, "N", false, false, false, "4, 6 or 8 (default 8)"},
    {"act-bits", 0, "N", false, false, false, "4, 6 or 8 (default 8)"},
    {"emb-bits", 0, "N", false, false, false, "4, 6 or 8 (default 8)"},
    {"design", 0, "FILE", false, false, false, "chip, taken as it is (default: made to fit)"},
    OPT_SET,
    {"seed", 0, "N", false, false, false, "of weights and drawn requests (default 1)"},
    OPT_FORCE,
    {0},
};

static enum err_code bits(const struct args *a, const char *name, uint32_t *out, struct err *e)
{
    enum err_code rc = args_range(a, name, 8, 4, 8, out, e);

    if (!rc && *out % 2)
        rc = err_set(e, ERR_CONFIG, "--%s: %u is none of 4, 6, 8", name, *out);
    return rc;
}

static enum err_code rate(const struct args *a, double *out, struct err *e)
{
    const char *text = args_str(a, "lr", "0.12");
    char *end;

    *out = strtod(text, &end);
    if (end == text || *end || !(*out > 0) || *out > 10)
        return err_set(e, ERR_CONFIG, "--lr: %s is not a number above 0, at most 10", text);
    return ERR_OK;
}

static enum err_code options(const struct args *a, struct nasrec_options *o, struct err *e)
{
    uint32_t steps;
    enum err_code rc;

    o->dataset = args_str(a, "dataset", NULL);
    o->shape = args_str(a, "shape", "criteo");
    if (o->dataset && args_has(a, "shape"))
        return err_set(e, ERR_CONFIG, "--shape: the data set has its own");
    if ((rc = args_u64(a, "seed", 1, &o->seed, e)) ||
        (rc = args_range(a, "steps", 0, 0, 1u << 30, &steps, e)) ||
        (rc = args_range(a, "batch", 512, 1, 65536, &o->batch, e)) ||
        (rc = args_range(a, "max-rows", 10000, 2, 1u << 30, &o->max_rows, e)) ||
        (rc = args_range(a, "requests", 64, 1, 1u << 20, &o->n_requests, e)) ||
        (rc = bits(a, "weight-bits", &o->bits.weight, e)) ||
        (rc = bits(a, "act-bits", &o->bits.act, e)) ||
        (rc = bits(a, "emb-bits", &o->bits.embedding, e)) || (rc = rate(a, &o->lr, e)))
        return rc;
    o->steps = steps;
    if (steps > 0 && !o->dataset)
        return err_set(e, ERR_CONFIG, "--steps: training needs --dataset");
    return ERR_OK;
}

/* The given chip as it is, or the defaults made to fit. */
static enum err_code get_chip(const struct args *a, const struct workload *w, struct chip_config *c,
                              struct err *e)
{
    const char *design = args_str(a, "design", NULL), *sets[SESSION_MAX_SETS];
    size_t n_sets = args_all(a, "set", sets, SESSION_MAX_SETS);
    struct cfg *defaults = NULL;
    enum err_code rc;

    if (design)
        return chip_config_load(design, sets, n_sets, c, e);
    rc = cfg_parse(&defaults, "defaults", "{}", e);
    for (size_t i = 0; !rc && i < n_sets; i++)
        rc = cfg_set(defaults, sets[i], e);
    if (!rc)
        rc = chip_config_read(defaults, c, e);
    cfg_free(defaults);
    return rc ? rc : nasrec_fit_chip(w, c, e);
}

static void print_result(const struct nasrec_result *r, const struct nasrec_options *o,
                         const struct chip_config *c, const char *dir)
{
    const struct workload *w = r->workload;

    printf("model     %s\n", r->genome);
    printf("          %u operators, %llu weights%s\n", w->n_ops,
           (unsigned long long)workload_n_weights(w), o->steps ? "" : ", drawn at random");
    printf("tables    %u fields, %llu rows", w->n_fields, (unsigned long long)r->n_rows);
    if (r->n_capped)
        printf("; %u tables capped at %u rows", r->n_capped, o->max_rows);
    printf("\nrequests  %u%s\n", w->n_requests, o->dataset ? "" : ", drawn at random");
    if (!isnan(r->logloss))
        printf("accuracy  LogLoss %.5f, AUC %.5f (validation part, integers)\n", r->logloss,
               r->auc);
    printf("chip      %u x %u crossbars, %u a tile, ADC of %u bits\n", c->mvm_rows, c->mvm_cols,
           c->mvm_xbars, c->mvm_adc_bits);
    printf("written   %s/design.yaml, %s/workload.h5\n", dir, dir);
}

static enum err_code import_into(const struct args *a, const char *dir, struct err *e)
{
    struct provenance p = {.args = a, .has_seed = true};
    char design[PATHS_SIZE], workload[PATHS_SIZE];
    struct nasrec_options o = {0};
    struct nasrec_result r = {0};
    struct chip_config chip;
    enum err_code rc;

    if ((rc = options(a, &o, e)))
        return rc;
    p.seed = o.seed;
    if ((rc = outdir_path(design, dir, "design.yaml", e)) ||
        (rc = outdir_path(workload, dir, "workload.h5", e)) ||
        (rc = provenance_add(&p, a->pos[0], e)) ||
        (rc = o.dataset ? provenance_add_dataset(&p, o.dataset, e) : ERR_OK))
        return rc;
    if ((rc = loop_new(&o.watch.loop, e)))
        return rc;
    if ((rc = nasrec_import(a->pos[0], &o, &r, e)))
        goto out;
    if ((rc = get_chip(a, r.workload, &chip, e)))
        goto out;
    if ((rc = chip_config_save(&chip, design, e)) ||
        (rc = workload_save(r.workload, workload, e)) || (rc = provenance_write(&p, dir, e)))
        goto out;
    if (!term_quiet())
        print_result(&r, &o, &chip, dir);
out:
    workload_free(r.workload);
    loop_free(o.watch.loop);
    return rc;
}

static enum err_code import_nasrec_run(const struct args *a, struct err *e)
{
    const char *dir = args_str(a, "out", NULL);
    enum err_code rc;
    int lock;

    if (!(rc = outdir_open(dir, args_has(a, "force"), &lock, e)))
        rc = import_into(a, dir, e);
    outdir_unlock(lock);
    return rc;
}

const struct cmd cmd_import_nasrec = {
    .name = "import nasrec",
    .pos = "FILE.json",
    .min_pos = 1,
    .max_pos = 1,
    .summary = "put a model found by NASRec on a chip",
    .details =
        "FILE.json is a model as NASRec's search writes it (config xlarge or autoctr). Writes\n"
        "DIR/design.yaml and DIR/workload.h5 for sim, rtl and cosim. Weights are random unless\n"
        "trained (--dataset, --steps). Where the network differs from NASRec's:\n"
        "    layer norm, per sample, is one root mean square a tensor: it folds into integers;\n"
        "    DSI's rows pass a ReLU where the sparse operator is EFC;\n"
        "    weights and activations are integers of the given bits.",
    .opts = nasrec_opts,
    .run = import_nasrec_run,
};
