// SPDX-License-Identifier: Apache-2.0
// requant.sv: integer requantisation, combinational. Contract: section 2.
//   code = clamp(((acc * mult + 2^(shift-1)) >>> shift) + zero_point, 0, 2^bits - 1),  1 <= shift <= 40
module requant (
    input  wire [31:0] acc,        // signed
    input  wire [15:0] mult,       // unsigned
    input  wire [5:0]  shift,
    input  wire [7:0]  zero_point,
    input  wire [3:0]  bits,       // 1 .. 8
    output wire [7:0]  code
);
    wire signed [49:0] product = 50'($signed(acc)) * 50'($signed({1'b0, mult}));
    wire signed [49:0] half    = 50'sd1 <<< (shift - 6'd1);
    wire signed [49:0] rounded = (product + half) >>> shift;
    wire signed [49:0] y       = rounded + $signed({42'd0, zero_point});
    wire signed [49:0] top     = (50'sd1 <<< bits) - 50'sd1;

    assign code = (y < 50'sd0) ? 8'd0 : (y > top) ? top[7:0] : y[7:0];
endmodule
