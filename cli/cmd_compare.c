/* SPDX-License-Identifier: Apache-2.0 */
/* cli/cmd_compare.c: what differs between directories of results, and which part explains it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/compare.h"
#include "cli/design.h"
#include "cli/term.h"
#include "sim/base/json.h"

static const struct opt compare_opts[] = {
    OPT_JSON,
    {0},
};

static bool key_differs(const struct compare *c, const struct cfg_key *k)
{
    char first[DESIGN_TEXT], other[DESIGN_TEXT];

    design_value(&c->dir[0].config, k, first);
    for (size_t d = 1; d < c->n_dirs; d++) {
        design_value(&c->dir[d].config, k, other);
        if (strcmp(first, other) != 0)
            return true;
    }
    return false;
}

/* -1: not known */
static int same_workload(const struct compare *c, size_t dir)
{
    const char *a = c->dir[0].workload_sha256, *b = c->dir[dir].workload_sha256;

    return *a && *b ? !strcmp(a, b) : -1;
}

/* ---- for people ---- */

static void print_design(const struct compare *c)
{
    size_t n = 0;
    char text[DESIGN_TEXT];

    puts("\ndesign");
    for (size_t i = 0; i < chip_config_n_keys; i++) {
        const struct cfg_key *k = &chip_config_keys[i];

        if (!key_differs(c, k))
            continue;
        n++;
        printf("  %-22s", k->path);
        for (size_t d = 0; d < c->n_dirs; d++) {
            design_value(&c->dir[d].config, k, text);
            printf(" %12s", text);
        }
        printf("  %s\n", strcmp(k->unit, "1") != 0 ? k->unit : "");
    }
    if (!n)
        puts("  the same");
}

static void print_dirs(const struct compare *c)
{
    for (size_t d = 0; d < c->n_dirs; d++) {
        const struct compare_dir *dir = &c->dir[d];
        int same = same_workload(c, d);

        printf("[%u] %s\n", (unsigned)d, dir->path);
        printf("    busiest unit %s, %.0f %% of the run\n", dir->busiest,
               100 * dir->busiest_utilisation);
        if (d && !same)
            puts("    ANOTHER WORKLOAD: not only the design differs");
        else if (d && same < 0)
            puts("    whether the workload is the same is not known");
        if (strcmp(dir->program, c->dir[0].program) != 0)
            printf("    made by another autorac, %s; [0] by %s\n", dir->program, c->dir[0].program);
        if (dir->partial)
            puts("    INTERRUPTED: statistics are partial");
    }
}

struct ranked {
    size_t row;
    double change; /* absolute */
};

static int by_change(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;

    if (x->change != y->change)
        return x->change < y->change ? 1 : -1;
    return x->row < y->row ? -1 : 1;
}

static void print_row(const struct compare_section *s, size_t row, size_t dir)
{
    const struct compare_row *r = &s->row[row];
    double a = r->value[0], b = r->value[dir], share = compare_share(s, row, dir);
    char name[64];

    if (s->unit)
        snprintf(name, sizeof name, "%s", r->name);
    else
        snprintf(name, sizeof name, "%s, %s", r->name, compare_unit(s, row));
    printf("  %-24s %12.6g %12.6g %+12.4g", name, a, b, b - a);
    if (a != 0 && isfinite(b / a))
        printf(" %+8.2f %%", 100 * (b - a) / a);
    else
        printf(" %10s", "");
    if (s->is_sum && isfinite(share))
        printf(" %8.1f %%", 100 * share);
    putchar('\n');
}

/* Totals as they stand, everything else by size of the change; what did not change is left out. */
static void print_section(const struct compare_section *s, size_t dir)
{
    struct ranked *order = mem_alloc(s->n, sizeof *order);
    bool sorted = s->unit != NULL;
    size_t n = 0;

    for (size_t i = 0; i < s->n; i++) {
        double change = fabs(s->row[i].value[dir] - s->row[i].value[0]);

        if (!sorted || change > 0)
            order[n++] = (struct ranked){i, change};
    }
    if (sorted)
        qsort(order, n, sizeof *order, by_change);
    if (n > s->n_shown)
        n = s->n_shown;
    printf("\n%s%s%s%s\n", s->title, sorted ? ", " : "", sorted ? s->unit : "",
           n ? "" : ": the same");
    if (n)
        printf("  %-24s %9s[0] %9s[%u] %12s %10s%s\n", "", "", "", (unsigned)dir, "difference",
               "relative", s->is_sum ? "  of change" : "");
    for (size_t i = 0; i < n; i++)
        print_row(s, order[i].row, dir);
    free(order);
}

