/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/judge.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/estimate.h"
#include "arch/map.h"
#include "nas/freeze.h"
#include "nas/judge_impl.h"
#include "sim/base/mem.h"

/* Where the codes of the genome's embedding are. */
static uint8_t **table_of(struct judge *j, const struct genome *g)
{
    uint32_t d = 0;

    while (j->space->emb_dim.value[d] != g->emb_dim)
        d++;
    return &j->table[g->emb_bits][d];
}

/* Codes of the embedding in n's bits and dim, for all models of these. */
static void make_table(struct judge *j, struct subnet *n)
{
    uint8_t **table = table_of(j, &n->genome);

    subnet_calibrate(n, j->data, j->how.calibrate_rows, true);
    *table = mem_alloc(j->store->n_emb + 1, 1);
    freeze_table(n, *table);
}

struct judge *judge_new(const struct space *s, struct store *store, const struct data *d,
                        const struct chip_config *base, const struct params *q,
                        const struct objective *o, const struct judge_options *how,
                        const struct rng *root)
{
    struct judge *j = mem_alloc(1, sizeof *j);
    uint32_t n = d->valid.n < UINT32_MAX ? (uint32_t)d->valid.n : UINT32_MAX;

    j->space = s;
    j->store = store;
    j->data = d;
    j->base = base;
    j->params = q;
    j->objective = *o;
    j->how = *how;
    j->root = *root;
    j->how.eval_rows = how->eval_rows < n ? how->eval_rows : n;
    j->how.exec_rows = how->exec_rows < n ? how->exec_rows : n;
    j->p = mem_alloc((size_t)j->how.eval_rows + j->how.exec_rows + 1, sizeof *j->p);
    j->adapt = adapt_new(store, d, &how->adapt, rng_child(root, "adapt"));
    return j;
}

void judge_prepare(struct judge *j)
{
    const struct choice *bits = &j->space->emb_bits, *dim = &j->space->emb_dim;
    struct rng r = rng_new(0); /* the table depends on bits and dim alone */
    struct genome g;

    genome_random(j->space, &r, &g);
    for (uint32_t i = 0; i < bits->n * dim->n; i++) {
        struct subnet *n;

        g.emb_bits = (uint8_t)bits->value[i / dim->n];
        g.emb_dim = (uint8_t)dim->value[i % dim->n];
        if (*table_of(j, &g))
            continue;
        n = subnet_new(&g, j->store);
        make_table(j, n);
        subnet_free(n);
    }
}

static void forget_priced(struct judge *j)
{
    workload_free(j->priced);
    subnet_free(j->priced_net);
    j->priced = NULL;
    j->priced_net = NULL;
    j->priced_genome[0] = '\0';
}

void judge_free(struct judge *j)
{
    if (!j)
        return;
    forget_priced(j);
    for (uint32_t b = 0; b <= MAX_BITS; b++)
        for (uint32_t d = 0; d < SPACE_MAX_VALUES; d++)
            free(j->table[b][d]);
    adapt_free(j->adapt);
    free(j->known);
    free(j->p);
    free(j);
}

enum err_code judge_build(struct judge *j, const struct candidate *c, bool calibrate,
                          struct subnet **n, struct workload **w, struct err *e)
{
    struct genome g;

    candidate_genome(j->space, c, &g);
    *n = subnet_new(&g, j->store);
    if (calibrate)
        subnet_calibrate(*n, j->data, j->how.calibrate_rows, true);
    if (!*table_of(j, &g))
        make_table(j, *n);
    if (calibrate)
        adapt_model(j->adapt, *n);
    return freeze(w, *n, "candidate", *table_of(j, &g), e);
}

/* j->priced is c's model; its weights do not matter. */
static enum err_code price_model(struct judge *j, const struct candidate *c, struct err *e)
{
    enum err_code rc;

    if (strcmp(j->priced_genome, c->genome) == 0)
        return ERR_OK;
    forget_priced(j);
    if (!(rc = judge_build(j, c, false, &j->priced_net, &j->priced, e)))
        memcpy(j->priced_genome, c->genome, sizeof c->genome);
    return rc;
}

enum err_code judge_cost(struct judge *j, struct candidate *c, struct err *e)
{
    struct plan *p = NULL;
    struct estimate cost;
    struct chip_config chip;
    enum err_code rc = price_model(j, c, e);

