/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "nas/data.h"
#include "nas/data_text.h"
#include "sim/base/file.h"
#include "sim/base/mem.h"

#define FIXTURES AUTORAC_SOURCE_DIR "/tests/fixtures/data/"

enum { CAP = 1000000 };

/* ---- scratch files ---- */

struct scratch {
    char dir[64], path[96];
};

static struct scratch scratch_new(const char *name, const void *bytes, size_t n)
{
    struct scratch s = {.dir = "/tmp/autorac_test_XXXXXX"};
    FILE *f;

    cr_assert(mkdtemp(s.dir));
    snprintf(s.path, sizeof s.path, "%s/%s", s.dir, name);
    f = fopen(s.path, "wb");
    cr_assert(f);
    cr_assert_eq(fwrite(bytes, 1, n, f), n);
    fclose(f);
    return s;
}

static void scratch_free(struct scratch *s)
{
    unlink(s->path);
    rmdir(s->dir);
}

static char *slurp(const char *path, size_t *n)
{
    struct err e = {0};
    char *text = NULL;

    cr_assert_eq(file_read(path, &text, n, &e), ERR_OK, "%s", e.text);
    return text;
}

static struct data *load(const char *spec, uint32_t max_rows)
{
    struct err e = {0};
    struct data *d = NULL;

    cr_assert_eq(data_load(&d, spec, 1, max_rows, &e), ERR_OK, "%s", e.text);
    return d;
}

static struct data *load_file(const char *kind, const char *path, uint32_t max_rows)
{
    char spec[300];

    snprintf(spec, sizeof spec, "%s:%s", kind, path);
    return load(spec, max_rows);
}

/* The text as a file of its own must be refused as "PATH<want>". */
static void expect_refused(const char *kind, const char *text, const char *want, size_t row)
{
    struct scratch s = scratch_new("rows.txt", text, strlen(text));
    char spec[200], message[1024];
    struct err e = {0};
    struct data *d = NULL;

    snprintf(spec, sizeof spec, "%s:%s,bad=refuse", kind, s.path);
    snprintf(message, sizeof message, "%s%s", s.path, want);
    cr_expect_eq(data_load(&d, spec, 1, CAP, &e), ERR_CONFIG, "row %zu", row);
    cr_expect_null(d);
    cr_expect_str_eq(e.text, message, "row %zu: %s", row, e.text);
    scratch_free(&s);
}

static void expect_same_split(const struct data *a, const struct data_split *x,
                              const struct data_split *y)
{
    cr_assert_eq(x->n, y->n);
    cr_expect_arr_eq(x->label, y->label, x->n);
    cr_expect_arr_eq(x->dense, y->dense, x->n * a->n_dense * sizeof *x->dense);
    cr_expect_arr_eq(x->lookup, y->lookup, x->n * a->n_fields * sizeof *x->lookup);
}

static void expect_same(const struct data *a, const struct data *b)
{
    cr_assert_eq(a->n_dense, b->n_dense);
    cr_assert_eq(a->n_fields, b->n_fields);
    cr_expect_arr_eq(a->n_rows, b->n_rows, a->n_fields * sizeof *a->n_rows);
    expect_same_split(a, &a->train, &b->train);
    expect_same_split(a, &a->valid, &b->valid);
}

/* ---- specs ---- */

Test(data, kinds_are_listed_in_table_order)
{
    size_t n;
    const struct data_kind *k = data_kinds(&n);

    cr_assert_eq(n, 9);
    cr_expect_str_eq(k[0].name, "synthetic");
    cr_expect_str_eq(k[1].name, "criteo");
    cr_expect_str_eq(k[8].name, "cache");
}