static void print_all(const struct compare *c)
{
    print_dirs(c);
    print_design(c);
    for (size_t d = 1; d < c->n_dirs; d++) {
        if (c->n_dirs > 2)
            printf("\n==== [%u] against [0] ====\n", (unsigned)d);
        for (size_t i = 0; i < COMPARE_N_SECTIONS; i++)
            print_section(&c->section[i], d);
    }
}

/* ---- for programs ---- */

static void json_dirs(struct json *j, const struct compare *c)
{
    json_key(j, "directories");
    json_array(j);
    for (size_t d = 0; d < c->n_dirs; d++) {
        const struct compare_dir *dir = &c->dir[d];

        json_object(j);
        json_kstr(j, "path", dir->path);
        json_kstr(j, "workload_sha256", dir->workload_sha256);
        json_kbool(j, "same_workload", same_workload(c, d) == 1);
        json_kstr(j, "program", dir->program);
        json_kbool(j, "partial", dir->partial);
        json_kstr(j, "busiest_unit", dir->busiest);
        json_kf64(j, "busiest_utilisation", dir->busiest_utilisation);
        json_object_end(j);
    }
    json_array_end(j);
}

static void json_design(struct json *j, const struct compare *c)
{
    char text[DESIGN_TEXT];

    json_key(j, "design");
    json_array(j);
    for (size_t i = 0; i < chip_config_n_keys; i++) {
        const struct cfg_key *k = &chip_config_keys[i];

        if (!key_differs(c, k))
            continue;
        json_object(j);
        json_kstr(j, "key", k->path);
        json_kstr(j, "unit", k->unit);
        json_key(j, "values");
        json_array(j);
        for (size_t d = 0; d < c->n_dirs; d++) {
            design_value(&c->dir[d].config, k, text);
            if (k->type == CFG_U32 || k->type == CFG_F64)
                json_f64(j, design_number(&c->dir[d].config, k));
            else
                json_str(j, text);
        }
        json_array_end(j);
        json_object_end(j);
    }
    json_array_end(j);
}

enum { JSON_VALUES, JSON_DIFFERENCES, JSON_RELATIVE, JSON_SHARES };

static void json_numbers(struct json *j, const struct compare_section *s, size_t row, size_t n_dirs,
                         const char *key, int what)
{
    const double *v = s->row[row].value;

    json_key(j, key);
    json_array(j);
    for (size_t d = 0; d < n_dirs; d++)
        json_f64(j, what == JSON_VALUES        ? v[d]
                    : what == JSON_DIFFERENCES ? v[d] - v[0]
                    : what == JSON_RELATIVE    ? (v[0] != 0 ? (v[d] - v[0]) / v[0] : NAN)
                                               : compare_share(s, row, d));
    json_array_end(j);
}

static void json_section(struct json *j, const struct compare_section *s, size_t n_dirs)
{
    json_key(j, s->name);
    json_array(j);
    for (size_t i = 0; i < s->n; i++) {
        json_object(j);
        json_kstr(j, "name", s->row[i].name);
        json_kstr(j, "unit", compare_unit(s, i));
        json_numbers(j, s, i, n_dirs, "values", JSON_VALUES);
        json_numbers(j, s, i, n_dirs, "differences", JSON_DIFFERENCES);
        json_numbers(j, s, i, n_dirs, "relative", JSON_RELATIVE);
        if (s->is_sum)
            json_numbers(j, s, i, n_dirs, "shares", JSON_SHARES);
        json_object_end(j);
    }
    json_array_end(j);
}

static void print_json(const struct compare *c)
{
    struct json j = json_open(stdout);

    json_object(&j);
    json_dirs(&j, c);
    json_design(&j, c);
    for (size_t i = 0; i < COMPARE_N_SECTIONS; i++)
        json_section(&j, &c->section[i], c->n_dirs);
    json_object_end(&j);
}

static enum err_code compare_run(const struct args *a, struct err *e)
{
    struct compare c;
    enum err_code rc = compare_open(&c, a->pos, a->n_pos, e);

    if (!rc && args_has(a, "json"))
        print_json(&c);
    else if (!rc)
        print_all(&c);
    compare_close(&c);
    return rc;
}

const struct cmd cmd_compare = {
    .name = "compare",
    .pos = "DIR DIR...",
    .min_pos = 2,
    .max_pos = ARGS_MAX_POS,
    .summary = "what differs between results, and which part explains it",
    .details = "Directories of sim, cosim or run, or points of a sweep. The others are compared\n"
               "with the first: keys of the design that differ, latency, throughput, energy and\n"
               "area, each part's share of the change, and the busiest unit.",
    .opts = compare_opts,
    .run = compare_run,
};
