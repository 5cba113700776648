/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/h5_impl.h"

#include <assert.h>
#include <hdf5_hl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/file.h"

enum {
    CORE_STEP_BYTES = 1 << 20, /* growth of a file in memory */
    CHUNK_TREE_K = 4,          /* most data sets are one chunk: a small index node each */
};

/* ---- errors ---- */

struct h5_why {
    char text[200];
    bool no_memory;
};

static herr_t take_innermost(unsigned n, const H5E_error2_t *err, void *out)
{
    struct h5_why *why = out;

    if (n == 0)
        snprintf(why->text, sizeof why->text, "%s", err->desc ? err->desc : "unknown HDF5 error");
    why->no_memory = why->no_memory || err->min_num == H5E_NOSPACE || err->min_num == H5E_CANTALLOC;
    return 0; /* go on */
}

enum err_code h5_fail(const struct h5 *f, enum err_code code, const char *what, struct err *e)
{
    struct h5_why why = {.text = "HDF5 failed"};

    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_innermost, &why);
    if (why.no_memory)
        code = ERR_ENV;
    return what ? err_set(e, code, "%s: %s: %s", f->path, what, why.text)
                : err_set(e, code, "%s: %s", f->path, why.text);
}

static void fail_write(struct h5 *f, const char *what)
{
    if (!f->rc)
        f->rc = h5_fail(f, ERR_ENV, what, &f->first);
}

/* ---- types ---- */

hid_t h5_file_type(enum h5_type t)
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
    char *nowhere = mem_printf("%s/in memory", path); /* HDF5 would read a file of that name */
    hid_t fapl, fcpl;

    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    f->path = mem_strdup(path);
    f->pack = h5_pack_new();
    fapl = H5Pcreate(H5P_FILE_ACCESS);
    fcpl = H5Pcreate(H5P_FILE_CREATE);
    H5Pset_fapl_core(fapl, CORE_STEP_BYTES, false);
    H5Pset_istore_k(fcpl, CHUNK_TREE_K);
    f->file = H5Fcreate(nowhere, H5F_ACC_TRUNC, fcpl, fapl);
    if (f->file < 0)
        fail_write(f, NULL);
    free(nowhere);
    H5Pclose(fcpl);
    H5Pclose(fapl);
    h5_attr_text(f, "format", format);
    h5_attr_u64(f, "format_version", version);
    h5_attr_text(f, "creator", "autorac");
    return f;
}

/* Chunks are whole rows, as many as make up H5_CHUNK; never a zero-sized chunk. The first
 * dimension is unlimited. */
