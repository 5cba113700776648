/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/finish.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arch/map.h"
#include "nas/freeze.h"
#include "sim/base/file.h"
#include "sim/base/json.h"
#include "sim/base/mem.h"

enum { ADC_ROWS = 4096, MAX_ADC_BITS = 12 };

/* accuracy.json, number by number. */
static const struct {
    const char *name;
    size_t offset;
} numbers[] = {
#define NUMBER(field)                                                                              \
    {                                                                                              \
#field, offsetof(struct nas_summary, field)                                                \
    }
    NUMBER(logloss),      NUMBER(auc),      NUMBER(logloss_integer), NUMBER(auc_integer),
    NUMBER(logloss_chip), NUMBER(auc_chip), NUMBER(bayes_logloss),   NUMBER(bayes_auc),
#undef NUMBER
};
enum { N_NUMBERS = sizeof numbers / sizeof *numbers };

static double *number_at(struct nas_summary *s, size_t i)
{
    return (double *)(void *)((char *)s + numbers[i].offset);
}

static enum err_code write_accuracy(const struct finish *f, struct nas_summary *s, struct err *e)
{
    struct file_out o;
    struct json j;
    enum err_code rc = file_create(&o, f->accuracy, e);

    if (rc)
        return rc;
    j = json_open(o.f);
    json_object(&j);
    json_kstr(&j, "key", f->key);
    json_kstr(&j, "genome", s->genome);
    for (size_t i = 0; i < N_NUMBERS; i++)
        json_kf64(&j, numbers[i].name, *number_at(s, i));
    json_ku64(&j, "n_valid", s->n_valid);
    json_ku64(&j, "n_clipped", s->n_clipped);
    json_object_end(&j);
    fprintf(o.f, "\n");
    return file_commit(&o, e);
}

static bool read_summary(const struct cfg_node *root, const char *key, struct nas_summary *out)
{
    const char *text = cfg_str(cfg_get(root, "key")), *genome = cfg_str(cfg_get(root, "genome"));
    struct err e;

    if (!text || strcmp(text, key) != 0 || !genome)
        return false;
    snprintf(out->genome, sizeof out->genome, "%s", genome);
    for (size_t i = 0; i < N_NUMBERS; i++) {
        const struct cfg_node *v = cfg_get(root, numbers[i].name);

        if (!v)
            return false;
        if (cfg_f64(v, number_at(out, i), &e)) /* null */
            *number_at(out, i) = NAN;
    }
    return cfg_get(root, "n_valid") && cfg_get(root, "n_clipped") &&
           !cfg_u64(cfg_get(root, "n_valid"), &out->n_valid, &e) &&
           !cfg_u64(cfg_get(root, "n_clipped"), &out->n_clipped, &e);
}

enum err_code finish_read(const struct finish *f, bool *found, struct nas_summary *out,
                          struct err *e)
{
    struct cfg *c = NULL;
    enum err_code rc;

    *found = false;
    if (!file_exists(f->accuracy) || !file_exists(f->design) || !file_exists(f->workload))
        return ERR_OK;
    if ((rc = cfg_load(&c, f->accuracy, e)))
        return rc;
    *found = read_summary(cfg_root(c), f->key, out);
    cfg_free(c);
    return ERR_OK;
}

/* ---- accuracy ---- */

static void metrics(const struct data_split *v, const double *p, uint64_t n, double *logloss,
                    double *auc)
{
    *logloss = metric_logloss(v->label, p, n);
    *auc = metric_auc(v->label, p, n);
}

/* AUC and LogLoss of the first n rows on the chip. */
static enum err_code on_chip(const struct finish *f, const struct subnet *net,
                             const struct workload *w, uint64_t n, double *p, double *logloss,
                             double *auc, uint64_t *n_clipped, struct err *e)
{
    struct plan *plan = NULL;
    struct exec *x;
    enum err_code rc = plan_new(&plan, w, &f->chip, e);

    if (rc)
        return rc;
    *n_clipped = 0;
    x = exec_new(plan);
    rc = freeze_predict(w, x, net, &f->data->valid, 0, n, p, n_clipped, &f->watch, e);
    if (!rc)
        metrics(&f->data->valid, p, n, logloss, auc);
    exec_free(x);
    plan_free(plan);
    return rc;
}

static bool loses(const struct finish *f, double logloss, double auc, double chip_logloss,
                  double chip_auc)
{
    return auc - chip_auc > f->max_auc_loss || chip_logloss - logloss > f->max_logloss_loss;
}

/* More ADC bits while the first rows lose too much, then while the whole part does. p holds the
 * exact integers' probabilities on entry. */
static enum err_code settle_adc(struct finish *f, const struct subnet *net,
                                const struct workload *w, double *p, struct nas_summary *out,
                                struct err *e)
{
    const struct data_split *v = &f->data->valid;
    uint64_t n = v->n < ADC_ROWS ? v->n : ADC_ROWS;
    uint32_t lossless = chip_lossless_adc_bits(&f->chip);
    double logloss, auc;
    enum err_code rc;

    lossless = lossless < MAX_ADC_BITS ? lossless : MAX_ADC_BITS;
    metrics(v, p, n, &logloss, &auc);
    for (; f->chip.mvm_adc_bits < lossless; f->chip.mvm_adc_bits++) {
        rc = on_chip(f, net, w, n, p, &out->logloss_chip, &out->auc_chip, &out->n_clipped, e);
        if (rc)
            return rc;
        if (!loses(f, logloss, auc, out->logloss_chip, out->auc_chip))
            break;
    }
    for (;; f->chip.mvm_adc_bits++) {
        rc = on_chip(f, net, w, v->n, p, &out->logloss_chip, &out->auc_chip, &out->n_clipped, e);
        if (rc || f->chip.mvm_adc_bits >= lossless ||
            !loses(f, out->logloss_integer, out->auc_integer, out->logloss_chip, out->auc_chip))
            return rc;
    }
}

void finish_float(const struct finish *f, struct subnet *net, struct nas_summary *out)
{
    const struct data_split *v = &f->data->valid;
    double *p = mem_alloc(v->n, sizeof *p);

    subnet_predict(net, v, 0, v->n, false, p);
    metrics(v, p, v->n, &out->logloss, &out->auc);
    free(p);
}

enum err_code finish_write(struct finish *f, struct subnet *net, struct nas_summary *out,
                           struct err *e)
{
    const struct data_split *v = &f->data->valid;
    double *p = mem_alloc(v->n, sizeof *p);
    struct workload *w = NULL;
    enum err_code rc;

    genome_text(&net->genome, out->genome);
    out->n_valid = v->n;
    out->bayes_logloss = f->data->bayes_logloss;
    out->bayes_auc = f->data->bayes_auc;
    if ((rc = freeze(&w, net, f->data->name, NULL, e)))
        goto out;
    freeze_requests(w, net, v, f->n_requests);
    if ((rc = freeze_predict(w, NULL, net, v, 0, v->n, p, NULL, &f->watch, e)))
        goto out;
    metrics(v, p, v->n, &out->logloss_integer, &out->auc_integer);
    if ((rc = settle_adc(f, net, w, p, out, e)))
        goto out;
    if ((rc = workload_check(w, e)) || (rc = workload_save(w, f->workload, e)) ||
        (rc = chip_config_save(&f->chip, f->design, e)))
        goto out;
    rc = write_accuracy(f, out, e);
out:
    workload_free(w);
    free(p);
    return rc;
}
