/* SPDX-License-Identifier: Apache-2.0 */
/* validation/rtl_cover.h: which values of factors (validation/rtl_factor.h), and which pairs of
 * them, a set of designs has. */
#ifndef AUTORAC_VALIDATION_RTL_COVER_H
#define AUTORAC_VALIDATION_RTL_COVER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct rtl_cover;
struct rtl_cover *rtl_cover_new(void); /* of no design */
void rtl_cover_free(struct rtl_cover *c);

/* at (rtl_n_factors): a design's values, as rtl_factors_of gives them. */
void rtl_cover_add(struct rtl_cover *c, const int8_t *at);
/* Pairs not there yet. of_interest (rtl_n_factors): a pair of two such factors counts as more than
 * all others; NULL: all are. */
uint32_t rtl_cover_gain(const struct rtl_cover *c, const int8_t *at, const bool *of_interest);

uint32_t rtl_cover_n_pairs(const struct rtl_cover *c); /* that are possible */
uint32_t rtl_cover_n_covered(const struct rtl_cover *c);

/* A line a factor: how many designs have each value; then the share of pairs, and those missing
 * unless there are more than 500. */
void rtl_cover_print(const struct rtl_cover *c, FILE *out);

#endif
