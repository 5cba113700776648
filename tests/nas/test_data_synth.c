/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nas/data.h"
#include "nas/data_report.h"
#include "nas/data_synth.h"

enum { CAP = 1000000 };

static struct data *synth(const char *spec, uint64_t seed, uint32_t max_rows)
{
    struct err e = {0};
    struct data *d = NULL;

    cr_assert_eq(data_load(&d, spec, seed, max_rows, &e), ERR_OK, "%s", e.text);
    return d;
}

static bool same_head(const struct data *d, const struct data_split *a, const struct data_split *b,
                      uint64_t n)
{
    return memcmp(a->label, b->label, n) == 0 &&
           memcmp(a->dense, b->dense, n * d->n_dense * sizeof *a->dense) == 0 &&
           memcmp(a->lookup, b->lookup, n * d->n_fields * sizeof *a->lookup) == 0;
}

Test(data_synth, bad_specs_are_refused)
{
    static const struct {
        const char *spec, *want;
    } row[] = {
        {"synthetic:lines=3",
         "synthetic: unknown key \"lines\"; known: rows, valid, fields, dense, vocab, zipf, "
         "interactions, latent, head, sd_first, sd_pair, sd_dense, ctr, noise, seed"},
        {"synthetic:rows", "synthetic: \"rows\" is not KEY=VALUE"},
        {"synthetic:rows=5,rows=5", "synthetic: rows is given twice"},
        {"synthetic:rows=0", "synthetic: rows: 0 is outside 1..1000000000"},
        {"synthetic:rows=2.5", "synthetic: rows: \"2.5\" is not a whole number"},
        {"synthetic:zipf=x", "synthetic: zipf: \"x\" is not a number"},
        {"synthetic:zipf=4.5", "synthetic: zipf: 4.5 is outside 0..4"},
        {"synthetic:seed=-1", "synthetic: seed: \"-1\" is not an unsigned integer"},
        {"synthetic:fields=3,interactions=4",
         "synthetic: interactions: 4 is outside 0..3, the pairs of 3 fields"},
    };

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct err e = {0};
        struct data *d = NULL;

        cr_expect_eq(data_load(&d, row[i].spec, 1, CAP, &e), ERR_CONFIG, "row %zu", i);
        cr_expect_str_eq(e.text, row[i].want, "row %zu: %s", i, e.text);
    }
}

Test(data_synth, smallest_shapes_work)
{
    struct data *d = synth("synthetic:rows=1,valid=1,fields=1,dense=0,vocab=2", 1, CAP);

    cr_expect_eq(d->n_fields, 1);
    cr_expect_eq(d->n_dense, 0);
    cr_expect(isfinite(d->bayes_logloss));
    data_free(d);
}

Test(data_synth, the_seed_decides_everything)
{
    struct data *a = synth("synthetic:rows=500,valid=100", 7, CAP);
    struct data *b = synth("synthetic:rows=500,valid=100", 7, CAP);
    struct data *c = synth("synthetic:rows=500,valid=100", 8, CAP);
    struct data *k = synth("synthetic:rows=500,valid=100,seed=7", 8, CAP);

    cr_expect(same_head(a, &a->train, &b->train, 500) && same_head(a, &a->valid, &b->valid, 100));
    cr_expect(same_head(a, &a->train, &k->train, 500) && same_head(a, &a->valid, &k->valid, 100));
    cr_expect_eq(a->bayes_auc, b->bayes_auc);
    cr_expect_not(same_head(a, &a->train, &c->train, 500));
    data_free(a);
    data_free(b);
    data_free(c);
    data_free(k);
}

/* The number of rows disturbs neither teacher nor earlier rows (tables may rank differently). */
Test(data_synth, longer_sets_continue_shorter_ones)
{
    struct data *a = synth("synthetic:rows=500,valid=100", 7, CAP);
    struct data *b = synth("synthetic:rows=900,valid=300", 7, CAP);

    cr_expect_arr_eq(a->train.label, b->train.label, 500);
    cr_expect_arr_eq(a->valid.label, b->valid.label, 100);
    cr_expect_arr_eq(a->train.dense, b->train.dense, 500 * a->n_dense * sizeof(float));
    data_free(a);
    data_free(b);
}

