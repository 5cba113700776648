/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/data_spec.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"

enum { SPEC_POLL_LINES = 1024, SPEC_EARLY_LINES = 10000, SPEC_MAX_BAD_SHARE = 10 };

/* ---- items ---- */

static enum err_code spec_bad(const struct data_job *job, const char *what, struct err *e)
{
    return err_set(e, ERR_CONFIG, "data set \"%s\": %s; expected %s", job->spec, what,
                   job->kind->spec);
}

static enum err_code spec_choice(const struct data_job *job, const char *key, const char *value,
                                 const char *const *choice, uint32_t *out, struct err *e)
{
    char known[128] = "";
    size_t at = 0;

    for (uint32_t i = 0; choice[i]; i++) {
        if (strcmp(value, choice[i]) == 0) {
            *out = i;
            return ERR_OK;
        }
        at += (size_t)snprintf(known + at, sizeof known - at, "%s%s", i ? ", " : "", choice[i]);
    }
    return err_set(e, ERR_CONFIG, "data set \"%s\": %s: \"%s\" is none of %s", job->spec, key,
                   value, known);
}

static enum err_code spec_number(const struct data_job *job, const char *key, const char *value,
                                 double min, double max, bool whole, double *out, struct err *e)
{
    if (!data_text_number(value, out) || (whole && floor(*out) < *out) || *out < min || *out > max)
        return err_set(e, ERR_CONFIG, "data set \"%s\": %s: \"%s\" is not a%s number in %g..%g",
                       job->spec, key, value, whole ? " whole" : "", min, max);
    return ERR_OK;
}

static enum err_code spec_whole(const struct data_job *job, const char *key, const char *value,
                                uint32_t min, uint32_t max, uint32_t *out, struct err *e)
{
    double x;
    enum err_code rc = spec_number(job, key, value, min, max, true, &x, e);

    if (!rc)
        *out = (uint32_t)x;
    return rc;
}

static enum err_code spec_set(struct data_job *job, unsigned bit, const char *key,
                              const char *value, struct err *e)
{
    static const char *const preps[] = {"rank", "nasrec", "x4", NULL};
    static const char *const splits[] = {"tail", "kfold", "nasrec", NULL};
    static const char *const ints[] = {"log", "log2", "logsq", NULL};
    static const char *const bads[] = {"skip", "refuse", NULL};
    uint32_t choice = 0;
    enum err_code rc;

    switch (bit) {
    case DATA_TAKES_PREP:
        rc = spec_choice(job, key, value, preps, &choice, e);
        job->prep = (enum data_prep)choice;
        return rc;
    case DATA_TAKES_SPLIT:
        rc = spec_choice(job, key, value, splits, &choice, e);
        job->split = (enum data_split_rule)choice;
        job->has_split = true;
        return rc;
    case DATA_TAKES_INTS:
        rc = spec_choice(job, key, value, ints, &choice, e);
        job->ints = (enum data_ints)choice;
        job->has_ints = true;
        return rc;
    case DATA_TAKES_BAD:
        rc = spec_choice(job, key, value, bads, &choice, e);
        job->strict = job->strict || choice == 1;
        return rc;
    case DATA_TAKES_MIN_COUNT:
        job->has_min_count = true;
        return spec_whole(job, key, value, 1, 1000000000, &job->min_count, e);
    case DATA_TAKES_NEGATIVES:
        return spec_whole(job, key, value, 0, 1000, &job->negatives, e);
    case DATA_TAKES_DENSE:
        return spec_whole(job, key, value, 0, 4096, &job->n_dense, e);
    case DATA_TAKES_POSITIVE:
        return spec_number(job, key, value, -1e9, 1e9, false, &job->positive, e);
    default:
        free(job->profile);
        job->profile = mem_strdup(value);
        return ERR_OK;
    }
}

static const struct {
    const char *name;
    unsigned bit;
} spec_keys[] = {
    {"prep", DATA_TAKES_PREP},
    {"split", DATA_TAKES_SPLIT},
    {"min_count", DATA_TAKES_MIN_COUNT},
    {"ints", DATA_TAKES_INTS},
    {"bad", DATA_TAKES_BAD},
    {"profile", DATA_TAKES_PROFILE},
    {"negatives", DATA_TAKES_NEGATIVES},
    {"positive", DATA_TAKES_POSITIVE},
    {"dense", DATA_TAKES_DENSE},
};

enum { SPEC_N_KEYS = sizeof spec_keys / sizeof spec_keys[0] };

/* Length of the key of "key=value", 0 for a path. */
static size_t spec_key_length(const char *item)
{
    size_t n = strspn(item, "abcdefghijklmnopqrstuvwxyz_0123456789");

    return item[n] == '=' ? n : 0;
}

