/* SPDX-License-Identifier: Apache-2.0 */
/* Workload files: round trip, and refusal of everything that is not one. */
#include <criterion/criterion.h>
#include <hdf5.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/file.h"
#include "tests/common/temp.h"
#include "tests/common/tiny_workload.h"
#include "traces/random_unit.h"
#include "traces/result.h"

static void expect_ok(enum err_code rc, const struct err *e)
{
    cr_assert_eq(rc, ERR_OK, "%s", e->text);
}

/* With dense features. */
static struct workload *specimen(void)
{
    for (uint64_t seed = 0;; seed++) {
        struct rng r = rng_new(seed);
        struct workload *w = tiny_workload(&r, 12);

        if (w->n_dense > 0)
            return w;
        workload_free(w);
    }
}

static void copy_file(const char *from, const char *to)
{
    char *bytes;
    size_t n;
    struct err e;
    FILE *out;

    expect_ok(file_read(from, &bytes, &n, &e), &e);
    out = fopen(to, "wb");
    cr_assert(out && fwrite(bytes, 1, n, out) == n);
    fclose(out);
    free(bytes);
}

static void expect_same_file(const char *a, const char *b)
{
    char x[65], y[65];
    struct err e;

    expect_ok(file_sha256(a, x, &e), &e);
    expect_ok(file_sha256(b, y, &e), &e);
    cr_expect_str_eq(x, y, "%s and %s differ", a, b);
}

/* ---- round trip ---- */

static void expect_same_op(const struct wl_op *a, const struct wl_op *b)
{
    cr_expect_str_eq(a->name, b->name);
    cr_expect_str_eq(a->role, b->role);
    cr_expect(a->kind == b->kind && a->block == b->block && a->output == b->output &&
                  a->n_in == b->n_in && a->n_out == b->n_out && a->n_vec == b->n_vec &&
                  a->raw == b->raw && a->weight_bits == b->weight_bits && a->n_mult == b->n_mult &&
                  a->shift == b->shift && a->n_inputs == b->n_inputs && a->by_row == b->by_row &&
                  a->n_heads == b->n_heads && a->score_shift == b->score_shift,
              "%s", a->name);
    cr_expect_eq(memcmp(a->input, b->input, a->n_inputs * sizeof *a->input), 0);
    cr_expect(a->n_mult == 0 || memcmp(a->mult, b->mult, a->n_mult * sizeof *a->mult) == 0);
    cr_expect(!a->table || memcmp(a->table, b->table, WL_TABLE_SIZE * sizeof *a->table) == 0);
    if (a->kind != WL_MVM)
        return;
    cr_expect_eq(memcmp(a->weight, b->weight, (size_t)a->n_in * a->n_out), 0);
    cr_expect_eq(memcmp(a->bias, b->bias, a->n_out * sizeof *a->bias), 0);
}

static void expect_same(const struct workload *a, const struct workload *b)
{
    size_t n = a->n_requests;

    cr_expect_str_eq(a->name, b->name);
    cr_expect_eq(memcmp(&a->logit_scale, &b->logit_scale, sizeof a->logit_scale), 0);
    cr_assert(a->n_tensors == b->n_tensors && a->n_ops == b->n_ops && a->n_fields == b->n_fields &&
              a->embed_dim == b->embed_dim && a->n_requests == b->n_requests &&
              a->n_dense == b->n_dense);
    cr_expect_eq(memcmp(a->tensor, b->tensor, a->n_tensors * sizeof *a->tensor), 0);
    for (uint32_t i = 0; i < a->n_ops; i++)
        expect_same_op(&a->op[i], &b->op[i]);
    if (a->n_fields) {
        cr_expect_eq(memcmp(a->n_rows, b->n_rows, a->n_fields * sizeof *a->n_rows), 0);
        cr_expect_eq(memcmp(a->row_base, b->row_base, (a->n_fields + 1) * sizeof *a->row_base), 0);
        cr_assert_eq(a->n_stored, b->n_stored);
        cr_assert_eq(!a->stored, !b->stored);
        if (a->stored)
            cr_expect_eq(memcmp(a->stored, b->stored, a->n_stored * sizeof *a->stored), 0);
        cr_expect_eq(memcmp(a->table, b->table,
                            (a->stored ? a->n_stored : a->row_base[a->n_fields]) * a->embed_dim),
                     0);
        for (uint32_t f = 0; f < a->n_fields; f++)
            cr_expect_eq(workload_max_bag(a, f), workload_max_bag(b, f));
        cr_assert_eq(workload_n_words(a), workload_n_words(b));
        cr_expect_eq(memcmp(a->lookup, b->lookup, n * workload_n_words(a) * sizeof *a->lookup), 0);
    }
    cr_expect_eq(memcmp(a->dense, b->dense, n * a->n_dense), 0);
    cr_expect_eq(memcmp(a->label, b->label, n), 0);
    cr_expect_eq(memcmp(a->expected, b->expected, n * sizeof *a->expected), 0);
}

