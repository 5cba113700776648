/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/design.h"
#include "cli/sweep.h"
#include "sim/base/mem.h"

void sweep_name(char out[SWEEP_NAME], size_t point)
{
    snprintf(out, SWEEP_NAME, "point_%04u", (unsigned)point);
}

size_t sweep_value(const struct sweep *s, size_t axis, size_t point)
{
    for (size_t i = s->n_axes - 1; i > axis; i--)
        point /= s->axis[i].n;
    return point % s->axis[axis].n;
}

/* KEY=a,b,c */
static enum err_code read_axis(struct sweep *s, const char *text, struct err *e)
{
    struct sweep_axis *x = &s->axis[s->n_axes];
    const char *equals = strchr(text, '='), *v;
    char *key;
    enum err_code rc;

    if (!equals)
        return err_set(e, ERR_CONFIG, "--sweep %s: KEY=VALUE,VALUE... is expected", text);
    key = arena_printf(s->arena, "%.*s", (int)(equals - text), text);
    if ((rc = design_key(key, &x->key, e)))
        return err_wrap(e, "--sweep");
    for (size_t i = 0; i < s->n_axes; i++)
        if (s->axis[i].key == x->key)
            return err_set(e, ERR_CONFIG, "--sweep %s: is given twice", key);
    x->n = 1;
    for (v = equals; *v; v++)
        x->n += *v == ',';
    x->value = arena_alloc(s->arena, x->n, sizeof *x->value);
    v = equals + 1;
    for (size_t i = 0; i < x->n; i++) {
        size_t n = strcspn(v, ",");

        if (!n)
            return err_set(e, ERR_CONFIG, "--sweep %s: a value is empty", text);
        x->value[i] = arena_printf(s->arena, "%.*s", (int)n, v);
        v += n + 1;
    }
    s->n_axes++;
    if (x->n > SWEEP_MAX_POINTS / s->n_points)
        return err_set(e, ERR_CONFIG, "--sweep: more than %d points", SWEEP_MAX_POINTS);
    s->n_points *= x->n;
    return ERR_OK;
}

static enum err_code check_sets(const struct sweep *s, const char *const *sets, size_t n_sets,
                                struct err *e)
{
    for (size_t i = 0; i < s->n_axes; i++) {
        const char *key = s->axis[i].key->path;

        for (size_t j = 0; j < n_sets; j++)
            if (!strncmp(sets[j], key, strlen(key)) && sets[j][strlen(key)] == '=')
                return err_set(e, ERR_CONFIG, "%s: is both set and swept", key);
    }
    return ERR_OK;
}

/* Read each point's configuration. sets has room for one more each axis. */
static enum err_code read_points(struct sweep *s, const char **sets, size_t n_sets, struct err *e)
{
    const char *design = s->args->pos[0];

    for (size_t p = 0; p < s->n_points; p++) {
        struct sweep_point *point = &s->point[p];
        enum err_code rc;

        for (size_t i = 0; i < s->n_axes; i++)
            sets[n_sets + i] = arena_printf(s->arena, "%s=%s", s->axis[i].key->path,
                                            s->axis[i].value[sweep_value(s, i, p)]);
        rc = chip_config_load(design, sets, n_sets + s->n_axes, &point->config, e);
        if (rc == ERR_CONFIG)
            point->refusal = arena_strdup(s->arena, e->text);
        else if (rc)
            return rc;
    }
    return ERR_OK;
}

/* Every value must be good in some combination. */
static enum err_code check_values(const struct sweep *s, struct err *e)
{
    const char *first = s->point[0].refusal;
    size_t n_same = 0;

    while (first && n_same < s->n_points && s->point[n_same].refusal &&
           !strcmp(first, s->point[n_same].refusal))
        n_same++;
    if (n_same == s->n_points) /* whatever the sweep does about it */
        return err_set(e, ERR_CONFIG, "%s", first);
    for (size_t i = 0; i < s->n_axes; i++)
        for (size_t v = 0; v < s->axis[i].n; v++) {
            const char *refusal = NULL;
            bool good = false;

            for (size_t p = 0; p < s->n_points && !good; p++) {
                if (sweep_value(s, i, p) != v)
                    continue;
                good = !s->point[p].refusal;
                if (!refusal)
                    refusal = s->point[p].refusal;
            }
            if (!good)
                return err_set(e, ERR_CONFIG, "--sweep %s=%s: %s", s->axis[i].key->path,
                               s->axis[i].value[v], refusal);
        }
    return ERR_OK;
}

/* A technology that is not there, or is damaged, is found before anything runs. */
static enum err_code check_params(const struct sweep *s, struct err *e)
{
    char dir[PATHS_SIZE];
    const char *last = "";
    enum err_code rc = paths_params(dir, e);

    for (size_t p = 0; p < s->n_points && !rc; p++) {
        const char *name = s->point[p].config.params;
        struct params *q = NULL;

        if (s->point[p].refusal || !strcmp(name, last))
            continue;
        if ((rc = params_load(&q, dir, name, e)))
            err_wrap(e, "%s: chip.params", s->args->pos[0]);
        params_free(q);
        last = name;
    }
    return rc;
}

enum err_code sweep_points(struct sweep *s, struct err *e)
{
    const char *texts[SWEEP_MAX_AXES + 1], *sets[SESSION_MAX_SETS + SWEEP_MAX_AXES];
    size_t n = args_all(s->args, "sweep", texts, SWEEP_MAX_AXES + 1);
    size_t n_sets = args_all(s->args, "set", sets, SESSION_MAX_SETS);
    enum err_code rc;

    if (n > SWEEP_MAX_AXES)
        return err_set(e, ERR_CONFIG, "--sweep: more than %d keys", SWEEP_MAX_AXES);
    s->n_points = 1;
    for (size_t i = 0; i < n; i++)
        if ((rc = read_axis(s, texts[i], e)))
            return rc;
    if ((rc = check_sets(s, sets, n_sets, e)))
        return rc;
    /* What is swept may mend the design, so the rules that join keys are the points' affair. */
    s->point = mem_alloc(s->n_points, sizeof *s->point);
    if ((rc = read_points(s, sets, n_sets, e)) || (rc = check_values(s, e)))
        return rc;
    return check_params(s, e);
}
