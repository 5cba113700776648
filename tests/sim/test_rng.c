/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "sim/base/rng.h"

/* Reference outputs of the published generators. */
Test(rng, is_xoshiro256starstar)
{
    static const uint64_t want[] = {11520, 0, 1509978240, UINT64_C(1215971899390074240)};
    struct rng r = {.s = {1, 2, 3, 4}};

    for (size_t i = 0; i < 4; i++)
        cr_expect_eq(rng_u64(&r), want[i], "output %zu", i);
}

Test(rng, is_seeded_by_splitmix64)
{
    static const uint64_t want[] = {
        UINT64_C(6457827717110365317),
        UINT64_C(3203168211198807973),
        UINT64_C(9817491932198370423),
        UINT64_C(4593380528125082431),
    };
    struct rng r = rng_new(1234567);

    for (size_t i = 0; i < 4; i++)
        cr_expect_eq(r.s[i], want[i], "word %zu", i);
}

Test(rng, children_depend_on_identity_not_position)
{
    struct rng parent = rng_new(5), other = rng_new(6);
    struct rng before = rng_child(&parent, "adc"), after, elsewhere;

    for (int i = 0; i < 100; i++)
        rng_u64(&parent);
    after = rng_child(&parent, "adc");
    elsewhere = rng_child(&other, "adc");
    cr_expect_eq(memcmp(&before, &after, sizeof before), 0);
    cr_expect_neq(before.id, elsewhere.id);
}

Test(rng, streams_are_distinct)
{
    struct rng root = rng_new(0);
    struct rng v[] = {
        root,
        rng_new(1),
        rng_child(&root, ""),
        rng_child(&root, "a"),
        rng_child(&root, "b"),
        rng_child(&root, "ab"),
        rng_child_n(&root, "a", 0),
        rng_child_n(&root, "a", 1),
        rng_child_n(&root, "b", 0),
        rng_child_n(&root, "a", UINT64_MAX),
        rng_child_n(&root, "a0", 0),
    };
    size_t n = sizeof v / sizeof *v;

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) {
            cr_expect_neq(v[i].id, v[j].id, "%zu %zu", i, j);
            cr_expect_neq(memcmp(v[i].s, v[j].s, sizeof v[i].s), 0, "%zu %zu", i, j);
        }
}

Test(rng, a_copy_resumes)
{
    struct rng r = rng_new(9), copy;

    rng_u64(&r);
    copy = r;
    for (int i = 0; i < 10; i++)
        cr_expect_eq(rng_u64(&r), rng_u64(&copy));
}

Test(rng, below_is_in_range_and_even)
{
    static const uint64_t n[] = {
        1, 2, 3, 7, 100, UINT64_C(1) << 63, (UINT64_C(3) << 62) + 1, UINT64_MAX};
    struct rng r = rng_new(3);
    uint64_t count[7] = {0}, n_third = 0;

    for (size_t i = 0; i < sizeof n / sizeof *n; i++)
        for (int k = 0; k < 1000; k++)
            cr_assert_lt(rng_below(&r, n[i]), n[i]);
    for (int k = 0; k < 70000; k++)
        count[rng_below(&r, 7)]++;
    for (int i = 0; i < 7; i++)
        cr_expect(count[i] > 9600 && count[i] < 10400, "%d: %lu", i, (unsigned long)count[i]);
    /* without redrawing, every third of 3*2^62 values would come twice as often as the others */
    for (int k = 0; k < 30000; k++)
        n_third += rng_below(&r, UINT64_C(3) << 62) % 3 == 0;
    cr_expect(n_third > 9600 && n_third < 10400, "%lu", (unsigned long)n_third);
}

Test(rng, unit_and_normal_have_their_moments)
{
    enum { N = 200000 };
    struct rng r = rng_new(4);
    double sum = 0, sum2 = 0, usum = 0;

    for (int i = 0; i < N; i++) {
        double u = rng_unit(&r), z = rng_normal(&r);

        cr_assert(u >= 0 && u < 1 && isfinite(z));
        usum += u;
        sum += z;
        sum2 += z * z;
    }
    cr_expect_float_eq(usum / N, 0.5, 0.005);
    cr_expect_float_eq(sum / N, 0, 0.01);
    cr_expect_float_eq(sum2 / N, 1, 0.02);
}

Test(rng, shuffle_permutes_evenly)
{
    struct rng r = rng_new(8);
    uint32_t count[3][3] = {{0}};

    for (int k = 0; k < 30000; k++) {
        uint32_t v[3] = {0, 1, 2};

        rng_shuffle_u32(&r, v, 3);
        cr_assert_eq(1u << v[0] | 1u << v[1] | 1u << v[2], 7);
        for (int i = 0; i < 3; i++)
            count[i][v[i]]++;
    }
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            cr_expect(count[i][j] > 9600 && count[i][j] < 10400, "%d %d", i, j);
    rng_shuffle_u32(&r, NULL, 0);
}
