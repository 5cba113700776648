/* SPDX-License-Identifier: Apache-2.0 */
/* The tables are read back from the points' stats.json, whoever wrote it and when. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/design.h"
#include "cli/outdir.h"
#include "cli/sweep.h"
#include "cli/term.h"
#include "sim/base/file.h"
#include "sim/base/json.h"
#include "sim/base/mem.h"
#include "traces/h5.h"

enum { SWEEP_FORMAT_VERSION = 1 };

struct table {
    const struct sweep *s;
    struct arena *arena;
    const char **reason; /* (n_points): why infeasible; "": it is feasible */
    size_t n_columns;    /* 0 if no point is feasible */
    struct column {
        const char *name, *unit, *meaning;
        double *value; /* (n_points), NaN where infeasible */
    } * column;
};

/* Of the whole chip or run: not chip.n12_fc.adc.n_conv. */
static bool is_chip_level(const char *name)
{
    if (!strncmp(name, "run.", 4))
        return true;
    return !strncmp(name, "chip.", 5) && !(name[5] == 'n' && isdigit((unsigned char)name[6])) &&
           strncmp(name, "chip.layer.", 11) != 0;
}

static const char *text_of(const struct cfg_node *map, const char *key)
{
    const struct cfg_node *n = cfg_get(map, key);
    const char *text = n ? cfg_str(n) : NULL;

    return text ? text : "";
}

/* The first feasible point says which columns there are. */
static void name_columns(struct table *t, const struct cfg_node *stats)
{
    size_t n = cfg_len(stats);

    t->column = arena_alloc(t->arena, n, sizeof *t->column);
    for (size_t i = 0; i < n; i++) {
        struct column *c = &t->column[t->n_columns];
        const char *name = cfg_key_at(stats, i);

        if (!is_chip_level(name))
            continue;
        c->name = arena_strdup(t->arena, name);
        c->unit = arena_strdup(t->arena, text_of(cfg_at(stats, i), "unit"));
        c->meaning = arena_strdup(t->arena, text_of(cfg_at(stats, i), "meaning"));
        c->value = arena_alloc(t->arena, t->s->n_points, sizeof *c->value);
        for (size_t p = 0; p < t->s->n_points; p++)
            c->value[p] = NAN;
        t->n_columns++;
    }
}

static enum err_code read_stats(struct table *t, size_t p, const char *path, struct err *e)
{
    const struct cfg_node *root;
    struct cfg *c;
    enum err_code rc;

    if ((rc = cfg_load(&c, path, e)))
        return rc;
    root = cfg_root(c);
    if (!t->n_columns)
        name_columns(t, root);
    for (size_t i = 0; i < t->n_columns && !rc; i++) {
        const struct cfg_node *row = cfg_get(root, t->column[i].name);

        if (!row)
            rc = err_set(e, ERR_CONFIG, "%s: has no %s", path, t->column[i].name);
        else if (strcmp(text_of(row, "value"), "null") != 0)
            rc = cfg_f64(cfg_get(row, "value"), &t->column[i].value[p], e);
    }
    cfg_free(c);
    return rc;
}

static enum err_code read_point(struct table *t, size_t p, struct err *e)
{
    char name[SWEEP_NAME], dir[PATHS_SIZE], path[PATHS_SIZE], *text;
    enum err_code rc;
    size_t n;

    sweep_name(name, p);
    if ((rc = outdir_path(dir, t->s->stages.dir, name, e)))
        return rc;
    if ((rc = outdir_path(path, dir, "infeasible.txt", e)))
        return rc;
    t->reason[p] = "";
    if (file_exists(path)) {
        if ((rc = file_read(path, &text, &n, e)))
            return rc;
        text[strcspn(text, "\n")] = 0;
        t->reason[p] = arena_strdup(t->arena, text);
        free(text);
        return ERR_OK;
    }
    rc = outdir_path(path, dir, "stats.json", e);
    return rc ? rc : read_stats(t, p, path, e);
}

/* ---- sweep.csv ---- */

static void csv_text(FILE *f, const char *text)
{
    if (!text[strcspn(text, ",\"")]) {
        fputs(text, f);
        return;
    }
    fputc('"', f);
    for (; *text; text++)
        fprintf(f, *text == '"' ? "\"\"" : "%c", *text);
    fputc('"', f);
}

