/* SPDX-License-Identifier: Apache-2.0 */
/* cli/report.h: statistics of a session (stats.txt, stats.json) and the table for people.
 *
 * chip.* come from arch/chip_stats.h; run.* are added here: accuracy of the requests that were run.
 * Names are public interface: a change needs a CHANGELOG line. */
#ifndef AUTORAC_CLI_REPORT_H
#define AUTORAC_CLI_REPORT_H

#include <stdbool.h>
#include <stdio.h>

struct session;

/* Fills s->stats. partial: the run was interrupted. */
void report_make(struct session *s, bool partial);
/* One statistic; NaN if there is none of that name. */
double report_value(const struct session *s, const char *name);
/* The table an architect compares: time, area and energy by part. */
void report_summary(const struct session *s, FILE *f);
/* The same, then by operator: report.txt. */
void report_write(const struct session *s, FILE *f);

#endif
