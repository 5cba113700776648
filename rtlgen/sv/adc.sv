// SPDX-License-Identifier: Apache-2.0
// adc.sv: transfer function of the converters. Part of the analog boundary; their timing (conv_cycles a
// conversion) is in tile_mvm.sv. Contract: section 6.
//
// code = clamp((sum + half) >> (FRACTION_BITS + DROP_BITS), 0, 2^ADC_BITS - 1): rounded to whole levels, then
// the lowest bits dropped.
module adc #(
    parameter integer LANES         = 4,
    parameter integer SUM_BITS      = 10,
    parameter integer ADC_BITS      = 6,
    parameter integer FRACTION_BITS = 0,
    parameter integer DROP_BITS     = 0
) (
    input  wire [LANES*SUM_BITS-1:0] sums,
    output reg  [LANES*ADC_BITS-1:0] codes
);
    localparam integer DOWN = FRACTION_BITS + DROP_BITS;
    localparam integer HALF = (1 << FRACTION_BITS) / 2;

    always_comb begin : convert
        integer      n;
        reg [SUM_BITS:0] value;
        for (n = 0; n < LANES; n = n + 1) begin
            value = ({1'b0, sums[n*SUM_BITS +: SUM_BITS]} + (SUM_BITS+1)'(HALF)) >> DOWN;
            codes[n*ADC_BITS +: ADC_BITS] = |(value >> ADC_BITS) ? {ADC_BITS{1'b1}} : ADC_BITS'(value);
        end
    end
endmodule
