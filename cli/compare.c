/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/cost.h"
#include "cli/outdir.h"
#include "sim/base/file.h"

enum { COMPARE_BUSY_SHOWN = 5, N_TOTALS = 6 };

/* ---- one directory ---- */

/* A statistic's value; NaN if it is not there or not a number. */
static double stat_of(const struct compare_dir *d, const char *name)
{
    const struct cfg_node *row = cfg_get(cfg_root(d->stats), name);
    struct err e;
    double v;

    if (!row || !cfg_is_map(row) || cfg_f64(cfg_get(row, "value"), &v, &e))
        return NAN;
    return v;
}

/* Say what the directory is instead. */
static enum err_code no_results(const char *dir, struct err *e)
{
    char path[PATHS_SIZE], *text;
    enum err_code rc;
    size_t n;

    if ((rc = outdir_path(path, dir, "infeasible.txt", e)))
        return rc;
    if (file_exists(path)) {
        if ((rc = file_read(path, &text, &n, e)))
            return rc;
        text[strcspn(text, "\n")] = 0;
        rc = err_set(e, ERR_CONFIG, "%s: the workload does not fit: %s", dir, text);
        free(text);
        return rc;
    }
    if ((rc = outdir_path(path, dir, "sweep.csv", e)))
        return rc;
    if (file_exists(path))
        return err_set(e, ERR_CONFIG, "%s: is a sweep; compare its points, %s/point_NNNN", dir,
                       dir);
    return err_set(e, ERR_CONFIG, "%s: has no stats.json: no finished sim, cosim or run", dir);
}

/* run's configuration is the search's, and its chip is in design.yaml. */
static enum err_code load_design(struct compare_dir *d, struct err *e)
{
    char path[PATHS_SIZE];
    enum err_code rc;

    if ((rc = outdir_path(path, d->path, "design.yaml", e)))
        return rc;
    if (!file_exists(path) && (rc = outdir_path(path, d->path, "config.resolved.yaml", e)))
        return rc;
    return chip_config_load(path, NULL, 0, &d->config, e);
}

static const char *text_at(const struct cfg_node *n)
{
    const char *text = n ? cfg_str(n) : NULL;

    return text ? text : "";
}

/* Of sim and cosim the second input is the workload; run has it in its directory. */
static enum err_code load_provenance(struct compare *c, struct compare_dir *d, struct err *e)
{
    const struct cfg_node *root, *inputs;
    char path[PATHS_SIZE], workload[PATHS_SIZE];
    struct cfg *doc;
    enum err_code rc;

    if ((rc = outdir_path(path, d->path, "provenance.json", e)) || (rc = cfg_load(&doc, path, e)))
        return rc;
    root = cfg_root(doc);
    d->program = arena_printf(c->arena, "%s (%s)", text_at(cfg_get(root, "version")),
                              text_at(cfg_get(root, "revision")));
    inputs = cfg_get(root, "inputs");
    if ((rc = outdir_path(workload, d->path, "workload.h5", e)))
        goto out;
    if (file_exists(workload))
        rc = file_sha256(workload, d->workload_sha256, e);
    else if (inputs && cfg_is_seq(inputs) && cfg_len(inputs) == 2)
        snprintf(d->workload_sha256, sizeof d->workload_sha256, "%s",
                 text_at(cfg_get(cfg_at(inputs, 1), "sha256")));
out:
    cfg_free(doc);
    return rc;
}

/* "chip.UNIT.SUFFIX" -> UNIT; NULL for other names. */
static const char *unit_of(struct compare *c, const char *name, const char *suffix)
{
    size_t n = strlen(name), n_suffix = strlen(suffix);

    if (strncmp(name, "chip.", 5) != 0 || n < 5 + n_suffix ||
        strcmp(name + n - n_suffix, suffix) != 0)
        return NULL;
    return arena_printf(c->arena, "%.*s", (int)(n - n_suffix - 5), name + 5);
}

static void find_busiest(struct compare *c, struct compare_dir *d)
{
    const struct cfg_node *root = cfg_root(d->stats);

    d->busiest = "";
    for (size_t i = 0; i < cfg_len(root); i++) {
        const char *name = cfg_key_at(root, i);
        const char *unit = unit_of(c, name, ".engine.utilisation");
        double v = unit ? stat_of(d, name) : NAN;

        if (!(v > d->busiest_utilisation))
            continue;
        d->busiest = unit;
        d->busiest_utilisation = v;
    }
}

static enum err_code load_dir(struct compare *c, struct compare_dir *d, struct err *e)
{
    char path[PATHS_SIZE];
    enum err_code rc;

    if ((rc = outdir_path(path, d->path, "stats.json", e)))
        return rc;
    if (!file_exists(path))
        return no_results(d->path, e);
    if ((rc = cfg_load(&d->stats, path, e)))
        return rc;
    if (!cfg_is_map(cfg_root(d->stats)) || isnan(stat_of(d, "chip.n_requests")))
        return err_set(e, ERR_CONFIG, "%s: is not the statistics of a chip", path);
    d->partial = stat_of(d, "run.partial") > 0;
    if ((rc = load_design(d, e)) || (rc = load_provenance(c, d, e)))
        return rc;
    find_busiest(c, d);
    return ERR_OK;
}