static enum err_code spec_option(struct data_job *job, unsigned takes, const char *item,
                                 unsigned *given, struct err *e)
{
    size_t n = spec_key_length(item);
    char known[256] = "";
    size_t at = 0;

    for (size_t i = 0; i < SPEC_N_KEYS; i++) {
        if (!(takes & spec_keys[i].bit))
            continue;
        at += (size_t)snprintf(known + at, sizeof known - at, "%s%s", at ? ", " : "",
                               spec_keys[i].name);
        if (strlen(spec_keys[i].name) != n || strncmp(item, spec_keys[i].name, n) != 0)
            continue;
        if (*given & spec_keys[i].bit)
            return err_set(e, ERR_CONFIG, "data set \"%s\": %s is given twice", job->spec,
                           spec_keys[i].name);
        *given |= spec_keys[i].bit;
        return spec_set(job, spec_keys[i].bit, spec_keys[i].name, item + n + 1, e);
    }
    return err_set(e, ERR_CONFIG, "data set \"%s\": unknown option \"%.*s\"; known: %s", job->spec,
                   (int)n, item, known);
}

static enum err_code spec_item(struct data_job *job, unsigned takes, const char *item,
                               unsigned *given, struct err *e)
{
    if (*item == '\0')
        return spec_bad(job, "an empty item", e);
    if (spec_key_length(item))
        return spec_option(job, takes, item, given, e);
    if ((takes & DATA_TAKES_SCHEMA) && !job->schema) {
        job->schema = mem_strdup(item);
        return ERR_OK;
    }
    if (job->n_files == DATA_N_PARTS)
        return spec_bad(job, "more than three files", e);
    job->file[job->n_files++] = mem_strdup(item);
    return ERR_OK;
}

enum err_code data_job_parse(struct data_job *job, unsigned takes, struct err *e)
{
    char *copy = mem_strdup(job->args), *item = copy;
    enum err_code rc = *copy ? ERR_OK : spec_bad(job, "no file", e);
    unsigned given = 0;

    job->min_count = 1;
    job->negatives = 1;
    job->positive = 4;
    while (item && !rc) {
        char *comma = strchr(item, ',');

        if (comma)
            *comma++ = '\0';
        rc = spec_item(job, takes, item, &given, e);
        item = comma;
    }
    free(copy);
    if (rc)
        return rc;
    if (job->n_files == 0)
        return spec_bad(job, "no file", e);
    if (job->n_files > 1 && job->has_split)
        return spec_bad(job, "split= with a validation file", e);
    return ERR_OK;
}

void data_job_fini(struct data_job *job)
{
    data_build_free(job->build);
    for (uint32_t i = 0; i < DATA_N_PARTS; i++)
        free(job->file[i]);
    free(job->schema);
    free(job->profile);
    free(job->first_bad);
}

bool data_spec_file(const char *spec, size_t i, char *path, size_t path_size)
{
    const char *at = strchr(spec, ':');

    if (!at || strncmp(spec, "synthetic:", 10) == 0)
        return false;
    for (at++; *at;) {
        size_t n = strcspn(at, ","), n_key = spec_key_length(at);
        const char *file = at;

        if (n_key)
            file = strncmp(at, "profile=", 8) == 0 ? at + 8 : NULL;
        if (file && i-- == 0) {
            snprintf(path, path_size, "%.*s", (int)(n - (size_t)(file - at)), file);
            return true;
        }
        at += n + (at[n] == ',');
    }
    return false;
}

/* ---- lines ---- */

enum err_code data_job_build(struct data_job *job, uint32_t n_dense, uint32_t n_fields,
                             struct err *e)
{
    enum err_code rc =
        data_build_new(&job->build, job->kind->name, n_dense, n_fields, job->cache_path, e);

    for (uint32_t i = 0; i < n_fields && !rc; i++)
        data_build_min_count(job->build, i, job->min_count);
    return rc;
}

/* Lines of one file, good and bad. */
struct spec_count {
    uint64_t n_lines, n_bad;
    char *first_bad;
};

static enum err_code spec_too_bad(const struct spec_count *n, struct err *e)
{
    return err_set(e, ERR_CONFIG, "%.900s (%llu of %llu lines are bad)", n->first_bad,
                   (unsigned long long)n->n_bad, (unsigned long long)n->n_lines);
}

static enum err_code spec_count_bad(struct data_job *job, struct spec_count *n, bool in_build,
                                    struct err *e)
{
    n->n_bad++;
    job->n_bad_lines++;
    if (!n->first_bad)
        n->first_bad = mem_strdup(e->text);
    if (!job->first_bad)
        job->first_bad = mem_strdup(e->text);
    if (n->n_lines > SPEC_EARLY_LINES && n->n_bad > n->n_lines / 2)
        return spec_too_bad(n, e);
    return in_build ? data_build_bad(job->build, e) : ERR_OK;
}

