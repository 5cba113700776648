/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/term.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct {
    bool quiet, verbose;
    bool progress; /* standard error is a terminal */
    bool dirty;    /* a progress line is on it */
} term;

void term_init(bool quiet, bool verbose)
{
    term.quiet = quiet;
    term.verbose = verbose && !quiet;
    term.progress = !quiet && isatty(STDERR_FILENO);
}

bool term_quiet(void)
{
    return term.quiet;
}

bool term_verbose(void)
{
    return term.verbose;
}

bool term_shows_progress(void)
{
    return term.progress;
}

static bool colour(int fd)
{
    const char *off = getenv("NO_COLOR");

    return isatty(fd) && !(off && *off);
}

void term_note(const char *fmt, ...)
{
    va_list ap;

    if (term.quiet)
        return;
    term_progress_end();
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
}

void term_progress(const char *fmt, ...)
{
    va_list ap;

    if (!term.progress)
        return;
    fputs("\r\033[K", stderr);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fflush(stderr);
    term.dirty = true;
}

void term_progress_end(void)
{
    if (term.dirty)
        fputs("\r\033[K", stderr);
    term.dirty = false;
}

void term_error(const struct err *e)
{
    bool on = colour(STDERR_FILENO);

    fprintf(stderr, "autorac: %serror:%s %s\n", on ? "\033[31m" : "", on ? "\033[0m" : "", e->text);
}

const char *term_green(void)
{
    return colour(STDOUT_FILENO) ? "\033[32m" : "";
}

const char *term_red(void)
{
    return colour(STDOUT_FILENO) ? "\033[31m" : "";
}

const char *term_plain(void)
{
    return colour(STDOUT_FILENO) ? "\033[0m" : "";
}
