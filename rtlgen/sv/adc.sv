// SPDX-License-Identifier: Apache-2.0
// adc.sv: transfer function of the converters: code = min(sum, 2^ADC_BITS - 1). Part of the analog
// boundary; their timing (conv_cycles a conversion) is in tile_mvm.sv. Contract: section 6.
module adc #(
    parameter integer LANES    = 4,
    parameter integer SUM_BITS = 10,
    parameter integer ADC_BITS = 6
) (
    input  wire [LANES*SUM_BITS-1:0] sums,
    output wire [LANES*ADC_BITS-1:0] codes
);
    function automatic [LANES*ADC_BITS-1:0] convert(input [LANES*SUM_BITS-1:0] s);
        integer i;
        reg [SUM_BITS-1:0] one;
        for (i = 0; i < LANES; i = i + 1) begin
            one = s[i*SUM_BITS +: SUM_BITS];
            convert[i*ADC_BITS +: ADC_BITS] = |(one >> ADC_BITS) ? {ADC_BITS{1'b1}} : ADC_BITS'(one);
        end
    endfunction

    assign codes = convert(sums);
endmodule
