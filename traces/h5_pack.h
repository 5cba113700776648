/* SPDX-License-Identifier: Apache-2.0 */
/* traces/h5_pack.h: HDF5's filters shuffle and deflate for one chunk.
 *
 * Shuffle puts first bytes of all values first, then second bytes, and so on; deflate is a zlib
 * stream (RFC 1950). Any HDF5 undoes both. By ISA-L at its level 0: as fast as its level 1, and a
 * sixth more bytes, but the same ones wherever its state lies in memory. The same bytes for the
 * same values on the same kind of processor; another's instructions may find other matches. */
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
