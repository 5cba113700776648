/* SPDX-License-Identifier: Apache-2.0 */
/* nas/data.h: CTR data sets, one table of readers (nas/datasets.def).
 *
 * SPEC names a data set on the command line:
 *   synthetic[:key=value,...]   seeded generator with planted interactions
 *   criteo:TRAIN[,VALID]        Criteo original TSV, label I1..I13 C1..C26, no header
 *   libfm:TRAIN[,VALID]         libfm text, "label id:1 ..." (one id per field position)
 * Files may be plain, .gz or .xz; paths hold no comma. One path: the last 10 % of rows
 * (chronological) are held out.
 *
 * Rows: label (0 or 1), n_dense floats after the set's own transform, n_fields
 * categorical rows. Row 0 of every field's table is "unknown or rare"; a table has
 * at most max_rows rows (the most frequent of the training part are kept, ties by value);
 * row 1 is the most frequent. Missing values are row 0, missing numbers 0.
 *
 * Errors: ERR_CONFIG naming FILE:LINE and column for malformed text (a truncated last
 * line included); ERR_ENV for unreadable files. */
#ifndef AUTORAC_NAS_DATA_H
#define AUTORAC_NAS_DATA_H

#include <stddef.h>
#include <stdint.h>

#include "sim/base/err.h"

struct data_split {
    uint64_t n;
    uint8_t *label;   /* (n) */
    float *dense;     /* (n, n_dense) */
    uint32_t *lookup; /* (n, n_fields) row in the field's table */
};

struct data {
    char name[32]; /* "synthetic", "criteo", "libfm" */
    uint32_t n_dense, n_fields;
    uint32_t *n_rows;       /* (n_fields) table sizes, row 0 = unknown */
    char (*field_name)[16]; /* (n_fields) */
    struct data_split train, valid;
    /* synthetic only, else NaN: of the valid part, under the true probabilities */
    double bayes_logloss, bayes_auc;
};

enum err_code data_load(struct data **out, const char *spec, uint64_t seed, uint32_t max_rows,
                        struct err *e);
void data_free(struct data *d);

/* One row per kind of data set, for `autorac list datasets` and SPEC errors. */
struct data_kind {
    const char *name, *spec, *summary;
    enum err_code (*load)(struct data **out, const char *args, uint64_t seed, uint32_t max_rows,
                          struct err *e);
};
const struct data_kind *data_kinds(size_t *n);

/* Write both parts as Criteo-format TSV, for `autorac data synth`. Read back, dense columns and
 * lookups come out bit for bit, followed by empty columns up to 13 and 26. ERR_CONFIG: d has more.
 */
enum err_code data_write_criteo(const struct data *d, const char *train_path,
                                const char *valid_path, struct err *e);

/* Metrics of predictions p against labels. LogLoss clamps p to [1e-7, 1-1e-7]; AUC counts ties
 * half; NaN when only one class is present. */
double metric_logloss(const uint8_t *label, const double *p, uint64_t n);
double metric_auc(const uint8_t *label, const double *p, uint64_t n);

#endif
