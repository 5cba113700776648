// SPDX-License-Identifier: Apache-2.0
// ni.sv: network interface and sequencer of a tile, the same for every kind. Contract:
// docs/microarchitecture.md, section 5.
//
// Receive: operand rings in one buffer, end-to-end credits. Sequence: idle, loading, computing. Transmit:
// credit flits first, then packets of full output registers. What the tile adds is the
// engine behind `computing`/`done`, the input register that takes what is loaded, and the output registers.
// Behind one interface there may be several units, its contexts, that take turns in the engine and at
// the network; each has its own requests and output registers.
//
// The constants of the tile arrive as ports, so that all tiles of a chip are one module. Tables
// have one entry an edge or a context, number 0 in the least significant bits:
//   in_edges   {src_y 5, src_x 5, src_out 10, base_word 24, n_words 16, ring_words 24, n_elements 20, pack 2,
//               context 4, mask 3, phase 3}
//              pack: 0, 1, 2 for elements of 4, 8, 32 bits; ring_words = n_words x n_slots
//   out_edges  {dst_y 5, dst_x 5, dst_in 10, n_words 16, n_slots 8, vc 4, first_word 16,
//               context 4, mask 3, phase 3}
//   contexts   {absent 1, log2 of its replicas 2, replica 3}
// An edge is due for request q of its context if (q & mask) == phase. Unused entries are all ones. A table has one bit
// more in front, a 1: Verilator 5.006 sets a long constant that begins with zeros wrongly.
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
    parameter integer CONTEXTS     = 1,
    parameter integer CTX_BITS     = 4,     // of a context's number
    parameter integer IN_BITS      = 116,   // of an entry of in_edges
    parameter integer OUT_BITS     = 74,    // of an entry of out_edges
    parameter integer ENTRY_BITS    = 6,     // of an entry of contexts
    parameter integer LINK_BITS    = FLIT_BITS + VC_BITS + 3,
    parameter integer CREDIT_BITS  = VC_BITS + 1
) (
    input  wire                          clk,
    input  wire                          rst,
    // Constants of the unit.
    input  wire [15:0]                   unit,
    input  wire [IN_EDGES*IN_BITS:0]     in_edges,
    input  wire [OUT_EDGES*OUT_BITS:0]   out_edges,
    input  wire [CONTEXTS*ENTRY_BITS:0]  contexts,
    input  wire                          sink,   // operands are consumed on arrival (I/O)
    // Router: {valid, vc, head, tail, payload} and {valid, vc}.
    input  wire [LINK_BITS-1:0]          from_router,
    output reg  [LINK_BITS-1:0]          to_router,
    input  wire [CREDIT_BITS-1:0]        router_credit,
    // Engine.
    input  wire                          may_start,  // besides operands and room for the result
    output wire                          computing,
    input  wire                          done,       // last cycle of computing
    output reg  [CTX_BITS-1:0]           running,   // in the engine, from its start on
    output wire [31:0]                   request,    // started so far by context 0
    // Loading: one word of elements a cycle.
    output wire                          load_valid,
    output reg  [19:0]                   load_pos,   // of the word's first element in the input register
    output wire [FLIT_BITS-1:0]          load_word,
    output reg  [FLIT_BITS/4*8-1:0]      load_elements, // the same, as elements of 8 bits
    // Output registers.
    output wire [7:0]                    fill_slot,  // being filled by the engine's context
    output reg  [CTX_BITS-1:0]           tx_context, // whose packet is under way
    output wire [7:0]                    tx_slot,    // its register being transmitted
    output wire [31:0]                   tx_request, // transmitted by it so far
    output wire [15:0]                   tx_word,    // of the register
    input  wire [FLIT_BITS-1:0]          tx_data,
    // An operand is complete with this edge (used by the I/O tile).
    output wire                          arrived,
    output wire [31:0]                   arrived_data    // its last word, low half
);
    /*verilator inline_module*/

    localparam integer ADDR_BITS = (BUFFER_WORDS > 1) ? $clog2(BUFFER_WORDS) : 1;
    localparam integer CNT       = $clog2(BUFFER_FLITS + 1);
    localparam integer IE_BITS   = (IN_EDGES > 1) ? $clog2(IN_EDGES) : 1;
    localparam integer OE_BITS   = (OUT_EDGES > 1) ? $clog2(OUT_EDGES) : 1;
    localparam [VC_BITS-1:0] CREDIT_VC = VC_BITS'(N_VCS - 1);

    // Positions of the fields in a table entry.
    localparam integer I_PHASE = 0, I_MASK = 3, I_CONTEXT = 6, I_PACK = 10, I_ELEMENTS = 12, I_RING = 32, I_WORDS = 56,
                       I_BASE = 72, I_OUT = 96, I_X = 106, I_Y = 111;
    localparam integer O_PHASE = 0, O_MASK = 3, O_CONTEXT = 6, O_FIRST = 10, O_VC = 26, O_SLOTS = 30, O_WORDS = 38,
                       O_IN = 54, O_X = 64, O_Y = 69;

    localparam [15:0] UNUSED = '1;    // as n_words of an edge

    wire unused_front = &{1'b0, in_edges[IN_EDGES*IN_BITS], out_edges[OUT_EDGES*OUT_BITS], contexts[CONTEXTS*ENTRY_BITS]};

    localparam [1:0] IDLE = 2'd0, LOADING = 2'd1, COMPUTING = 2'd2;

    // ---- state ----
    reg [FLIT_BITS-1:0]   buffer [0:BUFFER_WORDS-1];   // operand buffer: all rings
    // Receive: per channel the operand being received, per in-edge its ring.
    reg [N_VCS*IE_BITS-1:0] rx_edge;
    reg [N_VCS*ADDR_BITS-1:0] rx_word;    // of the operand, all of which the buffer holds
    reg [IN_EDGES*32-1:0]   received;     // operands, ever
    reg [IN_EDGES*24-1:0]   write_offset; // of the slot being written, in its ring
    // Sequence. Operands of edge i waiting = received[i] - consumed[i].
    reg [1:0]               state;
    reg [CONTEXTS*32-1:0]   started;      // requests, per context
    reg [CTX_BITS-1:0]      next_start;   // first context to be asked
    reg [IN_EDGES*32-1:0]   consumed;
    reg [IN_EDGES*24-1:0]   read_offset;
    reg [IE_BITS-1:0]       load_edge;
    reg [15:0]              load_index;   // word within the slot
    // Credits to give back: edge i owes consumed[i] (sink: received[i]) - returned[i]; n_owed is their sum.
    reg [IN_EDGES*32-1:0]   returned;
    reg [15:0]              n_owed;
    // Credits we hold.
    reg [OUT_EDGES*8-1:0]   credits;      // end to end, per out-edge
    reg [N_VCS*CNT-1:0]     inject;       // places in the router's local input, per channel
    // Output registers, per context: used from start to last tail, full from finish to last tail.
    reg [CONTEXTS*8-1:0]    out_used, out_full, fill, sending;
    // Transmit, per context: requests whose packets have left, next out-edge, which is due.
    reg [CONTEXTS*32-1:0]   sent;
    reg [CONTEXTS*16-1:0]   tx_edge;
    reg [CTX_BITS-1:0]      next_tx;      // first context to be asked
    reg [15:0]              tx_pos;       // 0: no packet is under way, else its next payload word is tx_pos - 1

    wire                  rx_valid   = from_router[LINK_BITS-1];
    wire [VC_BITS-1:0]    rx_vc      = from_router[LINK_BITS-2 -: VC_BITS];
    wire                  rx_head    = from_router[FLIT_BITS+1];
    wire                  rx_tail    = from_router[FLIT_BITS];
    wire [FLIT_BITS-1:0]  rx_payload = from_router[FLIT_BITS-1:0];

    assign arrived        = rx_valid && !rx_head && rx_tail;
    assign arrived_data   = rx_payload[31:0];

    assign computing  = state == COMPUTING;
    assign load_valid = state == LOADING;
    assign request    = started[31:0];
    assign fill_slot  = fill[running*8 +: 8];
    assign tx_slot    = sending[tx_context*8 +: 8];
    assign tx_request = sent[tx_context*32 +: 32];

    wire [OE_BITS-1:0] under_way = tx_edge[tx_context*16 +: OE_BITS];
    assign tx_word = tx_pos - 16'd1 + out_edges[under_way*OUT_BITS + O_FIRST +: 16];

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
        reg [CONTEXTS*8-1:0]  n_out_used, n_out_full;
        reg                   got, spent;       // end-to-end credit arrived, taken
        reg [OE_BITS-1:0]     got_edge, oe, next_oe, first_oe;
        reg [IE_BITS-1:0]     e, next_e;
        reg [23:0]            next_offset;
        reg [VC_BITS-1:0]     v;
        reg [LINK_BITS-1:0]   flit;
        reg [19:0]            left;
        reg                   found, tail, send;
        reg [2**CTX_BITS-1:0] ready;
        reg [CTX_BITS-1:0]    c;
        reg [31:0]            q;
        integer               n;

        if (rst) begin
            rx_edge      <= '0;
            rx_word      <= '0;
            received     <= '0;
            write_offset <= '0;
            state        <= IDLE;
            started      <= '0;
            next_start   <= '0;
            running     <= '0;
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
            fill         <= '0;
            sending      <= '0;
            sent         <= '0;
            tx_context   <= '0;
            next_tx      <= '0;
            tx_pos       <= '0;
            to_router    <= '0;
            for (n = 0; n < OUT_EDGES; n = n + 1)    // the slots of each consumer's ring
                credits[8*n +: 8] <= out_edges[n*OUT_BITS + O_SLOTS +: 8];
            for (n = OUT_EDGES - 1; n >= 0; n = n - 1)    // the first due for request 0
                if (out_edges[n*OUT_BITS + O_WORDS +: 16] != UNUSED && out_edges[n*OUT_BITS + O_PHASE +: 3] == 3'd0)
                    tx_edge[CTX_BITS'(out_edges[n*OUT_BITS + O_CONTEXT +: 4])*16 +: 16] <= 16'(n);
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
                if (rx_head && rx_payload[10]) begin
                    got      = 1'b1;
                    got_edge = rx_payload[11 +: OE_BITS];
                    `AUTORAC_RECORD(unit, `AUTORAC_CREDIT, rx_payload[20:11], 0);
                end else if (rx_head) begin
                    rx_edge[rx_vc*IE_BITS +: IE_BITS] <= rx_payload[11 +: IE_BITS];
                    rx_word[rx_vc*ADDR_BITS +: ADDR_BITS] <= '0;
                end else begin
                    e     = rx_edge[rx_vc*IE_BITS +: IE_BITS];
                    buffer[ADDR_BITS'(in_edges[e*IN_BITS + I_BASE +: 24] + write_offset[e*24 +: 24] +
                                      24'(rx_word[rx_vc*ADDR_BITS +: ADDR_BITS]))] <= rx_payload;
                    rx_word[rx_vc*ADDR_BITS +: ADDR_BITS] <= rx_word[rx_vc*ADDR_BITS +: ADDR_BITS] + ADDR_BITS'(1);
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
                    ready = '0;
                    for (n = 0; n < CONTEXTS; n = n + 1)
                        ready[n] = may_start && !contexts[n*ENTRY_BITS + 5] && out_used[8*n +: 8] < 8'(OUTPUT_SLOTS);
                    if (!sink)    // every due in-edge has a complete operand
                        for (n = 0; n < IN_EDGES; n = n + 1) begin
                            c = CTX_BITS'(in_edges[n*IN_BITS + I_CONTEXT +: 4]);
                            if (in_edges[n*IN_BITS + I_WORDS +: 16] != UNUSED &&
                                (started[c*32 +: 3] & in_edges[n*IN_BITS + I_MASK +: 3]) ==
                                    in_edges[n*IN_BITS + I_PHASE +: 3] &&
                                received[32*n +: 32] == consumed[32*n +: 32])
                                ready[c] = 1'b0;
                        end
                    c = next_start;    // the first ready one from next_start on
                    for (n = 1; n < CONTEXTS; n = n + 1)
                        if (!ready[c]) c = (c == CTX_BITS'(CONTEXTS - 1)) ? '0 : c + CTX_BITS'(1);
                    if (ready[c]) begin
                        q = started[c*32 +: 32];
                        next_e = '0;
                        for (n = IN_EDGES - 1; n >= 0; n = n - 1)
                            if (CTX_BITS'(in_edges[n*IN_BITS + I_CONTEXT +: 4]) == c &&
                                in_edges[n*IN_BITS + I_WORDS +: 16] != UNUSED &&
                                (q[2:0] & in_edges[n*IN_BITS + I_MASK +: 3]) == in_edges[n*IN_BITS + I_PHASE +: 3])
                                next_e = IE_BITS'(n);
                        state      <= sink ? COMPUTING : LOADING;
                        running   <= c;
                        next_start <= (c == CTX_BITS'(CONTEXTS - 1)) ? '0 : c + CTX_BITS'(1);
                        started[c*32 +: 32]   <= q + 32'd1;
                        n_out_used[c*8 +: 8]  = n_out_used[c*8 +: 8] + 8'd1;
                        load_edge  <= next_e;
                        load_index <= '0;
                        load_pos   <= '0;
                        `AUTORAC_RECORD(unit, `AUTORAC_START, (q << contexts[c*ENTRY_BITS + 3 +: 2]) |
                                        32'(contexts[c*ENTRY_BITS +: 3]), c);
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
                        q      = started[running*32 +: 32] - 32'd1;
                        found  = 1'b0;    // the next due in-edge
                        next_e = load_edge;
                        for (n = IN_EDGES - 1; n >= 0; n = n - 1)
                            if (IE_BITS'(n) > load_edge && in_edges[n*IN_BITS + I_WORDS +: 16] != UNUSED &&
                                CTX_BITS'(in_edges[n*IN_BITS + I_CONTEXT +: 4]) == running &&
                                (q[2:0] & in_edges[n*IN_BITS + I_MASK +: 3]) ==
                                    in_edges[n*IN_BITS + I_PHASE +: 3]) begin
                                next_e = IE_BITS'(n);
                                found  = 1'b1;
                            end
                        load_edge <= next_e;
                        if (!found) begin    // all slots read: give them back
                            state <= COMPUTING;
                            for (n = 0; n < IN_EDGES; n = n + 1)
                                if (in_edges[n*IN_BITS + I_WORDS +: 16] != UNUSED &&
                                    CTX_BITS'(in_edges[n*IN_BITS + I_CONTEXT +: 4]) == running &&
                                    (q[2:0] & in_edges[n*IN_BITS + I_MASK +: 3]) ==
                                        in_edges[n*IN_BITS + I_PHASE +: 3]) begin
                                    consumed[32*n +: 32] <= consumed[32*n +: 32] + 32'd1;
                                    n_n_owed = n_n_owed + 16'd1;
                                end
                        end
                    end else
                        load_index <= load_index + 16'd1;
                end
                default: if (done) begin
                    state      <= IDLE;
                    q          = started[running*32 +: 32] - 32'd1;
                    n_out_full[running*8 +: 8] = n_out_full[running*8 +: 8] + 8'd1;
                    fill[running*8 +: 8] <= (fill_slot == 8'(OUTPUT_SLOTS - 1)) ? 8'd0 : fill_slot + 8'd1;
                    `AUTORAC_RECORD(unit, `AUTORAC_FINISH, (q << contexts[running*ENTRY_BITS + 3 +: 2]) |
                                    32'(contexts[running*ENTRY_BITS +: 3]), running);
                end
            endcase

            // ---- transmit: at most one flit ----
            flit = '0;
            send = tx_pos != 16'd0;    // the packet under way
            c    = send ? tx_context : next_tx;
            oe   = tx_edge[c*16 +: OE_BITS];
            v    = out_edges[oe*OUT_BITS + O_VC +: VC_BITS];
            if (n_owed != 16'd0 && inject[CREDIT_VC*CNT +: CNT] != '0) begin
                e = '0;    // the lowest in-edge that owes one
                for (n = IN_EDGES - 1; n >= 0; n = n - 1)
                    if (returned[32*n +: 32] != (sink ? received[32*n +: 32] : consumed[32*n +: 32]))
                        e = IE_BITS'(n);
                v    = CREDIT_VC;
                flit = {1'b1, v, 2'b11, {(FLIT_BITS-21){1'b0}}, in_edges[e*IN_BITS + I_OUT +: 10], 1'b1,
                        in_edges[e*IN_BITS + I_Y +: 5], in_edges[e*IN_BITS + I_X +: 5]};
                returned[e*32 +: 32] <= returned[e*32 +: 32] + 32'd1;
                n_n_owed = n_n_owed - 16'd1;
            end else if (send) begin
                tail = tx_pos == out_edges[oe*OUT_BITS + O_WORDS +: 16];
                if (inject[v*CNT +: CNT] != '0) begin
                    flit   = {1'b1, v, 1'b0, tail, tx_data};
                    tx_pos <= tail ? 16'd0 : tx_pos + 16'd1;
                    if (tail) begin
                        q        = sent[c*32 +: 32];
                        found    = 1'b0;    // the next due out-edge of this request
                        next_oe  = oe;
                        first_oe = oe;      // the first of the next one
                        for (n = OUT_EDGES - 1; n >= 0; n = n - 1)
                            if (CTX_BITS'(out_edges[n*OUT_BITS + O_CONTEXT +: 4]) == c &&
                                out_edges[n*OUT_BITS + O_WORDS +: 16] != UNUSED) begin
                                if (OE_BITS'(n) > oe && (q[2:0] & out_edges[n*OUT_BITS + O_MASK +: 3]) ==
                                                            out_edges[n*OUT_BITS + O_PHASE +: 3]) begin
                                    next_oe = OE_BITS'(n);
                                    found   = 1'b1;
                                end
                                if (((q[2:0] + 3'd1) & out_edges[n*OUT_BITS + O_MASK +: 3]) ==
                                    out_edges[n*OUT_BITS + O_PHASE +: 3])
                                    first_oe = OE_BITS'(n);
                            end
                        tx_edge[c*16 +: 16] <= found ? 16'(next_oe) : 16'(first_oe);
                        if (!found) begin    // the output register is free again
                            sending[c*8 +: 8]    <= (tx_slot == 8'(OUTPUT_SLOTS - 1)) ? 8'd0 : tx_slot + 8'd1;
                            sent[c*32 +: 32]     <= q + 32'd1;
                            n_out_full[c*8 +: 8] = n_out_full[c*8 +: 8] - 8'd1;
                            n_out_used[c*8 +: 8] = n_out_used[c*8 +: 8] - 8'd1;
                        end
                    end
                end
            end else begin    // the first context from next_tx on that may begin a packet
                for (n = 0; n < CONTEXTS; n = n + 1)
                    if (!send) begin
                        if (n != 0) c = (c == CTX_BITS'(CONTEXTS - 1)) ? '0 : c + CTX_BITS'(1);
                        oe   = tx_edge[c*16 +: OE_BITS];
                        v    = out_edges[oe*OUT_BITS + O_VC +: VC_BITS];
                        send = out_full[c*8 +: 8] != 8'd0 && credits[oe*8 +: 8] != 8'd0 &&
                               inject[v*CNT +: CNT] != '0;
                    end
                if (send) begin
                    spent      = 1'b1;
                    tx_pos     <= 16'd1;
                    tx_context <= c;
                    next_tx    <= (c == CTX_BITS'(CONTEXTS - 1)) ? '0 : c + CTX_BITS'(1);
                    flit       = {1'b1, v, 2'b10, {(FLIT_BITS-21){1'b0}}, out_edges[oe*OUT_BITS + O_IN +: 10], 1'b0,
                                  out_edges[oe*OUT_BITS + O_Y +: 5], out_edges[oe*OUT_BITS + O_X +: 5]};
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

    // ---- counts, by context: what is in the link registers, and the word being loaded ----
    `AUTORAC_COUNTERS(unit, CONTEXTS)
`ifndef SYNTHESIS
    always @(posedge clk) begin : count
        reg [CTX_BITS-1:0] c;
        if (!rst && rx_valid && !rx_head) begin
            c = CTX_BITS'(in_edges[rx_edge[rx_vc*IE_BITS +: IE_BITS]*IN_BITS + I_CONTEXT +: 4]);
            `AUTORAC_COUNT(c, `AUTORAC_BUFFER_WRITES, 1);
        end
        if (!rst && load_valid) `AUTORAC_COUNT(running, `AUTORAC_BUFFER_READS, 1);
        if (!rst && to_router[LINK_BITS-1] && !to_router[FLIT_BITS+1])
            `AUTORAC_COUNT(tx_context, `AUTORAC_OUTPUT_READS, 1);
    end
`endif
endmodule
