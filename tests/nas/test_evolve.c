/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nas/evolve.h"
#include "sim/base/file.h"
#include "tests/common/temp.h"
#include "tests/nas/rig.h"

static const char key[65] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

struct world {
    struct rig rig;
    struct chip_config base;
    struct params *params;
    struct objective objective;
};

static void world_init(struct world *w)
{
    struct err e;

    memset(w, 0, sizeof *w);
    rig_init(&w->rig, 3, 2, 3, 512);
    cr_assert_eq(chip_config_read(NULL, &w->base, &e), ERR_OK, "%s", e.text);
    cr_assert_eq(params_load(&w->params, AUTORAC_SOURCE_DIR "/arch/params", w->base.params, &e),
                 ERR_OK, "%s", e.text);
    w->objective = (struct objective){.weight_logloss = 1,
                                      .weight_latency = 1,
                                      .weight_energy = 1,
                                      .weight_area = 1,
                                      .max_units = 25,
                                      .base_logloss = 0.6};
}

static void world_fini(struct world *w)
{
    params_free(w->params);
    rig_fini(&w->rig);
}

static struct judge *judge_of(struct world *w, uint32_t adapt_steps)
{
    struct judge_options how = {
        256,
        32,
        512,
        {adapt_steps, {.batch = 256, .weights = {.lr = 0.3F, .eps = 1}}, 512},
        {.rounded = true,
         .epochs = 1,
         .how = {.batch = 64, .weights = {.lr = 1, .eps = 1}, .rows = {.lr = 20, .eps = 1}}}};
    struct rng root = rng_new(1);

    return judge_new(&w->rig.space, w->rig.store, &w->rig.d, &w->base, w->params, &w->objective,
                     &how, &root);
}

static struct evolve_options options(enum strategy strategy, struct crew *crew)
{
    return (struct evolve_options){.strategy = strategy,
                                   .population = 10,
                                   .generations = 6,
                                   .children = 4,
                                   .tournament = 3,
                                   .survivors = 2,
                                   .sim_requests = 12,
                                   .key = key,
                                   .crew = crew};
}

static struct crew *crew_of(uint32_t jobs)
{
    struct crew *c;
    struct err e;

    cr_assert_eq(crew_new(&c, jobs, false, NULL, &e), ERR_OK, "%s", e.text);
    return c;
}

static struct archive explore(struct world *w, const struct evolve_options *o, uint64_t seed)
{
    struct judge *j = judge_of(w, 2);
    struct rng root = rng_new(seed);
    struct archive a;
    struct err e;

    cr_assert_eq(evolve(&a, j, &w->rig.space, &w->base, &w->objective, &root, o, &e), ERR_OK, "%s",
                 e.text);
    judge_free(j);
    return a;
}

static struct candidate search(struct world *w, const char *state, const char *pareto,
                               uint64_t stop)
{
    struct crew *crew = crew_of(1);
    struct evolve_options o = options(SEARCH_EVOLUTION, crew);
    struct candidate best;
    struct archive a;

    o.state = state;
    o.pareto = pareto;
    o.stop = stop;
    a = explore(w, &o, 12);
    best = *archive_best(&a);
    archive_fini(&a);
    crew_free(crew);
    return best;
}

Test(evolve, better_in_one_and_worse_in_none_dominates)
{
    struct candidate a = {.logloss_chip = 0.5, .latency_cycles = 9, .energy_pj = 9, .area_um2 = 9};
    struct candidate b = a;

    cr_expect(!candidate_dominates(&a, &b), "equal");
    b.energy_pj = 10;
    cr_expect(candidate_dominates(&a, &b));
    cr_expect(!candidate_dominates(&b, &a));
    b.logloss_chip = 0.4;
    cr_expect(!candidate_dominates(&a, &b) && !candidate_dominates(&b, &a), "each has its merit");
}

