/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/evolve.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nas/ckpt.h"
#include "nas/evolve_impl.h"
#include "sim/base/file.h"
#include "sim/base/mem.h"

/* ---- generations ---- */

static uint64_t first_of(const struct evolve_options *opt, uint64_t generation)
{
    return generation ? opt->population + (generation - 1) * opt->children : 0;
}

static uint32_t size_of(const struct evolve_options *opt, uint64_t generation)
{
    return generation ? opt->children : opt->population;
}

/* Runs in whichever process of the crew: draws and judges pair `number`. */
static enum err_code judge_one(void *self, uint64_t number, void *out, struct err *e)
{
    const struct evolution *v = self;
    struct candidate *c = out;
    enum err_code rc = strategy_propose(v, number, c, e);

    c->id = number;
    return rc || !c->feasible ? rc : judge_accuracy(v->judge, c, e);
}

static void show(void *self, uint32_t n_done)
{
    const struct evolution *v = self;
    const struct evolve_options *opt = v->opt;
    const struct candidate *best = archive_best(v->archive);
    struct nas_status s = {"search", first_of(opt, v->at.generation) + n_done,
                           first_of(opt, opt->generations + 1ull), best ? best->logloss_chip : NAN,
                           NAN};

    if (opt->watch.progress)
        opt->watch.progress(opt->watch.self, &s);
}

static enum err_code one_generation(struct evolution *v, struct err *e)
{
    const struct evolve_options *opt = v->opt;
    uint32_t n = size_of(opt, v->at.generation), place = (uint32_t)v->archive->n;
    enum err_code rc = crew_map(opt->crew, judge_one, v, first_of(opt, v->at.generation), n,
                                sizeof *v->child, v->child, e);

    if (rc)
        return rc;
    for (uint32_t i = 0; i < n; i++) {
        judge_learn(v->judge, &v->child[i]);
        archive_add(v->archive, &v->child[i]);
    }
    strategy_select(v, place, n);
    v->at.generation++;
    return ERR_OK;
}

/* ---- state ---- */

static enum err_code state_io(struct evolution *v, bool save, struct err *e)
{
    const struct evolve_options *opt = v->opt;
    struct ckpt_part part[] = {
        {"progress", &v->at, sizeof v->at},
        {"population", v->population,
         ((size_t)opt->population + opt->children) * sizeof *v->population},
        {"archive", v->archive->at, v->archive->capacity * sizeof *v->archive->at},
    };

    v->at.n_archive = v->archive->n;
    if (save)
        return ckpt_save(opt->state, opt->key, part, 3, e);
    return ckpt_load(opt->state, opt->key, part, 3, e);
}

static enum err_code resume(struct evolution *v, struct err *e)
{
    enum err_code rc = state_io(v, false, e);

    if (rc)
        return rc;
    v->archive->n = v->at.n_archive;
    archive_refresh(v->archive);
    for (uint64_t i = 0; i < v->archive->n; i++)
        judge_learn(v->judge, &v->archive->at[i]);
    return ERR_OK;
}

static enum err_code generations(struct evolution *v, struct err *e)
{
    const struct evolve_options *opt = v->opt;
    uint64_t end = opt->generations + 1ull;
    enum err_code rc = ERR_OK;

    if (opt->stop && opt->stop < end)
        end = opt->stop;
    while (v->at.generation < end && !rc) {
        rc = one_generation(v, e);
        if (!rc && opt->state && crew_leads(opt->crew))
            rc = state_io(v, true, e);
    }
    return rc;
}

/* ---- the best of the front, cycle by cycle ---- */

struct contest {
    struct evolution *v;
    uint32_t place[ARCHIVE_MAX_FRONT]; /* of the front, best score first */
};

static enum err_code simulate_one(void *self, uint64_t number, void *out, struct err *e)
{
    const struct contest *t = self;
    struct candidate *c = out;

    *c = t->v->archive->at[t->place[number]];
    return judge_simulate(t->v->judge, c, t->v->opt->sim_requests, e);
}

