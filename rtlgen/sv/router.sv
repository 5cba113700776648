// SPDX-License-Identifier: Apache-2.0
// router.sv: one router: input-buffered, virtual channels, credit flow control, dimension-order
// routing, round-robin allocation. Contract: docs/microarchitecture.md, section 4.
//
// Ports are numbered 0 LOCAL, 1 NORTH, 2 EAST, 3 SOUTH, 4 WEST; a router of a concentrated mesh has
// three more local ones, 5 to 7, and x and y count routers. A link is {valid, vc, head, tail, payload},
// a credit wire {valid, vc}; port p uses slice p of each bus. Everything leaving the router is a
// register: `xbar` and then `out_link` for flits, `credit` and then `out_credit` for credits.
//
// (input p, channel v) and (output o, channel u) are both flattened to index PORTS v + port. Arbiters of
// VC allocation take the inputs in the order of their rank, N_VCS p + v.
`include "record.svh"

`define AFTER(port) (((port) == 3'(PORTS - 1)) ? 3'd0 : (port) + 3'd1)
`define IS_LOCAL(port) ((port) == 0 || (port) > 4)

module router #(
    parameter integer FLIT_BITS    = 32,
    parameter integer N_VCS        = 3,
    parameter integer VC_BITS      = 2,
    parameter integer BUFFER_FLITS = 4,
    parameter integer STAGES       = 4,  // 5: a cycle for routing before VC allocation
    parameter integer YX           = 0,  // 1: y is corrected first
    parameter integer CONCENTRATED = 0,  // 1: four local ports, one for each node of a 2x2 block
    parameter integer EJECT_CREDITS = 0, // 1: the local outputs, too, count credits
    parameter [63:0]  VC_MASKS     = 64'h8040201008040201, // [8 v + u]: from channel v, u may be had
    parameter integer LINK_BITS    = FLIT_BITS + VC_BITS + 3,
    parameter integer CREDIT_BITS  = VC_BITS + 1,
    parameter integer PORTS        = (CONCENTRATED != 0) ? 8 : 5
) (
    input  wire                     clk,
    input  wire                     rst,
    input  wire [15:0]              unit  /*verilator public_flat_rd*/,   // at whose node this is counted
    input  wire [4:0]               x  /*verilator public_flat_rd*/,
    input  wire [4:0]               y  /*verilator public_flat_rd*/,
    input  wire [PORTS*LINK_BITS-1:0]   in_link  /*verilator public_flat_rd*/,
    output reg  [PORTS*LINK_BITS-1:0]   out_link,
    input  wire [PORTS*CREDIT_BITS-1:0] in_credit  /*verilator public_flat_rd*/,
    output reg  [PORTS*CREDIT_BITS-1:0] out_credit
);
    /*verilator no_inline_module*/

    localparam integer NQ         = PORTS * N_VCS;            // queues; also output channels
    localparam integer PTR_BITS   = (BUFFER_FLITS > 1) ? $clog2(BUFFER_FLITS) : 1;
    localparam integer COUNT_BITS = $clog2(BUFFER_FLITS + 1);
    localparam integer MEM_BITS   = $clog2(NQ * BUFFER_FLITS);
    localparam integer FLIT       = FLIT_BITS + 2;            // stored: {head, tail, payload}
    localparam integer Q_BITS     = $clog2(NQ);
    localparam integer RANK_BITS  = $clog2(NQ + 1);

    localparam [COUNT_BITS-1:0] FULL_CREDIT = COUNT_BITS'(BUFFER_FLITS);
    localparam [PTR_BITS-1:0]   LAST_PLACE  = PTR_BITS'(BUFFER_FLITS - 1);
    localparam [VC_BITS-1:0]    LAST_VC     = VC_BITS'(N_VCS - 1);

    // Input queues and their state.
    reg [FLIT-1:0]          fifo [0:NQ*BUFFER_FLITS-1];
    reg [NQ*PTR_BITS-1:0]   rd_ptr, wr_ptr;
    reg [NQ*COUNT_BITS-1:0] count;
    reg [NQ-1:0]            routed;      // its head has had its routing cycle (5 stages)
    reg [NQ-1:0]            active;      // ACTIVE(route, out_vc), else IDLE
    reg [NQ*3-1:0]          route;
    reg [NQ*VC_BITS-1:0]    out_vc;
    // Output channels.
    reg [NQ-1:0]            busy;
    reg [NQ*COUNT_BITS-1:0] credits;
    // Round-robin pointers.
    reg [NQ*3-1:0]          va_in_port;  // of an input: the output granted last ...
    reg [NQ*VC_BITS-1:0]    va_in_vc;    // ... and the channel after it
    reg [NQ*RANK_BITS-1:0]  va_out;      // of an output: rank of the input granted last, plus 1
    reg [PORTS*VC_BITS-1:0]     sa_in;
    reg [PORTS*3-1:0]           sa_out;
    // First pipeline register of flits and of credits.
    reg [PORTS*LINK_BITS-1:0]   xbar;
    reg [PORTS*CREDIT_BITS-1:0] credit;

    // One write port an input. (Not in the process below: a memory written in a loop.)
    genvar g;
    generate
        for (g = 0; g < PORTS; g = g + 1) begin : input_port
            wire [LINK_BITS-1:0] link = in_link[g*LINK_BITS +: LINK_BITS];
            wire [Q_BITS-1:0]    into = Q_BITS'(PORTS * link[LINK_BITS-2 -: VC_BITS]) + Q_BITS'(g);
            always @(posedge clk)
                if (link[LINK_BITS-1])
                    fifo[MEM_BITS'(into) * MEM_BITS'(BUFFER_FLITS) +
                         MEM_BITS'(wr_ptr[into*PTR_BITS +: PTR_BITS])] <= link[FLIT-1:0];
        end
    endgenerate

    `AUTORAC_COUNTERS(unit, 1)

    // Decisions look at the registers; what they change is worked out in n_*. Loops and plain
    // variables rather than functions: simulators then share one copy among all routers.
    always_ff @(posedge clk) begin : step
        reg [NQ*COUNT_BITS-1:0] n_count, n_credits;
        reg [NQ-1:0]            n_active, n_busy;
        reg [NQ*3-1:0]          n_route;
        reg [FLIT-1:0]          flit;
        reg [LINK_BITS-1:0]     arrival;
        reg [NQ-1:0]            any, late;   // outputs asked for; by an input at or after va_out
        reg [NQ*3-1:0]          any_port, late_port;
        reg [NQ*VC_BITS-1:0]    any_vc, late_vc;
        reg [4:0]               to_x, to_y;  // router of the destination
        reg [3:0]               win;
        reg [2:0]               o;
        reg [VC_BITS-1:0]       v, u;
        reg [VC_BITS:0]         pick;
        reg [PORTS*PORTS-1:0]   bid;         // [PORTS o + p]: input p nominated for output o
        reg [PORTS*VC_BITS-1:0]     bid_vc;
        reg [Q_BITS-1:0]        q, qo;       // queue, output channel
        reg [3:0]               n_flits, n_links;
        reg [Q_BITS:0]          n_packets;
        integer                 i, j, k;

        if (rst) begin
            rd_ptr     <= '0;
            wr_ptr     <= '0;
            count      <= '0;
            routed     <= '0;
            active     <= '0;
            route      <= '0;
            out_vc     <= '0;
            busy       <= '0;
            credits    <= {NQ{FULL_CREDIT}};
            va_in_port <= '0;
            va_in_vc   <= '0;
            va_out     <= '0;
            sa_in      <= '0;
            sa_out     <= '0;
            xbar       <= '0;
            credit     <= '0;
            out_link   <= '0;
            out_credit <= '0;
        end else begin
            n_count   = count;
            n_credits = credits;
            n_active  = active;
            n_busy    = busy;
            n_route   = route;

            // Pipeline registers move on; grants below fill the first one.
            xbar       <= '0;
            out_link   <= xbar;
            credit     <= '0;
            out_credit <= credit;

            if (|count) begin
                n_packets = '0;
                n_flits   = '0;
                n_links   = '0;

                // ---- VA, input side: an idle queue with a head in front asks for one channel ----
                any       = '0;
                late      = '0;
                any_port  = '0;
                any_vc    = '0;
                late_port = '0;
                late_vc   = '0;
                for (j = 0; j < PORTS; j = j + 1) begin
                    for (i = 0; i < N_VCS; i = i + 1) begin
                        q    = Q_BITS'(PORTS * i + j);
                        flit = '0;
                        if (!active[q] && count[q*COUNT_BITS +: COUNT_BITS] != '0)
                            flit = fifo[MEM_BITS'(q) * MEM_BITS'(BUFFER_FLITS) +
                                        MEM_BITS'(rd_ptr[q*PTR_BITS +: PTR_BITS])];
                        if (flit[FLIT-1]) begin
                            if (STAGES == 5)
                                routed[q] <= 1'b1;
                            to_x = 5'(flit[4:0] >> CONCENTRATED);
                            to_y = 5'(flit[9:5] >> CONCENTRATED);
                            o    = 3'd0;
                            if (CONCENTRATED != 0 && (flit[0] || flit[5]))
                                o = 3'd4 + {1'b0, flit[5], flit[0]};
                            if (YX == 0)        // x first
                                o = (to_x > x) ? 3'd2 : (to_x < x) ? 3'd4 :
                                    (to_y > y) ? 3'd3 : (to_y < y) ? 3'd1 : o;
                            else
                                o = (to_y > y) ? 3'd3 : (to_y < y) ? 3'd1 :
                                    (to_x > x) ? 3'd2 : (to_x < x) ? 3'd4 : o;
                            pick = '0;
                            v    = (va_in_port[q*3 +: 3] == o) ? va_in_vc[q*VC_BITS +: VC_BITS] : '0;
                            for (k = 0; k < N_VCS; k = k + 1) begin
                                qo = Q_BITS'(PORTS * v) + Q_BITS'(o);
                                if (!pick[VC_BITS] && VC_MASKS[6'(8 * i) + 6'(v)] && !busy[qo])
                                    pick = {1'b1, v};
                                v = (v == LAST_VC) ? '0 : v + VC_BITS'(1);
                            end
                            qo = Q_BITS'(PORTS * pick[VC_BITS-1:0]) + Q_BITS'(o);
                            if (pick[VC_BITS] && (STAGES == 4 || routed[q])) begin
                                if (!any[qo]) begin
                                    any[qo]                        = 1'b1;
                                    any_port[qo*3 +: 3]            = 3'(j);
                                    any_vc[qo*VC_BITS +: VC_BITS]  = VC_BITS'(i);
                                end
                                if (!late[qo] &&
                                    RANK_BITS'(N_VCS * j + i) >= va_out[qo*RANK_BITS +: RANK_BITS]) begin
                                    late[qo]                       = 1'b1;
                                    late_port[qo*3 +: 3]           = 3'(j);
                                    late_vc[qo*VC_BITS +: VC_BITS] = VC_BITS'(i);
                                end
                            end
                        end
                    end
                end

                // ---- VA, output side: the first at or after va_out, else the first ----
                for (i = 0; i < N_VCS; i = i + 1) begin
                    for (k = 0; k < PORTS; k = k + 1) begin
                        qo = Q_BITS'(PORTS * i + k);
                        o  = late[qo] ? late_port[qo*3 +: 3] : any_port[qo*3 +: 3];
                        v  = late[qo] ? late_vc[qo*VC_BITS +: VC_BITS] : any_vc[qo*VC_BITS +: VC_BITS];
                        q  = Q_BITS'(PORTS * v) + Q_BITS'(o);
                        if (any[qo]) begin
                            n_packets         = n_packets + 1'b1;
                            n_busy[qo]        = 1'b1;
                            n_active[q]       = 1'b1;
                            n_route[q*3 +: 3] = 3'(k);
                            out_vc[q*VC_BITS +: VC_BITS]      <= VC_BITS'(i);
                            va_in_port[q*3 +: 3]              <= 3'(k);
                            va_in_vc[q*VC_BITS +: VC_BITS]    <=
                                (VC_BITS'(i) == LAST_VC) ? '0 : VC_BITS'(i + 1);
                            va_out[qo*RANK_BITS +: RANK_BITS] <=
                                RANK_BITS'(N_VCS) * RANK_BITS'(o) + RANK_BITS'(v) + RANK_BITS'(1);
                        end
                    end
                end

                // ---- SA, input side: each input port nominates one of its active channels ----
                bid    = '0;
                bid_vc = '0;
                for (j = 0; j < PORTS; j = j + 1) begin
                    pick = '0;
                    v    = sa_in[j*VC_BITS +: VC_BITS];
                    for (i = 0; i < N_VCS; i = i + 1) begin
                        q  = Q_BITS'(PORTS * v) + Q_BITS'(j);
                        o  = route[q*3 +: 3];
                        qo = Q_BITS'(PORTS * out_vc[q*VC_BITS +: VC_BITS]) + Q_BITS'(o);
                        if (!pick[VC_BITS] && active[q] && count[q*COUNT_BITS +: COUNT_BITS] != '0 &&
                            ((`IS_LOCAL(o) && EJECT_CREDITS == 0) || credits[qo*COUNT_BITS +: COUNT_BITS] != '0))
                            pick = {1'b1, v};
                        v = (v == LAST_VC) ? '0 : v + VC_BITS'(1);
                    end
                    if (pick[VC_BITS]) begin
                        q = Q_BITS'(PORTS * pick[VC_BITS-1:0]) + Q_BITS'(j);
                        for (k = 0; k < PORTS; k = k + 1)
                            bid[PORTS*k + j] = route[q*3 +: 3] == 3'(k);
                        bid_vc[j*VC_BITS +: VC_BITS] = pick[VC_BITS-1:0];
                    end
                end

                // ---- SA, output side, and the grant's effects ----
                for (k = 0; k < PORTS; k = k + 1) begin
                    win = 4'd0;
                    o   = sa_out[3*k +: 3];
                    for (j = 0; j < PORTS; j = j + 1) begin
                        if (!win[3] && bid[PORTS*k + 32'(o)]) win = {1'b1, o};
                        o = `AFTER(o);
                    end
                    if (win[3]) begin
                        n_flits = n_flits + 4'd1;
                        if (!`IS_LOCAL(k)) n_links = n_links + 4'd1;
                        v    = bid_vc[win[2:0]*VC_BITS +: VC_BITS];
                        q    = Q_BITS'(PORTS * v) + Q_BITS'(win[2:0]);
                        u    = out_vc[q*VC_BITS +: VC_BITS];
                        qo   = Q_BITS'(PORTS * u) + Q_BITS'(k);
                        flit = fifo[MEM_BITS'(q) * MEM_BITS'(BUFFER_FLITS) +
                                    MEM_BITS'(rd_ptr[q*PTR_BITS +: PTR_BITS])];
                        sa_out[3*k +: 3]                     <= `AFTER(win[2:0]);
                        sa_in[win[2:0]*VC_BITS +: VC_BITS]   <= (v == LAST_VC) ? '0 : v + VC_BITS'(1);
                        rd_ptr[q*PTR_BITS +: PTR_BITS]       <=
                            (rd_ptr[q*PTR_BITS +: PTR_BITS] == LAST_PLACE)
                            ? '0 : rd_ptr[q*PTR_BITS +: PTR_BITS] + PTR_BITS'(1);
                        n_count[q*COUNT_BITS +: COUNT_BITS] =
                            n_count[q*COUNT_BITS +: COUNT_BITS] - COUNT_BITS'(1);
                        if (!`IS_LOCAL(k) || EJECT_CREDITS != 0)
                            n_credits[qo*COUNT_BITS +: COUNT_BITS] =
                                n_credits[qo*COUNT_BITS +: COUNT_BITS] - COUNT_BITS'(1);
                        if (flit[FLIT-2]) begin    // tail: the channel is free again
                            n_active[q] = 1'b0;
                            n_busy[qo]  = 1'b0;
                            routed[q]   <= 1'b0;
                        end
                        xbar[k*LINK_BITS +: LINK_BITS]                 <= {1'b1, u, flit};
                        credit[win[2:0]*CREDIT_BITS +: CREDIT_BITS] <= {1'b1, v};
                    end
                end

                `AUTORAC_COUNT(0, `AUTORAC_ALLOCATIONS, n_packets);
                `AUTORAC_COUNT(0, `AUTORAC_FLITS_ROUTED, n_flits);
                `AUTORAC_COUNT(0, `AUTORAC_FLITS_LINKED, n_links);
            end

            // ---- arrivals: flits from the links, credits from whom we feed ----
            for (j = 0; j < PORTS; j = j + 1) begin
                arrival = in_link[j*LINK_BITS +: LINK_BITS];
                q       = Q_BITS'(PORTS * arrival[LINK_BITS-2 -: VC_BITS]) + Q_BITS'(j);
                if (arrival[LINK_BITS-1]) begin
                    wr_ptr[q*PTR_BITS +: PTR_BITS] <=
                        (wr_ptr[q*PTR_BITS +: PTR_BITS] == LAST_PLACE)
                        ? '0 : wr_ptr[q*PTR_BITS +: PTR_BITS] + PTR_BITS'(1);
                    n_count[q*COUNT_BITS +: COUNT_BITS] =
                        n_count[q*COUNT_BITS +: COUNT_BITS] + COUNT_BITS'(1);
                end
                qo = Q_BITS'(PORTS * in_credit[j*CREDIT_BITS +: VC_BITS]) + Q_BITS'(j);
                if (in_credit[j*CREDIT_BITS + VC_BITS] && (!`IS_LOCAL(j) || EJECT_CREDITS != 0))
                    n_credits[qo*COUNT_BITS +: COUNT_BITS] =
                        n_credits[qo*COUNT_BITS +: COUNT_BITS] + COUNT_BITS'(1);
            end

            count   <= n_count;
            credits <= n_credits;
            active  <= n_active;
            busy    <= n_busy;
            route   <= n_route;
        end
    end
endmodule

`undef IS_LOCAL
`undef AFTER
