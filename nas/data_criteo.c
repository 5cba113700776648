/* SPDX-License-Identifier: Apache-2.0 */
/* nas/data_criteo.c: Criteo display advertising, the original tab-separated text.
 *
 * 40 columns: label, I1..I13 (integers, also written 1.0), C1..C26 (hashed
 * strings). Empty is missing: 0 for I, table row 0 for C. I becomes
 * log(max(x, 0) + 1); I2 really is negative in places.
 *
 * prep=nasrec: C is hexadecimal, row = value mod (N - 1) + 1 in tables of the published sizes N,
 * capped at max_rows. ints=log2 and logsq: I becomes a field of its own, in buckets.
 *
 * Oddities taken: rows whose trailing empty fields were stripped (at least label
 * and I1..I13 must be there), CR LF, a label written 1.0. Refused: a last line
 * without line end, unless all 40 columns are there and C26 has its eight
 * characters, because a file cut short looks just like that. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nas/data_spec.h"
#include "sim/base/file.h"
#include "sim/base/mem.h"

enum {
    CRITEO_INTS = 13,
    CRITEO_CATS = 26,
    CRITEO_COLS = 1 + CRITEO_INTS + CRITEO_CATS,
    CRITEO_LOGS = 4096,
};

/* NasRec, utils/config.py at 79bf6f9. */
static const uint32_t criteo_n_rows[CRITEO_CATS] = {
    1461, 584,   10131227, 2202609, 306,  25,   12518, 634,     4,  93146, 5684,   8351593, 3195,
    28,   14993, 5461307,  11,      5653, 2174, 5,     7046548, 19, 16,    286182, 106,     142573};

struct criteo {
    struct data_job *job;
    struct data_build *b;
    bool is_nasrec;
    bool has_buckets;
    uint32_t first_cat; /* field of C1 */
    uint32_t n_rows[CRITEO_CATS];
    float log[CRITEO_LOGS]; /* of x + 1, for most of what there is */
};

enum err_code data_criteo_load(struct data_job *job, struct err *e);

static float criteo_dense(double x)
{
    return (float)log1p(x > 0 ? x : 0);
}

/* Buckets of Criteo_x4: log2 as its description has it, logsq as its code does. The key is above
 * zero also for negative numbers. */
static uint64_t criteo_bucket(double x, enum data_ints ints)
{
    double b = x;

    if (ints == DATA_INTS_LOG2)
        b = x > 2 ? floor(log2(x)) : 1;
    else if (x > 2)
        b = floor(log(x) * log(x));
    return (uint64_t)(fmax(trunc(b), -4294967295.0) + 4294967296.0);
}

static enum err_code criteo_split(const struct data_text *t, char *line, char *col[CRITEO_COLS],
                                  uint32_t n_col[CRITEO_COLS], struct err *e)
{
    static char empty[] = "";
    unsigned n = data_text_columns(t, line, '\t', CRITEO_COLS, col, n_col);

    if (data_text_is_cut(t) && (n < CRITEO_COLS || (n == CRITEO_COLS && n_col[n - 1] != 8)))
        return data_text_err(t, e,
                             "column %u of %d: the file ends in the middle of this line "
                             "(no line end): truncated",
                             n, CRITEO_COLS);
    if (n > CRITEO_COLS || n < 1 + CRITEO_INTS)
        return data_text_err(t, e, "%u columns; expected %d (label, I1..I13, C1..C26)", n,
                             CRITEO_COLS);
    for (; n < CRITEO_COLS; n++) {
        col[n] = empty;
        n_col[n] = 0;
    }
    return ERR_OK;
}

static void criteo_int(const struct criteo *c, uint32_t i, double x)
{
    uint32_t small = x >= 0 && x < CRITEO_LOGS ? (uint32_t)x : 0;

    if (c->has_buckets)
        data_build_key(c->b, i, criteo_bucket(x, c->job->ints));
    else if (x > 0)
        data_build_dense(c->b, i, (double)small < x ? criteo_dense(x) : c->log[small]);
}

/* The hashes of the set have 32 bits, whose division is several times faster. */
static uint32_t criteo_mod(uint64_t v, uint32_t n)
{
    return v <= UINT32_MAX ? (uint32_t)v % n : (uint32_t)(v % n);
}

static enum err_code criteo_row(void *self, const struct data_text *t, char *line, struct err *e)
{
    struct criteo *c = self;
    uint32_t n_col[CRITEO_COLS];
    char *col[CRITEO_COLS];
    enum err_code rc;
    double label, x;

    if ((rc = criteo_split(t, line, col, n_col, e)))
        return rc;
    if (!data_text_number(col[0], &label) || (label != 0 && label != 1))
        return data_text_err(t, e, "label: \"%.40s\" is neither 0 nor 1%s", col[0],
                             data_text_line(t) == 1 ? " (the file must not have a header)" : "");
    data_build_row(c->b);
    for (unsigned i = 0; i < CRITEO_INTS; i++) {
        if (!n_col[1 + i])
            continue;
        if (!data_text_number(col[1 + i], &x))
            return data_text_err(t, e, "I%u: \"%.40s\" is not a number", i + 1, col[1 + i]);
        criteo_int(c, i, x);
    }
    for (unsigned i = 0; i < CRITEO_CATS; i++) {
        const char *s = col[1 + CRITEO_INTS + i];
        uint32_t n = n_col[1 + CRITEO_INTS + i];
        uint64_t v;

        if (!n)
            continue;
        if (!c->is_nasrec) {
            data_build_value(c->b, c->first_cat + i, s, n);
            continue;
        }
        if (!data_text_hex(s, n, &v))
            return data_text_err(t, e, "C%u: \"%.40s\" is not hexadecimal", i + 1, s);
        data_build_index(c->b, i, criteo_mod(v, c->n_rows[i] - 1) + 1);
    }
    return data_build_commit(c->b, label > 0, e);
}

