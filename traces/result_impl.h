/* SPDX-License-Identifier: Apache-2.0 */
/* traces/result_impl.h: columns of a results file, for traces/result.c (requests, events, units,
 * statistics) and traces/result_parts.c (everything derived or optional). */
#ifndef AUTORAC_TRACES_RESULT_IMPL_H
#define AUTORAC_TRACES_RESULT_IMPL_H

#include "traces/h5.h"
#include "traces/result.h"

#define RESULT_REQUEST_AXIS "/requests/request"
#define RESULT_EVENT_AXIS   "/events/cycle"
#define RESULT_STATS_AXIS   "/stats/name"
#define RESULT_UNIT_AXIS    "/units/name"

/* One column; axis: path of its dimension scale, or NULL if it is one. */
/* 0, 1, ... n-1: an axis. */
void result_put_index(struct h5 *f, const char *path, uint64_t n, const char *long_name);
/* Strings of one length, that of the longest. */
typedef const char *result_text_at(const void *list, uint64_t i);
void result_put_texts(struct h5 *f, const char *path, uint64_t n, result_text_at *at,
                      const void *list, const char *long_name, const char *axis);

/* /meta, /windows, /noc, /energy, /lookups: those that r has. */
void result_put_parts(struct h5 *f, const struct result *r);

#endif