static hid_t layout_space(const struct h5_data *d, hid_t dcpl)
{
    hsize_t extent[2] = {d->extent[0], d->extent[1]}, max[2] = {H5S_UNLIMITED, d->extent[1]};
    hsize_t chunk[2] = {0, 1};

    if (d->rank == 2 && extent[1] < 1)
        max[1] = H5S_UNLIMITED;
    else if (d->rank == 2)
        chunk[1] = extent[1];
    chunk[0] = chunk[1] < H5_CHUNK ? H5_CHUNK / chunk[1] : 1;
    if (chunk[0] > extent[0])
        chunk[0] = extent[0] < 1 ? 1 : extent[0];
    H5Pset_chunk(dcpl, (int)d->rank, chunk);
    H5Pset_obj_track_times(dcpl, false);
    if (!d->repeats)
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

/* ---- a data set, chunk by chunk ---- */

struct h5_column {
    struct h5 *f;
    hid_t set;
    char *path;
    size_t value_bytes, row_bytes;
    uint64_t chunk_rows, n_rows, next; /* row that comes next */
    bool shuffle;
};

static void describe(struct h5 *f, hid_t set, const struct h5_data *d)
{
    if (!f->rc)
        write_text(f, set, "units", d->units);
    if (!f->rc)
        write_text(f, set, "long_name", d->long_name);
    for (unsigned i = 0; i < d->rank && !f->rc; i++)
        if (d->axis[i])
            attach_axis(f, set, d->axis[i], i);
}

struct h5_column *h5_column_new(struct h5 *f, const struct h5_data *d)
{
    struct h5_column *c = mem_alloc(1, sizeof *c);
    hid_t lcpl, dcpl, space, type;
    hsize_t chunk[2] = {1, 1};

    assert(d->rank == 1 || d->rank == 2);
    *c = (struct h5_column){.f = f, .set = H5I_INVALID_HID, .path = mem_strdup(d->path)};
    if (f->rc)
        return c;
    lcpl = H5Pcreate(H5P_LINK_CREATE);
    dcpl = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_create_intermediate_group(lcpl, 1);
    space = layout_space(d, dcpl);
    type = d->type == H5_TEXT ? text_type(d->text_bytes) : H5Tcopy(h5_file_type(d->type));
    c->set = H5Dcreate2(f->file, d->path, type, space, lcpl, dcpl, H5P_DEFAULT);
    if (c->set < 0)
        fail_write(f, d->path);
    else
        describe(f, c->set, d);
    H5Pget_chunk(dcpl, 2, chunk);
    c->value_bytes = h5_type_bytes(d->type, d->text_bytes);
    c->row_bytes = c->value_bytes * (d->rank == 2 ? d->extent[1] : 1);
    c->n_rows = c->row_bytes ? d->extent[0] : 0;
    c->chunk_rows = chunk[0];
    c->shuffle = !d->repeats;
    H5Tclose(type);
    H5Sclose(space);
    H5Pclose(dcpl);
    H5Pclose(lcpl);
    return c;
}

/* Rows of the piece that comes next; 0: none. */
static uint64_t column_room(const struct h5_column *c)
{
    uint64_t left = c->n_rows - c->next;

    return left < c->chunk_rows ? left : c->chunk_rows;
}

static void put_chunk(struct h5_column *c, const void *bytes, size_t n_bytes)
{
    hsize_t offset[2] = {c->next, 0};

    if (H5Dwrite_chunk(c->set, H5P_DEFAULT, 0, offset, n_bytes, bytes) < 0)
        fail_write(c->f, c->path);
    c->next += column_room(c);
}

void h5_column_add(struct h5_column *c, const void *rows)
{
    uint64_t n_rows = column_room(c);
    size_t n_bytes;
    const void *bytes;

    if (c->f->rc || !n_rows)
        return;
    bytes = h5_pack(c->f->pack, rows, n_rows * c->row_bytes, c->chunk_rows * c->row_bytes,
                    c->shuffle ? c->value_bytes : 1, &n_bytes);
    put_chunk(c, bytes, n_bytes);
}

void h5_column_add_packed(struct h5_column *c, const void *bytes, size_t n_bytes)
{
    assert(c->f->rc || column_room(c) == H5_CHUNK);
    if (!c->f->rc)
        put_chunk(c, bytes, n_bytes);
}

void h5_column_free(struct h5_column *c)
{
    assert(c->f->rc || c->next == c->n_rows);
    if (c->set >= 0)
        H5Dclose(c->set);
    free(c->path);
    free(c);
}

void h5_write(struct h5 *f, const struct h5_data *d, const void *values)
{
    struct h5_column *c = h5_column_new(f, d);
    const char *row = values;

    while (!f->rc && c->next < c->n_rows) {
        h5_column_add(c, row);
        row += c->chunk_rows * c->row_bytes;
    }
    h5_column_free(c);
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

void h5_seal_of(const void *image, size_t n_bytes, char out[H5_SEAL_BYTES])
{
    char digest[65];

    bytes_sha256(image, n_bytes, digest);
    memcpy(out, H5_SEAL_HEAD, H5_SEAL_HEAD_BYTES);
    memcpy(out + H5_SEAL_HEAD_BYTES, digest, 64);
    out[H5_SEAL_BYTES - 1] = '\n';
}

enum err_code h5_commit(struct h5 *f, struct err *e)
{
    struct file_out out;
    char seal[H5_SEAL_BYTES];
    size_t n_bytes = 0;
    void *image = f->rc ? NULL : file_image(f, &n_bytes);
    enum err_code rc = f->rc;

    if (rc) {
        *e = f->first;
        h5_close(f);
        return rc;
    }
    if (!(rc = file_create(&out, f->path, e))) {
        h5_seal_of(image, n_bytes, seal);
        fwrite(image, 1, n_bytes, out.f); /* file_commit finds out */
        fwrite(seal, 1, sizeof seal, out.f);
        rc = file_commit(&out, e);
        file_abandon(&out);
    }
    free(image);
    h5_close(f);
    return rc;
}

void h5_close(struct h5 *f)
{
    if (!f)
        return;
    if (f->file >= 0)
        H5Fclose(f->file);
    h5_pack_free(f->pack);
    free(f->path);
    free(f);
}
