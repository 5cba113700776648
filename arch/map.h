/* SPDX-License-Identifier: Apache-2.0 */
/* arch/map.h: the mapper: workload x chip configuration -> plan.
 *
 * Each operator becomes one or more shards, one a node: MVMs are split over outputs when a tile's
 * crossbars do not hold them, the embedding over runs of fields. Shards are laid
 * along a snake through the mesh in topological order, I/O first. Left out: several shards a
 * node, row blocks of one operator across tiles, replication.
 *
 * ERR_CONFIG says which operator needs what and what the chip has. */
#ifndef AUTORAC_ARCH_MAP_H
#define AUTORAC_ARCH_MAP_H

#include "arch/plan.h"

enum err_code plan_new(struct plan **out, const struct workload *w, const struct chip_config *c,
                       struct err *e);

/* The same but for what only weights decide, so that its time depends on shapes alone: biases are
 * missing (mvm.bias is NULL) and accumulators that could overflow are not refused. Enough to
 * estimate and price, not to run. */
enum err_code plan_new_outline(struct plan **out, const struct workload *w,
                               const struct chip_config *c, struct err *e);

#endif
