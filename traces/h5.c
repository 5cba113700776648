/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/h5.h"

#include <assert.h>
#include <hdf5.h>
#include <hdf5_hl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/file.h"

#define MAX_BYTES ((uint64_t)1 << 40) /* of one data set */

enum {
    CHUNK_ELEMENTS = 65536,
    CHUNK_MAX_BYTES = 1 << 28, /* accepted when reading */
    TEXT_MAX_BYTES = 1 << 16,  /* of one text, likewise */
    CORE_STEP_BYTES = 1 << 20, /* growth of a file in memory */
    CHUNK_TREE_K = 4,          /* most data sets are one chunk: a small index node each */
    DEFLATE_LIMIT = 2048,      /* deflate shrinks at most about 1032 times */
    SMALL_BYTES = 1 << 16,     /* too small to bother */
};

/* The last bytes of a file: SHA-256 of all before them. HDF5 and its tools pass over it, and drop
 * it when they change the file. */
static const char seal_head[] = "\nautorac-sha256 ";
enum { SEAL_HEAD_BYTES = sizeof seal_head - 1, SEAL_BYTES = SEAL_HEAD_BYTES + 64 + 1 };

struct h5 {
    char *path;
    hid_t file;
    enum err_code rc; /* first failure while writing */
    struct err first;
};

/* ---- errors ---- */

static herr_t take_innermost(unsigned n, const H5E_error2_t *err, void *out)
{
    (void)n;
    snprintf(out, 200, "%s", err->desc ? err->desc : "unknown HDF5 error");
    return 1; /* stop */
}

/* "PATH: WHAT: what HDF5 says". what: data set or attribute, or NULL. */
static enum err_code fail(const struct h5 *f, enum err_code code, const char *what, struct err *e)
{
    char why[200] = "HDF5 failed";

    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_innermost, why);
    return what ? err_set(e, code, "%s: %s: %s", f->path, what, why)
                : err_set(e, code, "%s: %s", f->path, why);
}

static void fail_write(struct h5 *f, const char *what)
{
    if (!f->rc)
        f->rc = fail(f, ERR_ENV, what, &f->first);
}

/* ---- types ---- */

static hid_t file_type(enum h5_type t)
{
    switch (t) {
    case H5_U8:
        return H5T_STD_U8LE;
    case H5_U16:
        return H5T_STD_U16LE;
    case H5_U32:
        return H5T_STD_U32LE;
    case H5_U64:
        return H5T_STD_U64LE;
    case H5_I8:
        return H5T_STD_I8LE;
    case H5_I32:
        return H5T_STD_I32LE;
    case H5_F64:
        return H5T_IEEE_F64LE;
    case H5_TEXT:
        break;
    }
    return H5T_C_S1;
}

static hid_t memory_type(enum h5_type t)
{
    switch (t) {
    case H5_U8:
        return H5T_NATIVE_UINT8;
    case H5_U16:
        return H5T_NATIVE_UINT16;
    case H5_U32:
        return H5T_NATIVE_UINT32;
    case H5_U64:
        return H5T_NATIVE_UINT64;
    case H5_I8:
        return H5T_NATIVE_INT8;
    case H5_I32:
        return H5T_NATIVE_INT32;
    case H5_F64:
        return H5T_NATIVE_DOUBLE;
    case H5_TEXT:
        break;
    }
    return H5T_C_S1;
}

uint32_t h5_type_bytes(enum h5_type t, uint32_t text_bytes)
{
    static const uint32_t bytes[] = {[H5_U8] = 1, [H5_U16] = 2, [H5_U32] = 4, [H5_U64] = 8,
                                     [H5_I8] = 1, [H5_I32] = 4, [H5_F64] = 8, [H5_TEXT] = 0};

    return t == H5_TEXT ? text_bytes : bytes[t];
}

static hid_t text_type(size_t n_bytes)
{
    hid_t t = H5Tcopy(H5T_C_S1);

    H5Tset_size(t, n_bytes);
    H5Tset_cset(t, H5T_CSET_UTF8);
    return t;
}

/* ---- writing ---- */

static void write_attr(struct h5 *f, hid_t object, const char *name, hid_t type, const void *value)
{
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t attr = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);

    if (attr < 0 || H5Awrite(attr, type, value) < 0)
        fail_write(f, name);
    H5Aclose(attr);
    H5Sclose(space);
}

