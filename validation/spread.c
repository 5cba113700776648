/* SPDX-License-Identifier: Apache-2.0 */
#include "validation/spread.h"

#include <stdlib.h>

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

struct spread spread(double *v, uint32_t n)
{
    qsort(v, n, sizeof *v, by_value);
    return (struct spread){n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2, v[0], v[n - 1]};
}
