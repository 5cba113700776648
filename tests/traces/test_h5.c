/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <hdf5.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "sim/base/file.h"
#include "sim/base/rng.h"
#include "tests/common/temp.h"
#include "traces/h5.h"
#include "traces/h5_pack.h"

static const char format[] = "autorac-test";

static struct h5_data plain(const char *path, enum h5_type type, uint64_t n)
{
    return (struct h5_data){.path = path,
                            .type = type,
                            .rank = 1,
                            .extent = {n},
                            .units = "1",
                            .long_name = "something"};
}

static void expect_ok(enum err_code rc, const struct err *e)
{
    cr_assert_eq(rc, ERR_OK, "%s", e->text);
}

/* Code, and a piece of the message. */
static void expect_refusal(enum err_code rc, const struct err *e, enum err_code code,
                           const char *piece)
{
    cr_expect_eq(rc, code, "wanted %d with \"%s\", got %d", code, piece, rc);
    if (rc)
        cr_expect(strstr(e->text, piece), "\"%s\" lacks \"%s\"", e->text, piece);
}

static struct h5 *reopen(const char *path)
{
    struct h5 *f = NULL;
    struct err e;

    expect_ok(h5_open(&f, path, format, 1, &e), &e);
    return f;
}

static void expect_text_and_attributes(struct h5 *f, char texts[3][8])
{
    struct h5_data set = plain("/text", H5_TEXT, 3);
    struct arena *a = arena_new();
    char empty[8];
    uint64_t u = 0;
    double d = 0;
    struct err e;
    void *back;

    set.text_bytes = 8;
    expect_ok(h5_read(f, &set, a, &back, &e), &e);
    cr_expect_eq(memcmp(back, texts, 24), 0);
    expect_ok(h5_get_u64(f, "big", &u, &e), &e);
    expect_ok(h5_get_f64(f, "third", &d, &e), &e);
    expect_ok(h5_get_text(f, "empty", empty, sizeof empty, &e), &e);
    cr_expect_eq(u, UINT64_MAX);
    cr_expect_eq(memcmp(&d, &(double){1.0 / 3}, sizeof d), 0);
    cr_expect_str_eq(empty, "");
    arena_free(a);
}

Test(h5, every_type_survives_a_round_trip)
{
    struct temp t = temp_new();
    const char *path = temp_path(&t, "a.h5");
    struct h5 *f = h5_create(path, format, 1);
    struct arena *a = arena_new();
    struct rng r = rng_new(1);
    struct err e;
    uint64_t values[7][300];
    char name[32], texts[3][8] = {"a", "bc", "sevench"};

    for (unsigned type = H5_U8; type <= H5_F64; type++) {
        struct h5_data set;

        snprintf(name, sizeof name, "/group/type%u", type);
        set = plain(name, type, 0);
        set.rank = 2;
        set.extent[0] = 20;
        set.extent[1] = 15;
        for (int i = 0; i < 300; i++)
            values[type][i] = type == H5_F64 ? (uint64_t)i << 52 : rng_u64(&r);
        h5_write(f, &set, values[type]);
    }
    h5_write(f,
             &(struct h5_data){.path = "/text",
                               .type = H5_TEXT,
                               .text_bytes = 8,
                               .rank = 1,
                               .extent = {3},
                               .units = "1",
                               .long_name = "texts"},
             texts);
    h5_attr_u64(f, "big", UINT64_MAX);
    h5_attr_f64(f, "third", 1.0 / 3);
    h5_attr_text(f, "empty", "");
    expect_ok(h5_commit(f, &e), &e);

    f = reopen(path);
    for (unsigned type = H5_U8; type <= H5_F64; type++) {
        struct h5_data set;
        void *back;

        snprintf(name, sizeof name, "/group/type%u", type);
        set = plain(name, type, H5_ANY);
        set.rank = 2;
        set.extent[1] = H5_ANY;
        expect_ok(h5_read(f, &set, a, &back, &e), &e);
        cr_expect(set.extent[0] == 20 && set.extent[1] == 15);
        cr_expect_eq(memcmp(back, values[type], 300 * h5_type_bytes(type, 0)), 0, "type %u", type);
    }
    expect_text_and_attributes(f, texts);
    h5_close(f);
    arena_free(a);
    temp_free(&t);
}

