/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "sim/base/err.h"

Test(err, set_returns_its_code_and_wrap_keeps_it)
{
    struct err e;

    cr_expect_eq(err_set(&e, ERR_CONFIG, "bits: %d is outside 1..12", 15), ERR_CONFIG);
    cr_expect_eq(err_wrap(&e, "%s:%d", "chip.yaml", 14), ERR_CONFIG);
    cr_expect_eq(e.code, ERR_CONFIG);
    cr_expect_str_eq(e.text, "chip.yaml:14: bits: 15 is outside 1..12");
    cr_expect_eq(err_set(&e, ERR_ENV, "disk"), ERR_ENV, "set replaces");
    cr_expect_str_eq(e.text, "disk");
}

Test(err, codes_are_the_exit_statuses)
{
    cr_expect_eq(ERR_OK, 0);
    cr_expect_eq(ERR_MISMATCH, 1);
    cr_expect_eq(ERR_CONFIG, 2);
    cr_expect_eq(ERR_ENV, 3);
    cr_expect_eq(ERR_BUG, 70);
    cr_expect_eq(ERR_INTERRUPT, 130);
}

Test(err, arguments_may_be_its_own_text)
{
    struct err e;

    err_set(&e, ERR_ENV, "inner");
    err_set(&e, ERR_CONFIG, "outer (%s)", e.text);
    cr_expect_str_eq(e.text, "outer (inner)");
    err_wrap(&e, "%s again", e.text);
    cr_expect_str_eq(e.text, "outer (inner) again: outer (inner)");
}

Test(err, is_one_line)
{
    struct err e;

    err_set(&e, ERR_ENV, "a\nb\tc\r");
    err_wrap(&e, "x\ny");
    cr_expect_str_eq(e.text, "x y: a b c ");
}

Test(err, truncates_with_dots_only_when_it_must)
{
    char fill[2000];
    struct err e;
    size_t room = sizeof e.text - 1;

    for (size_t n = room - 1; n <= room + 1; n++) {
        memset(fill, 'x', n);
        fill[n] = '\0';
        err_set(&e, ERR_ENV, "%s", fill);
        cr_expect_eq(strlen(e.text), n < room ? n : room, "%zu", n);
        cr_expect_eq(strstr(e.text, "...") != NULL, n > room, "%zu", n);
    }
    for (size_t n = room - 5; n <= room - 3; n++) { /* "ab: " takes four */
        memset(fill, 'x', n);
        fill[n] = '\0';
        err_set(&e, ERR_ENV, "%s", fill);
        err_wrap(&e, "ab");
        cr_expect_eq(strlen(e.text), n + 4 < room ? n + 4 : room, "%zu", n);
        cr_expect_eq(strstr(e.text, "...") != NULL, n + 4 > room, "%zu", n);
    }
    memset(fill, 'y', sizeof fill - 1);
    fill[sizeof fill - 1] = '\0';
    err_wrap(&e, "%s", fill);
    cr_expect_eq(strlen(e.text), room);
    cr_expect_str_eq(e.text + room - 3, "...");
}
