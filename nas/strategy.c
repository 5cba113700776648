/* SPDX-License-Identifier: Apache-2.0 */
/* How the strategies draw pairs and who survives. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nas/evolve_impl.h"
#include "sim/base/mem.h"

enum { DRAWS = 40, CHIPS_A_MODEL = 8, CHILD_TRIES = 12, CLIMB_TRIES = 32 };

const char *const strategy_names[] = {"evolution", "nsga2", "random", "two_stage", NULL};

static const struct candidate *member_at(const struct evolution *v, uint64_t i)
{
    return &v->archive->at[v->population[i].place];
}

/* ---- two stages ---- */

static uint64_t second_stage(const struct evolution *v)
{
    return (v->opt->generations + 2) / 2;
}

static bool models_only(const struct evolution *v)
{
    return v->opt->strategy == SEARCH_TWO_STAGE && v->at.generation < second_stage(v);
}

/* The model that the first stage found, or NULL where there is a choice of models. */
static const struct candidate *fixed_model(const struct evolution *v)
{
    const struct archive *a = v->archive;
    const struct candidate *best = NULL;

    if (v->opt->strategy != SEARCH_TWO_STAGE || models_only(v))
        return NULL;
    for (uint64_t i = 0; i < a->n; i++)
        if (a->at[i].generation < second_stage(v) && a->at[i].feasible &&
            (!best || a->at[i].logloss < best->logloss))
            best = &a->at[i];
    return best;
}

/* ---- the chip of a pair ---- */

/* The objective, half of the time with random weights: these spread the front. */
static struct objective weigh(const struct evolution *v, struct rng *r)
{
    struct objective o = *v->objective;

    if (models_only(v))
        o.weight_latency = o.weight_interval = o.weight_energy = o.weight_area = 0;
    if (rng_below(r, 2))
        return o;
    o.weight_logloss *= 2 * rng_unit(r);
    o.weight_latency *= 2 * rng_unit(r);
    o.weight_interval *= 2 * rng_unit(r);
    o.weight_energy *= 2 * rng_unit(r);
    o.weight_area *= 2 * rng_unit(r);
    return o;
}

/* Mapped and estimated, on a chip of the strategy's choice. */
static enum err_code cost_of_pair(const struct evolution *v, const struct genome *g,
                                  const struct chip_config *chip, struct candidate *c,
                                  struct err *e)
{
    candidate_set(v->space, c, g, chip);
    c->generation = v->at.generation;
    return judge_cost(v->judge, c, e);
}

/* Bits that the converters lack; what that costs in LogLoss no estimate says. */
static uint32_t bits_missing(const struct chip_config *c)
{
    uint32_t lossless = chip_lossless_adc_bits(c);

    return lossless > c->mvm_adc_bits ? lossless - c->mvm_adc_bits : 0;
}

/* One key after the other redrawn at random, kept where the estimate is better by o's weights and
 * no converter loses more than before: estimates are cheap, a LogLoss is not. */
static enum err_code climb(const struct evolution *v, struct rng *r, const struct objective *o,
                           const struct genome *g, struct candidate *c, struct err *e)
{
    double score = objective_score(o, c, v->base->clock_mhz);
    struct chip_config at;
    enum err_code rc;

    candidate_chip(v->space, c, v->base, &at);
    for (uint32_t i = 0; i < CLIMB_TRIES; i++) {
        struct chip_config chip = at;
        struct candidate other;

        for (uint64_t n = 1 + rng_below(r, 2); n > 0; n--)
            chip_mutate(v->space, r, &chip);
        if (bits_missing(&chip) > bits_missing(&at))
            continue;
        if ((rc = cost_of_pair(v, g, &chip, &other, e)))
            return rc;
        if (!other.feasible || objective_score(o, &other, v->base->clock_mhz) >= score)
            continue;
        score = objective_score(o, &other, v->base->clock_mhz);
        at = chip;
        *c = other;
    }
    return ERR_OK;
}

/* Whether the strategy betters the chips that it draws. */
static bool climbs(const struct evolution *v)
{
    return v->opt->strategy != SEARCH_RANDOM && !models_only(v) && v->space->n_chip > 0;
}

/* ---- random pairs ---- */

/* A random pair that maps: several chips are tried for a model before the next model. */
static enum err_code draw(const struct evolution *v, struct rng *r, struct candidate *c,
                          struct err *e)
{
    const struct candidate *model = fixed_model(v);
    uint32_t n_chips = models_only(v) ? 1 : CHIPS_A_MODEL;
    enum err_code rc;

    for (uint32_t i = 0; i < DRAWS; i++) {
        struct genome g;

        if (model)
            candidate_genome(v->space, model, &g);
        else
            genome_random(v->space, r, &g);
        for (uint32_t k = 0; k < n_chips; k++) {
            struct chip_config chip = *v->base;

            if (!models_only(v))
                chip_random(v->space, r, &chip);
            if ((rc = cost_of_pair(v, &g, &chip, c, e)))
                return rc;
            if (c->feasible && climbs(v)) {
                struct objective o = weigh(v, r);

                return climb(v, r, &o, &g, c, e);
            }
            if (c->feasible)
                return ERR_OK;
        }
    }
    return ERR_OK;
}

/* ---- parents ---- */

/* Regularised evolution's: the best score of a few. */
static const struct candidate *by_score(const struct evolution *v, struct rng *r,
                                        const struct objective *o)
{
    const struct candidate *best = NULL;
    double top = HUGE_VAL;

    for (uint32_t i = 0; i < v->opt->tournament; i++) {
        const struct candidate *c = member_at(v, rng_below(r, v->at.n_population));
        double score = objective_score(o, c, v->base->clock_mhz);

        if (!best || score < top) {
            best = c;
            top = score;
        }
    }
    return best;
}

