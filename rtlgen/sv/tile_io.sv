// SPDX-License-Identifier: Apache-2.0
// tile_io.sv: injects requests (dense codes, lookup indices) and collects logits. Contract: section 5, "I/O unit".
`include "record.svh"

module tile_io #(
    parameter integer FLIT_BITS    = 32,
    parameter integer N_VCS        = 3,
    parameter integer VC_BITS      = 2,
    parameter integer BUFFER_FLITS = 4,
    parameter integer IN_EDGES     = 4,
    parameter integer OUT_EDGES    = 4,
    parameter integer BUFFER_WORDS = 64,
    parameter integer OUTPUT_SLOTS = 2,
    parameter integer REQUESTS     = 4,
    parameter integer RECORD_WORDS = 8,
    parameter integer IN_BITS      = 116,
    parameter integer OUT_BITS     = 74,
    parameter integer ENTRY_BITS    = 6,
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
    input  wire [63:0]                   interval  /*verilator public_flat_rd*/, // cycles between arrivals
    output reg  [31:0]                   n_logits    // arrived so far
);
    /*verilator no_inline_module*/

    localparam integer ADDR_BITS = (REQUESTS * RECORD_WORDS > 1) ? $clog2(REQUESTS * RECORD_WORDS) : 1;

    reg [FLIT_BITS-1:0] records [0:REQUESTS*RECORD_WORDS-1];
    reg [63:0]          cycle;         // number of the cycle visible now
    reg [63:0]          next_arrival;  // of request `request`

    wire                     computing, arrived, unused_load_valid;
    wire [31:0]              request, tx_request;
    wire [7:0]               unused_fill_slot, unused_tx_slot;
    wire [3:0]               unused_running, unused_tx_context;
    wire [15:0]              tx_word;
    wire [19:0]              unused_load_pos;
    wire [31:0]              arrived_data;
    wire [FLIT_BITS-1:0]     tx_data, unused_load_word;
    wire [FLIT_BITS/4*8-1:0] unused_load_elements;

    assign tx_data = records[ADDR_BITS'(tx_request * RECORD_WORDS + 32'(tx_word))];

    ni #(
        .FLIT_BITS(FLIT_BITS), .N_VCS(N_VCS), .VC_BITS(VC_BITS), .BUFFER_FLITS(BUFFER_FLITS),
        .IN_EDGES(IN_EDGES), .OUT_EDGES(OUT_EDGES), .BUFFER_WORDS(BUFFER_WORDS),
        .OUTPUT_SLOTS(OUTPUT_SLOTS), .IN_BITS(IN_BITS), .OUT_BITS(OUT_BITS)
    ) u_ni (
        .clk(clk), .rst(rst),
        .unit(unit), .in_edges(in_edges), .out_edges(out_edges), .contexts(contexts), .sink(1'b1),
        .from_router(from_router), .to_router(to_router), .router_credit(router_credit),
        .may_start(request < REQUESTS && cycle >= next_arrival),
        .computing(computing), .done(computing), .running(unused_running), .request(request),
        .load_valid(unused_load_valid), .load_pos(unused_load_pos), .load_word(unused_load_word),
        .load_elements(unused_load_elements),
        .fill_slot(unused_fill_slot), .tx_context(unused_tx_context), .tx_slot(unused_tx_slot), .tx_request(tx_request),
        .tx_word(tx_word), .tx_data(tx_data),
        .arrived(arrived), .arrived_data(arrived_data)
    );

    wire [31:0] logit = arrived_data;

    // The record of a request that starts is its output register.
    `AUTORAC_COUNTERS(unit, 1)
`ifndef SYNTHESIS
    always @(posedge clk)
        if (!rst && computing) `AUTORAC_COUNT(0, `AUTORAC_OUTPUT_WRITES, RECORD_WORDS);
`endif

    always_ff @(posedge clk)
        if (rst) begin
            cycle        <= '0;
            next_arrival <= '0;
            n_logits     <= '0;
        end else begin
            cycle <= cycle + 64'd1;
            if (computing) next_arrival <= next_arrival + interval;
            if (arrived) begin
                n_logits <= n_logits + 32'd1;
                `AUTORAC_RECORD(unit, `AUTORAC_LOGIT, n_logits, {{32{logit[31]}}, logit});
            end
        end
endmodule
