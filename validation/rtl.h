/* SPDX-License-Identifier: Apache-2.0 */
/* validation/rtl.h: is the generated RTL equal to the model? Random designs (workload x chip) are
 * mapped, simulated, generated, and co-simulated; every recorded event must be equal. */
#ifndef AUTORAC_VALIDATION_RTL_H
#define AUTORAC_VALIDATION_RTL_H

#include <stdint.h>
#include <stdio.h>

#include "arch/config.h"
#include "sim/base/err.h"
#include "sim/base/rng.h"
#include "sim/loop.h"
#include "traces/workload.h"

struct validate_rtl {
    uint32_t n_designs;
    uint64_t seed;
    const char *inject;    /* a fault of rtlgen/faults.def in every design, or NULL */
    const char *out_dir;   /* design_NNNN/ of every mismatch stays there */
    const char *cache_dir; /* for Verilator's runtime; NULL: in out_dir */
    /* A small random workload; free with workload_free. One design in four runs one around a single
     * kind of operator (traces/random_unit.h) instead; with NULL all do, of this kind. */
    struct workload *(*draw)(struct rng *r, uint32_t n_requests);
    enum wl_kind kind;
};

/* One line a design on out. Draws that no chip can hold are reported and drawn again. ERR_MISMATCH
 * if any design was not equal (with a fault planted, the first such design ends the run);
 * ERR_CONFIG if hardly any draw was feasible. */
enum err_code validate_rtl(const struct validate_rtl *v, struct loop *l, FILE *out, struct err *e);

/* The same for bare meshes of the library's router under random traffic, from empty to saturated:
 * every flit on every link and every credit, every cycle. One line a draw; inject may be a fault of
 * router.sv; draw is not used. */
enum err_code validate_rtl_router(const struct validate_rtl *v, struct loop *l, FILE *out,
                                  struct err *e);

/* The chip of a design: every choice of the RTL's structure drawn. */
struct chip_config validate_rtl_chip(struct rng *r);

#endif
