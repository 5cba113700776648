// SPDX-License-Identifier: Apache-2.0
// tile_mvm.sv: shards of matrix-vector products that take turns: crossbars of their own, converters,
// shift-and-add, requantisation. Contract: section 6.
//
// A round of `copies` vectors takes two phases. ANALOG: slices of the inputs are read by the arrays,
// sampled, and converted while the next one is read. REQUANT: for copy, for cb, for group, for rb, then for
// each partial sum of another shard: one cycle, LANES outputs.
//
// What differs between shards is in `shards`, an entry a context: see the assignment to `k` and the others. The table has
// one bit more in front, a 1: Verilator 5.006 sets a long constant that begins with zeros wrongly.
`include "record.svh"

module tile_mvm #(
    parameter integer FLIT_BITS    = 32,
    parameter integer N_VCS        = 3,
    parameter integer VC_BITS      = 2,
    parameter integer BUFFER_FLITS = 4,
    parameter integer IN_EDGES     = 4,
    parameter integer OUT_EDGES    = 4,
    parameter integer BUFFER_WORDS = 64,
    parameter integer OUTPUT_SLOTS = 2,
    parameter integer XBARS        = 2,
    parameter integer ROWS         = 16,
    parameter integer COLS         = 16,
    parameter integer CELL_BITS    = 2,
    parameter integer LEVEL_BITS   = CELL_BITS, // of a cell's integer, FRACTION_BITS of them below one level
    parameter integer FRACTION_BITS = 0,
    parameter integer DAC_BITS     = 1,
    parameter integer SUM_BITS     = $clog2(ROWS * (2**DAC_BITS - 1) * (2**LEVEL_BITS - 1) + 1),
    parameter integer ADC_BITS     = 6,
    parameter integer DROP_BITS    = 0,    // of a sum, by the converters
    parameter integer DRAWN        = 0,    // converters have zeros of their own
    parameter integer FLIP         = 0,    // flip encoding: unit columns, inverted columns
    parameter integer UNIT_BITS    = 1,    // of the unit columns' converters
    parameter integer COLS_PER_ADC = 4,
    parameter integer LANES        = 2,
    parameter integer INPUTS       = 16,   // elements of the input register
    parameter integer OUT_BYTES    = 32,   // of all output registers
    parameter integer SCALES       = 16,   // outputs of all contexts
    parameter integer CONTEXTS     = 1,
    parameter integer SHARD_BITS   = 317,  // of an entry of shards
    parameter integer MPX          = 4,    // outputs of a crossbar
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
    input  wire [CONTEXTS*ENTRY_BITS:0]  contexts  /*verilator public_flat_rd*/,
    input  wire [CONTEXTS*SHARD_BITS:0]  shards  /*verilator public_flat_rd*/,   // constants: plan_mvm
    input  wire [LINK_BITS-1:0]          from_router  /*verilator public_flat_rd*/,
    output wire [LINK_BITS-1:0]          to_router,
    input  wire [CREDIT_BITS-1:0]        router_credit  /*verilator public_flat_rd*/
);
    /*verilator no_inline_module*/

    localparam integer EPW      = FLIT_BITS / 4;               // most elements in a word
    localparam integer ADCS     = COLS / COLS_PER_ADC;
    localparam integer IN_REG   = INPUTS + EPW;                // the last word may write past the end
    localparam integer SCALE_ADDR = (SCALES > 1) ? $clog2(SCALES) : 1;

    // ---- network interface ----
    wire                 computing, load_valid, unused_arrived;
    wire                 done;
    wire [31:0]          unused_request, unused_tx_request, unused_arrived_data;
    wire [19:0]          load_pos;
    wire [FLIT_BITS-1:0] unused_load_word, tx_data;
    wire [EPW*8-1:0]     load_elements;
    wire [7:0]           fill_slot, tx_slot;
    wire [3:0]           running, tx_context;
    wire [15:0]          tx_word;

    ni #(
        .FLIT_BITS(FLIT_BITS), .N_VCS(N_VCS), .VC_BITS(VC_BITS), .BUFFER_FLITS(BUFFER_FLITS),
        .IN_EDGES(IN_EDGES), .OUT_EDGES(OUT_EDGES), .BUFFER_WORDS(BUFFER_WORDS),
        .OUTPUT_SLOTS(OUTPUT_SLOTS), .CONTEXTS(CONTEXTS), .IN_BITS(IN_BITS), .OUT_BITS(OUT_BITS)
    ) u_ni (
        .clk(clk), .rst(rst),
        .unit(unit), .in_edges(in_edges), .out_edges(out_edges), .contexts(contexts), .sink(1'b0),
        .from_router(from_router), .to_router(to_router), .router_credit(router_credit),
        .may_start(1'b1), .computing(computing), .done(done), .running(running),
        .request(unused_request),
        .load_valid(load_valid), .load_pos(load_pos), .load_word(unused_load_word),
        .load_elements(load_elements),
        .fill_slot(fill_slot), .tx_context(tx_context), .tx_slot(tx_slot), .tx_request(unused_tx_request),
        .tx_word(tx_word), .tx_data(tx_data),
        .arrived(unused_arrived), .arrived_data(unused_arrived_data)
    );

    // ---- constants of the shard in the engine ----
    wire [15:0] k, m, n_vec, n_rb, n_cb, mpx;
    wire [15:0] n_columns;      // in use of a crossbar: mpx * cols_per_output; last_columns of the last column block
    wire [15:0] last_columns;
    wire [3:0]  n_slices;
    wire [15:0] read_cycles, conv_cycles, convs_per_slice, groups;
    wire [7:0]  n_partial, copies;
    wire [15:0] first_xbar, first_scale;
    wire [3:0]  bias_shift;     // of biased weights
    wire [5:0]  shift;
    wire [7:0]  zero_point;
    wire [3:0]  out_bits;
    wire        by_row;         // vectors are rows of k codes
    wire        raw;            // outputs are accumulators, 4 bytes
    wire [23:0] out_first, out_stride; // of its output registers: first byte, bytes of one
    wire        unused_pack4;
    wire        unused_front = shards[CONTEXTS*SHARD_BITS];
    assign {k, m, n_vec, n_rb, n_cb, mpx, n_columns, last_columns, n_slices, read_cycles, conv_cycles, convs_per_slice, groups,
            n_partial, copies, first_xbar, first_scale, bias_shift, shift, zero_point, out_bits, by_row, raw,
            out_first, out_stride, unused_pack4} = shards[running*SHARD_BITS +: SHARD_BITS];

    // ---- state ----
    reg [IN_REG*8-1:0]          in_reg;
    reg [(OUT_BYTES+EPW)*8-1:0] out_reg;               // the last word may read past the end
    reg [47:0]                  scale [0:SCALES-1];    // {mult, bias} of an output

    reg [15:0] vec;             // first vector of the round being computed
    reg        reading;         // the arrays are reading slice `slice`
    reg        read_done;       // and are waiting for the converters
    reg [15:0] read_count;
    reg [3:0]  slice;           // next to be sampled
    reg        converting;      // slice held_slice
    reg [3:0]  held_slice;
    reg [15:0] conv_index, conv_count;
    reg        requanting;
    reg [7:0]  copy;
    reg [15:0] cblock, rblock;   // column block, row block (then: partial sum)
    reg [15:0] group;
    reg [LANES*32-1:0] partial; // sums over the row blocks so far

    // ---- control of the analog phase ----
    wire read_ends   = reading && read_count == read_cycles - 16'd1;
    wire conv_ticks  = converting && conv_count == conv_cycles - 16'd1;
    wire conv_ends   = conv_ticks && conv_index == convs_per_slice - 16'd1;
    wire sample      = computing && !requanting && slice != n_slices && (read_ends || read_done) &&
                       (!converting || conv_ends);
    // ---- control of the requantisation ----
    wire last_rb     = rblock == n_rb + 16'(n_partial) - 16'd1;
    wire last_group  = group == groups - 16'd1;
    wire copy_ends   = requanting && last_rb && last_group && cblock == n_cb - 16'd1;
    wire round_ends  = copy_ends && copy == copies - 8'd1;

    assign done = round_ends && vec + 16'(copies) >= n_vec;

    // ---- arrays, converters, accumulators ----
    wire [XBARS*ADCS*SUM_BITS-1:0] sums;
    wire [XBARS*ADCS*ADC_BITS-1:0] codes;
    wire [XBARS*ADCS-1:0]          starts;
    wire [XBARS-1:0]               unit_starts;
    wire [XBARS*SUM_BITS-1:0]      unit_sums;
    wire [XBARS*UNIT_BITS-1:0]     unit_codes;
    wire [XBARS*MPX*32-1:0]        acc;
    wire [XBARS*32-1:0]            unit_acc;

    crossbar #(
        .XBARS(XBARS), .ROWS(ROWS), .COLS(COLS), .LEVEL_BITS(LEVEL_BITS), .DAC_BITS(DAC_BITS),
        .COLS_PER_ADC(COLS_PER_ADC), .FLIP(FLIP), .INPUTS(IN_REG), .SUM_BITS(SUM_BITS),
        .CONTEXTS(CONTEXTS)
    ) u_crossbar (
        .clk(clk), .rst(rst), .unit(unit), .running(running), .in_reg(in_reg), .k(k), .n_vec(n_vec),
        .by_row(by_row), .n_rb(n_rb), .n_cb(n_cb), .copies(copies), .first_xbar(first_xbar),
        .n_columns(n_columns), .last_columns(last_columns), .sample(sample), .slice(slice), .vec(vec),
        .convert(conv_ticks), .index(conv_index), .sums(sums), .starts(starts), .unit_sums(unit_sums), .unit_starts(unit_starts)
    );

    adc #(
        .LANES(XBARS * ADCS), .SUM_BITS(SUM_BITS), .ADC_BITS(ADC_BITS), .FRACTION_BITS(FRACTION_BITS),
        .DROP_BITS(DROP_BITS), .DRAWN(DRAWN)
    ) u_adc (.first(first_xbar * 16'(ADCS)), .sums(sums), .codes(codes));

    adc #(
        .LANES(XBARS), .SUM_BITS(SUM_BITS), .ADC_BITS(UNIT_BITS), .FRACTION_BITS(FRACTION_BITS), .DRAWN(DRAWN * FLIP)
    ) u_unit_adc (.first(first_xbar), .sums(unit_sums), .codes(unit_codes));

    shift_add #(
        .XBARS(XBARS), .COLS(COLS), .COLS_PER_ADC(COLS_PER_ADC), .CELL_BITS(CELL_BITS), .ADC_BITS(ADC_BITS),
        .DROP_BITS(DROP_BITS), .FLIP(FLIP), .UNIT_BITS(UNIT_BITS), .MPX(MPX), .CONTEXTS(CONTEXTS)
    ) u_shift_add (
        .clk(clk), .rst(rst), .unit(unit), .clear(sample && slice == 4'd0), .add(conv_ticks), .running(running),
        .first_xbar(first_xbar), .index(conv_index),
        .slice_shift(8'(held_slice) * 8'(DAC_BITS)), .starts(starts), .codes(codes),
        .unit_starts(unit_starts), .unit_codes(unit_codes), .acc(acc), .unit_acc(unit_acc)
    );

    // ---- requantisation lanes ----
    wire [LANES*32-1:0] total;
    wire [LANES*8-1:0]  code;
    wire [31:0]         xbar   = (32'(copy) * 32'(n_cb) + 32'(cblock)) * 32'(n_rb) + 32'(rblock);
    wire [31:0]         unbias = unit_acc[xbar*32 +: 32] << bias_shift;

    genvar l;
    generate
        for (l = 0; l < LANES; l = l + 1) begin : lane
            wire [15:0] local_out = group * 16'(LANES) + 16'(l);
            wire [15:0] row       = cblock * mpx + local_out;
            wire [47:0] constants = scale[SCALE_ADDR'(first_scale + row)];
            wire [31:0] so_far    = (rblock == 16'd0) ? constants[31:0] : partial[32*l +: 32];
            // Another shard's sum, which came after this one's own operands.
            wire [31:0] theirs    = 32'(k) * 32'(n_vec) + 32'd4 * (((32'(rblock) - 32'(n_rb)) * 32'(m) + 32'(row)) *
                                    32'(n_vec) + 32'(vec) + 32'(copy));
            wire [31:0] product   = (rblock < n_rb) ? acc[(xbar * MPX + 32'(local_out)) * 32 +: 32] - unbias
                                                    : in_reg[theirs*8 +: 32];
            assign total[32*l +: 32] = so_far + product;
            requant u_requant (
                .acc(total[32*l +: 32]), .mult(constants[47:32]), .shift(shift),
                .zero_point(zero_point), .bits(out_bits), .code(code[8*l +: 8])
            );
        end
    endgenerate

    always_ff @(posedge clk) begin : step
        reg [15:0] local_out, row, v;
        integer    i, first;

        if (load_valid && !rst) in_reg[load_pos*8 +: EPW*8] <= load_elements;

        if (rst) begin
            out_reg    <= '0;
            vec        <= '0;
            reading    <= 1'b1;
            read_done  <= 1'b0;
            read_count <= '0;
            slice      <= '0;
            converting <= 1'b0;
            requanting <= 1'b0;
            cblock         <= '0;
            rblock         <= '0;
            group      <= '0;
            copy       <= '0;
        end else if (computing && !requanting) begin
            // Reading.
            if (reading) read_count <= read_count + 16'd1;
            if (read_ends) begin
                reading   <= 1'b0;
                read_done <= 1'b1;
            end
            // Converting.
            if (converting) conv_count <= conv_count + 16'd1;
            if (conv_ticks) begin
                conv_count <= '0;
                conv_index <= conv_index + 16'd1;
            end
            if (conv_ends) begin
                converting <= 1'b0;
                requanting <= slice == n_slices;
            end
            // The held slice goes to the converters, the arrays go on with the next one.
            if (sample) begin
                held_slice <= slice;
                slice      <= slice + 4'd1;
                converting <= 1'b1;
                conv_index <= '0;
                conv_count <= '0;
                reading    <= slice + 4'd1 != n_slices;
                read_done  <= 1'b0;
                read_count <= '0;
            end
        end else if (requanting) begin
            partial <= total;
            if (last_rb) begin
                for (i = 0; i < LANES; i = i + 1) begin
                    local_out = group * 16'(LANES) + 16'(i);
                    row       = cblock * mpx + local_out;
                    v         = vec + 16'(copy);
                    first     = 32'(out_first) + 32'(fill_slot) * 32'(out_stride);
                    if (local_out < mpx && row < m && v < n_vec) begin
                        if (raw)
                            out_reg[(first + 4 * (32'(row) * 32'(n_vec) + 32'(v)))*8 +: 32] <= total[32*i +: 32];
                        else
                            out_reg[(first + (by_row ? 32'(v) * 32'(m) + 32'(row)
                                                     : 32'(row) * 32'(n_vec) + 32'(v)))*8 +: 8] <= code[8*i +: 8];
                    end
                end
                rblock    <= '0;
                group <= last_group ? 16'd0 : group + 16'd1;
                if (last_group) cblock <= cblock + 16'd1;
            end else
                rblock <= rblock + 16'd1;
            if (copy_ends) begin
                cblock <= '0;
                copy   <= copy + 8'd1;
            end
            if (round_ends) begin
                requanting <= 1'b0;
                copy       <= '0;
                slice      <= '0;
                reading    <= 1'b1;
                vec        <= done ? 16'd0 : vec + 16'(copies);
            end
        end
    end

    // ---- counts: a lane adds what a row block has for an output, and with flip takes off its bias ----
    `AUTORAC_COUNTERS(unit, CONTEXTS)
