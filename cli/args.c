/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cmd.h"

enum { ARGS_MAX_WORD = 63 };

static const struct opt args_common[] = {
    {"help", 'h', NULL, false, false, true, ""},
    {"quiet", 'q', NULL, false, false, true, ""},
    {"verbose", 'v', NULL, false, false, true, ""},
    {0},
};

/* Edit distance of two short words. */
static size_t args_distance(const char *a, const char *b)
{
    size_t row[ARGS_MAX_WORD + 1], n = strlen(b);

    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];

        row[0] = i + 1;
        for (size_t j = 0; j < n; j++) {
            size_t best = diagonal + (a[i] != b[j]);

            if (best > row[j] + 1)
                best = row[j] + 1;
            if (best > row[j + 1] + 1)
                best = row[j + 1] + 1;
            diagonal = row[j + 1];
            row[j + 1] = best;
        }
    }
    return row[n];
}

const char *args_nearest(const char *word, const char *const *candidates, size_t n)
{
    const char *best = NULL;
    size_t best_distance = 3;

    if (strlen(word) > ARGS_MAX_WORD)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        size_t d;

        if (strlen(candidates[i]) > ARGS_MAX_WORD)
            continue;
        d = args_distance(word, candidates[i]);
        if (d < best_distance) {
            best_distance = d;
            best = candidates[i];
        }
    }
    return best;
}

/* The option called name (n characters) or letter; exactly one of the two is given. */
static const struct opt *args_find(const struct cmd *c, const char *name, size_t n, char letter)
{
    enum { N_TABLES = 2 };
    const struct opt *tables[N_TABLES] = {c->opts, args_common};

    for (size_t t = 0; t < N_TABLES; t++)
        for (const struct opt *o = tables[t]; o && o->name; o++) {
            if (name && strlen(o->name) == n && !memcmp(o->name, name, n))
                return o;
            if (!name && letter && o->letter == letter)
                return o;
        }
    return NULL;
}

static enum err_code args_unknown(const struct cmd *c, const char *arg, struct err *e)
{
    const char *names[ARGS_MAX_OPTS], *near = NULL;
    char word[ARGS_MAX_WORD + 1];
    size_t n = 0;

    if (!strncmp(arg, "--", 2)) {
        size_t length = strcspn(arg + 2, "=");

        for (const struct opt *o = c->opts; o && o->name && n < ARGS_MAX_OPTS; o++)
            names[n++] = o->name;
        if (length <= ARGS_MAX_WORD) {
            memcpy(word, arg + 2, length);
            word[length] = 0;
            near = args_nearest(word, names, n);
        }
    }
    if (near)
        return err_set(e, ERR_CONFIG, "unknown option %s; did you mean --%s?", arg, near);
    return err_set(e, ERR_CONFIG, "unknown option %s; see autorac %s --help", arg, c->name);
}

static enum err_code args_add(struct args *a, const struct opt *o, const char *value, struct err *e)
{
    if (o == &args_common[0])
        a->help = true;
    else if (o == &args_common[1])
        a->quiet = true;
    else if (o == &args_common[2])
        a->verbose = true;
    if (o >= args_common && o < args_common + 3)
        return ERR_OK;
    if (!o->many && args_has(a, o->name))
        return err_set(e, ERR_CONFIG, "--%s is given twice", o->name);
    if (a->n_given == ARGS_MAX_OPTS)
        return err_set(e, ERR_CONFIG, "more than %d options", ARGS_MAX_OPTS);
    a->given[a->n_given++] = (struct args_given){o, value};
    return ERR_OK;
}

/* One option, which may take argv[*i + 1] as its value. */
static enum err_code args_option(struct args *a, size_t n, char *const *argv, size_t *i,
                                 struct err *e)
{
    const char *arg = argv[*i], *value = NULL;
    const struct opt *o;

