// SPDX-License-Identifier: Apache-2.0
// out_word.sv: packs elements of an output register (a byte each) into a flit: 4 or 8 bits an element, the
// first one in the lowest bits. Contract: section 3.
module out_word #(
    parameter integer FLIT_BITS = 32,
    parameter integer ELEMENTS  = FLIT_BITS / 4    // most in a word
) (
    input  wire                  pack4,
    input  wire [ELEMENTS*8-1:0] elements,
    output reg  [FLIT_BITS-1:0]  word
);
    always @* begin : pack
        integer n;
        n    = 0;
        word = elements[FLIT_BITS-1:0];
        if (pack4)
            for (n = 0; n < ELEMENTS; n = n + 1)
                word[4*n +: 4] = elements[8*n +: 4];
    end
endmodule
