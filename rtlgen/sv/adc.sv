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

    reg [LANES*32-1:0] offset;

    generate
        if (DRAWN != 0) begin : drawn
            reg [31:0] offsets [0:LANES-1];
            always_comb begin : read
                integer            i;
                reg [LANES*32-1:0] next;
                next = '0;
                for (i = 0; i < LANES; i = i + 1)
                    next[i*32 +: 32] = offsets[i];
                offset = next;
            end
        end else begin : ideal
            always_comb offset = '0;
        end
    endgenerate

    always_comb begin : convert
        integer                  n;
        reg [31:0]               zero;
        reg [33:0]               value, code;    // signed
        reg [LANES*ADC_BITS-1:0] next;
        next = '0;
        for (n = 0; n < LANES; n = n + 1) begin
            zero  = offset[(32'(first) + n)*32 +: 32];
            value = 34'(sums[n*SUM_BITS +: SUM_BITS]) + {{2{zero[31]}}, zero} + 34'(HALF);
            code  = value >> DOWN;
            next[n*ADC_BITS +: ADC_BITS] = value[33] ? '0 :
                                           |(code >> ADC_BITS) ? {ADC_BITS{1'b1}} : ADC_BITS'(code);
        end
        codes = next;
    end
endmodule
