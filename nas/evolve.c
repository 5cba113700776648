/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/evolve.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nas/ckpt.h"
#include "sim/base/file.h"
#include "sim/base/json.h"
#include "sim/base/mem.h"

enum { MAX_ARCHIVE = 1024, DRAWS = 40, CHIPS_A_MODEL = 8, CHILD_TRIES = 12 };

struct progress {
    uint64_t generation, n_judged, n_archive, n_population, n_refused;
};

struct evolution {
    struct judge *judge;
    const struct space *space;
    const struct chip_config *base;
    const struct objective *objective;
    const struct rng *root;
    const struct evolve_options *opt;
    struct progress at;
    struct candidate *population; /* (opt->population) oldest first */
    struct candidate *archive;    /* (MAX_ARCHIVE) by id */
};

bool candidate_dominates(const struct candidate *a, const struct candidate *b)
{
    const double x[] = {a->logloss_chip, a->latency_cycles, a->energy_pj, a->area_um2};
    const double y[] = {b->logloss_chip, b->latency_cycles, b->energy_pj, b->area_um2};
    bool better = false;

    for (size_t i = 0; i < 4; i++) {
        if (x[i] > y[i])
            return false;
        better |= x[i] < y[i];
    }
    return better;
}

static bool same_values(const struct candidate *a, const struct candidate *b)
{
    return !candidate_dominates(a, b) && !candidate_dominates(b, a) &&
           fabs(a->logloss_chip - b->logloss_chip) <= 0 &&
           fabs(a->latency_cycles - b->latency_cycles) <= 0 &&
           fabs(a->energy_pj - b->energy_pj) <= 0 && fabs(a->area_um2 - b->area_um2) <= 0;
}

static void archive_add(struct evolution *v, const struct candidate *c)
{
    uint64_t n = 0;

    for (uint64_t i = 0; i < v->at.n_archive; i++)
        if (candidate_dominates(&v->archive[i], c) || same_values(&v->archive[i], c))
            return;
    for (uint64_t i = 0; i < v->at.n_archive; i++)
        if (!candidate_dominates(c, &v->archive[i]))
            v->archive[n++] = v->archive[i];
    if (n == MAX_ARCHIVE) { /* drop the worst score */
        uint64_t worst = 0;

        for (uint64_t i = 1; i < n; i++)
            worst = v->archive[i].score > v->archive[worst].score ? i : worst;
        memmove(&v->archive[worst], &v->archive[worst + 1], (n - 1 - worst) * sizeof *v->archive);
        n--;
    }
    v->archive[n++] = *c;
    v->at.n_archive = n;
}

static const struct candidate *best_of(const struct evolution *v)
{
    const struct candidate *best = NULL;

    for (uint64_t i = 0; i < v->at.n_archive; i++)
        if (!best || v->archive[i].score < best->score)
            best = &v->archive[i];
    return best;
}

/* Measured and filed. */
static enum err_code take(struct evolution *v, struct candidate *c, struct err *e)
{
    uint32_t n = v->opt->population;
    enum err_code rc;

    c->id = v->at.n_judged++;
    if ((rc = judge_accuracy(v->judge, c, e)))
        return rc;
    if (!c->feasible) {
        v->at.n_refused++;
        return ERR_OK;
    }
    archive_add(v, c);
    if (v->at.n_population == n)
        memmove(v->population, v->population + 1, --v->at.n_population * sizeof *v->population);
    v->population[v->at.n_population++] = *c;
    return ERR_OK;
}

/* A random pair that maps: several chips are tried for a model before the next model. */
static enum err_code draw(struct evolution *v, struct rng *r, struct candidate *c, struct err *e)
{
    enum err_code rc;

    for (uint32_t i = 0; i < DRAWS; i++) {
        struct genome g;

        genome_random(v->space, r, &g);
        for (uint32_t k = 0; k < CHIPS_A_MODEL; k++) {
            struct chip_config chip = *v->base;

            chip_random(v->space, r, &chip);
            candidate_set(v->space, c, &g, &chip);
            if ((rc = judge_cost(v->judge, c, e)) || c->feasible)
                return rc;
            v->at.n_refused++;
        }
    }
    return ERR_OK;
}

static const struct candidate *tournament(const struct evolution *v, struct rng *r,
                                          const struct objective *o)
{
    const struct candidate *best = NULL;
    double top = HUGE_VAL;

    for (uint32_t i = 0; i < v->opt->tournament; i++) {
        const struct candidate *c = &v->population[rng_below(r, v->at.n_population)];
        double score = objective_score(o, c, v->base->clock_mhz);

        if (!best || score < top) {
            best = c;
            top = score;
        }
    }
    return best;
}

static struct objective weigh(const struct evolution *v, struct rng *r)
{
    struct objective o = *v->objective;

    if (rng_below(r, 2))
        return o;
    o.weight_logloss *= 2 * rng_unit(r);
    o.weight_latency *= 2 * rng_unit(r);
    o.weight_energy *= 2 * rng_unit(r);
    o.weight_area *= 2 * rng_unit(r);
    return o;
}

static enum err_code breed(struct evolution *v, struct rng *r, struct candidate *c, struct err *e)
{
    struct objective o = weigh(v, r);
    const struct candidate *a = tournament(v, r, &o), *b = tournament(v, r, &o);
    enum err_code rc;