Test(data, bad_specs_are_refused)
{
    static const struct {
        const char *spec, *want;
        enum err_code rc;
    } row[] = {
        {"netflix:x",
         "data set \"netflix:x\": unknown kind; known: synthetic, criteo, avazu, kdd, libfm, "
         "libsvm, "
         "movielens, csv, cache",
         ERR_CONFIG},
        {"criteo",
         "data set \"criteo\": no file; expected criteo:TRAIN[,VALID[,TEST]][,KEY=VALUE...]",
         ERR_CONFIG},
        {"criteo:a,b,c,d",
         "data set \"criteo:a,b,c,d\": more than three files; expected "
         "criteo:TRAIN[,VALID[,TEST]][,KEY=VALUE...]",
         ERR_CONFIG},
        {"libfm:a,",
         "data set \"libfm:a,\": an empty item; expected "
         "libfm:TRAIN[,VALID[,TEST]][,KEY=VALUE...]",
         ERR_CONFIG},
        {"libfm:a,prep=rank",
         "data set \"libfm:a,prep=rank\": unknown option \"prep\"; known: split, min_count, bad",
         ERR_CONFIG},
        {"criteo:a,prep=best",
         "data set \"criteo:a,prep=best\": prep: \"best\" is none of rank, nasrec, x4", ERR_CONFIG},
        {"criteo:a,min_count=0",
         "data set \"criteo:a,min_count=0\": min_count: \"0\" is not a whole number in 1..1e+09",
         ERR_CONFIG},
        {"criteo:a,split=tail,split=kfold",
         "data set \"criteo:a,split=tail,split=kfold\": split is given twice", ERR_CONFIG},
        {"criteo:a,b,split=kfold",
         "data set \"criteo:a,b,split=kfold\": split= with a validation file; expected "
         "criteo:TRAIN[,VALID[,TEST]][,KEY=VALUE...]",
         ERR_CONFIG},
        {"criteo:a,prep=nasrec,min_count=2",
         "data set \"criteo:a,prep=nasrec,min_count=2\": prep=nasrec has neither min_count= nor "
         "ints=",
         ERR_CONFIG},
        {"avazu:a,prep=x4", "data set \"avazu:a,prep=x4\": prep=x4 is for criteo", ERR_CONFIG},
        {"cache:", "data set \"cache:\": no file; expected cache:FILE", ERR_CONFIG},
        {"criteo:/no/such", "/no/such: No such file or directory", ERR_ENV},
        {"criteo:/tmp", "/tmp: Is a directory", ERR_ENV},
        {"libfm:/dev/null", "/dev/null:1: no rows: the file is empty", ERR_CONFIG},
    };

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct err e = {0};
        struct data *d = NULL;

        cr_expect_eq(data_load(&d, row[i].spec, 1, CAP, &e), row[i].rc, "row %zu", i);
        cr_expect_str_eq(e.text, row[i].want, "row %zu: %s", i, e.text);
    }
}

Test(data, a_table_needs_room_for_a_value_besides_unknown)
{
    struct err e = {0};
    struct data *d = NULL;

    cr_expect_eq(data_load(&d, "synthetic:rows=10,valid=5", 1, 1, &e), ERR_CONFIG);
    cr_assert_eq(data_load(&d, "synthetic:rows=10,valid=5", 1, 2, &e), ERR_OK);
    cr_expect_eq(d->n_rows[0], 2);
    data_free(d);
}

/* ---- Criteo ---- */

Test(data, criteo_oddities_survive)
{
    struct data *d = load_file("criteo", FIXTURES "criteo.tsv", CAP);
    const struct data_split *s = &d->train;

    cr_assert_eq(d->n_dense, 13);
    cr_assert_eq(d->n_fields, 26);
    cr_expect_str_eq(d->name, "criteo");
    cr_expect_str_eq(d->field_name[25], "C26");
    cr_assert_eq(s->n, 18); /* of 20, the last tenth held out */
    cr_assert_eq(d->valid.n, 2);
    cr_expect_eq(s->label[0], 1);
    cr_expect_eq(s->label[2], 0);                        /* "0.0" */
    cr_expect_eq(s->dense[1], 0);                        /* I2 = -2 */
    cr_expect_eq(s->dense[2 * 13], (float)log1p(7));     /* I1 = 7.0 */
    cr_expect_eq(s->dense[3 * 13], 0);                   /* I1 missing */
    cr_expect_eq(s->dense[3 * 13 + 2], (float)log1p(2)); /* I3 = 2 */
    cr_expect_eq(s->lookup[4 * 26 + 24], 0);             /* C25, stripped */
    cr_expect_eq(s->lookup[4 * 26 + 25], 0);             /* C26, stripped */
    for (uint32_t k = 0; k < 26; k++)
        cr_expect_eq(s->lookup[5 * 26 + k], 0, "C%u", k + 1);
    cr_expect_neq(s->lookup[6 * 26 + 25], 0); /* before CR LF */
    cr_expect(isnan(d->bayes_auc) && isnan(d->bayes_logloss));
    data_free(d);
}