static void sort_by_score(struct contest *t)
{
    const struct archive *a = t->v->archive;

    for (uint64_t i = 0; i < a->n_front; i++) {
        uint64_t k = i;

        for (; k && a->at[t->place[k - 1]].score > a->at[a->front[i]].score; k--)
            t->place[k] = t->place[k - 1];
        t->place[k] = a->front[i];
    }
}

/* The first n of the contest, cycle by cycle: judged by that from here on. */
static enum err_code simulate(struct contest *t, uint32_t n, struct err *e)
{
    struct archive *a = t->v->archive;
    struct candidate *c = mem_alloc(n, sizeof *c);
    enum err_code rc = crew_map(t->v->opt->crew, simulate_one, t, 0, n, sizeof *c, c, e);

    for (uint32_t i = 0; i < n && !rc; i++)
        a->at[t->place[i]] = c[i];
    if (!rc)
        archive_refresh(a);
    free(c);
    return rc;
}

/* Then, one by one, whoever leads by its estimate, until a simulated one leads. */
static enum err_code simulate_best(struct evolution *v, struct err *e)
{
    struct archive *a = v->archive;
    uint32_t n = v->opt->survivors < a->n_front ? v->opt->survivors : (uint32_t)a->n_front;
    struct contest *t = mem_alloc(1, sizeof *t);
    enum err_code rc;

    t->v = v;
    crew_progress(v->opt->crew, NULL, NULL);
    sort_by_score(t);
    rc = simulate(t, n, e);
    for (sort_by_score(t); !rc && !a->at[t->place[0]].simulated; sort_by_score(t))
        rc = simulate(t, 1, e);
    if (!rc)
        v->at.simulated = 1;
    if (!rc && v->opt->state && crew_leads(v->opt->crew))
        rc = state_io(v, true, e);
    free(t);
    return rc;
}

static enum err_code write_files(const struct evolution *v, struct err *e)
{
    const struct evolve_options *opt = v->opt;
    enum err_code rc = ERR_OK;

    if (!crew_leads(opt->crew))
        return ERR_OK;
    if (opt->archive)
        rc = archive_write_h5(v->archive, v->space, opt->archive, e);
    if (!rc && opt->pareto)
        rc = archive_write_csv(v->archive, v->space, v->base, opt->pareto, e);
    return rc;
}

static enum err_code finish(struct evolution *v, struct err *e)
{
    enum err_code rc = ERR_OK;

    if (!v->archive->n_front)
        return err_set(e, ERR_CONFIG,
                       "the search found no model and chip that fit each other within %u units",
                       v->objective->max_units);
    if (!v->opt->stop && v->opt->survivors && !v->at.simulated)
        rc = simulate_best(v, e);
    return rc ? rc : write_files(v, e);
}

enum err_code evolve(struct archive *a, struct judge *j, const struct space *s,
                     const struct chip_config *base, const struct objective *o,
                     const struct rng *root, const struct evolve_options *opt, struct err *e)
{
    struct evolution v = {.judge = j,
                          .space = s,
                          .base = base,
                          .objective = o,
                          .root = root,
                          .opt = opt,
                          .archive = a};
    uint32_t largest = opt->population > opt->children ? opt->population : opt->children;
    enum err_code rc = ERR_OK;

    archive_init(a, first_of(opt, opt->generations + 1ull));
    v.population = mem_alloc((size_t)opt->population + largest, sizeof *v.population);
    v.child = mem_alloc(largest, sizeof *v.child);
    if (opt->state && crew_agree(opt->crew, file_exists(opt->state)))
        rc = resume(&v, e);
    judge_prepare(j);
    crew_progress(opt->crew, show, &v);
    if (!rc)
        rc = generations(&v, e);
    crew_progress(opt->crew, NULL, NULL);
    if (!rc)
        rc = finish(&v, e);
    free(v.child);
    free(v.population);
    return rc;
}
