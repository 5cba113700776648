/* SPDX-License-Identifier: Apache-2.0 */
/* validation/rtl_coverage.h: which lines of the SystemVerilog library were executed, and which bits
 * rose and fell, over any number of designs.
 *
 * From Verilator's counts. A line counts if Verilator has a branch or block there; a module that no
 * design had has none, and is told. Toggles are of signals of at most 16 bits, a bit and direction
 * each. All instances of a module count together, and so do its parameters. */
#ifndef AUTORAC_VALIDATION_RTL_COVERAGE_H
#define AUTORAC_VALIDATION_RTL_COVERAGE_H

#include <stdint.h>
#include <stdio.h>

#include "sim/base/err.h"

struct rtl_coverage;
struct rtl_coverage *rtl_coverage_new(void);
void rtl_coverage_free(struct rtl_coverage *c);

/* Adds what a file of Verilator says. */
enum err_code rtl_coverage_add(struct rtl_coverage *c, const char *path, struct err *e);

/* A line a file of the library, those of the lines that were not executed, and the sums. The share
 * of lines, in percent, is returned. */
double rtl_coverage_print(const struct rtl_coverage *c, FILE *out);

#endif
