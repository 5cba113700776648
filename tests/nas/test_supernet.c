/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nas/ckpt.h"
#include "nas/supernet.h"
#include "sim/base/file.h"
#include "tests/common/temp.h"
#include "tests/nas/rig.h"

static const char key[65] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

static struct supernet_options options(const char *ckpt, uint64_t stop)
{
    return (struct supernet_options){
        .epochs = 3,
        .warmup_epochs = 1,
        .how = {.batch = 32, .weights = {.lr = 1, .eps = 1}, .rows = {.lr = 20, .eps = 1}},
        .ckpt = ckpt,
        .key = key,
        .stop = stop};
}

static void train(struct rig *r, const char *ckpt, uint64_t stop, enum optimiser by)
{
    struct supernet_options o = options(ckpt, stop);
    struct rng root = rng_new(6);
    struct err e;

    o.how.weights.by = o.how.rows.by = by;
    o.how.clip = 0.5;
    o.how.dropout = 0.1;
    cr_assert_eq(supernet_train(r->store, &r->space, &r->d, &root, &o, NULL, &e), ERR_OK, "%s",
                 e.text);
}

static void resume(enum optimiser by)
{
    struct temp t = temp_new();
    const char *path = temp_path(&t, "a.ckpt");
    struct rig whole, part;

    rig_init(&whole, 1, 2, 3, 320);
    train(&whole, NULL, 0, by);
    for (uint64_t stop = 1; stop < 30; stop += 14) { /* of 30 steps; 10 an epoch */
        rig_init(&part, 1, 2, 3, 320);
        train(&part, path, stop, by);
        rig_fini(&part);
        rig_init(&part, 1, 2, 3, 320); /* another process would start like this */
        train(&part, path, 0, by);
        cr_expect(memcmp(whole.store->w, part.store->w, whole.store->n_floats * 4) == 0);
        cr_expect(memcmp(whole.store->acc, part.store->acc, whole.store->n_floats * 4) == 0);
        cr_expect(by == OPTIMISER_ADAGRAD ||
                  memcmp(whole.store->mom, part.store->mom, whole.store->n_floats * 4) == 0);
        cr_expect(memcmp(whole.store->emb, part.store->emb, whole.store->n_emb * 4) == 0);
        remove(path);
        rig_fini(&part);
    }
    rig_fini(&whole);
    temp_free(&t);
}

Test(supernet, resumed_training_ends_bit_identical)
{
    resume(OPTIMISER_ADAGRAD);
    resume(OPTIMISER_ADAM);
}

/* The first row of the first parameter, three steps, against the formulas in double. */
static void expect_steps(enum optimiser by)
{
    const float g[] = {0.5f, -2, 0.1f};
    struct rate rate = {.lr = 0.1f, .eps = 0.01f, .l2 = 0.05f, .by = by};
    double w, acc = 0, mom = 0;
    struct rig r;

    rig_init(&r, 3, 1, 2, 32);
    store_add_moments(r.store);
    w = (double)r.store->w[0];
    for (int i = 0; i < 3; i++) {
        double d = 0.5 * (double)g[i] + 0.05 * w;

        acc = by == OPTIMISER_ADAM ? 0.999 * acc + 0.001 * d * d : acc + d * d;
        mom = by == OPTIMISER_ADAM ? 0.9 * mom + 0.1 * d : d;
        w -= 0.1 * mom / (sqrt(acc) + 0.01);
        store_learn(r.store, 0, &g[i], 1, &rate, 0.5f);
        cr_expect_float_eq((double)r.store->w[0], w, 2e-6, "step %d: %g, %g", i,
                           (double)r.store->w[0], w);
    }
    rig_fini(&r);
}

Test(supernet, optimisers_follow_their_formulas)
{
    expect_steps(OPTIMISER_ADAGRAD);
    expect_steps(OPTIMISER_ADAM);
}

