/* SPDX-License-Identifier: Apache-2.0 */
/* sim/base/clock.h: seconds of the host's clocks, for progress and measured speed: no result may
 * depend on them. */
#ifndef AUTORAC_SIM_BASE_CLOCK_H
#define AUTORAC_SIM_BASE_CLOCK_H

#include <time.h>

/* Of CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, ...; only differences mean anything. */
double clock_s(clockid_t id);

#endif
