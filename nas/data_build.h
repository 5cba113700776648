/* SPDX-License-Identifier: Apache-2.0 */
/* nas/data_build.h: from rows of values to tables and parts, for the readers.
 *
 * Pass one (the reader): every row is appended; text values get numbers per field. Pass two
 * (data_build_finish_take): lines are dealt to the parts, values are counted over the training
 * part and ranked, and numbers rewritten as table rows.
 *
 * A field is ranked (nas/data_vocab.h), or fixed: the reader itself gives table rows below a
 * size known beforehand. A bad line has no row but keeps its place among the lines, because
 * stratified folds count lines; its label counts as 0 there.
 *
 * Memory: one byte a line, the vocabularies, and the rows unless they are staged in a file. */
#ifndef AUTORAC_NAS_DATA_BUILD_H
#define AUTORAC_NAS_DATA_BUILD_H

#include <stddef.h>
#include <stdint.h>

#include "nas/data.h"

enum { DATA_MAX_FIELDS = 1024, DATA_FOLDS = 10, DATA_FOLD_SEED = 2018 };

/* Who holds what out of a single file. */
enum data_split_rule {
    DATA_SPLIT_TAIL,   /* the last tenth of the rows (at least one) is for validation */
    DATA_SPLIT_KFOLD,  /* stratified folds 0-7 train, 8 valid, 9 test */
    DATA_SPLIT_NASREC, /* the same, but line i takes the fold of line i - 1 and the first none */
};

struct data_build;

/* beside: as in data_stage_new. */
enum err_code data_build_new(struct data_build **out, const char *name, uint32_t n_dense,
                             uint32_t n_fields, const char *beside, struct err *e);
void data_build_free(struct data_build *b); /* NULL is legal */

/* "%s%u" of prefix and field number from 1, for fields first.. */
void data_build_name_fields(struct data_build *b, uint32_t first, const char *prefix);
void data_build_name_field(struct data_build *b, uint32_t field, const char *name);
void data_build_fixed(struct data_build *b, uint32_t field, uint32_t n_rows);
void data_build_min_count(struct data_build *b, uint32_t field, uint32_t min_count);
/* The part that lines from here on belong to; without a call, the split rule deals them. */
void data_build_part(struct data_build *b, enum data_part part);

/* Begin a row, all zeros and all values missing; what was begun and not committed is gone. */
void data_build_row(struct data_build *b);
void data_build_dense(struct data_build *b, uint32_t column, float v);
void data_build_value(struct data_build *b, uint32_t field, const char *bytes, size_t n);
void data_build_key(struct data_build *b, uint32_t field, uint64_t key);   /* 1..2^63-1 */
void data_build_index(struct data_build *b, uint32_t field, uint32_t row); /* fixed fields */
enum err_code data_build_commit(struct data_build *b, uint8_t label, struct err *e);
enum err_code data_build_bad(struct data_build *b, struct err *e); /* a line without a row */
uint64_t data_build_n_rows(const struct data_build *b);

/* Deal, rank and deliver. Takes b. cache_path NULL: *out in memory, else a cache file there and
 * *out without arrays. name is what errors about too few rows begin with. */
struct data_finish {
    const char *name, *spec, *cache_path;
    enum data_split_rule rule;
    uint32_t max_rows;
    uint64_t seed;
    double bayes_logloss, bayes_auc; /* NaN: not known */
    uint64_t n_bad_lines;
    const char *first_bad;
    const struct watch *watch;
};
enum err_code data_build_finish_take(struct data_build *b, const struct data_finish *f,
                                     struct data **out, struct err *e);

#endif
