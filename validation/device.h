/* SPDX-License-Identifier: Apache-2.0 */
/* validation/device.h: accuracy of a design under device effects, by Monte Carlo.
 *
 * Each draw is another chip of the same design: seeds device.seed, device.seed + 1, … give cells
 * and converters as arch/device.h draws them, and the workload's requests run in its integers
 * (arch/exec.h). A draw's figures are those of `autorac sim` with that seed. */
#ifndef AUTORAC_VALIDATION_DEVICE_H
#define AUTORAC_VALIDATION_DEVICE_H

#include <stdint.h>
#include <stdio.h>

#include "arch/config.h"
#include "sim/base/err.h"
#include "traces/workload.h"

struct device_spread {
    double mean, deviation, min, max; /* over the draws; deviation: of a sample, 0 for one draw */
};

struct validate_device {
    uint32_t n_draws;
    double exact_logloss, exact_auc; /* of the workload's own integers */
    double ideal_logloss, ideal_auc; /* of the chip without device effects */
    struct device_spread logloss, auc;
};

/* Fills *v from v->n_draws on; one line a draw on out, which may be NULL. ERR_CONFIG: the design
 * has no device effects, does not fit, or the workload has no requests. */
enum err_code validate_device(struct validate_device *v, const struct workload *w,
                              const struct chip_config *c, FILE *out, struct err *e);

#endif
