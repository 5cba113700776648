/* SPDX-License-Identifier: Apache-2.0 */
/* arch/chip_stats.h: a finished run as named statistics.
 *
 * chip.NAME is of the whole chip; chip.UNIT.PART.NAME of one node: its unit's name, or nNODE where
 * the mesh has only a router. Names are public interface: a change needs a CHANGELOG line.
 * What an interrupted run has not finished is left out of its rates and latencies. */
#ifndef AUTORAC_ARCH_CHIP_STATS_H
#define AUTORAC_ARCH_CHIP_STATS_H

#include <stddef.h>

#include "arch/chip.h"
#include "arch/cost.h"

void chip_stats(const struct chip *c, const struct params *q, struct stats *st);

/* Products of one request at the operators' own precisions, whatever computes them: MVM inputs x
 * outputs x vectors, and the interactions' as count_unit counts them. Half of TOPS' operations. */
double chip_macs_per_inference(const struct plan *p);

/* Name, below its unit's, of the statistic that is the field of struct unit_counts at this offset.
 */
const char *chip_count_name(size_t offset);

#endif
