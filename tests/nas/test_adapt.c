/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "nas/adapt.h"
#include "sim/base/mem.h"
#include "tests/nas/rig.h"

enum { ROWS = 128, STEPS = 100 };

static struct genome draw(const struct rig *r, uint64_t seed)
{
    struct rng rng = rng_new(seed);
    struct genome g;

    genome_random(&r->space, &rng, &g);
    return g;
}

static double loss(const struct rig *r, struct subnet *n)
{
    double p[ROWS];

    subnet_predict(n, &r->d.train, 0, ROWS, true, p);
    return metric_logloss(r->d.train.label, p, ROWS);
}

/* Before and after adapting. */
static void adapt(struct rig *r, struct adapt *a, const struct genome *g, double out[2])
{
    struct subnet *n = subnet_new(g, r->store);

    subnet_calibrate(n, &r->d, ROWS, true);
    out[0] = loss(r, n);
    adapt_model(a, n);
    out[1] = loss(r, n);
    subnet_free(n);
}

static float *copy(const float *v, size_t n)
{
    float *c = mem_alloc(n, sizeof *c);

    memcpy(c, v, n * sizeof *c);
    return c;
}

static bool same(const float *a, const float *b, size_t n)
{
    return memcmp(a, b, n * sizeof *a) == 0;
}

static struct adapt *begin(struct rig *r, enum optimiser by, uint32_t steps)
{
    bool adam = by == OPTIMISER_ADAM;
    struct adapt_options o = {
        steps,
        {.batch = 32,
         .weights = {.lr = adam ? 0.0003F : 0.02F, .eps = adam ? 1e-8F : 1, .by = by},
         .rows = {.lr = 1, .eps = 1, .by = by}},
        ROWS};

    rig_init(r, 1, 2, 3, ROWS);
    if (adam)
        store_add_moments(r->store);
    for (size_t i = 0; i < r->store->n_floats; i++) { /* as training would leave them */
        r->store->acc[i] = 1e-4F;
        if (adam)
            r->store->mom[i] = 1e-6F;
    }
    return adapt_new(r->store, &r->d, &o, rng_new(3));
}

static void check(enum optimiser by)
{
    struct rig r;
    struct adapt *a = begin(&r, by, STEPS);
    struct store *s = r.store;
    struct genome g = draw(&r, 5), other = draw(&r, 6);
    float *w = copy(s->w, s->n_floats), *acc = copy(s->acc, s->n_floats);
    float *mom = s->mom ? copy(s->mom, s->n_floats) : NULL, *emb = copy(s->emb, s->n_emb);
    double first[2], again[2];

    adapt(&r, a, &g, first);
    cr_expect_lt(first[1], first[0] - 0.01, "%g after %g", first[1], first[0]);
    cr_expect_not(same(w, s->w, s->n_floats));
    cr_expect(same(emb, s->emb, s->n_emb), "tables stay");
    adapt_undo(a);
    cr_expect(same(w, s->w, s->n_floats));
    cr_expect(same(acc, s->acc, s->n_floats));
    cr_expect(!mom || same(mom, s->mom, s->n_floats));

    adapt(&r, a, &other, again);
    adapt_undo(a);
    adapt(&r, a, &g, again);
    cr_expect(first[0] == again[0] && first[1] == again[1], "whoever was there before");
    free(emb);
    free(mom);
    free(acc);
    free(w);
    adapt_free(a);
    rig_fini(&r);
}

Test(adapt, model_learns_and_leaves_no_trace_by_adagrad)
{
    check(OPTIMISER_ADAGRAD);
}

Test(adapt, model_learns_and_leaves_no_trace_by_adam)
{
    check(OPTIMISER_ADAM);
}

Test(adapt, no_steps_change_nothing)
{
    struct rig r;
    struct adapt *a = begin(&r, OPTIMISER_ADAGRAD, 0);
    struct genome g = draw(&r, 5);
    float *w = copy(r.store->w, r.store->n_floats);
    double of[2];

    adapt(&r, a, &g, of);
    cr_expect(of[0] == of[1]);
    cr_expect(same(w, r.store->w, r.store->n_floats));
    free(w);
    adapt_free(a);
    rig_fini(&r);
}
