/* SPDX-License-Identifier: Apache-2.0 */
/* Finalists: weights of their own, and a run cycle by cycle. */
#include <stdlib.h>

#include "arch/chip.h"
#include "arch/cost.h"
#include "arch/map.h"
#include "nas/freeze.h"
#include "nas/judge_impl.h"

static void take_run(struct judge *j, struct candidate *c, const struct plan *p,
                     const struct chip *chip)
{
    struct cost cost;

    cost_of(p, j->params, chip_counts(chip, 0), chip_n_cycles(chip), &cost);
    chip_pace(chip, &c->latency_cycles, &c->interval_cycles);
    c->energy_pj = cost.total_energy_pj / (double)chip_n_done(chip);
}

static enum err_code run_chip(struct judge *j, struct candidate *c, const struct workload *w,
                              struct err *e)
{
    struct chip_config config;
    struct plan *p = NULL;
    struct sim *sim = NULL;
    struct chip *chip = NULL;
    enum err_code rc;

    candidate_chip(j->space, c, j->base, &config);
    if ((rc = plan_new(&p, w, &config, e)) || (rc = sim_new(&sim, &(struct sim_cfg){0}, e)) ||
        (rc = chip_new(&chip, p, sim, false, e)) || (rc = chip_run(chip, NULL, e)))
        goto out;
    take_run(j, c, p, chip);
out:
    chip_free(chip);
    sim_free(sim);
    plan_free(p);
    return rc;
}

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
    subnet_calibrate(f->net, j->data, j->how.calibrate_rows, true);
    return freeze(&f->workload, f->net, "finalist", NULL, e);
}

/* LogLoss on the chip's rows, and the run. */
static enum err_code measure(struct judge *j, struct candidate *c, struct finalist *f,
                             uint32_t n_requests, struct err *e)
{
    const struct data_split *v = &j->data->valid;
    double loss;
    enum err_code rc = judge_adc_loss(j, c, f->net, f->workload, &loss, e);

    if (rc)
        return rc;
    subnet_predict(f->net, v, 0, j->how.eval_rows, true, j->p);
    c->logloss_tuned = metric_logloss(v->label, j->p, j->how.eval_rows) + loss;
    freeze_requests(f->workload, f->net, v, n_requests < v->n ? n_requests : (uint32_t)v->n);
    return run_chip(j, c, f->workload, e);
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
        c->excess = objective_excess(&j->objective, c, j->base->clock_mhz);
        c->score = objective_score(&j->objective, c, j->base->clock_mhz);
    }
    workload_free(f.workload);
    subnet_free(f.net);
    store_free(f.store);
    judge_restore(j);
    return rc;
}
