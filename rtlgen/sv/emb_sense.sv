// SPDX-License-Identifier: Apache-2.0
// emb_sense.sv: dual-mode converters of a bank and their shift-and-add: column sums to a row, or the sum
// of several rows. Combinational; how long it takes is the tile's. Contract: section 7, "Converters".
module emb_sense #(
    parameter integer DIM       = 8,
    parameter integer CELL_BITS = 2,
    parameter integer SLICES    = 4,
    parameter integer SUM_BITS  = 2
) (
    input  wire                           several,    // rows: converters of pool_bits, else of CELL_BITS
    input  wire [3:0]                     pool_bits,
    input  wire [DIM*SLICES*SUM_BITS-1:0] sums,
    output reg  [DIM*16-1:0]              values
);
    always @* begin : convert
        integer            k;
        reg [15:0]         code, top;
        reg [DIM*16-1:0]   total;
        k     = 0;
        total = '0;
        code  = '0;
        top   = (16'd1 << (several ? pool_bits : 4'(CELL_BITS))) - 16'd1;
        for (k = 0; k < DIM * SLICES; k = k + 1) begin
            code = 16'(sums[k*SUM_BITS +: SUM_BITS]);
            if (code > top) code = top;
            total[(k / SLICES)*16 +: 16] = total[(k / SLICES)*16 +: 16] + (code << ((k % SLICES) * CELL_BITS));
        end
        values = total;
    end
endmodule
