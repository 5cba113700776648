/* SPDX-License-Identifier: Apache-2.0 */
#include "validation/regret.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "sim/base/mem.h"
#include "validation/model.h"
#include "validation/model_search.h"

/* Rows of as many numbers as the zoo's, and no attention: with it models take two to four times as
 * long to train. */
enum { BLOCKS = 3, EMBED_DIM = 16, MAX_DENSE_DIM = 256, MAX_SPARSE_DIM = 32, BITS = 8 };

static const struct zoo_options zoo_options = {EMBED_DIM, 3, {128, 128, 128}, BITS, BITS, BITS};

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

static enum err_code search(struct regret *r, struct err *e)
{
    const struct validate_regret *v = r->v;
    struct data view = model_search_split(v->data);
    struct model_search s = {.space = &r->space,
                             .data = &view,
                             .recipe = v->recipe,
                             .seed = v->seed,
                             .n_models = v->n_models,
                             .crew = v->crew,
                             .watch = v->recipe.watch};

    return model_search(&s, &r->genome, e);
}

static void make_genome(const struct regret *r, struct model *m)
{
    struct rng root = rng_new(r->v->seed);

    model_of_genome(m, &r->space, &r->genome, r->v->data, &root);
}

static enum err_code searched_in_float(const struct regret *r, double *logloss, struct err *e)
{
    struct model m;
    struct figures f;
    enum err_code rc;

    make_genome(r, &m);
    if (!(rc = train(r, &m, false, e))) {
        f = model_in_float(&m);
        *logloss = f.logloss;
        print(r, "searched", "float", f);
    }
    model_free(&m);
    return rc;
}

static enum err_code searched_in_integers(const struct regret *r, struct err *e)
{
    struct model m;
    struct figures f;
    enum err_code rc;

    make_genome(r, &m);
    if (!(rc = train(r, &m, true, e)) && !(rc = model_freeze(&m, "searched", 1, e)) &&
        !(rc = model_in_integers(&m, NULL, r->v->data->valid.n, &r->v->recipe.watch, &f, e)))
        print(r, "searched", "exact integers", f);
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
        return err_set(e, ERR_MISMATCH, "%s: regret %.5f of %s is below %.5f of the searched model",
                       r->v->name, zoo[least] - bayes, zoo_kinds[least].name, own - bayes);
    return ERR_OK;
}

enum err_code validate_regret(const struct validate_regret *v, FILE *out, struct err *e)
{
    struct regret *r;
    double own = 0, zoo[ZOO_N] = {0};
    char text[SPACE_TEXT_BYTES];
    enum err_code rc = ERR_OK;

    assert(!isnan(v->data->bayes_logloss));
    if (v->data->train.n < 2)
        return err_set(e, ERR_CONFIG, "%s: one training row: the search needs two", v->name);
    r = mem_alloc(1, sizeof *r);
    r->v = v;
    r->out = out;
    space_init(&r->space, SPACE_FULL, BLOCKS, MAX_DENSE_DIM, MAX_SPARSE_DIM);
    space_embedding(&r->space, EMBED_DIM, EMBED_DIM);
    space_bits(&r->space, BITS);
    r->space.n_sparse_kinds = SPARSE_EFC + 1;
    fprintf(out, "%-10s %-10s %-15s %10s %10s\n", "data", "model", "arithmetic", "LogLoss",
            "regret");
    print(r, "Bayes", "", (struct figures){v->data->bayes_logloss, v->data->bayes_auc});
    for (enum zoo kind = 0; !rc && kind < ZOO_N; kind++)
        rc = of_zoo(r, kind, &zoo[kind], e);
    if (!rc && !(rc = search(r, e))) {
        genome_text(&r->genome, text);
        fprintf(out, "%-10s found: %s\n", v->name, text);
        rc = searched_in_float(r, &own, e);
    }
    if (!rc && !(rc = searched_in_integers(r, e)) && v->hold)
        rc = verdict(r, own, zoo, e);
    free(r);
    return rc;
}
