/* SPDX-License-Identifier: Apache-2.0 */
/* nas/fake_data.h: requests without meaning, in the shape of a data set: for workloads that need
 * none. Normal dense features, coin flips for labels, low rows asked for more often. */
#ifndef AUTORAC_NAS_FAKE_DATA_H
#define AUTORAC_NAS_FAKE_DATA_H

#include "nas/data.h"
#include "sim/base/rng.h"

/* The training part: n rows of a data set whose n_dense, n_fields and n_rows are set. */
void fake_data_fill(struct data *d, uint64_t n, struct rng *r);

/* A shape of nas/shapes.def. */
struct shape {
    const char *name;
    uint32_t n_dense, n_fields;
    const uint32_t *n_rows; /* (n_fields) */
};
/* NULL: no such. */
const struct shape *shape_find(const char *name);
/* "criteo, avazu, ..." */
void shape_names(char *out, size_t size);

/* n rows in that shape, tables capped; free with data_free. */
struct data *fake_data_new(const struct shape *s, uint32_t max_rows, uint64_t n, struct rng *r);

#endif
