/* SPDX-License-Identifier: Apache-2.0 */
/* traces/wave.h: a run's events as pictures: a timeline for Perfetto and Chrome, a waveform for
 * GTKWave.
 *
 * Perfetto (Chrome's JSON): a process a unit, under its name; threads `engine` (a span from START
 * to FINISH a request, joined by flow arrows from unit to unit in order of time) and `operands`
 * (arrivals); counters `requests` of the whole chip (started at the I/O unit, not answered) and,
 * a unit, flits sent in each window of cycles. One cycle is shown as one microsecond, for viewers
 * resolve no less than a nanosecond.
 *
 * VCD: scope autorac_top, a scope a unit under the instance name its RTL has. busy and request of
 * the engine; inject, eject: a flit in this cycle, with its channel and payload; operand, credit:
 * an arrival in this cycle, with its edge; logit. Time in ps, cycle c at c clock periods.
 *
 * Both want events in canonical order. Left out: what was not recorded, hence the load of an engine
 * apart from its computing, and buffer depths. */
#ifndef AUTORAC_TRACES_WAVE_H
#define AUTORAC_TRACES_WAVE_H

#include <stdio.h>

#include "traces/result.h"

void wave_perfetto(FILE *f, const struct result *r);
void wave_vcd(FILE *f, const struct result *r);

/* The RTL's waveform as co-simulation writes it (rtl: the text of the file) and, in a scope `model`
 * beside the RTL's `chip`, the model's over the same cycles and on the same scale: cycle c at
 * 10 c ps. ERR_CONFIG: not such a file. */
enum err_code wave_join(FILE *f, const struct result *r, const char *rtl, struct err *e);

/* Save file for GTKWave: a group a unit that has events, each signal of the model above the RTL's
 * that holds the same. vcd: the file it is for, by wave_vcd (rtl NULL), or by wave_join with the
 * same rtl. The marker stands at marker_cycle. */
void wave_gtkw(FILE *f, const struct result *r, const char *vcd, const char *rtl,
               uint64_t marker_cycle);

#endif