Test(data, line_ends_do_not_reach_the_last_column)
{
    static const char lf[] = "1\t1\t2\t3\t4\t5\t6\t7\t8\t9\t10\t11\t12\t13\ta\tb\n"
                             "0\t1\t2\t3\t4\t5\t6\t7\t8\t9\t10\t11\t12\t13\ta\tb\r\n"
                             "0\t1\t2\t3\t4\t5\t6\t7\t8\t9\t10\t11\t12\t13\ta\tb\n";
    struct scratch s = scratch_new("x", lf, sizeof lf - 1);
    struct data *d = load_file("criteo", s.path, CAP);

    cr_expect_eq(d->n_rows[1], 2);
    cr_expect_eq(d->train.lookup[26 + 1], 1);
    data_free(d);
    scratch_free(&s);
}

Test(data, compressed_files_read_like_plain_ones)
{
    static const char *const kind[] = {"criteo", "libfm"};
    static const char *const file[] = {FIXTURES "criteo.tsv", FIXTURES "clicks.libfm"};
    static const char *const suffix[] = {".gz", ".xz"};

    for (size_t i = 0; i < 4; i++) {
        char path[256];
        struct data *plain = load_file(kind[i / 2], file[i / 2], CAP), *packed;

        snprintf(path, sizeof path, "%s%s", file[i / 2], suffix[i % 2]);
        packed = load_file(kind[i / 2], path, CAP);
        expect_same(plain, packed);
        data_free(plain);
        data_free(packed);
    }
}

#define INTS "\t1\t2\t3\t4\t5\t6\t7\t8\t9\t10\t11\t12\t13"
#define CATS "\ta\tb\tc\td\te\tf\tg\th\ti\tj\tk\tl\tm\tn\to\tp\tq\tr\ts\tt\tu\tv\tw\tx\ty"
#define ROW  "0" INTS CATS "\tdeadbeef\n"

Test(data, malformed_criteo_is_refused_with_its_line)
{
    static const struct {
        const char *text, *want;
    } row[] = {
        {"", ":1: no rows: the file is empty"},
        {ROW, ": 1 rows: too few to hold out some for validation"},
        {ROW "\n", ":2: 1 columns; expected 40 (label, I1..I13, C1..C26)"},
        {ROW "0\t1\t2\t3\t4\t5\t6\t7\t8\t9\t10\t11\t12\n",
         ":2: 13 columns; expected 40 (label, I1..I13, C1..C26)"},
        {"0" INTS CATS "\tz\tz\n", ":1: 41 columns; expected 40 (label, I1..I13, C1..C26)"},
        {"label" INTS "\n" ROW,
         ":1: label: \"label\" is neither 0 nor 1 (the file must not have a header)"},
        {ROW "2" INTS "\n", ":2: label: \"2\" is neither 0 nor 1"},
        {ROW ROW "\t1" INTS "\n", ":3: label: \"\" is neither 0 nor 1"},
        {ROW "1\tx\t2\t3\t4\t5\t6\t7\t8\t9\t10\t11\t12\t13\n", ":2: I1: \"x\" is not a number"},
        {ROW "1\t1\t2\t3\t4\t5\t6\t7\t8\t9\t10\t11\t12\tnan\n", ":2: I13: \"nan\" is not a number"},
        {ROW "1\t1\t2\t3\t4\t5\t6\t7\t8\t9\t10\t11\t1 2\t3\n", ":2: I12: \"1 2\" is not a number"},
        {ROW "1\t1e999\t2\t3\t4\t5\t6\t7\t8\t9\t10\t11\t12\t3\n",
         ":2: I1: \"1e999\" is not a number"},
        /* cut short: in the label, a number, a category, the last category */
        {ROW ROW "0",
         ":3: column 1 of 40: the file ends in the middle of this line (no line end): truncated"},
        {ROW "0\t1\t2",
         ":2: column 3 of 40: the file ends in the middle of this line (no line end): truncated"},
        {ROW "0" INTS "\ta",
         ":2: column 15 of 40: the file ends in the middle of this line (no line end): truncated"},
        {ROW "0" INTS CATS "\tdeadbee",
         ":2: column 40 of 40: the file ends in the middle of this line (no line end): truncated"},
    };

    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        expect_refused("criteo", row[i].text, row[i].want, i);
}

