/* SPDX-License-Identifier: Apache-2.0 */
/* Golden preprocessing, format by format. The rows expected of prep=nasrec were computed once from
 * the rules of docs/datasets.md in Python 3.11, the folds by scikit-learn 1.2.1 with NumPy 1.24.2
 * (Debian 12). */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nas/data.h"
#include "nas/data_kfold.h"
#include "sim/base/mem.h"

#define FIXTURES AUTORAC_SOURCE_DIR "/tests/fixtures/data/"

static struct data *load(const char *spec)
{
    struct err e = {0};
    struct data *d = NULL;

    cr_assert_eq(data_load(&d, spec, 1, 500000, &e), ERR_OK, "%s: %s", spec, e.text);
    return d;
}

static void expect_refused(const char *spec, const char *want)
{
    struct err e = {0};
    struct data *d = NULL;

    cr_expect_eq(data_load(&d, spec, 1, 500000, &e), ERR_CONFIG, "%s", spec);
    cr_expect(strstr(e.text, want), "%s: %s", spec, e.text);
}

/* ---- folds ---- */

static uint8_t thirds(uint64_t i)
{
    return i % 3 == 1;
}

static uint8_t squares(uint64_t i)
{
    return i * i % 7 < 3;
}

static uint8_t ones_late(uint64_t i)
{
    return i >= 12;
}

Test(data_formats, folds_are_those_of_scikit_learn)
{
    static const struct {
        uint64_t n;
        uint8_t (*label)(uint64_t i);
        const char *want;
    } row[] = {
        {40, thirds, "1984781442142351956600837565739067230829"},
        {57, squares, "396080277113540568024092114636304129577743258863146552989"},
        {23, ones_late, "70916052314847328206195"},
    };

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        uint8_t label[64], fold[64];
        char got[65] = "";

        for (uint64_t k = 0; k < row[i].n; k++)
            label[k] = row[i].label(k);
        data_kfold(label, row[i].n, 10, 2018, fold);
        for (uint64_t k = 0; k < row[i].n; k++)
            got[k] = (char)('0' + fold[k]);
        cr_expect_str_eq(got, row[i].want, "row %zu", i);
    }
}

Test(data_formats, twister_draws_as_randomstate)
{
    static const uint32_t want[] = {3789661434, 3977046630, 448084194, 4050209545, 3895575445};
    struct mt19937 m;

    mt19937_seed(&m, 2018);
    for (size_t i = 0; i < 5; i++)
        cr_expect_eq(mt19937_u32(&m), want[i]);
}

/* ---- Criteo ---- */

/* Rows of the fixture's lines (from 0) under prep=nasrec, tables capped at 500,000. */
static const uint32_t criteo_0[] = {1177,  31,   12289, 16385, 47, 1,     3640,  490,   2,
                                    40962, 5276, 0,     2145,  24, 1474,  65537, 3,     0,
                                    1771,  2,    86018, 5,     10, 98305, 57,    106499};
static const uint32_t criteo_4[] = {1177,  0,    0,     16386, 0,  2,     0,     489, 1,
                                    40961, 5277, 49156, 2147,  25, 1475,  65537, 3,   254,
                                    1770,  1,    86018, 6,     10, 98307, 0,     0};
static const uint32_t criteo_6[] = {1178,  31, 12289, 16385, 46, 1,     3639,  486,   3,
                                    40961, 0,  0,     0,     24, 1473,  65537, 0,     254,
                                    1770,  2,  86021, 5,     11, 98305, 27,    106499};

Test(data_formats, criteo_nasrec_rows_are_the_published_modulus)
{
    struct data *d = load("criteo:" FIXTURES "criteo.tsv,prep=nasrec,split=tail");

    cr_assert_eq(d->train.n, 18);
    cr_expect_eq(d->n_rows[0], 1461);
    cr_expect_eq(d->n_rows[2], 500000);
    cr_expect_eq(d->n_rows[25], 142573);
    cr_expect_arr_eq(d->train.lookup, criteo_0, sizeof criteo_0);
    cr_expect_arr_eq(d->train.lookup + 4 * 26, criteo_4, sizeof criteo_4);
    cr_expect_arr_eq(d->train.lookup + 6 * 26, criteo_6, sizeof criteo_6);
    cr_expect_eq(d->train.dense[0], (float)log1p(2));
    cr_expect_eq(d->train.dense[1], 0); /* I2 = -2 */
    data_free(d);
}

