// SPDX-License-Identifier: Apache-2.0
// crossbar.sv: the crossbars of an MVM tile with their DACs and sample-and-hold: the analog boundary,
// behavioural. Contract: section 6.
//
// A bit line yields the exact sum over its rows of (input slice x conductance level). What is held from
// `sample` to `sample` is the drive of the rows, from which the sums of just those columns
// that are being converted are worked out: conversion `index` looks at column a * COLS_PER_ADC + index
// of every ADC a. Cells are kept as bit planes: cells[(x BUILT + column) LEVEL_BITS + bit][row], BUILT being
// COLS and, with FLIP, the unit column, number COLS. Its converter works with the first conversion of a slice.
`include "record.svh"

module crossbar #(
    parameter integer XBARS        = 2,
    parameter integer ROWS         = 16,
    parameter integer COLS         = 16,
    parameter integer LEVEL_BITS   = 2,     // of a cell's integer
    parameter integer DAC_BITS     = 1,
    parameter integer COLS_PER_ADC = 4,
    parameter integer FLIP         = 0,
    parameter integer INPUTS       = 16,    // elements of the input register
    parameter integer SUM_BITS     = 8,
    parameter integer CONTEXTS     = 1,
    parameter integer ADCS         = COLS / COLS_PER_ADC
) (
    input  wire                           clk,
    input  wire                           rst,       // for the counts only
    input  wire [15:0]                    unit,      // for the counts only
    input  wire [3:0]                     running,   // context; for the counts only
    input  wire [INPUTS*8-1:0]            in_reg,    // element (k, v) at k * n_vec + v, by row v * k + k
    input  wire [15:0]                    k,
    input  wire [15:0]                    n_vec,
    input  wire                           by_row,
    input  wire [15:0]                    n_rb,      // crossbar x = (copy * n_cb + cb) * n_rb + rb of these
    input  wire [15:0]                    n_cb,
    input  wire [7:0]                     copies,    // copy c works on vector vec + c
    input  wire [15:0]                    first_xbar,// of the tile's that is used
    input  wire [15:0]                    n_columns, // in use, of each crossbar ...
    input  wire [15:0]                    last_columns, // ... but of those of the last column block
    input  wire                           sample,
    input  wire [3:0]                     slice,     // to be sampled
    input  wire [15:0]                    vec,
    input  wire                           convert,
    input  wire [15:0]                    index,
    output reg  [XBARS*ADCS*SUM_BITS-1:0] sums,      // [x * ADCS + a]
    output reg  [XBARS*ADCS-1:0]          starts,    // converters that have something to convert
    output reg  [XBARS*SUM_BITS-1:0]      unit_sums, // of the unit columns; 0 without them
    output reg  [XBARS-1:0]               unit_starts
);
    /*verilator inline_module*/

    localparam integer BUILT     = COLS + FLIP;
    localparam integer CELL_ADDR = $clog2(XBARS * BUILT * LEVEL_BITS);

    reg [ROWS-1:0]                cells [0:XBARS*BUILT*LEVEL_BITS-1];
    reg [XBARS*DAC_BITS*ROWS-1:0] held;   // [((copy * n_rb + rb) * DAC_BITS + bit) * ROWS + row]

    // Row drive of one input slice of the vectors. Counted are row pulses and what they reach, every crossbar of a row
    // block having drivers of its own, and the columns converted.
    `AUTORAC_COUNTERS(unit, CONTEXTS)
    always_ff @(posedge clk) begin : sample_and_hold
        reg [XBARS*DAC_BITS*ROWS-1:0] drive;
        integer                       copy, block, r, d, first, rows, blocks, columns;
        if (sample) begin
            drive   = '0;
            rows    = 0;
            blocks  = 0;
            columns = (32'(n_cb) - 1) * 32'(n_columns) + 32'(last_columns) + FLIP * 32'(n_cb);
            for (copy = 0; copy < 32'(copies) && 32'(vec) + copy < 32'(n_vec); copy = copy + 1)
                for (block = 0; block < 32'(n_rb); block = block + 1) begin
                    blocks = blocks + 1;
                    for (r = 0; r < ROWS && block * ROWS + r < 32'(k); r = r + 1) begin
                        first = (by_row ? (32'(vec) + copy) * 32'(k) + block * ROWS + r
                                        : (block * ROWS + r) * 32'(n_vec) + 32'(vec) + copy) * 8;
                        rows  = rows + 1;
                        for (d = 0; d < DAC_BITS; d = d + 1)
                            if (32'(slice) * DAC_BITS + d < 8)
                                drive[((copy*32'(n_rb) + block)*DAC_BITS + d)*ROWS + r] =
                                    in_reg[first + 32'(slice)*DAC_BITS + d];
                    end
                end
            held <= drive;
            if (!rst) begin
                `AUTORAC_COUNT(running, `AUTORAC_ROW_DRIVES, rows * 32'(n_cb));
                `AUTORAC_COUNT(running, `AUTORAC_XBAR_READS, blocks * 32'(n_cb));
                `AUTORAC_COUNT(running, `AUTORAC_CELL_READS, rows * columns);
                `AUTORAC_COUNT(running, `AUTORAC_SAMPLE_HOLDS, blocks * columns);
            end
        end
        if (!rst && convert) begin
            `AUTORAC_COUNT(running, `AUTORAC_CONVERSIONS, $countones(starts));
            `AUTORAC_COUNT(running, `AUTORAC_UNIT_CONVERSIONS, $countones(unit_starts));
        end
    end

    // Sums of the columns in use that conversion `index` looks at: one column of every ADC, then the unit column.
    always @* begin : bit_lines
        integer                       x, copy, cb, block, a, d, b, column;
        reg                           in_use;
        reg [SUM_BITS-1:0]            sum;
        reg [XBARS*ADCS*SUM_BITS-1:0] next;         // assigned as a whole: Icarus would wait for parts of
        reg [XBARS*SUM_BITS-1:0]      next_units;   // an output as if they were inputs, and never settle
        reg [XBARS*ADCS-1:0]          next_starts;
        reg [XBARS-1:0]               next_unit_starts;
        next             = '0;
        next_units       = '0;
        next_starts      = '0;
        next_unit_starts = '0;
        x                = 0;    // crossbar, from the shard's first
        column           = 0;
        in_use           = 1'b0;
        sum              = '0;
        if (convert)
            for (copy = 0; copy < 32'(copies) && 32'(vec) + copy < 32'(n_vec); copy = copy + 1)
                for (cb = 0; cb < 32'(n_cb); cb = cb + 1)
                    for (block = copy * 32'(n_rb); block < (copy + 1) * 32'(n_rb); block = block + 1) begin
                        for (a = 0; a < ADCS + FLIP; a = a + 1) begin
                            column = (a == ADCS) ? COLS : a * COLS_PER_ADC + 32'(index);
                            in_use = (a == ADCS) ? index == 16'd0
                                                 : column < ((cb + 1 == 32'(n_cb)) ? 32'(last_columns) : 32'(n_columns));
                            sum    = '0;
                            if (in_use)
                                for (d = 0; d < DAC_BITS; d = d + 1)
                                    for (b = 0; b < LEVEL_BITS; b = b + 1)
                                        sum = sum + (SUM_BITS'($countones(
                                            held[(block*DAC_BITS + d)*ROWS +: ROWS] &
                                            cells[CELL_ADDR'($unsigned(((32'(first_xbar) + x)*BUILT + column)*
                                                                       LEVEL_BITS + b))])) << (d + b));
                            if (a == ADCS) begin
                                next_units[x*SUM_BITS +: SUM_BITS] = sum;
                                next_unit_starts[x] = in_use;
                            end else begin
                                next[(x*ADCS + a)*SUM_BITS +: SUM_BITS] = sum;
                                next_starts[x*ADCS + a] = in_use;
                            end
                        end
                        x = x + 1;
                    end
        sums        = next;
        starts      = next_starts;
        unit_sums   = next_units;
        unit_starts = next_unit_starts;
    end
endmodule
