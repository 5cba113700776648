// SPDX-License-Identifier: Apache-2.0
// crossbar.sv: the crossbars of an MVM tile with their DACs and sample-and-hold: the analog boundary,
// behavioural. Contract: section 6.
//
// A bit line yields the exact sum over its rows of (input slice x conductance level). What is held from
// `sample` to `sample` is the drive of the rows, from which the sums of just those columns
// that are being converted are worked out: conversion `index` looks at column a * COLS_PER_ADC + index
// of every ADC a. Cells are kept as bit planes: cells[(x COLS + column) CELL_BITS + bit][row].
module crossbar #(
    parameter integer XBARS        = 2,
    parameter integer ROWS         = 16,
    parameter integer COLS         = 16,
    parameter integer CELL_BITS    = 2,
    parameter integer DAC_BITS     = 1,
    parameter integer COLS_PER_ADC = 4,
    parameter integer INPUTS       = 16,    // elements of the input register
    parameter integer SUM_BITS     = 8,
    parameter integer ADCS         = COLS / COLS_PER_ADC
) (
    input  wire                           clk,
    input  wire [INPUTS*8-1:0]            in_reg,    // element (k, v) at k * n_vec + v
    input  wire [15:0]                    k,
    input  wire [15:0]                    n_vec,
    input  wire [7:0]                     n_rb,      // crossbar x = cb * n_rb + rb
    input  wire [7:0]                     n_cb,
    input  wire [15:0]                    n_columns, // in use, of each crossbar
    input  wire                           sample,
    input  wire [3:0]                     slice,     // to be sampled
    input  wire [15:0]                    vec,
    input  wire                           convert,
    input  wire [15:0]                    index,
    output wire [XBARS*ADCS*SUM_BITS-1:0] sums       // [x * ADCS + a]
);
    /*verilator inline_module*/

    reg [ROWS-1:0]                cells [0:XBARS*COLS*CELL_BITS-1];
    reg [XBARS*DAC_BITS*ROWS-1:0] held;   // [(rb * DAC_BITS + bit) * ROWS + row]

    localparam integer CELL_ADDR = $clog2(XBARS * COLS * CELL_BITS);

    // Row drive of one input slice of one vector.
    function automatic [XBARS*DAC_BITS*ROWS-1:0] drive(input [INPUTS*8-1:0] in, input [3:0] s,
                                                       input [15:0] v);
        integer rb, r, d, element;
        drive = '0;
        for (rb = 0; rb < 32'(n_rb); rb = rb + 1)
            for (r = 0; r < ROWS && rb * ROWS + r < 32'(k); r = r + 1) begin
                element = (rb * ROWS + r) * 32'(n_vec) + 32'(v);
                for (d = 0; d < DAC_BITS; d = d + 1)
                    if (32'(s) * DAC_BITS + d < 8)
                        drive[(rb*DAC_BITS + d)*ROWS + r] = in[element*8 + 32'(s)*DAC_BITS + d];
            end
    endfunction

    // Sums of the columns that conversion j looks at.
    function automatic [XBARS*ADCS*SUM_BITS-1:0] bit_lines(input on, input [15:0] j,
                                                           input [XBARS*DAC_BITS*ROWS-1:0] rows);
        integer cb, rb, a, d, b, x, column;
        reg [SUM_BITS-1:0] sum;
        bit_lines = '0;
        if (on)
            for (cb = 0; cb < 32'(n_cb); cb = cb + 1)
                for (rb = 0; rb < 32'(n_rb); rb = rb + 1) begin
                    x = cb * 32'(n_rb) + rb;
                    for (a = 0; a * COLS_PER_ADC + 32'(j) < 32'(n_columns); a = a + 1) begin
                        column = a * COLS_PER_ADC + 32'(j);
                        sum    = '0;
                        for (d = 0; d < DAC_BITS; d = d + 1)
                            for (b = 0; b < CELL_BITS; b = b + 1)
                                sum = sum + (SUM_BITS'($countones(
                                    rows[(rb*DAC_BITS + d)*ROWS +: ROWS] &
                                    cells[CELL_ADDR'($unsigned((x*COLS + column)*CELL_BITS + b))])) << (d + b));
                        bit_lines[(x*ADCS + a)*SUM_BITS +: SUM_BITS] = sum;
                    end
                end
    endfunction

    always_ff @(posedge clk)
        if (sample) held <= drive(in_reg, slice, vec);

    assign sums = bit_lines(convert, index, held);
endmodule
