/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/cfg.h"
#include "sim/stats.h"

static struct stats *sample(void)
{
    struct stats *s = stats_new();
    char name[32] = "chip.n3_mvm.adc.n_conv";

    stats_u64(s, name, UINT64_MAX, "count", "conversions finished");
    memset(name, 'x', sizeof name - 1); /* it was copied */
    stats_f64(s, "chip.energy_fj", 0.1, "fJ", "all parts");
    stats_f64(s, "chip.none", NAN, "1", "no sample");
    return s;
}

Test(stats, text_is_framed_lines)
{
    struct stats *s = sample();
    char *text;
    size_t n;
    FILE *f = open_memstream(&text, &n);

    stats_write_txt(s, f);
    fclose(f);
    cr_expect_str_eq(
        text,
        "\n---------- Begin Simulation Statistics ----------\n"
        "chip.n3_mvm.adc.n_conv                           18446744073709551615 # count, "
        "conversions finished\n"
        "chip.energy_fj                                                    0.1 # fJ, all parts\n"
        "chip.none                                                         nan # 1, no sample\n"
        "\n---------- End Simulation Statistics   ----------\n");
    free(text);
    stats_free(s);
}

Test(stats, json_is_a_flat_object)
{
    struct stats *s = sample();
    const struct cfg_node *root, *one;
    struct cfg *c;
    struct err e;
    char *text;
    size_t n;
    uint64_t u;
    FILE *f = open_memstream(&text, &n);

    stats_write_json(s, f);
    fclose(f);
    cr_assert_eq(cfg_parse(&c, "stats.json", text, &e), ERR_OK, "%s", e.text);
    root = cfg_root(c);
    cr_assert_eq(cfg_len(root), 3);
    for (uint64_t i = 0; i < 3; i++) {
        one = cfg_at(root, i);
        cr_expect_str_eq(cfg_key_at(root, i), stats_name(s, i));
        cr_expect_str_eq(cfg_str(cfg_get(one, "unit")), stats_unit(s, i));
        cr_expect_str_eq(cfg_str(cfg_get(one, "meaning")), stats_meaning(s, i));
    }
    cr_assert_eq(cfg_u64(cfg_get(cfg_at(root, 0), "value"), &u, &e), ERR_OK);
    cr_expect_eq(u, UINT64_MAX);
    cr_expect_str_eq(cfg_str(cfg_get(cfg_at(root, 2), "value")), "null");
    cfg_free(c);
    free(text);
    stats_free(s);
}

Test(stats, many_keep_their_order)
{
    struct stats *s = stats_new();

    for (uint64_t i = 0; i < 20000; i++) {
        char name[32];

        snprintf(name, sizeof name, "s%lu", (unsigned long)(i * 7919 % 20000));
        stats_u64(s, name, i, "1", "");
    }
    cr_expect_eq(stats_n(s), 20000);
    cr_expect_str_eq(stats_name(s, 12345), "s55"); /* 12345 * 7919 mod 20000 */
    cr_expect_eq(stats_value(s, 12345), 12345);
    stats_free(s);
    stats_free(NULL);
}

Test(stats, a_duplicate_is_a_bug, .signal = SIGABRT)
{
    struct stats *s = sample();

    stats_u64(s, "chip.none", 1, "1", "");
}

Test(stats, percentiles_are_nearest_rank)
{
    static const struct {
        uint64_t n;
        double q;
        uint64_t want; /* of the values 10, 20, ... 10n */
    } row[] = {
        {1, 0.5, 10},        {1, 1, 10},       {2, 0.5, 10},       {2, 0.51, 20},    {4, 0.25, 10},
        {4, 0.26, 20},       {100, 0.99, 990}, {100, 0.991, 1000}, {100, 0.07, 70},  {100, 1, 1000},
        {1000, 0.999, 9990}, {100, 1e-9, 10},  {3, 1.0 / 3, 10},   {3, 2.0 / 3, 20},
    };

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        uint64_t v[1000];

        for (uint64_t k = 0; k < row[i].n; k++)
            v[k] = 10 * (row[i].n - k);
        cr_expect_eq(stats_percentile_u64(v, row[i].n, row[i].q), row[i].want, "row %zu", i);
    }
}
