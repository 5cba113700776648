// SPDX-License-Identifier: Apache-2.0
// tile_emb.sv: embedding tables in ReRAM banks. Contract: section 7.
//
// Lookups issue in order, at most one a cycle, each as soon as its bank is free; a bank is busy row_cycles
// cycles and its row is in the output register at the end of them.
`include "record.svh"

module tile_emb #(
    parameter integer FLIT_BITS    = 32,
    parameter integer N_VCS        = 3,
    parameter integer VC_BITS      = 2,
    parameter integer BUFFER_FLITS = 4,
    parameter integer IN_EDGES     = 4,
    parameter integer OUT_EDGES    = 4,
    parameter integer BUFFER_WORDS = 64,
    parameter integer OUTPUT_SLOTS = 2,
    parameter integer LOOKUPS      = 4,
    parameter integer ROWS         = 16,
    parameter integer DIM          = 8,
    parameter integer BANKS        = 4,     // power of two
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
    // Constants of the shard: plan_emb.
    input  wire [15:0]                   n_lookups  /*verilator public_flat_rd*/,
    input  wire [LOOKUPS*32-1:0]         table_base  /*verilator public_flat_rd*/, // first row, per lookup
    input  wire [15:0]                   row_cycles  /*verilator public_flat_rd*/,
    input  wire                          pack4  /*verilator public_flat_rd*/
);
    /*verilator no_inline_module*/

    localparam integer EPW       = FLIT_BITS / 4;
    localparam integer SLOT      = LOOKUPS * DIM + EPW;
    localparam integer ROW_BITS  = (ROWS > 1) ? $clog2(ROWS) : 1;
    localparam integer BANK_BITS = (BANKS > 1) ? $clog2(BANKS) : 1;

    // ---- network interface ----
    wire                 computing, load_valid, unused_arrived;
    reg                  done;
    wire [31:0]          unused_request, unused_tx_request, unused_arrived_data, unused_arrived_number;
    wire [19:0]          load_pos;
    wire [FLIT_BITS-1:0] load_word, tx_data;
    wire [EPW*8-1:0]     unused_load_elements;
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
        .load_valid(load_valid), .load_pos(load_pos), .load_word(load_word),
        .load_elements(unused_load_elements),
        .fill_slot(fill_slot), .tx_context(unused_tx_context), .tx_slot(tx_slot), .tx_request(unused_tx_request),
        .tx_word(tx_word), .tx_data(tx_data),
        .arrived(unused_arrived), .arrived_data(unused_arrived_data),
        .arrived_number(unused_arrived_number)
    );

    // ---- state ----
    reg [DIM*8-1:0]               rows [0:ROWS-1];     // the tables: one row an address
    reg [(LOOKUPS+1)*32-1:0]      in_reg;              // indices (one more: a wide last word)
    reg [OUTPUT_SLOTS*SLOT*8-1:0] out_reg;
    reg [15:0]                    lookup;              // next to issue
    reg [15:0]                    n_read;              // rows read
    reg [BANKS*16-1:0]            busy;                // cycles a bank is still busy
    reg [BANKS*16-1:0]            bank_lookup;         // what it is busy with
    reg [BANKS*ROW_BITS-1:0]      bank_row;

    wire [ROW_BITS-1:0]  row  = ROW_BITS'(in_reg[lookup*32 +: 32] + table_base[lookup*32 +: 32]);
    wire [BANK_BITS-1:0] bank = (BANKS > 1) ? BANK_BITS'(row) : '0;
    wire                 issue = computing && lookup < n_lookups && busy[bank*16 +: 16] == 16'd0;

    // The row whose last busy cycle this is: at most one, for at most one is issued a cycle.
    reg                ends;
    reg [15:0]         ending;
    reg [ROW_BITS-1:0] ending_row;
    always_comb begin : finish
        integer b;
        b          = 0;
        ends       = issue && row_cycles == 16'd1;
        ending     = lookup;
        ending_row = row;
        if (computing)
            for (b = 0; b < BANKS; b = b + 1)
                if (busy[b*16 +: 16] == 16'd1) begin
                    ends       = 1'b1;
                    ending     = bank_lookup[b*16 +: 16];
                    ending_row = bank_row[b*ROW_BITS +: ROW_BITS];
                end
        done = ends && n_read == n_lookups - 16'd1;
    end

    always_ff @(posedge clk) begin : step
        integer b;

        if (load_valid) in_reg[load_pos*32 +: FLIT_BITS] <= load_word;

        if (rst) begin
            out_reg     <= '0;
            lookup      <= '0;
            n_read      <= '0;
            busy        <= '0;
            bank_lookup <= '0;
            bank_row    <= '0;
        end else if (computing) begin
            for (b = 0; b < BANKS; b = b + 1)
                if (busy[b*16 +: 16] != 16'd0) busy[b*16 +: 16] <= busy[b*16 +: 16] - 16'd1;
            if (issue) begin
                busy[bank*16 +: 16]               <= row_cycles - 16'd1;
                bank_lookup[bank*16 +: 16]        <= lookup;
                bank_row[bank*ROW_BITS +: ROW_BITS] <= row;
                lookup                            <= lookup + 16'd1;
            end
            if (ends) begin
                out_reg[(32'(fill_slot) * SLOT + 32'(ending) * DIM)*8 +: DIM*8] <= rows[ending_row];
                n_read <= n_read + 16'd1;
            end
            if (done) begin
                lookup <= '0;
                n_read <= '0;
            end
        end
    end

    // ---- word being transmitted ----
    wire [31:0] first_element = 32'(tx_slot) * SLOT + 32'(tx_word) * (pack4 ? FLIT_BITS / 4 : FLIT_BITS / 8);

    out_word #(.FLIT_BITS(FLIT_BITS)) u_out_word (
        .pack4(pack4), .elements(out_reg[first_element*8 +: EPW*8]), .word(tx_data)
    );
endmodule