Test(h5, empty_and_many_chunked_data_sets)
{
    static const struct {
        uint32_t rank;
        uint64_t extent[2];
    } row[] = {{1, {0, 0}}, {2, {0, 0}},      {2, {0, 7}},
               {2, {7, 0}}, {1, {200000, 0}}, {2, {3, 70000}}};
    struct temp t = temp_new();
    const char *path = temp_path(&t, "a.h5");
    uint8_t *values = mem_alloc(210000, 1);
    struct arena *a = arena_new();

    for (uint32_t i = 0; i < 210000; i++)
        values[i] = (uint8_t)(i * 7919 >> 8);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct h5 *f = h5_create(path, format, 1);
        struct h5_data set = plain("/x", H5_U8, 0);
        struct err e;
        void *back;

        set.rank = row[i].rank;
        memcpy(set.extent, row[i].extent, sizeof set.extent);
        h5_write(f, &set, values);
        expect_ok(h5_commit(f, &e), &e);
        f = reopen(path);
        expect_ok(h5_read(f, &set, a, &back, &e), &e);
        cr_expect_eq(
            memcmp(back, values, row[i].extent[0] * (row[i].rank == 2 ? row[i].extent[1] : 1)), 0,
            "row %zu", i);
        h5_close(f);
    }
    free(values);
    arena_free(a);
    temp_free(&t);
}

/* Attributes and axes as other programs see them. */
Test(h5, units_names_and_axes_are_there)
{
    struct temp t = temp_new();
    const char *path = temp_path(&t, "a.h5");
    struct h5 *f = h5_create(path, format, 3);
    struct h5_data axis = plain("/r/i", H5_U32, 4), set = plain("/r/v", H5_U32, 4);
    uint32_t values[4] = {0, 1, 2, 3};
    struct err e;
    hid_t file, id;

    set.axis[0] = "/r/i";
    h5_write(f, &axis, values);
    h5_write(f, &set, values);
    expect_ok(h5_commit(f, &e), &e);
    file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    cr_assert_geq(file, 0);
    id = H5Dopen2(file, "/r/v", H5P_DEFAULT);
    cr_expect_gt(H5Aexists(id, "units"), 0);
    cr_expect_gt(H5Aexists(id, "long_name"), 0);
    cr_expect_gt(H5Aexists(id, "DIMENSION_LIST"), 0);
    H5Dclose(id);
    id = H5Dopen2(file, "/r/i", H5P_DEFAULT);
    cr_expect_gt(H5Aexists(id, "CLASS"), 0);
    H5Dclose(id);
    H5Fclose(file);
    temp_free(&t);
}

Test(h5, data_sets_must_be_as_expected)
{
    static const struct {
        const char *path;
        enum h5_type type;
        uint32_t text_bytes, rank;
        uint64_t extent[2];
        const char *piece;
    } row[] = {
        {"/none", H5_U32, 0, 1, {4}, "missing"},
        {"/g", H5_U32, 0, 1, {4}, "missing"},
        {"/g/u", H5_I32, 0, 1, {4}, "type"},
        {"/g/u", H5_U16, 0, 1, {4}, "type"},
        {"/g/u", H5_F64, 0, 1, {4}, "type"},
        {"/g/u", H5_TEXT, 4, 1, {4}, "type"},
        {"/g/u", H5_U32, 0, 2, {4, 1}, "has 1 dimensions, not 2"},
        {"/g/u", H5_U32, 0, 1, {5}, "extent 4, not 5"},
        {"/text", H5_TEXT, 9, 1, {1}, "type"},
    };
    struct temp t = temp_new();
    const char *path = temp_path(&t, "a.h5");
    struct h5 *f = h5_create(path, format, 1);
    struct h5_data set = plain("/g/u", H5_U32, 4), text = plain("/text", H5_TEXT, 1);
    struct arena *a = arena_new();
    struct err e;
    void *back;

    h5_write(f, &set, (uint32_t[]){1, 2, 3, 4});
    text.text_bytes = 8;
    h5_write(f, &text, "1234567");
    expect_ok(h5_commit(f, &e), &e);
    f = reopen(path);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct h5_data want = {.path = row[i].path,
                               .type = row[i].type,
                               .text_bytes = row[i].text_bytes,
                               .rank = row[i].rank,
                               .extent = {row[i].extent[0], row[i].extent[1]}};
        enum err_code rc = h5_read(f, &want, a, &back, &e);

        expect_refusal(rc, &e, ERR_CONFIG, row[i].piece);
        expect_refusal(rc, &e, ERR_CONFIG, row[i].path);
        expect_refusal(rc, &e, ERR_CONFIG, path);
    }
    h5_close(f);
    arena_free(a);
    temp_free(&t);
}