static void write_csv(FILE *f, const void *self)
{
    const struct table *t = self;
    const struct sweep *s = t->s;
    char text[DESIGN_TEXT];

    fputs("point", f);
    for (size_t i = 0; i < s->n_axes; i++)
        fprintf(f, ",%s", s->axis[i].key->path);
    fputs(",feasible", f);
    for (size_t i = 0; i < t->n_columns; i++)
        fprintf(f, ",%s", t->column[i].name);
    fputs(",reason\n", f);
    for (size_t p = 0; p < s->n_points; p++) {
        fprintf(f, "%u", (unsigned)p);
        for (size_t i = 0; i < s->n_axes; i++) {
            design_value(&s->point[p].config, s->axis[i].key, text);
            fputc(',', f);
            csv_text(f, text);
        }
        fprintf(f, ",%d", !*t->reason[p]);
        for (size_t i = 0; i < t->n_columns; i++) {
            json_f64_text(text, t->column[i].value[p]);
            fprintf(f, ",%s", isfinite(t->column[i].value[p]) ? text : "");
        }
        fputc(',', f);
        csv_text(f, t->reason[p]);
        fputc('\n', f);
    }
}

/* ---- sweep.h5 ---- */

static void put(struct h5 *f, const struct table *t, enum h5_type type, const char *path,
                const char *units, const char *long_name, const void *values)
{
    struct h5_data d = {.path = path,
                        .type = type,
                        .rank = 1,
                        .extent = {t->s->n_points},
                        .units = units,
                        .long_name = long_name};

    if (strcmp(path, "/point") != 0)
        d.axis[0] = "/point";
    h5_write(f, &d, values);
}

/* A column of texts, as wide as the widest. */
static void put_text(struct h5 *f, const struct table *t, const char *path, const char *units,
                     const char *long_name, const char *const *text)
{
    struct h5_data d = {.path = path,
                        .type = H5_TEXT,
                        .rank = 1,
                        .extent = {t->s->n_points},
                        .units = units,
                        .long_name = long_name,
                        .axis = {"/point"}};
    char *values;

    for (size_t p = 0; p < t->s->n_points; p++)
        if (d.text_bytes < strlen(text[p]) + 1)
            d.text_bytes = (uint32_t)strlen(text[p]) + 1;
    values = mem_alloc(t->s->n_points, d.text_bytes);
    for (size_t p = 0; p < t->s->n_points; p++)
        memcpy(values + p * d.text_bytes, text[p], strlen(text[p]));
    h5_write(f, &d, values);
    free(values);
}

static void put_axis(struct h5 *f, const struct table *t, const struct cfg_key *k)
{
    const struct sweep *s = t->s;
    char *path = mem_printf("/keys/%s", k->path), value[DESIGN_TEXT];

    if (k->type == CFG_U32 || k->type == CFG_F64) {
        double *v = mem_alloc(s->n_points, sizeof *v);

        for (size_t p = 0; p < s->n_points; p++)
            v[p] = design_number(&s->point[p].config, k);
        put(f, t, H5_F64, path, k->unit, k->help, v);
        free(v);
    } else {
        const char **v = mem_alloc(s->n_points, sizeof *v);

        for (size_t p = 0; p < s->n_points; p++) {
            design_value(&s->point[p].config, k, value);
            v[p] = arena_strdup(t->arena, value);
        }
        put_text(f, t, path, k->unit, k->help, v);
        free(v);
    }
    free(path);
}

static enum err_code write_h5(const struct table *t, const char *path, struct err *e)
{
    const struct sweep *s = t->s;
    struct h5 *f = h5_create(path, "autorac-sweep", SWEEP_FORMAT_VERSION);
    uint32_t *point = mem_alloc(s->n_points, sizeof *point);
    uint8_t *feasible = mem_alloc(s->n_points, sizeof *feasible);

    for (size_t p = 0; p < s->n_points; p++) {
        point[p] = (uint32_t)p;
        feasible[p] = !*t->reason[p];
    }
    h5_attr_text(f, "design_sha256", s->provenance.input[0].sha256);
    h5_attr_text(f, "workload_sha256", s->provenance.input[1].sha256);
    put(f, t, H5_U32, "/point", "1", "number of the point: directory point_NNNN", point);
    put(f, t, H5_U8, "/feasible", "1", "1: the workload fits the chip", feasible);
    put_text(f, t, "/reason", "1", "why it is not feasible", t->reason);
    for (size_t i = 0; i < s->n_axes; i++)
        put_axis(f, t, s->axis[i].key);
    for (size_t i = 0; i < t->n_columns; i++) {
        const struct column *c = &t->column[i];
        char *name = mem_printf("/stats/%s", c->name);

        put(f, t, H5_F64, name, c->unit, c->meaning, c->value);
        free(name);
    }
    free(point);
    free(feasible);
    return h5_commit(f, e);
}

