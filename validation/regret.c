/* SPDX-License-Identifier: Apache-2.0 */
#include "validation/regret.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "sim/base/mem.h"
#include "validation/model.h"
#include "validation/model_search.h"

/* The space: NASRec-Small's operators; rows of as many numbers as the zoo's, widths around its. */
static const struct choice dense_dim = {3, {64, 128, 256}};
enum { BLOCKS = 3, EMBED_DIM = 16, MAX_DENSE_DIM = 256, MAX_SPARSE_DIM = 32, BITS = 8 };
/* Of each model in float. */
enum { TRAININGS = 3, GENOME = ZOO_N };

/* Chosen by hand, on the validation parts of seed 1. */
static const char *const by_hand =
    "e8x16/fc128w8a8-efc32w8a8-d0-s0/dp256w8a8-efc16w8a8-d1-s0/fc128w8a8-efc16w8a8-d12-s0";
static const struct zoo_options zoo_options = {EMBED_DIM, 3, {128, 128, 128}, BITS, BITS, BITS};

struct regret {
    const struct validate_regret *v;
    FILE *out;
    const char *name; /* of the genome, in rows */
    uint32_t n_to_train;
    struct genome genome;
    struct space space;
};

/* kind: of enum zoo, or GENOME. */
static void make(const struct regret *r, uint32_t kind, uint32_t attempt, struct model *m)
{
    struct rng seed = rng_new(r->v->seed), root = rng_child_n(&seed, "regret", attempt);

    if (kind == GENOME)
        model_of_genome(m, &r->space, &r->genome, r->v->data, &root);
    else
        model_of_zoo(m, (enum zoo)kind, &zoo_options, r->v->data, &root);
}

/* ---- in float ---- */

/* A crew_fn: LogLoss after one training of one model. */
static enum err_code train(void *self, uint64_t number, void *out, struct err *e)
{
    const struct regret *r = self;
    struct tune_options o = r->v->recipe;
    double *logloss = out;
    struct model m;
    enum err_code rc;

    o.rounded = false;
    o.watch.progress = NULL;
    make(r, (uint32_t)number / TRAININGS, (uint32_t)number % TRAININGS, &m);
    if (!(rc = model_train(&m, &o, e)))
        *logloss = model_in_float(&m).logloss;
    model_free(&m);
    return rc;
}

static void show(void *self, uint32_t n_done)
{
    const struct regret *r = self;
    const struct watch *w = &r->v->recipe.watch;
    struct nas_status s = {"models", n_done, r->n_to_train, NAN, NAN};

    if (w->progress)
        w->progress(w->self, &s);
}

static void print(const struct regret *r, const char *model, const char *arithmetic, double logloss)
{
    fprintf(r->out, "%-10s %-10s %-15s %10.5f %10.5f", r->v->name, model, arithmetic, logloss,
            logloss - r->v->data->bayes_logloss);
}

/* A row: mean, and deviation of a single training. Returns the mean. */
static double tell(const struct regret *r, const char *model, const double loss[TRAININGS])
{
    double mean = 0, square = 0;

    for (uint32_t i = 0; i < TRAININGS; i++)
        mean += loss[i] / TRAININGS;
    for (uint32_t i = 0; i < TRAININGS; i++)
        square += (loss[i] - mean) * (loss[i] - mean);
    print(r, model, "float", mean);
    fprintf(r->out, " %10.5f\n", sqrt(square / (TRAININGS - 1)));
    fflush(r->out);
    return mean;
}

/* Mean LogLoss of n kinds from first on. */
static enum err_code in_float(struct regret *r, uint32_t first, uint32_t n, double *mean,
                              struct err *e)
{
    double loss[(GENOME + 1) * TRAININGS];
    enum err_code rc;

    r->n_to_train = n * TRAININGS;
    crew_progress(r->v->crew, show, r);
    rc = crew_map(r->v->crew, train, r, first * TRAININGS, n * TRAININGS, sizeof *loss, loss, e);
    crew_progress(r->v->crew, NULL, NULL);
    for (uint32_t i = 0; i < n && !rc; i++)
        mean[i] = tell(r, first + i == GENOME ? r->name : zoo_kinds[first + i].name,
                       loss + (size_t)i * TRAININGS);
    return rc;
}

/* ---- the genome ---- */

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
    char text[SPACE_TEXT_BYTES];
    enum err_code rc = model_search(&s, &r->genome, e);

    if (rc)
        return rc;
    genome_text(&r->genome, text);
    fprintf(r->out, "%-10s found: %s\n", v->name, text);
    return ERR_OK;
}

static enum err_code choose(struct regret *r, struct err *e)
{
    return r->v->n_models ? search(r, e) : genome_parse(&r->space, by_hand, &r->genome, e);
}

static enum err_code in_integers(const struct regret *r, struct err *e)
{
    struct tune_options o = r->v->recipe;
    struct model m;
    struct figures f;
    enum err_code rc;

    o.rounded = true;
    make(r, GENOME, 0, &m);
    if (!(rc = model_train(&m, &o, e)) && !(rc = model_freeze(&m, r->name, 1, e)) &&
        !(rc = model_in_integers(&m, NULL, r->v->data->valid.n, &o.watch, &f, e))) {
        print(r, r->name, "exact integers", f.logloss);
        fputc('\n', r->out);
    }
    model_free(&m);
    return rc;
}

static enum err_code verdict(const struct regret *r, const double loss[GENOME + 1], struct err *e)
{
    double bayes = r->v->data->bayes_logloss;
    uint32_t least = 0;

    for (uint32_t kind = 0; kind < ZOO_N; kind++)
        least = loss[kind] < loss[least] ? kind : least;
    if (loss[least] < loss[GENOME])
        return err_set(e, ERR_MISMATCH, "%s: regret %.5f of %s is below %.5f of the genome",
                       r->v->name, loss[least] - bayes, zoo_kinds[least].name,
                       loss[GENOME] - bayes);
    return ERR_OK;
}

enum err_code validate_regret(const struct validate_regret *v, FILE *out, struct err *e)
{
    struct regret *r;
    double loss[GENOME + 1];
    enum err_code rc;

    assert(!isnan(v->data->bayes_logloss));
    if (v->n_models && v->data->train.n < 2)
        return err_set(e, ERR_CONFIG, "%s: one training row: the search needs two", v->name);
    r = mem_alloc(1, sizeof *r);
    r->v = v;
    r->out = out;
    r->name = v->n_models ? "searched" : "genome";
    space_init(&r->space, SPACE_SMALL, BLOCKS, MAX_DENSE_DIM, MAX_SPARSE_DIM);
    space_embedding(&r->space, EMBED_DIM, EMBED_DIM);
    space_bits(&r->space, BITS);
    r->space.dense_dim = dense_dim;
    fprintf(out, "%-10s %-10s %-15s %10s %10s %10s\n", "data", "model", "arithmetic", "LogLoss",
            "regret", "deviation");
    print(r, "Bayes", "", v->data->bayes_logloss);
    fputc('\n', out);
    if (!(rc = in_float(r, 0, ZOO_N, loss, e)) && !(rc = choose(r, e)) &&
        !(rc = in_float(r, GENOME, 1, loss + GENOME, e)) && !(rc = in_integers(r, e)) && v->hold)
        rc = verdict(r, loss, e);
    free(r);
    return rc;
}
