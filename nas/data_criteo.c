/* SPDX-License-Identifier: Apache-2.0 */
/* nas/data_criteo.c: Criteo display advertising, the original tab-separated text.
 *
 * 40 columns: label, I1..I13 (integers, also written 1.0), C1..C26 (hashed
 * strings). Empty is missing: 0 for I, table row 0 for C. I becomes
 * log(max(x, 0) + 1); I2 really is negative in places.
 *
 * Oddities taken: rows whose trailing empty fields were stripped (at least label
 * and I1..I13 must be there), CR LF, a label written 1.0. Refused: a last line
 * without line end, unless all 40 columns are there and C26 has its eight
 * characters, because a file cut short looks just like that. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nas/data_build.h"
#include "nas/data_text.h"
#include "sim/base/file.h"

enum { CRITEO_INTS = 13, CRITEO_CATS = 26, CRITEO_COLS = 1 + CRITEO_INTS + CRITEO_CATS };

enum err_code data_criteo_load(struct data **out, const char *args, uint64_t seed,
                               uint32_t max_rows, struct err *e);

static float criteo_dense(double x)
{
    return (float)log1p(x > 0 ? x : 0);
}

static enum err_code criteo_split(const struct data_text *t, char *line, char *col[CRITEO_COLS],
                                  struct err *e)
{
    static char empty[] = "";
    unsigned n = 0;

    for (char *at = line; at; n++) {
        char *tab = strchr(at, '\t');

        if (tab)
            *tab = '\0';
        if (n < CRITEO_COLS)
            col[n] = at;
        at = tab ? tab + 1 : NULL;
    }
    if (data_text_is_cut(t) && (n < CRITEO_COLS || (n == CRITEO_COLS && strlen(col[n - 1]) != 8)))
        return data_text_err(t, e,
                             "column %u of %d: the file ends in the middle of this line "
                             "(no line end): truncated",
                             n, CRITEO_COLS);
    if (n > CRITEO_COLS || n < 1 + CRITEO_INTS)
        return data_text_err(t, e, "%u columns; expected %d (label, I1..I13, C1..C26)", n,
                             CRITEO_COLS);
    for (; n < CRITEO_COLS; n++)
        col[n] = empty;
    return ERR_OK;
}

static enum err_code criteo_row(const struct data_text *t, char *line, struct data_build *b,
                                struct err *e)
{
    char *col[CRITEO_COLS];
    enum err_code rc;
    double x;

    if ((rc = criteo_split(t, line, col, e)))
        return rc;
    if (!data_text_number(col[0], &x) || (x != 0 && x != 1))
        return data_text_err(t, e, "label: \"%.40s\" is neither 0 nor 1%s", col[0],
                             data_text_line(t) == 1 ? " (the file must not have a header)" : "");
    data_build_row(b);
    data_build_label(b, x > 0);
    for (unsigned i = 0; i < CRITEO_INTS; i++) {
        const char *s = col[1 + i];

        if (*s == '\0')
            continue;
        if (!data_text_number(s, &x))
            return data_text_err(t, e, "I%u: \"%.40s\" is not a number", i + 1, s);
        data_build_dense(b, i, criteo_dense(x));
    }
    for (unsigned i = 0; i < CRITEO_CATS; i++) {
        const char *s = col[1 + CRITEO_INTS + i];

        if (*s)
            data_build_value(b, i, s, strlen(s));
    }
    return ERR_OK;
}

static enum err_code criteo_read(struct data_build *b, const char *path, struct err *e)
{
    uint64_t n_before = data_build_n_rows(b);
    struct data_text *t = NULL;
    char *line;
    enum err_code rc;

    if ((rc = data_text_open(&t, path, e)))
        return rc;
    while ((rc = data_text_next(t, &line, e)) == ERR_OK && line)
        if ((rc = criteo_row(t, line, b, e)))
            break;
    data_text_close(t);
    if (rc == ERR_OK && data_build_n_rows(b) == n_before)
        return err_set(e, ERR_CONFIG, "%s:1: no rows: the file is empty", path);
    return rc;
}

enum err_code data_criteo_load(struct data **out, const char *args, uint64_t seed,
                               uint32_t max_rows, struct err *e)
{
    struct data_build *b = data_build_new("criteo", CRITEO_INTS, CRITEO_CATS);
    char *train = NULL, *valid = NULL;
    uint64_t n_train = 0;
    enum err_code rc;

    (void)seed;
    data_build_name_fields(b, "C");
    if ((rc = data_build_paths(args, "criteo:TRAIN[,VALID]", &train, &valid, e)))
        goto out;
    if ((rc = criteo_read(b, train, e)))
        goto out;
    n_train = data_build_n_rows(b);
    rc = valid ? criteo_read(b, valid, e) : data_build_hold_out(b, train, &n_train, e);
    if (rc)
        goto out;
    *out = data_build_finish_take(b, n_train, max_rows);
    b = NULL;
out:
    data_build_free(b);
    free(train);
    free(valid);
    return rc;
}

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
