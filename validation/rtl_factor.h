/* SPDX-License-Identifier: Apache-2.0 */
/* validation/rtl_factor.h: what designs have of all that they could have.
 *
 * A *factor* is something of a design (a workload on a chip) that takes one of a few values: a
 * drawn key (validation/rtl_choice.h), or what the mapper made of the workload. A key whose value
 * changes nothing (the size of a cache that is not there) has no value. validation/rtl_cover.h
 * counts the pairs of factors' values that designs have. */
#ifndef AUTORAC_VALIDATION_RTL_FACTOR_H
#define AUTORAC_VALIDATION_RTL_FACTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/map.h"

enum { RTL_MAX_VALUES = 16 };

struct rtl_factor {
    const char *name; /* a key's path, or "shared tiles" */
    uint32_t n_values;
    char value[RTL_MAX_VALUES][16];
};

extern const uint32_t rtl_n_factors;
struct rtl_factor rtl_factor(uint32_t i);

/* at (rtl_n_factors): number of each factor's value, -1 where it has none. */
void rtl_factors_of(const struct plan *p, int8_t *at);

/* Whether no design can have value a of factor i beside value b of factor k. */
bool rtl_factors_exclude(uint32_t i, uint32_t a, uint32_t k, uint32_t b);

#endif
