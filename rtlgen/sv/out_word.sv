// SPDX-License-Identifier: Apache-2.0
// out_word.sv: packs elements of an output register (a byte each) into a flit: 4 or 8 bits an element, the
// first one in the lowest bits. Contract: section 3.
module out_word #(
    parameter integer FLIT_BITS = 32,
    parameter integer ELEMENTS  = FLIT_BITS / 4    // most in a word
) (
    input  wire                  pack4,
    input  wire [ELEMENTS*8-1:0] elements,
    output wire [FLIT_BITS-1:0]  word
);
    function automatic [FLIT_BITS-1:0] nibbles(input [ELEMENTS*8-1:0] e);
        integer n;
        for (n = 0; n < ELEMENTS; n = n + 1)
            nibbles[4*n +: 4] = e[8*n +: 4];
    endfunction

    assign word = pack4 ? nibbles(elements) : elements[FLIT_BITS-1:0];
endmodule
