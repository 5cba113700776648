/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nas/evolve.h"
#include "nas/finish.h"
#include "nas/run_config.h"
#include "nas/supernet.h"
#include "sim/base/file.h"
#include "sim/base/mem.h"

enum { STATE_VERSION = 2, KEY_BYTES = 65, PATH_BYTES = 1024 };

struct nas {
    struct nas_config config;
    char dir[PATH_BYTES], params_dir[PATH_BYTES];
    struct watch watch;
    struct crew *crew, *alone; /* crew: borrowed */
    struct data *data;
    char data_key[KEY_BYTES];
    struct space space;
    struct rng root;
    struct chip_config base;
    struct params *params;
};

/* ---- keys ---- */

static void hash_split(FILE *f, const struct data_split *s, const struct data *d)
{
    char hash[KEY_BYTES];

    fprintf(f, "%llu\n", (unsigned long long)s->n);
    bytes_sha256(s->label, s->n, hash);
    fprintf(f, "%s\n", hash);
    bytes_sha256(s->lookup, s->n * d->n_fields * sizeof *s->lookup, hash);
    fprintf(f, "%s\n", hash);
    bytes_sha256(s->dense, s->n * d->n_dense * sizeof *s->dense, hash);
    fprintf(f, "%s\n", hash);
}

static void hash_text(void (*print)(FILE *f, const void *self), const void *self,
                      char key[KEY_BYTES])
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = mem_text_open(&text, &n);

    print(f, self);
    mem_text_close(f, &text);
    bytes_sha256(text, n, key);
    free(text);
}

static void write_data_key(FILE *f, const void *self)
{
    const struct data *d = self;

    fprintf(f, "%u %u\n", d->n_dense, d->n_fields);
    for (uint32_t i = 0; i < d->n_fields; i++)
        fprintf(f, "%u\n", d->n_rows[i]);
    if (*d->digest) { /* a cache tells what is in it */
        fprintf(f, "%s\n", d->digest);
        return;
    }
    hash_split(f, &d->train, d);
    hash_split(f, &d->valid, d);
}

struct stage_key {
    const struct nas *n;
    enum nas_stage stage;
};

static void write_stage_key(FILE *f, const void *self)
{
    const struct stage_key *k = self;
    size_t n;
    const struct cfg_key *keys = nas_config_keys(false, &n);

    n = nas_config_n_keys_of(k->stage);
    fprintf(f, "%d %d %s\n", STATE_VERSION, (int)k->stage, k->n->data_key);
    cfg_write(f, keys + 1, n - 1, &k->n->config);
    if (k->stage != NAS_TRAIN)
        cfg_write(f, chip_config_keys, chip_config_n_keys, &k->n->base);
    if (k->stage == NAS_TUNE)
        fprintf(f, "%u\n", k->n->config.n_requests);
}

static void stage_key(const struct nas *n, enum nas_stage stage, char key[KEY_BYTES])
{
    struct stage_key k = {n, stage};

    hash_text(write_stage_key, &k, key);
}

/* ---- opening ---- */

static char *path_of(const struct nas *n, const char *name)
{
    return mem_printf("%s/%s", n->dir, name);
}

static enum err_code open_chip(struct nas *n, struct err *e)
{
    const struct nas_config *c = &n->config;
    enum err_code rc;

    memset(&n->base, 0, sizeof n->base);
    if (c->base_design[0])
        rc = chip_config_load(c->base_design, NULL, 0, &n->base, e);
    else
        rc = chip_config_read(NULL, &n->base, e);
    if (rc)
        return rc;
    return params_load(&n->params, n->params_dir, n->base.params, e);
}

enum err_code nas_open(struct nas **out, const struct nas_config *c, const char *dir,
                       const char *params_dir, const struct watch *watch, struct crew *crew,
                       struct err *e)
{
    struct nas *n = mem_alloc(1, sizeof *n);
    struct data_options o = {.seed = c->seed, .max_rows = c->max_rows, .watch = &n->watch};
    enum err_code rc;

