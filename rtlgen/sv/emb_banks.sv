// SPDX-License-Identifier: Apache-2.0
// emb_banks.sv: the cells of an embedding tile: the analog boundary, behavioural. Contract: section 7.
//
// Word line `address` holds one embedding row. The rows chosen, of one array, are read together: each column
// yields the exact sum of its cells. Column c * SLICES + s holds bits s * CELL_BITS ... of code c.
module emb_banks #(
    parameter integer LOOKUPS   = 4,
    parameter integer ROWS      = 16,
    parameter integer DIM       = 8,
    parameter integer CELL_BITS = 2,
    parameter integer SLICES    = 4,
    parameter integer SUM_BITS  = 2,
    parameter integer ROW_BITS  = (ROWS > 1) ? $clog2(ROWS) : 1
) (
    input  wire [LOOKUPS-1:0]             chosen,
    input  wire [LOOKUPS*ROW_BITS-1:0]    address,
    output reg  [DIM*SLICES*SUM_BITS-1:0] sums
);
    /*verilator inline_module*/

    reg [DIM*8-1:0] rows [0:ROWS-1];   // the tables

    always @* begin : bit_lines
        integer                       i, k;
        reg [DIM*8-1:0]               row;
        reg [SLICES*CELL_BITS-1:0]    code;
        reg [DIM*SLICES*SUM_BITS-1:0] total;
        i     = 0;
        k     = 0;
        total = '0;
        row   = '0;
        code  = '0;
        for (i = 0; i < LOOKUPS; i = i + 1)
            if (chosen[i]) begin
                row = rows[address[i*ROW_BITS +: ROW_BITS]];
                for (k = 0; k < DIM * SLICES; k = k + 1) begin
                    code = (SLICES*CELL_BITS)'(row[(k / SLICES)*8 +: 8]);
                    total[k*SUM_BITS +: SUM_BITS] = total[k*SUM_BITS +: SUM_BITS] +
                                                    SUM_BITS'(code[(k % SLICES)*CELL_BITS +: CELL_BITS]);
                end
            end
        sums = total;
    end
endmodule
