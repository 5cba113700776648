/* SPDX-License-Identifier: Apache-2.0 */
/* traces/random_bags.h: bags of rows for workloads that are drawn. */
#ifndef AUTORAC_TRACES_RANDOM_BAGS_H
#define AUTORAC_TRACES_RANDOM_BAGS_H

#include <stdbool.h>

#include "sim/base/rng.h"
#include "traces/workload.h"

/* About every other field gets bags of at most so many rows, whose sums use the codes' range. The
 * records change their form: draw them anew. False: no field got any, nothing has changed. */
bool random_bags(struct workload *w, struct rng *r, uint32_t most);

/* (workload_n_words) what a request looks up: low rows more often, those of a bag distinct. */
void random_bags_record(const struct workload *w, struct rng *r, uint32_t *record);

#endif