static void write_text(struct h5 *f, hid_t object, const char *name, const char *value)
{
    hid_t type = text_type(strlen(value) + 1);

    write_attr(f, object, name, type, value);
    H5Tclose(type);
}

void h5_write_1d(struct h5 *f, const char *path, enum h5_type type, uint64_t n, const void *v,
                 const char *units, const char *long_name, const char *axis)
{
    h5_write(f,
             &(struct h5_data){.path = path,
                               .type = type,
                               .rank = 1,
                               .extent = {n},
                               .units = units,
                               .long_name = long_name,
                               .axis = {axis}},
             v);
}

void h5_attr_text(struct h5 *f, const char *name, const char *value)
{
    if (!f->rc)
        write_text(f, f->file, name, value);
}

void h5_attr_u64(struct h5 *f, const char *name, uint64_t value)
{
    if (!f->rc)
        write_attr(f, f->file, name, H5T_NATIVE_UINT64, &value);
}

void h5_attr_f64(struct h5 *f, const char *name, double value)
{
    if (!f->rc)
        write_attr(f, f->file, name, H5T_NATIVE_DOUBLE, &value);
}

struct h5 *h5_create(const char *path, const char *format, uint32_t version)
{
    struct h5 *f = mem_alloc(1, sizeof *f);
    hid_t fapl, fcpl;

    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    f->path = mem_strdup(path);
    fapl = H5Pcreate(H5P_FILE_ACCESS);
    fcpl = H5Pcreate(H5P_FILE_CREATE);
    H5Pset_fapl_core(fapl, CORE_STEP_BYTES, false);
    H5Pset_istore_k(fcpl, CHUNK_TREE_K);
    f->file = H5Fcreate(path, H5F_ACC_TRUNC, fcpl, fapl);
    if (f->file < 0)
        fail_write(f, NULL);
    H5Pclose(fcpl);
    H5Pclose(fapl);
    h5_attr_text(f, "format", format);
    h5_attr_u64(f, "format_version", version);
    h5_attr_text(f, "creator", "autorac");
    return f;
}

/* Chunked with an unlimited first dimension; never a zero-sized chunk. */
static hid_t layout_space(const struct h5_data *d, hid_t dcpl)
{
    hsize_t extent[2] = {d->extent[0], d->extent[1]}, max[2] = {H5S_UNLIMITED, d->extent[1]};
    hsize_t chunk[2] = {0, 1};

    if (d->rank == 2) {
        chunk[1] = extent[1] < 1 ? 1 : extent[1] > CHUNK_ELEMENTS ? CHUNK_ELEMENTS : extent[1];
        max[1] = extent[1] < 1 ? H5S_UNLIMITED : extent[1];
    }
    chunk[0] = CHUNK_ELEMENTS / chunk[1];
    if (chunk[0] > extent[0])
        chunk[0] = extent[0] < 1 ? 1 : extent[0];
    H5Pset_chunk(dcpl, (int)d->rank, chunk);
    H5Pset_obj_track_times(dcpl, false);
    H5Pset_shuffle(dcpl);
    H5Pset_deflate(dcpl, 1);
    return H5Screate_simple((int)d->rank, extent, max);
}

static void attach_axis(struct h5 *f, hid_t set, const char *path, unsigned dim)
{
    hid_t scale = H5Dopen2(f->file, path, H5P_DEFAULT);

    if (scale < 0 ||
        (H5DSis_scale(scale) == 0 && H5DSset_scale(scale, strrchr(path, '/') + 1) < 0) ||
        H5DSattach_scale(set, scale, dim) < 0)
        fail_write(f, path);
    H5Dclose(scale);
}

