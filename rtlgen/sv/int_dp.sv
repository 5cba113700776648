// SPDX-License-Identifier: Apache-2.0
// int_dp.sv: DP on the lanes: for each pair of rows (i, j), i > j, a chunk of columns a cycle. Contract: section 8.
`include "record.svh"

module int_dp #(
    parameter integer LANES  = 4,
    parameter integer IN_REG = 24
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
    output wire [LANES*32-1:0] acc          // the first lane's
);
    /*verilator inline_module*/

    reg [15:0] i, j, chunk, pair;
    reg [31:0] dot;                          // sum over the chunks so far

    wire [31:0]         row_a = 32'(i) * 32'(dim);
    wire [31:0]         row_b = 32'(j) * 32'(dim);
    wire                last_chunk = chunk == chunks - 16'd1;
    wire                last_j     = j == i - 16'd1;
    wire [LANES*32-1:0] products;
    reg  [31:0]         total;

    genvar l;
    generate
        for (l = 0; l < LANES; l = l + 1) begin : lane
            wire [31:0]        column  = 32'(chunk) * LANES + l;
            wire signed [15:0] a = $signed({8'd0, in_reg[(row_a + column)*8 +: 8]}) - $signed({8'd0, zero_point});
            wire signed [15:0] b = $signed({8'd0, in_reg[(row_b + column)*8 +: 8]}) - $signed({8'd0, zero_point});
            assign acc[32*l +: 32]      = (l == 0) ? total : 32'd0;
            assign products[32*l +: 32] = (column < 32'(dim)) ? 32'(a) * 32'(b) : 32'd0;
        end
    endgenerate

    always @* begin : sum_lanes
        integer n;
        total = (chunk == 16'd0) ? 32'd0 : dot;
        for (n = 0; n < LANES; n = n + 1)
            total = total + products[32*n +: 32];
    end

    assign write = active && last_chunk;
    assign first = pair;
    assign done  = write && last_j && i == rows - 16'd1;

    `AUTORAC_COUNTERS(unit, 1)
    always_ff @(posedge clk) begin : step
        if (rst) begin
            i     <= 16'd1;
            j     <= '0;
            chunk <= '0;
            pair  <= '0;
        end else if (active) begin
            `AUTORAC_COUNT(0, `AUTORAC_MACS, `AUTORAC_LANES_OF(chunk, dim));
            dot   <= total;
            chunk <= last_chunk ? 16'd0 : chunk + 16'd1;
            if (last_chunk) begin
                pair <= done ? 16'd0 : pair + 16'd1;
                j    <= last_j ? 16'd0 : j + 16'd1;
                if (last_j) i <= done ? 16'd1 : i + 16'd1;
            end
        end
    end
endmodule
