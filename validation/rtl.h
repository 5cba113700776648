/* SPDX-License-Identifier: Apache-2.0 */
/* validation/rtl.h: is the generated RTL equal to the model? Random designs (workload x chip) are
 * mapped, simulated, generated, and co-simulated; every recorded event must be equal. */
#ifndef AUTORAC_VALIDATION_RTL_H
#define AUTORAC_VALIDATION_RTL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/base/err.h"
#include "sim/base/rng.h"
#include "sim/loop.h"
#include "traces/workload.h"
#include "validation/rtl_unit.h"

struct validate_rtl {
    uint32_t n_designs;
    uint32_t jobs; /* designs run beside each other; 0: one. The results are the same */
    uint64_t seed;
    bool coverage;         /* of the RTL's lines and toggles: validation/rtl_coverage.h */
    const char *inject;    /* a fault of rtlgen/faults.def in every design, or NULL */
    const char *out_dir;   /* design_NNNN/ of every mismatch stays there */
    const char *cache_dir; /* for Verilator's runtime; NULL: in out_dir */
    /* A small random workload; free with workload_free. One design in four runs one around a single
     * kind of operator (traces/random_unit.h) instead. */
    struct workload *(*draw)(struct rng *r, uint32_t n_requests);
    /* What every design is to exercise; pairs of values that matter to it come first. NULL: whole
     * models. */
    const struct rtl_unit *unit;
    double line_percent; /* result, with coverage */
};

/* Each design is the one among some feasible draws that has most pairs of values that no earlier
 * one has (validation/rtl_cover.h). On out, unless a fault is planted: how many designs have which
 * value, and the pairs that none has; then a line a design, in order. ERR_MISMATCH if any design
 * was not equal (with a fault planted, the first such design ends the run); ERR_CONFIG if no draw
 * was feasible. */
enum err_code validate_rtl(struct validate_rtl *v, struct loop *l, FILE *out, struct err *e);

/* The same for bare meshes of the library's router under random traffic, from empty to saturated:
 * every flit on every link and every credit, every cycle. One line a draw; inject may be a fault of
 * router.sv; draw, jobs and coverage are not used. */
enum err_code validate_rtl_router(const struct validate_rtl *v, struct loop *l, FILE *out,
                                  struct err *e);

#endif
