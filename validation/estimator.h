/* SPDX-License-Identifier: Apache-2.0 */
/* validation/estimator.h: is the search's estimate what the cycle-accurate run says?
 *
 * Random designs (workload x chip), each run twice: back to back for the interval between results
 * and the energy of one, with requests far apart for the latency of an empty chip. The energy of a
 * run is its dynamic energy a request plus static power over the interval measured. Area, and every
 * integer count that traffic does not decide (arch/count.h), must be equal. */
#ifndef AUTORAC_VALIDATION_ESTIMATOR_H
#define AUTORAC_VALIDATION_ESTIMATOR_H

#include <stdint.h>
#include <stdio.h>

#include "arch/params.h"
#include "sim/base/err.h"
#include "sim/base/rng.h"
#include "sim/loop.h"
#include "traces/workload.h"

struct validate_estimator {
    uint32_t n_designs;
    uint64_t seed;
    const struct params *params;
    const char *out_dir; /* worst designs as DIR/draw_NNNN/{design.yaml,workload.h5}; NULL: none */
    /* A random workload; free with workload_free. */
    struct workload *(*draw)(struct rng *r, uint32_t n_requests);
};

/* Rank correlation and relative errors of latency, interval and energy, and the worst designs, on
 * out. ERR_MISMATCH: a correlation below 0.98, a median error above 5 %, a count or an area that
 * differs. loop may be NULL. */
enum err_code validate_estimator(const struct validate_estimator *v, struct loop *l, FILE *out,
                                 struct err *e);

/* Spearman's coefficient of a and b, (n); equal values have the mean of their ranks. */
double validate_spearman(const double *a, const double *b, uint32_t n);

#endif
