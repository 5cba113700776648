/* SPDX-License-Identifier: Apache-2.0 */
/* Strict scalars, and tables of keys: reading a document into a struct and writing it back. */
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/cfg_impl.h"
#include "sim/base/json.h"

#define CFG_MAX_SHOWN 60 /* characters of a refused value in a message */
#define CFG_MAX_NAME  64 /* longer names get no suggestions */

/* ---- strict numbers ---- */

/* An unquoted scalar's text, or an error that says what stands there instead. */
static enum err_code cfg_number_text(const struct cfg_node *n, const char *wanted,
                                     const char **text, struct err *e)
{
    *text = "";
    if (!n || n->kind != CFG_SCALAR)
        return cfg_fail(n, e, "%s is expected%s", wanted, n ? ", not a map or list" : "");
    if (cfg_is_null(n))
        return cfg_fail(n, e, "has no value; %s is expected", wanted);
    if (n->is_quoted)
        return cfg_fail(n, e, "\"%.*s\" is text; %s is expected", CFG_MAX_SHOWN, n->text, wanted);
    *text = n->text;
    return ERR_OK;
}

/* Decimal digits without superfluous zeros, or 0x and hexadecimal ones. */
static bool cfg_parse_digits(const char *s, uint64_t *out, bool *too_big)
{
    const char *digits = s;
    int base = 10;
    char *end;

    *too_big = false;
    if (s[0] == '0' && s[1] == 'x') {
        digits = s + 2;
        base = 16;
        if (!isxdigit((unsigned char)*digits))
            return false;
    } else if (!isdigit((unsigned char)*s) || (s[0] == '0' && s[1])) {
        return false;
    }
    errno = 0;
    *out = strtoull(digits, &end, base);
    *too_big = errno == ERANGE;
    return !*end;
}

enum err_code cfg_u64(const struct cfg_node *n, uint64_t *out, struct err *e)
{
    const char *text;
    bool too_big;
    enum err_code rc;

    if ((rc = cfg_number_text(n, "a whole number", &text, e)))
        return rc;
    if (text[0] == '-' && cfg_parse_digits(text + 1, out, &too_big))
        return cfg_fail(n, e, "%.*s is negative", CFG_MAX_SHOWN, text);
    if (!cfg_parse_digits(text, out, &too_big))
        return cfg_fail(n, e, "'%.*s' is not a whole number", CFG_MAX_SHOWN, text);
    if (too_big)
        return cfg_fail(n, e, "%.*s is larger than 2^64-1", CFG_MAX_SHOWN, text);
    return ERR_OK;
}

enum err_code cfg_i64(const struct cfg_node *n, int64_t *out, struct err *e)
{
    const char *text;
    uint64_t magnitude;
    bool negative, too_big;
    enum err_code rc;

    if ((rc = cfg_number_text(n, "a whole number", &text, e)))
        return rc;
    negative = text[0] == '-';
    if (!cfg_parse_digits(text + negative, &magnitude, &too_big))
        return cfg_fail(n, e, "'%.*s' is not a whole number", CFG_MAX_SHOWN, text);
    if (too_big || magnitude > (uint64_t)INT64_MAX + negative)
        return cfg_fail(n, e, "%.*s is outside -2^63..2^63-1", CFG_MAX_SHOWN, text);
    if (negative && magnitude)
        *out = -(int64_t)(magnitude - 1) - 1;
    else
        *out = (int64_t)magnitude;
    return ERR_OK;
}

/* [-]DIGITS[.DIGITS][e[+-]DIGITS], a digit on at least one side of the point. */
static bool cfg_is_decimal(const char *s)
{
    size_t n_digits = 0;

    s += *s == '-';
    for (; isdigit((unsigned char)*s); s++)
        n_digits++;
    if (*s == '.')
        for (s++; isdigit((unsigned char)*s); s++)
            n_digits++;
    if (!n_digits)
        return false;
    if (*s == 'e' || *s == 'E') {
        s++;
        s += *s == '+' || *s == '-';
        if (!isdigit((unsigned char)*s))
            return false;
        while (isdigit((unsigned char)*s))
            s++;
    }
    return !*s;
}

enum err_code cfg_f64(const struct cfg_node *n, double *out, struct err *e)
{
    const char *text;
    enum err_code rc;