Test(data_synth, defaults_suit_a_search)
{
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct data *d = synth("synthetic", seed, CAP);
        uint64_t n_pos = 0;

        cr_expect_eq(d->train.n, 60000);
        cr_expect_eq(d->valid.n, 15000);
        cr_expect_eq(d->n_fields, 10);
        cr_expect_eq(d->n_dense, 4);
        cr_expect(d->n_rows[0] <= 2001 && d->n_rows[0] > 1900, "%u", d->n_rows[0]);
        cr_expect(d->n_rows[9] <= 201 && d->n_rows[9] > 190, "%u", d->n_rows[9]);
        for (uint64_t i = 0; i < d->train.n; i++)
            n_pos += d->train.label[i];
        cr_expect(n_pos > 14000 && n_pos < 16000, "%llu", (unsigned long long)n_pos);
        cr_expect(d->bayes_auc > 0.83 && d->bayes_auc < 0.87, "%g", d->bayes_auc);
        cr_expect_gt(data_top_share(d, 0), 0.4);
        data_free(d);
    }
}

Test(data_synth, truth_is_calibrated_and_scores_as_bayes)
{
    struct err e = {0};
    struct data *d = NULL;
    double *p = NULL, sum = 0, want = 0, entropy = 0, loss = 0;

    cr_assert_eq(data_synth_with_truth(&d, &p, "valid=40000,noise=0.1", 5, CAP, &e), ERR_OK);
    for (uint64_t i = 0; i < d->valid.n; i++) {
        sum += d->valid.label[i];
        want += p[i];
        entropy -= p[i] * log(p[i]) + (1 - p[i]) * log(1 - p[i]);
        loss -= d->valid.label[i] ? log(p[i]) : log(1 - p[i]);
    }
    cr_expect_float_eq(loss / 40000, d->bayes_logloss, 1e-12);
    cr_expect_float_eq(metric_auc(d->valid.label, p, d->valid.n), d->bayes_auc, 0);
    cr_expect_float_eq(sum / 40000, want / 40000, 0.01);
    cr_expect_float_eq(entropy / 40000, d->bayes_logloss, 0.01); /* labels follow p */
    data_free(d);
    free(p);
}

Test(data_synth, planted_interactions_carry_the_signal_claimed)
{
    struct data *all = synth("synthetic:rows=10", 1, CAP);
    struct data *none = synth("synthetic:rows=10,sd_pair=0", 1, CAP);
    struct data *noise = synth("synthetic:rows=10,noise=1", 1, CAP);

    cr_expect_gt(all->bayes_auc, none->bayes_auc + 0.04);
    cr_expect_lt(all->bayes_logloss, none->bayes_logloss - 0.03);
    cr_expect_float_eq(noise->bayes_auc, 0.5, 1e-12);
    data_free(all);
    data_free(none);
    data_free(noise);
}

