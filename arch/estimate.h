/* SPDX-License-Identifier: Apache-2.0 */
/* arch/estimate.h: fast cost of a candidate for the search: the plan's own constants, no event
 * loop.
 *
 * Two dozen requests walk through the operator graph one after the other, unit by unit, each unit's
 * times being maxima over those of its producers, of its own last requests and of the slots its
 * consumers gave back. Latency is the first request's, START at the I/O unit to LOGIT, operands
 * travelling without contention; interval is the spacing of the later logits or the load of the
 * busiest link or engine, whichever is longer. Counts are the simulator's own (arch/count.h). Left
 * out: contention, the order in which contexts of one tile really come to its engine, and bank
 * conflicts and clipping other than on average. */
#ifndef AUTORAC_ARCH_ESTIMATE_H
#define AUTORAC_ARCH_ESTIMATE_H

#include "arch/cost.h"

struct estimate {
    double latency_cycles;  /* one request through an empty chip, START to LOGIT */
    double interval_cycles; /* between results when full */
    double energy_pj;       /* a request, leakage included */
    double area_um2;
};

enum err_code estimate_plan(const struct plan *p, const struct params *q, struct estimate *out,
                            struct err *e);

#endif
