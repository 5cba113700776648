/* SPDX-License-Identifier: Apache-2.0 */
/* arch/device.h: what programming, age and defects make of the cells, and of the converters' zero.
 *
 * Everything is drawn once, from streams named after the place: the same chip whatever runs on it.
 * A drawn conductance is frozen as an integer in units of 2^-fraction_bits of a level, so that
 * model and RTL compute with the same. In order: programming variation, drift, stuck cells. Without
 * effects a cell is its level. Cells of embedding tables are not drawn: they are sensed level by
 * level.
 *
 * Inaccuracies: a conductance below g_min counts as g_min; no noise from read to read, no voltage
 * drop along wires, no correlation between cells. Units: uS, s. Sources:
 * arch/params/device/cells.yaml.
 */
#ifndef AUTORAC_ARCH_DEVICE_H
#define AUTORAC_ARCH_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/config.h"

struct device {
    bool drawn; /* some effect is on */
    uint32_t fraction_bits, level_bits;
    uint32_t top;       /* highest level */
    uint32_t variation; /* enum device_variation */
    uint64_t seed;
    double sigma; /* of ln G, lognormal */
    double g_min_us, g_max_us;
    double sigma_us[4];                 /* measured: polynomial in G, uS */
    double drift_mean_us, drift_std_us; /* at the time asked for; 0: no drift */
    double stuck_off, stuck_on;         /* share of cells */
    double adc_offset;                  /* deviation, in steps of a converter */
};

/* ERR_CONFIG: effects that the cell has no figures for. */
enum err_code device_init(struct device *d, const struct chip_config *c, struct err *e);

/* The n levels of a column of a crossbar of a node, row by row, made into frozen conductances. */
void device_freeze(const struct device *d, uint32_t node, uint32_t xbar, uint32_t col, uint32_t n,
                   uint16_t *level);

/* Of a crossbar's converter, whose step is 2^drop_bits levels; in units of 2^-fraction_bits of a
 * level. */
int32_t device_offset(const struct device *d, uint32_t node, uint32_t xbar, uint32_t adc,
                      uint32_t drop_bits);

#endif
