/* SPDX-License-Identifier: Apache-2.0 */
/* Reading of HDF5 files, which trusts nothing. */
#include <stdlib.h>
#include <string.h>

#include "sim/base/file.h"
#include "traces/h5_impl.h"

#define MAX_BYTES ((uint64_t)1 << 40) /* of one data set */

enum {
    CHUNK_MAX_BYTES = 1 << 28, /* accepted */
    TEXT_MAX_BYTES = 1 << 16,  /* of one text, likewise */
    DEFLATE_LIMIT = 2048,      /* deflate shrinks at most about 1032 times */
    SMALL_BYTES = 1 << 16,     /* too small to bother */
};

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
    char seal[H5_SEAL_BYTES], *image;
    size_t n_bytes;
    enum err_code rc;

    if ((rc = file_read(path, &image, &n_bytes, e)))
        return rc;
    if (n_bytes >= H5_SEAL_BYTES &&
        memcmp(image + n_bytes - H5_SEAL_BYTES, H5_SEAL_HEAD, H5_SEAL_HEAD_BYTES) == 0) {
        h5_seal_of(image, n_bytes - H5_SEAL_BYTES, seal);
        if (memcmp(image + n_bytes - H5_SEAL_BYTES, seal, H5_SEAL_BYTES) != 0)
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
        rc = h5_fail(f, ERR_CONFIG, "truncated or damaged HDF5 file", e);
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
        rc = h5_fail(f, ERR_CONFIG, name, e);
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
        return H5Tequal(type, h5_file_type(d->type)) > 0;
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
            rc = h5_fail(f, ERR_CONFIG, d->path, e);
        H5Tclose(type);
    }
    H5Dclose(set);
    return rc;
}
