// SPDX-License-Identifier: Apache-2.0
// adc.sv: transfer function of the converters. Part of the analog boundary; their timing (conv_cycles a
// conversion) is in tile_mvm.sv. Contract: section 6.
//
// code = clamp((sum + offset + half) >>> (FRACTION_BITS + DROP_BITS), 0, 2^ADC_BITS - 1): rounded to whole levels,
// then the lowest bits dropped. With DRAWN each converter has a zero of its own, loaded into drawn.offsets.
module adc #(
    parameter integer LANES         = 4,
    parameter integer SUM_BITS      = 10,
    parameter integer ADC_BITS      = 6,
    parameter integer FRACTION_BITS = 0,
    parameter integer DROP_BITS     = 0,
    parameter integer DRAWN         = 0
) (
    input  wire [15:0]               first, // converter of lane 0: the lanes are those from here on
    input  wire [LANES*SUM_BITS-1:0] sums,
    output reg  [LANES*ADC_BITS-1:0] codes
);
    localparam integer DOWN = FRACTION_BITS + DROP_BITS;
    localparam integer HALF = (1 << FRACTION_BITS) / 2;
    localparam integer ADDR = (LANES > 1) ? $clog2(LANES) : 1;

    localparam [ADC_BITS-1:0] TOP = {ADC_BITS{1'b1}};

    // No function: Verilator would have one for each instance, and could not share the tiles' code.
    generate
        if (DRAWN != 0) begin : drawn
            reg [31:0] offsets [0:LANES-1];
            always @* begin : convert_all
                integer    n;
                reg [31:0] offset;
                reg [33:0] value, level;    // signed
                offset = '0;
                value  = '0;
                level  = '0;
                for (n = 0; n < LANES; n = n + 1) begin
                    offset = offsets[ADDR'(32'(first) + n)];
                    value  = 34'(sums[n*SUM_BITS +: SUM_BITS]) + {{2{offset[31]}}, offset} + 34'(HALF);
                    level  = value >> DOWN;
                    codes[n*ADC_BITS +: ADC_BITS] = value[33] ? '0 : |(level >> ADC_BITS) ? TOP : ADC_BITS'(level);
                end
            end
        end else begin : ideal
            wire unused_first = ^first;
            always @* begin : convert_all
                integer    n;
                reg [33:0] level;
                level = '0;
                for (n = 0; n < LANES; n = n + 1) begin
                    level = (34'(sums[n*SUM_BITS +: SUM_BITS]) + 34'(HALF)) >> DOWN;
                    codes[n*ADC_BITS +: ADC_BITS] = |(level >> ADC_BITS) ? TOP : ADC_BITS'(level);
                end
            end
        end
    endgenerate
endmodule
