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
    output reg  [PORTS-1:0]    hot,
    output reg  [PORTS*16-1:0] place
);
    localparam integer SET_BITS = (SETS > 1) ? $clog2(SETS) : 1;

    reg [48:0] entries [0:SETS-1];

    always_comb begin : look_up
        integer    p;
        reg [48:0] entry;
        p     = 0;
        hot   = '0;
        place = '0;
        entry = '0;
        for (p = 0; p < PORTS; p = p + 1) begin
            entry = entries[SET_BITS'(home[32*p +: 32] & (SETS - 1))];
            hot[p]            = entry[48] && entry[47:16] == home[32*p +: 32] / SETS;
            place[16*p +: 16] = entry[15:0];
        end
    end
endmodule
