/* SPDX-License-Identifier: Apache-2.0 */
/* validation/spread.h: median and range of the same figure over seeds. */
#ifndef AUTORAC_VALIDATION_SPREAD_H
#define AUTORAC_VALIDATION_SPREAD_H

#include <stdint.h>

struct spread {
    double median, least, most;
};
/* v (n), n at least 1, is sorted. */
struct spread spread(double *v, uint32_t n);

#endif
