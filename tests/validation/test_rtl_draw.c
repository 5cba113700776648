/* SPDX-License-Identifier: Apache-2.0 */
/* Random designs: every value of every key is drawn, and pairs of values are counted as they are.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "arch/map.h"
#include "traces/random_unit.h"
#include "validation/rtl_cover.h"
#include "validation/rtl_draw.h"
#include "validation/rtl_factor.h"

struct drawn {
    struct workload *w;
    struct chip_config c;
    struct plan *p;
};

static struct drawn draw(uint64_t seed)
{
    struct rng root = rng_new(seed);
    struct err e;

    for (uint64_t n = 0; n < 1000; n++) {
        struct rng r = rng_child_n(&root, "draw", n);
        struct drawn d = {.w = random_unit_workload(&r, (enum wl_kind)(n % WL_N_KINDS), 2)};

        d.c = validate_rtl_chip(&r);
        if (!plan_new(&d.p, d.w, &d.c, &e))
            return d;
        workload_free(d.w);
    }
    cr_assert_fail("no draw fits a chip");
    return (struct drawn){0};
}

static void drop(struct drawn *d)
{
    plan_free(d->p);
    workload_free(d->w);
}

static uint32_t factor_called(const char *name)
{
    for (uint32_t i = 0; i < rtl_n_factors; i++) {
        struct rtl_factor f = rtl_factor(i);

        if (strcmp(f.name, name) == 0)
            return i;
    }
    cr_assert_fail("no factor %s", name);
    return 0;
}

static uint32_t value_called(const char *name, const char *value)
{
    struct rtl_factor f = rtl_factor(factor_called(name));

    for (uint32_t k = 0; k < f.n_values; k++)
        if (strcmp(f.value[k], value) == 0)
            return k;
    cr_assert_fail("no value %s of %s", value, name);
    return 0;
}

static bool exclude(const char *a, const char *va, const char *b, const char *vb)
{
    return rtl_factors_exclude(factor_called(a), value_called(a, va), factor_called(b),
                               value_called(b, vb));
}

Test(rtl_draw, every_value_of_a_key_is_drawn)
{
    struct rng r = rng_new(4);
    bool flip = false, pairs = false, pool = false, drift = false;

    for (int n = 0; n < 400; n++) {
        struct chip_config c = validate_rtl_chip(&r);

        cr_assert_leq(c.mvm_cols_per_adc, c.mvm_cols);
        flip |= c.mvm_encoding == ENCODING_FLIP;
        pairs |= c.mvm_encoding == ENCODING_DIFFERENTIAL;
        pool |= c.emb_pooling == EMB_IN_ARRAY && c.emb_pool_rows == 8;
        drift |= c.device_time_s == 86400;
        cr_assert(c.device_time_s == 0 || c.device_cell == CELL_CMO);
    }
    cr_expect(flip && pairs && pool && drift);
}

/* As far as it means something on the chip that the mapper made; the other factors are of models.
 */
Test(rtl_draw, every_value_of_a_factor_is_drawn)
{
    int8_t *at = malloc(rtl_n_factors);
    bool seen[128][64] = {{false}};

    cr_assert_leq(rtl_n_factors, 128);
    for (uint64_t seed = 0; seed < 400; seed++) {
        struct drawn d = draw(seed);

        rtl_factors_of(d.p, at);
        for (uint32_t i = 0; i < rtl_n_factors; i++)
            if (at[i] >= 0)
                seen[i][at[i]] = true;
        drop(&d);
    }
    for (uint32_t i = 0; i < rtl_n_factors; i++)
        for (uint32_t k = 0; k < rtl_factor(i).n_values; k++)
            cr_expect(seen[i][k] || !strchr(rtl_factor(i).name, '.'), "%s %s", rtl_factor(i).name,
                      rtl_factor(i).value[k]);
    free(at);
}

/* Whatever is drawn has no pair of values that are said to exclude each other. */
Test(rtl_draw, what_is_excluded_is_not_drawn)
{
    int8_t *at = malloc(rtl_n_factors);

    for (uint64_t seed = 0; seed < 40; seed++) {
        struct drawn d = draw(seed);

        rtl_factors_of(d.p, at);
        for (uint32_t i = 0; i < rtl_n_factors; i++)
            for (uint32_t k = 0; k < rtl_n_factors; k++)
                if (i != k && at[i] >= 0 && at[k] >= 0)
                    cr_expect(!rtl_factors_exclude(i, (uint32_t)at[i], k, (uint32_t)at[k]),
                              "%s %s with %s %s", rtl_factor(i).name, rtl_factor(i).value[at[i]],
                              rtl_factor(k).name, rtl_factor(k).value[at[k]]);
        drop(&d);
    }
    free(at);
}

Test(rtl_draw, exclusions)
{
    cr_expect(exclude("mvm.cols", "16", "mvm.cols_per_adc", "32"));
    cr_expect(!exclude("mvm.cols", "32", "mvm.cols_per_adc", "32"));
    cr_expect(exclude("device.sigma", "0.3", "device.variation", "none"));
    cr_expect(!exclude("device.sigma", "0.3", "device.variation", "lognormal"));
    cr_expect(exclude("emb.cache_ways", "2", "emb.cache_rows", "0"));
    cr_expect(!exclude("emb.cache_ways", "2", "emb.cache_rows", "4"));
    cr_expect(exclude("device effects", "no", "device.cell", "wan"));
    cr_expect(!exclude("noc.vcs", "2", "noc.routing", "yx"));
}

Test(rtl_cover, a_design_gains_once)
{
    struct rtl_cover *c = rtl_cover_new();
    int8_t *at = malloc(rtl_n_factors);
    struct drawn d = draw(7);
    uint32_t n = 0, possible = rtl_cover_n_pairs(c);

    rtl_factors_of(d.p, at);
    for (uint32_t i = 0; i < rtl_n_factors; i++)
        n += at[i] >= 0;
    cr_expect_eq(rtl_cover_n_covered(c), 0);
    cr_expect_eq(rtl_cover_gain(c, at, NULL), n * (n - 1) / 2);
    rtl_cover_add(c, at);
    cr_expect_eq(rtl_cover_gain(c, at, NULL), 0);
    cr_expect_eq(rtl_cover_n_covered(c), n * (n - 1) / 2);
    cr_expect_eq(rtl_cover_n_pairs(c), possible);
    free(at);
    drop(&d);
    rtl_cover_free(c);
}

/* Pairs of two factors of interest come before any number of others. */
Test(rtl_cover, pairs_of_interest_count_most)
{
    struct rtl_cover *c = rtl_cover_new();
    int8_t *at = malloc(rtl_n_factors), *two = malloc(rtl_n_factors);
    bool *of_interest = calloc(rtl_n_factors, sizeof *of_interest);
    uint32_t vcs = factor_called("noc.vcs"), slots = factor_called("tile.slots");
    struct drawn d = draw(7);

    rtl_factors_of(d.p, at);
    memset(two, -1, rtl_n_factors);
    two[vcs] = at[vcs];
    two[slots] = at[slots];
    of_interest[vcs] = of_interest[slots] = true;
    cr_expect_gt(rtl_cover_gain(c, two, of_interest), rtl_cover_gain(c, at, NULL));
    rtl_cover_add(c, two);
    cr_expect_eq(rtl_cover_gain(c, at, of_interest), rtl_cover_gain(c, at, NULL));
    free(at);
    free(two);
    free(of_interest);
    drop(&d);
    rtl_cover_free(c);
}