`ifndef SYNTHESIS
    always @(posedge clk) begin : count
        reg [15:0] local_out;
        integer    i, outputs;
        if (!rst && requanting && vec + 16'(copy) < n_vec) begin
            outputs = 0;
            for (i = 0; i < LANES; i = i + 1) begin
                local_out = group * 16'(LANES) + 16'(i);
                if (local_out < mpx && cblock * mpx + local_out < m) outputs = outputs + 1;
            end
            `AUTORAC_COUNT(running, `AUTORAC_REDUCE_ADDS, (FLIP != 0 && rblock < n_rb) ? 2 * outputs : outputs);
            if (last_rb) begin
                `AUTORAC_COUNT(running, `AUTORAC_OUTPUT_WRITES, raw ? 4 * outputs : outputs);
                if (!raw) `AUTORAC_COUNT(running, `AUTORAC_REQUANTS, outputs);
            end
        end
    end
`endif

    // ---- word being transmitted ----
    wire [23:0] tx_first, tx_stride;
    wire        tx_pack4;    // elements travel as 4 bits
    assign {tx_first, tx_stride, tx_pack4} = shards[tx_context*SHARD_BITS +: 49];
    wire [31:0] first_element = 32'(tx_first) + 32'(tx_slot) * 32'(tx_stride) +
                                32'(tx_word) * (tx_pack4 ? FLIT_BITS / 4 : FLIT_BITS / 8);

    out_word #(.FLIT_BITS(FLIT_BITS)) u_out_word (
        .pack4(tx_pack4), .elements(out_reg[first_element*8 +: EPW*8]), .word(tx_data)
    );
endmodule
