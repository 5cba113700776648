/* SPDX-License-Identifier: Apache-2.0 */
/* traces/h5_impl.h: what writing (h5.c) and reading (h5_read.c) of HDF5 share. */
#ifndef AUTORAC_TRACES_H5_IMPL_H
#define AUTORAC_TRACES_H5_IMPL_H

#include <hdf5.h>

#include "traces/h5.h"
#include "traces/h5_pack.h"

struct h5 {
    char *path;
    hid_t file;
    struct h5_pack *pack; /* writing */
    enum err_code rc;     /* first failure while writing */
    struct err first;
};

/* "PATH: WHAT: what HDF5 says". what: data set or attribute, or NULL. */
enum err_code h5_fail(const struct h5 *f, enum err_code code, const char *what, struct err *e);
hid_t h5_file_type(enum h5_type t); /* not of texts */

/* The last bytes of a file: SHA-256 of all before them. HDF5 and its tools pass over it, and drop
 * it when they change the file. */
#define H5_SEAL_HEAD "\nautorac-sha256 "
enum { H5_SEAL_HEAD_BYTES = sizeof H5_SEAL_HEAD - 1, H5_SEAL_BYTES = H5_SEAL_HEAD_BYTES + 64 + 1 };
void h5_seal_of(const void *image, size_t n_bytes, char out[H5_SEAL_BYTES]);

#endif