void h5_write(struct h5 *f, const struct h5_data *d, const void *values)
{
    hid_t lcpl, dcpl, space, type, set;

    assert(d->rank == 1 || d->rank == 2);
    if (f->rc)
        return;
    lcpl = H5Pcreate(H5P_LINK_CREATE);
    dcpl = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_create_intermediate_group(lcpl, 1);
    space = layout_space(d, dcpl);
    type = d->type == H5_TEXT ? text_type(d->text_bytes) : H5Tcopy(file_type(d->type));
    set = H5Dcreate2(f->file, d->path, type, space, lcpl, dcpl, H5P_DEFAULT);
    if (set < 0 || (H5Sget_simple_extent_npoints(space) > 0 &&
                    H5Dwrite(set, d->type == H5_TEXT ? type : memory_type(d->type), H5S_ALL,
                             H5S_ALL, H5P_DEFAULT, values) < 0))
        fail_write(f, d->path);
    if (!f->rc)
        write_text(f, set, "units", d->units);
    if (!f->rc)
        write_text(f, set, "long_name", d->long_name);
    for (unsigned i = 0; i < d->rank && !f->rc; i++)
        if (d->axis[i])
            attach_axis(f, set, d->axis[i], i);
    H5Dclose(set);
    H5Tclose(type);
    H5Sclose(space);
    H5Pclose(dcpl);
    H5Pclose(lcpl);
}

/* The file as it would stand on disk. NULL after fail_write. */
static void *file_image(struct h5 *f, size_t *n_bytes)
{
    ssize_t n = -1;
    void *image;

    if (H5Fflush(f->file, H5F_SCOPE_GLOBAL) >= 0)
        n = H5Fget_file_image(f->file, NULL, 0);
    if (n < 0) {
        fail_write(f, NULL);
        return NULL;
    }
    image = mem_alloc((size_t)n, 1);
    if (H5Fget_file_image(f->file, image, (size_t)n) != n) {
        fail_write(f, NULL);
        free(image);
        return NULL;
    }
    *n_bytes = (size_t)n;
    return image;
}

static void seal_of(const void *image, size_t n_bytes, char out[SEAL_BYTES])
{
    char digest[65];

    bytes_sha256(image, n_bytes, digest);
    memcpy(out, seal_head, SEAL_HEAD_BYTES);
    memcpy(out + SEAL_HEAD_BYTES, digest, 64);
    out[SEAL_BYTES - 1] = '\n';
}

enum err_code h5_commit(struct h5 *f, struct err *e)
{
    struct file_out out;
    char seal[SEAL_BYTES];
    size_t n_bytes = 0;
    void *image = f->rc ? NULL : file_image(f, &n_bytes);
    enum err_code rc = f->rc;

    if (rc) {
        *e = f->first;
        h5_close(f);
        return rc;
    }
    if (!(rc = file_create(&out, f->path, e))) {
        seal_of(image, n_bytes, seal);
        fwrite(image, 1, n_bytes, out.f); /* file_commit finds out */
        fwrite(seal, 1, sizeof seal, out.f);
        rc = file_commit(&out, e);
        file_abandon(&out);
    }
    free(image);
    h5_close(f);
    return rc;
}

/* ---- reading ---- */

static enum err_code check_format(struct h5 *f, const char *format, uint32_t version, struct err *e)
{
    char found[64];
    uint64_t found_version;
    enum err_code rc;

    if ((rc = h5_get_text(f, "format", found, sizeof found, e)) ||
        (rc = h5_get_u64(f, "format_version", &found_version, e)))
        return rc;
    if (strcmp(found, format) != 0)
        return err_set(e, ERR_CONFIG, "%s: format: is \"%s\", not \"%s\"", f->path, found, format);
    if (found_version != version)
        return err_set(e, ERR_CONFIG, "%s: format_version: is %llu; this program reads %u", f->path,
                       (unsigned long long)found_version, version);
    return ERR_OK;
}

/* HDF5 may crash on damage inside its own structures: find it first. */
static enum err_code check_seal(const char *path, struct err *e)
{
    char seal[SEAL_BYTES], *image;
    size_t n_bytes;
    enum err_code rc;

    if ((rc = file_read(path, &image, &n_bytes, e)))
        return rc;
    if (n_bytes >= SEAL_BYTES &&
        memcmp(image + n_bytes - SEAL_BYTES, seal_head, SEAL_HEAD_BYTES) == 0) {
        seal_of(image, n_bytes - SEAL_BYTES, seal);
        if (memcmp(image + n_bytes - SEAL_BYTES, seal, SEAL_BYTES) != 0)
            rc = err_set(e, ERR_CONFIG,
                         "%s: damaged: its SHA-256 is not the one it was written with", path);
    }
    free(image);
    return rc;
}

enum err_code h5_open(struct h5 **out, const char *path, const char *format, uint32_t version,
                      struct err *e)
{
    struct h5 *f;
    hid_t fapl;
    enum err_code rc = ERR_OK;

