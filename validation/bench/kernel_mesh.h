/* SPDX-License-Identifier: Apache-2.0 */
/* validation/bench/kernel_mesh.h: the chip's routers (arch/noc.c) under random traffic, as a load
 * of any kernel that has sim_at.
 *
 * A router is an event in each cycle in which it may have something to do, a source one in each
 * cycle in which it sends or has waited. Nothing here depends on the order of events in a cycle, so
 * that every kernel must end with the same digest after the same number of events. Sources have one
 * pending event at most; routers at most one for each of the next three cycles. */
#ifndef AUTORAC_VALIDATION_BENCH_KERNEL_MESH_H
#define AUTORAC_VALIDATION_BENCH_KERNEL_MESH_H

#include <stdint.h>

#include "sim/event.h"

struct mesh;

/* side x side routers; packets of five flits to anywhere, load_percent flits a node and 100 cycles.
 * Every component has had its first event scheduled when this returns. */
struct mesh *mesh_new(struct sim *s, uint32_t side, uint32_t load_percent);
void mesh_free(struct mesh *m);
uint64_t mesh_digest(const struct mesh *m); /* of what arrived where and when */

#endif
