/* SPDX-License-Identifier: Apache-2.0 */
/* nas/data_build.h: from rows of text values to a struct data, for the readers.
 *
 * Pass one (the reader): every row is appended, every categorical value is
 * interned per field as a string of bytes. Pass two (data_build_finish_take): values are
 * counted over the training part, ranked, and rewritten as table rows.
 *
 * Table rows: 0 is missing, rare, or unseen in training. From 1 on the values of
 * the training part, the most frequent first; equal counts by value, shorter
 * first and then byte order (so decimal numbers rank by magnitude). */
#ifndef AUTORAC_NAS_DATA_BUILD_H
#define AUTORAC_NAS_DATA_BUILD_H

#include <stdint.h>

#include "nas/data.h"

enum { DATA_MAX_FIELDS = 1024 };

struct data_build;

struct data_build *data_build_new(const char *name, uint32_t n_dense, uint32_t n_fields);
void data_build_free(struct data_build *b); /* NULL is legal */

/* Append a row, all zeros and all values missing; returns its number. */
uint64_t data_build_row(struct data_build *b);
uint64_t data_build_n_rows(const struct data_build *b);
/* All three write to the row last appended. */
void data_build_label(struct data_build *b, uint8_t label);
void data_build_dense(struct data_build *b, uint32_t column, float v);
void data_build_value(struct data_build *b, uint32_t field, const void *bytes, size_t n);

/* "%s%u" of prefix and field number from 1. */
void data_build_name_fields(struct data_build *b, const char *prefix);

/* Rows 0..n_train-1 become the training part, the rest the validation part.
 * Takes b. Both parts must have rows; max_rows >= 2. */
struct data *data_build_finish_take(struct data_build *b, uint64_t n_train, uint32_t max_rows);

/* Rows to train on when nothing but one file is given: all but the last tenth
 * (at least one). ERR_CONFIG when fewer than two rows are there. */
enum err_code data_build_hold_out(const struct data_build *b, const char *path, uint64_t *n_train,
                                  struct err *e);

/* "TRAIN[,VALID]": both from malloc, *valid NULL when absent. ERR_CONFIG otherwise. */
enum err_code data_build_paths(const char *args, const char *spec, char **train, char **valid,
                               struct err *e);

#endif