static enum err_code criteo_build(struct criteo *c, struct err *e)
{
    struct data_job *job = c->job;
    enum err_code rc;

    c->first_cat = c->has_buckets ? CRITEO_INTS : 0;
    rc = data_job_build(job, c->has_buckets ? 0 : CRITEO_INTS, c->first_cat + CRITEO_CATS, e);
    if (rc)
        return rc;
    c->b = job->build;
    data_build_name_fields(c->b, 0, "I");
    data_build_name_fields(c->b, c->first_cat, "C");
    for (uint32_t i = 0; i < CRITEO_CATS && c->is_nasrec; i++) {
        c->n_rows[i] = criteo_n_rows[i] < job->max_rows ? criteo_n_rows[i] : job->max_rows;
        data_build_fixed(c->b, i, c->n_rows[i]);
    }
    for (uint32_t i = 0; i < CRITEO_LOGS; i++)
        c->log[i] = criteo_dense(i);
    return ERR_OK;
}

/* What prep= stands for, where the spec does not say otherwise. */
static enum err_code criteo_prep(struct data_job *job, struct err *e)
{
    bool is_x4 = job->prep == DATA_PREP_X4, is_nasrec = job->prep == DATA_PREP_NASREC;

    if (is_nasrec && (job->has_min_count || job->has_ints))
        return err_set(e, ERR_CONFIG,
                       "data set \"%s\": prep=nasrec has neither min_count= nor ints=", job->spec);
    if (!job->has_split && job->n_files == 1 && job->prep != DATA_PREP_RANK)
        job->split = is_nasrec ? DATA_SPLIT_NASREC : DATA_SPLIT_KFOLD;
    if (is_x4 && !job->has_ints)
        job->ints = DATA_INTS_LOG2;
    if (is_x4 && !job->has_min_count)
        job->min_count = 10;
    return ERR_OK;
}

enum err_code data_criteo_load(struct data_job *job, struct err *e)
{
    struct criteo *c = mem_alloc(1, sizeof *c);
    struct data_reader r = {.row = criteo_row, .self = c};
    enum err_code rc;

    c->job = job;
    if ((rc = data_job_parse(job, DATA_TAKES_TEXT | DATA_TAKES_PREP | DATA_TAKES_INTS, e)) ||
        (rc = criteo_prep(job, e)))
        goto out;
    c->is_nasrec = job->prep == DATA_PREP_NASREC;
    c->has_buckets = job->ints != DATA_INTS_LOG;
    if (!(rc = criteo_build(c, e)) && !(rc = data_job_read(job, &r, e)))
        rc = data_job_finish(job, e);
out:
    free(c);
    return rc;
}

/* ---- writing ---- */

/* The count that reads back as this very float: an integer where one does. */
static void criteo_write_int(FILE *f, float v)
{
    double x = expm1((double)v), r = round(x);

    if (criteo_dense(r) == v)
        fprintf(f, "\t%.0f", r);
    else
        fprintf(f, "\t%.17g", x);
}

static enum err_code criteo_write(const struct data *d, const struct data_split *s,
                                  const char *path, struct err *e)
{
    struct file_out o;
    enum err_code rc;

    if ((rc = file_create(&o, path, e)))
        return rc;
    for (uint64_t i = 0; i < s->n; i++) {
        fprintf(o.f, "%u", s->label[i]);
        for (uint32_t k = 0; k < CRITEO_INTS; k++) {
            if (k < d->n_dense)
                criteo_write_int(o.f, s->dense[i * d->n_dense + k]);
            else
                fputc('\t', o.f);
        }
        for (uint32_t k = 0; k < CRITEO_CATS; k++) {
            uint32_t row = k < d->n_fields ? s->lookup[i * d->n_fields + k] : 0;

            if (row)
                fprintf(o.f, "\t%08x", row);
            else
                fputc('\t', o.f);
        }
        fputc('\n', o.f);
    }
    return file_commit(&o, e);
}

enum err_code data_write_criteo(const struct data *d, const char *train_path,
                                const char *valid_path, struct err *e)
{
    enum err_code rc;

    if (d->n_dense > CRITEO_INTS || d->n_fields > CRITEO_CATS)
        return err_set(
            e, ERR_CONFIG,
            "data set %s: %u dense columns and %u fields; the Criteo format holds %d and %d",
            d->name, d->n_dense, d->n_fields, CRITEO_INTS, CRITEO_CATS);
    if ((rc = criteo_write(d, &d->train, train_path, e)))
        return rc;
    return criteo_write(d, &d->valid, valid_path, e);
}
