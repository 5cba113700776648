/* SPDX-License-Identifier: Apache-2.0 */
#include "validation/mutant_design.h"

#include <stdlib.h>

#include "sim/base/mem.h"
#include "traces/random_unit.h"
#include "validation/rtl_draw.h"
#include "validation/rtl_factor.h"

enum {
    MAX_REQUESTS = 8,
    CANDIDATES = 12, /* feasible designs of which one is taken */
    MAX_DRAWS = 600,
    MAX_UNITS = 20
};

/* One draw; plan NULL: no chip can hold it, or it does not serve. */
static enum err_code draw_once(const struct mutant_design_cfg *c, struct rng *r,
                               struct mutant_design *d, struct err *e)
{
    uint32_t n_requests = 2 + (uint32_t)rng_below(r, MAX_REQUESTS - 1);
    enum wl_kind kind = rtl_unit_kind(c->unit, r);
    struct chip_config chip = validate_rtl_chip(r);
    enum err_code rc;

    d->w = kind == WL_N_KINDS ? c->draw(r, n_requests) : random_unit_workload(r, kind, n_requests);
    d->plan = NULL;
    rc = plan_new(&d->plan, d->w, &chip, e);
    if (!rc && (d->plan->n_units > MAX_UNITS || !rtl_unit_works_in(c->unit, d->plan))) {
        plan_free(d->plan);
        d->plan = NULL;
    }
    return rc == ERR_CONFIG ? ERR_OK : rc;
}

void mutant_design_fini(struct mutant_design *d)
{
    plan_free(d->plan);
    workload_free(d->w);
    *d = (struct mutant_design){0};
}

enum err_code mutant_design_draw(struct mutant_design *d, const struct mutant_design_cfg *c,
                                 struct rng *r, struct rtl_cover *cover, struct err *e)
{
    int8_t *at = mem_alloc(rtl_n_factors, 1);
    bool *of_interest = mem_alloc(rtl_n_factors, sizeof *of_interest);
    uint32_t n = 0, most = 0;
    enum err_code rc = ERR_OK;

    rtl_unit_mark_factors(c->unit, of_interest);
    *d = (struct mutant_design){0};
    for (uint32_t i = 0; i < MAX_DRAWS && n < CANDIDATES && !rc; i++) {
        struct mutant_design next;
        uint32_t gain = 0;

        if (!(rc = draw_once(c, r, &next, e)) && next.plan) {
            rtl_factors_of(next.plan, at);
            gain = rtl_cover_gain(cover, at, of_interest);
        }
        if (next.plan && (n++ == 0 || gain > most)) {
            mutant_design_fini(d);
            *d = next;
            most = gain;
        } else
            mutant_design_fini(&next);
    }
    if (!rc && !n)
        rc = err_set(e, ERR_CONFIG, "none of %d draws fits a small chip", MAX_DRAWS);
    if (!rc) {
        rtl_factors_of(d->plan, at);
        rtl_cover_add(cover, at);
    }
    free(at);
    free(of_interest);
    return rc;
}