    c->feasible = 0;
    candidate_chip(j->space, c, j->base, &chip);
    if (!rc)
        rc = plan_new_outline(&p, j->priced, &chip, e);
    if (rc) /* refused: its accumulators, shapes or units do not fit */
        return rc == ERR_CONFIG ? ERR_OK : rc;
    c->n_units = 0;
    for (uint32_t i = 0; i < p->n_nodes; i++)
        c->n_units += p->tile[i].n_contexts > 0;
    if (c->n_units > j->objective.max_units)
        goto out;
    if ((rc = estimate_plan(p, j->params, &cost, e)))
        goto out;
    c->feasible = 1;
    candidate_price(c, &cost);
out:
    plan_free(p);
    return rc;
}

static const struct known *find_known(const struct judge *j, const char *genome)
{
    for (size_t i = 0; i < j->n_known; i++)
        if (strcmp(j->known[i].genome, genome) == 0)
            return &j->known[i];
    return NULL;
}

static bool recall(const struct judge *j, struct candidate *c)
{
    const struct known *k = find_known(j, c->genome);

    if (k)
        c->logloss = k->logloss;
    return k != NULL;
}

static void remember(struct judge *j, const struct candidate *c)
{
    if (j->n_known == j->room_known) {
        size_t room = j->room_known ? 2 * j->room_known : 64;

        j->known = mem_grow(j->known, j->room_known, room, sizeof *j->known);
        j->room_known = room;
    }
    memcpy(j->known[j->n_known].genome, c->genome, sizeof c->genome);
    j->known[j->n_known++].logloss = c->logloss;
}

void judge_learn(struct judge *j, const struct candidate *c)
{
    if (c->feasible && !find_known(j, c->genome))
        remember(j, c);
}

static bool may_clip(const struct judge *j, const struct candidate *c)
{
    struct chip_config chip;

    candidate_chip(j->space, c, j->base, &chip);
    return j->how.exec_rows > 0 && chip_may_lose(&chip);
}

enum err_code judge_adc_loss(struct judge *j, const struct candidate *c, const struct subnet *n,
                             const struct workload *w, double *loss, struct err *e)
{
    const struct data_split *v = &j->data->valid;
    struct plan *p = NULL;
    struct exec *x = NULL;
    struct chip_config chip;
    double exact, clipped;
    enum err_code rc;

    *loss = 0;
    if (!may_clip(j, c))
        return ERR_OK;
    candidate_chip(j->space, c, j->base, &chip);
    if ((rc = plan_new(&p, w, &chip, e)))
        return rc;
    x = exec_new(p);
    rc = freeze_predict(w, NULL, n, v, 0, j->how.exec_rows, j->p, NULL, NULL, e);
    exact = metric_logloss(v->label, j->p, j->how.exec_rows);
    if (!rc)
        rc = freeze_predict(w, x, n, v, 0, j->how.exec_rows, j->p, NULL, NULL, e);
    clipped = metric_logloss(v->label, j->p, j->how.exec_rows);
    *loss = clipped > exact ? clipped - exact : 0;
    exec_free(x);
    plan_free(p);
    return rc;
}

/* Builds, and measures what is not known. */
static enum err_code measure(struct judge *j, struct candidate *c, double *loss, struct err *e)
{
    const struct data_split *v = &j->data->valid;
    struct subnet *n = NULL;
    struct workload *w = NULL;
    enum err_code rc = judge_build(j, c, true, &n, &w, e);

    if (!rc && !recall(j, c)) {
        subnet_predict(n, v, 0, j->how.eval_rows, true, j->p);
        c->logloss = metric_logloss(v->label, j->p, j->how.eval_rows);
        remember(j, c);
    }
    if (!rc)
        rc = judge_adc_loss(j, c, n, w, loss, e);
    workload_free(w);
    subnet_free(n);
    adapt_undo(j->adapt);
    return rc;
}

void judge_score(const struct judge *j, struct candidate *c)
{
    c->excess = objective_excess(&j->objective, c, j->base->clock_mhz);
    c->score = objective_score(&j->objective, c, j->base->clock_mhz);
}

enum err_code judge_accuracy(struct judge *j, struct candidate *c, struct err *e)
{
    double loss = 0;
    enum err_code rc = ERR_OK;

    if (!recall(j, c) || may_clip(j, c))
        rc = measure(j, c, &loss, e);
    c->logloss_chip = c->logloss + loss;
    judge_score(j, c);
    if (rc == ERR_CONFIG) { /* only with calibrated scales does it overflow */
        c->feasible = 0;
        c->score = HUGE_VAL;
        rc = ERR_OK;
    }
    return rc;
}
