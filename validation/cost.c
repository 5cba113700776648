/* SPDX-License-Identifier: Apache-2.0 */
#include "validation/cost.h"

#include <math.h>
#include <stdlib.h>

#include "arch/cost.h"
#include "arch/count.h"
#include "sim/base/mem.h"

enum { NO_REASON_PERCENT = 3 }; /* of the table's one or two digits */

/* ISAAC's own shape; cfg keys below "design". */
struct isaac {
    double cycle_ns;
    uint32_t xbars, rows, cols, cell_bits, dac_bits, adc_bits, cols_per_adc, weight_bits,
        input_bits;
    uint32_t input_register_bytes, output_register_bytes, imas, tiles;
};

static enum err_code number(const struct cfg_node *map, const char *key, double *out, struct err *e)
{
    const struct cfg_node *n = cfg_get(map, key);

    if (!n)
        return err_set(e, ERR_CONFIG, "%s: %s is missing", cfg_where(map), key);
    return cfg_f64(n, out, e);
}

static enum err_code read_design(const struct cfg_node *n, struct isaac *d, struct err *e)
{
    const struct {
        const char *key;
        uint32_t *to;
    } at[] = {{"xbars", &d->xbars},
              {"rows", &d->rows},
              {"cols", &d->cols},
              {"cell_bits", &d->cell_bits},
              {"dac_bits", &d->dac_bits},
              {"adc_bits", &d->adc_bits},
              {"cols_per_adc", &d->cols_per_adc},
              {"weight_bits", &d->weight_bits},
              {"input_bits", &d->input_bits},
              {"input_register_bytes", &d->input_register_bytes},
              {"output_register_bytes", &d->output_register_bytes},
              {"imas", &d->imas},
              {"tiles", &d->tiles}};
    enum err_code rc = number(n, "cycle_ns", &d->cycle_ns, e);

    for (size_t i = 0; !rc && i < sizeof at / sizeof *at; i++) {
        double v = 0;

        if (!(rc = number(n, at[i].key, &v, e)) && !(v >= 1 && v <= 1e6))
            rc = err_set(e, ERR_CONFIG, "%s: %s is outside 1..1e6", cfg_where(n), at[i].key);
        *at[i].to = rc ? 0 : (uint32_t)v;
    }
    return rc;
}

/* What the simulator says of the unit, fully used. */
struct ima {
    double power_mw[COST_N_PARTS], area_mm2[COST_N_PARTS];
    double conversions_per_mac;
};

/* One vector through 8 full arrays: biased weights of ISAAC's own width, one accumulator an output,
 * counted and priced as any matrix unit is. */
static void price_ima(const struct isaac *d, const struct params *q, struct ima *out)
{
    uint32_t per_output = d->weight_bits / d->cell_bits, slices = d->input_bits / d->dac_bits;
    uint32_t m = d->xbars * (d->cols / per_output);
    struct plan_unit u = {.kind = UNIT_MVM,
                          .mvm = {.k = d->rows,
                                  .m = m,
                                  .n_vec = 1,
                                  .n_rb = 1,
                                  .n_cb = d->xbars,
                                  .cols_per_output = per_output,
                                  .n_slices = slices,
                                  .raw = true}};
    struct plan p = {.n_nodes = 1, .n_units = 1, .unit = &u, .output_slots = 1};
    struct unit_counts c;
    double leak_mw = 0, ns = d->cycle_ns * slices;

    p.config.mvm_rows = d->rows;
    p.config.mvm_cols = d->cols;
    p.config.mvm_xbars = d->xbars;
    p.config.mvm_cell_bits = d->cell_bits;
    p.config.mvm_dac_bits = d->dac_bits;
    p.config.mvm_adc_bits = d->adc_bits;
    p.config.mvm_cols_per_adc = d->cols_per_adc;
    p.limit.mvm_inputs = d->input_register_bytes;
    p.limit.mvm_outputs = d->output_register_bytes;
    *out = (struct ima){0};
    count_unit(&p, 0, &c);
    cost_unit_energy(&p, q, 0, &c, out->power_mw);
    cost_unit_area(&p, q, 0, out->area_mm2, &leak_mw);
    for (int i = 0; i < COST_N_PARTS; i++) {
        out->power_mw[i] /= ns; /* 1 pJ in 1 ns is 1 mW */
        out->area_mm2[i] *= 1e-6;
    }
    out->conversions_per_mac = (double)c.n_conversions / ((double)d->rows * m);
}

static double deviation(double ours, double published)
{
    return 100 * (ours - published) / published;
}

struct sum {
    double power_mw, area_mm2;
};

static enum err_code print_ima(const struct cfg_node *map, struct ima *a, struct sum *sum,
                               FILE *out, struct err *e)
{
    enum err_code rc;

    for (int i = 0; i < COST_N_PARTS; i++) {
        const char *name = cost_part_name((enum cost_part)i), *why = "";
        const struct cfg_node *n = cfg_get(map, name);
        double power, area;

        if (!n)
            continue;
        if ((rc = number(n, "power", &power, e)) || (rc = number(n, "area", &area, e)))
            return rc;
        if (cfg_get(n, "why"))
            why = cfg_str(cfg_get(n, "why"));
        if (i == COST_BUFFER) {
            a->power_mw[i] = power; /* added; the file says why */
            fprintf(out, "  %-22s %10s %10.4g %9s", name, "added", power, "");
        } else {
            fprintf(out, "  %-22s %10.4g %10.4g %+8.1f%%", name, a->power_mw[i], power,
                    deviation(a->power_mw[i], power));
        }
        sum->power_mw += a->power_mw[i];
        sum->area_mm2 += a->area_mm2[i];
        if (i != COST_BUFFER && fabs(deviation(a->power_mw[i], power)) < NO_REASON_PERCENT &&
            fabs(deviation(a->area_mm2[i], area)) < NO_REASON_PERCENT)
            why = "";
        fprintf(out, " %11.5f %10.5f %+8.1f%%  %s\n", a->area_mm2[i], area,
                deviation(a->area_mm2[i], area), why);
    }
    return ERR_OK;
}

