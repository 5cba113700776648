/* SPDX-License-Identifier: Apache-2.0 */
#include "rtlgen/counts.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "arch/chip_stats.h"
#include "sim/base/mem.h"

static const size_t offset[] = {
#define COUNTED(id, field) offsetof(struct unit_counts, field),
#include "rtlgen/counts.def"
#undef COUNTED
};

/* All counts are compared but these, which cost no energy: n_requests, busy_cycles, the four
 * stalls, n_clipped, bank_conflict_cycles, peak_vc_flits. */
enum { N_WITHOUT_ENERGY = 9 };
_Static_assert(sizeof(struct unit_counts) == (RTL_N_COUNTS + N_WITHOUT_ENERGY) * sizeof(uint64_t),
               "a count of struct unit_counts is not compared with the RTL");

const char *rtl_count_name(enum rtl_count k)
{
    return chip_count_name(offset[k]);
}

uint64_t rtl_count_model(const struct unit_counts *c, enum rtl_count k)
{
    return *(const uint64_t *)((const char *)c + offset[k]);
}

void rtl_counts_init(struct rtl_counts *c, const struct plan *p)
{
    *c = (struct rtl_counts){.p = p};
    c->at = mem_alloc((size_t)p->n_units * RTL_N_COUNTS, sizeof *c->at);
}

void rtl_counts_fini(struct rtl_counts *c)
{
    free(c->at);
}

void rtl_counts_add(struct rtl_counts *c, uint32_t node, uint32_t context, uint32_t kind,
                    uint64_t value)
{
    const struct plan_tile *t = node < c->p->n_nodes ? &c->p->tile[node] : NULL;

    if (!t || kind >= RTL_N_COUNTS || (context && context >= t->n_contexts)) {
        c->n_unknown++;
        return;
    }
    c->at[(size_t)(context ? t->unit[context] : node) * RTL_N_COUNTS + kind] += value;
}

static void name_unit(const struct plan *p, uint32_t unit, char *name, size_t size)
{
    const struct plan_unit *u = &p->unit[unit];

    snprintf(name, size, "%s", u->kind == UNIT_NONE ? p->tile[u->node].name : u->name);
}

bool rtl_counts_equal(const struct rtl_counts *c, const struct unit_counts *model,
                      uint64_t *n_compared, struct rtl_count_difference *first)
{
    *n_compared = 0;
    for (uint32_t u = 0; u < c->p->n_units; u++)
        for (enum rtl_count k = 0; k < RTL_N_COUNTS; k++) {
            uint64_t want = rtl_count_model(&model[u], k);
            uint64_t is = c->at[(size_t)u * RTL_N_COUNTS + k];

            if (want != is) {
                *first = (struct rtl_count_difference){
                    .kind = rtl_count_name(k), .model = want, .rtl = is};
                name_unit(c->p, u, first->unit, sizeof first->unit);
                return false;
            }
            *n_compared += want > 0;
        }
    if (c->n_unknown)
        *first = (struct rtl_count_difference){.unit = "?", .kind = "unknown", .rtl = c->n_unknown};
    return !c->n_unknown;
}