/* One step of plain descent moves all numbers by at most the clipped length. */
Test(supernet, clipping_limits_the_whole_step)
{
    const double clip = 0.01;
    struct supernet_options o = options(NULL, 1);
    struct rng root = rng_new(6);
    float *w, *emb;
    double moved = 0;
    struct rig r;
    struct err e;

    rig_init(&r, 1, 2, 3, 320);
    w = mem_alloc(r.store->n_floats, sizeof *w);
    emb = mem_alloc(r.store->n_emb, sizeof *emb);
    memcpy(w, r.store->w, r.store->n_floats * sizeof *w);
    memcpy(emb, r.store->emb, r.store->n_emb * sizeof *emb);
    o.how.weights = o.how.rows = (struct rate){.lr = 1000, .eps = 1000};
    o.how.clip = clip;
    cr_assert_eq(supernet_train(r.store, &r.space, &r.d, &root, &o, NULL, &e), ERR_OK);
    for (size_t i = 0; i < r.store->n_floats; i++)
        moved += pow((double)(r.store->w[i] - w[i]), 2);
    for (size_t i = 0; i < r.store->n_emb; i++)
        moved += pow((double)(r.store->emb[i] - emb[i]), 2);
    /* the first of 30 steps: half of a third of the rate */
    cr_expect_float_eq(sqrt(moved), clip / 6, 0.01 * clip / 6, "%g", sqrt(moved));
    free(emb);
    free(w);
    rig_fini(&r);
}

static enum err_code try_load(const char *path, const char *with, void *data, size_t n,
                              struct err *e)
{
    struct ckpt_part part = {"part", data, n};

    return ckpt_load(path, with, &part, 1, e);
}

Test(supernet, foreign_or_damaged_checkpoints_are_refused)
{
    struct temp t = temp_new();
    const char *path = temp_path(&t, "a.ckpt");
    char data[5] = "abcd", other[65], *all;
    struct ckpt_part part = {"part", data, 5};
    struct file_out o;
    struct err e;
    size_t n;

    cr_assert_eq(ckpt_save(path, key, &part, 1, &e), ERR_OK);
    memset(data, 0, 5);
    cr_expect_eq(try_load(path, key, data, 5, &e), ERR_OK);
    cr_expect_str_eq(data, "abcd");
    memcpy(other, key, 65);
    other[3] = 'x';
    cr_expect_eq(try_load(path, other, data, 5, &e), ERR_CONFIG);
    cr_expect(strstr(e.text, "other settings"), "%s", e.text);
    cr_expect_eq(try_load(path, key, data, 4, &e), ERR_CONFIG);
    cr_assert_eq(file_read(path, &all, &n, &e), ERR_OK);
    for (size_t cut = 0; cut < n; cut += 7) { /* cut short */
        cr_assert_eq(file_create(&o, path, &e), ERR_OK);
        fwrite(all, 1, cut, o.f);
        cr_assert_eq(file_commit(&o, &e), ERR_OK);
        cr_expect_eq(try_load(path, key, data, 5, &e), ERR_CONFIG);
    }
    all[120] ^= 1; /* one bit */
    cr_assert_eq(file_create(&o, path, &e), ERR_OK);
    fwrite(all, 1, n, o.f);
    cr_assert_eq(file_commit(&o, &e), ERR_OK);
    cr_expect_eq(try_load(path, key, data, 5, &e), ERR_CONFIG);
    cr_expect(strstr(e.text, "damaged"), "%s", e.text);
    free(all);
    temp_free(&t);
}

/* Interactions of two fields that neither shows alone. */
static void plant(struct data_split *s, uint32_t n_fields, struct rng *r)
{
    for (uint64_t i = 0; i < s->n; i++) {
        const uint32_t *row = s->lookup + i * n_fields;
        bool same = (row[0] % 2) == (row[1] % 2);

        s->label[i] = rng_unit(r) < (same ? 0.9 : 0.1);
    }
}

static const char *const a_model = "e8x8/dp16w8a8-efc16w8a8-d0-s0";

static struct tune_options tune_options(double holdout, const char *ckpt, uint64_t stop)
{
    return (struct tune_options){
        .epochs = 3,
        .how = {.batch = 64, .weights = {.lr = 1, .eps = 1}, .rows = {.lr = 20, .eps = 1}},
        .calibrate_rows = 512,
        .holdout = holdout,
        .ckpt = ckpt,
        .key = key,
        .ckpt_steps = 8,
        .stop = stop};
}

static struct subnet *tuned(struct rig *r, const struct tune_options *o)
{
    struct rng root = rng_new(6);
    struct subnet *n;
    struct genome g;
    struct err e;

    cr_assert_eq(genome_parse(&r->space, a_model, &g, &e), ERR_OK, "%s", e.text);
    n = subnet_new(&g, r->store);
    cr_assert_eq(subnet_tune(n, &r->d, &root, o, NULL, &e), ERR_OK, "%s", e.text);
    return n;
}

