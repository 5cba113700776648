// SPDX-License-Identifier: Apache-2.0
// int_fm.sv: FM on the lanes: per column (sum over the rows)^2 - sum of the squares. A chunk of a row a cycle is
// accumulated; then a chunk a cycle is squared and subtracted. Contract: section 8.
`include "record.svh"

module int_fm #(
    parameter integer LANES  = 4,
    parameter integer IN_REG = 24,
    parameter integer COLS   = 20            // accumulators; a lane may look past the last column
) (
    input  wire                clk,
    input  wire                rst,
    input  wire [15:0]         unit,        // for the counts only
    input  wire                active,
    input  wire [IN_REG*8-1:0] in_reg,      // row i at i * dim
    input  wire [15:0]         rows,
    input  wire [15:0]         dim,
    input  wire [15:0]         chunks,
    input  wire [7:0]          zero_point,
    output wire                done,
    output wire                write,
    output wire [15:0]         first,
    output wire [LANES*32-1:0] acc
);
    /*verilator inline_module*/

    reg [15:0]        i, chunk;
    reg               squaring;              // all rows are accumulated
    reg [COLS*32-1:0] sum, square;           // per column

    wire                last_chunk = chunk == chunks - 16'd1;
    wire [31:0]         row = 32'(i) * 32'(dim);
    wire [LANES*32-1:0] values;              // zero-point-corrected

    assign write = active && squaring;
    assign first = chunk * 16'(LANES);
    assign done  = write && last_chunk;

    genvar l;
    generate
        for (l = 0; l < LANES; l = l + 1) begin : lane
            wire [31:0]        column = 32'(chunk) * LANES + l;
            wire signed [31:0] s = $signed(sum[column*32 +: 32]);
            wire [31:0]        squared = s * s;
            assign values[32*l +: 32] = {24'd0, in_reg[(row + column)*8 +: 8]} - {24'd0, zero_point};
            assign acc[32*l +: 32]    = squared - square[column*32 +: 32];
        end
    endgenerate

    `AUTORAC_COUNTERS(unit, 1)
    always_ff @(posedge clk) begin : step
        integer    n, column;
        reg [31:0] value;
        if (rst) begin
            i        <= '0;
            chunk    <= '0;
            squaring <= 1'b0;
        end else if (active) begin
            `AUTORAC_COUNT(0, `AUTORAC_MACS, `AUTORAC_LANES_OF(chunk, dim));   // squares, of elements or of sums
            chunk <= last_chunk ? 16'd0 : chunk + 16'd1;
            if (last_chunk) begin
                i        <= squaring ? 16'd0 : i + 16'd1;
                squaring <= !squaring && i == rows - 16'd1;
            end
            if (!squaring)
                for (n = 0; n < LANES; n = n + 1) begin
                    column = 32'(chunk) * LANES + n;
                    value  = values[32*n +: 32];
                    if (column < 32'(dim)) begin
                        sum[column*32 +: 32]    <= ((i == 16'd0) ? 32'd0 : sum[column*32 +: 32]) + value;
                        square[column*32 +: 32] <= ((i == 16'd0) ? 32'd0 : square[column*32 +: 32]) + value * value;
                    end
                end
        end
    end
endmodule
