/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/term.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/clock.h"

enum { TERM_COLUMNS = 100 };

static struct {
    bool quiet, verbose;
    bool progress; /* standard error is a terminal */
    bool dirty;    /* a progress line is on it */
    /* what is being counted, and since when */
    char what[64];
    uint64_t first, last;
    double since_s;
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

static void duration_text(char *out, size_t size, double s)
{
    if (s < 90)
        snprintf(out, size, "%.0f s", s);
    else if (s < 5400)
        snprintf(out, size, "%.0f min %02.0f s", floor(s / 60), floor(fmod(s, 60)));
    else
        snprintf(out, size, "%.0f h %02.0f min", floor(s / 3600), floor(fmod(s, 3600) / 60));
}

/* Seconds since `what` was first told of, or told of anew with less done. */
static double follow(const char *what, uint64_t done)
{
    double now_s = clock_s(CLOCK_MONOTONIC);

    if (strcmp(term.what, what) != 0 || done < term.last) {
        snprintf(term.what, sizeof term.what, "%s", what);
        term.first = done;
        term.since_s = now_s;
    }
    term.last = done;
    return now_s - term.since_s;
}

void term_elapsed(const char *what)
{
    char text[32];

    if (!term.progress)
        return;
    duration_text(text, sizeof text, follow(what, 0));
    term_progress("%s, %s", what, text);
}

void term_count(const char *what, uint64_t done, uint64_t total, const char *unit, const char *more)
{
    char pace[80] = "", left[32];
    double elapsed_s, rate;

    if (!term.progress)
        return;
    elapsed_s = follow(what, done);
    rate = (double)(done - term.first) / fmax(elapsed_s, 1e-3);
    if (done > term.first && done <= total) {
        duration_text(left, sizeof left, (double)(total - done) / rate);
        snprintf(pace, sizeof pace, ", %.3g/s, %s left", rate, left);
    }
    term_progress("%s: %llu of %llu%s%s%s%s%s", what, (unsigned long long)done,
                  (unsigned long long)total, *unit ? " " : "", unit, pace, *more ? ", " : "", more);
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

void term_wrap(FILE *f, unsigned column, unsigned indent, const char *text)
{
    while (*text) {
        size_t blanks = strspn(text, " "), word = strcspn(text + blanks, " ");

        if (column > indent && column + blanks + word > TERM_COLUMNS) {
            fprintf(f, "\n%*s", (int)indent, "");
            column = indent;
        } else {
            fprintf(f, "%*s", (int)blanks, "");
            column += (unsigned)blanks;
        }
        fprintf(f, "%.*s", (int)word, text + blanks);
        column += (unsigned)word;
        text += blanks + word;
    }
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
