// SPDX-License-Identifier: Apache-2.0
// int_pair.sv: ADD and GATE on the lanes, element by element: a * mult_a + b * mult_b, or table[a] * b. The shorter
// operand counts as its zero point beyond its end. Contract: section 8.
`include "record.svh"

module int_pair #(
    parameter integer LANES  = 4,
    parameter integer IN_REG = 24
) (
    input  wire                clk,
    input  wire                rst,
    input  wire [15:0]         unit,        // for the counts only
    input  wire                active,
    input  wire                gate,
    input  wire [IN_REG*8-1:0] in_reg,      // a, then b
    input  wire [15:0]         n_a,
    input  wire [15:0]         n_b,
    input  wire [15:0]         chunks,
    input  wire [7:0]          zero_point_a,
    input  wire [7:0]          zero_point_b,
    input  wire [15:0]         mult_a,
    input  wire [15:0]         mult_b,
    output wire [LANES*8-1:0]  index,       // gate codes, and what the table says of them
    input  wire [LANES*12-1:0] weights,
    output wire                done,
    output wire                write,
    output wire [15:0]         first,
    output wire [LANES*32-1:0] acc
);
    /*verilator inline_module*/

    reg [15:0] chunk;

    assign write = active;
    assign first = chunk * 16'(LANES);
    assign done  = active && chunk == chunks - 16'd1;

    genvar l;
    generate
        for (l = 0; l < LANES; l = l + 1) begin : lane
            wire [31:0]        k = 32'(chunk) * LANES + l;
            wire [7:0]         code_a = (k < 32'(n_a)) ? in_reg[k*8 +: 8] : zero_point_a;
            wire [7:0]         code_b = (k < 32'(n_b)) ? in_reg[(32'(n_a) + k)*8 +: 8] : zero_point_b;
            wire signed [31:0] a = $signed({24'd0, code_a}) - $signed({24'd0, zero_point_a});
            wire signed [31:0] b = $signed({24'd0, code_b}) - $signed({24'd0, zero_point_b});
            assign index[8*l +: 8] = code_a;
            assign acc[32*l +: 32] = gate ? b * $signed({20'd0, weights[12*l +: 12]})
                                          : a * $signed({16'd0, mult_a}) + b * $signed({16'd0, mult_b});
        end
    endgenerate

    // ADD multiplies each element of either operand, GATE those of b.
    `AUTORAC_COUNTERS(unit, 1)
    always_ff @(posedge clk) begin : step
        if (rst) chunk <= '0;
        else if (active) begin
            `AUTORAC_COUNT(0, `AUTORAC_MACS,
                           (gate ? 0 : `AUTORAC_LANES_OF(chunk, n_a)) + `AUTORAC_LANES_OF(chunk, n_b));
            chunk <= done ? 16'd0 : chunk + 16'd1;
        end
    end
endmodule
