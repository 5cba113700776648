/* SPDX-License-Identifier: Apache-2.0 */
/* cli/draw.h: random workloads for the validations, which must not know nas. */
#ifndef AUTORAC_CLI_DRAW_H
#define AUTORAC_CLI_DRAW_H

#include "sim/base/rng.h"
#include "traces/workload.h"

/* From the whole space of models, small enough for a few dozen small tiles. */
struct workload *draw_small_workload(struct rng *r, uint32_t n_requests);

#endif