    if ((rc = check_seal(path, e)))
        return rc;
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    if (H5Fis_hdf5(path) <= 0)
        return err_set(e, ERR_CONFIG, "%s: not an HDF5 file", path);
    f = mem_alloc(1, sizeof *f);
    f->path = mem_strdup(path);
    fapl = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_file_locking(fapl, false, true); /* published files do not change */
    f->file = H5Fopen(path, H5F_ACC_RDONLY, fapl);
    if (f->file < 0)
        rc = fail(f, ERR_CONFIG, "truncated or damaged HDF5 file", e);
    H5Pclose(fapl);
    if (!rc)
        rc = check_format(f, format, version, e);
    if (rc) {
        h5_close(f);
        return rc;
    }
    *out = f;
    return ERR_OK;
}

void h5_close(struct h5 *f)
{
    if (!f)
        return;
    if (f->file >= 0)
        H5Fclose(f->file);
    free(f->path);
    free(f);
}

/* One scalar attribute of the root, of class want. n_bytes: room in out for a text, else 0. */
static enum err_code read_attr(struct h5 *f, const char *name, H5T_class_t want, hid_t memory,
                               void *out, size_t n_bytes, struct err *e)
{
    hid_t attr = H5Aopen(f->file, name, H5P_DEFAULT), type, space;
    enum err_code rc = ERR_OK;

    if (attr < 0)
        return err_set(e, ERR_CONFIG, "%s: root attribute %s is missing", f->path, name);
    type = H5Aget_type(attr);
    space = H5Aget_space(attr);
    if (H5Tget_class(type) != want || H5Sget_simple_extent_npoints(space) != 1 ||
        (n_bytes > 0 && (H5Tis_variable_str(type) != 0 || H5Tget_size(type) > n_bytes)))
        rc = err_set(e, ERR_CONFIG, "%s: root attribute %s has an unexpected type", f->path, name);
    else if (H5Aread(attr, n_bytes > 0 ? type : memory, out) < 0)
        rc = fail(f, ERR_CONFIG, name, e);
    H5Sclose(space);
    H5Tclose(type);
    H5Aclose(attr);
    return rc;
}

enum err_code h5_get_text(struct h5 *f, const char *name, char *out, uint32_t size, struct err *e)
{
    enum err_code rc;

    memset(out, 0, size);
    if ((rc = read_attr(f, name, H5T_STRING, H5T_C_S1, out, size, e)))
        return rc;
    if (!memchr(out, '\0', size))
        return err_set(e, ERR_CONFIG, "%s: root attribute %s is too long", f->path, name);
    return ERR_OK;
}

enum err_code h5_get_u64(struct h5 *f, const char *name, uint64_t *out, struct err *e)
{
    return read_attr(f, name, H5T_INTEGER, H5T_NATIVE_UINT64, out, 0, e);
}

enum err_code h5_get_f64(struct h5 *f, const char *name, double *out, struct err *e)
{
    return read_attr(f, name, H5T_FLOAT, H5T_NATIVE_DOUBLE, out, 0, e);
}

static bool type_matches(hid_t type, struct h5_data *d)
{
    if (d->type != H5_TEXT)
        return H5Tequal(type, file_type(d->type)) > 0;
    if (H5Tget_class(type) != H5T_STRING || H5Tis_variable_str(type) != 0)
        return false;
    if (!d->text_bytes && H5Tget_size(type) <= TEXT_MAX_BYTES)
        d->text_bytes = (uint32_t)H5Tget_size(type);
    return H5Tget_size(type) == d->text_bytes;
}

/* Stored in this file, by filters every HDF5 has, in chunks of reasonable size. */
static bool storage_plain(hid_t set)
{
    hid_t dcpl = H5Dget_create_plist(set);
    H5D_layout_t layout = H5Pget_layout(dcpl);
    bool ok = layout != H5D_VIRTUAL && layout >= 0 && H5Pget_external_count(dcpl) == 0;
    int n_filters = H5Pget_nfilters(dcpl);
    hsize_t chunk[2] = {1, 1};

    for (int i = 0; i < n_filters && ok; i++) {
        unsigned flags, config;
        size_t n_values = 0;
        H5Z_filter_t id =
            H5Pget_filter2(dcpl, (unsigned)i, &flags, &n_values, NULL, 0, NULL, &config);

        ok = id == H5Z_FILTER_DEFLATE || id == H5Z_FILTER_SHUFFLE || id == H5Z_FILTER_FLETCHER32;
    }
    if (ok && layout == H5D_CHUNKED)
        ok = H5Pget_chunk(dcpl, 2, chunk) > 0 && chunk[0] <= CHUNK_MAX_BYTES &&
             chunk[1] <= CHUNK_MAX_BYTES && chunk[0] * chunk[1] <= CHUNK_MAX_BYTES;
    H5Pclose(dcpl);
    return ok;
}

