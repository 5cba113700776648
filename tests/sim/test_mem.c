/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/err.h"
#include "sim/base/mem.h"

Test(mem, is_zeroed_and_never_null)
{
    unsigned char *p = mem_alloc(1000, 3);

    for (int i = 0; i < 3000; i++)
        cr_assert_eq(p[i], 0);
    memset(p, 1, 3000);
    p = mem_grow(p, 1000, 2000, 3);
    for (int i = 0; i < 6000; i++)
        cr_assert_eq(p[i], i < 3000, "byte %d", i);
    free(p);
    p = mem_alloc(0, 0);
    cr_expect(p);
    p = mem_grow(p, 0, 0, 8);
    cr_expect(p);
    free(p);
    p = mem_grow(NULL, 0, 4, 1);
    cr_expect_eq(p[3], 0);
    free(p);
}

Test(mem, text)
{
    char *s = mem_printf("%s-%d", "tile", 7), *t = mem_strdup(s);

    cr_expect_str_eq(t, "tile-7");
    free(s);
    free(t);
}

Test(mem, alloc_checks_the_product, .exit_code = ERR_ENV)
{
    free(mem_alloc(SIZE_MAX / 8 + 2, 8)); /* 8 bytes if it wrapped */
}

Test(mem, grow_checks_the_product, .exit_code = ERR_ENV)
{
    free(mem_grow(NULL, 0, SIZE_MAX / 8 + 2, 8));
}

Test(mem, arena_checks_the_product, .exit_code = ERR_ENV)
{
    arena_alloc(arena_new(), SIZE_MAX / 8 + 2, 8);
}

Test(mem, arena_blocks_are_zeroed_aligned_and_apart)
{
    enum { N = 3000 };
    static unsigned char *p[N];
    struct arena *a = arena_new();

    /* sizes around those that get a block of their own, among small ones */
    for (size_t i = 0; i < N; i++) {
        size_t n = i % 100 == 99 ? 16383 + i % 7 : i % 500 == 250 ? 70000 : i % 50;

        p[i] = arena_alloc(a, n, 1);
        cr_assert_eq((uintptr_t)p[i] % 16, 0);
        for (size_t k = 0; k < n; k++)
            cr_assert_eq(p[i][k], 0, "block %zu byte %zu", i, k);
        memset(p[i], 0xff, n);
    }
    arena_free(a);
    arena_free(NULL);
}

Test(mem, arena_text)
{
    struct arena *a = arena_new();
    char *s = arena_strdup(a, "abc"), *t = arena_printf(a, "%s.%u", s, 5u);

    cr_expect_str_eq(s, "abc");
    cr_expect_str_eq(t, "abc.5");
    cr_expect_neq(arena_alloc(a, 0, 1), arena_alloc(a, 0, 1));
    arena_free(a);
}
