// SPDX-License-Identifier: Apache-2.0
// int_array.sv: an operand array: SRAM that computes, or ReRAM that is written and multiplied with. Contract: section 8.
// Word line w is written at once with column j's value, the code at first + w * word_step + j * column_step less its
// zero point. A slice adds to (or, negative, takes from) each column's accumulator its exact sum of inputs x
// values, shifted; of columns read_first ... What is used afterwards is lossless and digital.
`include "record.svh"

module int_array #(
    parameter integer WORDS    = 4,
    parameter integer COLS     = 4,
    parameter integer DAC_BITS = 1,
    parameter integer RERAM    = 0,    // word line drivers and converters; else SRAM
    parameter integer IN_REG   = 24
) (
    input  wire                      clk,
    input  wire                      rst,         // for the counts only
    input  wire [15:0]               unit,        // for the counts only
    input  wire [7:0]                cells,       // a value; for the counts only
    input  wire [IN_REG*8-1:0]       in_reg,
    input  wire [31:0]               first,
    input  wire [15:0]               word_step,
    input  wire [15:0]               column_step,
    input  wire [15:0]               columns,     // written
    input  wire [15:0]               lines,       // word lines driven; for the counts only
    input  wire [15:0]               read_first,  // columns read: these
    input  wire [15:0]               read_count,
    input  wire [7:0]                zero_point,
    input  wire                      write,
    input  wire [15:0]               word,
    input  wire                      add,
    input  wire                      clear,       // first slice
    input  wire                      negative,
    input  wire [5:0]                shift,
    input  wire [WORDS*DAC_BITS-1:0] drive,
    output reg  [COLS*32-1:0]        acc
);
    /*verilator inline_module*/

    localparam integer ADDR = (WORDS > 1) ? $clog2(WORDS) : 1;

    reg [COLS*9-1:0] values [0:WORDS-1];

    always_ff @(posedge clk) begin : program_word
        integer          j, at;
        reg [COLS*9-1:0] line;
        if (write) begin
            line = '0;
            for (j = 0; j < COLS; j = j + 1) begin
                at = 32'(first) + 32'(word) * 32'(word_step) + j * 32'(column_step);
                if (j < 32'(columns))
                    line[9*j +: 9] = {1'b0, in_reg[at*8 +: 8]} - {1'b0, zero_point};
            end
            values[ADDR'(word)] <= line;
        end
    end

    always_ff @(posedge clk) begin : add_slice
        integer             j, w;
        reg [COLS*9-1:0]    line;
        reg [COLS*32-1:0]   sums;
        reg signed [31:0]   value, input_;
        if (add) begin
            sums = '0;
            for (w = 0; w < WORDS; w = w + 1) begin
                line   = values[w];
                input_ = 32'(drive[w*DAC_BITS +: DAC_BITS]);
                if (input_ != 32'sd0)
                    for (j = 0; j < COLS; j = j + 1) begin
                        value = {{23{line[9*j + 8]}}, line[9*j +: 9]};
                        sums[32*j +: 32] = sums[32*j +: 32] + value * input_;
                    end
            end
            for (j = 0; j < COLS; j = j + 1)
                if (j >= 32'(read_first) && j < 32'(read_first) + 32'(read_count)) begin
                    value = $signed(sums[32*j +: 32]) <<< shift;
                    acc[32*j +: 32] <= (clear ? 32'd0 : acc[32*j +: 32]) + (negative ? -value : value);
                end
        end
    end

    // Cells of the word lines that are driven, in the columns that are read.
    `AUTORAC_COUNTERS(unit, 1)
`ifndef SYNTHESIS
    always @(posedge clk) begin : count
        if (!rst && write) begin
            `AUTORAC_COUNT(0, `AUTORAC_LINE_WRITES, 1);
            `AUTORAC_COUNT(0, `AUTORAC_CELL_WRITES, 32'(columns) * 32'(cells));
        end
        if (!rst && add) begin
            `AUTORAC_COUNT(0, `AUTORAC_CELL_READS, 32'(lines) * 32'(read_count) * 32'(cells));
            if (RERAM != 0) begin
                `AUTORAC_COUNT(0, `AUTORAC_ROW_DRIVES, lines);
                `AUTORAC_COUNT(0, `AUTORAC_XBAR_READS, 1);
                `AUTORAC_COUNT(0, `AUTORAC_SAMPLE_HOLDS, 32'(read_count) * 32'(cells));
                `AUTORAC_COUNT(0, `AUTORAC_CONVERSIONS, 32'(read_count) * 32'(cells));
                `AUTORAC_COUNT(0, `AUTORAC_SHIFT_ADDS, 32'(read_count) * 32'(cells));
            end
        end
    end
`endif
endmodule