static enum err_code spec_poll(const struct data_job *job, const struct data_text *t, struct err *e)
{
    uint64_t done, total;

    if (!job->o->watch)
        return ERR_OK;
    data_text_progress(t, &done, &total);
    return watch_poll(job->o->watch, "read", done, total, NAN, NAN, e);
}

static enum err_code spec_lines(struct data_job *job, struct data_text *t,
                                const struct data_reader *r, bool in_build, struct spec_count *n,
                                struct err *e)
{
    enum err_code rc;
    char *line;

    for (;;) {
        rc = data_text_next(t, &line, e);
        if (rc && !data_text_can_go_on(t))
            return rc;
        if (!rc && !line)
            return ERR_OK;
        n->n_lines++;
        if (!rc)
            rc = r->row(r->self, t, line, e);
        /* a file that ends in the middle of a line is damaged, whatever else is in it */
        if (rc == ERR_CONFIG && !job->strict && !data_text_is_cut(t))
            rc = spec_count_bad(job, n, in_build, e);
        if (!rc && n->n_lines % SPEC_POLL_LINES == 0)
            rc = spec_poll(job, t, e);
        if (rc)
            return rc;
    }
}

enum err_code data_job_read_file(struct data_job *job, const char *path,
                                 const struct data_reader *r, bool in_build, struct err *e)
{
    struct spec_count n = {0};
    struct data_text *t = NULL;
    enum err_code rc;

    if (r->begin_file)
        r->begin_file(r->self);
    if (!(rc = data_text_open(&t, path, e)))
        rc = spec_lines(job, t, r, in_build, &n, e);
    data_text_close(t);
    if (!rc && n.n_bad * SPEC_MAX_BAD_SHARE > n.n_lines)
        rc = spec_too_bad(&n, e);
    free(n.first_bad);
    return rc;
}

enum err_code data_job_read(struct data_job *job, const struct data_reader *r, struct err *e)
{
    enum err_code rc = ERR_OK;

    for (uint32_t i = 0; i < job->n_files && !rc; i++) {
        uint64_t n_before = data_build_n_rows(job->build);

        if (job->n_files > 1)
            data_build_part(job->build, (enum data_part)i);
        rc = data_job_read_file(job, job->file[i], r, true, e);
        if (!rc && data_build_n_rows(job->build) == n_before)
            rc = err_set(e, ERR_CONFIG, "%s:1: no rows: the file is empty", job->file[i]);
    }
    return rc;
}

enum err_code data_job_finish(struct data_job *job, struct err *e)
{
    const struct data_finish f = {
        .name = job->n_files ? job->file[0] : job->kind->name,
        .spec = job->spec,
        .cache_path = job->cache_path,
        .rule = job->split,
        .max_rows = job->max_rows,
        .seed = job->o->seed,
        .bayes_logloss = job->bayes_logloss,
        .bayes_auc = job->bayes_auc,
        .n_bad_lines = job->n_bad_lines,
        .first_bad = job->first_bad,
        .watch = job->o->watch,
    };
    struct data_build *b = job->build;

    job->build = NULL;
    return data_build_finish_take(b, &f, &job->out, e);
}

/* ---- values as NasRec has them ---- */

enum err_code data_job_hashed(const struct data_job *job, struct err *e)
{
    if (job->prep == DATA_PREP_X4)
        return err_set(e, ERR_CONFIG, "data set \"%s\": prep=x4 is for criteo", job->spec);
    if (job->prep == DATA_PREP_NASREC && job->has_min_count)
        return err_set(e, ERR_CONFIG, "data set \"%s\": prep=nasrec has no min_count=", job->spec);
    return ERR_OK;
}

static bool spec_is_digits(const char *s, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (s[i] < '0' || s[i] > '9')
            return false;
    return n > 0;
}

bool data_mod_value(const char *s, uint32_t n, uint32_t *out)
{
    bool is_negative = n > 0 && *s == '-';
    uint64_t v = 0;

    if (spec_is_digits(s + is_negative, n - is_negative)) {
        for (uint32_t i = is_negative; i < n; i++)
            v = (v * 10 + (uint64_t)(s[i] - '0')) % DATA_MODULUS;
    } else {
        if (!data_text_hex(s + is_negative, n - is_negative, &v))
            return false;
        v %= DATA_MODULUS;
    }
    *out = (uint32_t)(is_negative && v ? DATA_MODULUS - v : v);
    return true;
}
