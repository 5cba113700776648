/* SPDX-License-Identifier: Apache-2.0 */
/* arch/count.h: what requests cost in events, from the plan alone.
 *
 * The simulator adds count_unit when a unit finishes a request, count_requests adds it for every
 * request that a unit serves, so both agree by construction. count_requests also says what the
 * routers must count; the simulator counts its flits one by one, and a test holds one
 * against the other. Left out, because traffic decides: stalls, what embedding tiles read
 * (arch/emb.h), clipped conversions, buffer depths. */
#ifndef AUTORAC_ARCH_COUNT_H
#define AUTORAC_ARCH_COUNT_H

#include "arch/chip.h"
#include "arch/plan.h"

/* Engine, buffers and registers of one unit, one request of its own: *out is set, router counts 0.
 */
void count_unit(const struct plan *p, uint32_t unit, struct unit_counts *out);

/* Products a request of an interaction shard takes, wherever they are made: DP one an element of a
 * pair; FM one square an element and one a column for the squared sum; ADD one an element of each
 * operand, GATE one of the gated; ATTENTION one an element and pair of rows, for the score and for
 * the average. */
uint64_t count_int_products(const struct plan_int *d);

/* Adds what the chip's first n_requests requests cost all units and routers to all (n_units). */
void count_requests(const struct plan *p, uint64_t n_requests, struct unit_counts *all);

/* sum += times * c over all fields but peak_vc_flits, which becomes the larger of both. */
void count_add(struct unit_counts *sum, const struct unit_counts *c, uint64_t times);

#endif