    for (uint32_t i = 0; i < CHILD_TRIES; i++) {
        struct genome g, h;
        struct chip_config chip, other;

        candidate_genome(v->space, a, &g);
        candidate_chip(v->space, a, v->base, &chip);
        if (rng_below(r, 4) == 0) {
            candidate_genome(v->space, b, &h);
            candidate_chip(v->space, b, v->base, &other);
            genome_cross(r, &g, &h, &g);
            chip_cross(v->space, r, &chip, &other, &chip);
        }
        for (uint64_t n = 1 + rng_below(r, 3); n > 0; n--) {
            if (rng_below(r, 2))
                genome_mutate(v->space, r, &g);
            else
                chip_mutate(v->space, r, &chip);
        }
        candidate_set(v->space, c, &g, &chip);
        if ((rc = judge_cost(v->judge, c, e)) || c->feasible)
            return rc;
        v->at.n_refused++;
    }
    return ERR_OK;
}

/* ---- files ---- */

static enum err_code state_io(struct evolution *v, bool save, struct err *e)
{
    struct ckpt_part part[] = {
        {"progress", &v->at, sizeof v->at},
        {"population", v->population, v->opt->population * sizeof *v->population},
        {"archive", v->archive, MAX_ARCHIVE * sizeof *v->archive},
    };

    if (save)
        return ckpt_save(v->opt->state, v->opt->key, part, 3, e);
    return ckpt_load(v->opt->state, v->opt->key, part, 3, e);
}

static void put_number(FILE *f, double x)
{
    char text[32];

    json_f64_text(text, x);
    fprintf(f, ",%s", text);
}

static enum err_code write_pareto(const struct evolution *v, struct err *e)
{
    const struct candidate *best = best_of(v);
    struct file_out o;
    enum err_code rc = file_create(&o, v->opt->pareto, e);

    if (rc)
        return rc;
    fprintf(o.f, "id,chosen,logloss,logloss_chip,latency_cycles,interval_cycles,energy_nj,area_mm2,"
                 "score,units,genome,chip\n");
    for (uint64_t i = 0; i < v->at.n_archive; i++) {
        const struct candidate *c = &v->archive[i];
        struct chip_config chip;
        char text[SPACE_TEXT_BYTES];

        fprintf(o.f, "%llu,%d", (unsigned long long)c->id, c == best);
        put_number(o.f, c->logloss);
        put_number(o.f, c->logloss_chip);
        put_number(o.f, c->latency_cycles);
        put_number(o.f, c->interval_cycles);
        put_number(o.f, c->energy_pj * 1e-3);
        put_number(o.f, c->area_um2 * 1e-6);
        put_number(o.f, c->score);
        candidate_chip(v->space, c, v->base, &chip);
        chip_text(v->space, &chip, text);
        fprintf(o.f, ",%llu,%s,%s\n", (unsigned long long)c->n_units, c->genome, text);
    }
    return file_commit(&o, e);
}

/* ---- generations ---- */

static enum err_code one(struct evolution *v, uint64_t number, struct err *e)
{
    struct rng r = rng_child_n(v->root, "candidate", number);
    const struct evolve_options *opt = v->opt;
    const struct candidate *best;
    struct candidate c;
    enum err_code rc =
        v->at.n_population < opt->population ? draw(v, &r, &c, e) : breed(v, &r, &c, e);

    if (!rc && c.feasible)
        rc = take(v, &c, e);
    best = best_of(v);
    if (!rc)
        rc = watch_poll(&opt->watch, "search", number + 1,
                        opt->population + (uint64_t)opt->generations * opt->children,
                        best ? best->logloss_chip : NAN, NAN, e);
    return rc;
}

/* Generation 0 is the population; numbers of candidates, and so their streams, are fixed. */
static enum err_code generations(struct evolution *v, struct err *e)
{
    const struct evolve_options *opt = v->opt;
    uint64_t end =
        opt->stop && opt->stop < opt->generations + 1ull ? opt->stop : opt->generations + 1ull;
    enum err_code rc = ERR_OK;

    for (; v->at.generation < end && !rc; v->at.generation++) {
        uint64_t g = v->at.generation;
        uint64_t first = g ? opt->population + (g - 1) * opt->children : 0;
        uint64_t n = g ? opt->children : opt->population;

        for (uint64_t i = 0; i < n && !rc; i++)
            rc = one(v, first + i, e);
        if (!rc && opt->state) {
            v->at.generation++;
            rc = state_io(v, true, e);
            v->at.generation--;
        }
        if (rc)
            break;
    }
    return rc;
}

enum err_code evolve(struct judge *j, const struct space *s, const struct chip_config *base,
                     const struct objective *o, const struct rng *root,
                     const struct evolve_options *opt, struct candidate *best, struct err *e)
{
    struct evolution v = {
        .judge = j, .space = s, .base = base, .objective = o, .root = root, .opt = opt};
    enum err_code rc = ERR_OK;

    v.population = mem_alloc(opt->population, sizeof *v.population);
    v.archive = mem_alloc(MAX_ARCHIVE, sizeof *v.archive);
    if (opt->state && file_exists(opt->state))
        rc = state_io(&v, false, e);
    if (!rc)
        rc = generations(&v, e);
    if (!rc && v.at.n_archive == 0)
        rc = err_set(e, ERR_CONFIG,
                     "the search found no model and chip that fit each other within %u units",
                     o->max_units);
    if (!rc && opt->pareto)
        rc = write_pareto(&v, e);
    if (!rc)
        *best = *best_of(&v);
    free(v.archive);
    free(v.population);
    return rc;
}
