/* SPDX-License-Identifier: Apache-2.0 */
/* traces/workload_impl.h: what the parts of the workload share; for traces/workload*.c only.
 *
 * workload.c holds the program and its rules, workload_data.c tables and requests and theirs,
 * workload_h5.c and workload_data_h5.c the same two as data sets of a file. */
#ifndef AUTORAC_TRACES_WORKLOAD_IMPL_H
#define AUTORAC_TRACES_WORKLOAD_IMPL_H

#include "traces/h5.h"
#include "traces/workload.h"

/* Tables and requests of a workload whose program is in order. */
enum err_code workload_check_data(const struct workload *w, struct err *e);

/* Saving: data sets under /tables and /requests/lookup. */
void workload_put_tables(struct h5 *f, const struct workload *w);
void workload_put_lookups(struct h5 *f, const struct workload *w);

/* Loading. */
struct reader {
    struct h5 *f;
    const char *path;
    struct workload *w;
    struct arena *arena; /* for what is gone after loading */
};
/* One or two dimensions; *n, *dim: extent wanted, or H5_ANY, then the extent. out: a pointer. */
enum err_code reader_1d(const struct reader *r, struct arena *a, const char *path,
                        enum h5_type type, uint64_t *n, void *out, struct err *e);
enum err_code reader_2d(const struct reader *r, const char *path, enum h5_type type, uint64_t rows,
                        uint64_t *dim, void *out, struct err *e);
/* ERR_CONFIG naming file, data set, element and its value. */
enum err_code reader_refuse(const struct reader *r, struct err *e, const char *path, uint64_t i,
                            uint64_t value, const char *rule);
enum err_code workload_get_tables(const struct reader *r, struct err *e);
/* After the number of requests is known. */
enum err_code workload_get_lookups(const struct reader *r, struct err *e);

#endif