/* A data set of 2^33 bytes that stores none, in the given chunk. */
static void make_hollow(hid_t file, const char *path, hsize_t chunk)
{
    hsize_t extent = (hsize_t)1 << 33;
    hid_t space = H5Screate_simple(1, &extent, NULL), dcpl = H5Pcreate(H5P_DATASET_CREATE), id;

    H5Pset_chunk(dcpl, 1, &chunk);
    id = H5Dcreate2(file, path, H5T_STD_U8LE, space, H5P_DEFAULT, dcpl, H5P_DEFAULT);
    cr_assert_geq(id, 0);
    H5Dclose(id);
    H5Pclose(dcpl);
    H5Sclose(space);
}

static void make_external(hid_t file, const char *path)
{
    hsize_t extent = 8;
    hid_t space = H5Screate_simple(1, &extent, NULL), dcpl = H5Pcreate(H5P_DATASET_CREATE), id;

    H5Pset_external(dcpl, "/etc/passwd", 0, 8);
    id = H5Dcreate2(file, path, H5T_STD_U8LE, space, H5P_DEFAULT, dcpl, H5P_DEFAULT);
    cr_assert_geq(id, 0);
    H5Dclose(id);
    H5Pclose(dcpl);
    H5Sclose(space);
}

Test(h5, traps_in_data_sets_are_seen_before_memory_is_asked_for)
{
    static const struct {
        const char *path, *piece;
    } row[] = {
        {"/hollow", "claims"}, {"/giant", "stored in the file"}, {"/outside", "in the file"}};
    struct temp t = temp_new();
    const char *path = temp_path(&t, "a.h5");
    struct arena *a = arena_new();
    struct err e;
    struct h5 *f = h5_create(path, format, 1);
    hid_t file;

    expect_ok(h5_commit(f, &e), &e);
    file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    cr_assert_geq(file, 0);
    make_hollow(file, "/hollow", 4096);
    make_hollow(file, "/giant", (hsize_t)1 << 30);
    make_external(file, "/outside");
    H5Fclose(file);
    f = reopen(path);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct h5_data want = plain(row[i].path, H5_U8, H5_ANY);
        void *back;

        expect_refusal(h5_read(f, &want, a, &back, &e), &e, ERR_CONFIG, row[i].piece);
    }
    h5_close(f);
    arena_free(a);
    temp_free(&t);
}

Test(h5, files_of_other_kinds_are_refused)
{
    struct temp t = temp_new();
    const char *path = temp_path(&t, "a.h5"), *text = temp_path(&t, "text");
    struct h5 *f = h5_create(path, format, 2);
    struct err e;
    FILE *out = fopen(text, "w");

    fputs("no HDF5 here\n", out);
    fclose(out);
    expect_ok(h5_commit(f, &e), &e);
    expect_refusal(h5_open(&f, path, format, 1, &e), &e, ERR_CONFIG, "is 2; this program reads 1");
    expect_refusal(h5_open(&f, path, "autorac-other", 2, &e), &e, ERR_CONFIG, "autorac-test");
    expect_refusal(h5_open(&f, text, format, 2, &e), &e, ERR_CONFIG, "not an HDF5 file");
    expect_refusal(h5_open(&f, temp_path(&t, "none"), format, 2, &e), &e, ERR_ENV, "No such file");
    expect_refusal(h5_open(&f, t.dir, format, 2, &e), &e, ERR_ENV, "directory");
    temp_free(&t);
}

