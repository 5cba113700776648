// SPDX-License-Identifier: Apache-2.0
// tile_int.sv: products of two dynamic operands on LANES multiply-accumulate lanes. Contract: section 8.
//   mode 0 (DP)   pairs of rows (i, j), i > j: sum over the columns of T[i] T[j]
//   mode 1 (FM)   per column: (sum over the rows)^2 - sum of the squares
//   mode 2 (ADD)  a * mult_a + b * mult_b, element by element
module tile_int #(
    parameter integer FLIT_BITS    = 32,
    parameter integer N_VCS        = 3,
    parameter integer VC_BITS      = 2,
    parameter integer BUFFER_FLITS = 4,
    parameter integer IN_EDGES     = 4,
    parameter integer OUT_EDGES    = 4,
    parameter integer BUFFER_WORDS = 64,
    parameter integer OUTPUT_SLOTS = 2,
    parameter integer LANES        = 4,
    parameter integer INPUTS       = 16,   // elements of the input register
    parameter integer OUTPUTS      = 16,   // elements of an output register
    parameter integer IN_BITS      = 116,
    parameter integer OUT_BITS     = 74,
    parameter integer ENTRY_BITS    = 6,
    parameter integer LINK_BITS    = FLIT_BITS + VC_BITS + 3,
    parameter integer CREDIT_BITS  = VC_BITS + 1
) (
    input  wire                          clk,
    input  wire                          rst,
    input  wire [15:0]                   unit  /*verilator public_flat_rd*/,
    input  wire [IN_EDGES*IN_BITS-1:0]   in_edges  /*verilator public_flat_rd*/,
    input  wire [OUT_EDGES*OUT_BITS-1:0] out_edges  /*verilator public_flat_rd*/,
    input  wire [ENTRY_BITS-1:0]          contexts  /*verilator public_flat_rd*/,
    input  wire [LINK_BITS-1:0]          from_router  /*verilator public_flat_rd*/,
    output wire [LINK_BITS-1:0]          to_router,
    input  wire [CREDIT_BITS-1:0]        router_credit  /*verilator public_flat_rd*/,
    // Constants of the operator: plan_int.
    input  wire [1:0]                    mode  /*verilator public_flat_rd*/,
    input  wire [15:0]                   rows  /*verilator public_flat_rd*/,
    input  wire [15:0]                   dim  /*verilator public_flat_rd*/,
    input  wire [15:0]                   chunks  /*verilator public_flat_rd*/,
    input  wire [7:0]                    zero_point_a  /*verilator public_flat_rd*/,
    input  wire [7:0]                    zero_point_b  /*verilator public_flat_rd*/, // ADD: of the second operand
    input  wire [15:0]                   mult_a  /*verilator public_flat_rd*/,
    input  wire [15:0]                   mult_b  /*verilator public_flat_rd*/,       // ADD
    input  wire [5:0]                    shift  /*verilator public_flat_rd*/,
    input  wire [7:0]                    zero_point  /*verilator public_flat_rd*/,
    input  wire [3:0]                    out_bits  /*verilator public_flat_rd*/,
    input  wire                          pack4  /*verilator public_flat_rd*/
);
    /*verilator no_inline_module*/

    localparam [1:0] DP = 2'd0, FM = 2'd1, ADD = 2'd2;
    localparam integer EPW    = FLIT_BITS / 4;
    localparam integer IN_REG = INPUTS + EPW + LANES;   // a lane may look past the end
    localparam integer SLOT   = OUTPUTS + EPW + LANES;
    localparam integer COLS   = OUTPUTS + LANES;        // of the FM accumulators

    // ---- network interface ----
    wire                 computing, load_valid, unused_arrived;
    wire                 done;
    wire [31:0]          unused_request, unused_tx_request, unused_arrived_data, unused_arrived_number;
    wire [19:0]          load_pos;
    wire [FLIT_BITS-1:0] unused_load_word, tx_data;
    wire [EPW*8-1:0]     load_elements;
    wire [7:0]           fill_slot, tx_slot;
    wire [3:0]           unused_running, unused_tx_context;
    wire [15:0]          tx_word;

    ni #(
        .FLIT_BITS(FLIT_BITS), .N_VCS(N_VCS), .VC_BITS(VC_BITS), .BUFFER_FLITS(BUFFER_FLITS),
        .IN_EDGES(IN_EDGES), .OUT_EDGES(OUT_EDGES), .BUFFER_WORDS(BUFFER_WORDS),
        .OUTPUT_SLOTS(OUTPUT_SLOTS), .IN_BITS(IN_BITS), .OUT_BITS(OUT_BITS)
    ) u_ni (
        .clk(clk), .rst(rst),
        .unit(unit), .in_edges(in_edges), .out_edges(out_edges), .contexts(contexts), .sink(1'b0),
        .from_router(from_router), .to_router(to_router), .router_credit(router_credit),
        .may_start(1'b1), .computing(computing), .done(done), .running(unused_running),
        .request(unused_request),
        .load_valid(load_valid), .load_pos(load_pos), .load_word(unused_load_word),
        .load_elements(load_elements),
        .fill_slot(fill_slot), .tx_context(unused_tx_context), .tx_slot(tx_slot), .tx_request(unused_tx_request),
        .tx_word(tx_word), .tx_data(tx_data),
        .arrived(unused_arrived), .arrived_data(unused_arrived_data),
        .arrived_number(unused_arrived_number)
    );

    // ---- state ----
    reg [IN_REG*8-1:0]            in_reg;      // row i at i * dim; ADD: a, then b
    reg [OUTPUT_SLOTS*SLOT*8-1:0] out_reg;
    reg [15:0]                    i, j, chunk; // rows and chunk of the columns
    reg [15:0]                    pair;        // DP: number of pair (i, j)
    reg                           squaring;    // FM: rows are accumulated
    reg [31:0]                    dot;         // DP: sum over the chunks so far
    reg [COLS*32-1:0]             sum, square; // FM, per column

    wire last_chunk = chunk == chunks - 16'd1;
    wire last_row   = i == rows - 16'd1;
    wire last_pair  = last_row && j == i - 16'd1;

    assign done = computing && last_chunk &&
                  ((mode == DP) ? last_pair : (mode == FM) ? squaring : 1'b1);

    // ---- lanes ----
    wire [31:0]         row_a = (mode == ADD) ? 32'd0 : 32'(i) * 32'(dim);
    wire [31:0]         row_b = (mode == ADD) ? 32'(dim) : 32'(j) * 32'(dim);
    wire [7:0]          zero_b = (mode == ADD) ? zero_point_b : zero_point_a;
    wire [LANES*16-1:0] a_values;   // zero-point-corrected, signed
    wire [LANES*32-1:0] products;   // DP: a * b of the columns there are
    wire [LANES*8-1:0]  codes;
    reg  [31:0]         total;

    genvar l;
    generate
        for (l = 0; l < LANES; l = l + 1) begin : lane
            wire [31:0]        column  = 32'(chunk) * LANES + l;
            wire               inside_ = column < 32'(dim);
            wire signed [15:0] a = $signed({8'd0, in_reg[(row_a + column)*8 +: 8]}) - $signed({8'd0, zero_point_a});
            wire signed [15:0] b = $signed({8'd0, in_reg[(row_b + column)*8 +: 8]}) - $signed({8'd0, zero_b});
            wire signed [31:0] s = $signed(sum[column*32 +: 32]);
            wire [31:0]        squared = s * s;
            wire [31:0]        added = 32'(a) * $signed({16'd0, mult_a}) + 32'(b) * $signed({16'd0, mult_b});
            wire [31:0]        acc = (mode == FM) ? squared - square[column*32 +: 32]
                                   : (mode == ADD || l != 0) ? added : total;
            assign a_values[16*l +: 16] = a;
            assign products[32*l +: 32] = inside_ ? 32'(a) * 32'(b) : 32'd0;
            requant u_requant (
                .acc(acc), .mult((mode == ADD) ? 16'd1 : mult_a), .shift(shift),
                .zero_point(zero_point), .bits(out_bits), .code(codes[8*l +: 8])
            );
        end
    endgenerate

    always_comb begin : sum_lanes
        integer n;
        total = (chunk == 16'd0) ? 32'd0 : dot;
        for (n = 0; n < LANES; n = n + 1)
            total = total + products[32*n +: 32];
    end

    always_ff @(posedge clk) begin : step
        integer      n, column, first;
        reg [31:0]   value;

        if (load_valid) in_reg[load_pos*8 +: EPW*8] <= load_elements;

        if (rst) begin
            out_reg  <= '0;
            i        <= (mode == DP) ? 16'd1 : 16'd0;
            j        <= '0;
            chunk    <= '0;
            pair     <= '0;
            squaring <= 1'b0;
        end else if (computing) begin
            first = 32'(fill_slot) * SLOT;
            chunk <= last_chunk ? 16'd0 : chunk + 16'd1;
            case (mode)
                DP: begin
                    dot <= total;
                    if (last_chunk) begin
                        out_reg[(first + 32'(pair))*8 +: 8] <= codes[7:0];
                        pair <= pair + 16'd1;
                        j    <= j + 16'd1;
                        if (j == i - 16'd1) begin
                            i <= i + 16'd1;
                            j <= '0;
                        end
                    end
                end
                FM:
                    for (n = 0; n < LANES; n = n + 1) begin
                        column = 32'(chunk) * LANES + n;
                        value  = {{16{a_values[16*n + 15]}}, a_values[16*n +: 16]};
                        if (column < 32'(dim)) begin
                            if (squaring)
                                out_reg[(first + column)*8 +: 8] <= codes[8*n +: 8];
                            else begin
                                sum[column*32 +: 32] <= ((i == 16'd0) ? 32'd0 : sum[column*32 +: 32]) + value;
                                square[column*32 +: 32] <=
                                    ((i == 16'd0) ? 32'd0 : square[column*32 +: 32]) + value * value;
                            end
                        end
                    end
                default:
                    for (n = 0; n < LANES; n = n + 1) begin
                        column = 32'(chunk) * LANES + n;
                        if (column < 32'(dim)) out_reg[(first + column)*8 +: 8] <= codes[8*n +: 8];
                    end
            endcase
            if (mode == FM && last_chunk && !squaring) begin
                i        <= i + 16'd1;
                squaring <= last_row;
            end
            if (done) begin
                i        <= (mode == DP) ? 16'd1 : 16'd0;
                j        <= '0;
                pair     <= '0;
                squaring <= 1'b0;
            end
        end
    end

    // ---- word being transmitted ----
    wire [31:0] first_element = 32'(tx_slot) * SLOT + 32'(tx_word) * (pack4 ? FLIT_BITS / 4 : FLIT_BITS / 8);

    out_word #(.FLIT_BITS(FLIT_BITS)) u_out_word (
        .pack4(pack4), .elements(out_reg[first_element*8 +: EPW*8]), .word(tx_data)
    );
endmodule
