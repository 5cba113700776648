/* SPDX-License-Identifier: Apache-2.0 */
#include "validation/rtl_unit.h"

#include <string.h>

#include "validation/rtl_factor.h"

static bool has_int(const struct plan *p, enum int_mode mode, bool also_digital, bool also_array)
{
    for (uint32_t i = 0; i < p->n_units; i++) {
        const struct plan_unit *u = &p->unit[i];

        if (u->kind == UNIT_INT && u->dyn.mode == mode &&
            (u->dyn.array ? also_array : also_digital))
            return true;
    }
    return false;
}

static bool has_dp(const struct plan *p)
{
    return has_int(p, INT_DP, true, false);
}

static bool has_dp_array(const struct plan *p)
{
    return has_int(p, INT_DP, false, true);
}

static bool has_array(const struct plan *p)
{
    return has_dp_array(p) || has_int(p, INT_ATTENTION, false, true);
}

static bool has_fm(const struct plan *p)
{
    return has_int(p, INT_FM, true, true);
}

static bool has_add(const struct plan *p)
{
    return has_int(p, INT_ADD, true, true);
}

static bool has_gate(const struct plan *p)
{
    return has_int(p, INT_GATE, true, true);
}

static bool has_pair(const struct plan *p)
{
    return has_add(p) || has_gate(p);
}

static bool has_attention(const struct plan *p)
{
    return has_int(p, INT_ATTENTION, true, true);
}

static bool has_table(const struct plan *p)
{
    return p->limit.int_table;
}

static bool shares_tiles(const struct plan *p)
{
    return p->limit.contexts > 1;
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

static bool sums_bags(const struct plan_emb *m)
{
    return m->n_bags > 0;
}

static bool has_cache(const struct plan *p)
{
    return has_emb(p, is_cached);
}

static bool has_hot_rows(const struct plan *p)
{
    return has_emb(p, is_hot);
}

static bool has_bags(const struct plan *p)
{
    return has_emb(p, sums_bags);
}

#define WHOLE       WL_N_KINDS
#define INT_FACTORS "int.,mvm.dac_bits,DP,FM,ADD,GATE,attention,signed,"
#define EMB_FACTORS "emb.,bags,requests,"
#define UNIT(name, module, kind, other_kind, factors, is_in, works)                                \
    {#name, module, {kind, other_kind}, factors, is_in, works},
const struct rtl_unit rtl_units[] = {
#include "validation/rtl_units.def"
};
#undef UNIT
const uint32_t rtl_n_units = sizeof rtl_units / sizeof *rtl_units;

const struct rtl_unit *rtl_unit_named(const char *name)
{
    for (uint32_t i = 0; i < rtl_n_units; i++)
        if (strcmp(name, rtl_units[i].name) == 0)
            return &rtl_units[i];
    return NULL;
}

const struct rtl_unit *rtl_unit_of_file(const char *file)
{
    for (uint32_t i = 0; i < rtl_n_units; i++)
        if (strncmp(file, rtl_units[i].module, strlen(rtl_units[i].module)) == 0)
            return &rtl_units[i];
    return NULL;
}

enum wl_kind rtl_unit_kind(const struct rtl_unit *u, struct rng *r)
{
    if (!u || u->kind[0] == WL_N_KINDS)
        return WL_N_KINDS;
    return u->kind[rng_below(r, 2)];
}

void rtl_unit_mark_factors(const struct rtl_unit *u, bool *of_interest)
{
    const char *factors = u ? u->factors : NULL;

    for (uint32_t i = 0; i < rtl_n_factors; i++) {
        struct rtl_factor f = rtl_factor(i);

        of_interest[i] = !factors;
        for (const char *at = factors; at && *at; at += strcspn(at, ",") + 1)
            of_interest[i] |= strncmp(f.name, at, strcspn(at, ",")) == 0;
    }
}

bool rtl_unit_is_in(const struct rtl_unit *u, const struct plan *p)
{
    return !u || !u->is_in || u->is_in(p);
}

bool rtl_unit_works_in(const struct rtl_unit *u, const struct plan *p)
{
    return rtl_unit_is_in(u, p) && (!u || !u->works || u->works(p));
}
