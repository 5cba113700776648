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

/* ---- the finals ---- */

enum { LOGLOSS_SCALES = 4 };

struct finals {
    struct evolution *v;
    uint32_t n, place[ARCHIVE_MAX_FRONT]; /* in the archive */
};

static bool is_in(const struct finals *f, uint32_t place)
{
    for (uint32_t i = 0; i < f->n; i++)
        if (f->place[i] == place)
            return true;
    return false;
}

/* Of the front, by the objective's score and in turn by scores that weigh LogLoss 2, 4 and 8 times
 * as much: with shared weights models differ less than with their own. */
static void invite(struct finals *f)
{
    const struct archive *a = f->v->archive;
    uint64_t n = f->v->opt->survivors < a->n_front ? f->v->opt->survivors : a->n_front;

    while (f->n < n) {
        struct objective o = *f->v->objective;
        uint32_t best = 0;
        double top = HUGE_VAL;

        o.weight_logloss *= 1u << (f->n % LOGLOSS_SCALES);
        for (uint64_t i = 0; i < a->n_front; i++) {
            double score = objective_score(&o, &a->at[a->front[i]], f->v->base->clock_mhz);

            if (!is_in(f, a->front[i]) && score < top) {
                best = a->front[i];
                top = score;
            }
        }
        f->place[f->n++] = best;
    }
}

static enum err_code judge_final(void *self, uint64_t number, void *out, struct err *e)
{
    const struct finals *f = self;
    struct candidate *c = out;

    *c = f->v->archive->at[f->place[number]];
    return judge_finalist(f->v->judge, c, f->v->opt->sim_requests, e);
}

static void show_finals(void *self, uint32_t n_done)
{
    const struct finals *f = self;
    const struct evolve_options *opt = f->v->opt;
    struct nas_status s = {"finals", n_done, f->n, NAN, NAN};

    if (opt->watch.progress)
        opt->watch.progress(opt->watch.self, &s);
}

static enum err_code finals(struct evolution *v, struct err *e)
{
    struct archive *a = v->archive;
    struct finals *f = mem_alloc(1, sizeof *f);
    struct candidate *c;
    enum err_code rc;

    f->v = v;
    invite(f);
    c = mem_alloc(f->n, sizeof *c);
    crew_progress(v->opt->crew, show_finals, f);
    rc = crew_map(v->opt->crew, judge_final, f, 0, f->n, sizeof *c, c, e);
    crew_progress(v->opt->crew, NULL, NULL);
    for (uint32_t i = 0; i < f->n && !rc; i++)
        a->at[f->place[i]] = c[i];
    if (!rc) {
        archive_refresh(a);
        v->at.decided = 1;
    }
    if (!rc && v->opt->state && crew_leads(v->opt->crew))
        rc = state_io(v, true, e);
    free(c);
    free(f);
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
    if (!v->opt->stop && v->opt->survivors && !v->at.decided)
        rc = finals(v, e);
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
