/* SPDX-License-Identifier: Apache-2.0 */
/* arch/measure.h: what arch/estimate.h estimates, of a run cycle by cycle.
 *
 * Latency is the first request's, which meets an empty chip; interval the spacing of results once
 * the first few have filled it (0 if there is one request only). Energy is a request's at that
 * rate: the run's dynamic energy over its requests, and static power over one interval, so that
 * filling and draining the chip do not count. */
#ifndef AUTORAC_ARCH_MEASURE_H
#define AUTORAC_ARCH_MEASURE_H

#include "arch/chip.h"
#include "arch/estimate.h"

/* c: after chip_run, with at least one request. */
void measure_run(const struct chip *c, const struct params *q, struct estimate *out);
/* Maps w, runs all its requests back to back, nothing recorded, and measures that. */
enum err_code measure_chip(const struct workload *w, const struct chip_config *c,
                           const struct params *q, struct estimate *out, struct err *e);

#endif
