/* SPDX-License-Identifier: Apache-2.0 */
/* nas/data_libfm.c: libfm text of one-hot rows, "label id:1 id:1 ...".
 *
 * Labels are -1 and 1, or 0 and 1 (a file mixing -1 and 0 is refused). The field
 * of a token is its position, and every row must have as many tokens as the
 * first. Each field has its own vocabulary: the ids it shows in the training
 * part. Values other than 1 are refused: the hardware reads one row per field. */
#include <stdlib.h>
#include <string.h>

#include "nas/data_build.h"
#include "nas/data_text.h"
#include "sim/base/mem.h"

struct libfm {
    struct data_build *b; /* made when the first row tells the number of fields */
    uint32_t n_fields;
    char *first; /* file that told it */
    bool saw_zero, saw_minus;
};

enum err_code data_libfm_load(struct data **out, const char *args, uint64_t seed, uint32_t max_rows,
                              struct err *e);

static enum err_code libfm_cut(const struct data_text *t, uint32_t n, struct err *e)
{
    return data_text_err(
        t, e, "field %u: the file ends in the middle of this line (no line end): truncated", n);
}

static enum err_code libfm_label(struct libfm *l, const struct data_text *t, const char *s,
                                 uint8_t *label, struct err *e)
{
    double x;

    if (!data_text_number(s, &x) || (x != -1 && x != 0 && x != 1))
        return data_text_err(t, e, "label: \"%.40s\" is none of -1, 0, 1", s);
    l->saw_minus = l->saw_minus || x < 0;
    l->saw_zero = l->saw_zero || (x >= 0 && x <= 0);
    if (l->saw_minus && l->saw_zero)
        return data_text_err(t, e, "label: %s in a file whose labels were %s", s,
                             x < 0 ? "0 and 1" : "-1 and 1");
    *label = x > 0;
    return ERR_OK;
}

/* id:1 in place: *id points at its digits without leading zeros, NUL-terminated. */
static enum err_code libfm_token(const struct data_text *t, char *s, uint32_t field, char **id,
                                 struct err *e)
{
    size_t n_digits = strspn(s, "0123456789");
    double v;

    if (n_digits == 0 || n_digits > 20 || s[n_digits] != ':' ||
        !data_text_number(s + n_digits + 1, &v))
        return data_text_err(t, e, "field %u: \"%.40s\" is not id:1", field, s);
    if (v != 1)
        return data_text_err(
            t, e, "field %u: \"%.40s\": value %s; only one-hot rows (every value 1) are read",
            field, s, s + n_digits + 1);
    s[n_digits] = '\0';
    while (s[0] == '0' && s[1])
        s++;
    *id = s;
    return ERR_OK;
}

static enum err_code libfm_row(struct libfm *l, const struct data_text *t, char *line,
                               struct err *e)
{
    char *save = NULL, *s = strtok_r(line, " \t", &save), *id[DATA_MAX_FIELDS];
    uint8_t label = 0;
    uint32_t n = 0;
    enum err_code rc;

    if (!s)
        return data_text_err(t, e, "an empty line");
    if ((rc = libfm_label(l, t, s, &label, e)))
        return rc;
    while ((s = strtok_r(NULL, " \t", &save))) {
        if (n == DATA_MAX_FIELDS)
            return data_text_err(t, e, "more than %d fields", DATA_MAX_FIELDS);
        if ((rc = libfm_token(t, s, n + 1, &id[n], e)))
            return data_text_is_cut(t) && *save == '\0' ? libfm_cut(t, n + 1, e) : rc;
        n++;
    }
    if (data_text_is_cut(t) && l->b && n < l->n_fields)
        return libfm_cut(t, n + 1, e);
    if (n == 0)
        return data_text_err(t, e, "no fields after the label");
    if (!l->b) {
        l->b = data_build_new("libfm", 0, n);
        l->n_fields = n;
        l->first = mem_strdup(data_text_path(t));
    }
    if (n != l->n_fields)
        return data_text_err(t, e, "%u fields; expected %u, as in %s:1", n, l->n_fields, l->first);
    data_build_row(l->b);
    data_build_label(l->b, label);
    for (uint32_t i = 0; i < n; i++)
        data_build_value(l->b, i, id[i], strlen(id[i]));
    return ERR_OK;
}

static enum err_code libfm_read(struct libfm *l, const char *path, struct err *e)
{
    uint64_t n_before = l->b ? data_build_n_rows(l->b) : 0;
    struct data_text *t = NULL;
    char *line;
    enum err_code rc;

    l->saw_zero = l->saw_minus = false;
    if ((rc = data_text_open(&t, path, e)))
        return rc;
    while ((rc = data_text_next(t, &line, e)) == ERR_OK && line)
        if ((rc = libfm_row(l, t, line, e)))
            break;
    data_text_close(t);
    if (rc == ERR_OK && (!l->b || data_build_n_rows(l->b) == n_before))
        return err_set(e, ERR_CONFIG, "%s:1: no rows: the file is empty", path);
    return rc;
}

enum err_code data_libfm_load(struct data **out, const char *args, uint64_t seed, uint32_t max_rows,
                              struct err *e)
{
    struct libfm l = {0};
    char *train = NULL, *valid = NULL;
    uint64_t n_train = 0;
    enum err_code rc;

    (void)seed;
    if ((rc = data_build_paths(args, "libfm:TRAIN[,VALID]", &train, &valid, e)))
        goto out;
    if ((rc = libfm_read(&l, train, e)))
        goto out;
    n_train = data_build_n_rows(l.b);
    rc = valid ? libfm_read(&l, valid, e) : data_build_hold_out(l.b, train, &n_train, e);
    if (rc)
        goto out;
    data_build_name_fields(l.b, "F");
    *out = data_build_finish_take(l.b, n_train, max_rows);
    l.b = NULL;
out:
    data_build_free(l.b);
    free(l.first);
    free(train);
    free(valid);
    return rc;
}
