/* SPDX-License-Identifier: Apache-2.0 */
#include "validation/rtl_cover.h"

#include <inttypes.h>
#include <stdlib.h>

#include "sim/base/mem.h"
#include "validation/rtl_factor.h"

enum { MAX_LISTED = 500 }; /* a few designs lack thousands */

struct rtl_cover {
    struct rtl_factor *factor; /* (rtl_n_factors) */
    uint32_t *first;           /* (rtl_n_factors) its first value among all */
    uint32_t n_values;         /* of all factors */
    uint32_t n_possible, n_covered;
    uint32_t *n_designs; /* (n_values) */
    uint8_t *pair;       /* (n_values, n_values) of two factors, the first one's value first */
};
enum { IMPOSSIBLE, MISSING, COVERED };

static uint8_t *pair_at(const struct rtl_cover *c, uint32_t i, uint32_t a, uint32_t k, uint32_t b)
{
    return &c->pair[(size_t)(c->first[i] + a) * c->n_values + c->first[k] + b];
}

static void mark_possible(struct rtl_cover *c, uint32_t i, uint32_t k)
{
    for (uint32_t a = 0; a < c->factor[i].n_values; a++)
        for (uint32_t b = 0; b < c->factor[k].n_values; b++)
            if (!rtl_factors_exclude(i, a, k, b)) {
                *pair_at(c, i, a, k, b) = MISSING;
                c->n_possible++;
            }
}

struct rtl_cover *rtl_cover_new(void)
{
    struct rtl_cover *c = mem_alloc(1, sizeof *c);

    c->factor = mem_alloc(rtl_n_factors, sizeof *c->factor);
    c->first = mem_alloc(rtl_n_factors, sizeof *c->first);
    for (uint32_t i = 0; i < rtl_n_factors; i++) {
        c->factor[i] = rtl_factor(i);
        c->first[i] = c->n_values;
        c->n_values += c->factor[i].n_values;
    }
    c->n_designs = mem_alloc(c->n_values, sizeof *c->n_designs);
    c->pair = mem_alloc((size_t)c->n_values * c->n_values, 1);
    for (uint32_t i = 0; i < rtl_n_factors; i++)
        for (uint32_t k = i + 1; k < rtl_n_factors; k++)
            mark_possible(c, i, k);
    return c;
}

void rtl_cover_free(struct rtl_cover *c)
{
    if (!c)
        return;
    free(c->factor);
    free(c->first);
    free(c->n_designs);
    free(c->pair);
    free(c);
}

uint32_t rtl_cover_gain(const struct rtl_cover *c, const int8_t *at, const bool *of_interest)
{
    uint32_t gain = 0, n_interesting = 0, all = rtl_n_factors * (rtl_n_factors - 1) / 2;

    for (uint32_t i = 0; i < rtl_n_factors; i++)
        for (uint32_t k = i + 1; k < rtl_n_factors; k++)
            if (at[i] >= 0 && at[k] >= 0 &&
                *pair_at(c, i, (uint32_t)at[i], k, (uint32_t)at[k]) == MISSING) {
                gain++;
                n_interesting += of_interest && of_interest[i] && of_interest[k];
            }
    return n_interesting * all + gain;
}

void rtl_cover_add(struct rtl_cover *c, const int8_t *at)
{
    for (uint32_t i = 0; i < rtl_n_factors; i++) {
        uint32_t value = (uint32_t)at[i];

        if (at[i] < 0)
            continue;
        c->n_designs[c->first[i] + value]++;
        for (uint32_t k = i + 1; k < rtl_n_factors; k++) {
            uint8_t *pair;

            if (at[k] < 0)
                continue;
            pair = pair_at(c, i, value, k, (uint32_t)at[k]);
            c->n_possible += *pair == IMPOSSIBLE; /* it is possible, then */
            c->n_covered += *pair != COVERED;
            *pair = COVERED;
        }
    }
}

uint32_t rtl_cover_n_pairs(const struct rtl_cover *c)
{
    return c->n_possible;
}

uint32_t rtl_cover_n_covered(const struct rtl_cover *c)
{
    return c->n_covered;
}

static void list_missing(const struct rtl_cover *c, uint32_t i, uint32_t k, FILE *out)
{
    const struct rtl_factor *f = &c->factor[i], *g = &c->factor[k];

    for (uint32_t a = 0; a < f->n_values; a++)
        for (uint32_t b = 0; b < g->n_values; b++)
            if (*pair_at(c, i, a, k, b) == MISSING)
                fprintf(out, "missing: %s %s with %s %s\n", f->name, f->value[a], g->name,
                        g->value[b]);
}

void rtl_cover_print(const struct rtl_cover *c, FILE *out)
{
    uint32_t n_missing = c->n_possible - c->n_covered;

    for (uint32_t i = 0; i < rtl_n_factors; i++) {
        fprintf(out, "%-22s", c->factor[i].name);
        for (uint32_t a = 0; a < c->factor[i].n_values; a++)
            fprintf(out, "  %s: %" PRIu32, c->factor[i].value[a], c->n_designs[c->first[i] + a]);
        fputc('\n', out);
    }
    fprintf(out, "%" PRIu32 " of %" PRIu32 " possible pairs of values covered: %.1f %%%s\n",
            c->n_covered, c->n_possible, 100.0 * c->n_covered / c->n_possible,
            n_missing > MAX_LISTED ? "; those missing are too many to be listed" : "");
    for (uint32_t i = 0; i < rtl_n_factors && n_missing <= MAX_LISTED; i++)
        for (uint32_t k = i + 1; k < rtl_n_factors; k++)
            list_missing(c, i, k, out);
}
