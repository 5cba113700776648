// SPDX-License-Identifier: Apache-2.0
// record.svh: the recording points of the chip, for whoever listens.
//
// `AUTORAC_RECORD(unit, kind, index, value) reports a state change that is visible right after this
// clock edge: use it only inside always_ff. It reports; it never obtains anything.
//   SYNTHESIS     nothing at all
//   AUTORAC_DPI   a call of the simulator's host program
//   otherwise     a line "EVENT cycle unit kind index value(hex)" (the test bench's clock has edge c at
//                 time 10 c)
// The numbers of the kinds are those of traces/result.h.
`ifndef AUTORAC_RECORD_SVH
`define AUTORAC_RECORD_SVH

`define AUTORAC_START   0
`define AUTORAC_FINISH  1
`define AUTORAC_OPERAND 2
`define AUTORAC_CREDIT  3
`define AUTORAC_INJECT  4
`define AUTORAC_EJECT   5
`define AUTORAC_LOGIT   6

`ifdef SYNTHESIS
`define AUTORAC_RECORD(unit, kind, index, value) begin end
`elsif AUTORAC_DPI
import "DPI-C" function void autorac_record(input int unit, input int kind, input int index,
                                            input longint value);
`define AUTORAC_RECORD(unit, kind, index, value) \
    autorac_record(32'(unit), kind, 32'(index), 64'(value))
`else
`define AUTORAC_RECORD(unit, kind, index, value) \
    $display("EVENT %0d %0d %0d %0d %0h", $time / 10, unit, kind, 32'(index), 64'(value))
`endif

`endif
