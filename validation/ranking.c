/* SPDX-License-Identifier: Apache-2.0 */
#include "validation/ranking.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nas/run_config.h"
#include "nas/supernet.h"
#include "sim/base/mem.h"
#include "validation/model.h"

enum { FEW_BITS = 4 };
enum way { SHARED, ADAPTED, ANEW, AGAIN, N_WAYS };

struct ranking {
    const struct validate_ranking *v;
    const struct nas_config *c;
    FILE *out;
    struct rng root;
    struct data *data;
    struct space space;
    struct store *store;
    struct adapt *adapt;
    /* (n_models) of the group at hand */
    struct genome *genome;
    double (*loss)[N_WAYS];
};

double kendall_tau(const double *a, const double *b, size_t n)
{
    double agree = 0, in_a = 0, in_b = 0;

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++) {
            int x = (a[i] > a[k]) - (a[i] < a[k]), y = (b[i] > b[k]) - (b[i] < b[k]);

            agree += x * y;
            in_a += x != 0;
            in_b += y != 0;
        }
    return agree / sqrt(in_a * in_b);
}

static double logloss(const struct ranking *k, struct subnet *n)
{
    const struct data_split *s = &k->data->valid;
    uint64_t rows = s->n < k->c->eval_rows ? s->n : k->c->eval_rows;
    double *p = mem_alloc(rows, sizeof *p), loss;

    subnet_predict(n, s, 0, rows, true, p);
    loss = metric_logloss(s->label, p, rows);
    free(p);
    return loss;
}

static void inherited(struct ranking *k, const struct genome *g, double loss[N_WAYS])
{
    struct subnet *n = subnet_new(g, k->store);

    subnet_calibrate(n, k->data, k->c->calibrate_rows, true);
    loss[SHARED] = logloss(k, n);
    adapt_model(k->adapt, n);
    loss[ADAPTED] = logloss(k, n);
    adapt_undo(k->adapt);
    subnet_free(n);
}

/* From weights, and by batches, that the attempt's number chooses. */
static enum err_code anew(const struct ranking *k, const struct genome *g, uint32_t attempt,
                          double *loss, struct err *e)
{
    struct rng root = rng_child_n(&k->root, "anew", attempt);
    struct tune_options o = nas_config_tune(k->c);
    struct model m;
    enum err_code rc;

    o.rounded = true;
    o.calibrate_rows = k->c->calibrate_rows;
    o.watch.loop = k->v->watch.loop;
    model_of_genome(&m, &k->space, g, k->data, &root);
    if (!(rc = model_train(&m, &o, e)))
        *loss = logloss(k, m.net);
    model_free(&m);
    return rc;
}

static void few_bits(struct genome *g)
{
    g->emb_bits = FEW_BITS;
    for (uint32_t i = 0; i < g->n_blocks; i++) {
        struct genome_block *b = &g->b[i];

        b->w_dense = b->w_sparse = b->a_dense = b->a_sparse = FEW_BITS;
        b->w_dsi = b->dsi ? FEW_BITS : 0;
        b->w_fm = b->fm ? FEW_BITS : 0;
    }
}

/* Model `number`: its losses. A crew_fn. */
static enum err_code measure(void *self, uint64_t number, void *out, struct err *e)
{
    struct ranking *k = self;
    const struct genome *g = &k->genome[number];
    double *loss = out;
    enum err_code rc;

    inherited(k, g, loss);
    if (!(rc = anew(k, g, 0, &loss[ANEW], e)))
        rc = anew(k, g, 1, &loss[AGAIN], e);
    return rc;
}

static void progress(void *self, uint32_t n_done)
{
    const struct ranking *k = self;
    const struct watch *w = &k->v->watch;
    struct nas_status s = {"models", n_done, k->v->n_models, NAN, NAN};

    if (w->progress)
        w->progress(w->self, &s);
}

