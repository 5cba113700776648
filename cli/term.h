/* SPDX-License-Identifier: Apache-2.0 */
/* cli/term.h: what goes to the terminal's error stream: progress, notes, errors.
 *
 * Progress overwrites one line, and only where standard error is a terminal. Notes are whole lines.
 * Both are silent under --quiet. Colour only on a terminal without NO_COLOR. */
#ifndef AUTORAC_CLI_TERM_H
#define AUTORAC_CLI_TERM_H

#include <stdbool.h>

#include "sim/base/err.h"

void term_init(bool quiet, bool verbose);
bool term_quiet(void);
bool term_verbose(void);
bool term_shows_progress(void);

void term_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void term_progress(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void term_progress_end(void); /* wipe the progress line */
void term_error(const struct err *e);

/* Escape sequences on standard output, or "" where there is no terminal. */
const char *term_green(void);
const char *term_red(void);
const char *term_plain(void);

#endif
