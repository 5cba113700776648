/* SPDX-License-Identifier: Apache-2.0 */
/* Caches: what is converted reads back the same; damage, bad lines, epochs. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nas/data.h"
#include "sim/base/file.h"
#include "sim/base/mem.h"

#define FIXTURES AUTORAC_SOURCE_DIR "/tests/fixtures/data/"

struct scratch {
    char dir[64], text[96], cache[96];
};

static struct scratch scratch_new(void)
{
    struct scratch s = {.dir = "/tmp/autorac_test_XXXXXX"};

    cr_assert(mkdtemp(s.dir));
    snprintf(s.text, sizeof s.text, "%s/rows", s.dir);
    snprintf(s.cache, sizeof s.cache, "%s/cache", s.dir);
    return s;
}

static void scratch_free(const struct scratch *s)
{
    unlink(s->text);
    unlink(s->cache);
    cr_expect_eq(rmdir(s->dir), 0, "something was left in %s", s->dir);
}

static struct data *convert(const struct scratch *s, const char *spec, uint32_t max_rows)
{
    struct data_options o = {.seed = 1, .max_rows = max_rows};
    char cache[200];
    struct data *d = NULL, *mapped = NULL;
    struct err e = {0};

    cr_assert_eq(data_convert(&d, spec, s->cache, &o, &e), ERR_OK, "%s", e.text);
    snprintf(cache, sizeof cache, "cache:%s", s->cache);
    cr_assert_eq(data_load(&mapped, cache, 1, max_rows, &e), ERR_OK, "%s", e.text);
    cr_expect_str_eq(mapped->digest, d->digest);
    data_free(d);
    return mapped;
}

static void expect_same_split(const struct data *d, const struct data_split *a,
                              const struct data_split *b)
{
    cr_assert_eq(a->n, b->n);
    cr_expect_arr_eq(a->label, b->label, a->n);
    cr_expect_arr_eq(a->dense, b->dense, a->n * d->n_dense * sizeof *a->dense);
    cr_expect_arr_eq(a->lookup, b->lookup, a->n * d->n_fields * sizeof *a->lookup);
}

Test(data_cache, reads_back_what_the_text_gives)
{
    static const char *const spec[] = {
        "criteo:" FIXTURES "criteo.tsv",
        "criteo:" FIXTURES "criteo.tsv.xz,prep=nasrec",
        "criteo:" FIXTURES "criteo.tsv,prep=x4,min_count=1",
        "avazu:" FIXTURES "avazu.csv",
        "kdd:" FIXTURES "kdd_training.txt,profile=" FIXTURES "kdd_profile.txt",
        "libfm:" FIXTURES "clicks.libfm," FIXTURES "clicks.libfm.gz," FIXTURES "clicks.libfm.xz",
        "movielens:" FIXTURES "pairs.csv,split=tail",
        "csv:" FIXTURES "sites.yaml," FIXTURES "sites.csv",
        "synthetic:rows=9000,valid=5000", /* several blocks */
    };

    for (size_t i = 0; i < sizeof spec / sizeof *spec; i++) {
        struct scratch s = scratch_new();
        struct err e = {0};
        struct data *text = NULL, *mapped = convert(&s, spec[i], 100);

        cr_assert_eq(data_load(&text, spec[i], 1, 100, &e), ERR_OK, "%s: %s", spec[i], e.text);
        cr_expect_str_eq(mapped->name, text->name);
        cr_assert_eq(mapped->n_dense, text->n_dense);
        cr_assert_eq(mapped->n_fields, text->n_fields);
        cr_expect_arr_eq(mapped->n_rows, text->n_rows, text->n_fields * sizeof *text->n_rows);
        for (uint32_t k = 0; k < text->n_fields; k++)
            cr_expect_str_eq(mapped->field_name[k], text->field_name[k]);
        expect_same_split(text, &text->train, &mapped->train);
        expect_same_split(text, &text->valid, &mapped->valid);
        expect_same_split(text, &text->test, &mapped->test);
        cr_expect(isnan(text->bayes_auc) ? isnan(mapped->bayes_auc)
                                         : mapped->bayes_auc == text->bayes_auc);
        data_free(text);
        data_free(mapped);
        scratch_free(&s);
    }
}

Test(data_cache, the_same_text_gives_the_same_bytes)
{
    struct scratch a = scratch_new(), b = scratch_new();
    char hash_a[65], hash_b[65];
    struct err e = {0};

    data_free(convert(&a, "criteo:" FIXTURES "criteo.tsv", 50));
    data_free(convert(&b, "criteo:" FIXTURES "criteo.tsv", 50));
    cr_assert_eq(file_sha256(a.cache, hash_a, &e), ERR_OK);
    cr_assert_eq(file_sha256(b.cache, hash_b, &e), ERR_OK);
    cr_expect_str_eq(hash_a, hash_b);
    scratch_free(&a);
    scratch_free(&b);
}

