// SPDX-License-Identifier: Apache-2.0
// int_table.sv: 256 entries of a function of a code, looked up by every lane at once; index_b is a second set of
// ports, so that what one mode looks up does not depend on what another finds. Contract: section 8.
module int_table #(
    parameter integer LANES = 4
) (
    input  wire [LANES*8-1:0]  index_a,
    output wire [LANES*12-1:0] value_a,
    input  wire [LANES*8-1:0]  index_b,
    output wire [LANES*12-1:0] value_b
);
    /*verilator inline_module*/

    reg [11:0] entries [0:255];

    genvar l;
    generate
        for (l = 0; l < LANES; l = l + 1) begin : lane
            assign value_a[12*l +: 12] = entries[index_a[8*l +: 8]];
            assign value_b[12*l +: 12] = entries[index_b[8*l +: 8]];
        end
    endgenerate
endmodule
