/* SPDX-License-Identifier: Apache-2.0 */
/* validation/rtl_unit.h: parts of the chip on their own: which designs give one something to do,
 * and which of their options change what it does.
 *
 * A unit is a module of the library, or one operator of it. It is compared inside small chips: what
 * surrounds it makes its operands, back-pressure and credits. */
#ifndef AUTORAC_VALIDATION_RTL_UNIT_H
#define AUTORAC_VALIDATION_RTL_UNIT_H

#include <stdbool.h>

#include "arch/map.h"
#include "sim/base/rng.h"
#include "traces/workload.h"

struct rtl_unit {
    const char *name;
    const char *module;   /* its file begins with this */
    enum wl_kind kind[2]; /* of the operators to draw models around; WL_N_KINDS: whole models */
    const char *factors;  /* that matter (validation/rtl_factor.h): how their names begin, "," after
                             each; NULL: all */
    bool (*is_in)(const struct plan *p); /* NULL: in every chip */
    bool (*works)(
        const struct plan *p); /* one that has it gives it something to do; NULL: always */
};

extern const struct rtl_unit rtl_units[];
extern const uint32_t rtl_n_units;

const struct rtl_unit *rtl_unit_named(const char *name);   /* NULL: none */
const struct rtl_unit *rtl_unit_of_file(const char *file); /* of the library; NULL: none */

/* What to draw a model around; u NULL: a whole model. */
enum wl_kind rtl_unit_kind(const struct rtl_unit *u, struct rng *r);
/* of_interest (rtl_n_factors) <- which factors matter; u NULL: all. */
void rtl_unit_mark_factors(const struct rtl_unit *u, bool *of_interest);

/* Whether the chip has it in it, and gives it something to do. */
bool rtl_unit_is_in(const struct rtl_unit *u, const struct plan *p);
bool rtl_unit_works_in(const struct rtl_unit *u, const struct plan *p);

#endif
