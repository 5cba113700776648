/* SPDX-License-Identifier: Apache-2.0 */
/* cli/results.h: the results file of a session: results.h5 at the end of a run, and while it runs
 * results.part.h5, the same up to a cycle, replaced as a whole each time: whatever kills the
 * program, the last one written can be read. */
#ifndef AUTORAC_CLI_RESULTS_H
#define AUTORAC_CLI_RESULTS_H

#include "cli/session.h"

/* dir/results.h5 of a finished run; dir/results.part.h5 goes. */
enum err_code results_save(const struct session *s, const char *dir, struct err *e);

/* From the loop, while the chip runs: write results.part.h5 if it is time. Writing never takes more
 * than about a twentieth of the time. A failure to write is told once and stops the flushing; the
 * run goes on. */
void results_flush(struct session *s);
/* The same now, whatever the time: of an interrupted run. */
enum err_code results_save_part(struct session *s, const char *dir, struct err *e);

#endif