/* Line i takes the fold of line i - 1: valid lines 6 and 18, test lines 14 and 17, line 0 nowhere.
 */
Test(data_formats, criteo_nasrec_split_is_shifted_by_a_line)
{
    struct data *d = load("criteo:" FIXTURES "criteo.tsv,prep=nasrec");
    struct data *all = load("criteo:" FIXTURES "criteo.tsv,prep=nasrec,split=tail");
    static const uint32_t train[] = {1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 15, 16};

    cr_assert_eq(d->train.n, 15);
    cr_assert_eq(d->valid.n, 2);
    cr_assert_eq(d->test.n, 2);
    cr_expect_arr_eq(d->valid.lookup, criteo_6, sizeof criteo_6);
    for (size_t i = 0; i < sizeof train / sizeof *train; i++)
        cr_expect_arr_eq(d->train.lookup + i * 26, all->train.lookup + train[i] * 26,
                         26 * sizeof(uint32_t), "row %zu", i);
    cr_expect_arr_eq(d->test.lookup, all->train.lookup + 14 * 26, 26 * sizeof(uint32_t));
    cr_expect_arr_eq(d->test.lookup + 26, all->train.lookup + 17 * 26, 26 * sizeof(uint32_t));
    data_free(d);
    data_free(all);
}

Test(data_formats, criteo_kfold_split_is_not_shifted)
{
    struct data *d = load("criteo:" FIXTURES "criteo.tsv,prep=nasrec,split=kfold");

    cr_assert_eq(d->train.n, 16);
    cr_assert_eq(d->valid.n, 2);
    cr_assert_eq(d->test.n, 2);
    cr_expect_arr_eq(d->train.lookup, criteo_0, sizeof criteo_0);
    data_free(d);
}

/* A field of buckets: I1 of the rows below under ints=. */
Test(data_formats, criteo_buckets_are_fields)
{
    static const char text[] = "0\t1\t2\t3\t4\t5\t6\t7\t8\t9\t10\t11\t12\t13\ta\n"
                               "1\t2\t2\t3\t4\t5\t6\t7\t8\t9\t10\t11\t12\t13\ta\n"
                               "0\t7\t2\t3\t4\t5\t6\t7\t8\t9\t10\t11\t12\t13\ta\n"
                               "0\t4\t2\t3\t4\t5\t6\t7\t8\t9\t10\t11\t12\t13\ta\n"
                               "0\t\t2\t3\t4\t5\t6\t7\t8\t9\t10\t11\t12\t13\ta\n"
                               "0\t-2\t2\t3\t4\t5\t6\t7\t8\t9\t10\t11\t12\t13\ta\n"
                               "1\t9\t2\t3\t4\t5\t6\t7\t8\t9\t10\t11\t12\t13\ta\n";
    /* log2: 1, 1, 2, 2, missing, 1; logsq: 1, 2, 3, 1, missing, -2 */
    static const uint32_t log2[] = {1, 1, 2, 2, 0, 1}, logsq[] = {2, 3, 4, 2, 0, 1};
    static const char *const how[] = {"log2", "logsq"};

    for (size_t k = 0; k < 2; k++) {
        char path[] = "/tmp/autorac_test_XXXXXX", spec[100];
        const uint32_t *want = k ? logsq : log2;
        int fd = mkstemp(path);
        struct data *d;

        cr_assert(fd >= 0 && write(fd, text, sizeof text - 1) == (ssize_t)sizeof text - 1);
        close(fd);
        snprintf(spec, sizeof spec, "criteo:%s,ints=%s", path, how[k]);
        d = load(spec);
        cr_assert_eq(d->n_fields, 39);
        cr_expect_eq(d->n_dense, 0);
        cr_expect_str_eq(d->field_name[0], "I1");
        cr_expect_str_eq(d->field_name[13], "C1");
        cr_assert_eq(d->train.n, 6);
        for (size_t i = 0; i < 6; i++)
            cr_expect(d->train.lookup[i * 39] == want[i] || (k && i != 4), "%s row %zu: %u", how[k],
                      i, d->train.lookup[i * 39]);
        if (k) { /* 1 and 4 share floor(ln^2) = 1: most frequent; 2, 3 and -2 once each */
            cr_expect_eq(d->train.lookup[0], 1);
            cr_expect_eq(d->train.lookup[3 * 39], 1);
            cr_expect_eq(d->train.lookup[5 * 39], 2); /* least key of the ties */
            cr_expect_eq(d->train.lookup[1 * 39], 3);
            cr_expect_eq(d->train.lookup[2 * 39], 4);
        }
        data_free(d);
        unlink(path);
    }
}

