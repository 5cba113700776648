// SPDX-License-Identifier: Apache-2.0
// record.svh: the recording points of the chip and its counts, for whoever listens.
//
// `AUTORAC_RECORD(unit, kind, index, value) reports a state change that is visible right after this
// clock edge: use it only inside always_ff. It reports; it never obtains anything.
//   SYNTHESIS     nothing at all
//   AUTORAC_DPI   a call of the simulator's host program
//   otherwise     a line "EVENT cycle unit kind index value(hex)" (the test bench's clock has edge c at
//                 time 10 c)
// The numbers of the kinds are those of traces/result.h.
//
// `AUTORAC_COUNTERS(unit, contexts) gives a module counters of what costs energy, and
// `AUTORAC_COUNT(context, kind, amount) adds to one of them: use it only in one process of the module,
// at most once a clock edge for each kind. They are reported, those that are not zero, when the simulation ends:
//   SYNTHESIS     there are none
//   AUTORAC_DPI   by calls of the host program
//   otherwise     by lines "COUNT unit context kind value"
// `AUTORAC_LANES_OF(chunk, n) is how many of LANES lanes have an element of n, LANES a chunk, in that chunk.
// What one unit's modules report of one kind is to be added up. When what is counted:
// docs/microarchitecture.md, section 9.
`ifndef AUTORAC_RECORD_SVH
`define AUTORAC_RECORD_SVH

`define AUTORAC_START   0
`define AUTORAC_FINISH  1
`define AUTORAC_OPERAND 2
`define AUTORAC_CREDIT  3
`define AUTORAC_INJECT  4
`define AUTORAC_EJECT   5
`define AUTORAC_LOGIT   6

// Kinds of counts, in the order of rtlgen/counts.def.
`define AUTORAC_BUFFER_WRITES    0
`define AUTORAC_BUFFER_READS     1
`define AUTORAC_OUTPUT_WRITES    2
`define AUTORAC_OUTPUT_READS     3
`define AUTORAC_ROW_DRIVES       4
`define AUTORAC_XBAR_READS       5
`define AUTORAC_CELL_READS       6
`define AUTORAC_SAMPLE_HOLDS     7
`define AUTORAC_CONVERSIONS      8
`define AUTORAC_UNIT_CONVERSIONS 9
`define AUTORAC_SHIFT_ADDS       10
`define AUTORAC_FLIP_ADDS        11
`define AUTORAC_REDUCE_ADDS      12
`define AUTORAC_REQUANTS         13
`define AUTORAC_MACS             14
`define AUTORAC_TABLE_READS      15
`define AUTORAC_LINE_WRITES      16
`define AUTORAC_CELL_WRITES      17
`define AUTORAC_LOOKUPS          18
`define AUTORAC_ROW_READS        19
`define AUTORAC_ACTIVATIONS      20
`define AUTORAC_EMB_CELLS        21
`define AUTORAC_POOL_CONVERSIONS 22
`define AUTORAC_EMB_ADDS         23
`define AUTORAC_HOT_READS        24
`define AUTORAC_COPY_READS       25
`define AUTORAC_CACHE_HITS       26
`define AUTORAC_CACHE_FILLS      27
`define AUTORAC_FLITS_ROUTED     28
`define AUTORAC_FLITS_LINKED     29
`define AUTORAC_ALLOCATIONS      30
`define AUTORAC_N_COUNTS         31

`define AUTORAC_LANES_OF(chunk, n) \
    ((32'(chunk) * LANES >= 32'(n)) ? 0 : \
     (32'(n) - 32'(chunk) * LANES < LANES) ? 32'(n) - 32'(chunk) * LANES : LANES)

`ifdef SYNTHESIS
`define AUTORAC_RECORD(unit, kind, index, value) begin end
`define AUTORAC_COUNTERS(unit, contexts)
`define AUTORAC_COUNT(context, kind, amount) begin end
`elsif AUTORAC_DPI
import "DPI-C" function void autorac_record(input int unit, input int kind, input int index,
                                            input longint value);
`define AUTORAC_RECORD(unit, kind, index, value) \
    autorac_record(32'(unit), kind, 32'(index), 64'(value))
import "DPI-C" function void autorac_count(input int unit, input int context_, input int kind,
                                           input longint value);
`define AUTORAC_REPORT(unit, context, kind, value) \
    autorac_count(32'(unit), 32'(context), 32'(kind), value)
`else
`define AUTORAC_RECORD(unit, kind, index, value) \
    $display("EVENT %0d %0d %0d %0d %0h", $time / 10, unit, kind, 32'(index), 64'(value))
`define AUTORAC_REPORT(unit, context, kind, value) \
    $display("COUNT %0d %0d %0d %0d", unit, context, kind, value)
`endif

`ifndef SYNTHESIS
`define AUTORAC_COUNTERS(unit, contexts) \
    reg [63:0] counts [0:(contexts)*`AUTORAC_N_COUNTS-1]; \
    integer    counted; \
    initial \
        for (counted = 0; counted < (contexts) * `AUTORAC_N_COUNTS; counted = counted + 1) \
            counts[counted] = 64'd0; \
    final \
        for (counted = 0; counted < (contexts) * `AUTORAC_N_COUNTS; counted = counted + 1) \
            if (counts[counted] != 64'd0) \
                `AUTORAC_REPORT(unit, counted / `AUTORAC_N_COUNTS, counted % `AUTORAC_N_COUNTS, counts[counted]);
`define AUTORAC_COUNT(context, kind, amount) \
    counts[32'(context) * `AUTORAC_N_COUNTS + (kind)] <= \
        counts[32'(context) * `AUTORAC_N_COUNTS + (kind)] + 64'($unsigned(amount))
`endif

`endif
