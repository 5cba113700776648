/* SPDX-License-Identifier: Apache-2.0 */
/* Published sets, where the machine has them: AUTORAC_DATA_DIR names a folder with
 * frappe/{train,valid}.libfm.xz, criteo/{train,dev}.tsv.xz, avazu/{train,dev}.csv.xz and
 * kdd12/training.first5.txt. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "nas/data.h"
#include "nas/data_report.h"

static const char *real_dir(void)
{
    const char *dir = getenv("AUTORAC_DATA_DIR");

    if (!dir) {
        fputs("SKIPPED: AUTORAC_DATA_DIR is not set, published data sets are not read\n", stderr);
        cr_skip_test("AUTORAC_DATA_DIR is not set");
    }
    return dir;
}

static struct data *real_load(const char *kind, const char *train, const char *valid,
                              uint32_t max_rows)
{
    const char *dir = real_dir();
    struct err e = {0};
    struct data *d = NULL;
    char spec[1024];

    if (valid)
        snprintf(spec, sizeof spec, "%s:%s/%s,%s/%s", kind, dir, train, dir, valid);
    else
        snprintf(spec, sizeof spec, "%s:%s/%s", kind, dir, train);
    cr_assert_eq(data_load(&d, spec, 1, max_rows, &e), ERR_OK, "%s", e.text);
    return d;
}

static uint64_t real_positives(const struct data_split *s)
{
    uint64_t n = 0;

    for (uint64_t i = 0; i < s->n; i++)
        n += s->label[i];
    return n;
}

Test(data_real, frappe_has_its_published_shape)
{
    static const uint32_t want[] = {955, 4083, 8, 8, 3, 4, 3, 10, 81, 234};
    struct data *d = real_load("libfm", "frappe/train.libfm.xz", "frappe/valid.libfm.xz", 1000000);

    cr_assert_eq(d->n_fields, 10);
    cr_expect_eq(d->train.n, 202027);
    cr_expect_eq(d->valid.n, 57722);
    cr_expect_eq(real_positives(&d->train), 67604);
    for (size_t i = 0; i < 10; i++)
        cr_expect_eq(d->n_rows[i], want[i], "field %zu: %u", i + 1, d->n_rows[i]);
    cr_expect_float_eq(data_top_share(d, 1), 0.181, 0.001); /* items */
    data_free(d);
}

Test(data_real, criteo_sample_has_its_counted_values)
{
    /* distinct values of C1..C26 as counted in the file, the missing one included */
    static const uint32_t want[] = {147,  360,  4137, 3101, 51, 8,    2645, 76,  3,
                                    2410, 1805, 3969, 1515, 22, 1751, 3577, 9,   1012,
                                    457,  4,    3792, 8,    12, 2008, 38,   1526};
    struct data *d = real_load("criteo", "criteo/train.tsv.xz", "criteo/dev.tsv.xz", 1000000);

    cr_assert_eq(d->n_fields, 26);
    cr_expect_eq(d->n_dense, 13);
    cr_expect_eq(d->train.n, 7200);
    cr_expect_eq(d->valid.n, 409);
    for (uint32_t k = 0; k < 26; k++) {
        uint32_t has_missing = 0;

        for (uint64_t i = 0; i < d->train.n && !has_missing; i++)
            has_missing = d->train.lookup[i * 26 + k] == 0;
        cr_expect_eq(d->n_rows[k] - 1 + has_missing, want[k], "C%u: %u", k + 1, d->n_rows[k]);
    }
    for (uint64_t i = 0; i < d->train.n * 13; i++)
        cr_assert(d->train.dense[i] >= 0);
    data_free(d);
}

Test(data_real, avazu_sample_has_its_counted_values)
{
    /* distinct values of C1, banner_pos, ... C21 as counted in the file */
    static const uint32_t want[] = {6, 4, 339, 282, 14, 289, 28, 14, 875, 6116, 1054,
                                    4, 4, 251, 4,   5,  109, 4,  32, 102, 28};
    struct data *d = real_load("avazu", "avazu/train.csv.xz", "avazu/dev.csv.xz", 1000000);

    cr_assert_eq(d->n_fields, 23);
    cr_expect_eq(d->train.n, 8087);
    cr_expect_eq(d->valid.n, 480); /* this file has no header */
    for (uint32_t k = 2; k < 23; k++) {
        uint32_t has_missing = 0;

        for (uint64_t i = 0; i < d->train.n && !has_missing; i++)
            has_missing = d->train.lookup[i * 23 + k] == 0;
        cr_expect_eq(d->n_rows[k] - 1 + has_missing, want[k - 2], "%s: %u", d->field_name[k],
                     d->n_rows[k]);
    }
    data_free(d);
    d = real_load("avazu", "avazu/train.csv.xz", NULL, 1000000);
    cr_expect_eq(d->n_bad_lines, 0);
    data_free(d);
}

Test(data_real, kdd_sample_reads)
{
    struct data *d = real_load("kdd", "kdd12/training.first5.txt", NULL, 1000000);

    cr_expect_eq(d->train.n, 4);
    cr_expect_eq(d->valid.n, 1);
    cr_expect_eq(d->n_fields, 10);
    data_free(d);
}

Test(data_real, criteo_sample_splits_by_time_and_caps)
{
    struct data *d = real_load("criteo", "criteo/train.tsv.xz", NULL, 100);

    cr_expect_eq(d->train.n, 6480);
    cr_expect_eq(d->valid.n, 720);
    for (uint32_t k = 0; k < 26; k++)
        cr_expect_leq(d->n_rows[k], 100);
    for (uint64_t i = 0; i < d->valid.n * 26; i++)
        cr_assert_lt(d->valid.lookup[i], 100);
    data_free(d);
}
