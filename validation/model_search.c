/* SPDX-License-Identifier: Apache-2.0 */
#include "validation/model_search.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "sim/base/mem.h"
#include "validation/model.h"

enum { RANDOM = 16, CHILDREN = 8, PARENTS = 8, TOURNAMENT = 3, REDRAWS = 64, HELD_SHARE = 8 };
/* Models trained once more with each generation; those of the end, and how often. */
enum { AGAIN = 4, FINALISTS = 4, FINAL_TRAININGS = 3, MAX_TRAININGS = 16 };

struct judged {
    struct genome genome;
    uint32_t n; /* trainings */
    double sum; /* of their LogLosses */
};

/* One training of one model of the pool. */
struct training {
    uint32_t model, attempt;
};

struct evolution {
    const struct model_search *s;
    struct rng root;
    struct judged *pool; /* (n), the least mean first */
    uint32_t n, n_done;  /* models; trainings */
    struct training training[MAX_TRAININGS];
    uint32_t n_trainings; /* at hand */
};

struct data model_search_split(const struct data *d)
{
    struct data view = *d;
    uint64_t n = d->train.n / HELD_SHARE ? d->train.n / HELD_SHARE : 1, first = d->train.n - n;

    assert(d->train.n > 1);
    view.train.n = first;
    view.valid = (struct data_split){.n = n,
                                     .label = d->train.label + first,
                                     .dense = d->train.dense + first * d->n_dense,
                                     .lookup = d->train.lookup + first * d->n_fields};
    view.test = (struct data_split){0};
    view.bayes_logloss = view.bayes_auc = NAN;
    return view;
}

/* ---- judging ---- */

static double mean(const struct judged *j)
{
    return j->sum / j->n;
}

/* n more trainings of a model of the pool. */
static void enter(struct evolution *v, uint32_t model, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        assert(v->n_trainings < MAX_TRAININGS);
        v->training[v->n_trainings++] = (struct training){model, v->pool[model].n + i};
    }
}

/* A crew_fn. Weights and the order of rows are the attempt's: at the same attempt all models have
 * the same order. */
static enum err_code train(void *self, uint64_t number, void *out, struct err *e)
{
    const struct evolution *v = self;
    const struct model_search *s = v->s;
    const struct training *t = &v->training[number];
    struct rng root = rng_child_n(&v->root, "training", t->attempt);
    struct tune_options o = s->recipe;
    double *loss = out;
    struct model m;
    enum err_code rc;

    o.rounded = false;
    o.watch = (struct watch){.loop = s->watch.loop};
    model_of_genome(&m, s->space, &v->pool[t->model].genome, s->data, &root);
    if (!(rc = model_train(&m, &o, e)))
        *loss = model_in_float(&m).logloss;
    model_free(&m);
    return rc;
}

static void sort(struct evolution *v)
{
    for (uint32_t i = 1; i < v->n; i++) {
        struct judged j = v->pool[i];
        uint32_t k = i;

        for (; k > 0 && mean(&j) < mean(&v->pool[k - 1]); k--)
            v->pool[k] = v->pool[k - 1];
        v->pool[k] = j;
    }
}

/* The trainings at hand. */
static enum err_code judge(struct evolution *v, struct err *e)
{
    double loss[MAX_TRAININGS];
    enum err_code rc = crew_map(v->s->crew, train, v, 0, v->n_trainings, sizeof *loss, loss, e);

    if (rc)
        return rc;
    for (uint32_t i = 0; i < v->n_trainings; i++) {
        v->pool[v->training[i].model].sum += loss[i];
        v->pool[v->training[i].model].n++;
    }
    v->n_done += v->n_trainings;
    v->n_trainings = 0;
    sort(v);
    return ERR_OK;
}

static uint32_t at_most(uint32_t n, uint32_t most)
{
    return n < most ? n : most;
}

/* All the trainings of a search. */
static uint64_t n_all(const struct model_search *s)
{
    uint64_t n = s->n_models;
    uint64_t generations = n > RANDOM ? (n - RANDOM + CHILDREN - 1) / CHILDREN : 0;

    return n + generations * AGAIN + at_most(s->n_models, FINALISTS) * FINAL_TRAININGS;
}

static void show(void *self, uint32_t n_done)
{
    const struct evolution *v = self;
    const struct watch *w = &v->s->watch;
    struct nas_status status = {"search", v->n_done + n_done, n_all(v->s),
                                v->n_done ? mean(v->pool) : NAN, NAN};

    if (w->progress)
        w->progress(w->self, &status);
}

/* ---- generations ---- */

static const struct genome *parent(const struct evolution *v, uint32_t n, struct rng *r)
{
    uint64_t best = n;

    for (uint32_t i = 0; i < TOURNAMENT; i++) {
        uint64_t k = rng_below(r, n);

        best = k < best ? k : best;
    }
    return &v->pool[best].genome;
}

/* n_judged 0: there is nothing yet to breed from. */
static void propose(const struct evolution *v, uint32_t n_judged, struct rng *r, struct genome *g)
{
    uint32_t n = at_most(n_judged, PARENTS);

    if (!n) {
        genome_random(v->s->space, r, g);
        return;
    }
    *g = *parent(v, n, r);
    if (rng_below(r, 4) == 0)
        genome_cross(r, g, parent(v, n, r), g);
    for (uint64_t i = 1 + rng_below(r, 3); i > 0; i--)
        genome_mutate(v->s->space, r, g);
}

static bool is_new(const struct evolution *v, const struct genome *g)
{
    for (uint32_t i = 0; i < v->n; i++)
        if (genome_equal(&v->pool[i].genome, g))
            return false;
    return true;
}

static enum err_code one_generation(struct evolution *v, struct err *e)
{
    uint32_t n_judged = v->n;
    uint32_t n = at_most(v->s->n_models - n_judged, n_judged ? CHILDREN : RANDOM);

    for (uint32_t i = 0; i < at_most(n_judged, AGAIN); i++)
        enter(v, i, 1);
    for (uint32_t i = 0; i < n; i++) {
        struct rng r = rng_child_n(&v->root, "candidate", v->n);
        struct genome g;
        uint32_t k = 0;

        do
            propose(v, n_judged, &r, &g);
        while (!is_new(v, &g) && ++k < REDRAWS);
        v->pool[v->n] = (struct judged){.genome = g};
        enter(v, v->n++, 1);
    }
    return judge(v, e);
}

static enum err_code finals(struct evolution *v, struct genome *out, struct err *e)
{
    uint32_t n = at_most(v->n, FINALISTS);
    enum err_code rc;

    v->n = n; /* the others have been trained less often */
    for (uint32_t i = 0; i < n; i++)
        enter(v, i, FINAL_TRAININGS);
    rc = judge(v, e);
    *out = v->pool[0].genome;
    return rc;
}

enum err_code model_search(const struct model_search *s, struct genome *out, struct err *e)
{
    struct rng seed = rng_new(s->seed);
    struct evolution v = {.s = s, .root = rng_child(&seed, "model_search")};
    enum err_code rc = ERR_OK;

    assert(s->n_models > 0);
    v.pool = mem_alloc(s->n_models, sizeof *v.pool);
    crew_progress(s->crew, show, &v);
    while (!rc && v.n < s->n_models)
        rc = one_generation(&v, e);
    if (!rc)
        rc = finals(&v, out, e);
    crew_progress(s->crew, NULL, NULL);
    free(v.pool);
    return rc;
}