    if ((rc = cfg_number_text(n, "a number", &text, e)))
        return rc;
    if (!cfg_is_decimal(text))
        return cfg_fail(n, e, "'%.*s' is not a number", CFG_MAX_SHOWN, text);
    *out = strtod(text, NULL);
    if (!isfinite(*out))
        return cfg_fail(n, e, "%.*s is too large for a double", CFG_MAX_SHOWN, text);
    return ERR_OK;
}

/* ---- one row ---- */

static bool cfg_in_range(const struct cfg_key *k, double v)
{
    return (k->min == 0 && k->max == 0) || (v >= k->min && v <= k->max);
}

static enum err_code cfg_fail_range(const struct cfg_node *n, const struct cfg_key *k,
                                    struct err *e)
{
    return cfg_fail(n, e, "%s is outside %.15g..%.15g", n->text, k->min, k->max);
}

static enum err_code cfg_read_integer(const struct cfg_node *n, const struct cfg_key *k,
                                      uint64_t max, uint64_t *v, struct err *e)
{
    enum err_code rc;

    if ((rc = cfg_u64(n, v, e)))
        return rc;
    if (!cfg_in_range(k, (double)*v))
        return cfg_fail_range(n, k, e);
    if (*v > max)
        return cfg_fail(n, e, "%s is larger than %" PRIu64, n->text, max);
    return ERR_OK;
}

/* A scalar with something in it. */
static enum err_code cfg_read_scalar(const struct cfg_node *n, const char *wanted, struct err *e)
{
    if (n->kind != CFG_SCALAR)
        return cfg_fail(n, e, "%s is expected, not a map or list", wanted);
    if (cfg_is_null(n))
        return cfg_fail(n, e, "has no value; %s is expected", wanted);
    return ERR_OK;
}

static enum err_code cfg_read_bool(const struct cfg_node *n, bool *out, struct err *e)
{
    enum err_code rc;

    if ((rc = cfg_read_scalar(n, "true or false", e)))
        return rc;
    *out = strcmp(n->text, "true") == 0;
    if (n->is_quoted || (!*out && strcmp(n->text, "false") != 0))
        return cfg_fail(n, e, "'%.*s' is neither true nor false", CFG_MAX_SHOWN, n->text);
    return ERR_OK;
}

static enum err_code cfg_read_enum(const struct cfg_node *n, const struct cfg_key *k, uint32_t *out,
                                   struct err *e)
{
    char list[512];
    size_t used = 0;
    enum err_code rc;

    if ((rc = cfg_read_scalar(n, "one of a few words", e)))
        return rc;
    list[0] = '\0';
    for (uint32_t i = 0; k->choices[i]; i++) {
        if (strcmp(n->text, k->choices[i]) == 0) {
            *out = i;
            return ERR_OK;
        }
        if (used < sizeof list)
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "",
                                     k->choices[i]);
    }
    return cfg_fail(n, e, "'%.*s' is none of %s", CFG_MAX_SHOWN, n->text, list);
}

static enum err_code cfg_read_str(const struct cfg_node *n, const struct cfg_key *k, char *out,
                                  struct err *e)
{
    enum err_code rc;

    if ((rc = cfg_read_scalar(n, "text", e)))
        return rc;
    if (strlen(n->text) >= k->str_size)
        return cfg_fail(n, e, "text is longer than %zu bytes", k->str_size - 1);
    memset(out, 0, k->str_size);
    memcpy(out, n->text, strlen(n->text));
    return ERR_OK;
}

static enum err_code cfg_read_row(const struct cfg_node *n, const struct cfg_key *k, void *field,
                                  struct err *e)
{
    enum err_code rc = ERR_OK;
    uint64_t u;
    double d;

    switch (k->type) {
    case CFG_U32:
        if (!(rc = cfg_read_integer(n, k, UINT32_MAX, &u, e)))
            *(uint32_t *)field = (uint32_t)u;
        return rc;
    case CFG_U64:
        if (!(rc = cfg_read_integer(n, k, UINT64_MAX, &u, e)))
            *(uint64_t *)field = u;
        return rc;
    case CFG_F64:
        if ((rc = cfg_f64(n, &d, e)))
            return rc;
        if (!cfg_in_range(k, d))
            return cfg_fail_range(n, k, e);
        *(double *)field = d;
        return ERR_OK;
    case CFG_BOOL:
        return cfg_read_bool(n, field, e);
    case CFG_STR:
        return cfg_read_str(n, k, field, e);
    case CFG_ENUM:
        return cfg_read_enum(n, k, field, e);
    }
    assert(false && "a type outside enum cfg_type");
    return rc;
}