    if (arg[1] == '-') {
        size_t length = strcspn(arg + 2, "=");

        o = args_find(a->cmd, arg + 2, length, 0);
        if (arg[2 + length])
            value = arg + 3 + length;
    } else {
        o = args_find(a->cmd, NULL, 0, arg[1]);
        if (arg[2])
            value = arg + 2;
    }
    if (!o)
        return args_unknown(a->cmd, arg, e);
    if (!o->value && value)
        return err_set(e, ERR_CONFIG, "%s: --%s takes no value", arg, o->name);
    if (o->value && !value) {
        if (*i + 1 == n)
            return err_set(e, ERR_CONFIG, "--%s needs a value: --%s %s", o->name, o->name,
                           o->value);
        value = argv[++*i];
    }
    return args_add(a, o, value, e);
}

static enum err_code args_check(const struct args *a, struct err *e)
{
    const struct cmd *c = a->cmd;

    if (a->n_pos < c->min_pos) {
        const char *missing = c->pos;

        for (size_t i = 0; i < a->n_pos && strchr(missing, ' '); i++)
            missing = strchr(missing, ' ') + 1;
        return err_set(e, ERR_CONFIG, "%.*s is missing; usage: autorac %s %s",
                       (int)strcspn(missing, " "), missing, c->name, c->pos);
    }
    for (const struct opt *o = c->opts; o && o->name; o++)
        if (o->required && !args_has(a, o->name))
            return err_set(e, ERR_CONFIG, "--%s %s is missing; see autorac %s --help", o->name,
                           o->value, c->name);
    return ERR_OK;
}

enum err_code args_parse(struct args *a, const struct cmd *c, size_t n, char *const *argv,
                         struct err *e)
{
    bool options = true;
    enum err_code rc;

    *a = (struct args){.cmd = c};
    for (size_t i = 0; i < n; i++) {
        const char *arg = argv[i];

        if (options && !strcmp(arg, "--")) {
            options = false;
        } else if (options && arg[0] == '-' && arg[1]) {
            if ((rc = args_option(a, n, argv, &i, e)))
                return rc;
        } else if (a->n_pos < c->max_pos) {
            a->pos[a->n_pos++] = arg;
        } else {
            return err_set(e, ERR_CONFIG, "\"%s\" is one argument too many; see autorac %s --help",
                           arg, c->name);
        }
    }
    return a->help ? ERR_OK : args_check(a, e);
}

bool args_has(const struct args *a, const char *name)
{
    for (size_t i = 0; i < a->n_given; i++)
        if (!strcmp(a->given[i].opt->name, name))
            return true;
    return false;
}

const char *args_str(const struct args *a, const char *name, const char *def)
{
    for (size_t i = 0; i < a->n_given; i++)
        if (!strcmp(a->given[i].opt->name, name))
            return a->given[i].value;
    return def;
}

enum err_code args_u64(const struct args *a, const char *name, uint64_t def, uint64_t *out,
                       struct err *e)
{
    const char *s = args_str(a, name, NULL);
    char *end;

    *out = def;
    if (!s)
        return ERR_OK;
    errno = 0;
    *out = strtoull(s, &end, 10);
    if (!*s || strspn(s, "0123456789") != strlen(s) || *end || errno)
        return err_set(e, ERR_CONFIG, "--%s: \"%s\" is not a whole number", name, s);
    return ERR_OK;
}

enum err_code args_range(const struct args *a, const char *name, uint32_t def, uint32_t least,
                         uint32_t most, uint32_t *out, struct err *e)
{
    uint64_t v;
    enum err_code rc = args_u64(a, name, def, &v, e);

    *out = def;
    if (rc)
        return rc;
    if (v < least || v > most)
        return err_set(e, ERR_CONFIG, "--%s: %llu is outside %u..%u", name, (unsigned long long)v,
                       least, most);
    *out = (uint32_t)v;
    return ERR_OK;
}

enum err_code args_jobs(const struct args *a, uint32_t *out, struct err *e)
{
    enum { MAX_JOBS = 1024 };
    long n = sysconf(_SC_NPROCESSORS_ONLN);

    return args_range(a, "jobs", n < 1 || n > MAX_JOBS ? 1 : (uint32_t)n, 1, MAX_JOBS, out, e);
}

size_t args_all(const struct args *a, const char *name, const char **out, size_t max)
{
    size_t n = 0;

    for (size_t i = 0; i < a->n_given && n < max; i++)
        if (!strcmp(a->given[i].opt->name, name))
            out[n++] = a->given[i].value;
    return n;
}
