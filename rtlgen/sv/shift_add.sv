// SPDX-License-Identifier: Apache-2.0
// shift_add.sv: accumulators of an MVM tile, one per crossbar and output: acc +- code << shift for every
// ADC's code of a conversion at once. Contract: section 6.
//
// What a column means is in `columns`, loaded with the cells, COLS a context: {valid, negative, output 16,
// shift 8}.
module shift_add #(
    parameter integer XBARS        = 2,
    parameter integer COLS         = 16,
    parameter integer COLS_PER_ADC = 4,
    parameter integer ADC_BITS     = 6,
    parameter integer MPX          = 4,     // outputs a crossbar
    parameter integer CONTEXTS     = 1,
    parameter integer ADCS         = COLS / COLS_PER_ADC
) (
    input  wire                           clk,
    input  wire                           clear,
    input  wire                           add,
    input  wire [15:0]                    n_xbars,     // in use
    input  wire [3:0]                     running,     // context
    input  wire [15:0]                    index,       // conversion: column a * COLS_PER_ADC + index
    input  wire [7:0]                     slice_shift, // of the input slice
    input  wire [XBARS*ADCS*ADC_BITS-1:0] codes,       // [x * ADCS + a]
    output reg  [XBARS*MPX*32-1:0]        acc          // [x * MPX + output]
);
    /*verilator inline_module*/

    localparam integer COL_BITS = (CONTEXTS * COLS > 1) ? $clog2(CONTEXTS * COLS) : 1;

    reg [25:0] columns [0:CONTEXTS*COLS-1];

    always_ff @(posedge clk) begin : accumulate
        reg [XBARS*MPX*32-1:0] next;
        reg [25:0]             column;
        reg [31:0]             term;
        integer                x, a, o;

        if (clear)
            acc <= '0;
        else if (add) begin
            next = acc;
            for (a = 0; a < ADCS; a = a + 1) begin
                column = columns[COL_BITS'(32'(running) * COLS + a * COLS_PER_ADC + 32'(index))];
                if (column[25])
                    for (x = 0; x < XBARS; x = x + 1)
                        if (16'(x) < n_xbars) begin
                            term = 32'(codes[(x*ADCS + a)*ADC_BITS +: ADC_BITS])
                                   << (column[7:0] + slice_shift);
                            o = x * MPX + 32'(column[23:8]);
                            if (column[24]) next[o*32 +: 32] = next[o*32 +: 32] - term;
                            else next[o*32 +: 32] = next[o*32 +: 32] + term;
                        end
            end
            acc <= next;
        end
    end
endmodule
