// SPDX-License-Identifier: Apache-2.0
// shift_add.sv: accumulators of an MVM tile, one per crossbar and output: acc +- value << shift for every
// ADC's code of a conversion at once. Contract: section 6.
//
// What a column means is in `columns`, loaded with the cells, COLS a context: {valid, negative, output 16, shift 8}.
// With FLIP, `flip.flipped` says of each crossbar of the tile which columns store inverted levels: their value is
// the unit column's code times the highest level, less what they show. The unit columns' codes come with the
// first conversion of a slice, are kept for the others, and are added up in unit_acc.
`include "record.svh"

module shift_add #(
    parameter integer XBARS        = 2,
    parameter integer COLS         = 16,
    parameter integer COLS_PER_ADC = 4,
    parameter integer CELL_BITS    = 2,
    parameter integer ADC_BITS     = 6,
    parameter integer DROP_BITS    = 0,
    parameter integer FLIP         = 0,
    parameter integer UNIT_BITS    = 1,
    parameter integer MPX          = 4,     // outputs a crossbar
    parameter integer CONTEXTS     = 1,
    parameter integer ADCS         = COLS / COLS_PER_ADC
) (
    input  wire                           clk,
    input  wire                           rst,         // for the counts only
    input  wire [15:0]                    unit,        // for the counts only
    input  wire                           clear,
    input  wire                           add,
    input  wire [3:0]                     running,     // context
    input  wire [15:0]                    first_xbar,  // its first of the tile's
    input  wire [15:0]                    index,       // conversion: column a * COLS_PER_ADC + index
    input  wire [7:0]                     slice_shift, // of the input slice
    input  wire [XBARS*ADCS-1:0]          starts,      // there is a code ...
    input  wire [XBARS*ADCS*ADC_BITS-1:0] codes,       // [x * ADCS + a]
    input  wire [XBARS-1:0]               unit_starts,
    input  wire [XBARS*UNIT_BITS-1:0]     unit_codes,  // [x]
    output reg  [XBARS*MPX*32-1:0]        acc,         // [x * MPX + output]
    output reg  [XBARS*32-1:0]            unit_acc     // [x]
);
    /*verilator inline_module*/

    localparam integer COL_BITS = (CONTEXTS * COLS > 1) ? $clog2(CONTEXTS * COLS) : 1;

    reg  [25:0]                columns [0:CONTEXTS*COLS-1];
    wire [XBARS*COLS-1:0]      inverted;
    reg  [XBARS*UNIT_BITS-1:0] kept;                   // the slice's unit codes
    wire [XBARS*UNIT_BITS-1:0] units = (index == 16'd0) ? unit_codes : kept;

    genvar g;
    generate
        if (FLIP != 0) begin : flip
            reg [COLS-1:0] flipped [0:XBARS-1];
            for (g = 0; g < XBARS; g = g + 1) begin : xbar
                assign inverted[g*COLS +: COLS] = flipped[g];
            end
        end else begin : pairs
            assign inverted = '0;
        end
    endgenerate

    always_ff @(posedge clk) begin : accumulate
        reg [XBARS*MPX*32-1:0] next;
        reg [XBARS*32-1:0]     next_unit;
        reg [25:0]             column;
        reg [31:0]             value, unit_code;
        reg [31:0]             at;
        integer                x, a, o;

        if (clear) begin
            acc      <= '0;
            unit_acc <= '0;
        end else if (add) begin
            next = acc;
            for (a = 0; a < ADCS; a = a + 1) begin
                at     = 32'(a * COLS_PER_ADC) + 32'(index);
                column = columns[COL_BITS'(32'(running) * COLS + at)];
                if (column[25])
                    for (x = 0; x < XBARS; x = x + 1)
                        if (starts[x*ADCS + a]) begin
                            unit_code = 32'(units[x*UNIT_BITS +: UNIT_BITS]);
                            value     = 32'(codes[(x*ADCS + a)*ADC_BITS +: ADC_BITS]) << DROP_BITS;
                            if (inverted[(32'(first_xbar) + x)*COLS + at])
                                value = (unit_code << CELL_BITS) - unit_code - value;
                            value = value << (column[7:0] + slice_shift);
                            o     = x * MPX + 32'(column[23:8]);
                            if (column[24]) next[o*32 +: 32] = next[o*32 +: 32] - value;
                            else next[o*32 +: 32] = next[o*32 +: 32] + value;
                        end
            end
            acc <= next;
            next_unit = unit_acc;
            for (x = 0; x < XBARS; x = x + 1)
                if (unit_starts[x])
                    next_unit[x*32 +: 32] = next_unit[x*32 +: 32]
                                            + (32'(unit_codes[x*UNIT_BITS +: UNIT_BITS]) << slice_shift);
            unit_acc <= next_unit;
            kept     <= units;
        end
    end

    // Flip: the unit code's multiple is made once a slice, and every code passes the adder that may take it from there.
    `AUTORAC_COUNTERS(unit, CONTEXTS)
`ifndef SYNTHESIS
    always @(posedge clk) begin : count
        integer a, x, n_codes, n_units;
        if (!rst && add && !clear) begin
            n_codes = 0;
            for (a = 0; a < ADCS; a = a + 1)
                if (columns[COL_BITS'(32'(running) * COLS + a * COLS_PER_ADC + 32'(index))][25])
                    for (x = 0; x < XBARS; x = x + 1)
                        n_codes = n_codes + 32'(starts[x*ADCS + a]);
            n_units = $countones(unit_starts);
            `AUTORAC_COUNT(running, `AUTORAC_SHIFT_ADDS, n_codes + n_units);
            if (FLIP != 0) `AUTORAC_COUNT(running, `AUTORAC_FLIP_ADDS, n_codes + n_units);
        end
    end
`endif
endmodule