/* Parts taken over as published. */
static enum err_code print_taken(const struct cfg_node *map, struct sum *sum, FILE *out,
                                 struct err *e)
{
    enum err_code rc;

    for (size_t i = 0; i < cfg_len(map); i++) {
        const struct cfg_node *n = cfg_at(map, i);
        const char *why = cfg_get(n, "why") ? cfg_str(cfg_get(n, "why")) : "";
        double power, area;

        if ((rc = number(n, "power", &power, e)) || (rc = number(n, "area", &area, e)))
            return rc;
        sum->power_mw += power;
        sum->area_mm2 += area;
        fprintf(out, "  %-22s %10s %10.4g %9s %11s %10.5f %9s  %s\n", cfg_key_at(map, i), "added",
                power, "", "added", area, "", why);
    }
    return ERR_OK;
}

static enum err_code check(const struct cfg_node *total, const char *key, const char *what,
                           double ours, double tolerance, uint32_t *n_bad, FILE *out, struct err *e)
{
    double want;
    enum err_code rc;
    bool good;

    if ((rc = number(total, key, &want, e)))
        return rc;
    good = fabs(ours - want) <= tolerance * want;
    *n_bad += !good;
    fprintf(out, "  %-26s %10.5g %10.5g %+8.1f%%  %s\n", what, ours, want, deviation(ours, want),
            !good           ? "OUTSIDE"
            : tolerance > 0 ? "within"
                            : "exact");
    return ERR_OK;
}

static enum err_code totals(const struct cfg_node *total, const char *key, const struct ima *a,
                            const struct sum sum[3], FILE *out, struct err *e)
{
    const struct {
        const char *key, *what;
        double value;
        bool exact;
    } row[] = {{"ima_mw", "unit, mW", sum[0].power_mw, false},
               {"tile_mw", "tile, mW", sum[1].power_mw, false},
               {"tile_mm2", "tile, mm2", sum[1].area_mm2, false},
               {"chip_w", "chip, W", sum[2].power_mw * 1e-3, false},
               {"chip_mm2", "chip, mm2", sum[2].area_mm2, false},
               {"conversions_per_mac", "conversions a 16-bit MAC", a->conversions_per_mac, true}};
    uint32_t n_bad = 0;
    double tolerance;
    enum err_code rc;

    if ((rc = number(total, key, &tolerance, e)))
        return rc;
    fprintf(out, "\n  %-26s %10s %10s %9s  tolerance %g%%\n", "total", "computed", "published", "",
            100 * tolerance);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        if ((rc = check(total, row[i].key, row[i].what, row[i].value, row[i].exact ? 0 : tolerance,
                        &n_bad, out, e)))
            return rc;
    if (n_bad)
        return err_set(e, ERR_MISMATCH, "ISAAC: %u of %zu totals outside the tolerance", n_bad,
                       sizeof row / sizeof *row);
    return ERR_OK;
}

static enum err_code isaac_from(const struct cfg_node *root, const struct params *q, bool table,
                                FILE *out, struct err *e)
{
    struct sum sum[3] = {{0}};
    struct isaac d;
    struct ima a;
    enum err_code rc;

    if ((rc = read_design(cfg_get(root, "design"), &d, e)))
        return rc;
    price_ima(&d, q, &a);
    fprintf(out, "ISAAC: unit of %u arrays, every row, column and converter in use\n\n", d.xbars);
    fprintf(out, "  %-22s %10s %10s %9s %11s %10s %9s  %s\n", "part", "mW", "published", "", "mm2",
            "published", "", "reason of a deviation, or of adding the published figure");
    fprintf(out, "unit\n");
    if ((rc = print_ima(cfg_get(root, "ima"), &a, &sum[0], out, e)))
        return rc;
    sum[1] = (struct sum){sum[0].power_mw * d.imas, sum[0].area_mm2 * d.imas};
    fprintf(out, "tile: %u units and\n", d.imas);
    if ((rc = print_taken(cfg_get(root, "tile"), &sum[1], out, e)))
        return rc;
    sum[2] = (struct sum){sum[1].power_mw * d.tiles, sum[1].area_mm2 * d.tiles};
    fprintf(out, "chip: %u tiles and\n", d.tiles);
    if ((rc = print_taken(cfg_get(root, "chip"), &sum[2], out, e)))
        return rc;
    return totals(cfg_get(root, "total"), table ? "table_tolerance" : "tolerance", &a, sum, out, e);
}

enum err_code validate_cost_isaac(const char *params_dir, const struct params *q, bool table,
                                  FILE *out, struct err *e)
{
    char *path = mem_printf("%s/reference/isaac.yaml", params_dir);
    struct cfg *c = NULL;
    enum err_code rc = cfg_load(&c, path, e);
    static const char *const groups[] = {"design", "ima", "tile", "chip", "total"};

    for (size_t i = 0; !rc && i < sizeof groups / sizeof *groups; i++)
        if (!cfg_is_map(cfg_root(c)) || !cfg_get(cfg_root(c), groups[i]))
            rc = err_set(e, ERR_CONFIG, "%s: %s is missing", path, groups[i]);
    if (!rc)
        rc = isaac_from(cfg_root(c), q, table, out, e);
    cfg_free(c);
    free(path);
    return rc;
}
