/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nas/space.h"

/* Distinct designs found by drawing many: for a space small enough, all of them. */
static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

static size_t count_by_drawing(const struct space *s, size_t n_draws)
{
    enum { BYTES = 128 };
    char *text = calloc(n_draws, BYTES);
    struct rng r = rng_new(9);
    size_t n = 0;

    for (size_t i = 0; i < n_draws; i++) {
        struct chip_config chip;
        struct genome g;
        char model[SPACE_TEXT_BYTES], keys[SPACE_TEXT_BYTES];

        memset(&chip, 0, sizeof chip);
        genome_random(s, &r, &g);
        chip_random(s, &r, &chip);
        genome_text(&g, model);
        chip_text(s, &chip, keys);
        cr_assert_lt(snprintf(text + i * BYTES, BYTES, "%s %s", model, keys), BYTES);
    }
    qsort(text, n_draws, BYTES, compare);
    for (size_t i = 0; i < n_draws; i++)
        n += i == 0 || strcmp(text + i * BYTES, text + (i - 1) * BYTES) != 0;
    free(text);
    return n;
}

Test(space, count_equals_what_can_be_drawn)
{
    static const struct {
        uint32_t blocks, bits, chips;
        size_t want;
    } row[] = {
        /* operators x weights, DSI, FM, activations, embedding */
        {1, 2, 0, (4 * 2) * (2 * 2) * 3 * 3 * 4 * 2},
        {1, 1, 2, (4 * 2) * 4 * 5 * 5}, /* chip: two keys of five values */
        /* block 2: three subsets of two sources for FC and DP, four pairs for gating and sum */
        {2, 1, 0, (4 * 2) * 4 * ((2 * 3 + 2 * 4) * (2 * 3)) * 4},
    };

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct space s;

        space_init(&s, SPACE_FULL, row[i].blocks, 16, 16);
        s.weight_bits.n = s.act_bits.n = s.emb_bits.n = row[i].bits;
        s.emb_dim.n = 1;
        s.n_chip = row[i].chips;
        cr_expect_float_eq(pow(10, space_log10(&s)), (double)row[i].want, 0.01, "row %zu: %g", i,
                           pow(10, space_log10(&s)));
        cr_expect_eq(count_by_drawing(&s, 400000), row[i].want, "row %zu", i);
    }
}

/* Columns a converter are at most the columns there are: 5 + 6 + 7 + 8 + 8 pairs, not 5 x 8. */
Test(space, limited_values_are_counted_by_pairs)
{
    static const char *const keys[] = {"mvm.cols", "mvm.cols_per_adc"};
    struct chip_choice two[2];
    struct space s, all;
    uint32_t n = 0;

    space_init(&all, SPACE_FULL, 1, 16, 16);
    for (uint32_t i = 0; i < all.n_chip; i++)
        if (n < 2 && !strcmp(all.chip[i].key, keys[n]))
            two[n++] = all.chip[i];
    cr_assert_eq(n, 2);
    s = all;
    s.weight_bits.n = s.act_bits.n = s.emb_bits.n = s.emb_dim.n = 1;
    memcpy(s.chip, two, sizeof two);
    s.n_chip = 2;
    cr_expect_float_eq(pow(10, space_log10(&s)), 8 * 4 * 34, 0.01);
    cr_expect_eq(count_by_drawing(&s, 50000), 8 * 4 * 34);
}

Test(space, whole_space_is_beyond_1e54)
{
    struct factor f[SPACE_MAX_FACTORS];
    struct space s;
    double sum = 0;

    space_init(&s, SPACE_FULL, 7, 1024, 64);
    for (uint32_t i = space_factors(&s, f); i-- > 0;)
        sum += f[i].log10;
    cr_expect_float_eq(sum, space_log10(&s), 1e-9);
    cr_expect_gt(space_log10(&s), 54);
    cr_expect_gt(space_log10_live(&s), 54, "%g", space_log10_live(&s));
    cr_expect_lt(space_log10_live(&s), space_log10(&s));
}

