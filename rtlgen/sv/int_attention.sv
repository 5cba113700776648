// SPDX-License-Identifier: Apache-2.0
// int_attention.sv: softmax attention in integers, head by head, row by row. Contract: section 8.
// Scores and averages come from the lanes, a channel of LANES rows a cycle, or (ARRAY) from the arrays of keys,
// outside, and of values, within.
`include "record.svh"

module int_attention #(
    parameter integer LANES    = 4,
    parameter integer IN_REG   = 24,
    parameter integer ROWS     = 4,
    parameter integer DIM      = 4,
    parameter integer ARRAY    = 0,    // 1: SRAM, 2: ReRAM
    parameter integer DAC_BITS = 1
) (
    input  wire                 clk,
    input  wire                 rst,
    input  wire [15:0]          unit,        // for the counts only
    input  wire [7:0]           cells,       // of an array, a value; for the counts only
    input  wire                 active,
    input  wire [IN_REG*8-1:0]  in_reg,      // rows of q, k, v, dim elements each
    input  wire [15:0]          rows,
    input  wire [15:0]          dim,
    input  wire [15:0]          head_dim,
    input  wire [15:0]          row_chunks,
    input  wire [15:0]          head_chunks,
    input  wire [7:0]           zero_point,
    input  wire [3:0]           in_slices,
    input  wire [3:0]           weight_slices,
    input  wire [31:0]          write_cycles,
    input  wire [15:0]          score_cycles,
    input  wire [15:0]          mean_cycles,
    // commands to the array of keys
    output wire                 key_write,
    output wire [15:0]          key_word,
    output wire                 key_add,
    output wire [3:0]           key_slice,
    output wire [15:0]          key_row,     // streamed
    output wire [15:0]          key_first,   // channels driven, from here
    input  wire [ROWS*32-1:0]   scores,
    // distances from the greatest score go through the lanes' requantisation and the table
    output wire                 scoring,
    input  wire [LANES*12-1:0]  weights,
    output wire                 done,
    output wire                 write,
    output wire [15:0]          first,
    output wire [7:0]           count,       // results; scoring: rows
    output wire [LANES*32-1:0]  acc
);
    /*verilator inline_module*/

    localparam [2:0] WRITE = 3'd0, SCORE = 3'd1, TOP = 3'd2, EXP = 3'd3, MEAN = 3'd4, OUT = 3'd5;
    localparam [2:0] IDLE  = (ARRAY != 0) ? WRITE : SCORE;
    localparam integer PAD = LANES;          // a lane may look past the last row or channel

    reg [2:0]              phase;
    reg [15:0]             head_first, i, c, chunk, word;
    reg [31:0]             ticks;
    reg [3:0]              slice;
    reg signed [31:0]      top;               // greatest score
    reg [(ROWS+PAD)*12-1:0] weight;           // e[j]
    reg [20:0]             sum;               // Z

    wire last_row_chunk  = chunk == row_chunks - 16'd1;
    wire last_head_chunk = chunk == head_chunks - 16'd1;
    wire last_channel    = c == head_dim - 16'd1;
    wire last_row        = i == rows - 16'd1;
    wire last_head       = head_first + head_dim == dim;
    wire write_ends      = ticks == write_cycles - 32'd1;
    wire score_ends      = ticks == 32'(score_cycles) - 32'd1;
    wire mean_ends       = ticks == 32'(mean_cycles) - 32'd1;
    wire last_word       = word + 16'd1 >= dim && word + 16'd1 >= rows;

    assign key_write = active && phase == WRITE && write_ends && word < dim;
    assign key_word  = word;
    assign key_add   = active && ARRAY != 0 && phase == SCORE && score_ends;
    assign key_slice = slice;
    assign key_row   = i;
    assign key_first = head_first;
    assign scoring   = phase == EXP;
    assign write     = active && phase == OUT;
    assign first     = i * dim + head_first + chunk * 16'(LANES);
    assign count     = scoring ? (last_row_chunk ? 8'(rows - chunk * 16'(LANES)) : 8'(LANES)) :
                       last_head_chunk ? 8'(head_dim - chunk * 16'(LANES)) : 8'(LANES);
    assign done      = write && last_head_chunk && last_row && last_head;

    // ---- scores and sums of weighted values ----
    wire [(ROWS+PAD)*32-1:0] score;
    wire [(DIM+PAD)*32-1:0]  nums;            // of the head's channels, from 0
    wire [LANES*32-1:0]      lane_score;      // newly complete, of the chunk
    wire                     scores_complete; // lane_score is, in this cycle

    generate
        if (ARRAY != 0) begin : arrays
            wire [DIM*32-1:0]       sums;
            reg  [ROWS*DAC_BITS-1:0] drive;

            always @* begin : drive_weights
                integer j, d;
                d     = 0;
                drive = '0;
                for (j = 0; j < ROWS; j = j + 1)
                    for (d = 0; d < DAC_BITS; d = d + 1)
                        if (j < 32'(rows) && 32'(slice) * DAC_BITS + d < 12)
                            drive[j*DAC_BITS + d] = weight[j*12 + 32'(slice)*DAC_BITS + d];
            end

            int_array #(
                .WORDS(ROWS), .COLS(DIM), .DAC_BITS(DAC_BITS), .RERAM(ARRAY - 1), .IN_REG(IN_REG)
            ) u_values (
                .clk(clk), .rst(rst), .unit(unit), .cells(cells), .in_reg(in_reg), .first(32'(dim) * 32'd2),
                .word_step(dim * 16'd3), .column_step(16'd1), .columns(dim), .lines(rows),
                .read_first(head_first), .read_count(head_dim), .zero_point(zero_point),
                .write(active && phase == WRITE && write_ends && word < rows), .word(word),
                .add(active && phase == MEAN && mean_ends), .clear(slice == 4'd0), .negative(1'b0),
                .shift(6'(slice) * 6'(DAC_BITS)), .drive(drive), .acc(sums)
            );

            assign score           = {{PAD{32'd0}}, scores};
            assign nums            = {{PAD{32'd0}}, sums} >> (32'(head_first) * 32);
            assign lane_score      = score[(32'(chunk) * LANES)*32 +: LANES*32];
            assign scores_complete = phase == TOP;
        end else begin : lanes
            reg  [(ROWS+PAD)*32-1:0] kept;    // scores
            reg  [(DIM+PAD)*32-1:0]  num;
            reg  [LANES*32-1:0]      partial;
            reg  [31:0]              total, so_far;
            wire [LANES*32-1:0]      products;
            wire                     unused_scores = &{1'b0, scores, cells};
            wire [31:0]              q = 32'(i) * 32'(dim) * 32'd3 + 32'(head_first) + 32'(c);

            genvar g;
            for (g = 0; g < LANES; g = g + 1) begin : lane
                wire [31:0]        j = 32'(chunk) * LANES + g;
                wire [31:0]        kv = (j * 32'd3 + ((phase == SCORE) ? 32'd1 : 32'd2)) * 32'(dim) +
                                        32'(head_first) + 32'(c);
                wire signed [31:0] x = (phase == SCORE)
                                     ? $signed({24'd0, in_reg[q*8 +: 8]}) - $signed({24'd0, zero_point})
                                     : $signed({20'd0, weight[j*12 +: 12]});
                wire signed [31:0] y = $signed({24'd0, in_reg[kv*8 +: 8]}) - $signed({24'd0, zero_point});
                assign products[32*g +: 32]   = (j < 32'(rows)) ? x * y : 32'd0;
                assign lane_score[32*g +: 32] = ((c == 16'd0) ? 32'd0 : partial[32*g +: 32]) +
                                                products[32*g +: 32];
            end

            always @* begin : sum_lanes
                integer n;
                total = (chunk == 16'd0) ? 32'd0 : so_far;
                for (n = 0; n < LANES; n = n + 1)
                    total = total + products[32*n +: 32];
            end

            `AUTORAC_COUNTERS(unit, 1)
            always_ff @(posedge clk) begin : keep
                if (active) begin
                    partial <= lane_score;
                    so_far  <= total;
                    if (scores_complete) kept[(32'(chunk) * LANES)*32 +: LANES*32] <= lane_score;
                    if (phase == MEAN && last_row_chunk) num[32'(c)*32 +: 32] <= total;
                end
                if (!rst && active && (phase == SCORE || phase == MEAN))
                    `AUTORAC_COUNT(0, `AUTORAC_MACS, `AUTORAC_LANES_OF(chunk, rows));
            end

            assign score           = kept;
            assign nums            = num;
            assign scores_complete = phase == SCORE && last_channel;
        end
    endgenerate

    // ---- reciprocal of the sum ----
    wire [256*16-1:0] reciprocals;
    reg  [4:0]        p;                      // place of the leading one
    wire [7:0]        x = 8'({sum, 8'd0} >> p); // the bits below it
    wire [15:0]       r = reciprocals[32'(x)*16 +: 16];

    genvar l, h;
    generate
        for (h = 0; h < 16; h = h + 1) begin : high          // simulators unroll short loops
            for (l = 0; l < 16; l = l + 1) begin : low
                localparam integer D = 513 + 2 * (16 * h + l);
                assign reciprocals[16*(16*h + l) +: 16] = 16'((67108864 + D) / (2 * D));
            end
        end
    endgenerate

    always @* begin : leading_one
        integer n;
        p = 5'd0;
        for (n = 1; n < 21; n = n + 1)
            if (sum[n]) p = 5'(n);
    end

    // ---- what the lanes requantise ----
    generate
        for (l = 0; l < LANES; l = l + 1) begin : result
            wire [31:0]        at       = 32'(chunk) * LANES + l;
            wire [31:0]        distance = $unsigned(top) - score[at*32 +: 32];
            wire signed [48:0] num      = 49'($signed(nums[at*32 +: 32]));
            wire signed [48:0] product  = num * $signed({33'd0, r});
            assign acc[32*l +: 32] = scoring ? distance : 32'(product >>> (6'(p) + 6'd8));
        end
    endgenerate

    // ---- greatest score, sum of the weights ----
    reg signed [31:0] greatest;
    reg [20:0]        weight_sum;

    always @* begin : over_lanes
        integer n;
        greatest   = (chunk == 16'd0) ? 32'sh80000000 : top;
        weight_sum = (chunk == 16'd0) ? 21'd0 : sum;
        for (n = 0; n < LANES; n = n + 1)
            if (32'(chunk) * LANES + n < 32'(rows)) begin
                if ($signed(lane_score[32*n +: 32]) > greatest) greatest = $signed(lane_score[32*n +: 32]);
                weight_sum = weight_sum + 21'(weights[12*n +: 12]);
            end
    end

    always_ff @(posedge clk) begin : step
        if (rst || done) begin
            phase      <= IDLE;
            head_first <= '0;
            i          <= '0;
            c          <= '0;
            chunk      <= '0;
            word       <= '0;
            ticks      <= '0;
            slice      <= '0;
        end else if (active) begin
            if (scores_complete) top <= greatest;
            case (phase)
                WRITE: begin
                    ticks <= write_ends ? 32'd0 : ticks + 32'd1;
                    if (write_ends) begin
                        word <= word + 16'd1;
                        if (last_word) phase <= SCORE;
                    end
                end
                SCORE:
                    if (ARRAY != 0) begin
                        ticks <= score_ends ? 32'd0 : ticks + 32'd1;
                        if (score_ends) begin
                            slice <= (slice == in_slices - 4'd1) ? 4'd0 : slice + 4'd1;
                            if (slice == in_slices - 4'd1) phase <= TOP;
                        end
                    end else begin
                        c <= last_channel ? 16'd0 : c + 16'd1;
                        if (last_channel) begin
                            chunk <= last_row_chunk ? 16'd0 : chunk + 16'd1;
                            if (last_row_chunk) phase <= EXP;
                        end
                    end
                TOP: begin
                    chunk <= last_row_chunk ? 16'd0 : chunk + 16'd1;
                    if (last_row_chunk) phase <= EXP;
                end
                EXP: begin
                    weight[(32'(chunk) * LANES)*12 +: LANES*12] <= weights;
                    sum   <= weight_sum;
                    chunk <= last_row_chunk ? 16'd0 : chunk + 16'd1;
                    if (last_row_chunk) phase <= MEAN;
                end
                MEAN:
                    if (ARRAY != 0) begin
                        ticks <= mean_ends ? 32'd0 : ticks + 32'd1;
                        if (mean_ends) begin
                            slice <= (slice == weight_slices - 4'd1) ? 4'd0 : slice + 4'd1;
                            if (slice == weight_slices - 4'd1) phase <= OUT;
                        end
                    end else begin
                        chunk <= last_row_chunk ? 16'd0 : chunk + 16'd1;
                        if (last_row_chunk) begin
                            c <= last_channel ? 16'd0 : c + 16'd1;
                            if (last_channel) phase <= OUT;
                        end
                    end
                default: begin
                    chunk <= last_head_chunk ? 16'd0 : chunk + 16'd1;
                    if (last_head_chunk) begin
                        phase <= SCORE;
                        i     <= last_row ? 16'd0 : i + 16'd1;
                        if (last_row) head_first <= head_first + head_dim;
                    end
                end
            endcase
        end
    end
endmodule
