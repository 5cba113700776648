/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/params.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/scale.h"
#include "sim/base/cfg.h"
#include "sim/base/mem.h"

struct params {
    struct arena *arena;
    struct param at[PARAM_N];
};

static const struct param known[PARAM_N] = {
#define PARAM(id, name_, unit_, meaning_)                                                          \
    [PARAM_##id] = {.name = (name_), .unit = (unit_), .meaning = (meaning_)},
#include "arch/params.def"
#undef PARAM
};

static int find(const char *group, const char *key)
{
    size_t n = strlen(group);

    for (int i = 0; i < PARAM_N; i++)
        if (!strncmp(known[i].name, group, n) && known[i].name[n] == '.' &&
            !strcmp(known[i].name + n + 1, key))
            return i;
    return -1;
}

static bool is_kind(const char *s)
{
    static const char *const kinds[] = {"measured", "cited", "scaled", "assumed"};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (!strcmp(s, kinds[i]))
            return true;
    return false;
}

/* The text of one field of an entry; required fields must be there and not empty. */
static enum err_code field(const struct cfg_node *entry, const char *name, const char *key,
                           bool required, const struct cfg_node **out, struct err *e)
{
    const char *text;

    *out = cfg_get(entry, key);
    if (!*out)
        return required
                   ? err_set(e, ERR_CONFIG, "%s: %s: %s is missing", cfg_where(entry), name, key)
                   : ERR_OK;
    text = cfg_str(*out);
    if (!text || !*text)
        return err_set(e, ERR_CONFIG, "%s: %s: %s is empty", cfg_where(*out), name, key);
    return ERR_OK;
}

static enum err_code read_entry(struct params *p, int i, const struct cfg_node *n, const char *file,
                                struct err *e)
{
    static const char *const keys[] = {"value", "unit", "kind", "source", "node"};
    enum { N_KEYS = sizeof keys / sizeof *keys };
    const struct cfg_node *f[N_KEYS];
    struct param *q = &p->at[i];
    enum err_code rc;

    if (!cfg_is_map(n))
        return err_set(e, ERR_CONFIG, "%s: %s: expected { value, unit, source, kind }",
                       cfg_where(n), known[i].name);
    for (size_t k = 0; k < cfg_len(n); k++) {
        size_t j = 0;

        while (j < N_KEYS && strcmp(cfg_key_at(n, k), keys[j]) != 0)
            j++;
        if (j == N_KEYS)
            return err_set(e, ERR_CONFIG, "%s: %s: unknown key %s", cfg_where(cfg_at(n, k)),
                           known[i].name, cfg_key_at(n, k));
    }
    for (size_t j = 0; j < N_KEYS; j++)
        if ((rc = field(n, known[i].name, keys[j], j < 4, &f[j], e)))
            return rc;
    if ((rc = cfg_f64(f[0], &q->value, e)))
        return rc;
    if (strcmp(cfg_str(f[1]), known[i].unit) != 0)
        return err_set(e, ERR_CONFIG, "%s: %s: unit is %s, expected %s", cfg_where(f[1]),
                       known[i].name, cfg_str(f[1]), known[i].unit);
    if (!is_kind(cfg_str(f[2])))
        return err_set(e, ERR_CONFIG, "%s: %s: kind %s is none of measured, cited, scaled, assumed",
                       cfg_where(f[2]), known[i].name, cfg_str(f[2]));
    q->name = known[i].name;
    q->unit = known[i].unit;
    q->meaning = known[i].meaning;
    q->kind = arena_strdup(p->arena, cfg_str(f[2]));
    q->source = arena_strdup(p->arena, cfg_str(f[3]));
    q->node = f[4] ? arena_strdup(p->arena, cfg_str(f[4])) : "";
    q->file = file;
    return ERR_OK;
}

/* Every entry of one file, whichever there are. */
static enum err_code read_groups(struct params *p, const struct cfg_node *root, const char *path,
                                 const char *file, struct err *e)
{
    enum err_code rc;

    if (!cfg_is_map(root))
        return err_set(e, ERR_CONFIG, "%s: expected groups of parameters", path);
    for (size_t g = 0; g < cfg_len(root); g++) {
        const struct cfg_node *group = cfg_at(root, g);

        if (!cfg_is_map(group))
            return err_set(e, ERR_CONFIG, "%s: %s: expected a group of parameters",
                           cfg_where(group), cfg_key_at(root, g));
        for (size_t k = 0; k < cfg_len(group); k++) {
            int i = find(cfg_key_at(root, g), cfg_key_at(group, k));

            if (i < 0)
                return err_set(e, ERR_CONFIG, "%s: %s.%s: no such parameter",
                               cfg_where(cfg_at(group, k)), cfg_key_at(root, g),
                               cfg_key_at(group, k));
            if ((rc = read_entry(p, i, cfg_at(group, k), file, e)))
                return rc;
        }
    }
    return ERR_OK;
}

static enum err_code read_file(struct params *p, const char *dir, const char *file, bool overlay,
                               struct err *e)
{
    const char *path = arena_printf(p->arena, "%s/%s%s.yaml", dir, overlay ? "overlay/" : "", file);
    struct cfg *c = NULL;
    enum err_code rc;

    if (!(rc = cfg_load(&c, path, e)))
        rc = read_groups(p, cfg_root(c), path, file, e);
    for (int i = 0; !rc && i < PARAM_N; i++)
        if (!p->at[i].name)
            rc = err_set(e, ERR_CONFIG, "%s: %s is missing", cfg_where(cfg_root(c)), known[i].name);
    cfg_free(c);
    return rc;
}

static enum err_code scale(struct params *p, const char *dir, const char *node, struct err *e)
{
    char *end;
    double nm = strtod(node, &end);

    if (end == node || *end)
        return err_set(e, ERR_CONFIG, "parameters: @%s: not a technology node in nm", node);
    return params_scale(p->at, PARAM_N, p->arena, dir, nm, e);
}

enum err_code params_load(struct params **out, const char *dir, const char *name, struct err *e)
{
    struct arena *a = arena_new();
    struct params *p = arena_alloc(a, 1, sizeof *p);
    char *file = arena_strdup(a, name), *at = strrchr(file, '@'), *plus;
    enum err_code rc;

    *out = NULL;
    p->arena = a;
    if (at)
        *at++ = '\0';
    plus = strchr(file, '+');
    if (plus)
        *plus = '\0';
    rc = read_file(p, dir, file, false, e);
    while (!rc && plus) {
        file = plus + 1;
        plus = strchr(file, '+');
        if (plus)
            *plus = '\0';
        rc = read_file(p, dir, file, true, e);
    }
    if (!rc && at)
        rc = scale(p, dir, at, e);
    if (rc)
        params_free(p);
    else
        *out = p;
    return rc;
}

void params_free(struct params *p)
{
    if (p)
        arena_free(p->arena);
}

size_t params_n(const struct params *p)
{
    (void)p;
    return PARAM_N;
}

const struct param *params_at(const struct params *p, size_t i)
{
    assert(i < PARAM_N);
    return &p->at[i];
}

double params_get(const struct params *p, enum param_id id)
{
    return p->at[id].value;
}