Test(evolve, score_weighs_costs_and_limits)
{
    struct objective o = {.weight_logloss = 1, .weight_latency = 2, .base_logloss = 0.5};
    struct candidate c = {.logloss_chip = 0.25,
                          .logloss_tuned = 0.2,
                          .latency_cycles = 1024,
                          .interval_cycles = 64,
                          .energy_pj = 1,
                          .area_um2 = 1};

    cr_expect_float_eq(objective_score(&o, &c, 1000), 50 + 2 * 10, 1e-9);
    o.max_latency_us = 1; /* 1024 cycles of 1 GHz are more */
    cr_expect_float_eq(objective_score(&o, &c, 1000), 70 + 1024, 1e-9);
    o.max_latency_us = 2;
    cr_expect_float_eq(objective_score(&o, &c, 1000), 70, 1e-9);
    o.weight_interval = 0.5;
    cr_expect_float_eq(objective_score(&o, &c, 1000), 73, 1e-9);
    c.finalist = 1; /* its own weights count */
    cr_expect_float_eq(objective_score(&o, &c, 1000), 63, 1e-9);
}

Test(evolve, interrupted_search_ends_the_same)
{
    struct temp t = temp_new();
    const char *state = temp_path(&t, "state"), *one = temp_path(&t, "1.csv"),
               *two = temp_path(&t, "2.csv");
    char *a, *b;
    size_t n_a, n_b;
    struct world w;
    struct candidate whole, part;
    struct err e;

    world_init(&w);
    whole = search(&w, NULL, one, 0);
    for (uint64_t stop = 1; stop <= 5; stop += 2)
        search(&w, state, NULL, stop);
    part = search(&w, state, two, 0);
    cr_expect_str_eq(whole.genome, part.genome);
    cr_expect_eq(whole.id, part.id);
    cr_expect_float_eq(whole.score, part.score, 0);
    cr_assert_eq(file_read(one, &a, &n_a, &e), ERR_OK);
    cr_assert_eq(file_read(two, &b, &n_b, &e), ERR_OK);
    cr_expect(n_a == n_b && memcmp(a, b, n_a) == 0);
    free(a);
    free(b);
    world_fini(&w);
    temp_free(&t);
}

/* Whoever judges, the same pairs come out, to the last bit. */
Test(evolve, any_crew_finds_the_same)
{
    for (enum strategy s = 0; s < SEARCH_N_STRATEGIES; s++) {
        struct world w;
        struct archive a[2];

        world_init(&w);
        for (uint32_t k = 0; k < 2; k++) {
            struct crew *crew = crew_of(k ? 3 : 1);
            struct evolve_options o = options(s, crew);

            a[k] = explore(&w, &o, 5);
            crew_free(crew);
        }
        cr_assert_eq(a[0].n, 10 + 6 * 4);
        cr_expect_eq(a[0].n, a[1].n);
        cr_expect_eq(memcmp(a[0].at, a[1].at, a[0].n * sizeof *a[0].at), 0, "%s",
                     strategy_names[s]);
        cr_expect_eq(a[0].n_front, a[1].n_front);
        cr_expect(archive_best(&a[0])->finalist);
        archive_fini(&a[0]);
        archive_fini(&a[1]);
        world_fini(&w);
    }
}

/* Only finalists may be chosen: a better score with shared weights is not comparable. */
Test(evolve, a_finalist_is_chosen_on_the_front_or_off_it)
{
    struct candidate c = {.feasible = 1,
                          .logloss_chip = 0.5,
                          .latency_cycles = 1,
                          .energy_pj = 1,
                          .area_um2 = 1,
                          .score = 3};
    struct archive a;

    archive_init(&a, 3);
    archive_add(&a, &c);
    c.score = 1;
    c.latency_cycles = 2; /* dominated by the first */
    c.finalist = 1;
    archive_add(&a, &c);
    c.score = 2;
    archive_add(&a, &c);
    cr_expect_eq(a.n_front, 1);
    cr_expect_eq(archive_best(&a), &a.at[1]);
    a.at[1].finalist = a.at[2].finalist = 0;
    cr_expect_eq(archive_best(&a), &a.at[0]);
    archive_fini(&a);
}

