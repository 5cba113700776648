/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/base/clock.h"

double clock_s(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