/* ---- sections ---- */

static struct compare_section section_new(struct compare *c, const char *name, const char *title,
                                          const char *unit, size_t n)
{
    struct compare_section s = {.name = name, .title = title, .unit = unit, .n = n, .n_shown = n};

    s.row = arena_alloc(c->arena, n, sizeof *s.row);
    return s;
}

static const struct total {
    const char *name, *unit, *stat;
    bool is_cycles; /* of the chip's clock, shown as ns */
} totals[N_TOTALS] = {
    {"latency p50", "ns", "chip.latency_p50_cycles", true},
    {"latency p99", "ns", "chip.latency_p99_cycles", true},
    {"throughput", "1/s", "chip.inferences_per_s", false},
    {"energy", "nJ/inference", "chip.energy_nj_per_inference", false},
    {"area", "mm2", "chip.area_mm2", false},
    {"AUC", "1", "run.auc", false},
};

static void make_totals(struct compare *c)
{
    struct compare_section s = section_new(c, "totals", "totals", NULL, N_TOTALS);

    for (size_t i = 0; i < s.n; i++) {
        s.row[i].name = totals[i].name;
        for (size_t d = 0; d < c->n_dirs; d++) {
            double v = stat_of(&c->dir[d], totals[i].stat);

            s.row[i].value[d] =
                totals[i].is_cycles ? v * 1e3 / stat_of(&c->dir[d], "chip.clock_mhz") : v;
        }
    }
    c->section[COMPARE_TOTALS] = s;
}

/* Energy of a request and area, by part; energy has leakage as one more. */
static void make_parts(struct compare *c)
{
    struct compare_section energy =
        section_new(c, "energy", "energy by part", "nJ/inference", COST_N_PARTS + 1);
    struct compare_section area = section_new(c, "area", "area by part", "mm2", COST_N_PARTS);

    energy.is_sum = area.is_sum = true;
    for (size_t i = 0; i < energy.n; i++) {
        const char *part = i < COST_N_PARTS ? cost_part_name((enum cost_part)i) : "leakage";
        const char *pj = arena_printf(c->arena, "chip.energy.%s_pj", part);
        const char *um2 = arena_printf(c->arena, "chip.area.%s_um2", part);

        energy.row[i].name = part;
        for (size_t d = 0; d < c->n_dirs; d++)
            energy.row[i].value[d] =
                stat_of(&c->dir[d], pj) * 1e-3 / stat_of(&c->dir[d], "chip.n_requests");
        if (i == COST_N_PARTS)
            break;
        area.row[i].name = part;
        for (size_t d = 0; d < c->n_dirs; d++)
            area.row[i].value[d] = stat_of(&c->dir[d], um2) * 1e-6;
    }
    c->section[COMPARE_ENERGY] = energy;
    c->section[COMPARE_AREA] = area;
}

/* What each unit of the first directory works on a request, where the others have it, too. */
static void make_busy(struct compare *c)
{
    const struct cfg_node *root = cfg_root(c->dir[0].stats);
    struct compare_section s = section_new(c, "busy", "busy time by unit, largest changes",
                                           "cycles/request", cfg_len(root));

    s.n = 0;
    for (size_t i = 0; i < cfg_len(root); i++) {
        const char *name = cfg_key_at(root, i);

        s.row[s.n].name = unit_of(c, name, ".engine.busy_cycles");
        if (!s.row[s.n].name)
            continue;
        for (size_t d = 0; d < c->n_dirs; d++)
            s.row[s.n].value[d] =
                stat_of(&c->dir[d], name) / stat_of(&c->dir[d], "chip.n_requests");
        s.n++;
    }
    s.n_shown = s.n < COMPARE_BUSY_SHOWN ? s.n : COMPARE_BUSY_SHOWN;
    c->section[COMPARE_BUSY] = s;
}

const char *compare_unit(const struct compare_section *s, size_t row)
{
    return s->unit ? s->unit : totals[row].unit;
}

double compare_share(const struct compare_section *s, size_t row, size_t dir)
{
    double sum = 0;

    for (size_t i = 0; i < s->n; i++)
        sum += s->row[i].value[dir] - s->row[i].value[0];
    return sum != 0 ? (s->row[row].value[dir] - s->row[row].value[0]) / sum : NAN;
}

enum err_code compare_open(struct compare *c, const char *const *paths, size_t n, struct err *e)
{
    enum err_code rc;

    *c = (struct compare){.arena = arena_new(), .n_dirs = n};
    for (size_t i = 0; i < n; i++) {
        c->dir[i].path = paths[i];
        if ((rc = load_dir(c, &c->dir[i], e)))
            return rc;
    }
    make_totals(c);
    make_parts(c);
    make_busy(c);
    return ERR_OK;
}

void compare_close(struct compare *c)
{
    for (size_t i = 0; i < c->n_dirs; i++)
        cfg_free(c->dir[i].stats);
    arena_free(c->arena);
}
