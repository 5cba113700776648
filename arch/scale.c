/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/scale.h"

#include <math.h>
#include <string.h>

#include "sim/base/cfg.h"

struct factors {
    double digital_energy, digital_area, adc_energy, adc_area, cell_area;
};

/* ---- params/reference/scaling.yaml ---- */

static enum err_code number(const struct cfg_node *map, const char *key, double *v, struct err *e)
{
    const struct cfg_node *n = cfg_get(map, key);

    if (!n)
        return err_set(e, ERR_CONFIG, "%s: %s is missing", cfg_where(map), key);
    return cfg_f64(n, v, e);
}

struct point {
    double nm, energy, area;
};

static enum err_code read_point(const struct cfg_node *n, struct point *p, struct err *e)
{
    enum err_code rc;

    if ((rc = number(n, "nm", &p->nm, e)) || (rc = number(n, "energy", &p->energy, e)))
        return rc;
    return number(n, "area", &p->area, e);
}

/* On the straight line through two points in logarithms. */
static double between(double x, double x0, double y0, double x1, double y1)
{
    return exp(log(y0) + (log(y1) - log(y0)) * log(x / x0) / log(x1 / x0));
}

static enum err_code digital(const struct cfg_node *root, double nm, struct factors *f,
                             struct err *e)
{
    const struct cfg_node *group = cfg_get(root, "digital");
    const struct cfg_node *nodes = group ? cfg_get(group, "nodes") : NULL;
    struct point a = {0}, b;
    enum err_code rc;

    if (!nodes || cfg_len(nodes) < 2)
        return err_set(e, ERR_CONFIG, "%s: digital.nodes: two or more are needed", cfg_where(root));
    for (size_t i = 0; i < cfg_len(nodes); i++, a = b) {
        if ((rc = read_point(cfg_at(nodes, i), &b, e)))
            return rc;
        if (nm == b.nm) {
            f->digital_energy = b.energy;
            f->digital_area = b.area;
            return ERR_OK;
        }
        if (i && nm < a.nm && nm > b.nm) {
            f->digital_energy = between(nm, a.nm, a.energy, b.nm, b.energy);
            f->digital_area = between(nm, a.nm, a.area, b.nm, b.area);
            return ERR_OK;
        }
    }
    return err_set(e, ERR_CONFIG, "%s: no factors for %g nm: the last node is %g", cfg_where(nodes),
                   nm, a.nm);
}

static enum err_code read_factors(const struct cfg_node *root, double nm, struct factors *f,
                                  struct err *e)
{
    const struct cfg_node *adc = cfg_get(root, "adc"), *cell = cfg_get(root, "cell");
    double base, energy, area, cell_area;
    enum err_code rc;

    if (!adc || !cell)
        return err_set(e, ERR_CONFIG, "%s: adc or cell is missing", cfg_where(root));
    if ((rc = number(root, "base_nm", &base, e)) || (rc = digital(root, nm, f, e)) ||
        (rc = number(adc, "energy_exponent", &energy, e)) ||
        (rc = number(adc, "area_exponent", &area, e)) ||
        (rc = number(cell, "area_exponent", &cell_area, e)))
        return rc;
    f->adc_energy = pow(nm / base, energy);
    f->adc_area = pow(nm / base, area);
    f->cell_area = pow(nm / base, cell_area);
    return ERR_OK;
}

/* ---- which factor a parameter takes ---- */

enum law { LAW_DIGITAL, LAW_ADC, LAW_CELL, LAW_NONE };

/* By the first prefix that fits. */
static const struct rule {
    const char *prefix;
    enum law law;
} rules[] = {
    {"array.cell_area", LAW_CELL},
    {"array.", LAW_NONE},
    {"dac.", LAW_NONE},
    {"sample_hold.", LAW_NONE},
    {"adc.", LAW_ADC},
    {"flash.", LAW_ADC},
    {"embedding.", LAW_NONE},
    {"write.", LAW_NONE},
    {"link.", LAW_NONE},
    {"", LAW_DIGITAL},
};

static double factor_of(const struct param *p, const struct factors *f)
{
    bool energy = !strcmp(p->unit, "pJ") || !strcmp(p->unit, "fJ");
    bool area = !strcmp(p->unit, "um2");
    const struct rule *r = rules;

    while (strncmp(p->name, r->prefix, strlen(r->prefix)) != 0)
        r++;
    if (r->law == LAW_DIGITAL && (energy || area))
        return energy ? f->digital_energy : f->digital_area;
    if (r->law == LAW_ADC && (energy || area))
        return energy ? f->adc_energy : f->adc_area;
    return r->law == LAW_CELL ? f->cell_area : 1;
}

enum err_code params_scale(struct param *at, size_t n, struct arena *a, const char *dir,
                           double to_nm, struct err *e)
{
    const char *path = arena_printf(a, "%s/reference/scaling.yaml", dir);
    struct factors f = {0};
    struct cfg *c = NULL;
    enum err_code rc;

    if (!(rc = cfg_load(&c, path, e)))
        rc = read_factors(cfg_root(c), to_nm, &f, e);
    for (size_t i = 0; i < n && !rc; i++) {
        double factor = factor_of(&at[i], &f);

        if (factor == 1)
            continue;
        at[i].value *= factor;
        at[i].kind = "scaled";
        at[i].node = arena_printf(a, "%g", to_nm);
        at[i].source =
            arena_printf(a, "%s; x %.4g to %g nm (scaling.yaml)", at[i].source, factor, to_nm);
    }
    cfg_free(c);
    return rc;
}