Test(data_synth, criteo_text_reads_back_the_same)
{
    static const struct {
        const char *spec;
        uint32_t max_rows;
    } row[] = {
        {"synthetic:rows=900,valid=200", CAP},
        {"synthetic:rows=900,valid=200,fields=26,dense=13", 50},
        {"synthetic:rows=900,valid=200,fields=1,dense=0", CAP},
    };
    char dir[] = "/tmp/autorac_test_XXXXXX", train[64], valid[64], spec[200];

    cr_assert(mkdtemp(dir));
    snprintf(train, sizeof train, "%s/train.tsv", dir);
    snprintf(valid, sizeof valid, "%s/valid.tsv", dir);
    snprintf(spec, sizeof spec, "criteo:%s,%s", train, valid);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct data *a = synth(row[i].spec, 1, row[i].max_rows), *b;
        struct err e = {0};

        cr_assert_eq(data_write_criteo(a, train, valid, &e), ERR_OK, "%s", e.text);
        b = synth(spec, 1, CAP);
        cr_assert_eq(b->train.n, a->train.n);
        cr_assert_eq(b->valid.n, a->valid.n);
        cr_expect_arr_eq(a->train.label, b->train.label, a->train.n);
        for (uint64_t k = 0; k < a->train.n; k++) {
            cr_assert_arr_eq(a->train.lookup + k * a->n_fields, b->train.lookup + k * 26,
                             a->n_fields * sizeof(uint32_t));
            if (a->n_dense)
                cr_assert_arr_eq(a->train.dense + k * a->n_dense, b->train.dense + k * 13,
                                 a->n_dense * sizeof(float));
        }
        for (uint64_t k = 0; k < a->valid.n; k++)
            cr_assert_arr_eq(a->valid.lookup + k * a->n_fields, b->valid.lookup + k * 26,
                             a->n_fields * sizeof(uint32_t));
        data_free(a);
        data_free(b);
    }
    unlink(train);
    unlink(valid);
    rmdir(dir);
}

Test(data_synth, criteo_text_has_room_for_13_and_26)
{
    static const char *const spec[] = {"synthetic:rows=5,valid=5,fields=27",
                                       "synthetic:rows=5,valid=5,dense=14"};
    static const char *const want[] = {
        "data set synthetic: 4 dense columns and 27 fields; the Criteo format holds 13 and 26",
        "data set synthetic: 14 dense columns and 10 fields; the Criteo format holds 13 and 26"};

    for (size_t i = 0; i < 2; i++) {
        struct data *d = synth(spec[i], 1, CAP);
        struct err e = {0};

        cr_expect_eq(data_write_criteo(d, "/nonexistent/a", "/nonexistent/b", &e), ERR_CONFIG);
        cr_expect_str_eq(e.text, want[i], "%s", e.text);
        data_free(d);
    }
}

static char *report(const struct data *d, bool json)
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);

    data_info(f, d, json);
    fclose(f);
    return text;
}

Test(data_synth, report_shows_shape_skew_and_bayes)
{
    struct data *d = synth("synthetic:rows=1000,valid=200,fields=2,dense=1,vocab=2", 1, CAP);
    char *text = report(d, false), *json = report(d, true);

    cr_expect(strstr(text, "data set   synthetic\n"), "%s", text);
    cr_expect(strstr(text, "train      1000 rows, "), "%s", text);
    cr_expect(strstr(text, "Bayes      LogLoss 0."), "%s", text);
    cr_expect(strstr(text, "2 fields, 6 table rows (row 0: unknown or rare)"), "%s", text);
    cr_expect(strstr(text, "top 1 % rows"), "%s", text);
    cr_expect(strstr(json, "\"n_table_rows\": 6"), "%s", json);
    cr_expect(strstr(json, "\"top_1_percent_share\": 0."), "%s", json);
    free(text);
    free(json);
    data_free(d);
}

/* ---- shapes of published sets ---- */

Test(data_synth, shapes_have_the_published_form)
{
    static const struct {
        const char *name;
        uint32_t n_dense, n_fields, small_field, n_rows;
        double rate;
    } row[] = {
        {"criteo", 13, 26, 8, 5, .2562}, {"avazu", 0, 23, 2, 8, .1698}, {"kdd", 3, 10, 9, 7, .045}};

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char spec[80];
        struct data *d;
        uint64_t n = 0;

        snprintf(spec, sizeof spec, "synthetic:shape=%s,rows=40000,valid=4000,test=10",
                 row[i].name);
        d = synth(spec, 1, CAP);
        cr_expect_eq(d->n_dense, row[i].n_dense, "%s", spec);
        cr_assert_eq(d->n_fields, row[i].n_fields, "%s", spec);
        cr_expect_eq(d->n_rows[row[i].small_field], row[i].n_rows, "%s", spec);
        cr_assert_eq(d->train.n, 40000);
        cr_assert_eq(d->valid.n, 4000);
        cr_assert_eq(d->test.n, 10);
        for (uint64_t k = 0; k < d->train.n; k++)
            n += d->train.label[k];
        cr_expect_float_eq((double)n / 40000, row[i].rate, 0.012, "%s: %llu", spec,
                           (unsigned long long)n);
        cr_expect(d->bayes_auc > 0.75 && d->bayes_auc < 0.92, "%s: %g", spec, d->bayes_auc);
        data_free(d);
    }
}