static bool fitter(const struct member *a, const struct member *b)
{
    return a->rank != b->rank ? a->rank < b->rank : a->crowding > b->crowding;
}

/* NSGA-II's: the lower rank of two, then the less crowded. */
static const struct candidate *by_rank(const struct evolution *v, struct rng *r)
{
    uint64_t a = rng_below(r, v->at.n_population), b = rng_below(r, v->at.n_population);

    return member_at(v, fitter(&v->population[b], &v->population[a]) ? b : a);
}

static void mutate(const struct evolution *v, struct rng *r, struct genome *g,
                   struct chip_config *chip)
{
    bool model = !fixed_model(v), hardware = !models_only(v) && v->space->n_chip > 0;

    for (uint64_t n = 1 + rng_below(r, 3); n > 0; n--) {
        if (model && (!hardware || rng_below(r, 2)))
            genome_mutate(v->space, r, g);
        else
            chip_mutate(v->space, r, chip);
    }
}

static enum err_code breed(const struct evolution *v, struct rng *r, struct candidate *c,
                           struct err *e)
{
    struct objective o = weigh(v, r);
    bool nsga2 = v->opt->strategy == SEARCH_NSGA2;
    const struct candidate *a = nsga2 ? by_rank(v, r) : by_score(v, r, &o);
    const struct candidate *b = nsga2 ? by_rank(v, r) : by_score(v, r, &o);
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
        mutate(v, r, &g, &chip);
        if ((rc = cost_of_pair(v, &g, &chip, c, e)))
            return rc;
        if (c->feasible)
            return climbs(v) ? climb(v, r, &o, &g, c, e) : ERR_OK;
    }
    return ERR_OK;
}

enum err_code strategy_propose(const struct evolution *v, uint64_t number, struct candidate *c,
                               struct err *e)
{
    struct rng r = rng_child_n(v->root, "candidate", number);

    if (v->opt->strategy == SEARCH_RANDOM || v->at.n_population < v->opt->population)
        return draw(v, &r, c, e);
    return breed(v, &r, c, e);
}

/* ---- survivors ---- */

/* Ranks by peeling fronts; crowding within a rank is the sum over objectives of the distance
 * between the neighbours on both sides, as a share of the rank's extent. */
static void peel(struct evolution *v, uint64_t n)
{
    uint64_t n_left = n;

    for (uint64_t i = 0; i < n; i++)
        v->population[i].rank = UINT32_MAX;
    for (uint32_t rank = 0; n_left; rank++) {
        uint64_t n_before = n_left;

        for (uint64_t i = 0; i < n; i++) {
            bool beaten = v->population[i].rank < rank;

            for (uint64_t k = 0; k < n && !beaten; k++)
                beaten = v->population[k].rank >= rank &&
                         candidate_dominates(member_at(v, k), member_at(v, i));
            if (!beaten) {
                v->population[i].rank = rank;
                n_left--;
            }
        }
        if (n_left == n_before)
            return;
    }
}

struct placed {
    double value;
    uint32_t index;
};

static int by_value(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;

    if (x->value < y->value || y->value < x->value)
        return x->value < y->value ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static void crowd(struct evolution *v, uint64_t n, uint32_t rank, struct placed *order)
{
    for (size_t k = 0; k < N_OBJECTIVES; k++) {
        uint64_t m = 0;
        double extent;

        for (uint32_t i = 0; i < n; i++) {
            double value[N_OBJECTIVES];

            if (v->population[i].rank != rank)
                continue;
            candidate_objectives(member_at(v, i), value);
            order[m++] = (struct placed){value[k], i};
        }
        qsort(order, m, sizeof *order, by_value);
        extent = m ? order[m - 1].value - order[0].value : 0;
        for (uint64_t i = 0; i < m; i++) {
            struct member *p = &v->population[order[i].index];

            if (i == 0 || i + 1 == m)
                p->crowding = HUGE_VAL;
            else if (extent > 0)
                p->crowding += (order[i + 1].value - order[i - 1].value) / extent;
        }
    }
}

static int by_fitness(const void *a, const void *b)
{
    const struct member *x = a, *y = b;

    if (fitter(x, y) || fitter(y, x))
        return fitter(x, y) ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

static void select_fittest(struct evolution *v)
{
    uint64_t n = v->at.n_population;
    struct placed *order = mem_alloc(n + 1, sizeof *order);
    uint32_t last = 0;

    peel(v, n);
    for (uint64_t i = 0; i < n; i++) {
        v->population[i].crowding = 0;
        last = v->population[i].rank > last ? v->population[i].rank : last;
    }
    for (uint32_t rank = 0; n && rank <= last; rank++)
        crowd(v, n, rank, order);
    qsort(v->population, n, sizeof *v->population, by_fitness);
    if (n > v->opt->population)
        v->at.n_population = v->opt->population;
    free(order);
}

static void drop_oldest(struct evolution *v)
{
    uint64_t n = v->at.n_population, size = v->opt->population;

    if (n <= size)
        return;
    memmove(v->population, v->population + (n - size), size * sizeof *v->population);
    v->at.n_population = size;
}

void strategy_select(struct evolution *v, uint32_t first, uint32_t n)
{
    if (v->opt->strategy == SEARCH_TWO_STAGE && v->at.generation + 1 == second_stage(v)) {
        v->at.n_population = 0;
        return;
    }
    for (uint32_t i = first; i < first + n; i++)
        if (v->archive->at[i].feasible)
            v->population[v->at.n_population++] = (struct member){.place = i};
    if (v->opt->strategy == SEARCH_NSGA2)
        select_fittest(v);
    else
        drop_oldest(v);
}
