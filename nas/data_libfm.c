/* SPDX-License-Identifier: Apache-2.0 */
/* nas/data_libfm.c: libfm text of one-hot rows, "label id:1 id:1 ...", and its relatives libsvm and
 * libffm.
 *
 * Labels are -1 and 1, or 0 and 1 (a file mixing -1 and 0 is refused). The field of a token is its
 * position, and every row must have as many tokens as the first. Each field has its own vocabulary:
 * the ids it shows in the training part. Values other than 1 are refused: the hardware reads one
 * row per field.
 *
 * libsvm: with dense=N, tokens with index 1..N are numbers for that dense column (absent: 0).
 * "field:index:1" (libffm) names its field, in any order; a field that a row leaves out is missing,
 * one given twice is refused; fields are those of the first 1000 lines. A token "qid:N" and
 * what follows "#" are passed over. */
#include <stdlib.h>
#include <string.h>

#include "nas/data_spec.h"
#include "sim/base/mem.h"

enum { LIBFM_PROBE_LINES = 1000 };

struct libfm_token {
    uint32_t field; /* with has_field */
    bool has_field;
    const char *id; /* digits without leading zeros */
    uint32_t n_id;
    double value;
};

struct libfm {
    struct data_job *job;
    bool is_svm;
    uint32_t n_fields; /* 0: not known yet */
    bool saw_zero, saw_minus;
    /* of the line at hand */
    uint32_t n_tokens, n_dense_seen;
    struct libfm_token token[DATA_MAX_FIELDS];
    double dense[4097]; /* by index */
    uint8_t seen[DATA_MAX_FIELDS];
};

enum err_code data_libfm_load(struct data_job *job, struct err *e);
enum err_code data_libsvm_load(struct data_job *job, struct err *e);

static enum err_code libfm_cut(const struct data_text *t, uint32_t n, struct err *e)
{
    return data_text_err(
        t, e, "field %u: the file ends in the middle of this line (no line end): truncated", n);
}

static enum err_code libfm_label(struct libfm *l, const struct data_text *t, const char *s,
                                 uint8_t *label, struct err *e)
{
    double x;

    if (!data_text_number(*s == '+' ? s + 1 : s, &x) || (x != -1 && x != 0 && x != 1))
        return data_text_err(t, e, "label: \"%.40s\" is none of -1, 0, 1", s);
    if ((x < 0 && l->saw_zero) || (x >= 0 && x <= 0 && l->saw_minus))
        return data_text_err(t, e, "label: %.40s in a file whose labels were %s", s,
                             x < 0 ? "0 and 1" : "-1 and 1");
    l->saw_minus = l->saw_minus || x < 0;
    l->saw_zero = l->saw_zero || (x >= 0 && x <= 0);
    *label = x > 0;
    return ERR_OK;
}

/* Up to 20 digits and a colon at *s, which then stands behind the colon. */
static bool libfm_digits(char **s, const char **digits, uint32_t *n)
{
    char *at = *s;
    size_t n_digits = strspn(at, "0123456789");

    if (n_digits == 0 || n_digits > 20 || at[n_digits] != ':')
        return false;
    *s = at + n_digits + 1;
    while (n_digits > 1 && *at == '0') {
        at++;
        n_digits--;
    }
    *digits = at;
    *n = (uint32_t)n_digits;
    return true;
}

static enum err_code libfm_token(const struct libfm *l, const struct data_text *t, char *s,
                                 struct libfm_token *k, struct err *e)
{
    uint32_t number = l->n_tokens + l->n_dense_seen + 1;
    const char *second;
    uint32_t n_second;
    char *at = s;

    if (!libfm_digits(&at, &k->id, &k->n_id))
        return data_text_err(t, e, "field %u: \"%.40s\" is not id:1", number, s);
    if (l->is_svm && libfm_digits(&at, &second, &n_second)) {
        k->field = k->n_id < 6 ? (uint32_t)strtoul(k->id, NULL, 10) : UINT32_MAX;
        if (k->field >= DATA_MAX_FIELDS)
            return data_text_err(t, e, "field %u: \"%.40s\": fields go up to %d", number, s,
                                 DATA_MAX_FIELDS - 1);
        k->has_field = true;
        k->id = second;
        k->n_id = n_second;
    }
    if (!data_text_number(at, &k->value))
        return data_text_err(t, e, "field %u: \"%.40s\" is not id:1", number, s);
    return ERR_OK;
}

/* A token with an index up to dense=N goes to its column. */
static bool libfm_is_dense(struct libfm *l, const struct libfm_token *k)
{
    uint32_t index = k->n_id < 6 ? (uint32_t)strtoul(k->id, NULL, 10) : UINT32_MAX;

    if (k->has_field || index < 1 || index > l->job->n_dense)
        return false;
    l->dense[index] = k->value;
    l->n_dense_seen++;
    return true;
}

static enum err_code libfm_take(struct libfm *l, const struct data_text *t, char *s, bool is_last,
                                struct err *e)
{
    struct libfm_token k = {0};
    enum err_code rc;

    if ((rc = libfm_token(l, t, s, &k, e)))
        return is_last ? libfm_cut(t, l->n_tokens + l->n_dense_seen + 1, e) : rc;
    if (l->is_svm && libfm_is_dense(l, &k))
        return ERR_OK;
    if (k.value != 1)
        return data_text_err(
            t, e, "field %u: \"%.40s\": value %.40s; only one-hot rows (every value 1) are read",
            l->n_tokens + 1, s, strrchr(s, ':') + 1);
    if (l->n_tokens == DATA_MAX_FIELDS)
        return data_text_err(t, e, "more than %d fields", DATA_MAX_FIELDS);
    l->token[l->n_tokens++] = k;
    return ERR_OK;
}

