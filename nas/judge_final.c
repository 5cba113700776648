/* SPDX-License-Identifier: Apache-2.0 */
/* Finalists: weights of their own, and a run cycle by cycle. */
#include <stdlib.h>

#include "arch/measure.h"
#include "nas/freeze.h"
#include "nas/judge_impl.h"

/* A model that has weights, its own or the adapted shared ones. */
struct finalist {
    struct store *store; /* its own, or NULL */
    struct subnet *net;
    struct workload *workload;
};

static enum err_code train_anew(struct judge *j, const struct candidate *c, struct finalist *f,
                                struct err *e)
{
    struct rng weights = rng_child(&j->root, "finalist"), steps = rng_child(&j->root, "tune");
    struct genome g;
    enum err_code rc;

    candidate_genome(j->space, c, &g);
    f->store = store_new(j->space, &g, j->data, &weights);
    f->net = subnet_new(&g, f->store);
    if ((rc = subnet_tune(f->net, j->data, &steps, &j->how.tune, NULL, e)))
        return rc;
    return freeze(&f->workload, f->net, "finalist", NULL, e);
}

/* LogLoss on the first validation rows, costs of a run. */
static enum err_code measure(struct judge *j, struct candidate *c, struct finalist *f,
                             uint32_t n_requests, struct err *e)
{
    const struct data_split *v = &j->data->valid;
    struct chip_config config;
    struct estimate run;
    double loss;
    enum err_code rc = judge_adc_loss(j, c, f->net, f->workload, &loss, e);

    if (rc)
        return rc;
    subnet_predict(f->net, v, 0, j->how.eval_rows, true, j->p);
    c->logloss_tuned = metric_logloss(v->label, j->p, j->how.eval_rows) + loss;
    freeze_requests(f->workload, f->net, v, n_requests < v->n ? n_requests : (uint32_t)v->n);
    candidate_chip(j->space, c, j->base, &config);
    if (!(rc = measure_chip(f->workload, &config, j->params, &run, e)))
        candidate_price(c, &run);
    return rc;
}

enum err_code judge_finalist(struct judge *j, struct candidate *c, uint32_t n_requests,
                             struct err *e)
{
    struct finalist f = {0};
    enum err_code rc = j->how.tune.epochs > 0 ? train_anew(j, c, &f, e)
                                              : judge_build(j, c, true, &f.net, &f.workload, e);

    if (!rc)
        rc = measure(j, c, &f, n_requests, e);
    if (!rc) {
        c->finalist = 1;
        judge_score(j, c);
    }
    workload_free(f.workload);
    subnet_free(f.net);
    store_free(f.store);
    adapt_undo(j->adapt);
    return rc;
}
