/* SPDX-License-Identifier: Apache-2.0 */
/* nas/random_workload.h: workloads from the whole model space without data or training.
 *
 * A random genome with random weights, tables and requests; scales are calibrated on the requests,
 * so that codes use their range and the ADC, rounding and saturation are exercised. For comparing
 * machines, not for accuracy: labels are coin flips. */
#ifndef AUTORAC_NAS_RANDOM_WORKLOAD_H
#define AUTORAC_NAS_RANDOM_WORKLOAD_H

#include "nas/space.h"
#include "traces/workload.h"

/* Upper bounds; sizes are drawn below them. */
struct nas_random_options {
    enum space_operators operators;
    uint32_t max_blocks;                    /* 1..7 */
    uint32_t max_dense_dim, max_sparse_dim; /* at least 16 */
    uint32_t max_fields, max_dense;         /* categorical at least 1; dense may be 0 */
    uint32_t max_rows;                      /* of a table, at least 2 */
    uint32_t max_bag;     /* rows of a bag; half of the workloads have bags; 0: none */
    uint32_t max_ops;     /* operators of the program; 0: no limit */
    uint64_t max_weights; /* numbers of all its matrices; 0: no limit */
    uint32_t n_requests;
};
extern const struct nas_random_options nas_random_small; /* fits a few dozen small tiles */

/* genome: text of the model that was drawn (SPACE_TEXT_BYTES), may be NULL. Draws until the limits
 * hold; ERR_CONFIG after 1000 attempts. */
enum err_code nas_random_workload(struct workload **out, struct rng *r,
                                  const struct nas_random_options *o, char *genome, struct err *e);

#endif
