/* SPDX-License-Identifier: Apache-2.0 */
/* arch/window.h: a run cut into windows of cycles: energy of every unit, flits over every link.
 *
 * At each window's end the chip's counts are kept; what happened in a window is a difference. Sums
 * over all windows are those of the whole run, exactly. Counts are those of arch/chip.h: what a
 * request costs a unit is counted when it finishes there, a flit when its switch grants it. There
 * are at most WINDOW_MAX windows: when they are full, pairs of them become one of twice the width,
 * so a run of any length costs the same memory. Left out: queue depths within a window. */
#ifndef AUTORAC_ARCH_WINDOW_H
#define AUTORAC_ARCH_WINDOW_H

#include "arch/chip.h"
#include "arch/params.h"
#include "traces/result.h"

enum { WINDOW_MAX = 256 };

struct windows;
/* Becomes the chip's sampler; both are borrowed and outlive it. width_cycles > 0: at first. */
struct windows *windows_new(struct chip *c, const struct params *q, uint64_t width_cycles);
void windows_free(struct windows *w);

/* The windows up to now; the last one may be shorter, and ends with the run. Belongs to w, until it
 * is called again. */
const struct result_windows *windows_result(struct windows *w);

#endif