/* ---- keys that no row names ---- */

struct cfg_table {
    const struct cfg_key *keys;
    size_t n_keys;
};

/* Distance by insertion, deletion and substitution. */
static size_t cfg_distance(const char *a, const char *b)
{
    size_t row[CFG_MAX_NAME + 1];
    size_t na = strlen(a), nb = strlen(b);

    if (na > CFG_MAX_NAME || nb > CFG_MAX_NAME)
        return SIZE_MAX;
    for (size_t j = 0; j <= nb; j++)
        row[j] = j;
    for (size_t i = 1; i <= na; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);

            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[nb];
}

static const char *cfg_last_segment(const char *path)
{
    const char *dot = strrchr(path, '.');

    return dot ? dot + 1 : path;
}

/* The path of the table, whole or cut at a dot, that was probably meant; NULL if none is near. */
static const char *cfg_suggest(const struct cfg_table *t, const char *path, struct arena *arena)
{
    const char *best_path = NULL;
    size_t best = strlen(cfg_last_segment(path)) / 3 + 1;

    for (size_t i = 0; i < t->n_keys; i++) {
        const char *row = t->keys[i].path;

        for (const char *end = row; end; end = *end ? end + 1 : NULL) {
            char *candidate;
            size_t d;

            end += strcspn(end, ".");
            candidate = arena_printf(arena, "%.*s", (int)(end - row), row);
            d = cfg_distance(path, candidate);
            if (!*end && strcmp(cfg_last_segment(row), cfg_last_segment(path)) == 0 && d > 1)
                d = 1; /* the right name in the wrong place */
            if (d <= best && (d < best || !best_path)) {
                best = d;
                best_path = candidate;
            }
        }
    }
    return best_path;
}

enum cfg_match { CFG_UNKNOWN, CFG_PREFIX, CFG_ROW };

static enum cfg_match cfg_match(const struct cfg_table *t, const char *path)
{
    size_t n = strlen(path);

    for (size_t i = 0; i < t->n_keys; i++) {
        const char *row = t->keys[i].path;

        if (strncmp(row, path, n) != 0)
            continue;
        if (!row[n])
            return CFG_ROW;
        if (row[n] == '.')
            return CFG_PREFIX;
    }
    return CFG_UNKNOWN;
}

static enum err_code cfg_fail_unknown(const struct cfg_table *t, const struct cfg_node *n,
                                      struct err *e)
{
    const char *path = cfg_path_of(n);
    const char *near = cfg_suggest(t, path, n->doc->arena);

    if (near && strcmp(near, path) == 0) /* "a.b: 1" where a: {b: 1} is meant */
        return cfg_fail(n, e, "unknown key; write it nested, not dotted");
    if (near)
        return cfg_fail(n, e, "unknown key; did you mean %s?", near);
    return cfg_fail(n, e, "unknown key");
}

static enum err_code cfg_check_keys(const struct cfg_table *t, const struct cfg_node *map,
                                    struct err *e)
{
    enum err_code rc;

    for (size_t i = 0; i < map->n; i++) {
        const struct cfg_node *n = map->entries[i].node;

        switch (strchr(n->key, '.') ? CFG_UNKNOWN : cfg_match(t, cfg_path_of(n))) {
        case CFG_UNKNOWN:
            return cfg_fail_unknown(t, n, e);
        case CFG_ROW:
            break;
        case CFG_PREFIX:
            if (cfg_is_null(n))
                break;
            if (n->kind != CFG_MAP)
                return cfg_fail(n, e, "a map of KEY: VALUE lines is expected");
            if ((rc = cfg_check_keys(t, n, e)))
                return rc;
            break;
        }
    }
    return ERR_OK;
}

/* ---- the table ---- */

