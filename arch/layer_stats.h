/* SPDX-License-Identifier: Apache-2.0 */
/* arch/layer_stats.h: the rows of arch/layer.h as statistics, and as a table for people.
 *
 * chip.layer.NAME.* is one row, NAME an operator, "io" or "network"; chip.single.* one request
 * alone: layer by layer, where chip.* is pipelined. */
#ifndef AUTORAC_ARCH_LAYER_STATS_H
#define AUTORAC_ARCH_LAYER_STATS_H

#include <stdio.h>

#include "arch/layer.h"
#include "sim/stats.h"

void layers_stats(const struct layers *l, const struct chip *c, struct stats *st);

/* At most 100 columns. Energies in pJ a request: rounded to 1 pJ so that every row and every column
 * adds up to its printed total. */
void layers_write(const struct layers *l, const struct chip *c, FILE *f);

#endif