/* ---- Avazu ---- */

Test(data_formats, avazu_nasrec_rows_are_the_published_modulus)
{
    static const uint32_t want[][23] = {
        {3109, 181, 5, 1,    3033, 6129, 26,  8304, 518, 27, 296000, 84284,
         7771, 2,   3, 2577, 1,    6,    418, 1,    36,  7,  20},
        {4,    182, 5, 1,    2136, 6129, 26,  8304, 518, 27,  296000, 27741,
         3607, 2,   1, 2575, 1,    6,    418, 1,    36,  153, 20},
        {1235, 144, 2, 2,    3033, 6129, 26,  8304, 518, 27,  1, 242043,
         736,  1,   1, 2575, 1,    6,    418, 4,    36,  153, 2},
    };
    struct data *d = load("avazu:" FIXTURES "avazu.csv,prep=nasrec,split=tail");

    cr_assert_eq(d->n_fields, 23);
    cr_expect_eq(d->n_dense, 1);
    cr_assert_eq(d->train.n, 2);
    cr_expect_arr_eq(d->train.lookup, want, 2 * sizeof want[0]);
    cr_expect_arr_eq(d->valid.lookup, want[2], sizeof want[2]);
    cr_expect_eq(d->train.label[0], 0);
    cr_expect_eq(d->train.label[1], 1);
    cr_expect_eq(d->train.dense[0], 0);
    cr_expect_eq(d->n_rows[0], 10000);
    cr_expect_str_eq(d->field_name[0], "id");
    data_free(d);
}

Test(data_formats, avazu_ranked_has_hour_and_weekday_and_knows_missing)
{
    struct data *d = load("avazu:" FIXTURES "avazu.csv");

    cr_assert_eq(d->n_fields, 23);
    cr_expect_eq(d->n_dense, 0);
    cr_expect_str_eq(d->field_name[0], "hour");
    cr_expect_str_eq(d->field_name[1], "weekday");
    cr_expect_str_eq(d->field_name[22], "C21");
    cr_expect_eq(d->train.lookup[0], 1); /* hours 0 and 1 once each, in order */
    cr_expect_eq(d->train.lookup[23], 2);
    cr_expect_eq(d->train.lookup[1], 1); /* both a Tuesday */
    cr_expect_eq(d->train.lookup[24], 1);
    cr_expect_eq(d->train.lookup[21], 0); /* C20 = -1 */
    cr_expect_eq(d->train.lookup[23 + 21], 1);
    cr_expect_eq(d->valid.lookup[0], 0); /* hour 23 was not seen */
    data_free(d);
}

/* ---- KDD Cup 2012 ---- */

#define KDD "kdd:" FIXTURES "kdd_training.txt,profile=" FIXTURES "kdd_profile.txt"

Test(data_formats, kdd_nasrec_rows_are_the_published_modulus)
{
    static const uint32_t want[][10] = {
        {4888, 186711, 386, 1602, 5522, 7710, 577, 490235, 2, 5},
        {15380, 60708, 7791, 255108, 318, 48990, 44772, 490236, 1, 7}, /* its last profile */
        {4, 248524, 7066, 32761, 60722, 185040, 29682, 100, 1, 1},     /* no profile */
    };
    struct data *d = load(KDD ",prep=nasrec,split=tail");

    cr_assert_eq(d->n_fields, 10);
    cr_assert_eq(d->n_dense, 3);
    cr_assert_eq(d->train.n, 3);
    cr_expect_arr_eq(d->train.lookup, want, sizeof want);
    cr_expect_eq(d->train.label[0], 0);
    cr_expect_eq(d->train.label[1], 1); /* 2 clicks */
    cr_expect_eq(d->train.dense[3], (float)log1p(5));
    cr_expect_eq(d->train.dense[4], (float)log1p(2));
    cr_expect_eq(d->train.dense[5], (float)log1p(1));
    data_free(d);
}

Test(data_formats, kdd_ranked_takes_unknown_for_missing)
{
    struct data *d = load(KDD);

    cr_expect_eq(d->train.lookup[8], 1);      /* gender 1 */
    cr_expect_eq(d->train.lookup[10 + 8], 0); /* gender 0: unknown */
    cr_expect_eq(d->train.lookup[20 + 9], 0); /* no profile */
    cr_expect_eq(d->valid.lookup[0], d->train.lookup[0]);
    data_free(d);
    d = load("kdd:" FIXTURES "kdd_training.txt");
    cr_expect_eq(d->n_rows[8], 1);
    data_free(d);
}

