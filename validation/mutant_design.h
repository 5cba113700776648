/* SPDX-License-Identifier: Apache-2.0 */
/* validation/mutant_design.h: small random designs that exercise one unit of the library. */
#ifndef AUTORAC_VALIDATION_MUTANT_DESIGN_H
#define AUTORAC_VALIDATION_MUTANT_DESIGN_H

#include "arch/map.h"
#include "sim/base/rng.h"
#include "traces/workload.h"
#include "validation/rtl_cover.h"
#include "validation/rtl_unit.h"

struct mutant_design {
    struct workload *w;
    struct plan *plan;
};

struct mutant_design_cfg {
    const struct rtl_unit *unit; /* that the design is to exercise; NULL: a whole model */
    struct workload *(*draw)(struct rng *r, uint32_t n_requests);
};

/* Of some small feasible designs that exercise the unit the one with the most pairs of values that
 * are not in the cover, to which it is added: of factors that matter to the unit, before all
 * others. */
enum err_code mutant_design_draw(struct mutant_design *d, const struct mutant_design_cfg *c,
                                 struct rng *r, struct rtl_cover *cover, struct err *e);
void mutant_design_fini(struct mutant_design *d);

#endif