static enum err_code libfm_scan(struct libfm *l, const struct data_text *t, char *line,
                                uint8_t *label, struct err *e)
{
    char *save = NULL, *s, *remark = l->is_svm ? strchr(line, '#') : NULL;
    enum err_code rc;

    if (remark)
        *remark = '\0';
    s = strtok_r(line, " \t", &save);
    l->n_tokens = l->n_dense_seen = 0;
    memset(l->dense, 0, (l->job->n_dense + 1) * sizeof *l->dense);
    if (!s)
        return data_text_err(t, e, "an empty line");
    if ((rc = libfm_label(l, t, s, label, e)))
        return rc;
    while ((s = strtok_r(NULL, " \t", &save))) {
        if (l->is_svm && strncmp(s, "qid:", 4) == 0)
            continue;
        if ((rc = libfm_take(l, t, s, data_text_is_cut(t) && *save == '\0' && !remark, e)))
            return rc;
    }
    return ERR_OK;
}

/* Tokens that name their fields, each at most once. */
static enum err_code libfm_named(struct libfm *l, const struct data_text *t, struct err *e)
{
    memset(l->seen, 0, sizeof l->seen);
    for (uint32_t i = 0; i < l->n_tokens; i++) {
        const struct libfm_token *k = &l->token[i];

        if (!k->has_field)
            return data_text_err(t, e, "token %u has no field, others of the line have", i + 1);
        if (k->field >= l->n_fields)
            return data_text_err(t, e, "field %u; the first %d lines have none above %u", k->field,
                                 LIBFM_PROBE_LINES, l->n_fields - 1);
        if (l->seen[k->field])
            return data_text_err(t, e, "field %u has two values; bags are not read", k->field);
        l->seen[k->field] = 1;
    }
    return ERR_OK;
}

static enum err_code libfm_row(void *self, const struct data_text *t, char *line, struct err *e)
{
    struct libfm *l = self;
    struct data_build *b = l->job->build;
    bool is_named;
    uint8_t label = 0;
    enum err_code rc;

    if ((rc = libfm_scan(l, t, line, &label, e)))
        return rc;
    is_named = l->n_tokens > 0 && l->token[0].has_field;
    if (data_text_is_cut(t) && !is_named && l->n_tokens < l->n_fields)
        return libfm_cut(t, l->n_tokens + 1, e);
    if (l->n_tokens == 0)
        return data_text_err(t, e, "no fields after the label");
    if (is_named && (rc = libfm_named(l, t, e)))
        return rc;
    if (!is_named && l->n_tokens != l->n_fields)
        return data_text_err(t, e, "%u fields; expected %u, as in %s:1", l->n_tokens, l->n_fields,
                             l->job->file[0]);
    data_build_row(b);
    for (uint32_t i = 0; i < l->job->n_dense; i++)
        data_build_dense(b, i, (float)l->dense[i + 1]);
    for (uint32_t i = 0; i < l->n_tokens; i++) {
        const struct libfm_token *k = &l->token[i];

        data_build_value(b, is_named ? k->field : i, k->id, k->n_id);
    }
    return data_build_commit(b, label, e);
}

/* How many fields there are: the tokens of the first good line, or the highest field named. */
static void libfm_probe_line(struct libfm *l, const struct data_text *t, char *line)
{
    struct err ignored = {0}; /* told when the line is read in earnest */
    uint8_t label;

    l->saw_zero = l->saw_minus = false;
    if (libfm_scan(l, t, line, &label, &ignored) || l->n_tokens == 0)
        return;
    if (!l->token[0].has_field) {
        l->n_fields = l->n_fields ? l->n_fields : l->n_tokens;
        return;
    }
    for (uint32_t i = 0; i < l->n_tokens; i++)
        if (l->token[i].has_field && l->token[i].field >= l->n_fields)
            l->n_fields = l->token[i].field + 1;
}

static enum err_code libfm_probe(struct libfm *l, struct err *e)
{
    struct data_text *t = NULL;
    enum err_code rc;
    char *line;

    if ((rc = data_text_open(&t, l->job->file[0], e)))
        return rc;
    while (data_text_line(t) < LIBFM_PROBE_LINES) {
        rc = data_text_next(t, &line, e);
        if (rc && !data_text_can_go_on(t))
            break;
        if (!rc && !line)
            break;
        if (!rc)
            libfm_probe_line(l, t, line);
        rc = ERR_OK;
    }
    data_text_close(t);
    return rc;
}

static void libfm_begin_file(void *self)
{
    struct libfm *l = self;

    l->saw_zero = l->saw_minus = false;
}

static enum err_code libfm_load(struct data_job *job, bool is_svm, unsigned takes, struct err *e)
{
    struct libfm *l = mem_alloc(1, sizeof *l);
    struct data_reader r = {libfm_row, libfm_begin_file, l};
    enum err_code rc;

    l->job = job;
    l->is_svm = is_svm;
    if ((rc = data_job_parse(job, takes, e)) || (rc = libfm_probe(l, e)))
        goto out;
    /* without any good line the reading that follows says what is wrong */
    if ((rc = data_job_build(job, job->n_dense, l->n_fields ? l->n_fields : 1, e)))
        goto out;
    data_build_name_fields(job->build, 0, "F");
    if (!(rc = data_job_read(job, &r, e)))
        rc = data_job_finish(job, e);
out:
    free(l);
    return rc;
}

enum err_code data_libfm_load(struct data_job *job, struct err *e)
{
    return libfm_load(job, false, DATA_TAKES_TEXT, e);
}

enum err_code data_libsvm_load(struct data_job *job, struct err *e)
{
    return libfm_load(job, true, DATA_TAKES_TEXT | DATA_TAKES_DENSE, e);
}