Test(data, a_whole_last_line_needs_no_line_end)
{
    static const char text[] = ROW ROW "1" INTS CATS "\tdeadbeef";
    struct scratch s = scratch_new("x", text, sizeof text - 1);
    struct data *d = load_file("criteo", s.path, CAP);

    cr_expect_eq(d->train.n + d->valid.n, 3);
    cr_expect_eq(d->valid.label[0], 1);
    data_free(d);
    scratch_free(&s);
}

Test(data, errors_of_the_second_file_name_it)
{
    struct scratch s = scratch_new("valid.tsv", "0\n", 2);
    char spec[300], want[200];
    struct err e = {0};
    struct data *d = NULL;

    snprintf(spec, sizeof spec, "criteo:%scriteo.tsv,%s,bad=refuse", FIXTURES, s.path);
    snprintf(want, sizeof want, "%s:1: 1 columns; expected 40 (label, I1..I13, C1..C26)", s.path);
    cr_expect_eq(data_load(&d, spec, 1, CAP, &e), ERR_CONFIG);
    cr_expect_str_eq(e.text, want);
    scratch_free(&s);
}

/* ---- libfm ---- */

Test(data, libfm_fields_have_their_own_vocabularies)
{
    static const char train[] = "-1 5:1 5:1\n1 5:1 7:1\n-1 6:1 05:1\n1  5:1\t7:1.0 \n";
    static const char valid[] = "0 7:1 5:1\n1 6:1 8:1\n";
    struct scratch a = scratch_new("a", train, sizeof train - 1);
    struct scratch b = scratch_new("b", valid, sizeof valid - 1);
    static const uint32_t want_train[] = {1, 1, 1, 2, 2, 1, 1, 2}, want_valid[] = {0, 1, 2, 0};
    static const uint8_t want_label[] = {0, 1, 0, 1};
    char spec[300];
    struct data *d;

    snprintf(spec, sizeof spec, "libfm:%s,%s", a.path, b.path);
    d = load(spec, CAP);
    cr_assert_eq(d->n_fields, 2);
    cr_expect_eq(d->n_dense, 0);
    cr_expect_eq(d->n_rows[0], 3);
    cr_expect_eq(d->n_rows[1], 3);
    cr_expect_arr_eq(d->train.lookup, want_train, sizeof want_train);
    cr_expect_arr_eq(d->valid.lookup, want_valid, sizeof want_valid);
    cr_expect_arr_eq(d->train.label, want_label, sizeof want_label);
    data_free(d);
    scratch_free(&a);
    scratch_free(&b);
}

Test(data, malformed_libfm_is_refused_with_its_line)
{
    static const struct {
        const char *text, *want;
    } row[] = {
        {"1 3:1 4:1\n\n", ":2: an empty line"},
        {"2 3:1\n", ":1: label: \"2\" is none of -1, 0, 1"},
        {"1 3:1\n-1 3:1\n0 3:1\n", ":3: label: 0 in a file whose labels were -1 and 1"},
        {"1 3:1\n0 3:1\n-1 3:1\n", ":3: label: -1 in a file whose labels were 0 and 1"},
        {"1\n", ":1: no fields after the label"},
        {"1 3:1 4:1\n1 3:1 4\n", ":2: field 2: \"4\" is not id:1"},
        {"1 -3:1\n", ":1: field 1: \"-3:1\" is not id:1"},
        {"1 3:\n", ":1: field 1: \"3:\" is not id:1"},
        {"1 3:x\n", ":1: field 1: \"3:x\" is not id:1"},
        {"1 3:1\n1 3:0.5\n",
         ":2: field 1: \"3:0.5\": value 0.5; only one-hot rows (every value 1) are read"},
        {"1 3:1 4:1\n0 3:1 4:1\n0 3:1 4",
         ":3: field 2: the file ends in the middle of this line (no line end): truncated"},
        {"1 3:1 4:1\n0 3:1 4:1\n0 3:1",
         ":3: field 2: the file ends in the middle of this line (no line end): truncated"},
    };

    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        expect_refused("libfm", row[i].text, row[i].want, i);
}

Test(data, libfm_rows_have_as_many_fields_as_the_first)
{
    static const char *const text[] = {"1 3:1 4:1\n1 3:1\n", "1 3:1\n1 3:1\n1 3:1 4:1\n"};
    static const char *const want[] = {":2: 1 fields; expected 2, as in ",
                                       ":3: 2 fields; expected 1, as in "};

    for (size_t i = 0; i < 2; i++) {
        struct scratch s = scratch_new("x", text[i], strlen(text[i]));
        char spec[200], message[300];
        struct err e = {0};
        struct data *d = NULL;

        snprintf(spec, sizeof spec, "libfm:%s,bad=refuse", s.path);
        snprintf(message, sizeof message, "%s%s%s:1", s.path, want[i], s.path);
        cr_expect_eq(data_load(&d, spec, 1, CAP, &e), ERR_CONFIG);
        cr_expect_str_eq(e.text, message, "%s", e.text);
        scratch_free(&s);
    }
}

