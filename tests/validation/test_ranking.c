/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <math.h>

#include "validation/ranking.h"

Test(ranking, tau_counts_pairs)
{
    static const double up[] = {1, 2, 3, 4}, down[] = {4, 3, 2, 1}, one_swap[] = {1, 3, 2, 4};
    static const double tie[] = {1, 1, 2, 3}, same[] = {5, 5, 5, 5};

    cr_expect_float_eq(kendall_tau(up, up, 4), 1, 1e-12);
    cr_expect_float_eq(kendall_tau(up, down, 4), -1, 1e-12);
    cr_expect_float_eq(kendall_tau(up, one_swap, 4), 4.0 / 6, 1e-12);
    cr_expect_float_eq(kendall_tau(up, tie, 4), 5 / sqrt(6 * 5), 1e-12);
    cr_expect(isnan(kendall_tau(up, same, 4)));
}