/* ---- libsvm, libffm ---- */

Test(data_formats, libsvm_has_numbers_and_fields)
{
    struct data *d = load("libsvm:" FIXTURES "clicks.libsvm,dense=3");

    cr_assert_eq(d->n_dense, 3);
    cr_assert_eq(d->n_fields, 2);
    cr_assert_eq(d->train.n, 2);
    cr_expect_eq(d->train.dense[2], 0.5f);
    cr_expect_eq(d->train.dense[3], 2.0f);
    cr_expect_eq(d->train.lookup[0], 1);
    cr_expect_eq(d->train.lookup[2], 2);
    cr_expect_eq(d->valid.lookup[0], 1);
    cr_expect_eq(d->valid.lookup[1], 0);
    cr_expect_eq(d->valid.label[0], 1);
    data_free(d);
    expect_refused("libsvm:" FIXTURES "clicks.libsvm,bad=refuse", "only one-hot rows");
}

Test(data_formats, libffm_names_its_fields)
{
    static const uint32_t want[] = {1, 0, 1, 2, 1, 0};
    struct data *d = load("libsvm:" FIXTURES "clicks.libffm");

    cr_assert_eq(d->n_fields, 3);
    cr_assert_eq(d->train.n, 2);
    cr_expect_arr_eq(d->train.lookup, want, sizeof want);
    cr_expect_eq(d->valid.lookup[2], 1);
    data_free(d);
}

/* ---- MovieLens ---- */

Test(data_formats, movielens_ratings_have_a_threshold)
{
    struct data *d = load("movielens:" FIXTURES "ratings.dat,split=tail");

    cr_assert_eq(d->n_fields, 2);
    cr_assert_eq(d->train.n, 3);
    cr_expect_eq(d->train.label[0], 1); /* 5 */
    cr_expect_eq(d->train.label[1], 0); /* 3 */
    cr_expect_eq(d->train.label[2], 1); /* 4 */
    cr_expect_eq(d->valid.label[0], 0); /* 3.5 */
    cr_expect_eq(d->train.lookup[4], 2);
    cr_expect_eq(d->train.lookup[5], 1);
    data_free(d);
    d = load("movielens:" FIXTURES "ratings.dat,split=tail,positive=3.5");
    cr_expect_eq(d->valid.label[0], 1);
    data_free(d);
}

Test(data_formats, movielens_pairs_get_negatives_the_user_has_not)
{
    struct data *d = load("movielens:" FIXTURES "pairs.csv,split=tail,negatives=2");
    uint64_t n_pos = 0;

    cr_assert_eq(d->n_fields, 5);
    cr_expect_str_eq(d->field_name[0], "user1");
    cr_expect_str_eq(d->field_name[4], "item2");
    cr_assert_eq(d->train.n + d->valid.n, 12);
    for (uint64_t i = 0; i < d->train.n; i++)
        n_pos += d->train.label[i];
    cr_expect_eq(n_pos, 4);
    /* user 1 has items 100 and 101: both negatives are item 102, whose genre 100 shares */
    cr_expect_eq(d->train.label[0], 1);
    cr_expect_eq(d->train.label[1], 0);
    cr_expect_eq(d->train.lookup[5 + 3], d->train.lookup[10 + 3]);
    cr_expect_neq(d->train.lookup[5 + 3], d->train.lookup[3]);
    cr_expect_eq(d->train.lookup[5 + 4], d->train.lookup[4]);
    cr_expect_arr_eq(d->train.lookup, d->train.lookup + 5, 3 * sizeof(uint32_t));
    data_free(d);
}

/* ---- CSV ---- */

