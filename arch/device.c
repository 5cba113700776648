/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/device.h"

#include <math.h>
#include <string.h>

#include "sim/base/rng.h"

extern const char arch_device_yaml[]; /* arch/params/device/cells.yaml, embedded */

static const char *const cell_names[] = {"milo", "wan", "cmo"}; /* enum device_cell */

/* ---- figures of a cell ---- */

/* Absent entries are 0. */
static enum err_code number(const struct cfg_node *cell, const char *key, double *out,
                            struct err *e)
{
    const struct cfg_node *n = cfg_get(cell, key);

    *out = 0;
    return n ? cfg_f64(cfg_get(n, "value"), out, e) : ERR_OK;
}

static enum err_code read_cell(struct device *d, const struct cfg_node *cell, double time_s,
                               struct err *e)
{
    static const char *const sigma[] = {"sigma_c0", "sigma_c1", "sigma_c2", "sigma_c3"};
    double mean, std_c0, std_c1;
    enum err_code rc;

    if ((rc = number(cell, "g_min", &d->g_min_us, e)) ||
        (rc = number(cell, "g_max", &d->g_max_us, e)) ||
        (rc = number(cell, "drift_mean", &mean, e)) ||
        (rc = number(cell, "drift_std_c0", &std_c0, e)) ||
        (rc = number(cell, "drift_std_c1", &std_c1, e)))
        return rc;
    for (int i = 0; i < 4; i++)
        if ((rc = number(cell, sigma[i], &d->sigma_us[i], e)))
            return rc;
    if (time_s <= 0)
        return ERR_OK;
    if (!cfg_get(cell, "drift_mean"))
        return err_set(e, ERR_CONFIG, "device.time_s: no drift is published for this device.cell");
    d->drift_mean_us = mean * log(time_s);
    d->drift_std_us = fmax(std_c0 + std_c1 * log(time_s), 0);
    return ERR_OK;
}

enum err_code device_init(struct device *d, const struct chip_config *c, struct err *e)
{
    struct cfg *text = NULL;
    enum err_code rc;

    *d = (struct device){.drawn = chip_has_device_effects(c),
                         .level_bits = c->mvm_cell_bits,
                         .top = (1u << c->mvm_cell_bits) - 1,
                         .variation = c->device_variation,
                         .seed = c->device_seed,
                         .sigma = c->device_sigma,
                         .stuck_off = c->device_stuck_off,
                         .stuck_on = c->device_stuck_on,
                         .adc_offset = c->device_adc_offset};
    if (!d->drawn)
        return ERR_OK; /* a cell is its level */
    d->fraction_bits = c->device_fraction_bits;
    d->level_bits += 1 + d->fraction_bits; /* room for twice the highest level */
    if (!(rc = cfg_parse(&text, "device.yaml", arch_device_yaml, e)))
        rc = read_cell(d, cfg_get(cfg_root(text), cell_names[c->device_cell]), c->device_time_s, e);
    cfg_free(text);
    return rc;
}

/* ---- draws ---- */

static struct rng stream(const struct device *d, const char *effect, uint32_t node, uint32_t xbar,
                         uint32_t col)
{
    struct rng r = rng_new(d->seed);

    r = rng_child(&r, effect);
    r = rng_child_n(&r, "node", node);
    r = rng_child_n(&r, "crossbar", xbar);
    return rng_child_n(&r, "column", col);
}

static double programmed(const struct device *d, double g, struct rng *r)
{
    const double *c = d->sigma_us;

    if (d->variation == VARIATION_LOGNORMAL)
        return g * exp(d->sigma * rng_normal(r));
    if (d->variation == VARIATION_MEASURED)
        return g + fmax(c[0] + g * (c[1] + g * (c[2] + g * c[3])), 0) * rng_normal(r);
    return g;
}

static uint16_t frozen(const struct device *d, double levels)
{
    double most = (double)((1u << d->level_bits) - 1);
    double n = floor(ldexp(levels, (int)d->fraction_bits) + 0.5);

    return (uint16_t)fmin(fmax(n, 0), most);
}

void device_freeze(const struct device *d, uint32_t node, uint32_t xbar, uint32_t col, uint32_t n,
                   uint16_t *level)
{
    struct rng variation = stream(d, "variation", node, xbar, col);
    struct rng drift = stream(d, "drift", node, xbar, col);
    struct rng stuck = stream(d, "stuck", node, xbar, col);
    double step = (d->g_max_us - d->g_min_us) / d->top;

    for (uint32_t i = 0; i < n; i++) {
        double g = programmed(d, d->g_min_us + level[i] * step, &variation);
        double u = rng_unit(&stuck), levels;

        if (d->drift_std_us > 0)
            g += d->drift_mean_us + d->drift_std_us * rng_normal(&drift);
        levels = (g - d->g_min_us) / step;
        if (u < d->stuck_off)
            levels = 0;
        else if (u < d->stuck_off + d->stuck_on)
            levels = d->top;
        level[i] = frozen(d, levels);
    }
}

int32_t device_offset(const struct device *d, uint32_t node, uint32_t xbar, uint32_t adc,
                      uint32_t drop_bits)
{
    struct rng r = stream(d, "offset", node, xbar, adc);
    double most = (double)(1 << 30);
    double n = ldexp(d->adc_offset * rng_normal(&r), (int)(d->fraction_bits + drop_bits));

    return (int32_t)fmin(fmax(floor(n + 0.5), -most), most);
}