/* The node a dotted path names; NULL if absent, *deepest then being the last map on the way. */
static const struct cfg_node *cfg_find(const struct cfg_node *root, const char *path,
                                       const struct cfg_node **deepest)
{
    char segment[256];
    const struct cfg_node *n = root;

    while (n) {
        size_t len = strcspn(path, ".");

        assert(len < sizeof segment);
        memcpy(segment, path, len);
        segment[len] = '\0';
        *deepest = n;
        n = cfg_get(n, segment);
        if (!path[len])
            return n;
        path += len + 1;
    }
    return NULL;
}

static enum err_code cfg_read_default(const struct cfg_key *k, void *field, struct err *e)
{
    struct cfg *c;
    struct cfg_node *n;
    enum err_code rc;

    if ((rc = cfg_parse(&c, "default", "", e)))
        return rc;
    if (!(rc = cfg_parse_value(c, k->path, k->def, &n, e)))
        rc = cfg_read_row(n, k, field, e);
    cfg_free(c);
    if (rc)
        return err_set(e, ERR_BUG, "the table's default is wrong: %s", e->text);
    return ERR_OK;
}

enum err_code cfg_read(const struct cfg *c, const struct cfg_key *keys, size_t n_keys, void *out,
                       struct err *e)
{
    const struct cfg_table t = {keys, n_keys};
    enum err_code rc;

    if (c && c->root->kind != CFG_MAP)
        return cfg_fail(c->root, e, "a map of KEY: VALUE lines is expected");
    if (c && (rc = cfg_check_keys(&t, c->root, e)))
        return rc;
    for (size_t i = 0; i < n_keys; i++) {
        const struct cfg_key *k = &keys[i];
        void *field = (unsigned char *)out + k->offset;
        const struct cfg_node *deepest = NULL;
        const struct cfg_node *n = c ? cfg_find(c->root, k->path, &deepest) : NULL;

        if (n)
            rc = cfg_read_row(n, k, field, e);
        else if (k->def)
            rc = cfg_read_default(k, field, e);
        else if (deepest)
            rc = err_set(e, ERR_CONFIG, "%s: %s: required key is missing", cfg_where(deepest),
                         k->path);
        else
            rc = err_set(e, ERR_CONFIG, "%s: required key is missing", k->path);
        if (rc)
            return rc;
    }
    return ERR_OK;
}

static void cfg_write_value(FILE *f, const struct cfg_key *k, const void *field)
{
    char text[32];

    switch (k->type) {
    case CFG_U32:
        fprintf(f, "%" PRIu32, *(const uint32_t *)field);
        break;
    case CFG_U64:
        fprintf(f, "%" PRIu64, *(const uint64_t *)field);
        break;
    case CFG_F64:
        json_f64_text(text, *(const double *)field);
        fputs(text, f);
        break;
    case CFG_BOOL:
        fputs(*(const bool *)field ? "true" : "false", f);
        break;
    case CFG_STR:
        json_quote(f, field);
        break;
    case CFG_ENUM:
        json_quote(f, k->choices[*(const uint32_t *)field]);
        break;
    }
}

/* Rows under the same first n_prefix characters, in table order, a map at its first mention. */
static void cfg_write_level(FILE *f, const struct cfg_table *t, const char *prefix, size_t n_prefix,
                            int depth, const void *in)
{
    for (size_t i = 0; i < t->n_keys; i++) {
        const struct cfg_key *k = &t->keys[i];
        const char *segment = k->path + n_prefix;
        size_t len, j;

        if (strncmp(k->path, prefix, n_prefix) != 0)
            continue;
        len = strcspn(segment, ".");
        if (!segment[len]) {
            fprintf(f, "%*s%s: ", 2 * depth, "", segment);
            cfg_write_value(f, k, (const unsigned char *)in + k->offset);
            fprintf(f, " # %s, %s\n", k->unit ? k->unit : "1", k->help ? k->help : "");
            continue;
        }
        for (j = 0; j < i; j++)
            if (strncmp(t->keys[j].path, k->path, n_prefix + len + 1) == 0)
                break;
        if (j < i)
            continue;
        fprintf(f, "%*s%.*s:\n", 2 * depth, "", (int)len, segment);
        cfg_write_level(f, t, k->path, n_prefix + len + 1, depth + 1, in);
    }
}

void cfg_write(FILE *f, const struct cfg_key *keys, size_t n_keys, const void *in)
{
    const struct cfg_table t = {keys, n_keys};

    cfg_write_level(f, &t, "", 0, 0, in);
}
