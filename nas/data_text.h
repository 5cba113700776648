/* SPDX-License-Identifier: Apache-2.0 */
/* nas/data_text.h: lines of a text file that may be compressed.
 *
 * The first bytes decide between plain, gzip and xz, whatever the name says; a
 * name that promises compression over bytes that are neither compressed nor
 * text is refused. Concatenated gzip members and xz streams read as one file.
 *
 * Errors: ERR_ENV when the system cannot open or read; ERR_CONFIG "FILE:LINE: ..."
 * when a compressed stream is corrupt or ends early (never silently short), for
 * a NUL byte, and for a line longer than 1 MiB. */
#ifndef AUTORAC_NAS_DATA_TEXT_H
#define AUTORAC_NAS_DATA_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/err.h"

struct data_text;

enum err_code data_text_open(struct data_text **out, const char *path, struct err *e);
void data_text_close(struct data_text *t); /* NULL is legal */

/* Next line without its end (LF or CR LF; a leading UTF-8 mark is dropped), NUL-terminated,
 * writable, followed by at least 8 readable bytes, valid until the next call. *line NULL: the file
 * has ended. */
enum err_code data_text_next(struct data_text *t, char **line, struct err *e);

/* The line last read has no line end: last of the file. */
bool data_text_is_cut(const struct data_text *t);
/* A NUL byte spoils one line only; after every other error the file cannot be read on. */
bool data_text_can_go_on(const struct data_text *t);
uint64_t data_text_line(const struct data_text *t); /* its number, from 1 */
const char *data_text_path(const struct data_text *t);
/* Bytes read of the file as it lies on disk, and its size (0 for a pipe). */
void data_text_progress(const struct data_text *t, uint64_t *n_read, uint64_t *n_bytes);

/* Cut the line last read, line to its end, at every sep: col[k] NUL-terminated, n_col[k] bytes.
 * Returns how many columns there are, which may be more than max. */
uint32_t data_text_columns(const struct data_text *t, char *line, char sep, uint32_t max,
                           char **col, uint32_t *n_col);

/* ERR_CONFIG "FILE:LINE: message" for the line last read. */
enum err_code data_text_err(const struct data_text *t, struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* A plain decimal number, whole field, finite ("7", "-2", "1.0", "1e3"); false otherwise. */
bool data_text_number(const char *s, double *out);

/* Hexadecimal of 1 to 16 digits, whole field. */
bool data_text_hex(const char *s, uint32_t n, uint64_t *out);

#endif
