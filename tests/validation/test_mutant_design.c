/* SPDX-License-Identifier: Apache-2.0 */
/* A design is found for every module of the library, and it has the module. */
#include <criterion/criterion.h>
#include <string.h>

#include "rtlgen/library.h"
#include "traces/random_unit.h"
#include "validation/mutant_design.h"

static struct workload *draw_any(struct rng *r, uint32_t n_requests)
{
    return random_unit_workload(r, (enum wl_kind)rng_below(r, WL_N_KINDS), n_requests);
}

Test(mutant_design, every_module_is_exercised)
{
    struct rng root = rng_new(5);
    struct rtl_cover *c = rtl_cover_new();
    struct err e = {0};

    for (size_t i = 0; i < rtl_library_n; i++) {
        const char *file = rtl_library[i].name;
        struct rng r = rng_child_n(&root, "design", i);
        const struct rtl_unit *unit = rtl_unit_of_file(file);
        struct mutant_design d;

        if (!rtl_is_module(file))
            continue;
        cr_assert_eq(mutant_design_draw(&d, &(struct mutant_design_cfg){unit, draw_any}, &r, c, &e),
                     ERR_OK, "%s: %s", file, e.text);
        cr_expect(rtl_unit_works_in(unit, d.plan), "%s", file);
        mutant_design_fini(&d);
    }
    rtl_cover_free(c);
}
