/* SPDX-License-Identifier: Apache-2.0 */
#include "validation/contest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arch/map.h"
#include "nas/run_config.h"
#include "sim/base/file.h"
#include "sim/base/mem.h"
#include "validation/contest_cpu.h"
#include "validation/model.h"

enum { CALIBRATE_ROWS = 20480, FIXED_BITS = 8 };

const char *const contender_names[CONTENDER_N] = {
    "searched",  "naive",        "rerec_dlrm", "rerec_deepfm", "isaac_best",
    "puma_best", "cpu_searched", "cpu_dlrm",   "cpu_deepfm",
};

struct hall {
    const struct contest *c;
    struct contest_result *out;
    const struct data *data;
    struct space space;
    struct chip_config naive; /* the technology is its */
    struct genome genome;
    struct rng root;
    char key[65];
};

/* ---- models ---- */

/* The settings, the searched model among them, by which a checkpoint is known. */
static void make_key(struct hall *h)
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = mem_text_open(&text, &n);

    nas_config_write(f, &h->c->config);
    fprintf(f, "contest 1 %s\n", h->out->genome);
    mem_text_close(f, &text);
    bytes_sha256(text, n, h->key);
    free(text);
}

/* m is trained with the settings' rates, calibrated and frozen with the first requests. */
static enum err_code train(const struct hall *h, const char *name, struct model *m, struct err *e)
{
    const struct nas_config *c = &h->c->config;
    char *path = mem_printf("%s/%s.ckpt", h->c->dir, name);
    struct tune_options o = nas_config_tune(c);
    enum err_code rc;

    o.rounded = true;
    o.ckpt = path;
    o.key = h->key;
    o.watch = h->c->watch;
    if (!(rc = model_train(m, &o, e)))
        rc = model_freeze(m, name, c->n_requests, e);
    free(path);
    return rc;
}

/* The searched model with one precision. */
static enum err_code train_fixed(const struct hall *h, struct model *m, struct err *e)
{
    struct genome g = h->genome;

    g.emb_bits = FIXED_BITS;
    for (uint32_t i = 0; i < g.n_blocks; i++) {
        struct genome_block *b = &g.b[i];
        uint8_t *weights[] = {&b->w_dense, &b->w_sparse, &b->w_dsi, &b->w_fm};

        for (size_t k = 0; k < sizeof weights / sizeof *weights; k++)
            *weights[k] = *weights[k] ? FIXED_BITS : 0;
        b->a_dense = b->a_sparse = FIXED_BITS;
    }
    model_of_genome(m, &h->space, &g, h->data, &h->root);
    return train(h, "naive", m, e);
}

static enum err_code train_zoo(const struct hall *h, enum zoo kind, struct model *m, struct err *e)
{
    uint32_t width = h->c->config.max_dense_dim;
    struct zoo_options o = {
        h->c->config.embed_dim, 3, {width, width, width}, FIXED_BITS, FIXED_BITS, FIXED_BITS};

    model_of_zoo(m, kind, &o, h->data, &h->root);
    return train(h, zoo_kinds[kind].name, m, e);
}

/* ---- chips ---- */

/* A preset with everybody's technology. */
static enum err_code load_preset(const struct hall *h, const char *name, struct chip_config *c,
                                 struct err *e)
{
    char *path = mem_printf("%s/%s.yaml", h->c->presets_dir, name);
    enum err_code rc = chip_config_load(path, NULL, 0, c, e);

    c->mvm_read_ns = h->naive.mvm_read_ns;
    c->emb_row_ns = h->naive.emb_row_ns;
    free(path);
    return rc;
}

/* The model on the preset: LogLoss under its converters, cycle-accurate runs. */
static enum err_code compete(const struct hall *h, enum contender who, const struct model *m,
                             const char *preset, struct err *e)
{
    struct figures f = {0};
    struct plan *p = NULL;
    struct exec *x = NULL;
    struct chip_config c;
    enum err_code rc = load_preset(h, preset, &c, e);

    if (!rc && chip_may_lose(&c) && !(rc = plan_new(&p, m->workload, &c, e)))
        x = exec_new(p);
    if (!rc)
        rc = model_in_integers(m, x, h->data->valid.n, &h->c->watch, &f, e);
    h->out->logloss[who] = f.logloss;
    h->out->auc[who] = f.auc;
    if (!rc)
        rc = contest_simulate(h->c, contender_names[who], m->workload, c, h->out->run[who], e);
    exec_free(x);
    plan_free(p);
    return rc;
}

