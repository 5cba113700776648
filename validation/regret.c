/* SPDX-License-Identifier: Apache-2.0 */
#include "validation/regret.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "sim/base/mem.h"
#include "validation/model.h"

enum { BLOCKS = 3, EMBED_DIM = 16, MAX_DENSE_DIM = 1024, MAX_SPARSE_DIM = 64 };

/* Chosen on the validation parts of seed 1. */
static const char *const held_genome =
    "e8x16/fc128w8a8-efc32w8a8-d0-s0/dp256w8a8-efc16w8a8-d1-s0/fc128w8a8-efc16w8a8-d12-s0";
static const struct zoo_options zoo_options = {EMBED_DIM, 3, {128, 128, 128}, 8, 8, 8};

struct regret {
    const struct validate_regret *v;
    FILE *out;
    struct genome genome;
    struct space space;
};

static enum err_code train(const struct regret *r, struct model *m, bool rounded, struct err *e)
{
    struct tune_options o = r->v->recipe;

    o.rounded = rounded;
    return model_train(m, &o, e);
}

static void print(const struct regret *r, const char *model, const char *arithmetic,
                  struct figures f)
{
    fprintf(r->out, "%-10s %-10s %-15s %10.5f %10.5f\n", r->v->name, model, arithmetic, f.logloss,
            f.logloss - r->v->data->bayes_logloss);
    fflush(r->out);
}

static void make_genome(const struct regret *r, struct model *m)
{
    struct rng root = rng_new(r->v->seed);

    model_of_genome(m, &r->space, &r->genome, r->v->data, &root);
}

static enum err_code in_float(const struct regret *r, double *logloss, struct err *e)
{
    struct model m;
    struct figures f;
    enum err_code rc;

    make_genome(r, &m);
    if (!(rc = train(r, &m, false, e))) {
        f = model_in_float(&m);
        *logloss = f.logloss;
        print(r, "genome", "float", f);
    }
    model_free(&m);
    return rc;
}

static enum err_code genome_in_integers(const struct regret *r, struct err *e)
{
    struct model m;
    struct figures f;
    enum err_code rc;

    make_genome(r, &m);
    if (!(rc = train(r, &m, true, e)) && !(rc = model_freeze(&m, "genome", 1, e)) &&
        !(rc = model_in_integers(&m, NULL, r->v->data->valid.n, &r->v->recipe.watch, &f, e)))
        print(r, "genome", "exact integers", f);
    model_free(&m);
    return rc;
}

static enum err_code of_zoo(const struct regret *r, enum zoo kind, double *logloss, struct err *e)
{
    struct rng root = rng_new(r->v->seed);
    struct model m;
    struct figures f;
    enum err_code rc;

    model_of_zoo(&m, kind, &zoo_options, r->v->data, &root);
    if (!(rc = train(r, &m, false, e))) {
        f = model_in_float(&m);
        *logloss = f.logloss;
        print(r, zoo_kinds[kind].name, "float", f);
    }
    model_free(&m);
    return rc;
}

static enum err_code verdict(const struct regret *r, double own, const double zoo[ZOO_N],
                             struct err *e)
{
    double bayes = r->v->data->bayes_logloss;
    enum zoo least = 0;

    for (enum zoo kind = 0; kind < ZOO_N; kind++)
        least = zoo[kind] < zoo[least] ? kind : least;
    if (zoo[least] < own)
        return err_set(e, ERR_MISMATCH, "%s: regret %.5f of %s is below %.5f of the genome",
                       r->v->name, zoo[least] - bayes, zoo_kinds[least].name, own - bayes);
    return ERR_OK;
}

enum err_code validate_regret(const struct validate_regret *v, FILE *out, struct err *e)
{
    struct regret *r = mem_alloc(1, sizeof *r);
    double own = 0, zoo[ZOO_N] = {0};
    enum err_code rc;

    assert(!isnan(v->data->bayes_logloss));
    r->v = v;
    r->out = out;
    space_init(&r->space, SPACE_FULL, BLOCKS, MAX_DENSE_DIM, MAX_SPARSE_DIM);
    space_embedding(&r->space, EMBED_DIM, 2 * EMBED_DIM);
    fprintf(out, "%-10s %-10s %-15s %10s %10s\n", "data", "model", "arithmetic", "LogLoss",
            "regret");
    print(r, "Bayes", "", (struct figures){v->data->bayes_logloss, v->data->bayes_auc});
    rc = genome_parse(&r->space, held_genome, &r->genome, e);
    for (enum zoo kind = 0; !rc && kind < ZOO_N; kind++)
        rc = of_zoo(r, kind, &zoo[kind], e);
    if (!rc && !(rc = in_float(r, &own, e)) && !(rc = genome_in_integers(r, e)) && v->hold)
        rc = verdict(r, own, zoo, e);
    free(r);
    return rc;
}
