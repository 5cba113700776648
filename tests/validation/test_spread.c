/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "validation/spread.h"

Test(spread, middle_of_an_odd_number_and_mean_of_the_two_of_an_even_one)
{
    double odd[] = {5, -1, 2}, even[] = {4, 1, 10, 2}, one[] = {7};
    struct spread o = spread(odd, 3), e = spread(even, 4), s = spread(one, 1);

    cr_assert_eq(o.median, 2);
    cr_assert(o.least == -1 && o.most == 5);
    cr_assert_eq(e.median, 3);
    cr_assert(e.least == 1 && e.most == 10);
    cr_assert(s.median == 7 && s.least == 7 && s.most == 7);
}
