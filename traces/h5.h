/* SPDX-License-Identifier: Apache-2.0 */
/* traces/h5.h: the little of HDF5 that the formats need; only h5*.c see <hdf5.h>.
 *
 * Data sets are 1-D or 2-D, chunked, shuffled and deflated (traces/h5_pack.h), little-endian,
 * without object times, so that the same contents give the same bytes. Each carries `units` and
 * `long_name`; axes are HDF5 dimension scales. Files are built in memory and written in one go by
 * h5_commit through sim/base/file.h: a full disk or kill -9 leaves nothing under the real name, and
 * HDF5 never meets a failing write, which it does not survive well. Costs memory: the compressed
 * file, twice.
 *
 * Reading trusts nothing: type, rank, extents, filters and plausible size are checked before
 * memory is asked for. A file ends in the SHA-256 of itself, checked before HDF5 sees it, because
 * HDF5 may crash on damage to its own structures; a file that another program changed has lost it
 * and is read without. */
#ifndef AUTORAC_TRACES_H5_H
#define AUTORAC_TRACES_H5_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/err.h"
#include "sim/base/mem.h"

enum h5_type { H5_U8, H5_U16, H5_U32, H5_U64, H5_I8, H5_I32, H5_F64, H5_TEXT };

enum { H5_CHUNK = 65536 }; /* values in a chunk of a long column */

#define H5_ANY UINT64_MAX /* extent to be taken from the file */

struct h5_data {
    const char *path; /* "/requests/label"; groups appear as needed */
    enum h5_type type;
    uint32_t
        text_bytes; /* H5_TEXT: of each string, its NUL included; reading: 0 takes the file's */
    uint32_t rank;  /* 1 or 2 */
    uint64_t extent[2];
    const char *units;     /* writing: "1", "bits", "cycles" */
    const char *long_name; /* writing: one phrase */
    const char *axis[2];   /* writing: path of the data set that names this dimension, or NULL */
    bool repeats; /* writing: the same values come again whole, as payloads do: not shuffled */
};

struct h5; /* one open file */

/* ---- writing: the first failure sticks and comes out of h5_commit ---- */

/* Root attributes format, format_version and creator. Nothing on disk before h5_commit. */
struct h5 *h5_create(const char *path, const char *format, uint32_t version);
void h5_write(struct h5 *f, const struct h5_data *d, const void *values);
/* The same for n values along one axis. */
void h5_write_1d(struct h5 *f, const char *path, enum h5_type type, uint64_t n, const void *values,
                 const char *units, const char *long_name, const char *axis);
/* The same piece by piece, for what is too long to be made at once: d->extent[0] rows in all. */
struct h5_column;
struct h5_column *h5_column_new(struct h5 *f, const struct h5_data *d);
/* The next rows: as many whole ones as H5_CHUNK values make, at least one; the last piece what is
 * left. */
void h5_column_add(struct h5_column *c, const void *rows);
/* The same, of H5_CHUNK values that h5_pack has packed. */
void h5_column_add_packed(struct h5_column *c, const void *bytes, size_t n_bytes);
void h5_column_free(struct h5_column *c); /* after the last piece */
/* Attributes of the root. */
void h5_attr_text(struct h5 *f, const char *name, const char *value);
void h5_attr_u64(struct h5 *f, const char *name, uint64_t value);
void h5_attr_f64(struct h5 *f, const char *name, double value);
/* Write the file and free f. ERR_ENV: disk full, no permission; the target is then untouched. */
enum err_code h5_commit(struct h5 *f, struct err *e);

/* ---- reading ---- */

/* ERR_ENV: cannot be opened. ERR_CONFIG: not HDF5, truncated, another format or version. */
enum err_code h5_open(struct h5 **out, const char *path, const char *format, uint32_t version,
                      struct err *e);
bool h5_has(struct h5 *f, const char *path); /* a data set of that path can be opened */
/* Exactly d's type, rank and extents (H5_ANY ones are filled in). *out from a, never NULL. */
enum err_code h5_read(struct h5 *f, struct h5_data *d, struct arena *a, void **out, struct err *e);
enum err_code h5_get_text(struct h5 *f, const char *name, char *out, uint32_t size, struct err *e);
enum err_code h5_get_u64(struct h5 *f, const char *name, uint64_t *out, struct err *e);
enum err_code h5_get_f64(struct h5 *f, const char *name, double *out, struct err *e);

void h5_close(struct h5 *f); /* also abandons a file being written; NULL is legal */

uint32_t h5_type_bytes(enum h5_type t, uint32_t text_bytes);

#endif
