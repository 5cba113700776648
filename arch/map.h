/* SPDX-License-Identifier: Apache-2.0 */
/* arch/map.h: the mapper: workload x chip configuration -> plan.
 *
 * Each operator becomes one or more shards: MVMs are split over outputs, and if need be over
 * inputs, when a tile's crossbars do not hold them, the embedding over runs of fields.
 * map.replicate, map.copies, map.pack and map.placement say how often each is there, what shares a
 * tile, and how tiles are laid on the mesh (by default one shard a tile, in operator order along a
 * snake).
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
