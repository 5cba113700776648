/* SPDX-License-Identifier: Apache-2.0 */
/* sim/stats.h: the statistics of a run, in the order they were added.
 *
 * Names follow the hierarchy: chip.n3_mvm.adc.n_conv. Text output has one line a
 * statistic, "name value # unit, meaning", between the markers that readers of
 * gem5's stats.txt know; JSON is one flat object {name: {value, unit, meaning}}.
 * Names are public interface: a change needs a CHANGELOG line. */
#ifndef AUTORAC_SIM_STATS_H
#define AUTORAC_SIM_STATS_H

#include <stdint.h>
#include <stdio.h>

struct stats;

struct stats *stats_new(void);
void stats_free(struct stats *s);

/* name is printf-formatted by the caller (mem_printf or a local buffer) and copied; unit and
 * meaning are copied too. A duplicate name is a caller's bug. */
void stats_u64(struct stats *s, const char *name, uint64_t v, const char *unit,
               const char *meaning);
void stats_f64(struct stats *s, const char *name, double v, const char *unit, const char *meaning);

uint64_t stats_n(const struct stats *s);
const char *stats_name(const struct stats *s, uint64_t i);
double stats_value(const struct stats *s, uint64_t i);
const char *stats_unit(const struct stats *s, uint64_t i);
const char *stats_meaning(const struct stats *s, uint64_t i);

void stats_write_txt(const struct stats *s, FILE *f);
void stats_write_json(const struct stats *s, FILE *f);

/* Nearest-rank percentile of n values, which it sorts in place; q in (0,1]; n > 0. */
uint64_t stats_percentile_u64(uint64_t *v, uint64_t n, double q);

#endif