static void expect_damaged(const char *path, const char *want)
{
    char spec[200];
    struct err e = {0};
    struct data *d = NULL;

    snprintf(spec, sizeof spec, "cache:%s", path);
    cr_expect_eq(data_load(&d, spec, 1, 0, &e), ERR_CONFIG, "%s", want);
    cr_expect(strncmp(e.text, path, strlen(path)) == 0 && strstr(e.text, want), "%s: %s", want,
              e.text);
    data_free(d);
}

static void put(const char *path, const char *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");

    cr_assert(f);
    cr_assert_eq(fwrite(bytes, 1, n, f), n);
    fclose(f);
}

Test(data_cache, every_changed_byte_is_found)
{
    struct scratch s = scratch_new();
    struct err e = {0};
    char *bytes = NULL;
    size_t n;

    data_free(convert(&s, "libfm:" FIXTURES "clicks.libfm", 50));
    cr_assert_eq(file_read(s.cache, &bytes, &n, &e), ERR_OK);
    for (size_t at = 0; at < n; at++) {
        struct data *d = NULL;
        char spec[200];

        /* fill between sections is not part of them */
        if (bytes[at] == 0 && at % 4096 >= 256)
            continue;
        bytes[at] = (char)(bytes[at] ^ 1);
        put(s.cache, bytes, n);
        snprintf(spec, sizeof spec, "cache:%s", s.cache);
        if (data_load(&d, spec, 1, 0, &e) == ERR_OK)
            cr_expect_eq(bytes[at], 1, "byte %zu", at); /* the fill */
        data_free(d);
        bytes[at] = (char)(bytes[at] ^ 1);
    }
    put(s.cache, bytes, n - 4096);
    expect_damaged(s.cache, "truncated");
    put(s.cache, bytes, 1000);
    expect_damaged(s.cache, "truncated");
    put(s.cache, bytes, 50);
    expect_damaged(s.cache, "not a data cache");
    bytes[23] = '9';
    put(s.cache, bytes, n);
    expect_damaged(s.cache, "version");
    free(bytes);
    scratch_free(&s);
}

Test(data_cache, larger_tables_than_allowed_are_refused)
{
    struct scratch s = scratch_new();
    char spec[200];
    struct err e = {0};
    struct data *d = NULL;

    data_free(convert(&s, "criteo:" FIXTURES "criteo.tsv", 8));
    snprintf(spec, sizeof spec, "cache:%s", s.cache);
    cr_expect_eq(data_load(&d, spec, 1, 5, &e), ERR_CONFIG);
    cr_expect(strstr(e.text, "more than max_rows 5"), "%s", e.text);
    scratch_free(&s);
}

Test(data_cache, converting_a_cache_or_into_nowhere_is_refused)
{
    struct data_options o = {.seed = 1};
    struct data *d = NULL;
    struct err e = {0};

    cr_expect_eq(data_convert(&d, "cache:x", "/tmp/y", &o, &e), ERR_CONFIG);
    cr_expect_eq(data_convert(&d, "synthetic:rows=9,valid=9", "/nonexistent/y", &o, &e), ERR_ENV);
}

/* ---- bad lines ---- */

static char *rows_with_bad(unsigned n, const unsigned *bad, size_t n_bad)
{
    char *text = mem_alloc(n, 16);

    for (unsigned i = 0; i < n; i++) {
        bool is_bad = false;

        for (size_t k = 0; k < n_bad; k++)
            is_bad = is_bad || bad[k] == i;
        sprintf(text + strlen(text), is_bad ? "x %u:1\n" : "0 %u:1\n", i % 7);
    }
    return text;
}

Test(data_cache, bad_lines_are_counted_and_the_first_is_named)
{
    static const unsigned bad[] = {3, 40};
    struct scratch s = scratch_new();
    char spec[200], want[200], *text = rows_with_bad(50, bad, 2);
    struct err e = {0};
    struct data *d = NULL;

    put(s.text, text, strlen(text));
    snprintf(spec, sizeof spec, "libfm:%s", s.text);
    snprintf(want, sizeof want, "%s:4: label: \"x\" is none of -1, 0, 1", s.text);
    d = convert(&s, spec, 50);
    cr_expect_eq(d->n_bad_lines, 2);
    cr_expect_str_eq(d->first_bad, want);
    cr_expect_eq(d->train.n + d->valid.n, 48);
    data_free(d);
    snprintf(spec, sizeof spec, "libfm:%s,bad=refuse", s.text);
    cr_expect_eq(data_load(&d, spec, 1, 50, &e), ERR_CONFIG);
    cr_expect_str_eq(e.text, want);
    free(text);
    scratch_free(&s);
}

