/* SPDX-License-Identifier: Apache-2.0 */
/* traces/random_unit.h: small random workloads around one kind of operator, for comparing machines.
 *
 * Embedding and dense features feed operators of the kind, whose results an MVM makes a logit. Half
 * of them have bags (traces/random_bags.h).
 * Sizes, bits, weights, tables and requests are drawn; scales are chosen so that codes fill their
 * range. Nothing is learned: the logits mean nothing. */
#ifndef AUTORAC_TRACES_RANDOM_UNIT_H
#define AUTORAC_TRACES_RANDOM_UNIT_H

#include "sim/base/rng.h"
#include "traces/workload.h"

/* kind: any. WL_ATTENTION comes with the projections by row, the feed-forward layers and the
 * residual sums around it. The same stream gives the same workload; workload_check accepts it. Free
 * with workload_free. */
struct workload *random_unit_workload(struct rng *r, enum wl_kind kind, uint32_t n_requests);

#endif