static void print_rows(const struct ranking *k)
{
    char text[SPACE_TEXT_BYTES];

    for (uint32_t i = 0; i < k->v->n_models; i++) {
        for (enum way w = 0; w < N_WAYS; w++)
            fprintf(k->out, "%10.5f ", k->loss[i][w]);
        genome_text(&k->genome[i], text);
        fprintf(k->out, " %s\n", text);
    }
}

static void print_taus(const struct ranking *k)
{
    uint32_t n = k->v->n_models;
    double *of[N_WAYS], *trained = mem_alloc(n, sizeof *trained);

    for (enum way w = 0; w < N_WAYS; w++) {
        of[w] = mem_alloc(n, sizeof *of[w]);
        for (uint32_t i = 0; i < n; i++)
            of[w][i] = k->loss[i][w];
    }
    for (uint32_t i = 0; i < n; i++)
        trained[i] = (of[ANEW][i] + of[AGAIN][i]) / 2;
    fprintf(k->out,
            "Kendall's tau over %u models: shared %.3f, adapted %.3f; anew and again %.3f\n", n,
            kendall_tau(of[SHARED], trained, n), kendall_tau(of[ADAPTED], trained, n),
            kendall_tau(of[ANEW], of[AGAIN], n));
    fflush(k->out);
    for (enum way w = 0; w < N_WAYS; w++)
        free(of[w]);
    free(trained);
}

static enum err_code group(struct ranking *k, bool few, struct err *e)
{
    uint32_t n = k->v->n_models;
    struct rng draw = rng_child(&k->root, few ? "few" : "any");
    enum err_code rc;

    for (uint32_t i = 0; i < n; i++) {
        genome_random(&k->space, &draw, &k->genome[i]);
        if (few)
            few_bits(&k->genome[i]);
    }
    fprintf(k->out, "%s\n%10s %10s %10s %10s  model\n",
            few ? "\n4 bits everywhere" : "any precision", "shared", "adapted", "anew", "again");
    crew_progress(k->v->crew, progress, k);
    if ((rc = crew_map(k->v->crew, measure, k, 0, n, sizeof *k->loss, k->loss, e)))
        return rc;
    print_rows(k);
    print_taus(k);
    return ERR_OK;
}

static enum err_code train(struct ranking *k, struct err *e)
{
    const struct nas_config *c = k->c;
    struct rng weights = rng_child(&k->root, "store"), steps = rng_child(&k->root, "train");
    struct adapt_options adapt = nas_config_adapt(c);
    struct supernet_options o = {.epochs = c->train_epochs,
                                 .warmup_epochs = c->warmup_epochs,
                                 .how = nas_config_learning(c),
                                 .watch = k->v->watch};
    enum err_code rc;

    k->store = store_new(&k->space, NULL, k->data, &weights);
    rc = supernet_train(k->store, &k->space, k->data, &steps, &o, NULL, e);
    k->adapt = adapt_new(k->store, k->data, &adapt, rng_child(&k->root, "adapt"));
    return rc;
}

enum err_code validate_ranking(const struct validate_ranking *v, const struct nas_config *config,
                               FILE *out, struct err *e)
{
    struct ranking k = {.v = v, .c = config, .out = out, .root = rng_new(config->seed)};
    struct data_options o = {
        .seed = config->seed, .max_rows = config->max_rows, .watch = &v->watch};
    enum err_code rc;

    k.genome = mem_alloc(v->n_models, sizeof *k.genome);
    k.loss = mem_alloc(v->n_models, sizeof *k.loss);
    rc = nas_config_space(config, &k.space, e);
    if (!rc && !(rc = data_open(&k.data, config->dataset, &o, e)) && !(rc = train(&k, e)) &&
        !(rc = group(&k, false, e)))
        rc = group(&k, true, e);
    free(k.loss);
    free(k.genome);
    adapt_free(k.adapt);
    store_free(k.store);
    data_free(k.data);
    return rc;
}
