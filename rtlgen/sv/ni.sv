// SPDX-License-Identifier: Apache-2.0
// ni.sv: network interface and sequencer of a unit, the same for every kind of tile. Contract:
// docs/microarchitecture.md, section 5.
//
// Receive: operand rings in one buffer, end-to-end credits. Sequence: idle, loading, computing. Transmit:
// credit flits first, then the packets of the oldest full output register. What the tile adds is the
// engine behind `computing`/`done`, the input register that takes what is loaded, and the output registers.
//
// The constants of the unit arrive as ports, so that all units of a chip are one module. Tables
// have one entry an edge, edge 0 in the least significant bits:
//   in_edges   {src_y 4, src_x 4, src_out 8, base_word 24, n_words 16, ring_words 24, n_elements 20, pack 2}
//              pack: 0, 1, 2 for elements of 4, 8, 32 bits; ring_words = n_words x n_slots
//   out_edges  {dst_y 4, dst_x 4, dst_in 8, n_words 16, n_slots 8, vc 4}
`include "record.svh"

module ni #(
    parameter integer FLIT_BITS    = 32,
    parameter integer N_VCS        = 3,
    parameter integer VC_BITS      = 2,
    parameter integer BUFFER_FLITS = 4,
    parameter integer IN_EDGES     = 4,
    parameter integer OUT_EDGES    = 4,
    parameter integer BUFFER_WORDS = 64,
    parameter integer OUTPUT_SLOTS = 2,
    parameter integer IN_BITS      = 102,   // of an entry of in_edges
    parameter integer OUT_BITS     = 44,    // of an entry of out_edges
    parameter integer LINK_BITS    = FLIT_BITS + VC_BITS + 3,
    parameter integer CREDIT_BITS  = VC_BITS + 1
) (
    input  wire                          clk,
    input  wire                          rst,
    // Constants of the unit.
    input  wire [15:0]                   unit,
    input  wire [7:0]                    n_in,   // in-edges
    input  wire [7:0]                    n_out,  // out-edges
    input  wire [IN_EDGES*IN_BITS-1:0]   in_edges,
    input  wire [OUT_EDGES*OUT_BITS-1:0] out_edges,
    input  wire                          sink,   // operands are consumed on arrival (I/O)
    // Router: {valid, vc, head, tail, payload} and {valid, vc}.
    input  wire [LINK_BITS-1:0]          from_router,
    output reg  [LINK_BITS-1:0]          to_router,
    input  wire [CREDIT_BITS-1:0]        router_credit,
    // Engine.
    input  wire                          may_start,  // besides operands and room for the result
    output wire                          computing,
    input  wire                          done,       // last cycle of computing
    output reg  [31:0]                   request,    // started so far
    // Loading: one word of elements a cycle.
    output wire                          load_valid,
    output reg  [19:0]                   load_pos,   // of the word's first element in the input register
    output wire [FLIT_BITS-1:0]          load_word,
    output reg  [FLIT_BITS/4*8-1:0]      load_elements, // the same, as elements of 8 bits
    // Output registers.
    output reg  [7:0]                    fill_slot,  // being filled by the engine
    output reg  [7:0]                    tx_slot,    // being transmitted
    output reg  [31:0]                   tx_request, // transmitted so far
    output reg  [7:0]                    tx_edge,
    output wire [15:0]                   tx_word,
    input  wire [FLIT_BITS-1:0]          tx_data,
    // An operand is complete with this edge (used by the I/O tile).
    output wire                          arrived,
    output wire [31:0]                   arrived_data,   // its last word, low half
    output wire [31:0]                   arrived_number
);
    /*verilator inline_module*/

    localparam integer ADDR_BITS = (BUFFER_WORDS > 1) ? $clog2(BUFFER_WORDS) : 1;
    localparam integer CNT       = $clog2(BUFFER_FLITS + 1);
    localparam integer IE_BITS   = (IN_EDGES > 1) ? $clog2(IN_EDGES) : 1;
    localparam integer OE_BITS   = (OUT_EDGES > 1) ? $clog2(OUT_EDGES) : 1;
    localparam [VC_BITS-1:0] CREDIT_VC = VC_BITS'(N_VCS - 1);

    // Positions of the fields in a table entry.
    localparam integer I_PACK = 0, I_ELEMENTS = 2, I_RING = 22, I_WORDS = 46, I_BASE = 62, I_OUT = 86, I_X = 94,
                       I_Y = 98;
    localparam integer O_VC = 0, O_SLOTS = 4, O_WORDS = 12, O_IN = 28, O_X = 36, O_Y = 40;

    localparam [1:0] IDLE = 2'd0, LOADING = 2'd1, COMPUTING = 2'd2;

    // ---- state ----
    reg [FLIT_BITS-1:0]   buffer [0:BUFFER_WORDS-1];   // operand buffer: all rings
    // Receive: per channel the operand being received, per in-edge its ring.
    reg [N_VCS*IE_BITS-1:0] rx_edge;
    reg [N_VCS*16-1:0]      rx_word;
    reg [IN_EDGES*32-1:0]   received;     // operands, ever
    reg [IN_EDGES*24-1:0]   write_offset; // of the slot being written, in its ring
    // Loading. All in-edges are consumed together: operands of edge i waiting = received[i] - consumed.
    reg [1:0]               state;
    reg [31:0]              consumed;
    reg [IN_EDGES*24-1:0]   read_offset;
    reg [IE_BITS-1:0]       load_edge;
    reg [15:0]              load_index;   // word within the slot
    // Credits to give back: edge i owes consumed (sink: received) - returned[i]; n_owed is their sum.
    reg [IN_EDGES*32-1:0]   returned;
    reg [15:0]              n_owed;
    // Credits we hold.
    reg [OUT_EDGES*8-1:0]   credits;      // end to end, per out-edge
    reg [N_VCS*CNT-1:0]     inject;       // places in the router's local input, per channel
    // Output registers: used from start to last tail, full from finish to last tail.
    reg [7:0]               out_used, out_full;
    reg [15:0]              tx_pos;       // 0: head flit, else payload word tx_pos - 1

    wire                  rx_valid   = from_router[LINK_BITS-1];
    wire [VC_BITS-1:0]    rx_vc      = from_router[LINK_BITS-2 -: VC_BITS];
    wire                  rx_head    = from_router[FLIT_BITS+1];
    wire                  rx_tail    = from_router[FLIT_BITS];
    wire [FLIT_BITS-1:0]  rx_payload = from_router[FLIT_BITS-1:0];

    assign arrived        = rx_valid && !rx_head && rx_tail;
    assign arrived_data   = rx_payload[31:0];
    assign arrived_number = received[rx_edge[rx_vc*IE_BITS +: IE_BITS]*32 +: 32];

    assign computing  = state == COMPUTING;
    assign load_valid = state == LOADING;
    assign tx_word    = tx_pos - 16'd1;

    // ---- the word being loaded, and its elements as bytes ----
    wire [1:0]  load_pack = in_edges[load_edge*IN_BITS + I_PACK +: 2];
    wire [ADDR_BITS-1:0] load_addr = ADDR_BITS'(in_edges[load_edge*IN_BITS + I_BASE +: 24] +
                                                read_offset[load_edge*24 +: 24] + 24'(load_index));
    assign load_word = buffer[load_addr];

    always @* begin : bytes
        integer n;
        n = 0;
        load_elements = '0;
        if (load_pack == 2'd0)
            for (n = 0; n < FLIT_BITS / 4; n = n + 1)
                load_elements[8*n +: 4] = load_word[4*n +: 4];
        else
            load_elements[FLIT_BITS-1:0] = load_word;
    end

    wire [19:0] per_word = (load_pack == 2'd0) ? 20'(FLIT_BITS / 4) :
                           (load_pack == 2'd1) ? 20'(FLIT_BITS / 8) : 20'(FLIT_BITS / 32);

    always_ff @(posedge clk) begin : step
        reg [N_VCS*CNT-1:0]   n_inject;
        reg [15:0]            n_n_owed;
        reg [7:0]             n_out_used, n_out_full;
        reg                   got, spent;       // end-to-end credit arrived, taken
        reg [OE_BITS-1:0]     got_edge;
        reg [IE_BITS-1:0]     e;
        reg [23:0]            next_offset;
        reg [VC_BITS-1:0]     v;
        reg [LINK_BITS-1:0]   flit;
        reg [19:0]            left;
        reg                   head, tail, starting;
        reg [OE_BITS-1:0]     oe;
        integer               n;

        if (rst) begin
            rx_edge      <= '0;
            rx_word      <= '0;
            received     <= '0;
            write_offset <= '0;
            state        <= IDLE;
            consumed     <= '0;
            read_offset  <= '0;
            load_edge    <= '0;
            load_index   <= '0;
            load_pos     <= '0;
            returned     <= '0;
            n_owed       <= '0;
            inject       <= {N_VCS{CNT'(BUFFER_FLITS)}};
            out_used     <= '0;
            out_full     <= '0;
            tx_pos       <= '0;
            tx_edge      <= '0;
            tx_slot      <= '0;
            tx_request   <= '0;
            fill_slot    <= '0;
            request      <= '0;
            to_router    <= '0;
            for (n = 0; n < OUT_EDGES; n = n + 1)    // the slots of each consumer's ring
                credits[8*n +: 8] <= out_edges[n*OUT_BITS + O_SLOTS +: 8];
        end else begin
            n_inject   = inject;
            n_n_owed   = n_owed;
            n_out_used = out_used;
            n_out_full = out_full;
            got        = 1'b0;
            got_edge   = '0;
            spent      = 1'b0;

            // ---- receive: whatever comes is taken ----
            if (rx_valid) begin
                `AUTORAC_RECORD(unit, `AUTORAC_EJECT, rx_vc, rx_payload);
                if (rx_head && rx_payload[8]) begin
                    got      = 1'b1;
                    got_edge = rx_payload[9 +: OE_BITS];
                    `AUTORAC_RECORD(unit, `AUTORAC_CREDIT, rx_payload[16:9], 0);
                end else if (rx_head) begin
                    rx_edge[rx_vc*IE_BITS +: IE_BITS] <= rx_payload[9 +: IE_BITS];
                    rx_word[rx_vc*16 +: 16]           <= 16'd0;
                end else begin
                    e     = rx_edge[rx_vc*IE_BITS +: IE_BITS];
                    buffer[ADDR_BITS'(in_edges[e*IN_BITS + I_BASE +: 24] + write_offset[e*24 +: 24] +
                                      24'(rx_word[rx_vc*16 +: 16]))] <= rx_payload;
                    rx_word[rx_vc*16 +: 16]      <= rx_word[rx_vc*16 +: 16] + 16'd1;
                    if (rx_tail) begin
                        next_offset = write_offset[e*24 +: 24] + 24'(in_edges[e*IN_BITS + I_WORDS +: 16]);
                        write_offset[e*24 +: 24] <=
                            (next_offset == in_edges[e*IN_BITS + I_RING +: 24]) ? 24'd0 : next_offset;
                        received[e*32 +: 32] <= received[e*32 +: 32] + 32'd1;
                        if (sink) n_n_owed = n_n_owed + 16'd1;
                        `AUTORAC_RECORD(unit, `AUTORAC_OPERAND, e, received[e*32 +: 32]);
                    end
                end
            end

            // ---- sequence ----
            case (state)
                IDLE: begin
                    starting = may_start && out_used < 8'(OUTPUT_SLOTS);
                    if (starting && !sink)    // every in-edge has a complete operand
                        for (n = 0; n < IN_EDGES; n = n + 1)
                            if (8'(n) < n_in && received[32*n +: 32] == consumed) starting = 1'b0;
                    if (starting) begin
                        state      <= sink ? COMPUTING : LOADING;
                        request    <= request + 32'd1;
                        n_out_used = n_out_used + 8'd1;
                        load_edge  <= '0;
                        load_index <= '0;
                        load_pos   <= '0;
                        `AUTORAC_RECORD(unit, `AUTORAC_START, request, 0);
                    end
                end
                LOADING: begin
                    // Elements of this operand not yet loaded before this word.
                    left = in_edges[load_edge*IN_BITS + I_ELEMENTS +: 20] - 20'(load_index) * per_word;
                    load_pos <= load_pos + ((left < per_word) ? left : per_word);
                    if (load_index + 16'd1 == in_edges[load_edge*IN_BITS + I_WORDS +: 16]) begin
                        next_offset = read_offset[load_edge*24 +: 24] +
                                      24'(in_edges[load_edge*IN_BITS + I_WORDS +: 16]);
                        read_offset[load_edge*24 +: 24] <=
                            (next_offset == in_edges[load_edge*IN_BITS + I_RING +: 24]) ? 24'd0 : next_offset;
                        load_index <= '0;
                        load_edge  <= load_edge + IE_BITS'(1);
                        if (8'(load_edge) + 8'd1 == n_in) begin    // all slots read: give them back
                            state    <= COMPUTING;
                            consumed <= consumed + 32'd1;
                            n_n_owed = n_n_owed + 16'(n_in);
                        end
                    end else
                        load_index <= load_index + 16'd1;
                end
                default: if (done) begin
                    state      <= IDLE;
                    n_out_full = n_out_full + 8'd1;
                    fill_slot  <= (fill_slot == 8'(OUTPUT_SLOTS - 1)) ? 8'd0 : fill_slot + 8'd1;
                    `AUTORAC_RECORD(unit, `AUTORAC_FINISH, request - 32'd1, 0);
                end
            endcase

            // ---- transmit: at most one flit ----
            flit = '0;
            oe   = tx_edge[OE_BITS-1:0];
            v    = out_edges[oe*OUT_BITS + O_VC +: VC_BITS];
            if (n_owed != 16'd0 && inject[CREDIT_VC*CNT +: CNT] != '0) begin
                e = '0;    // the lowest in-edge that owes one
                for (n = IN_EDGES - 1; n >= 0; n = n - 1)
                    if (8'(n) < n_in &&
                        returned[32*n +: 32] != (sink ? received[32*n +: 32] : consumed))
                        e = IE_BITS'(n);
                v    = CREDIT_VC;
                flit = {1'b1, v, 2'b11, {(FLIT_BITS-17){1'b0}}, in_edges[e*IN_BITS + I_OUT +: 8], 1'b1,
                        in_edges[e*IN_BITS + I_Y +: 4], in_edges[e*IN_BITS + I_X +: 4]};
                returned[e*32 +: 32] <= returned[e*32 +: 32] + 32'd1;
                n_n_owed = n_n_owed - 16'd1;
            end else if (out_full != 8'd0 && inject[v*CNT +: CNT] != '0 &&
                         (tx_pos != 16'd0 || credits[oe*8 +: 8] != 8'd0)) begin
                head = tx_pos == 16'd0;
                tail = tx_pos == out_edges[oe*OUT_BITS + O_WORDS +: 16];
                if (head) begin
                    spent = 1'b1;
                    flit  = {1'b1, v, 2'b10, {(FLIT_BITS-17){1'b0}}, out_edges[oe*OUT_BITS + O_IN +: 8], 1'b0,
                             out_edges[oe*OUT_BITS + O_Y +: 4], out_edges[oe*OUT_BITS + O_X +: 4]};
                end else
                    flit = {1'b1, v, 1'b0, tail, tx_data};
                if (!tail)
                    tx_pos <= tx_pos + 16'd1;
                else begin
                    tx_pos  <= 16'd0;
                    tx_edge <= tx_edge + 8'd1;
                    if (tx_edge + 8'd1 == n_out) begin    // the output register is free again
                        tx_edge    <= 8'd0;
                        tx_slot    <= (tx_slot == 8'(OUTPUT_SLOTS - 1)) ? 8'd0 : tx_slot + 8'd1;
                        tx_request <= tx_request + 32'd1;
                        n_out_full = n_out_full - 8'd1;
                        n_out_used = n_out_used - 8'd1;
                    end
                end
            end
            to_router <= flit;
            if (flit[LINK_BITS-1]) begin
                n_inject[v*CNT +: CNT] = n_inject[v*CNT +: CNT] - CNT'(1);
                `AUTORAC_RECORD(unit, `AUTORAC_INJECT, v, flit[FLIT_BITS-1:0]);
            end

            // ---- credits: from the router, and end to end ----
            v = router_credit[VC_BITS-1:0];
            if (router_credit[VC_BITS])
                n_inject[v*CNT +: CNT] = n_inject[v*CNT +: CNT] + CNT'(1);
            if (!(got && spent && got_edge == oe)) begin
                if (got) credits[got_edge*8 +: 8] <= credits[got_edge*8 +: 8] + 8'd1;
                if (spent) credits[oe*8 +: 8] <= credits[oe*8 +: 8] - 8'd1;
            end
            inject   <= n_inject;
            n_owed   <= n_n_owed;
            out_used <= n_out_used;
            out_full <= n_out_full;
        end
    end
endmodule
