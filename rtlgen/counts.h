/* SPDX-License-Identifier: Apache-2.0 */
/* rtlgen/counts.h: what costs energy, as the RTL counts it by itself: record.svh has the counters,
 * counts.def the kinds. Modules report (node, context, kind, value); a unit's reports of one kind
 * are added up. Routers report context 0 of their node. The model's counterparts are fields of
 * struct unit_counts. */
#ifndef AUTORAC_RTLGEN_COUNTS_H
#define AUTORAC_RTLGEN_COUNTS_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/chip.h"

enum rtl_count {
#define COUNTED(id, field) RTL_COUNT_##id,
#include "rtlgen/counts.def"
#undef COUNTED
    RTL_N_COUNTS
};

/* As in the statistics: "adc.n_conversions". */
const char *rtl_count_name(enum rtl_count k);
uint64_t rtl_count_model(const struct unit_counts *c, enum rtl_count k);

/* The RTL's, (n_units, RTL_N_COUNTS), in the order of plan.unit. */
struct rtl_counts {
    const struct plan *p;
    uint64_t *at;
    uint64_t n_unknown; /* reports of units or kinds that do not exist */
};
void rtl_counts_init(struct rtl_counts *c, const struct plan *p);
void rtl_counts_fini(struct rtl_counts *c);
void rtl_counts_add(struct rtl_counts *c, uint32_t node, uint32_t context, uint32_t kind,
                    uint64_t value);

struct rtl_count_difference {
    char unit[64];    /* name in the statistics: of a router alone "n3" */
    const char *kind; /* rtl_count_name; "unknown": reports of no unit of the plan, model 0 */
    uint64_t model, rtl;
};
/* Against the model's, an array in the order of plan.unit. True if all are equal; else *first is
 * the first that is not, by unit, then kind. *n_compared: counts that are equal and not zero. */
bool rtl_counts_equal(const struct rtl_counts *c, const struct unit_counts *model,
                      uint64_t *n_compared, struct rtl_count_difference *first);

#endif
