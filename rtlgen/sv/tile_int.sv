// SPDX-License-Identifier: Apache-2.0
// tile_int.sv: products of two dynamic operands: registers, requantisation lanes and table; int_*.sv has what each mode
// does with them. Contract: section 8.
//   mode 0 (DP)         pairs of rows (i, j), i > j: sum over the columns of T[i] T[j]
//   mode 1 (FM)         per column: (sum over the rows)^2 - sum of the squares
//   mode 2 (ADD)        a * mult_a + b * mult_b, element by element
//   mode 3 (GATE)       table[a] * b, element by element
//   mode 4 (ATTENTION)  softmax(q k) v, head by head
`include "record.svh"

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
    parameter integer ROWS         = 4,    // of DP and ATTENTION
    parameter integer DIM          = 4,
    parameter integer TABLE        = 1,    // some tile of the chip does GATE or ATTENTION
    parameter integer ATTENTION    = 1,    // some tile of the chip does
    parameter integer ARRAY        = 0,    // DP and ATTENTION write one operand into an array: 1 of SRAM, 2 of ReRAM
    parameter integer DAC_BITS     = 1,    // of its word lines
    parameter integer IN_BITS      = 116,
    parameter integer OUT_BITS     = 74,
    parameter integer ENTRY_BITS   = 6,
    parameter integer LINK_BITS    = FLIT_BITS + VC_BITS + 3,
    parameter integer CREDIT_BITS  = VC_BITS + 1
) (
    input  wire                          clk,
    input  wire                          rst,
    input  wire [15:0]                   unit  /*verilator public_flat_rd*/,
    input  wire [IN_EDGES*IN_BITS:0]     in_edges  /*verilator public_flat_rd*/,
    input  wire [OUT_EDGES*OUT_BITS:0]   out_edges  /*verilator public_flat_rd*/,
    input  wire [ENTRY_BITS:0]           contexts  /*verilator public_flat_rd*/,
    input  wire [LINK_BITS-1:0]          from_router  /*verilator public_flat_rd*/,
    output wire [LINK_BITS-1:0]          to_router,
    input  wire [CREDIT_BITS-1:0]        router_credit  /*verilator public_flat_rd*/,
    // Constants of the operator: plan_int.
    input  wire [2:0]                    mode  /*verilator public_flat_rd*/,
    input  wire [15:0]                   rows  /*verilator public_flat_rd*/,
    input  wire [15:0]                   dim  /*verilator public_flat_rd*/,
    input  wire [15:0]                   chunks  /*verilator public_flat_rd*/,
    input  wire [15:0]                   head_dim  /*verilator public_flat_rd*/,
    input  wire [15:0]                   row_chunks  /*verilator public_flat_rd*/,
    input  wire [15:0]                   head_chunks  /*verilator public_flat_rd*/,
    input  wire [15:0]                   n_a  /*verilator public_flat_rd*/,          // ADD, GATE
    input  wire [15:0]                   n_b  /*verilator public_flat_rd*/,
    input  wire [3:0]                    in_bits  /*verilator public_flat_rd*/,
    input  wire [3:0]                    in_slices  /*verilator public_flat_rd*/,    // of the arrays
    input  wire [3:0]                    weight_slices  /*verilator public_flat_rd*/,
    input  wire [7:0]                    cells  /*verilator public_flat_rd*/,        // a value
    input  wire [31:0]                   write_cycles  /*verilator public_flat_rd*/,
    input  wire [15:0]                   score_cycles  /*verilator public_flat_rd*/,
    input  wire [15:0]                   mean_cycles  /*verilator public_flat_rd*/,
    input  wire [7:0]                    zero_point_a  /*verilator public_flat_rd*/,
    input  wire [7:0]                    zero_point_b  /*verilator public_flat_rd*/, // ADD: of the second operand
    input  wire [15:0]                   mult_a  /*verilator public_flat_rd*/,
    input  wire [15:0]                   mult_b  /*verilator public_flat_rd*/,       // ADD; ATTENTION: of the averages
    input  wire [5:0]                    shift  /*verilator public_flat_rd*/,
    input  wire [5:0]                    score_shift  /*verilator public_flat_rd*/,  // ATTENTION
    input  wire [7:0]                    zero_point  /*verilator public_flat_rd*/,
    input  wire [3:0]                    out_bits  /*verilator public_flat_rd*/,
    input  wire                          pack4  /*verilator public_flat_rd*/
);
    /*verilator no_inline_module*/

    localparam [2:0] DP = 3'd0, FM = 3'd1, ADD = 3'd2, GATE = 3'd3, ATT = 3'd4;
    localparam integer EPW    = FLIT_BITS / 4;
    localparam integer IN_REG = INPUTS + EPW + LANES;   // a lane may look past the end
    localparam integer SLOT   = OUTPUTS + EPW + LANES;
    localparam integer COLS   = OUTPUTS + LANES;        // of the FM accumulators

    // ---- network interface ----
    wire                 computing, load_valid, unused_arrived;
    wire                 done;
    wire [31:0]          unused_request, unused_tx_request, unused_arrived_data;
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
        .arrived(unused_arrived), .arrived_data(unused_arrived_data)
    );

    reg [IN_REG*8-1:0]            in_reg;
    reg [OUTPUT_SLOTS*SLOT*8-1:0] out_reg;

    // ---- modes ----
    wire is_dp   = mode == DP;
    wire is_fm   = mode == FM;
    wire is_pair = mode == ADD || mode == GATE;
    wire is_att  = mode == ATT;

    wire                dp_done, dp_write, fm_done, fm_write, pair_done, pair_write, att_done, att_write, scoring;
    wire [15:0]         dp_first, fm_first, pair_first, att_first;
    wire [7:0]          dp_count, att_count;
    wire [LANES*32-1:0] dp_acc, fm_acc, pair_acc, att_acc;
    wire [LANES*8-1:0]  gate_index, codes;
    wire [LANES*12-1:0] gate_weights, exp_weights;

    // The array of keys: from the mode that is on.
    wire             dp_key_write, dp_key_add, att_key_write, att_key_add;
    wire [15:0]      dp_key_word, dp_key_row, att_key_word, att_key_row, att_key_first;
    wire [3:0]       dp_key_slice, att_key_slice;
    wire [ROWS*32-1:0] scores;

    int_fm #(.LANES(LANES), .IN_REG(IN_REG), .COLS(COLS)) u_fm (
        .clk(clk), .rst(rst), .unit(unit), .active(computing && is_fm), .in_reg(in_reg), .rows(rows), .dim(dim),
        .chunks(chunks), .zero_point(zero_point_a), .done(fm_done), .write(fm_write), .first(fm_first), .acc(fm_acc)
    );

    int_pair #(.LANES(LANES), .IN_REG(IN_REG)) u_pair (
        .clk(clk), .rst(rst), .unit(unit), .active(computing && is_pair), .gate(mode == GATE), .in_reg(in_reg),
        .n_a(n_a), .n_b(n_b), .chunks(chunks), .zero_point_a(zero_point_a), .zero_point_b(zero_point_b),
        .mult_a(mult_a), .mult_b(mult_b), .index(gate_index), .weights(gate_weights),
        .done(pair_done), .write(pair_write), .first(pair_first), .acc(pair_acc)
    );

    generate
        if (ARRAY != 0) begin : arrays
            wire [3:0]               slice = is_att ? att_key_slice : dp_key_slice;
            wire                     zero_slice = zero_point_a != 8'd0 && slice == in_slices - 4'd1;
            wire [15:0]              from = is_att ? att_key_first : 16'd0;
            wire [15:0]              step = is_att ? dim * 16'd3 : dim;  // from row to row
            wire [31:0]              row = is_att ? 32'(att_key_row) * 32'(dim) * 32'd3 : 32'(dp_key_row) * 32'(dim);
            reg  [DIM*DAC_BITS-1:0]  drive;

            // A slice of the streamed row's codes; the last one stands for the zero point.
            always @* begin : drive_row
                integer w, d;
                d     = 0;
                drive = '0;
                for (w = 0; w < DIM; w = w + 1)
                    if (w >= 32'(from) && w < 32'(from) + 32'(head_dim)) begin
                        for (d = 0; d < DAC_BITS; d = d + 1)
                            if (!zero_slice && 32'(slice) * DAC_BITS + d < 8)
                                drive[w*DAC_BITS + d] = in_reg[(row + w)*8 + 32'(slice)*DAC_BITS + d];
                        if (zero_slice) drive[w*DAC_BITS] = 1'b1;
                    end
            end

            int_array #(
                .WORDS(DIM), .COLS(ROWS), .DAC_BITS(DAC_BITS), .RERAM(ARRAY - 1), .IN_REG(IN_REG)
            ) u_keys (
                .clk(clk), .rst(rst), .unit(unit), .cells(cells), .in_reg(in_reg),
                .first(is_att ? 32'(dim) : 32'd0), .word_step(16'd1), .column_step(step), .columns(rows),
                .lines(head_dim), .read_first(16'd0), .read_count(rows), .zero_point(zero_point_a),
                .write(is_att ? att_key_write : dp_key_write),
                .word(is_att ? att_key_word : dp_key_word), .add(is_att ? att_key_add : dp_key_add),
                .clear(slice == 4'd0), .negative(zero_slice),
                .shift(zero_slice ? 6'(in_bits) - 6'd1 : 6'(slice) * 6'(DAC_BITS)), .drive(drive), .acc(scores)
            );

            int_dp_array #(.LANES(LANES), .ROWS(ROWS)) u_dp (
                .clk(clk), .rst(rst), .active(computing && is_dp), .rows(rows), .dim(dim), .in_slices(in_slices),
                .write_cycles(write_cycles), .score_cycles(score_cycles), .key_write(dp_key_write),
                .key_word(dp_key_word), .key_add(dp_key_add), .key_slice(dp_key_slice), .key_row(dp_key_row),
                .scores(scores), .done(dp_done), .write(dp_write), .first(dp_first), .count(dp_count), .acc(dp_acc)
            );
        end else begin : lanes
            wire unused_array = &{1'b0, in_bits, cells, dp_key_write, dp_key_add, dp_key_word, dp_key_row, dp_key_slice,
                                         att_key_write, att_key_add, att_key_word, att_key_row, att_key_first,
                                         att_key_slice};

            int_dp #(.LANES(LANES), .IN_REG(IN_REG)) u_dp (
                .clk(clk), .rst(rst), .unit(unit), .active(computing && is_dp), .in_reg(in_reg), .rows(rows), .dim(dim),
                .chunks(chunks), .zero_point(zero_point_a), .done(dp_done), .write(dp_write), .first(dp_first),
                .acc(dp_acc)
            );
            assign dp_count = 8'd1;
            assign scores   = '0;
            assign {dp_key_write, dp_key_add, dp_key_word, dp_key_row, dp_key_slice} = '0;
        end

        if (ATTENTION != 0) begin : attention
            int_attention #(
                .LANES(LANES), .IN_REG(IN_REG), .ROWS(ROWS), .DIM(DIM), .ARRAY(ARRAY), .DAC_BITS(DAC_BITS)
            ) u_attention (
                .clk(clk), .rst(rst), .unit(unit), .cells(cells),
                .active(computing && is_att), .in_reg(in_reg), .rows(rows), .dim(dim), .head_dim(head_dim),
                .row_chunks(row_chunks), .head_chunks(head_chunks), .zero_point(zero_point_a),
                .in_slices(in_slices), .weight_slices(weight_slices), .write_cycles(write_cycles),
                .score_cycles(score_cycles), .mean_cycles(mean_cycles), .key_write(att_key_write),
                .key_word(att_key_word), .key_add(att_key_add), .key_slice(att_key_slice), .key_row(att_key_row),
                .key_first(att_key_first), .scores(scores), .scoring(scoring), .weights(exp_weights),
                .done(att_done), .write(att_write), .first(att_first), .count(att_count), .acc(att_acc)
            );
        end else begin : no_attention
            wire unused_attention = &{1'b0, head_dim, row_chunks, head_chunks, in_slices, weight_slices, write_cycles,
                                      score_cycles, mean_cycles, scores, exp_weights};
            assign {att_done, att_write, scoring, att_first, att_count, att_acc} = '0;
            assign {att_key_write, att_key_add, att_key_word, att_key_row, att_key_first, att_key_slice} = '0;
        end

        if (TABLE != 0) begin : tables
            int_table #(.LANES(LANES)) u_table (
                .index_a(gate_index), .value_a(gate_weights), .index_b(codes), .value_b(exp_weights)
            );
        end else begin : no_tables
            wire unused_table = &{1'b0, gate_index};
            assign {gate_weights, exp_weights} = '0;
        end
    endgenerate

    assign done = is_dp ? dp_done : is_fm ? fm_done : is_pair ? pair_done : att_done;

    // ---- requantisation lanes ----
    wire                write = is_dp ? dp_write : is_fm ? fm_write : is_pair ? pair_write : att_write;
    wire [15:0]         first = is_dp ? dp_first : is_fm ? fm_first : is_pair ? pair_first : att_first;
    wire [LANES*32-1:0] acc   = is_dp ? dp_acc   : is_fm ? fm_acc   : is_pair ? pair_acc   : att_acc;
    wire [15:0]         left  = dim - first;             // FM, ADD, GATE: results from first on
    wire [7:0]          rest  = (left < 16'(LANES)) ? left[7:0] : 8'(LANES);
    wire [7:0]          count = is_dp ? dp_count : is_att ? att_count : rest;
    wire [15:0]         mult  = (mode == ADD) ? 16'd1 : (is_att && !scoring) ? mult_b : mult_a;

    genvar l;
    generate
        for (l = 0; l < LANES; l = l + 1) begin : lane
            requant u_requant (
                .acc(acc[32*l +: 32]), .mult(mult), .shift(scoring ? score_shift : shift),
                .zero_point(scoring ? 8'd0 : zero_point), .bits(scoring ? 4'd8 : out_bits), .code(codes[8*l +: 8])
            );
        end
    endgenerate

    always_ff @(posedge clk) begin : registers
        integer n;
        if (load_valid && !rst) in_reg[load_pos*8 +: EPW*8] <= load_elements;
        if (rst)
            out_reg <= '0;
        else if (write)
            for (n = 0; n < LANES; n = n + 1)
                if (n < 32'(count))
                    out_reg[(32'(fill_slot) * SLOT + 32'(first) + n)*8 +: 8] <= codes[8*n +: 8];
    end

    // ---- counts: results, each with its reciprocal if it is an average, and scores; what is looked up ----
    `AUTORAC_COUNTERS(unit, 1)
`ifndef SYNTHESIS
    always @(posedge clk)
        if (!rst && computing) begin
            if (write) `AUTORAC_COUNT(0, `AUTORAC_OUTPUT_WRITES, count);
            if (write || scoring) `AUTORAC_COUNT(0, `AUTORAC_REQUANTS, (is_att && write) ? 16'(count) * 16'd2 : 16'(count));
            if (scoring || (write && mode == GATE)) `AUTORAC_COUNT(0, `AUTORAC_TABLE_READS, count);
        end
`endif

    // ---- word being transmitted ----
    wire [31:0] first_element = 32'(tx_slot) * SLOT + 32'(tx_word) * (pack4 ? FLIT_BITS / 4 : FLIT_BITS / 8);

    out_word #(.FLIT_BITS(FLIT_BITS)) u_out_word (
        .pack4(pack4), .elements(out_reg[first_element*8 +: EPW*8]), .word(tx_data)
    );
endmodule
