/* SPDX-License-Identifier: Apache-2.0 */
/* nas/data_cache_impl.h: what writing and opening a cache agree on (nas/data_cache.h). */
#ifndef AUTORAC_NAS_DATA_CACHE_IMPL_H
#define AUTORAC_NAS_DATA_CACHE_IMPL_H

#include "nas/data.h"

enum {
    CACHE_VERSION = 1,
    CACHE_ALIGN = 4096,
    CACHE_LINE_BYTES = 124, /* the first line with its end */
};

/* Version, header bytes, digest. */
#define CACHE_LINE_PREFIX "# autorac data cache"
#define CACHE_LINE_FORMAT CACHE_LINE_PREFIX " %4d, header %10llu bytes, sha256 %s"

enum cache_section_id { CACHE_LABEL, CACHE_DENSE, CACHE_LOOKUP, CACHE_N_SECTIONS };

extern const char *const cache_part_name[DATA_N_PARTS];
extern const char *const cache_section_name[CACHE_N_SECTIONS];

uint64_t cache_row_bytes(const struct data *d, enum cache_section_id id);

#endif
