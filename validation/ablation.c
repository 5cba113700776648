/* SPDX-License-Identifier: Apache-2.0 */
#include "validation/ablation.h"

#include <stdlib.h>

#include "sim/base/file.h"
#include "sim/base/json.h"
#include "sim/base/mem.h"
#include "validation/spread.h"

enum { BITS_8 = 3 /* index of model.bits */ };

const char *const idea_names[IDEA_N] = {"none",  "precision", "chip",      "mapping",
                                        "joint", "engine",    "embeddings"};

/* Keys that an idea's absence leaves at the naive chip's. */
static const char *const fixed[IDEA_N] = {
    [IDEA_CHIP] = "mvm.,emb.,int.,noc.,tile.,map.",
    [IDEA_MAPPING] = "map.",
    [IDEA_ENGINE] = "int.engine",
    [IDEA_EMBEDDINGS] = "emb.placement,emb.hot_rows,emb.replicas,emb.cache_rows,emb.cache_ways",
};

static void leave_out(enum idea idea, struct nas_config *c)
{
    if (fixed[idea])
        snprintf(c->fixed, sizeof c->fixed, "%s", fixed[idea]);
    if (idea == IDEA_PRECISION)
        c->bits = BITS_8;
    if (idea == IDEA_JOINT)
        c->strategy = SEARCH_TWO_STAGE;
}

/* ---- figures ---- */

enum figure { LATENCY, RATE, ENERGY, AREA, LOGLOSS, SCORE, FIGURE_N };
static const char *const figure_names[FIGURE_N] = {"latency_us", "inferences_per_s", "energy_nj",
                                                   "area_mm2",   "logloss",          "score"};

static double figure(const struct contest_searched *s, enum figure k)
{
    switch (k) {
    case LATENCY:
        return s->run[0].latency_us;
    case RATE:
        return s->run[0].inferences_per_s;
    case ENERGY:
        return s->run[0].energy_nj;
    case AREA:
        return s->run[0].area_mm2;
    case LOGLOSS:
        return s->logloss;
    default:
        return s->score;
    }
}

static enum err_code write_csv(const struct ablation *v, const struct contest_searched *found,
                               struct err *e)
{
    char *path = mem_printf("%s/ablation.csv", v->dir);
    struct file_out o;
    enum err_code rc = file_create(&o, path, e);

    free(path);
    if (rc)
        return rc;
    fprintf(o.f, "benchmark,left_out,seed");
    for (enum figure k = 0; k < FIGURE_N; k++)
        fprintf(o.f, ",%s", figure_names[k]);
    fputs(",genome\n", o.f);
    for (uint32_t i = 0; i < IDEA_N * v->n_seeds; i++) {
        fprintf(o.f, "%s,%s,%u", v->name, idea_names[i / v->n_seeds], i % v->n_seeds + 1);
        for (enum figure k = 0; k < FIGURE_N; k++) {
            char text[32];

            json_f64_text(text, figure(&found[i], k));
            fprintf(o.f, ",%s", text);
        }
        fprintf(o.f, ",%s\n", found[i].genome);
    }
    return file_commit(&o, e);
}

/* ---- print ---- */

static struct spread spread_of(const struct ablation *v, const struct contest_searched *found,
                               enum idea idea, enum figure k)
{
    double *x = mem_alloc(v->n_seeds, sizeof *x);
    struct spread s;

    for (uint32_t i = 0; i < v->n_seeds; i++)
        x[i] = figure(&found[idea * v->n_seeds + i], k);
    s = spread(x, v->n_seeds);
    free(x);
    return s;
}

static void print(const struct ablation *v, const struct contest_searched *found, FILE *out)
{
    fprintf(out,
            "%s, %u seeds, medians under %s; score: the search's own, the less the better, and its "
            "least-most\n\n%-11s %10s %12s %8s %8s %8s %8s\n",
            v->name, v->n_seeds, cost_model_names[0], "left out", "latency us", "inferences/s",
            "nJ", "mm2", "LogLoss", "score");
    for (enum idea i = 0; i < IDEA_N; i++) {
        struct spread score = spread_of(v, found, i, SCORE);

        fprintf(out, "%-11s %10.4g %12.4g %8.4g %8.4g %8.5f %8.2f  %.2f-%.2f\n", idea_names[i],
                spread_of(v, found, i, LATENCY).median, spread_of(v, found, i, RATE).median,
                spread_of(v, found, i, ENERGY).median, spread_of(v, found, i, AREA).median,
                spread_of(v, found, i, LOGLOSS).median, score.median, score.least, score.most);
    }
}

/* ---- searches ---- */

static enum err_code search(void *self, uint64_t number, void *out, struct err *e)
{
    const struct ablation *v = self;
    enum idea idea = (enum idea)(number / v->n_seeds);
    unsigned seed = (unsigned)(number % v->n_seeds + 1);
    char *dir = mem_printf("%s/%s_seed%u", v->dir, idea_names[idea], seed);
    struct contest c = {.name = v->name,
                        .config = v->config,
                        .dir = dir,
                        .params_dir = v->params_dir,
                        .presets_dir = v->presets_dir};
    struct nas *n = NULL;
    enum err_code rc;

    c.config.seed = seed;
    leave_out(idea, &c.config);
    if (!(rc = contest_open(&c, &n, e)))
        rc = contest_search(&c, n, out, e);
    nas_close(n);
    free(dir);
    return rc ? err_wrap(e, "without %s, seed %u", idea_names[idea], seed) : ERR_OK;
}

enum err_code validate_ablation(const struct ablation *v, FILE *out, struct err *e)
{
    uint32_t n = IDEA_N * v->n_seeds;
    struct contest_searched *found = mem_alloc(n, sizeof *found);
    enum err_code rc;

    crew_progress(v->crew, v->progress, NULL);
    rc = crew_map(v->crew, search, (void *)(uintptr_t)v, 0, n, sizeof *found, found, e);
    crew_progress(v->crew, NULL, NULL);
    if (!rc)
        print(v, found, out);
    if (!rc)
        rc = write_csv(v, found, e);
    free(found);
    return rc;
}
