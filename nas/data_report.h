/* SPDX-License-Identifier: Apache-2.0 */
/* nas/data_report.h: what a data set looks like, for `autorac data info`.
 *
 * Per field, over the training part: table size, rows in use, share of accesses
 * that go to row 0, and the share that the most used 1 % of the used rows (at
 * least one) take: the skew that embedding placement lives on. */
#ifndef AUTORAC_NAS_DATA_REPORT_H
#define AUTORAC_NAS_DATA_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "nas/data.h"

void data_info(FILE *f, const struct data *d, bool json);

/* Share of a field's training accesses that its most used 1 % of rows take. */
double data_top_share(const struct data *d, uint32_t field);

#endif