Test(space, the_count_is_written_out)
{
    char text[SPACE_COUNT_BYTES];
    struct space s;

    space_init(&s, SPACE_FULL, 1, 16, 16);
    s.n_chip = 0;
    space_count_text(&s, text); /* 12 x 6 x 4 x 4 x 9 x 3 x 2 */
    cr_expect_str_eq(text, "62208");
    space_init(&s, SPACE_FULL, 7, 1024, 64);
    space_count_text(&s, text);
    cr_expect_eq(strlen(text), (size_t)floor(space_log10(&s)) + 1, "%s", text);
    cr_expect_float_eq(strtod(text, NULL) / pow(10, space_log10(&s)), 1, 1e-9);
}

Test(space, text_reads_back)
{
    struct rng r = rng_new(4);

    for (uint32_t n = 1; n <= 7; n++) {
        struct space s;

        space_init(&s, SPACE_FULL, n, 1024, 64);
        for (int i = 0; i < 200; i++) {
            struct genome g, back;
            char text[SPACE_TEXT_BYTES], again[SPACE_TEXT_BYTES];
            struct err e;

            genome_random(&s, &r, &g);
            genome_text(&g, text);
            cr_assert_lt(strlen(text), SPACE_TEXT_BYTES - 1);
            cr_assert_eq(genome_parse(&s, text, &back, &e), ERR_OK, "%s", e.text);
            genome_text(&back, again);
            cr_expect_str_eq(text, again);
        }
    }
}

Test(space, bad_text_is_refused)
{
    static const char *const bad[] = {
        "",
        "e8",
        "e5x16/fc64w8a8-efc16w8a8-d0-s0",
        "e8x16/fc65w8a8-efc16w8a8-d0-s0",
        "e8x16/fc64w8a8-efc16w8a8-d1-s0",
        "e8x16/fc64w8a8-efc16w8a8-d0-s",
        "e8x16/fc64w8a8-efc16w8a8-d00-s0",
        "e8x16/fc64w8a8-efc16w8a8-d0-s0/fc64w8a8-efc16w8a8-d0-s0",
        "e8x16/fc64w8a8-efc16w8a8-dsi-d0-s0",
        "e8x16/fc64w8a8-efc16w8a8-d0-s0 ",
        "e8x16/mul64w8a8-efc16w8a8-d0-s0",
        "e8x16/fc64w8a8-fm16w8a8-d0-s0",
        "e8x16/fc64w8a8-efc16w8a8-l0-r0-s0",
        "e8x16/sum64w8a8-efc16w8a8-d0-s0",
        "e8x16/gate64w8a8-att16w8a8-l0-s0",
        "e8x16/gate64w8a8-att16w8a8-l0-r1-s0",
        "e8x16/gate64w8a8-att16w8a8-l-r0-s0",
    };
    struct space s;

    space_init(&s, SPACE_FULL, 1, 1024, 64);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct genome g;
        struct err e;

        cr_expect_eq(genome_parse(&s, bad[i], &g, &e), ERR_CONFIG, "%s", bad[i]);
    }
}

Test(space, mutations_change_one_thing_and_stay_inside)
{
    struct rng r = rng_new(8);
    struct space s;
    struct genome g;
    struct chip_config chip;

    memset(&chip, 0, sizeof chip);
    space_init(&s, SPACE_FULL, 5, 256, 64);
    genome_random(&s, &r, &g);
    chip_random(&s, &r, &chip);
    for (int i = 0; i < 2000; i++) {
        struct genome old = g, back;
        struct chip_config before = chip;
        uint32_t a[SPACE_MAX_CHIP], b[SPACE_MAX_CHIP], changed = 0;
        char text[SPACE_TEXT_BYTES];
        struct err e;

        genome_mutate(&s, &r, &g);
        cr_expect(!genome_equal(&old, &g));
        genome_text(&g, text);
        cr_assert_eq(genome_parse(&s, text, &back, &e), ERR_OK, "%s", e.text);
        chip_mutate(&s, &r, &chip);
        chip_get(&s, &before, a);
        chip_get(&s, &chip, b);
        for (uint32_t k = 0; k < s.n_chip; k++)
            changed += a[k] != b[k];
        cr_expect_eq(changed, 1);
    }
}

