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
    struct judge_options how = {256, 32, 512, adapt_steps, 0.3};
    struct rng root = rng_new(1);

    return judge_new(&w->rig.space, w->rig.store, &w->rig.d, &w->base, w->params, &w->objective,
                     &how, &root);
}

static struct candidate search(struct world *w, const char *state, const char *pareto,
                               uint64_t stop)
{
    struct evolve_options o = {.population = 10,
                               .generations = 6,
                               .children = 4,
                               .tournament = 3,
                               .state = state,
                               .key = key,
                               .pareto = pareto,
                               .stop = stop};
    struct judge *j = judge_of(w, 2);
    struct rng root = rng_new(12);
    struct candidate best;
    struct err e;

    cr_assert_eq(evolve(j, &w->rig.space, &w->base, &w->objective, &root, &o, &best, &e), ERR_OK,
                 "%s", e.text);
    judge_free(j);
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
    struct candidate c = {
        .logloss_chip = 0.25, .latency_cycles = 1024, .energy_pj = 1, .area_um2 = 1};

    cr_expect_float_eq(objective_score(&o, &c, 1000), 50 + 2 * 10, 1e-9);
    o.max_latency_us = 1; /* 1024 cycles of 1 GHz are more */
    cr_expect_float_eq(objective_score(&o, &c, 1000), 70 + 1024, 1e-9);
    o.max_latency_us = 2;
    cr_expect_float_eq(objective_score(&o, &c, 1000), 70, 1e-9);
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
    chip.mvm_rows = 16;
    chip.mvm_xbars = 4; /* the head reads 64 + 32 * 8 numbers: 20 row blocks */
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
