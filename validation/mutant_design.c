/* SPDX-License-Identifier: Apache-2.0 */
#include "validation/mutant_design.h"

#include <stdlib.h>
#include <string.h>

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

static bool has_int(const struct plan *p, enum int_mode mode, int array)
{
    for (uint32_t i = 0; i < p->n_units; i++)
        if (p->unit[i].kind == UNIT_INT && p->unit[i].dyn.mode == mode &&
            (array < 0 || p->unit[i].dyn.array == (array > 0)))
            return true;
    return false;
}

static bool has_emb(const struct plan *p, bool (*is)(const struct plan_emb *m))
{
    for (uint32_t i = 0; i < p->n_units; i++)
        if (p->unit[i].kind == UNIT_EMB && is(&p->unit[i].emb))
            return true;
    return false;
}

static bool is_cached(const struct plan_emb *m)
{
    return m->cache_sets > 0;
}

static bool is_hot(const struct plan_emb *m)
{
    return m->hot_sets > 0;
}

static bool has_bags(const struct plan_emb *m)
{
    return m->n_bags > 0;
}

static bool starts(const char *file, const char *prefix)
{
    return strncmp(file, prefix, strlen(prefix)) == 0;
}

bool mutant_design_has(const struct plan *p, const char *file)
{
    if (starts(file, "int_dp_array"))
        return has_int(p, INT_DP, 1);
    if (starts(file, "int_dp"))
        return has_int(p, INT_DP, 0);
    if (starts(file, "int_fm"))
        return has_int(p, INT_FM, -1);
    if (starts(file, "int_pair"))
        return has_int(p, INT_ADD, -1) || has_int(p, INT_GATE, -1);
    if (starts(file, "int_attention"))
        return has_int(p, INT_ATTENTION, -1);
    if (starts(file, "int_array"))
        return has_int(p, INT_DP, 1) || has_int(p, INT_ATTENTION, 1);
    if (starts(file, "int_table"))
        return p->limit.int_table;
    if (starts(file, "emb_cache"))
        return has_emb(p, is_cached);
    if (starts(file, "emb_hot"))
        return has_emb(p, is_hot);
    return true;
}

/* Whether it gives the module something to do. */
static bool exercises(const struct plan *p, const char *file)
{
    if (starts(file, "tile_mvm") || starts(file, "ni."))
        return p->limit.contexts > 1;
    if (starts(file, "tile_emb") || starts(file, "emb_"))
        return mutant_design_has(p, file) && has_emb(p, has_bags);
    return mutant_design_has(p, file);
}

/* The operator to draw a model around; WL_N_KINDS: a whole model. */
static enum wl_kind kind_for(const char *file, struct rng *r)
{
    static const struct {
        const char *prefix;
        enum wl_kind kind[2];
    } of[] = {{"int_dp", {WL_DP, WL_DP}},
              {"int_fm", {WL_FM, WL_FM}},
              {"int_pair", {WL_GATE, WL_ADD}},
              {"int_table", {WL_GATE, WL_ATTENTION}},
              {"int_attention", {WL_ATTENTION, WL_ATTENTION}},
              {"int_array", {WL_DP, WL_ATTENTION}},
              {"emb_", {WL_EMBED, WL_EMBED}},
              {"tile_emb", {WL_EMBED, WL_EMBED}}};

    for (size_t i = 0; file && i < sizeof of / sizeof *of; i++)
        if (starts(file, of[i].prefix))
            return of[i].kind[rng_below(r, 2)];
    return WL_N_KINDS;
}

/* One draw; plan NULL: no chip can hold it, or it does not serve. */
static enum err_code draw_once(const struct mutant_design_cfg *c, struct rng *r,
                               struct mutant_design *d, struct err *e)
{
    uint32_t n_requests = 2 + (uint32_t)rng_below(r, MAX_REQUESTS - 1);
    enum wl_kind kind = kind_for(c->file, r);
    struct chip_config chip = validate_rtl_chip(r);
    enum err_code rc;

    d->w = kind == WL_N_KINDS ? c->draw(r, n_requests) : random_unit_workload(r, kind, n_requests);
    d->plan = NULL;
    rc = plan_new(&d->plan, d->w, &chip, e);
    if (!rc && (d->plan->n_units > MAX_UNITS || (c->file && !exercises(d->plan, c->file)))) {
        plan_free(d->plan);
        d->plan = NULL;
    }
    return rc == ERR_CONFIG ? ERR_OK : rc;
}

/* Which factors change what the module does; all, if it is not among these. */
static void mark_of_interest(const char *file, bool *of_interest)
{
    static const struct {
        const char *prefix, *factors; /* beginnings of their names, "," after each */
    } of[] = {
        {"router.", "noc.,"},
        {"ni.", "noc.flit,noc.vcs,tile.,map.,io.,requests,shared,replicas,"},
        {"tile_io", "noc.flit,tile.,io.,requests,replicas,"},
        {"tile_emb", "emb.,bags,requests,"},
        {"emb_", "emb.,bags,requests,"},
        {"tile_int", "int.,mvm.dac_bits,DP,FM,ADD,GATE,attention,signed,"},
        {"int_", "int.,mvm.dac_bits,DP,FM,ADD,GATE,attention,signed,"},
        {"tile_mvm", "mvm.,map.,MVM,weight,signed,shared,copies,row,column,partial,"},
        {"crossbar", "mvm.,device.,map.copies,MVM,copies,row,column,"},
        {"shift_add", "mvm.,MVM,weight,shared,copies,conversion,"},
        {"adc", "mvm.,device.,conversion,"},
    };
    const char *factors = NULL;

    for (size_t i = 0; file && i < sizeof of / sizeof *of; i++)
        if (starts(file, of[i].prefix))
            factors = of[i].factors;
    for (uint32_t i = 0; i < rtl_n_factors; i++) {
        struct rtl_factor f = rtl_factor(i);

        of_interest[i] = !factors;
        for (const char *at = factors; at && *at; at += strcspn(at, ",") + 1)
            of_interest[i] |= strncmp(f.name, at, strcspn(at, ",")) == 0;
    }
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

    mark_of_interest(c->file, of_interest);
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