/* Skew and missing cells as asked for: C22 is missing in 82 % of Criteo's rows. */
Test(data_synth, shapes_have_missing_cells_and_skew)
{
    struct data *d = synth("synthetic:shape=criteo,rows=40000", 1, CAP);
    uint64_t n_missing = 0, n_zero = 0, n_first = 0;

    for (uint64_t i = 0; i < d->train.n; i++) {
        n_missing += d->train.lookup[i * 26 + 21] == 0;
        n_zero += d->train.dense[i * 13 + 11] <= 0; /* I12 */
        n_first += d->train.lookup[i * 26] == 1;
    }
    cr_expect_float_eq((double)n_missing / 40000, 0.819, 0.01);
    cr_expect_geq((double)n_zero / 40000, 0.774 - 0.01);
    /* Zipf over 1461 values with exponent 1.1: the first has 1 / sum of k^-1.1 */
    cr_expect_float_eq((double)n_first / 40000, 0.178, 0.01, "%llu", (unsigned long long)n_first);
    data_free(d);
}

Test(data_synth, shapes_carry_each_planted_part)
{
    static const char *const without[] = {"sd_first=0", "sd_pair=0", "sd_triple=0", "sd_dense=0"};
    struct data *all = synth("synthetic:shape=criteo,rows=10,valid=20000", 1, CAP);

    for (size_t i = 0; i < 4; i++) {
        char spec[100];
        struct data *d;

        snprintf(spec, sizeof spec, "synthetic:shape=criteo,rows=10,valid=20000,%s", without[i]);
        d = synth(spec, 1, CAP);
        cr_expect_gt(d->bayes_logloss, all->bayes_logloss + 0.003, "%s", without[i]);
        data_free(d);
    }
    data_free(all);
}

Test(data_synth, shapes_depend_on_the_seed_and_on_nothing_else)
{
    struct data *a = synth("synthetic:shape=kdd,rows=500,valid=100", 7, CAP);
    struct data *b = synth("synthetic:shape=kdd,rows=900,valid=100,test=50,seed=7", 8, CAP);
    struct data *c = synth("synthetic:shape=kdd,rows=500,valid=100", 8, CAP);

    cr_expect_arr_eq(a->train.label, b->train.label, 500);
    cr_expect_arr_eq(a->train.dense, b->train.dense, 500 * a->n_dense * sizeof(float));
    cr_expect_eq(a->bayes_auc, b->bayes_auc);
    cr_expect_neq(a->bayes_auc, c->bayes_auc);
    data_free(a);
    data_free(b);
    data_free(c);
}

Test(data_synth, bad_shapes_are_refused)
{
    static const char *const spec[] = {"synthetic:shape=taobao",
                                       "synthetic:rows=9,shape=kdd,vocab=3",
                                       "synthetic:shape=kdd,rows=1.5"};
    static const char *const want[] = {
        "synthetic: shape: \"taobao\" is none of criteo, avazu, kdd",
        "synthetic: unknown key \"vocab\"",
        "synthetic: rows: \"1.5\" is not a whole number in 1..4000000000"};

    for (size_t i = 0; i < 3; i++) {
        struct err e = {0};
        struct data *d = NULL;

        cr_expect_eq(data_load(&d, spec[i], 1, CAP, &e), ERR_CONFIG);
        cr_expect(strncmp(e.text, want[i], strlen(want[i])) == 0, "%s", e.text);
    }
}
