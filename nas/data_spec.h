/* SPDX-License-Identifier: Apache-2.0 */
/* nas/data_spec.h: what the readers of text have in common: the items of a SPEC, going through the
 * lines of its files, bad lines, delivery.
 *
 * A reader (data_<id>_load) parses the job's items, makes a builder, hands every line to a row
 * function of its own through data_job_read, and ends with data_job_finish. */
#ifndef AUTORAC_NAS_DATA_SPEC_H
#define AUTORAC_NAS_DATA_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#include "nas/data.h"
#include "nas/data_build.h"
#include "nas/data_text.h"

enum data_prep { DATA_PREP_RANK, DATA_PREP_NASREC, DATA_PREP_X4 };
enum data_ints { DATA_INTS_LOG, DATA_INTS_LOG2, DATA_INTS_LOGSQ };

/* Options of a SPEC, as a set of bits for data_job_parse. */
enum {
    DATA_TAKES_PREP = 1 << 0,      /* prep=rank|nasrec|x4 */
    DATA_TAKES_SPLIT = 1 << 1,     /* split=tail|kfold|nasrec */
    DATA_TAKES_MIN_COUNT = 1 << 2, /* min_count=N */
    DATA_TAKES_INTS = 1 << 3,      /* ints=log|log2|logsq */
    DATA_TAKES_BAD = 1 << 4,       /* bad=skip|refuse */
    DATA_TAKES_PROFILE = 1 << 5,   /* profile=FILE */
    DATA_TAKES_NEGATIVES = 1 << 6, /* negatives=N */
    DATA_TAKES_POSITIVE = 1 << 7,  /* positive=X */
    DATA_TAKES_DENSE = 1 << 8,     /* dense=N */
    DATA_TAKES_SCHEMA = 1 << 9,    /* the first file is a schema */
    DATA_TAKES_TEXT = DATA_TAKES_SPLIT | DATA_TAKES_MIN_COUNT | DATA_TAKES_BAD,
};

enum { DATA_DEFAULT_MAX_ROWS = 500000 };

struct data_job {
    const char *spec, *args; /* args: after KIND: */
    const struct data_kind *kind;
    const struct data_options *o;
    uint32_t max_rows;
    const char *cache_path; /* NULL: the data set is wanted in memory */
    /* the items */
    char *file[DATA_N_PARTS], *schema, *profile;
    uint32_t n_files;
    enum data_prep prep;
    enum data_split_rule split;
    enum data_ints ints;
    uint32_t min_count, negatives, n_dense;
    double positive;
    bool has_split, has_min_count, has_ints, strict;
    /* the work */
    struct data_build *build;
    uint64_t n_bad_lines;
    char *first_bad;
    double bayes_logloss, bayes_auc;
    struct data *out;
};

enum err_code data_job_parse(struct data_job *job, unsigned takes, struct err *e);
/* A builder in job->build, with the job's min_count for every field. */
enum err_code data_job_build(struct data_job *job, uint32_t n_dense, uint32_t n_fields,
                             struct err *e);

/* What to do with a line: data_build_row ... data_build_commit, or ERR_CONFIG for a bad line, or
 * neither for a line that holds no row (a header, a remark). */
struct data_reader {
    enum err_code (*row)(void *self, const struct data_text *t, char *line, struct err *e);
    void (*begin_file)(void *self); /* NULL: nothing to do */
    void *self;
};
/* All files of the job, each a part of its own when there are several. */
enum err_code data_job_read(struct data_job *job, const struct data_reader *r, struct err *e);
/* One file: lines to r, bad ones counted with in_build ones as lines of the builder. */
enum err_code data_job_read_file(struct data_job *job, const char *path,
                                 const struct data_reader *r, bool in_build, struct err *e);
/* Deal, rank, deliver into job->out. */
enum err_code data_job_finish(struct data_job *job, struct err *e);
void data_job_fini(struct data_job *job);

/* ---- what NasRec does with the values of Avazu and KDD ---- */

enum { DATA_MODULUS = 2147483647 };
/* Refuses what prep=nasrec (fixed tables) has no place for, and prep=x4. */
enum err_code data_job_hashed(const struct data_job *job, struct err *e);
/* Decimal if it reads as such, else hexadecimal, modulo DATA_MODULUS; below zero it counts from
 * the modulus down. False: neither. */
bool data_mod_value(const char *s, uint32_t n, uint32_t *out);

#endif