static void round_trip(struct temp *t, const struct workload *w)
{
    const char *first = temp_path(t, "1.h5"), *again = temp_path(t, "2.h5");
    const char *back = temp_path(t, "3.h5");
    struct workload *x = NULL;
    struct err e;

    expect_ok(workload_save(w, first, &e), &e);
    expect_ok(workload_save(w, again, &e), &e);
    expect_same_file(first, again);
    expect_ok(workload_load(&x, first, &e), &e);
    expect_same(w, x);
    expect_ok(workload_save(x, back, &e), &e);
    expect_same_file(first, back);
    workload_free(x);
}

Test(workload_h5, round_trip_is_lossless_and_bytes_repeat)
{
    struct temp t = temp_new();

    for (uint64_t seed = 0; seed < 25; seed++) {
        struct rng r = rng_new(seed);
        struct workload *w = tiny_workload(&r, (uint32_t)rng_below(&r, 40));

        round_trip(&t, w);
        workload_free(w);
        w = random_unit_workload(&r, (enum wl_kind)(seed % WL_N_KINDS), 3);
        round_trip(&t, w);
        workload_free(w);
    }
    temp_free(&t);
}

Test(workload_h5, round_trip_of_bags_and_of_rows_left_out)
{
    struct temp t = temp_new();

    for (uint64_t seed = 0; seed < 10; seed++) {
        struct rng r = rng_new(seed);
        struct workload *w = tiny_bag_workload(&r, 7);

        round_trip(&t, w);
        tiny_prune(w);
        round_trip(&t, w);
        workload_free(w);
    }
    temp_free(&t);
}

Test(workload_h5, round_trip_without_fields_or_requests)
{
    struct temp t = temp_new();
    struct rng r = rng_new(1);

    for (uint32_t n = 0; n < 3; n++) {
        struct workload *w = tiny_fc_workload(&r, 300, 20, n);

        round_trip(&t, w);
        workload_free(w);
    }
    temp_free(&t);
}

Test(workload_h5, an_invalid_workload_is_not_written)
{
    struct temp t = temp_new();
    const char *path = temp_path(&t, "a.h5");
    struct workload *w = specimen();
    struct err e;

    w->label[0] = 7;
    cr_expect_eq(workload_save(w, path, &e), ERR_CONFIG);
    cr_expect(strstr(e.text, "a.h5: not written: request 0: label: 7"), "%s", e.text);
    cr_expect_not(file_exists(path));
    workload_free(w);
    temp_free(&t);
}

/* ---- refusal: files edited with plain HDF5 ---- */

static void expect_refused(const char *path, const char *what, const char *piece)
{
    struct workload *w = NULL;
    struct err e = {0};
    enum err_code rc = workload_load(&w, path, &e);

    cr_expect_eq(rc, ERR_CONFIG, "%s %s: got %d %s", what, piece, rc, e.text);
    cr_expect(strstr(e.text, path), "%s: \"%s\" does not name the file", what, e.text);
    cr_expect(strstr(e.text, piece), "%s: \"%s\" lacks \"%s\"", what, e.text, piece);
    if (rc == ERR_OK)
        workload_free(w);
}

struct list {
    char path[200][64];
    unsigned n;
};

static herr_t list_set(hid_t file, const char *name, const H5L_info_t *info, void *out)
{
    struct list *l = out;
    hid_t id;

    (void)info;
    id = H5Dopen2(file, name, H5P_DEFAULT);
    if (id < 0)
        return 0; /* a group */
    H5Dclose(id);
    cr_assert_lt(l->n, 200);
    snprintf(l->path[l->n++], sizeof l->path[0], "/%s", name);
    return 0;
}

/* Nobody reads the summary and the request numbers. */
static bool is_read(const char *path)
{
    return strncmp(path, "/interactions/", 14) != 0 && strcmp(path, "/requests/request") != 0;
}

