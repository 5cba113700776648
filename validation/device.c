/* SPDX-License-Identifier: Apache-2.0 */
#include "validation/device.h"

#include <math.h>
#include <stdlib.h>

#include "arch/exec.h"
#include "arch/map.h"
#include "nas/data.h"
#include "sim/base/mem.h"

static void metrics(const struct workload *w, const int32_t *logit, double *p, double *logloss,
                    double *auc)
{
    for (uint32_t r = 0; r < w->n_requests; r++)
        p[r] = 1 / (1 + exp(-w->logit_scale * logit[r]));
    *logloss = metric_logloss(w->label, p, w->n_requests);
    *auc = metric_auc(w->label, p, w->n_requests);
}

/* All requests on one chip. */
static enum err_code on_chip(const struct workload *w, const struct chip_config *c, int32_t *logit,
                             double *p, double *logloss, double *auc, struct err *e)
{
    struct plan *plan = NULL;
    struct exec *x;
    enum err_code rc = plan_new(&plan, w, c, e);

    if (rc)
        return rc;
    x = exec_new(plan);
    exec_logits(x, w->n_requests, w->lookup, w->dense, logit, NULL);
    metrics(w, logit, p, logloss, auc);
    exec_free(x);
    plan_free(plan);
    return ERR_OK;
}

static struct chip_config without_effects(struct chip_config c)
{
    c.device_variation = VARIATION_NONE;
    c.device_time_s = c.device_stuck_off = c.device_stuck_on = c.device_adc_offset = 0;
    return c;
}

static struct device_spread spread(const double *v, uint32_t n)
{
    struct device_spread s = {.min = v[0], .max = v[0]};
    double squares = 0;

    for (uint32_t i = 0; i < n; i++) {
        s.mean += v[i] / n;
        s.min = v[i] < s.min ? v[i] : s.min;
        s.max = v[i] > s.max ? v[i] : s.max;
    }
    for (uint32_t i = 0; i < n; i++)
        squares += (v[i] - s.mean) * (v[i] - s.mean);
    s.deviation = n > 1 ? sqrt(squares / (n - 1)) : 0;
    return s;
}

static enum err_code draw_all(struct validate_device *v, const struct workload *w,
                              const struct chip_config *c, int32_t *logit, double *p,
                              double *logloss, double *auc, FILE *out, struct err *e)
{
    enum err_code rc;

    for (uint32_t i = 0; i < v->n_draws; i++) {
        struct chip_config drawn = *c;

        drawn.device_seed = c->device_seed + i; /* wraps */
        if ((rc = on_chip(w, &drawn, logit, p, &logloss[i], &auc[i], e)))
            return err_wrap(e, "device.seed %u", drawn.device_seed);
        if (out) {
            fprintf(out, "%12u  %10.6f  %8.6f\n", drawn.device_seed, logloss[i], auc[i]);
            fflush(out);
        }
    }
    return ERR_OK;
}

enum err_code validate_device(struct validate_device *v, const struct workload *w,
                              const struct chip_config *c, FILE *out, struct err *e)
{
    struct chip_config ideal = without_effects(*c);
    double *p, *logloss, *auc;
    int32_t *logit;
    enum err_code rc;

    if (!w->n_requests)
        return err_set(e, ERR_CONFIG, "workload %s has no requests", w->name);
    if (!chip_has_device_effects(c))
        return err_set(e, ERR_CONFIG,
                       "the design has no device effects: set device.variation, "
                       "device.time_s, device.stuck_off, device.stuck_on or "
                       "device.adc_offset");
    p = mem_alloc(w->n_requests, sizeof *p);
    logit = mem_alloc(w->n_requests, sizeof *logit);
    logloss = mem_alloc(v->n_draws, sizeof *logloss);
    auc = mem_alloc(v->n_draws, sizeof *auc);
    metrics(w, w->expected, p, &v->exact_logloss, &v->exact_auc);
    if (out)
        fprintf(out, "%12s  %10s  %8s\n", "device.seed", "LogLoss", "AUC");
    if (!(rc = on_chip(w, &ideal, logit, p, &v->ideal_logloss, &v->ideal_auc, e)) &&
        !(rc = draw_all(v, w, c, logit, p, logloss, auc, out, e))) {
        v->logloss = spread(logloss, v->n_draws);
        v->auc = spread(auc, v->n_draws);
    }
    free(auc);
    free(logloss);
    free(logit);
    free(p);
    return rc;
}