    n->config = *c;
    n->watch = *watch;
    snprintf(n->dir, sizeof n->dir, "%s", dir);
    snprintf(n->params_dir, sizeof n->params_dir, "%s", params_dir);
    n->root = rng_new(c->seed);
    if ((rc = nas_config_space(c, &n->space, e)) ||
        (rc = crew_new(&n->alone, 1, false, watch->loop, e)))
        goto fail;
    n->crew = crew ? crew : n->alone;
    if ((rc = file_mkdirs(dir, e)) || (rc = open_chip(n, e)) ||
        (rc = data_open(&n->data, c->dataset, &o, e)))
        goto fail;
    if (n->data->n_fields == 0) {
        rc = err_set(e, ERR_CONFIG, "%s: no categorical fields", c->dataset);
        goto fail;
    }
    hash_text(write_data_key, n->data, n->data_key);
    *out = n;
    return ERR_OK;
fail:
    nas_close(n);
    return rc;
}

const struct data *nas_data(const struct nas *n)
{
    return n->data;
}

void nas_close(struct nas *n)
{
    if (!n)
        return;
    data_free(n->data);
    params_free(n->params);
    crew_free(n->alone);
    free(n);
}

/* ---- training ---- */

static struct store *new_store(const struct nas *n)
{
    struct rng r = rng_child(&n->root, "store");

    return store_new(&n->space, NULL, n->data, &r);
}

/* Fill s with the trained supernet; trains what is missing. */
static enum err_code train(struct nas *n, struct store *s, struct err *e)
{
    const struct nas_config *c = &n->config;
    struct rng r = rng_child(&n->root, "train");
    char key[KEY_BYTES], *path = path_of(n, "supernet.ckpt");
    struct supernet_options o = {.epochs = c->train_epochs,
                                 .warmup_epochs = c->warmup_epochs,
                                 .how = nas_config_learning(c),
                                 .ckpt = path,
                                 .key = key,
                                 .ckpt_steps = c->checkpoint_steps,
                                 .watch = n->watch};
    enum err_code rc;

    stage_key(n, NAS_TRAIN, key);
    rc = supernet_train(s, &n->space, n->data, &r, &o, NULL, e);
    free(path);
    return rc;
}

enum err_code nas_train(struct nas *n, struct err *e)
{
    struct store *s = new_store(n);
    enum err_code rc = train(n, s, e);

    store_free(s);
    return rc;
}

/* ---- search ---- */

static double base_logloss(const struct data_split *v)
{
    uint64_t ones = 0;
    double p;

    for (uint64_t i = 0; i < v->n; i++)
        ones += v->label[i];
    p = (double)ones / (double)v->n;
    return p > 0 && p < 1 ? -p * log(p) - (1 - p) * log(1 - p) : 1;
}

static struct objective objective_of(const struct nas *n)
{
    const struct nas_config *c = &n->config;

    return (struct objective){.weight_logloss = c->weight_logloss,
                              .weight_latency = c->weight_latency,
                              .weight_interval = c->weight_interval,
                              .weight_energy = c->weight_energy,
                              .weight_area = c->weight_area,
                              .max_latency_us = c->max_latency_us,
                              .max_energy_nj = c->max_energy_nj,
                              .max_area_mm2 = c->max_area_mm2,
                              .max_units = c->max_units,
                              .base_logloss = base_logloss(&n->data->valid)};
}

double nas_score(const struct nas *n, const struct estimate *cost, double logloss_chip)
{
    struct objective o = objective_of(n);
    struct candidate c = {.logloss_chip = logloss_chip};

    candidate_price(&c, cost);
    return objective_score(&o, &c, n->base.clock_mhz);
}

/* opt: what the configuration does not say: strategy, files, crew. */
static enum err_code explore(struct nas *n, struct store *s, const struct evolve_options *opt,
                             struct archive *out, struct err *e)
{
    const struct nas_config *c = &n->config;
    struct rng r = rng_child(&n->root, "search");
    struct objective o = objective_of(n);
    struct judge_options how = {c->eval_rows, c->exec_rows, c->calibrate_rows, nas_config_adapt(c),
                                nas_config_tune(c)};
    struct evolve_options all = *opt;
    struct judge *j;
    enum err_code rc;

    how.tune.rounded = true;
    how.tune.epochs = c->final_epochs;
    how.tune.calibrate_rows = c->calibrate_rows;
    j = judge_new(&n->space, s, n->data, &n->base, n->params, &o, &how, &r);
    all.population = c->population;
    all.generations = c->generations;
    all.children = c->children;
    all.tournament = c->tournament;
    all.sim_requests = c->sim_requests;
    all.watch = n->watch;
    rc = evolve(out, j, &n->space, &n->base, &o, &r, &all, e);
    judge_free(j);
    return rc;
}

