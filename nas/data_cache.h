/* SPDX-License-Identifier: Apache-2.0 */
/* nas/data_cache.h: a data set as one file that training maps instead of reading.
 *
 * Layout, version 1 (docs/datasets.md): one line of fixed length,
 *     # autorac data cache 1, header HHHHHHHH bytes, sha256 <64 hex digits>
 * then YAML up to the end of the header (a multiple of 4096, filled with line ends), then the
 * sections label (uint8), dense (float32, by row) and lookup (uint32, by row) of each part, each
 * beginning on a multiple of 4096; little endian. The SHA-256 is of the YAML, which holds size
 * and CRC-64 of every section: it is the digest of the whole.
 *
 * Opening checks all of it, table bounds included: one pass over the file. */
#ifndef AUTORAC_NAS_DATA_CACHE_H
#define AUTORAC_NAS_DATA_CACHE_H

#include <stdint.h>

#include "nas/data.h"
#include "nas/data_build.h"

struct cache_writer;

/* d: shape, names, table sizes and rows of each part; borrowed. The file appears at path only with
 * cache_writer_commit. */
enum err_code cache_writer_new(struct cache_writer **out, const char *path, const struct data *d,
                               const struct data_finish *f, struct err *e);
enum err_code cache_writer_rows(struct cache_writer *w, uint32_t part, uint64_t n,
                                const uint8_t *label, const float *dense, const uint32_t *lookup,
                                struct err *e);
/* digest receives 64 hex digits and NUL. */
enum err_code cache_writer_commit(struct cache_writer *w, char *digest, struct err *e);
void cache_writer_free(struct cache_writer *w); /* without a commit nothing stays; NULL is legal */

/* max_rows 0: no limit. watch NULL: nobody. */
enum err_code cache_open(struct data **out, const char *path, uint32_t max_rows,
                         const struct watch *watch, struct err *e);

/* Digest that the file claims, from its first line alone. */
enum err_code cache_digest(const char *path, char digest[65], struct err *e);

#endif