static enum err_code compete_on_cpu(const struct hall *h, enum contender who, const struct model *m,
                                    struct err *e)
{
    struct contest_run run = {.area_mm2 = NAN};
    struct figures f;
    enum err_code rc;

    subnet_calibrate(m->net, h->data, CALIBRATE_ROWS, false);
    f = model_in_float(m);
    h->out->logloss[who] = f.logloss;
    h->out->auc[who] = f.auc;
    rc = contest_cpu(m->net, &h->data->valid, h->c->params_dir, &run, e);
    for (size_t i = 0; i < COST_MODEL_N; i++)
        h->out->run[who][i] = run;
    return rc;
}

/* ---- who competes ---- */

static enum err_code hold_searched(struct hall *h, struct nas *n, struct err *e)
{
    struct contest_searched s;
    enum err_code rc = contest_search(h->c, n, &s, e);

    if (rc)
        return rc;
    memcpy(h->out->run[CONTENDER_SEARCHED], s.run, sizeof s.run);
    memcpy(h->out->genome, s.genome, sizeof s.genome);
    h->out->logloss[CONTENDER_SEARCHED] = s.logloss;
    h->out->auc[CONTENDER_SEARCHED] = s.auc;
    h->out->bayes_logloss = s.bayes_logloss;
    return genome_parse(&h->space, s.genome, &h->genome, e);
}

static enum err_code hold_naive(struct hall *h, struct err *e)
{
    struct model m = {0};
    enum err_code rc = train_fixed(h, &m, e);

    if (!rc)
        rc = compete(h, CONTENDER_NAIVE, &m, "naive", e);
    if (!rc)
        rc = compete_on_cpu(h, CONTENDER_CPU_SEARCHED, &m, e);
    model_free(&m);
    return rc;
}

static enum err_code hold_zoo(struct hall *h, enum zoo kind, struct err *e)
{
    struct contest_result *o = h->out;
    struct model m = {0};
    struct figures f = {0};
    enum err_code rc = train_zoo(h, kind, &m, e);

    if (!rc)
        rc = model_in_integers(&m, NULL, h->data->valid.n, &h->c->watch, &f, e);
    o->zoo_logloss[kind] = f.logloss;
    if (!rc && kind == ZOO_dlrm && !(rc = compete(h, CONTENDER_REREC_DLRM, &m, "rerec-like", e)))
        rc = compete_on_cpu(h, CONTENDER_CPU_DLRM, &m, e);
    if (!rc && kind == ZOO_deepfm &&
        !(rc = compete(h, CONTENDER_REREC_DEEPFM, &m, "rerec-like", e)))
        rc = compete_on_cpu(h, CONTENDER_CPU_DEEPFM, &m, e);
    model_free(&m);
    return rc;
}

/* Its checkpoint is there: training it again costs nothing. */
static enum err_code hold_best(struct hall *h, struct err *e)
{
    struct contest_result *o = h->out;
    struct model m = {0};
    enum err_code rc;

    for (uint32_t i = 0; i < ZOO_N; i++)
        o->best = o->zoo_logloss[i] < o->zoo_logloss[o->best] ? i : o->best;
    rc = train_zoo(h, (enum zoo)o->best, &m, e);
    if (!rc && !(rc = compete(h, CONTENDER_ISAAC_BEST, &m, "isaac-like", e)))
        rc = compete(h, CONTENDER_PUMA_BEST, &m, "puma-like", e);
    model_free(&m);
    return rc;
}

enum err_code contest_hold(const struct contest *c, struct contest_result *out, struct err *e)
{
    struct hall h = {.c = c, .out = out};
    char *naive = mem_printf("%s/naive.yaml", c->presets_dir);
    struct nas *n = NULL;
    enum err_code rc;

    memset(out, 0, sizeof *out);
    if ((rc = chip_config_load(naive, NULL, 0, &h.naive, e)) ||
        (rc = nas_config_space(&c->config, &h.space, e)) || (rc = contest_open(c, &n, e)))
        goto out;
    h.data = nas_data(n);
    h.root = rng_new(c->config.seed);
    if ((rc = hold_searched(&h, n, e)))
        goto out;
    make_key(&h);
    rc = hold_naive(&h, e);
    for (enum zoo kind = 0; kind < ZOO_N && !rc; kind++)
        rc = hold_zoo(&h, kind, e);
    if (!rc)
        rc = hold_best(&h, e);
out:
    nas_close(n);
    free(naive);
    return rc;
}
