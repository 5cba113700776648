/* SPDX-License-Identifier: Apache-2.0 */
/* tests/common/tiny_workload.h: small, random, valid workloads for tests.
 *
 * Every operator kind in 1 to 3 blocks: embedding, FC, EFC, DP behind projections, FM, ADD, DSI,
 * final. Shapes, widths (activations 4 or 8 bits, weights 2..8) and zero points are drawn;
 * multipliers are set from expected magnitudes, so that codes use their range without all
 * saturating. Dense features are absent now and then. The same stream gives the same workload;
 * workload_check accepts it; expected is workload_logit's. */
#ifndef AUTORAC_TESTS_COMMON_TINY_WORKLOAD_H
#define AUTORAC_TESTS_COMMON_TINY_WORKLOAD_H

#include <stdint.h>

#include "sim/base/rng.h"
#include "traces/workload.h"

/* Free with workload_free. */
struct workload *tiny_workload(struct rng *r, uint32_t n_requests);

/* The same kind with bags of up to 9 rows, some empty, in some fields. */
struct workload *tiny_bag_workload(struct rng *r, uint32_t n_requests);

/* The same kind with a data set's columns and tables instead of drawn ones. */
struct tiny_shape {
    uint32_t n_dense, n_fields;
    const uint32_t *n_rows; /* (n_fields) */
};
struct workload *tiny_shaped_workload(struct rng *r, const struct tiny_shape *like,
                                      uint32_t n_requests);

/* Only rows that requests look up stay stored; at least one request. */
void tiny_prune(struct workload *w);

/* dense (n_in codes) -> "b1.fc" (n_out) -> "final"; no fields, no tables. */
struct workload *tiny_fc_workload(struct rng *r, uint32_t n_in, uint32_t n_out,
                                  uint32_t n_requests);

#endif