Test(space, every_chip_drawn_is_legal)
{
    struct rng r = rng_new(2);
    struct space s;

    space_init(&s, SPACE_FULL, 1, 64, 64);
    for (int i = 0; i < 300; i++) {
        struct chip_config chip;
        char text[SPACE_TEXT_BYTES], *at, *save = NULL;
        struct cfg *c = NULL;
        struct err e;

        memset(&chip, 0, sizeof chip);
        chip_random(&s, &r, &chip);
        chip_text(&s, &chip, text);
        cr_assert_eq(cfg_parse(&c, "test", "{}", &e), ERR_OK);
        for (at = strtok_r(text, ";", &save); at; at = strtok_r(NULL, ";", &save))
            cr_assert_eq(cfg_set(c, at, &e), ERR_OK, "%s", e.text);
        cr_expect_eq(chip_config_read(c, &chip, &e), ERR_OK, "%s", e.text);
        cfg_free(c);
    }
}

Test(space, what_nobody_reads_is_not_used)
{
    struct space s;
    struct genome g;
    struct genome_use u;
    struct err e;

    space_init(&s, SPACE_FULL, 3, 64, 32);
    cr_assert_eq(genome_parse(&s,
                              "e8x16/fc16w8a8-efc16w8a8-dsi8-d0-s0/fc16w8a8-efc16w8a8-d0-s0/"
                              "fc16w8a8-efc16w8a8-d0-s1",
                              &g, &e),
                 ERR_OK, "%s", e.text);
    genome_use(&g, &u);
    cr_expect(u.dense[2] && u.sparse[2]);
    cr_expect(!u.dense[1] && !u.sparse[1] && !u.operator_used[1], "block 2 is dead");
    cr_expect(u.sparse[0] && !u.dense[0], "of block 1 only the sparse output is read");
    cr_expect(u.operator_used[0], "which DSI makes from the dense operator");
}

/* A word takes its key, or with a dot all keys of its group; others stay, and none is drawn. */
Test(space, fixed_keys_are_not_drawn)
{
    struct space all, s;
    struct err e;

    space_init(&all, SPACE_FULL, 1, 16, 16);
    s = all;
    cr_assert_eq(space_fix(&s, "map.,mvm.cols_per_adc", &e), ERR_OK, "%s", e.text);
    cr_expect_eq(s.n_chip, all.n_chip - 6);
    for (uint32_t i = 0; i < s.n_chip; i++)
        cr_expect(strncmp(s.chip[i].key, "map.", 4) && strcmp(s.chip[i].key, "mvm.cols_per_adc"));
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct rng r = rng_new(seed);
        struct chip_config chip;

        memset(&chip, 0, sizeof chip);
        chip.mvm_cols_per_adc = 64;
        chip.map_copies = 3;
        chip_random(&s, &r, &chip);
        cr_expect(chip.mvm_cols_per_adc == 64 && chip.map_copies == 3);
        cr_expect_geq(chip.mvm_cols, 64, "seed %d", (int)seed);
    }
}

Test(space, a_fixed_key_that_is_not_there_is_an_error)
{
    static const char *const wrong[] = {"mvm",    "map",         "no.such", "map.,map.copies",
                                        "map.,,", "mvm.cols_per"};
    struct space s;
    struct err e;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        space_init(&s, SPACE_FULL, 1, 16, 16);
        cr_expect_eq(space_fix(&s, wrong[i], &e), ERR_CONFIG, "%s", wrong[i]);
        cr_expect(strstr(e.text, "search.fixed"), "%s", e.text);
    }
}

Test(space, one_precision_leaves_no_choice_of_bits)
{
    struct space s;
    struct rng r = rng_new(7);
    struct genome g;

    space_init(&s, SPACE_FULL, 3, 64, 32);
    space_bits(&s, 8);
    for (int i = 0; i < 100; i++) {
        genome_random(&s, &r, &g);
        cr_expect_eq(g.emb_bits, 8);
        for (uint32_t b = 0; b < 3; b++)
            cr_expect(g.b[b].w_dense == 8 && g.b[b].a_dense == 8 && g.b[b].a_sparse == 8);
        genome_mutate(&s, &r, &g);
        cr_expect(g.emb_bits == 8 && g.b[0].w_dense == 8);
    }
}