/* ---- for people ---- */

static double value_of(const struct table *t, const char *name, size_t p)
{
    for (size_t i = 0; i < t->n_columns; i++)
        if (!strcmp(t->column[i].name, name))
            return t->column[i].value[p];
    return NAN;
}

/* Keys by their names, or, where these would not fit a line, by letters: then four do. */
enum { FIXED_COLUMNS = 72, LEAST_KEY = 8, LETTER_KEY = 5, MOST_COLUMNS = 100 };

static bool by_letter(const struct sweep *s)
{
    size_t width = FIXED_COLUMNS;

    for (size_t i = 0; i < s->n_axes; i++) {
        size_t n = strlen(s->axis[i].key->path);

        width += 2 + (n > LEAST_KEY ? n : LEAST_KEY);
    }
    return width > MOST_COLUMNS;
}

static int key_width(const struct cfg_key *k, bool letter)
{
    if (letter)
        return LETTER_KEY;
    return strlen(k->path) > LEAST_KEY ? (int)strlen(k->path) : LEAST_KEY;
}

/* The heads of the keys' columns, after a line for each letter. */
static void print_heads(const struct sweep *s, bool letters)
{
    for (size_t i = 0; letters && i < s->n_axes; i++)
        printf("%c: %s\n", (char)('a' + i), s->axis[i].key->path);
    printf("%5s", "point");
    for (size_t i = 0; i < s->n_axes; i++) {
        const struct cfg_key *k = s->axis[i].key;

        if (letters)
            printf("  %*c", LETTER_KEY, (char)('a' + i));
        else
            printf("  %*s", key_width(k, false), k->path);
    }
}

static void print_table(const struct table *t)
{
    const struct sweep *s = t->s;
    bool letters = by_letter(s);
    unsigned n_infeasible = 0;
    char text[DESIGN_TEXT];

    print_heads(s, letters);
    printf("  %10s %12s %10s %10s %10s %8s\n", "p50 cycles", "inferences/s", "nJ/inf.", "mm2",
           "clipped", "AUC");
    for (size_t p = 0; p < s->n_points; p++) {
        printf("%5u", (unsigned)p);
        for (size_t i = 0; i < s->n_axes; i++) {
            design_value(&s->point[p].config, s->axis[i].key, text);
            printf("  %*s", key_width(s->axis[i].key, letters), text);
        }
        n_infeasible += *t->reason[p] != 0;
        if (*t->reason[p])
            printf("  infeasible: %s\n", t->reason[p]);
        else
            printf("  %10.0f %12.6g %10.5g %10.5g %10.0f %8.4g\n",
                   value_of(t, "chip.latency_p50_cycles", p),
                   value_of(t, "chip.inferences_per_s", p),
                   value_of(t, "chip.energy_nj_per_inference", p), value_of(t, "chip.area_mm2", p),
                   value_of(t, "chip.n_clipped", p), value_of(t, "run.auc", p));
    }
    printf("\n%u point%s, %u infeasible; all statistics in %s/sweep.csv and sweep.h5\n",
           (unsigned)s->n_points, s->n_points == 1 ? "" : "s", n_infeasible, s->stages.dir);
}

enum err_code sweep_out(const struct sweep *s, struct err *e)
{
    struct table t = {.s = s, .arena = arena_new()};
    char path[PATHS_SIZE];
    enum err_code rc = ERR_OK;

    t.reason = arena_alloc(t.arena, s->n_points, sizeof *t.reason);
    for (size_t p = 0; p < s->n_points && !rc; p++)
        rc = read_point(&t, p, e);
    if (rc || (rc = outdir_path(path, s->stages.dir, "sweep.h5", e)))
        goto out;
    if ((rc = outdir_write(s->stages.dir, "sweep.csv", write_csv, &t, e)))
        goto out;
    if ((rc = write_h5(&t, path, e)))
        goto out;
    if (!term_quiet())
        print_table(&t);
out:
    arena_free(t.arena);
    return rc;
}