static enum err_code search(struct nas *n, struct store *s, struct crew *crew,
                            struct candidate *best, struct err *e)
{
    char key[KEY_BYTES], *state = path_of(n, "search.state"), *pareto = path_of(n, "pareto.csv"),
                         *all = path_of(n, "archive.h5");
    struct evolve_options opt = {.strategy = (enum strategy)n->config.strategy,
                                 .survivors = n->config.survivors,
                                 .state = state,
                                 .key = key,
                                 .pareto = pareto,
                                 .archive = all,
                                 .crew = crew};
    struct archive a;
    enum err_code rc;

    stage_key(n, NAS_SEARCH, key);
    rc = explore(n, s, &opt, &a, e);
    if (!rc)
        *best = *archive_best(&a);
    archive_fini(&a);
    free(all);
    free(pareto);
    free(state);
    return rc;
}

enum err_code nas_explore(struct nas *n, enum strategy strategy, struct archive *out, struct err *e)
{
    struct store *s = new_store(n);
    struct evolve_options opt = {.strategy = strategy, .crew = n->crew};
    enum err_code rc = train(n, s, e);

    *out = (struct archive){0};
    if (!rc)
        rc = explore(n, s, &opt, out, e);
    store_free(s);
    return rc;
}

enum err_code nas_search(struct nas *n, struct err *e)
{
    struct store *s = new_store(n);
    struct candidate best;
    enum err_code rc = train(n, s, e);

    if (!rc)
        rc = search(n, s, n->crew, &best, e);
    store_free(s);
    return rc;
}

/* ---- finishing ---- */

static enum err_code tune(struct nas *n, struct subnet *net, bool rounded, const char *key,
                          struct err *e)
{
    const struct nas_config *c = &n->config;
    struct rng r = rng_child(&n->root, "tune");
    char *path = path_of(n, rounded ? "subnet.ckpt" : "float.ckpt");
    struct tune_options o = nas_config_tune(c);
    enum err_code rc;

    o.rounded = rounded;
    o.ckpt = path;
    o.key = key;
    o.watch = n->watch;
    rc = subnet_tune(net, n->data, &r, &o, NULL, e);

    free(path);
    return rc;
}

/* Tuned and measured, once in float, once as integers. */
static enum err_code finish_model(struct nas *n, struct finish *f, const struct candidate *best,
                                  bool rounded, struct nas_summary *out, struct err *e)
{
    struct store *s = new_store(n);
    struct subnet *net;
    struct genome g;
    enum err_code rc = n->config.tune_inherit ? train(n, s, e) : ERR_OK;

    candidate_genome(&n->space, best, &g);
    net = subnet_new(&g, s);
    if (!rc)
        rc = tune(n, net, rounded, f->key, e);
    if (!rc && rounded)
        rc = finish_write(f, net, out, e);
    else if (!rc)
        finish_float(f, net, out);
    subnet_free(net);
    store_free(s);
    return rc;
}

static enum err_code finish(struct nas *n, struct finish *f, struct nas_summary *out, struct err *e)
{
    struct store *s = new_store(n);
    struct candidate best;
    enum err_code rc;

    memset(out, 0, sizeof *out);
    if ((rc = train(n, s, e)) || (rc = search(n, s, n->alone, &best, e)))
        goto out;
    candidate_chip(&n->space, &best, &n->base, &f->chip);
    if (!(rc = finish_model(n, f, &best, false, out, e)))
        rc = finish_model(n, f, &best, true, out, e);
out:
    store_free(s);
    return rc;
}

enum err_code nas_finish(struct nas *n, struct nas_summary *out, struct err *e)
{
    char key[KEY_BYTES], *design = path_of(n, "design.yaml"), *workload = path_of(n, "workload.h5"),
                         *accuracy = path_of(n, "accuracy.json");
    struct finish f = {.data = n->data,
                       .design = design,
                       .workload = workload,
                       .accuracy = accuracy,
                       .key = key,
                       .n_requests = n->config.n_requests,
                       .max_auc_loss = n->config.max_auc_loss,
                       .max_logloss_loss = n->config.max_logloss_loss,
                       .watch = n->watch};
    bool found;
    enum err_code rc;

    stage_key(n, NAS_TUNE, key);
    rc = finish_read(&f, &found, out, e);
    if (!rc && !found)
        rc = finish(n, &f, out, e);
    free(accuracy);
    free(workload);
    free(design);
    return rc;
}
