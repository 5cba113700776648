/* SPDX-License-Identifier: Apache-2.0 */
/* rtlgen/build_cache.h: shared objects of chips by what they were made of, so that the same RTL is
 * not built twice. DIR/chips/KEY.so; the N_KEPT that were used last stay.
 *
 * Any number of processes may use one folder: an entry appears whole or not at all, and is copied
 * out, so that another process may remove it at any time. A cache that cannot be read or written is
 * no error: the chip is built. */
#ifndef AUTORAC_RTLGEN_BUILD_CACHE_H
#define AUTORAC_RTLGEN_BUILD_CACHE_H

#include <stdbool.h>

#include "sim/base/err.h"

enum { BUILD_CACHE_N_KEPT = 64 };

/* SHA-256 of the SystemVerilog in rtl_dir (names and texts of *.sv, *.svh, files.f, but not tb.sv,
 * which is not built; images are read when the chip runs) and of `how`: tools, options, other
 * sources. */
enum err_code build_cache_key(const char *rtl_dir, const char *how, char key[65], struct err *e);

/* Copies the entry to so; false if there is none. */
bool build_cache_get(const char *dir, const char *key, const char *so);
void build_cache_put(const char *dir, const char *key, const char *so);

#endif
