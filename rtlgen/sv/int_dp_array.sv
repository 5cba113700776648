// SPDX-License-Identifier: Apache-2.0
// int_dp_array.sv: DP with an operand array: the rows are written, a channel a word line; then row after row is
// streamed and what it gives with the rows before it goes through the lanes. Contract: section 8.
module int_dp_array #(
    parameter integer LANES = 4,
    parameter integer ROWS  = 4
) (
    input  wire                 clk,
    input  wire                 rst,
    input  wire                 active,
    input  wire [15:0]          rows,
    input  wire [15:0]          dim,
    input  wire [3:0]           in_slices,
    input  wire [31:0]          write_cycles,
    input  wire [15:0]          score_cycles,
    // commands to the array of keys
    output wire                 key_write,
    output wire [15:0]          key_word,
    output wire                 key_add,
    output wire [3:0]           key_slice,
    output wire [15:0]          key_row,    // streamed
    input  wire [ROWS*32-1:0]   scores,
    output wire                 done,
    output wire                 write,
    output wire [15:0]          first,
    output wire [7:0]           count,
    output wire [LANES*32-1:0]  acc
);
    /*verilator inline_module*/

    localparam [1:0] WRITE = 2'd0, SCORE = 2'd1, OUT = 2'd2;

    reg [1:0]  phase;
    reg [31:0] ticks;
    reg [15:0] word, i, j, row_first;       // j: first of the chunk; row_first: output of pair (i, 0)
    reg [3:0]  slice;

    wire write_ends = ticks == write_cycles - 32'd1;
    wire slice_ends = ticks == 32'(score_cycles) - 32'd1;
    wire row_ends   = i - j <= 16'(LANES);

    assign key_write = active && phase == WRITE && write_ends;
    assign key_word  = word;
    assign key_add   = active && phase == SCORE && slice_ends;
    assign key_slice = slice;
    assign key_row   = i;
    assign write     = active && phase == OUT;
    assign first     = row_first + j;
    assign count     = row_ends ? 8'(i - j) : 8'(LANES);
    assign done      = write && row_ends && i == rows - 16'd1;

    genvar l;
    generate
        for (l = 0; l < LANES; l = l + 1) begin : lane
            wire [31:0] column = 32'(j) + l;
            assign acc[32*l +: 32] = (column < ROWS) ? scores[column*32 +: 32] : 32'd0;
        end
    endgenerate

    always_ff @(posedge clk) begin : step
        if (rst || done) begin
            phase     <= WRITE;
            ticks     <= '0;
            word      <= '0;
            slice     <= '0;
            i         <= 16'd1;
            j         <= '0;
            row_first <= '0;
        end else if (active)
            case (phase)
                WRITE: begin
                    ticks <= write_ends ? 32'd0 : ticks + 32'd1;
                    if (write_ends) begin
                        word <= word + 16'd1;
                        if (word == dim - 16'd1) phase <= SCORE;
                    end
                end
                SCORE: begin
                    ticks <= slice_ends ? 32'd0 : ticks + 32'd1;
                    if (slice_ends) begin
                        slice <= slice + 4'd1;
                        if (slice == in_slices - 4'd1) phase <= OUT;
                    end
                end
                default: begin
                    j <= j + 16'(LANES);
                    if (row_ends) begin
                        phase     <= SCORE;
                        slice     <= '0;
                        row_first <= row_first + i;
                        i         <= i + 16'd1;
                        j         <= '0;
                    end
                end
            endcase
    end
endmodule