/* ---- tables ---- */

Test(data, caps_keep_the_most_frequent_ties_by_value)
{
    /* 9 occurs 3 times; 10 and 2 twice each; 1 once; 77 only in the held-out row */
    static const char text[] = "1 10:1\n0 9:1\n0 2:1\n1 9:1\n0 1:1\n0 10:1\n1 2:1\n0 9:1\n"
                               "0 77:1\n";
    static const struct {
        uint32_t max_rows, n_rows, want[8];
    } row[] = {
        {6, 5, {3, 1, 2, 1, 4, 3, 2, 1}}, /* 4 values and row 0: one row spare */
        {5, 5, {3, 1, 2, 1, 4, 3, 2, 1}}, /* exactly full */
        {4, 4, {3, 1, 2, 1, 0, 3, 2, 1}}, /* one row short: 1 is rare */
        {3, 3, {0, 1, 2, 1, 0, 0, 2, 1}}, /* the tie: 2 stays, 10 goes */
        {2, 2, {0, 1, 0, 1, 0, 0, 0, 1}},
    };
    struct scratch s = scratch_new("x", text, sizeof text - 1);

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct data *d = load_file("libfm", s.path, row[i].max_rows);

        cr_assert_eq(d->train.n, 8, "row %zu", i);
        cr_expect_eq(d->n_rows[0], row[i].n_rows, "row %zu", i);
        cr_expect_arr_eq(d->train.lookup, row[i].want, sizeof row[i].want, "row %zu", i);
        cr_expect_eq(d->valid.lookup[0], 0, "row %zu", i);
        data_free(d);
    }
    scratch_free(&s);
}

Test(data, the_last_tenth_is_held_out)
{
    static const struct {
        unsigned n, n_train;
    } row[] = {{2, 1}, {10, 9}, {19, 18}, {20, 18}, {101, 91}};

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char text[1024] = "";
        struct scratch s;
        struct data *d;

        for (unsigned k = 0; k < row[i].n; k++)
            strcat(text, k < row[i].n_train ? "0 1:1\n" : "1 1:1\n");
        s = scratch_new("x", text, strlen(text));
        d = load_file("libfm", s.path, CAP);
        cr_expect_eq(d->train.n, row[i].n_train, "row %zu", i);
        cr_expect_eq(d->train.label[d->train.n - 1], 0);
        cr_expect_eq(d->valid.label[0], 1);
        data_free(d);
        scratch_free(&s);
    }
}

/* ---- compressed streams ---- */

Test(data, every_truncation_of_a_compressed_file_is_refused)
{
    static const char *const file[] = {FIXTURES "clicks.libfm.gz", FIXTURES "clicks.libfm.xz"};

    for (size_t i = 0; i < 2; i++) {
        size_t n;
        char *bytes = slurp(file[i], &n);

        for (size_t cut = 0; cut < n; cut++) {
            struct scratch s = scratch_new(i ? "x.xz" : "x.gz", bytes, cut);
            char spec[200];
            struct err e = {0};
            struct data *d = NULL;

            snprintf(spec, sizeof spec, "libfm:%s", s.path);
            cr_expect_eq(data_load(&d, spec, 1, CAP, &e), ERR_CONFIG, "%zu of %zu", cut, n);
            cr_expect(strncmp(e.text, s.path, strlen(s.path)) == 0, "%s", e.text);
            data_free(d);
            scratch_free(&s);
        }
        free(bytes);
    }
}

