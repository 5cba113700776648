// SPDX-License-Identifier: Apache-2.0
// adc.sv: transfer function of the converters: code = min(sum, 2^ADC_BITS - 1). Part of the analog
// boundary; their timing (conv_cycles a conversion) is in tile_mvm.sv. Contract: section 6.
module adc #(
    parameter integer LANES    = 4,
    parameter integer SUM_BITS = 10,
    parameter integer ADC_BITS = 6
) (
    input  wire [LANES*SUM_BITS-1:0] sums,
    output reg  [LANES*ADC_BITS-1:0] codes
);
    always_comb begin : convert
        integer            n;
        reg [SUM_BITS-1:0] sum;
        for (n = 0; n < LANES; n = n + 1) begin
            sum = sums[n*SUM_BITS +: SUM_BITS];
            codes[n*ADC_BITS +: ADC_BITS] = |(sum >> ADC_BITS) ? {ADC_BITS{1'b1}} : ADC_BITS'(sum);
        end
    end
endmodule