/* Rank and extents; fills H5_ANY ones. n_bytes: of the whole data set. */
static enum err_code match_extents(const struct h5 *f, hid_t set, struct h5_data *d,
                                   uint64_t *n_bytes, struct err *e)
{
    hid_t space = H5Dget_space(set);
    hsize_t extent[2] = {0, 0};
    int rank = H5Sget_simple_extent_ndims(space);
    bool simple = H5Sget_simple_extent_type(space) == H5S_SIMPLE;

    if (simple && rank == (int)d->rank)
        H5Sget_simple_extent_dims(space, extent, NULL);
    H5Sclose(space);
    if (!simple || rank != (int)d->rank)
        return err_set(e, ERR_CONFIG, "%s: %s: has %d dimensions, not %u", f->path, d->path,
                       simple ? rank : 0, d->rank);
    *n_bytes = h5_type_bytes(d->type, d->text_bytes);
    for (unsigned i = 0; i < d->rank; i++) {
        if (d->extent[i] != H5_ANY && d->extent[i] != extent[i])
            return err_set(e, ERR_CONFIG, "%s: %s: dimension %u has extent %llu, not %llu", f->path,
                           d->path, i, (unsigned long long)extent[i],
                           (unsigned long long)d->extent[i]);
        if (extent[i] > MAX_BYTES || *n_bytes * extent[i] > MAX_BYTES)
            return err_set(e, ERR_CONFIG, "%s: %s: is too large", f->path, d->path);
        *n_bytes *= extent[i];
        d->extent[i] = extent[i];
    }
    return ERR_OK;
}

static enum err_code check_set(const struct h5 *f, hid_t set, struct h5_data *d, uint64_t *n_bytes,
                               struct err *e)
{
    hid_t type = H5Dget_type(set);
    bool same = type_matches(type, d);
    enum err_code rc;

    H5Tclose(type);
    if (!same)
        return err_set(e, ERR_CONFIG, "%s: %s: has an unexpected type", f->path, d->path);
    if ((rc = match_extents(f, set, d, n_bytes, e)))
        return rc;
    if (!storage_plain(set))
        return err_set(e, ERR_CONFIG,
                       "%s: %s: must be stored in the file, with shuffle and deflate at most",
                       f->path, d->path);
    if (*n_bytes > SMALL_BYTES && *n_bytes / DEFLATE_LIMIT > H5Dget_storage_size(set))
        return err_set(e, ERR_CONFIG, "%s: %s: claims %llu bytes but stores %llu", f->path, d->path,
                       (unsigned long long)*n_bytes, (unsigned long long)H5Dget_storage_size(set));
    return ERR_OK;
}

bool h5_has(struct h5 *f, const char *path)
{
    hid_t set = H5Dopen2(f->file, path, H5P_DEFAULT);

    if (set >= 0)
        H5Dclose(set);
    return set >= 0;
}

enum err_code h5_read(struct h5 *f, struct h5_data *d, struct arena *a, void **out, struct err *e)
{
    hid_t set = H5Dopen2(f->file, d->path, H5P_DEFAULT), type;
    uint64_t n_bytes = 0;
    enum err_code rc;

    if (set < 0)
        return err_set(e, ERR_CONFIG, "%s: %s: data set is missing", f->path, d->path);
    rc = check_set(f, set, d, &n_bytes, e);
    if (!rc) {
        type = d->type == H5_TEXT ? H5Dget_type(set) : H5Tcopy(memory_type(d->type));
        *out = arena_alloc(a, n_bytes + 1, 1);
        if (n_bytes > 0 && H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, *out) < 0)
            rc = fail(f, ERR_CONFIG, d->path, e);
        H5Tclose(type);
    }
    H5Dclose(set);
    return rc;
}