Test(data, truncated_streams_name_the_line_they_end_in)
{
    static const struct {
        const char *file, *want;
    } row[] = {
        {FIXTURES "clicks.libfm.gz", ": the gzip stream ends early: the file is truncated"},
        {FIXTURES "clicks.libfm.xz", ": the xz stream ends early: the file is truncated"},
    };

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        size_t n;
        char *bytes = slurp(row[i].file, &n), spec[200], want[300];
        /* without its trailer: every line arrives, then the stream breaks off */
        struct scratch s = scratch_new("clicks", bytes, n - 8);
        struct err e = {0};
        struct data *d = NULL;

        snprintf(spec, sizeof spec, "libfm:%s", s.path);
        snprintf(want, sizeof want, "%s:13%s", s.path, row[i].want);
        cr_expect_eq(data_load(&d, spec, 1, CAP, &e), ERR_CONFIG);
        cr_expect_str_eq(e.text, want, "%s", e.text);
        scratch_free(&s);
        free(bytes);
    }
}

Test(data, corrupt_streams_are_refused)
{
    static const char *const file[] = {FIXTURES "clicks.libfm.gz", FIXTURES "clicks.libfm.xz"};
    static const char *const want[] = {": the gzip stream is corrupt",
                                       ": the xz stream is corrupt"};

    for (size_t i = 0; i < 2; i++) {
        size_t n;
        char *bytes = slurp(file[i], &n), spec[200];
        struct scratch s;
        struct err e = {0};
        struct data *d = NULL;

        bytes[n - 8] ^= 0x20; /* a check sum */
        s = scratch_new("clicks", bytes, n);
        snprintf(spec, sizeof spec, "libfm:%s", s.path);
        cr_expect_eq(data_load(&d, spec, 1, CAP, &e), ERR_CONFIG);
        cr_expect(strstr(e.text, want[i]) != NULL, "%s", e.text);
        scratch_free(&s);
        free(bytes);
    }
}

/* Two gzip members, each far longer decoded than any buffer; also read as a lone stream whose input
 * is used up long before its output. */
Test(data, long_and_concatenated_gzip_members_arrive_whole)
{
    struct scratch s = scratch_new("x", "", 0);
    struct data_text *t = NULL;
    struct err e = {0};
    uint64_t n = 0;
    char *line;

    for (int member = 0; member < 2; member++) {
        gzFile g = gzopen(s.path, "ab");

        cr_assert(g);
        for (int i = 0; i < 200000; i++)
            cr_assert_gt(gzputs(g, "-1 1:1 2:1\n"), 0);
        gzclose(g);
    }
    cr_assert_eq(data_text_open(&t, s.path, &e), ERR_OK);
    while (data_text_next(t, &line, &e) == ERR_OK && line) {
        cr_assert_str_eq(line, "-1 1:1 2:1");
        n++;
    }
    cr_expect_eq(n, 400000, "%s", e.text);
    data_text_close(t);
    scratch_free(&s);
}

Test(data, what_is_not_text_is_refused)
{
    static const struct {
        const char *name, *bytes;
        size_t n;
        const char *want;
    } row[] = {
        {"x.tsv", "1 1:1\n1 \0:1\n", 12, ":2: a NUL byte: not a text file"},
        {"x.gz", "\x1f", 1, ":1: neither a gzip stream nor text: damaged or truncated"},
        {"x.xz",
         "\xfd"
         "7z",
         3, ":1: neither an xz stream nor text: damaged or truncated"},
        {"x.xz", "", 0, ":1: neither an xz stream nor text: damaged or truncated"},
    };

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct scratch s = scratch_new(row[i].name, row[i].bytes, row[i].n);
        char spec[200], want[300];
        struct err e = {0};
        struct data *d = NULL;

        snprintf(spec, sizeof spec, "libfm:%s,bad=refuse", s.path);
        snprintf(want, sizeof want, "%s%s", s.path, row[i].want);
        cr_expect_eq(data_load(&d, spec, 1, CAP, &e), ERR_CONFIG, "row %zu", i);
        cr_expect_str_eq(e.text, want, "row %zu: %s", i, e.text);
        scratch_free(&s);
    }
}

Test(data, lines_have_a_longest_length)
{
    static const size_t n[] = {1 << 20, (1 << 20) + 1};

    for (size_t i = 0; i < 2; i++) {
        char *text = mem_alloc(n[i] + 1, 1), *line;
        struct scratch s;
        struct data_text *t = NULL;
        struct err e = {0};

        memset(text, 'a', n[i]);
        text[n[i]] = '\n';
        s = scratch_new("x", text, n[i] + 1);
        cr_assert_eq(data_text_open(&t, s.path, &e), ERR_OK);
        cr_expect_eq(data_text_next(t, &line, &e), i ? ERR_CONFIG : ERR_OK);
        data_text_close(t);
        scratch_free(&s);
        free(text);
    }
}
