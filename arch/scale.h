/* SPDX-License-Identifier: Apache-2.0 */
/* arch/scale.h: a parameter set at another technology node; for arch/params.c only.
 *
 * Factors are in params/reference/scaling.yaml. Digital logic and SRAM: energy and area by the
 * published tables. Converters: by a survey's fit. Cells: area with the square of the feature size.
 * Not scaled: what analog design and devices decide (reads and writes of cells, row drivers, sample
 * and hold, sense amplifiers), wires of links, static power, for which no factor was found, and all
 * times, which are the design's. */
#ifndef AUTORAC_ARCH_SCALE_H
#define AUTORAC_ARCH_SCALE_H

#include "arch/params.h"
#include "sim/base/mem.h"

/* at (n) in place; new texts in a. ERR_CONFIG: node outside the table. */
enum err_code params_scale(struct param *at, size_t n, struct arena *a, const char *dir,
                           double to_nm, struct err *e);

#endif
