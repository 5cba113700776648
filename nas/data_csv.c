/* SPDX-License-Identifier: Apache-2.0 */
/* nas/data_csv.c: separated text whose columns a small YAML schema describes.
 *
 *     separator: ","            # one character, or "tab"; default ","
 *     quotes: true              # "a ""b"", c" is one column (not across lines); default true
 *     header: true              # the first line of every file names the columns; default true
 *     columns: [a, b, c]        # their names instead, where header is false
 *     label: { column: click, positive: "1" }   # or above: X; default: 0 and 1
 *     dense:                    # may be absent
 *       - { column: price, transform: log }     # log: log(max(x, 0) + 1); none (default)
 *     fields:
 *       - { column: site, missing: "-1", min_count: 10 }
 *
 * An empty column is missing: 0 for a number, row 0 for a field; so is the text of missing:. The
 * last line may lack its line end if its last column is not empty. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nas/data_spec.h"
#include "sim/base/cfg.h"
#include "sim/base/mem.h"

enum { CSV_MAX_COLS = 4096, CSV_MAX_DENSE = 4096 };

enum csv_label { CSV_LABEL_01, CSV_LABEL_TEXT, CSV_LABEL_ABOVE };

struct csv_column {
    const char *name; /* of the schema's document */
    const char *missing;
    uint32_t min_count;
    bool is_log;
    uint32_t at; /* in the file being read */
};

struct csv {
    struct data_job *job;
    struct cfg *schema;
    char separator;
    bool has_quotes, has_header;
    const struct cfg_node *names; /* header false */
    uint32_t n_columns;           /* of the file */
    enum csv_label label_rule;
    double above;
    const char *positive;
    struct csv_column label, *dense, *field;
    uint32_t n_dense, n_fields;
    char **col; /* (CSV_MAX_COLS) of the line at hand */
    uint32_t *n_col;
};

enum err_code data_csv_load(struct data_job *job, struct err *e);

/* ---- the schema ---- */

/* Every key of map is one of keys (NULL-terminated). */
static enum err_code csv_known(const struct cfg_node *map, const char *const *keys, struct err *e)
{
    for (size_t i = 0; i < cfg_len(map); i++) {
        size_t k = 0;

        while (keys[k] && strcmp(keys[k], cfg_key_at(map, i)) != 0)
            k++;
        if (!keys[k])
            return err_set(e, ERR_CONFIG, "%s: %s: unknown key", cfg_where(cfg_at(map, i)),
                           cfg_key_at(map, i));
    }
    return ERR_OK;
}

static enum err_code csv_bool(const struct cfg_node *root, const char *key, bool *out,
                              struct err *e)
{
    const struct cfg_node *n = cfg_get(root, key);
    const char *s = n ? cfg_str(n) : *out ? "true" : "false";

    if (!s || (strcmp(s, "true") != 0 && strcmp(s, "false") != 0))
        return err_set(e, ERR_CONFIG, "%s: %s: neither true nor false", cfg_where(n), key);
    *out = *s == 't';
    return ERR_OK;
}

static enum err_code csv_column(const struct cfg_node *n, struct csv_column *c, bool is_dense,
                                struct err *e)
{
    static const char *const dense_keys[] = {"column", "transform", NULL};
    static const char *const field_keys[] = {"column", "missing", "min_count", NULL};
    const struct cfg_node *min_count = cfg_get(n, "min_count"), *how = cfg_get(n, "transform");
    enum err_code rc;
    uint64_t least = 0;

    if (!cfg_is_map(n))
        return err_set(e, ERR_CONFIG, "%s: not a map with a column", cfg_where(n));
    if ((rc = csv_known(n, is_dense ? dense_keys : field_keys, e)))
        return rc;
    if (!cfg_get(n, "column") || !(c->name = cfg_str(cfg_get(n, "column"))))
        return err_set(e, ERR_CONFIG, "%s: column: required key is missing", cfg_where(n));
    if (cfg_get(n, "missing"))
        c->missing = cfg_str(cfg_get(n, "missing"));
    if (min_count && (rc = cfg_u64(min_count, &least, e)))
        return rc;
    if (least > UINT32_MAX)
        return err_set(e, ERR_CONFIG, "%s: min_count: above %u", cfg_where(n), UINT32_MAX);
    c->min_count = (uint32_t)least;
    if (how &&
        (!cfg_str(how) || (strcmp(cfg_str(how), "log") != 0 && strcmp(cfg_str(how), "none") != 0)))
        return err_set(e, ERR_CONFIG, "%s: transform: neither log nor none", cfg_where(how));
    c->is_log = how && strcmp(cfg_str(how), "log") == 0;
    return ERR_OK;
}

static enum err_code csv_columns(const struct csv *c, const struct cfg_node *root, bool is_dense,
                                 struct csv_column **out, uint32_t *n_out, struct err *e)
{
    const char *key = is_dense ? "dense" : "fields";
    const struct cfg_node *list = cfg_get(root, key);
    size_t n = cfg_len(list), max = is_dense ? CSV_MAX_DENSE : DATA_MAX_FIELDS;
    enum err_code rc = ERR_OK;

