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

#endif
