/* SPDX-License-Identifier: Apache-2.0 */
/* tests/traces/naive.h: a second implementation of a workload's arithmetic: 64-bit, one element at
 * a time, straight from traces/workload.h. */
#ifndef AUTORAC_TESTS_TRACES_NAIVE_H
#define AUTORAC_TESTS_TRACES_NAIVE_H

#include "traces/workload.h"

/* Every tensor of every request, and the expected logits; asserts. */
void naive_compare(const struct workload *w);

#endif
