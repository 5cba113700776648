/* SPDX-License-Identifier: Apache-2.0 */
/* rtlgen/gen.h: a plan as a directory of SystemVerilog that stands alone.
 *
 *   autorac_top.sv       the chip: one instance per unit, one router per node, the links
 *   *.sv record.svh      the library, copied (a named fault, if asked for, is in the copy)
 *   autorac_images.svh   loads the memories;  images/NAME.*.hex  what they hold
 *   tb.sv files.f README.txt   test bench, list of files, what is what
 *   Makefile *.sh        lint, sim, icarus, synth;  expected.txt  the model's events, counts
 *
 * Same plan and options: byte-identical files. The library is inside the program. */
#ifndef AUTORAC_RTLGEN_GEN_H
#define AUTORAC_RTLGEN_GEN_H

#include <stddef.h>

#include "arch/chip.h"
#include "arch/plan.h"
#include "sim/base/err.h"

struct rtl_options {
    const char *fault;           /* a name of rtlgen/faults.def, or NULL */
    const struct chip *expected; /* the model after its run, for expected.txt; NULL: no such file */
    const char *command; /* what regenerates the directory, for its header; NULL: "autorac rtl" */
};

/* Writes DIR, made if need be. o may be NULL. ERR_CONFIG: no such fault, or a size that the
 * library's tables cannot hold; ERR_ENV: cannot write; ERR_BUG: a fault's text is not once in its
 * file. */
enum err_code rtl_generate(const struct plan *p, const char *dir, const struct rtl_options *o,
                           struct err *e);

/* How often the longest generate loop of the plan's RTL repeats: tools have limits. */
uint32_t rtl_most_copies(const struct plan *p);

/* A deliberate mistake in the library, to see that co-simulation notices. */
struct rtl_fault {
    const char *name, *file, *find, *replace, *summary;
};
extern const struct rtl_fault rtl_faults[];
extern const size_t rtl_n_faults;

/* NULL if there is none of that name. */
const struct rtl_fault *rtl_fault_find(const char *name);
/* The text of file with the fault in it, from malloc. */
enum err_code rtl_fault_apply(const struct rtl_fault *f, const char *text, char **out,
                              struct err *e);

#endif