Test(evolve, two_stages_take_the_model_first)
{
    struct crew *crew = crew_of(1);
    struct evolve_options o = options(SEARCH_TWO_STAGE, crew);
    const struct candidate *best = NULL;
    struct world w;
    struct archive a;
    uint32_t base[SPACE_MAX_CHIP];

    world_init(&w);
    a = explore(&w, &o, 5);
    chip_get(&w.rig.space, &w.base, base);
    for (uint64_t i = 0; i < a.n; i++) {
        const struct candidate *c = &a.at[i];

        if (c->generation >= 4) { /* the second half of 7 generations */
            cr_expect_str_eq(c->genome, best->genome);
            continue;
        }
        cr_expect_eq(memcmp(c->chip, base, w.rig.space.n_chip * sizeof *base), 0);
        if (c->feasible && (!best || c->logloss < best->logloss))
            best = c;
    }
    archive_fini(&a);
    crew_free(crew);
    world_fini(&w);
}

/* ---- the archive ---- */

static struct candidate at_point(double logloss, double latency, double energy, double area)
{
    return (struct candidate){.feasible = 1,
                              .logloss_chip = logloss,
                              .latency_cycles = latency,
                              .energy_pj = energy,
                              .area_um2 = area};
}

Test(archive, pairs_within_the_limits_beat_those_beyond)
{
    struct candidate a = at_point(0.5, 9, 9, 9), b = at_point(0.4, 8, 8, 8);

    b.excess = 1.5;
    cr_expect(candidate_dominates(&a, &b) && !candidate_dominates(&b, &a));
    a.excess = 1.25;
    cr_expect(candidate_dominates(&a, &b));
}

/* The box is 0..1 in LogLoss and a doubling in each cost: volumes can be told by hand. */
Test(archive, hypervolume_of_points_known)
{
    static const struct archive_box box = {{0, 0, 0, 0}, {1, 1, 1, 1}};
    static const struct {
        uint32_t n;
        double logloss[3], log2_latency[3], want;
    } row[] = {
        {1, {0}, {0}, 1},
        {1, {0.5}, {0}, 0.5},
        {1, {1}, {0}, 0},
        {1, {1.5}, {0}, 0}, /* outside the box */
        {2, {0.25, 0.75}, {0.75, 0.25}, 0.75 * 0.25 * 2 - 0.25 * 0.25},
        {3, {0, 0.5, 0.75}, {0.75, 0.5, 0.25}, 0.25 + 0.5 * 0.25 + 0.25 * 0.25},
    };

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct archive a;

        archive_init(&a, 3);
        for (uint32_t k = 0; k < row[i].n; k++) {
            struct candidate c = at_point(row[i].logloss[k], exp2(row[i].log2_latency[k]), 1, 1);

            archive_add(&a, &c);
        }
        cr_expect_float_eq(archive_hypervolume(&a, &box), row[i].want, 1e-12, "row %zu: %g", i,
                           archive_hypervolume(&a, &box));
        archive_fini(&a);
    }
}

/* Against counting cells of a grid on which all points lie. */
Test(archive, hypervolume_of_random_fronts)
{
    enum { SIDE = 6, N = 12 };
    static const struct archive_box box = {{0, 0, 0, 0}, {SIDE, SIDE, SIDE, SIDE}};

    for (uint64_t seed = 0; seed < 20; seed++) {
        struct rng r = rng_new(seed);
        uint32_t v[N][4], n_covered = 0;
        struct archive a;

        archive_init(&a, N);
        for (uint32_t i = 0; i < N; i++) {
            struct candidate c;

            for (uint32_t k = 0; k < 4; k++)
                v[i][k] = (uint32_t)rng_below(&r, SIDE);
            c = at_point(v[i][0], exp2(v[i][1]), exp2(v[i][2]), exp2(v[i][3]));
            archive_add(&a, &c);
        }
        for (uint32_t cell = 0; cell < SIDE * SIDE * SIDE * SIDE; cell++) {
            uint32_t x[4] = {cell % SIDE, cell / SIDE % SIDE, cell / SIDE / SIDE % SIDE,
                             cell / SIDE / SIDE / SIDE};
            bool covered = false;

            for (uint32_t i = 0; i < N; i++)
                covered |= v[i][0] <= x[0] && v[i][1] <= x[1] && v[i][2] <= x[2] && v[i][3] <= x[3];
            n_covered += covered;
        }
        cr_expect_float_eq(archive_hypervolume(&a, &box),
                           n_covered / (double)(SIDE * SIDE * SIDE * SIDE), 1e-9, "seed %llu",
                           (unsigned long long)seed);
        archive_fini(&a);
    }
}

