/* SPDX-License-Identifier: Apache-2.0 */
/* arch/estimate.h: fast cost of a candidate for the search: the plan's own constants, no event
 * loop.
 *
 * Latency: longest path through the operator graph of service time + packet serialisation +
 * zero-load hops. Throughput: the busiest unit, sender or link. Counts are exact per request where
 * they do not depend on traffic. Left out: contention, credit stalls, bank conflicts beyond the
 * average. */
#ifndef AUTORAC_ARCH_ESTIMATE_H
#define AUTORAC_ARCH_ESTIMATE_H

#include "arch/cost.h"

struct estimate {
    double latency_cycles;  /* one request through an empty chip */
    double interval_cycles; /* between results when full */
    double energy_pj;       /* a request, leakage included */
    double area_um2;
};

enum err_code estimate_plan(const struct plan *p, const struct params *q, struct estimate *out,
                            struct err *e);

#endif
