/* SPDX-License-Identifier: Apache-2.0 */
#include "validation/accuracy.h"

#include <stdlib.h>
#include <string.h>

#include "arch/map.h"
#include "nas/freeze.h"
#include "nas/nasrec_import.h"
#include "nas/zoo.h"
#include "sim/base/mem.h"

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

struct figures {
    double logloss, auc;
};

struct accuracy {
    const struct validate_accuracy *v;
    FILE *out;
    struct genome genome;
    struct space space;
    struct net dnn;
};

static struct figures measure(const struct data_split *s, const double *p, uint64_t n)
{
    return (struct figures){metric_logloss(s->label, p, n), metric_auc(s->label, p, n)};
}

static void print(const struct accuracy *a, const char *model, const char *arithmetic,
                  struct figures f)
{
    fprintf(a->out, "%-8s %-22s %10.5f %10.5f\n", model, arithmetic, f.auc, f.logloss);
    fflush(a->out);
}

static struct subnet *new_model(const struct accuracy *a, bool dnn, struct store **s)
{
    struct rng r = rng_new(a->v->seed), store = rng_child(&r, "store");

    if (dnn) {
        *s = zoo_store(&a->dnn, a->v->data, &store);
        return subnet_new_net(&a->dnn, *s);
    }
    *s = store_new(&a->space, &a->genome, a->v->data, &store);
    return subnet_new(&a->genome, *s);
}

static enum err_code tune(const struct accuracy *a, struct subnet *n, const struct recipe *recipe,
                          bool rounded, struct err *e)
{
    struct rng r = rng_new(a->v->seed), root = rng_child(&r, "tune");
    struct tune_options o = {.rounded = rounded,
                             .epochs = a->v->epochs > 0 ? a->v->epochs : recipe->epochs,
                             .how = recipe->how,
                             .calibrate_rows = CALIBRATE_ROWS,
                             .holdout = holdout,
                             .watch = a->v->watch};

    return subnet_tune(n, a->v->data, &root, &o, NULL, e);
}

static enum err_code in_float(const struct accuracy *a, bool dnn, struct figures *out,
                              struct err *e)
{
    const struct data_split *s = &a->v->data->valid;
    double *p = mem_alloc(s->n, sizeof *p);
    struct store *store;
    struct subnet *n = new_model(a, dnn, &store);
    enum err_code rc = tune(a, n, dnn ? &dnn_recipe : &genome_recipe, false, e);

    if (!rc) {
        subnet_predict(n, s, 0, s->n, false, p);
        *out = measure(s, p, s->n);
        print(a, dnn ? "DNN" : "genome", "float", *out);
    }
    subnet_free(n);
    store_free(store);
    free(p);
    return rc;
}

static enum err_code under_adc(const struct accuracy *a, const struct subnet *n,
                               const struct workload *w, const struct chip_config *c, uint64_t rows,
                               struct figures *out, struct err *e)
{
    const struct data_split *s = &a->v->data->valid;
    double *p = mem_alloc(rows, sizeof *p);
    struct plan *plan = NULL;
    struct exec *x = NULL;
    uint64_t n_clipped = 0;
    char text[64];
    enum err_code rc;

    if (!(rc = plan_new(&plan, w, c, e))) {
        x = exec_new(plan);
        rc = freeze_predict(w, x, n, s, 0, rows, p, &n_clipped, &a->v->watch, e);
    }
    if (!rc) {
        *out = measure(s, p, rows);
        snprintf(text, sizeof text, "chip, %u-bit ADC", c->mvm_adc_bits);
        print(a, "genome", text, *out);
    }
    exec_free(x);
    plan_free(plan);
    free(p);
    return rc;
}

/* Exact integers, then the chip, whose ADC begins two bits below lossless. */
static enum err_code on_chip(const struct accuracy *a, const struct subnet *n, double float_auc,
                             struct figures *out, struct err *e)
{
    const struct data_split *s = &a->v->data->valid;
    uint64_t rows = a->v->chip_rows && a->v->chip_rows < s->n ? a->v->chip_rows : s->n;
    double *p = mem_alloc(rows, sizeof *p);
    struct workload *w = NULL;
    struct chip_config c;
    uint32_t lossless;
    enum err_code rc;

    if ((rc = freeze(&w, n, "accuracy", NULL, e)))
        goto out;
    freeze_requests(w, n, s, 1);
    if ((rc = freeze_predict(w, NULL, n, s, 0, rows, p, NULL, &a->v->watch, e)))
        goto out;
    *out = measure(s, p, rows);
    print(a, "genome", "exact integers", *out);
    if ((rc = chip_config_read(NULL, &c, e)) || (rc = nasrec_fit_chip(w, &c, e)))
        goto out;
    lossless = c.mvm_adc_bits;
    for (c.mvm_adc_bits = lossless - 2; !rc; c.mvm_adc_bits++) {
        rc = under_adc(a, n, w, &c, rows, out, e);
        if (rc || c.mvm_adc_bits == lossless || float_auc - out->auc <= tolerance)
            break;
    }
out:
    workload_free(w);
    free(p);
    return rc;
}

static enum err_code rounded(const struct accuracy *a, double float_auc, struct figures *out,
                             struct err *e)
{
    struct store *store;
    struct subnet *n = new_model(a, false, &store);
    enum err_code rc = tune(a, n, &genome_recipe, true, e);

    if (!rc)
        rc = on_chip(a, n, float_auc, out, e);
    subnet_free(n);
    store_free(store);
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
    zoo_net(&a->dnn, ZOO_dnn, &dnn_options, v->data);
    fprintf(out, "%-8s %-22s %10s %10s\n", "model", "arithmetic", "AUC", "LogLoss");
    if (!(rc = genome_parse(&a->space, v->genome ? v->genome : anchor_genome, &a->genome, e)) &&
        !(rc = in_float(a, true, &dnn, e)) && !(rc = in_float(a, false, &model, e)) &&
        !(rc = rounded(a, model.auc, &chip, e)))
        rc = verdict(a, dnn, model, chip, e);
    free(a);
    return rc;
}