    if (n > max || (n == 0 && !is_dense) || (list && !cfg_is_seq(list)))
        return err_set(e, ERR_CONFIG, "%s: %s: not a list of %d to %zu columns", c->job->schema,
                       key, !is_dense, max);
    *out = mem_alloc(n + 1, sizeof **out);
    *n_out = (uint32_t)n;
    for (uint32_t i = 0; i < n && !rc; i++)
        rc = csv_column(cfg_at(list, i), &(*out)[i], is_dense, e);
    return rc;
}

static enum err_code csv_label(struct csv *c, const struct cfg_node *n, struct err *e)
{
    static const char *const keys[] = {"column", "positive", "above", NULL};
    const struct cfg_node *positive = cfg_get(n, "positive"), *above = cfg_get(n, "above");
    enum err_code rc;

    if (!n || !cfg_is_map(n) || !cfg_get(n, "column") ||
        !(c->label.name = cfg_str(cfg_get(n, "column"))))
        return err_set(e, ERR_CONFIG, "%s: label: not a map with a column", c->job->schema);
    if ((rc = csv_known(n, keys, e)))
        return rc;
    if (positive && above)
        return err_set(e, ERR_CONFIG, "%s: label: both positive and above", cfg_where(n));
    if (above) {
        c->label_rule = CSV_LABEL_ABOVE;
        return cfg_f64(above, &c->above, e);
    }
    if (positive) {
        c->label_rule = CSV_LABEL_TEXT;
        if (!(c->positive = cfg_str(positive)))
            return err_set(e, ERR_CONFIG, "%s: positive: not a text", cfg_where(positive));
    }
    return ERR_OK;
}

static enum err_code csv_separator(struct csv *c, const struct cfg_node *n, struct err *e)
{
    const char *s = n ? cfg_str(n) : ",";

    if (s && strcmp(s, "tab") == 0)
        s = "\t";
    if (!s || strlen(s) != 1 || *s == '"' || *s == '\n')
        return err_set(e, ERR_CONFIG, "%s: separator: not one character", cfg_where(n));
    c->separator = *s;
    return ERR_OK;
}

static enum err_code csv_schema(struct csv *c, struct err *e)
{
    static const char *const keys[] = {"separator", "quotes", "header", "columns",
                                       "label",     "dense",  "fields", NULL};
    const struct cfg_node *root;
    enum err_code rc;

    c->has_quotes = c->has_header = true;
    if ((rc = cfg_load(&c->schema, c->job->schema, e)))
        return rc;
    root = cfg_root(c->schema);
    if (!cfg_is_map(root))
        return err_set(e, ERR_CONFIG, "%s: not a map", c->job->schema);
    if ((rc = csv_known(root, keys, e)) || (rc = csv_separator(c, cfg_get(root, "separator"), e)) ||
        (rc = csv_bool(root, "quotes", &c->has_quotes, e)) ||
        (rc = csv_bool(root, "header", &c->has_header, e)) ||
        (rc = csv_label(c, cfg_get(root, "label"), e)) ||
        (rc = csv_columns(c, root, true, &c->dense, &c->n_dense, e)) ||
        (rc = csv_columns(c, root, false, &c->field, &c->n_fields, e)))
        return rc;
    c->names = cfg_get(root, "columns");
    if ((c->names == NULL) != c->has_header || (c->names && !cfg_is_seq(c->names)))
        return err_set(e, ERR_CONFIG, "%s: columns: a list, exactly where header is false",
                       c->job->schema);
    return ERR_OK;
}

/* ---- lines ---- */

/* Columns with quotes, cut and unquoted in place; 0: a quote is not closed. */
static uint32_t csv_cut(const struct csv *c, char *line)
{
    char *at = line;
    uint32_t n = 0;

    for (;;) {
        char *begin = at, *to = at;

        if (*at == '"') {
            for (at++; *at && !(*at == '"' && at[1] != '"'); at++) {
                at += *at == '"';
                *to++ = *at;
            }
            if (*at != '"')
                return 0;
            at++;
        }
        while (*at && *at != c->separator)
            *to++ = *at++;
        if (n < CSV_MAX_COLS) {
            c->col[n] = begin;
            c->n_col[n] = (uint32_t)(to - begin);
        }
        n++;
        if (!*at)
            break;
        at++;
        *to = '\0';
    }
    if (n <= CSV_MAX_COLS)
        c->col[n - 1][c->n_col[n - 1]] = '\0';
    return n;
}

static uint32_t csv_find(const struct csv *c, const char *name)
{
    uint32_t i = 0;

    for (; i < c->n_columns; i++) {
        const char *have = c->names ? cfg_str(cfg_at(c->names, i)) : c->col[i];

        if (have && strcmp(have, name) == 0)
            break;
    }
    return i;
}

