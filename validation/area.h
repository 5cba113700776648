/* SPDX-License-Identifier: Apache-2.0 */
/* validation/area.h: cell areas that Yosys finds for the RTL's digital units, beside the area
 * parameters.
 *
 * Each unit is synthesised alone at the size that its parameter is for, mapped to a free cell
 * library and scaled (arch/params/reference/synthesis.yaml). Cells only: no wires, no clock tree,
 * utilisation 1. Left out: what is memory (buffers, registers, tables) or analog, and what no
 * parameter prices (network interface, sequencing). A comparison: it has nothing to fail but
 * missing tools. */
#ifndef AUTORAC_VALIDATION_AREA_H
#define AUTORAC_VALIDATION_AREA_H

#include <stdio.h>

#include "arch/params.h"
#include "sim/base/err.h"
#include "sim/loop.h"

/* Table on out. work_dir is filled with sources and logs. unit: one of the table's, NULL: all.
 * ERR_ENV, the package named: no Yosys, no library, or a synthesis failed (see the log).
 * ERR_CONFIG: no such unit. */
enum err_code validate_area(const char *params_dir, const struct params *q, const char *work_dir,
                            const char *unit, struct loop *l, FILE *out, struct err *e);

#endif
