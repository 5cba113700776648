// SPDX-License-Identifier: Apache-2.0
// emb_hot.sv: directory of the rows that have copies in other places, looked up while an operand is loaded.
// Contract: section 7, "Hot rows".
//
// Entry of home number h: h mod SETS, {valid, tag = h div SETS, place}. Combinational, PORTS at once.
module emb_hot #(
    parameter integer SETS  = 16,   // power of two
    parameter integer PORTS = 2
) (
    input  wire [PORTS*32-1:0] home,
    output wire [PORTS-1:0]    hot,
    output wire [PORTS*16-1:0] place
);
    localparam integer SET_BITS = (SETS > 1) ? $clog2(SETS) : 1;

    reg [48:0] entries [0:SETS-1];

    genvar p;
    generate
        for (p = 0; p < PORTS; p = p + 1) begin : look_up
            wire [48:0] entry = entries[SET_BITS'(home[32*p +: 32] & (SETS - 1))];
            assign hot[p]            = entry[48] && entry[47:16] == home[32*p +: 32] / SETS;
            assign place[16*p +: 16] = entry[15:0];
        end
    endgenerate
endmodule