Test(evolve, search_is_better_than_its_first_draws)
{
    struct world w;
    struct candidate first, last;

    world_init(&w);
    first = search(&w, NULL, NULL, 1);
    last = search(&w, NULL, NULL, 0);
    cr_expect_leq(last.score, first.score);
    cr_expect(last.feasible && isfinite(last.score));
    cr_expect_leq(last.n_units, w.objective.max_units);
    world_fini(&w);
}

Test(evolve, what_does_not_fit_is_infeasible)
{
    struct world w;
    struct candidate c;
    struct chip_config chip;
    struct genome g;
    struct judge *j;
    struct err e;

    world_init(&w);
    j = judge_of(&w, 2);
    cr_assert_eq(genome_parse(&w.rig.space,
                              "e8x8/fc64w8a8-efc32w8a8-d0-s0/fc64w8a8-efc32w8a8-d01-s01", &g, &e),
                 ERR_OK, "%s", e.text);
    chip = w.base;
    candidate_set(&w.rig.space, &c, &g, &chip);
    cr_expect_eq(judge_cost(j, &c, &e), ERR_OK);
    cr_expect(c.feasible);
    chip.tile_buffer_bytes = 64; /* the head reads 64 + 32 * 8 numbers */
    candidate_set(&w.rig.space, &c, &g, &chip);
    cr_expect_eq(judge_cost(j, &c, &e), ERR_OK);
    cr_expect(!c.feasible);
    judge_free(j);
    world_fini(&w);
}

/* Labels as the model itself would guess them: whatever changes its logits costs. */
static void label_by(struct world *w, const struct genome *g)
{
    struct data_split *v = &w->rig.d.valid;
    struct subnet *n = subnet_new(g, w->rig.store);
    double *p = mem_alloc(v->n, sizeof *p);

    subnet_calibrate(n, &w->rig.d, 512, true);
    subnet_predict(n, v, 0, v->n, true, p);
    for (uint64_t i = 0; i < v->n; i++)
        v->label[i] = p[i] > 0.5;
    free(p);
    subnet_free(n);
}

Test(evolve, clipping_costs_accuracy)
{
    struct world w;
    struct candidate c[2];
    struct genome g;
    struct judge *j;
    struct err e;

    world_init(&w);
    j = judge_of(&w, 0);
    cr_assert_eq(genome_parse(&w.rig.space,
                              "e8x8/fc64w8a8-efc32w8a8-d0-s0/fc64w8a8-efc32w8a8-d01-s01", &g, &e),
                 ERR_OK, "%s", e.text);
    label_by(&w, &g);
    for (uint32_t i = 0; i < 2; i++) {
        struct chip_config chip = w.base;

        chip.mvm_adc_bits = i ? 3 : chip_lossless_adc_bits(&chip);
        candidate_set(&w.rig.space, &c[i], &g, &chip);
        cr_assert_eq(judge_cost(j, &c[i], &e), ERR_OK);
        cr_assert(c[i].feasible);
        cr_assert_eq(judge_accuracy(j, &c[i], &e), ERR_OK);
    }
    cr_expect_float_eq(c[0].logloss_chip, c[0].logloss, 1e-15);
    cr_expect_float_eq(c[0].logloss, c[1].logloss, 1e-15);
    cr_expect_gt(c[1].logloss_chip, c[1].logloss);
    judge_free(j);
    world_fini(&w);
}