/* A file of about 800 kB of noise. */
static struct h5 *noise(const char *path)
{
    struct h5 *f = h5_create(path, format, 1);
    struct h5_data set = plain("/noise", H5_U64, 100000);
    uint64_t *values = mem_alloc(100000, sizeof *values);
    struct rng r = rng_new(5);

    for (int i = 0; i < 100000; i++)
        values[i] = rng_u64(&r);
    h5_write(f, &set, values);
    free(values);
    return f;
}

Test(h5, truncated_and_damaged_files_are_refused)
{
    struct temp t = temp_new();
    const char *path = temp_path(&t, "a.h5"), *cut = temp_path(&t, "cut.h5");
    struct h5 *f = noise(path);
    size_t n_bytes;
    char *image;
    struct err e;

    expect_ok(h5_commit(f, &e), &e);
    expect_ok(file_read(path, &image, &n_bytes, &e), &e);
    for (size_t k = 0; k < 40; k++) {
        size_t n = k < 20 ? n_bytes * k / 20 : n_bytes; /* cut, then whole with a flipped bit */
        size_t at = (k - 20) * (n_bytes / 20);
        FILE *out = fopen(cut, "wb");

        image[at * (k >= 20)] ^= (char)(k >= 20);
        fwrite(image, 1, n, out);
        fclose(out);
        image[at * (k >= 20)] ^= (char)(k >= 20);
        expect_refusal(h5_open(&f, cut, format, 1, &e), &e, ERR_CONFIG, cut);
    }
    free(image);
    temp_free(&t);
}

Test(h5, a_full_disk_leaves_nothing_behind)
{
    struct temp t = temp_new();
    const char *path = temp_path(&t, "a.h5");
    struct rlimit limit = {200000, 200000};
    struct err e;

    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    expect_refusal(h5_commit(noise(path), &e), &e, ERR_ENV, path);
    cr_expect_not(file_exists(path));
    cr_expect_not(file_exists(temp_path(&t, "a.h5.tmp")));
    expect_refusal(h5_commit(noise(temp_path(&t, "no/dir/a.h5")), &e), &e, ERR_ENV, "No such");
    temp_free(&t);
}

Test(h5, a_failed_write_leaves_the_old_file)
{
    struct temp t = temp_new();
    const char *path = temp_path(&t, "a.h5");
    char before[65], after[65];
    struct rlimit limit = {200000, 200000};
    struct err e;

    expect_ok(h5_commit(noise(path), &e), &e);
    expect_ok(file_sha256(path, before, &e), &e);
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    expect_refusal(h5_commit(noise(path), &e), &e, ERR_ENV, path);
    expect_ok(file_sha256(path, after, &e), &e);
    cr_expect_str_eq(before, after);
    temp_free(&t);
}

/* h5_pack with its stack n times 64 KiB further down. */
static const void *pack_deep(struct h5_pack *p, const void *bytes, size_t n_bytes, int n,
                             size_t *n_out)
{
    volatile char room[1 << 16];
    const void *packed;

    room[0] = (char)n;
    packed = n ? pack_deep(p, bytes, n_bytes, n - 1, n_out)
               : h5_pack(p, bytes, n_bytes, n_bytes, 4, n_out);
    return room[0] == (char)n ? packed : NULL;
}

Test(h5, packs_the_same_wherever_its_state_lies)
{
    struct rng r = rng_new(1);
    struct h5_pack *p = h5_pack_new();

    for (int row = 0; row < 20; row++) {
        uint32_t v[256];
        uint8_t first[8192];
        size_t n_first = 0, n = 1 + (size_t)row * 12;

        for (size_t i = 0; i < n; i++)
            v[i] = i && row % 2 ? (uint32_t)rng_below(&r, 3) : i == 0;
        for (int depth = 0; depth < 64; depth++) {
            size_t n_packed;
            const void *packed = pack_deep(p, v, 4 * n, depth, &n_packed);

            if (!depth)
                memcpy(first, packed, n_first = n_packed);
            cr_assert(n_packed == n_first && !memcmp(packed, first, n_first), "row %d, depth %d",
                      row, depth);
        }
    }
    h5_pack_free(p);
}
