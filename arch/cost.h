/* SPDX-License-Identifier: Apache-2.0 */
/* arch/cost.h: counted events x parameters -> energy, area, power.
 *
 * Parameters come from arch/params/NAME.yaml, each {value, unit, source, kind}; the C holds none.
 * Component names are the words architects compare: array, dac, adc, accumulation, buffer,
 * interconnect, interaction, embedding, other. Sums add up exactly: totals are the sums of the
 * components in this order. */
#ifndef AUTORAC_ARCH_COST_H
#define AUTORAC_ARCH_COST_H

#include "arch/chip.h"
#include "arch/plan.h"

struct param {
    const char *name, *unit, *source, *kind; /* kind: measured, cited, scaled, assumed */
    double value;
};

struct params; /* one loaded parameter set */
/* dir: folder of parameter sets. Missing or unknown keys, a missing unit, source or kind:
 * ERR_CONFIG. */
enum err_code params_load(struct params **out, const char *dir, const char *name, struct err *e);
void params_free(struct params *p);
size_t params_n(const struct params *p);
const struct param *params_at(const struct params *p, size_t i);

enum cost_part {
    COST_ARRAY,
    COST_DAC,
    COST_ADC,
    COST_ACCUMULATION,
    COST_BUFFER,
    COST_INTERCONNECT,
    COST_INTERACTION,
    COST_EMBEDDING,
    COST_OTHER,
    COST_N_PARTS,
};
const char *cost_part_name(enum cost_part p);

struct cost {
    double energy_pj[COST_N_PARTS]; /* dynamic, of the whole run */
    double leakage_pj;              /* static power x time */
    double area_um2[COST_N_PARTS];
    double total_energy_pj, total_area_um2, leakage_mw;
};

/* counts: (n_units) of a finished run, or the estimator's. */
void cost_of(const struct plan *p, const struct params *q, const struct unit_counts *counts,
             uint64_t n_cycles, struct cost *out);
/* One unit's dynamic energy by part. */
void cost_unit_energy(const struct plan *p, const struct params *q, uint32_t node,
                      const struct unit_counts *counts, double energy_pj[COST_N_PARTS]);

#endif