static void planted(struct rig *r, uint64_t rows)
{
    struct rng rng = rng_new(31);

    rig_init(r, 4, 1, 0, rows);
    plant(&r->d.train, 6, &rng);
    plant(&r->d.valid, 6, &rng);
}

Test(supernet, held_out_rows_lie_evenly_and_are_counted)
{
    static const double share[] = {0, 0.02, 0.3, 0.5};

    for (size_t i = 0; i < sizeof share / sizeof *share; i++)
        for (uint64_t row = 0, n = 0; row < 1000; row++) {
            n += data_held(row, share[i]);
            cr_assert_eq(n, data_n_held(row + 1, share[i]), "%g of %lu", share[i], row);
        }
    cr_expect_eq(data_n_held(1000, 0), 0);
    cr_expect_eq(data_n_held(1000, 0.5), 500);
}

/* Other labels there change the factor, and nothing else. */
Test(supernet, no_step_sees_a_row_held_out)
{
    const struct tune_options o = tune_options(0.1, NULL, 0);
    const struct matrix *m;
    struct subnet *n[2];
    struct rig r[2];
    double ratio = 0;

    for (int i = 0; i < 2; i++) {
        planted(&r[i], 1000);
        for (uint64_t k = 0; k < r[i].d.train.n; k++)
            if (i == 1 && data_held(k, o.holdout))
                r[i].d.train.label[k] = k % 2;
        n[i] = tuned(&r[i], &o);
    }
    cr_expect(memcmp(r[0].store->emb, r[1].store->emb, r[0].store->n_emb * sizeof(float)) == 0);
    for (uint32_t i = 0; i < r[0].store->n_params; i++) {
        m = store_param(r[0].store, i);
        for (size_t k = m->first; k < m->first + (size_t)m->rows * m->cols; k++) {
            double a = (double)r[0].store->w[k], b = (double)r[1].store->w[k];

            if (m->rows > 1 || a == b) {
                cr_assert_eq(a, b, "parameter %u", i);
                continue;
            }
            ratio = ratio != 0 ? ratio : b / a;
            cr_assert_float_eq(b / a, ratio, 1e-5);
        }
    }
    cr_expect(ratio > 0 && ratio < 0.5, "labels by chance leave little to be sure of: %g", ratio);
    for (int i = 0; i < 2; i++) {
        subnet_free(n[i]);
        rig_fini(&r[i]);
    }
}

/* Logits k times too large come back by 1 / k, and the integers stay as they are. */
Test(supernet, logits_come_back_to_the_scale_they_are_worth)
{
    static const float by[] = {0.25f, 8, 1};
    const struct tune_options o = tune_options(0.1, NULL, 0);
    struct rig r;
    struct subnet *n;
    double *p[2];

    planted(&r, 4096);
    n = tuned(&r, &o);
    for (int i = 0; i < 2; i++)
        p[i] = mem_alloc(r.d.valid.n, sizeof **p);
    subnet_predict(n, &r.d.valid, 0, r.d.valid.n, false, p[0]);
    for (size_t i = 0; i < sizeof by / sizeof *by; i++) {
        const struct node *last = &n->net.node[n->net.n_nodes - 1];
        uint32_t id[] = {last->param[0], last->param[1], last->bias};
        double factor;

        for (size_t k = 0; k < sizeof id / sizeof *id; k++) {
            const struct matrix *m = store_param(r.store, id[k]);

            for (size_t c = 0; c < (size_t)m->rows * m->cols; c++)
                r.store->w[m->first + c] *= by[i];
        }
        factor = subnet_scale_logit(n, &r.d, o.holdout, false);
        cr_expect_float_eq(factor * (double)by[i], 1, 1e-4, "%g: %g", (double)by[i], factor);
        subnet_predict(n, &r.d.valid, 0, r.d.valid.n, false, p[1]);
        for (uint64_t k = 0; k < r.d.valid.n; k++)
            cr_assert_float_eq(p[0][k], p[1][k], 1e-4);
    }
    free(p[1]);
    free(p[0]);
    subnet_free(n);
    rig_fini(&r);
}