static hid_t edit(const char *from, const char *to)
{
    hid_t file;

    copy_file(from, to);
    file = H5Fopen(to, H5F_ACC_RDWR, H5P_DEFAULT);
    cr_assert_geq(file, 0);
    return file;
}

static void drop(hid_t file, const char *path)
{
    cr_assert_geq(H5Ldelete(file, path, H5P_DEFAULT), 0);
}

static void retype(hid_t file, const char *path)
{
    hsize_t extent = 3;
    hid_t space = H5Screate_simple(1, &extent, NULL), id;

    drop(file, path);
    id = H5Dcreate2(file, path, H5T_IEEE_F32LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    cr_assert_geq(id, 0);
    H5Dclose(id);
    H5Sclose(space);
}

/* One more along the first dimension. */
static void stretch(hid_t file, const char *path)
{
    hid_t id = H5Dopen2(file, path, H5P_DEFAULT), space = H5Dget_space(id);
    hsize_t extent[2];

    H5Sget_simple_extent_dims(space, extent, NULL);
    extent[0]++;
    cr_assert_geq(H5Dset_extent(id, extent), 0);
    H5Sclose(space);
    H5Dclose(id);
}

Test(workload_h5, every_data_set_must_be_there_with_its_type_and_extent)
{
    static void (*const damage[])(hid_t, const char *) = {drop, retype, stretch};
    static const char *const piece[] = {"missing", "type", ""};
    struct temp t = temp_new();
    const char *good = temp_path(&t, "good.h5"), *bad = temp_path(&t, "bad.h5");
    struct workload *w = specimen();
    struct list *l = calloc(1, sizeof *l);
    struct err e;
    hid_t file;

    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    expect_ok(workload_save(w, good, &e), &e);
    file = edit(good, bad);
    H5Lvisit(file, H5_INDEX_NAME, H5_ITER_INC, list_set, l);
    H5Fclose(file);
    cr_expect_gt(l->n, 50);
    for (unsigned i = 0; i < l->n; i++)
        for (size_t k = 0; k < 3 && is_read(l->path[i]); k++) {
            file = edit(good, bad);
            damage[k](file, l->path[i]);
            H5Fclose(file);
            expect_refused(bad, l->path[i], k < 2 ? l->path[i] : bad);
            expect_refused(bad, l->path[i], piece[k]);
        }
    free(l);
    workload_free(w);
    temp_free(&t);
}

static void poke(hid_t file, const char *path, size_t at, int64_t value)
{
    hid_t id = H5Dopen2(file, path, H5P_DEFAULT), space = H5Dget_space(id);
    hssize_t n = H5Sget_simple_extent_npoints(space);
    int64_t *v = calloc((size_t)n, sizeof *v);

    cr_assert_lt(at, (size_t)n, "%s", path);
    H5Dread(id, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, v);
    v[at] = value;
    H5Dwrite(id, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, v);
    free(v);
    H5Sclose(space);
    H5Dclose(id);
}

/* Operator 0 is the embedding, 1 an FC. */
Test(workload_h5, values_out_of_range_are_refused)
{
    static const struct {
        const char *path;
        size_t at;
        int64_t value;
        const char *piece;
    } row[] = {
        {"/program/tensors/rows", 1, UINT32_MAX, "elements"},
        {"/program/tensors/bits", 1, 40, "bits: 40"},
        {"/program/tensors/bits", 0, 0, "bits: 0"},
        {"/program/tensors/zero_point", 1, 1000, "zero_point"},
        {"/program/ops/kind", 1, 7, "/program/ops/kind: element 1: 7"},
        {"/program/ops/by_row", 1, 2, "/program/ops/by_row: element 1: 2"},
        {"/program/ops/kind", 1, UINT32_MAX, "/program/ops/kind"},
        {"/program/ops/raw", 1, 2, "/program/ops/raw: element 1: 2"},
        {"/program/ops/output", 1, 4000, "tensor 4000"},
        {"/program/ops/n_in", 1, UINT32_MAX, "too large"},
        {"/program/ops/n_out", 1, UINT32_MAX, "too large"},
        {"/program/ops/n_out", 1, 1 << 20, "/program/op/1/weight"},
        {"/program/ops/n_vec", 1, 0, "n_vec 0"},
        {"/program/ops/weight_bits", 1, 300, "weight_bits: 300"},
        {"/program/ops/shift", 1, 64, "shift: 64"},
        {"/program/ops/input_offsets", 0, 1, "/program/ops/input_offsets"},
        {"/program/ops/input_offsets", 2, UINT32_MAX, "/program/ops/input_offsets"},
        {"/program/ops/input_offsets", 3, 0, "/program/ops/input_offsets"},
        {"/program/ops/inputs", 0, UINT32_MAX, "not produced before"},
        {"/program/op/1/weight", 0, -128, "weight[0][0]: -128"},
        {"/program/op/1/bias", 0, INT32_MIN, "32 signed bits"},
        {"/tables/row_base", 0, 1, "/tables/row_base"},
        {"/tables/row_base", 1, 0, "/tables/row_base"},
        {"/tables/row_base", 1, INT64_MAX, "/tables/row_base"},
        {"/requests/label", 3, 2, "request 3: label: 2"},
        {"/requests/lookup/offsets", 1, 1, "does not look up"},
        {"/requests/lookup/offsets", 0, 1, "/requests/lookup"},
        {"/requests/lookup/offsets", 5, INT64_MAX, "/requests/lookup/offsets: element 5"},
        {"/requests/lookup/table", 1, 0, "than its max_bag allows"},
        {"/tables/max_bag", 0, 256, "/tables/max_bag: element 0: 256"},
        {"/tables/max_bag", 1, 3, "/program/op/0/mult"},
        {"/requests/lookup/table", 1, 65535, "is no table"},
        {"/requests/lookup/row", 0, UINT32_MAX, "request 0: field 0: lookup"},
    };
    struct temp t = temp_new();
    const char *good = temp_path(&t, "good.h5"), *bad = temp_path(&t, "bad.h5");
    struct workload *w = specimen();
    struct err e;

    cr_assert(w->n_dense > 0 && w->op[0].kind == WL_EMBED && w->op[1].kind == WL_MVM);
    expect_ok(workload_save(w, good, &e), &e);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        hid_t file = edit(good, bad);

        poke(file, row[i].path, row[i].at, row[i].value);
        H5Fclose(file);
        expect_refused(bad, row[i].path, row[i].piece);
    }
    workload_free(w);
    temp_free(&t);
}

