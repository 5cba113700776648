/* SPDX-License-Identifier: Apache-2.0 */
#include "validation/accuracy.h"

#include <stdlib.h>
#include <string.h>

#include "arch/map.h"
#include "nas/nasrec_import.h"
#include "sim/base/mem.h"
#include "validation/model.h"

enum {
    CALIBRATE_ROWS = 20480,
    BLOCKS = 1,
    EMBED_DIM = 16,
    MAX_DENSE_DIM = 1024,
    MAX_SPARSE_DIM = 64
};

static const double published_dnn_auc = 0.983, least_auc = 0.984, most_logloss = 0.155;
static const double tolerance = 0.002, holdout = 0.02;

/* How a model is trained; chosen on the validation part. */
struct recipe {
    double epochs;
    struct learning how;
};
static const struct recipe dnn_recipe = {
    8,
    {.batch = 1024,
     .weights = {.lr = 1e-3f, .eps = 1e-8f, .by = OPTIMISER_ADAM},
     .rows = {.lr = 1e-3f, .eps = 1e-8f, .l2 = 0.01f, .by = OPTIMISER_ADAM},
     .dropout = 0.2,
     .batch_norm = true}};
/* Rates are high. Uncut, some starts' gradients grow fiftyfold where the schedule is at its top,
 * and within ten steps a few frequent embedding rows are ten times as large, for good. */
static const struct recipe genome_recipe = {
    4, {.batch = 256, .weights = {.lr = 1, .eps = 1}, .rows = {.lr = 30, .eps = 1}, .clip = 0.5}};
static const char *const anchor_genome = "e8x32/dp256w8a8-efc32w8a8-fm8-d0-s0";
static const struct zoo_options dnn_options = {EMBED_DIM, 3, {400, 400, 400}, 8, 8, 8};

struct accuracy {
    const struct validate_accuracy *v;
    FILE *out;
    struct genome genome;
    struct space space;
};

static void print(const struct accuracy *a, const char *model, const char *arithmetic,
                  struct figures f)
{
    fprintf(a->out, "%-8s %-22s %10.5f %10.5f\n", model, arithmetic, f.auc, f.logloss);
    fflush(a->out);
}

/* Made and trained, for model_free also where it fails. */
static enum err_code train(const struct accuracy *a, bool dnn, bool rounded, struct model *m,
                           struct err *e)
{
    const struct recipe *recipe = dnn ? &dnn_recipe : &genome_recipe;
    struct rng root = rng_new(a->v->seed);
    struct tune_options o = {.rounded = rounded,
                             .epochs = a->v->epochs > 0 ? a->v->epochs : recipe->epochs,
                             .how = recipe->how,
                             .calibrate_rows = CALIBRATE_ROWS,
                             .holdout = holdout,
                             .watch = a->v->watch};

    if (dnn)
        model_of_zoo(m, ZOO_dnn, &dnn_options, a->v->data, &root);
    else
        model_of_genome(m, &a->space, &a->genome, a->v->data, &root);
    return model_train(m, &o, e);
}

static enum err_code in_float(const struct accuracy *a, bool dnn, struct figures *out,
                              struct err *e)
{
    struct model m;
    enum err_code rc = train(a, dnn, false, &m, e);

    if (!rc) {
        *out = model_in_float(&m);
        print(a, dnn ? "DNN" : "genome", "float", *out);
    }
    model_free(&m);
    return rc;
}

static enum err_code under_adc(const struct accuracy *a, const struct model *m,
                               const struct chip_config *c, uint64_t rows, struct figures *out,
                               struct err *e)
{
    struct plan *plan = NULL;
    struct exec *x = NULL;
    char text[64];
    enum err_code rc;

    if (!(rc = plan_new(&plan, m->workload, c, e))) {
        x = exec_new(plan);
        rc = model_in_integers(m, x, rows, &a->v->watch, out, e);
    }
    if (!rc) {
        snprintf(text, sizeof text, "chip, %u-bit ADC", c->mvm_adc_bits);
        print(a, "genome", text, *out);
    }
    exec_free(x);
    plan_free(plan);
    return rc;
}

/* Exact integers, then the chip, whose ADC begins two bits below lossless. */
static enum err_code on_chip(const struct accuracy *a, struct model *m, double float_auc,
                             struct figures *out, struct err *e)
{
    uint64_t n = a->v->data->valid.n;
    uint64_t rows = a->v->chip_rows && a->v->chip_rows < n ? a->v->chip_rows : n;
    struct chip_config c;
    uint32_t lossless;
    enum err_code rc;

    if ((rc = model_freeze(m, "accuracy", 1, e)) ||
        (rc = model_in_integers(m, NULL, rows, &a->v->watch, out, e)))
        return rc;
    print(a, "genome", "exact integers", *out);
    if ((rc = chip_config_read(NULL, &c, e)) || (rc = nasrec_fit_chip(m->workload, &c, e)))
        return rc;
    lossless = c.mvm_adc_bits;
    for (c.mvm_adc_bits = lossless - 2; !rc; c.mvm_adc_bits++) {
        rc = under_adc(a, m, &c, rows, out, e);
        if (rc || c.mvm_adc_bits == lossless || float_auc - out->auc <= tolerance)
            break;
    }
    return rc;
}

static enum err_code rounded(const struct accuracy *a, double float_auc, struct figures *out,
                             struct err *e)
{
    struct model m;
    enum err_code rc = train(a, false, true, &m, e);

    if (!rc)
        rc = on_chip(a, &m, float_auc, out, e);
    model_free(&m);
    return rc;
}

static enum err_code verdict(const struct accuracy *a, struct figures dnn, struct figures model,
                             struct figures chip, struct err *e)
{
    if (!a->v->hold)
        return ERR_OK;
    if (dnn.auc < published_dnn_auc - tolerance)
        return err_set(e, ERR_MISMATCH, "DNN: AUC %.5f is below %.3f by more than %.3f", dnn.auc,
                       published_dnn_auc, tolerance);
    if (model.auc < least_auc || model.logloss > most_logloss)
        return err_set(e, ERR_MISMATCH,
                       "genome: AUC %.5f, LogLoss %.5f; at least %.3f and at most %.3f wanted",
                       model.auc, model.logloss, least_auc, most_logloss);
    if (chip.auc < model.auc - tolerance)
        return err_set(e, ERR_MISMATCH, "chip: AUC %.5f is below float's %.5f by more than %.3f",
                       chip.auc, model.auc, tolerance);
    return ERR_OK;
}

enum err_code validate_accuracy(const struct validate_accuracy *v, FILE *out, struct err *e)
{
    struct accuracy *a = mem_alloc(1, sizeof *a);
    struct figures dnn = {0}, model = {0}, chip = {0};
    enum err_code rc;

    a->v = v;
    a->out = out;
    space_init(&a->space, SPACE_FULL, BLOCKS, MAX_DENSE_DIM, MAX_SPARSE_DIM);
    space_embedding(&a->space, EMBED_DIM, 2 * EMBED_DIM);
    fprintf(out, "%-8s %-22s %10s %10s\n", "model", "arithmetic", "AUC", "LogLoss");
    if (!(rc = genome_parse(&a->space, v->genome ? v->genome : anchor_genome, &a->genome, e)) &&
        !(rc = in_float(a, true, &dnn, e)) && !(rc = in_float(a, false, &model, e)) &&
        !(rc = rounded(a, model.auc, &chip, e)))
        rc = verdict(a, dnn, model, chip, e);
    free(a);
    return rc;
}