Test(supernet, resumed_tuning_ends_bit_identical)
{
    struct temp t = temp_new();
    const char *path = temp_path(&t, "a.ckpt");
    struct tune_options o = tune_options(0.1, NULL, 0);
    struct rig whole, part;

    planted(&whole, 1000);
    subnet_free(tuned(&whole, &o));
    for (uint64_t stop = 1; stop < 50; stop += 20) { /* of 42 steps: the last is not stopped */
        o = tune_options(0.1, path, stop);
        planted(&part, 1000);
        subnet_free(tuned(&part, &o));
        rig_fini(&part);
        o.stop = 0;
        planted(&part, 1000);
        subnet_free(tuned(&part, &o));
        cr_expect(memcmp(whole.store->w, part.store->w, whole.store->n_floats * 4) == 0);
        cr_expect(memcmp(whole.store->emb, part.store->emb, whole.store->n_emb * 4) == 0);
        remove(path);
        rig_fini(&part);
    }
    rig_fini(&whole);
    temp_free(&t);
}

static double tuned_logloss(struct rig *r, const char *text)
{
    double *p = mem_alloc(r->d.valid.n, sizeof *p), loss;
    struct rng root = rng_new(6);
    struct tune_options o = {
        .rounded = true,
        .epochs = 6,
        .how = {.batch = 64, .weights = {.lr = 1, .eps = 1}, .rows = {.lr = 20, .eps = 1}}};
    struct genome g;
    struct subnet *n;
    struct err e;

    cr_assert_eq(genome_parse(&r->space, text, &g, &e), ERR_OK, "%s", e.text);
    n = subnet_new(&g, r->store);
    cr_assert_eq(subnet_tune(n, &r->d, &root, &o, NULL, &e), ERR_OK);
    subnet_calibrate(n, &r->d, 1024, true);
    subnet_predict(n, &r->d.valid, 0, r->d.valid.n, true, p);
    loss = metric_logloss(r->d.valid.label, p, r->d.valid.n);
    free(p);
    subnet_free(n);
    return loss;
}

Test(supernet, planted_interaction_is_learnt_at_any_precision)
{
    static const char *const genomes[] = {
        "e8x8/dp16w8a8-efc16w8a8-d0-s0",
        "e4x8/dp16w4a4-efc16w4a4-d0-s0",
        "e8x8/fc64w8a8-efc16w8a8-d0-s0",
        "e4x8/fc64w4a6-efc16w6a4-dsi4-fm4-d0-s0",
    };
    double bayes = -0.9 * log(0.9) - 0.1 * log(0.1), chance = log(2);

    for (size_t i = 0; i < sizeof genomes / sizeof *genomes; i++) {
        struct rng rng = rng_new(31);
        struct rig r;
        double loss;

        rig_init(&r, 4, 1, 0, 8192);
        plant(&r.d.train, 6, &rng);
        plant(&r.d.valid, 6, &rng);
        loss = tuned_logloss(&r, genomes[i]);
        cr_expect_lt(loss, bayes + 0.25 * (chance - bayes), "%s: %g; Bayes %g, chance %g",
                     genomes[i], loss, bayes, chance);
        rig_fini(&r);
    }
}

Test(supernet, one_set_of_weights_serves_all_models)
{
    struct rng rng = rng_new(31), root = rng_new(8), draw = rng_new(9);
    struct rig r;
    struct supernet_options o = options(NULL, 0);
    struct err e;
    double *p, chance = log(2), sum = 0;

    rig_init(&r, 4, 2, 2, 8192);
    plant(&r.d.train, 6, &rng);
    plant(&r.d.valid, 6, &rng);
    o.epochs = 12;
    o.warmup_epochs = 3;
    o.how.batch = 64;
    cr_assert_eq(supernet_train(r.store, &r.space, &r.d, &root, &o, NULL, &e), ERR_OK);
    p = mem_alloc(r.d.valid.n, sizeof *p);
    for (int i = 0; i < 10; i++) {
        struct genome g;
        struct subnet *n;

        genome_random(&r.space, &draw, &g);
        n = subnet_new(&g, r.store);
        subnet_calibrate(n, &r.d, 1024, true);
        subnet_predict(n, &r.d.valid, 0, r.d.valid.n, true, p);
        sum += metric_logloss(r.d.valid.label, p, r.d.valid.n);
        subnet_free(n);
    }
    cr_expect_lt(sum / 10, 0.8 * chance, "mean LogLoss of random models with shared weights %g",
                 sum / 10);
    free(p);
    rig_fini(&r);
}
