/* SPDX-License-Identifier: Apache-2.0 */
/* sim/base/err.h: error code plus a sentence that grows context on its way up.
 *
 * Three kinds of trouble, three answers. A caller's bug: assert. Bad input or
 * environment: return an enum err_code and fill the caller's struct err. A
 * surprise inside a model: a counted statistic. Libraries never print or exit;
 * each layer wraps the error with what it alone knows:
 *
 *     chip.yaml:14: tile.adc_bits: 99 is outside 1..12
 *
 * The code doubles as the exit status of the program. */
#ifndef AUTORAC_SIM_BASE_ERR_H
#define AUTORAC_SIM_BASE_ERR_H

enum err_code {
    ERR_OK = 0,          /* success */
    ERR_MISMATCH = 1,    /* two things that must be equal are not */
    ERR_CONFIG = 2,      /* usage, configuration or input data is wrong */
    ERR_ENV = 3,         /* disk full, missing tool, unreadable file, no memory */
    ERR_BUG = 70,        /* the program contradicts itself */
    ERR_INTERRUPT = 130, /* Ctrl-C: what is on disk is whole and can be resumed */
};

struct err {
    enum err_code code;
    char text[1024]; /* one line without newline; truncated with "..." */
};

/* Both return the code so that a failing function ends in one statement.
 * err_set replaces what e holds. err_wrap prepends "CONTEXT: " to it. */
enum err_code err_set(struct err *e, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
enum err_code err_wrap(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
