/* SPDX-License-Identifier: Apache-2.0 */
/* cli/term.h: what goes to the terminal's error stream: progress, notes, errors.
 *
 * Progress overwrites one line, and only where standard error is a terminal. Notes are whole lines.
 * Both are silent under --quiet. Colour only on a terminal without NO_COLOR. */
#ifndef AUTORAC_CLI_TERM_H
#define AUTORAC_CLI_TERM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/base/err.h"

void term_init(bool quiet, bool verbose);
bool term_quiet(void);
bool term_verbose(void);
bool term_shows_progress(void);

void term_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void term_progress(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The same for what can be counted: "WHAT: 3 of 10 UNIT, 2.1/s, 4 s left, MORE". The rate is that
 * since `what` was first told of, so stages with the same name follow each other only with less
 * done. */
void term_count(const char *what, uint64_t done, uint64_t total, const char *unit,
                const char *more);
/* The same for what cannot: "WHAT, 12 s", since it was first told of. */
void term_elapsed(const char *what);
void term_progress_end(void); /* wipe the progress line */
void term_error(const struct err *e);

/* text where `column` columns are written already, broken between words at 100 columns; further
 * lines begin with indent blanks. No line feed at its end. */
void term_wrap(FILE *f, unsigned column, unsigned indent, const char *text);

/* Escape sequences on standard output, or "" where there is no terminal. */
const char *term_green(void);
const char *term_red(void);
const char *term_plain(void);

#endif