/* Where the schema's columns are, by the names of the header (in col) or of the schema. */
static enum err_code csv_locate(struct csv *c, const char *where, struct err *e)
{
    for (uint32_t i = 0; i < 1 + c->n_dense + c->n_fields; i++) {
        struct csv_column *k = i == 0            ? &c->label
                               : i <= c->n_dense ? &c->dense[i - 1]
                                                 : &c->field[i - 1 - c->n_dense];

        k->at = csv_find(c, k->name);
        if (k->at == c->n_columns)
            return err_set(e, ERR_CONFIG, "%s: there is no column \"%.80s\"", where, k->name);
    }
    return ERR_OK;
}

static enum err_code csv_is_positive(const struct csv *c, const struct data_text *t, uint8_t *label,
                                     struct err *e)
{
    const char *s = c->col[c->label.at];
    double x = 0;

    if (c->label_rule == CSV_LABEL_TEXT) {
        *label = strcmp(s, c->positive) == 0;
        return ERR_OK;
    }
    if (!data_text_number(s, &x))
        return data_text_err(t, e, "%s: \"%.40s\" is not a number", c->label.name, s);
    if (c->label_rule == CSV_LABEL_01 && x != 0 && x != 1)
        return data_text_err(t, e, "%s: \"%.40s\" is neither 0 nor 1", c->label.name, s);
    *label = x > (c->label_rule == CSV_LABEL_01 ? 0 : c->above);
    return ERR_OK;
}

static bool csv_is_missing(const struct csv *c, const struct csv_column *k)
{
    return c->n_col[k->at] == 0 || (k->missing && strcmp(c->col[k->at], k->missing) == 0);
}

static enum err_code csv_values(const struct csv *c, const struct data_text *t, uint8_t label,
                                struct err *e)
{
    struct data_build *b = c->job->build;
    double x;

    data_build_row(b);
    for (uint32_t i = 0; i < c->n_dense; i++) {
        const struct csv_column *k = &c->dense[i];

        if (csv_is_missing(c, k))
            continue;
        if (!data_text_number(c->col[k->at], &x))
            return data_text_err(t, e, "%s: \"%.40s\" is not a number", k->name, c->col[k->at]);
        data_build_dense(b, i, (float)(k->is_log ? log1p(x > 0 ? x : 0) : x));
    }
    for (uint32_t i = 0; i < c->n_fields; i++) {
        const struct csv_column *k = &c->field[i];

        if (!csv_is_missing(c, k))
            data_build_value(b, i, c->col[k->at], c->n_col[k->at]);
    }
    return data_build_commit(b, label, e);
}

static enum err_code csv_row(void *self, const struct data_text *t, char *line, struct err *e)
{
    struct csv *c = self;
    uint8_t label = 0;
    enum err_code rc;
    uint32_t n;

    n = c->has_quotes && strchr(line, '"')
            ? csv_cut(c, line)
            : data_text_columns(t, line, c->separator, CSV_MAX_COLS, c->col, c->n_col);
    if (n == 0)
        return data_text_err(t, e, "a quote is not closed on its line");
    if (n > CSV_MAX_COLS)
        return data_text_err(t, e, "more than %d columns", CSV_MAX_COLS);
    if (c->has_header && data_text_line(t) == 1) {
        c->n_columns = n;
        if ((rc = csv_locate(c, data_text_path(t), e))) /* no line of it could be read */
            c->job->strict = true;
        return rc;
    }
    if (n != c->n_columns)
        return data_text_err(t, e, "%u columns; expected %u", n, c->n_columns);
    if (data_text_is_cut(t) && c->n_col[n - 1] == 0)
        return data_text_err(t, e, "the file ends in this line (no line end): truncated");
    if ((rc = csv_is_positive(c, t, &label, e)))
        return rc;
    return csv_values(c, t, label, e);
}

static enum err_code csv_read(struct csv *c, struct err *e)
{
    struct data_reader r = {.row = csv_row, .self = c};
    enum err_code rc;

    if ((rc = data_job_build(c->job, c->n_dense, c->n_fields, e)))
        return rc;
    for (uint32_t i = 0; i < c->n_fields; i++) {
        data_build_name_field(c->job->build, i, c->field[i].name);
        if (c->field[i].min_count)
            data_build_min_count(c->job->build, i, c->field[i].min_count);
    }
    c->n_columns = (uint32_t)cfg_len(c->names);
    if (!c->has_header && (rc = csv_locate(c, c->job->schema, e)))
        return rc;
    if ((rc = data_job_read(c->job, &r, e)))
        return rc;
    return data_job_finish(c->job, e);
}

enum err_code data_csv_load(struct data_job *job, struct err *e)
{
    struct csv c = {.job = job};
    enum err_code rc;

    c.col = mem_alloc(CSV_MAX_COLS, sizeof *c.col);
    c.n_col = mem_alloc(CSV_MAX_COLS, sizeof *c.n_col);
    if (!(rc = data_job_parse(job, DATA_TAKES_TEXT | DATA_TAKES_SCHEMA, e)) &&
        !(rc = csv_schema(&c, e)))
        rc = csv_read(&c, e);
    cfg_free(c.schema);
    free(c.dense);
    free(c.field);
    free(c.col);
    free(c.n_col);
    return rc;
}
