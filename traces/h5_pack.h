/* SPDX-License-Identifier: Apache-2.0 */
/* traces/h5_pack.h: HDF5's filters shuffle and deflate for one chunk.
 *
 * Shuffle puts first bytes of all values first, then second bytes, and so on; deflate is a zlib
 * stream (RFC 1950), level 1. Any HDF5 undoes both. By libdeflate, which takes a third of the time
 * that HDF5's own filters take, and less room. The same bytes for the same values. */
#ifndef AUTORAC_TRACES_H5_PACK_H
#define AUTORAC_TRACES_H5_PACK_H

#include <stddef.h>

struct h5_pack;
struct h5_pack *h5_pack_new(void);
void h5_pack_free(struct h5_pack *p); /* NULL is legal */

/* A chunk of chunk_bytes that begins with `bytes` (n_bytes) and ends in zeros; value_bytes: of what
 * is shuffled, 1: not. *n_out bytes, which belong to p until the next call. */
const void *h5_pack(struct h5_pack *p, const void *bytes, size_t n_bytes, size_t chunk_bytes,
                    size_t value_bytes, size_t *n_out);

#endif