/* Lookups of one request may come in any order, and an edited file is read without its digest. */
Test(workload_h5, order_of_lookups_is_free)
{
    struct temp t = temp_new();
    const char *good = temp_path(&t, "good.h5"), *bad = temp_path(&t, "swapped.h5");
    struct workload *w = specimen(), *x = NULL;
    struct err e;
    hid_t file;

    expect_ok(workload_save(w, good, &e), &e);
    file = edit(good, bad);
    poke(file, "/requests/lookup/table", 0, 1);
    poke(file, "/requests/lookup/table", 1, 0);
    poke(file, "/requests/lookup/row", 0, w->lookup[1]);
    poke(file, "/requests/lookup/row", 1, w->lookup[0]);
    H5Fclose(file);
    expect_ok(workload_load(&x, bad, &e), &e);
    expect_same(w, x);
    workload_free(x);
    workload_free(w);
    temp_free(&t);
}

Test(workload_h5, other_files_and_versions_are_refused)
{
    struct temp t = temp_new();
    const char *good = temp_path(&t, "good.h5"), *bad = temp_path(&t, "bad.h5");
    struct workload *w = specimen(), *x;
    struct stats *s = stats_new();
    struct result r = {.stats = s};
    uint64_t version = WL_FORMAT_VERSION + 1;
    struct err e;
    hid_t file, id;

    expect_ok(workload_save(w, good, &e), &e);
    file = edit(good, bad);
    id = H5Aopen(file, "format_version", H5P_DEFAULT);
    H5Awrite(id, H5T_NATIVE_UINT64, &version);
    H5Aclose(id);
    H5Fclose(file);
    expect_refused(bad, "version", "format_version: is 3; this program reads 2");
    file = edit(good, bad);
    H5Adelete(file, "logit_scale");
    H5Fclose(file);
    expect_refused(bad, "attribute", "logit_scale is missing");
    expect_ok(result_save(&r, bad, &e), &e);
    expect_refused(bad, "results", "\"autorac-results\", not \"autorac-workload\"");
    cr_expect_eq(workload_load(&x, temp_path(&t, "none.h5"), &e), ERR_ENV);
    stats_free(s);
    workload_free(w);
    temp_free(&t);
}