Test(data_formats, csv_follows_its_schema)
{
    struct data *d = load("csv:" FIXTURES "sites.yaml," FIXTURES "sites.csv");

    cr_assert_eq(d->n_dense, 2);
    cr_assert_eq(d->n_fields, 2);
    cr_assert_eq(d->train.n, 3);
    cr_expect_eq(d->train.label[0], 1);
    cr_expect_eq(d->train.label[1], 0); /* 3 is not above 3 */
    cr_expect_eq(d->train.dense[1], -1.5f);
    cr_expect_eq(d->train.dense[4], (float)log1p(7));
    cr_expect_eq(d->train.lookup[0], 1);
    cr_expect_eq(d->train.lookup[2], 0); /* "-" */
    cr_expect_eq(d->train.lookup[1], 0); /* once, below min_count */
    cr_expect_eq(d->train.lookup[3], 1); /* Oslo */
    cr_expect_eq(d->valid.lookup[0], 1); /* "a" in quotes */
    cr_expect_eq(d->valid.dense[0], 0);  /* log of -3 */
    cr_expect_eq(d->valid.dense[1], 0.25f);
    data_free(d);
}

Test(data_formats, csv_schemas_are_checked)
{
    static const struct {
        const char *yaml, *want;
    } row[] = {
        {"label: { column: y }\nfields: [ { column: a } ]\nfoo: 1\n", ":3: foo: unknown key"},
        {"label: { column: y }\nfields: []\n", "fields: not a list of 1 to 1024 columns"},
        {"fields: [ { column: a } ]\n", "label: not a map with a column"},
        {"label: { column: y }\nfields: [ { colum: a } ]\n", ":2: colum: unknown key"},
        {"label: { column: y }\nfields: [ { missing: a } ]\n", "column: required key is missing"},
        {"separator: ab\nlabel: { column: y }\nfields: [ { column: a } ]\n",
         "separator: not one character"},
        {"header: false\nlabel: { column: y }\nfields: [ { column: a } ]\n",
         "columns: a list, exactly where header is false"},
        {"label: { column: y, above: 1, positive: x }\nfields: [ { column: a } ]\n",
         "label: both positive and above"},
        {"label: { column: rating }\nfields: [ { column: nowhere } ]\n",
         "there is no column \"nowhere\""},
        {"label: { column: site }\nfields: [ { column: price } ]\n",
         "sites.csv:2: site: \"a\" is not a number"},
    };

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char path[] = "/tmp/autorac_test_XXXXXX", spec[400];
        size_t n = strlen(row[i].yaml);
        int fd = mkstemp(path);

        cr_assert(fd >= 0 && write(fd, row[i].yaml, n) == (ssize_t)n);
        close(fd);
        snprintf(spec, sizeof spec, "csv:%s,%s", path, FIXTURES "sites.csv");
        expect_refused(spec, row[i].want);
        unlink(path);
    }
}

/* ---- vocabularies ---- */

/* Of a file with value "a" ten times, "b" nine times in training, threshold by threshold. */
Test(data_formats, rare_values_share_row_0)
{
    static const struct {
        uint32_t min_count, n_rows;
    } row[] = {{1, 3}, {9, 3}, {10, 2}, {11, 1}};

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char path[] = "/tmp/autorac_test_XXXXXX", spec[100];
        int fd = mkstemp(path);
        FILE *f = fdopen(fd, "w");
        struct data *d;

        cr_assert(f);
        for (int k = 0; k < 21; k++)
            fprintf(f, "%d %d:1\n", k % 2, k < 10 ? 1 : 2);
        fclose(f);
        snprintf(spec, sizeof spec, "libfm:%s,min_count=%u", path, row[i].min_count);
        d = load(spec);
        cr_assert_eq(d->train.n, 19);
        cr_expect_eq(d->n_rows[0], row[i].n_rows, "row %zu: %u", i, d->n_rows[0]);
        data_free(d);
        unlink(path);
    }
}

/* Texts up to 8 bytes and longer ones in one field: ranks by count, then length, then bytes. */
Test(data_formats, long_and_short_values_share_a_vocabulary)
{
    static const char *const value[] = {"123456789", "12345678", "99999999999999999999",
                                        "123456788", "9"};
    static const uint32_t want[] = {4, 2, 5, 3, 1};
    char path[] = "/tmp/autorac_test_XXXXXX", spec[100];
    FILE *f = fdopen(mkstemp(path), "w");
    struct data *d;

    cr_assert(f);
    for (int k = 0; k < 6; k++)
        fprintf(f, "%d %s:1\n", k % 2, value[k % 5]);
    fclose(f);
    snprintf(spec, sizeof spec, "libfm:%s", path);
    d = load(spec);
    cr_assert_eq(d->train.n, 5);
    cr_expect_arr_eq(d->train.lookup, want, sizeof want);
    cr_expect_eq(d->valid.lookup[0], 4);
    data_free(d);
    unlink(path);
}
