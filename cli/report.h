/* SPDX-License-Identifier: Apache-2.0 */
/* cli/report.h: counts and costs of a run -> named statistics (stats.txt, stats.json).
 *
 * Names are public interface: a change needs a CHANGELOG line. */
#ifndef AUTORAC_CLI_REPORT_H
#define AUTORAC_CLI_REPORT_H

#include <stdbool.h>

struct session;

/* Fills s->stats and s->numbers from chip, counts and cost. partial: the run was interrupted. */
void report_make(struct session *s, bool partial);

#endif
