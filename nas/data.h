/* SPDX-License-Identifier: Apache-2.0 */
/* nas/data.h: CTR data sets, one table of readers (nas/datasets.def). docs/datasets.md states
 * formats, oddities and preprocessing; here is what training reads.
 *
 * SPEC names a data set on the command line: KIND:ITEM,ITEM,... Items are files (training,
 * validation, test) and KEY=VALUE options; paths hold no comma. Text may be plain, .gz or .xz.
 * Without a validation file, split= says what is held out.
 *
 * Rows: label (0 or 1), n_dense floats after the set's own transform, n_fields
 * categorical rows. Row 0 of every field's table is "missing, unknown or rare"; a table
 * has at most max_rows rows. In a ranked vocabulary the most frequent values of the training
 * part are kept, ties by value, and row 1 is the most frequent.
 *
 * A split's arrays are in memory, or mapped from a cache file (data convert) that may be
 * larger than memory; both are read only. Row order is that of the files.
 *
 * Bad lines are left out and counted, the first one kept with its FILE:LINE, unless strict;
 * a file where more than one line in ten is bad is refused, and so is one that ends in the middle
 * of a line.
 *
 * Errors: ERR_CONFIG naming FILE:LINE and column for malformed text, or what is wrong
 * with a spec or a cache; ERR_ENV for files that cannot be read or written; ERR_INTERRUPT. */
#ifndef AUTORAC_NAS_DATA_H
#define AUTORAC_NAS_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nas/status.h"
#include "sim/base/err.h"
#include "sim/base/rng.h"

struct data_split {
    uint64_t n;
    uint8_t *label;   /* (n) */
    float *dense;     /* (n, n_dense) */
    uint32_t *lookup; /* (n, n_fields) row in the field's table */
};

enum data_part { DATA_TRAIN, DATA_VALID, DATA_TEST, DATA_N_PARTS };

struct data {
    char name[32]; /* "synthetic", "criteo", ... */
    uint32_t n_dense, n_fields;
    uint32_t *n_rows;                     /* (n_fields) table sizes, row 0 = unknown */
    char (*field_name)[16];               /* (n_fields) */
    struct data_split train, valid, test; /* test.n 0: there is none */
    /* synthetic only, else NaN: of the valid part, under the true probabilities */
    double bayes_logloss, bayes_auc;
    uint64_t n_bad_lines;
    char *first_bad; /* its message, or NULL */
    /* of a cache: its digest, and the mapping in which the parts lie */
    char digest[65];
    void *map;
    size_t map_bytes;
};

struct data_options {
    uint64_t seed;             /* of generated data and drawn negatives */
    uint32_t max_rows;         /* of one table; 0: 500000, and whatever a cache has */
    bool strict;               /* a bad line is an error */
    const struct watch *watch; /* NULL: nobody; done and total are bytes or rows */
};

enum err_code data_open(struct data **out, const char *spec, const struct data_options *o,
                        struct err *e);
/* data_open with seed and max_rows, nobody watching. */
enum err_code data_load(struct data **out, const char *spec, uint64_t seed, uint32_t max_rows,
                        struct err *e);
void data_free(struct data *d);

/* The same into a cache file at path, whole or not at all, without holding the rows in memory.
 * *out describes it: its parts have n but no arrays. */
enum err_code data_convert(struct data **out, const char *spec, const char *path,
                           const struct data_options *o, struct err *e);

/* The i-th file that a spec names (profiles and schemas included) into path; false: no such. */
bool data_spec_file(const char *spec, size_t i, char *path, size_t path_size);

/* One row per kind of data set, for `autorac list datasets` and SPEC errors. */
struct data_job;
struct data_kind {
    const char *name, *spec, *summary;
    enum err_code (*load)(struct data_job *job, struct err *e);
};
const struct data_kind *data_kinds(size_t *n);

const struct data_split *data_part(const struct data *d, enum data_part part);

/* order[i] (n of them): training rows of one epoch, drawn from r. A split of up to 8 GiB
 * is shuffled whole. A larger one is cut into blocks of 4096 neighbouring rows; the
 * blocks are shuffled, then the rows within every 4 GiB of blocks, so that an epoch touches
 * each page of the mapping in one stretch of time. */
void data_order(const struct data *d, enum data_part part, struct rng *r, uint32_t *order);

/* Is a training row one of the share (0 to 1) that is kept from training? They lie evenly among the
 * others, so that a file sorted by anything gives each kind its part; the same rows for any seed.
 */
bool data_held(uint64_t row, double share);
uint64_t data_n_held(uint64_t n, double share); /* of the first n rows */

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