/* One line in ten may be bad, not more. */
Test(data_cache, too_many_bad_lines_are_refused)
{
    static const unsigned bad[] = {1, 2, 3};

    for (size_t n_bad = 2; n_bad <= 3; n_bad++) {
        struct scratch s = scratch_new();
        char spec[200], *text = rows_with_bad(20, bad, n_bad);
        struct err e = {0};
        struct data *d = NULL;

        put(s.text, text, strlen(text));
        snprintf(spec, sizeof spec, "libfm:%s", s.text);
        cr_expect_eq(data_load(&d, spec, 1, 50, &e), n_bad == 2 ? ERR_OK : ERR_CONFIG);
        if (n_bad == 3)
            cr_expect(strstr(e.text, ":2: label: ") && strstr(e.text, "(3 of 20 lines are bad)"),
                      "%s", e.text);
        data_free(d);
        free(text);
        scratch_free(&s);
    }
}

/* A bad line keeps its place: the folds of the others do not move. */
Test(data_cache, folds_count_bad_lines)
{
    static const unsigned bad[] = {5};
    struct scratch s = scratch_new();
    struct data *d[2] = {NULL, NULL};
    struct err e = {0};

    for (size_t i = 0; i < 2; i++) {
        char spec[200], *text = rows_with_bad(40, bad, i);

        put(s.text, text, strlen(text));
        snprintf(spec, sizeof spec, "libfm:%s,split=kfold", s.text);
        cr_assert_eq(data_load(&d[i], spec, 1, 50, &e), ERR_OK, "%s", e.text);
        free(text);
    }
    cr_expect_eq(d[0]->train.n + d[0]->valid.n + d[0]->test.n, 40);
    cr_expect_eq(d[1]->train.n + d[1]->valid.n + d[1]->test.n, 39);
    cr_expect(d[0]->valid.n - d[1]->valid.n <= 1 && d[0]->test.n - d[1]->test.n <= 1);
    data_free(d[0]);
    data_free(d[1]);
    scratch_free(&s);
}

/* ---- epochs ---- */

static void expect_permutation(const uint32_t *order, uint64_t n)
{
    uint8_t *seen = mem_alloc(n, 1);

    for (uint64_t i = 0; i < n; i++) {
        cr_assert_lt(order[i], n);
        cr_assert_eq(seen[order[i]]++, 0);
    }
    free(seen);
}

Test(data_cache, an_epoch_visits_every_row_once)
{
    struct data d = {.n_dense = 3, .n_fields = 5, .train = {.n = 10001}};
    uint32_t *order = mem_alloc(d.train.n, sizeof *order), *again = mem_alloc(d.train.n, 4);
    struct rng r = rng_new(3), same = rng_new(3);

    data_order(&d, DATA_TRAIN, &r, order);
    data_order(&d, DATA_TRAIN, &same, again);
    expect_permutation(order, d.train.n);
    cr_expect_arr_eq(order, again, d.train.n * sizeof *order);
    free(order);
    free(again);
}

/* A split of 8 GiB is shuffled whole; one row more is shuffled in windows of 4 GiB, and the first
 * half of an epoch then touches only half of the blocks. */
Test(data_cache, splits_beyond_memory_are_shuffled_in_windows)
{
    for (uint64_t more = 0; more < 2; more++) {
        struct data d = {.n_dense = 0, .n_fields = 1024, .train = {.n = 0}};
        uint64_t n_blocks, n_touched = 0, window;
        struct rng r = rng_new(4);
        uint32_t *order;
        uint8_t *touched;

        d.train.n = ((uint64_t)8 << 30) / 4097 + more;
        n_blocks = d.train.n / 4096 + 1;
        window = ((uint64_t)4 << 30) / 4097;
        order = mem_alloc(d.train.n, sizeof *order);
        touched = mem_alloc(n_blocks, 1);
        data_order(&d, DATA_TRAIN, &r, order);
        expect_permutation(order, d.train.n);
        for (uint64_t i = 0; i < window; i++)
            touched[order[i] / 4096] = 1;
        for (uint64_t i = 0; i < n_blocks; i++)
            n_touched += touched[i];
        cr_expect(more ? n_touched <= n_blocks / 2 + 2 : n_touched == n_blocks, "%llu of %llu",
                  (unsigned long long)n_touched, (unsigned long long)n_blocks);
        free(order);
        free(touched);
    }
}
