// SPDX-License-Identifier: Apache-2.0
// tile_emb.sv: embedding tables in ReRAM banks: rows looked up, those of bags added, hot rows in copies, a row
// cache. Contract: section 7.
//
// Rows are asked for in the order of the operand; each cycle the first one that is still pending is read from
// the cache, or starts a bank, alone or with others of its bag. What arrives goes to the output
// register, or for bags to accumulators, which are requantised at the end.
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
    parameter integer WORDS        = 4,     // of an operand: indices and counts
    parameter integer LOOKUPS      = 4,     // rows asked for at most
    parameter integer FIELDS       = 4,
    parameter integer BAGS         = 1,     // fields with bags, at least 1
    parameter integer ROWS         = 16,    // addresses
    parameter integer DIM          = 8,
    parameter integer CELL_BITS    = 2,
    parameter integer BANKS        = 4,     // power of two
    parameter integer ARRAY_ROWS   = 256,   // power of two
    parameter integer POOL_ROWS    = 1,     // rows read at once at most
    parameter integer HOT_SETS     = 0,     // of the directory, power of two; 0: none
    parameter integer REPLICAS     = 1,     // power of two, at most BANKS
    parameter integer CACHE_SETS   = 0,     // power of two; 0: no cache
    parameter integer CACHE_WAYS   = 1,
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
    // Constants of the shard: plan_emb.
    input  wire [15:0]                   n_lookups  /*verilator public_flat_rd*/,
    input  wire [15:0]                   n_bags  /*verilator public_flat_rd*/,
    input  wire [15:0]                   row_cycles  /*verilator public_flat_rd*/,
    input  wire [15:0]                   pool_cycles  /*verilator public_flat_rd*/,
    input  wire [3:0]                    pool_bits  /*verilator public_flat_rd*/,
    input  wire [31:0]                   cold_base  /*verilator public_flat_rd*/,
    input  wire [31:0]                   hot_stride  /*verilator public_flat_rd*/,
    input  wire [5:0]                    shift  /*verilator public_flat_rd*/,
    input  wire [7:0]                    zero_point  /*verilator public_flat_rd*/,
    input  wire [3:0]                    out_bits  /*verilator public_flat_rd*/,
    input  wire                          pack4  /*verilator public_flat_rd*/
);
    /*verilator no_inline_module*/

    localparam integer EPW       = FLIT_BITS / 4;
    localparam integer SLOT      = FIELDS * DIM + EPW;
    localparam integer ROW_BITS  = (ROWS > 1) ? $clog2(ROWS) : 1;
    localparam integer BANK_BITS = (BANKS > 1) ? $clog2(BANKS) : 1;
    localparam integer WORD_BITS = (WORDS > 1) ? $clog2(WORDS) : 1;
    localparam integer ASK_BITS  = (LOOKUPS > 1) ? $clog2(LOOKUPS) : 1;
    localparam integer BAG_BITS  = (BAGS > 1) ? $clog2(BAGS) : 1;
    localparam integer PORTS     = FLIT_BITS / 32;    // elements of a word
    localparam integer SLICES    = (8 + CELL_BITS - 1) / CELL_BITS;
    localparam integer SUM_BITS  = $clog2(POOL_ROWS * ((1 << CELL_BITS) - 1) + 1);
    localparam integer ACC_BITS  = 24;

    // ---- network interface ----
    wire                 computing, load_valid, done, unused_arrived;
    wire [31:0]          unused_request, unused_tx_request, unused_arrived_data;
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
        .arrived(unused_arrived), .arrived_data(unused_arrived_data)
    );

    // ---- what the operand's elements are ----
    // words: {index 1, first home number of its table 32}; asks, one a row: {bag 1, number within it 8,
    // element with the bag's size 16, element with the index 16, bag 16, field 16}; bags: {field 16, mult 16}
    reg [32:0] words [0:WORDS-1];
    reg [72:0] asks  [0:LOOKUPS-1];
    reg [31:0] bags  [0:BAGS-1];

    // ---- state ----
    reg [(WORDS+1)*32-1:0]        in_reg;     // home numbers and sizes (one more: a wide last word)
    reg [WORDS:0]                 in_hot;     // the row has copies ...
    reg [(WORDS+1)*16-1:0]        in_place;   // ... with this place
    reg [OUTPUT_SLOTS*SLOT*8-1:0] out_reg;
    reg [BAGS*DIM*ACC_BITS-1:0]   acc;
    reg [LOOKUPS-1:0]             taken;      // rows read, or being read
    reg                           requantising;
    reg [15:0]                    bag;        // being requantised
    // Per bank: cycles it is still busy, and what arrives at the end of them.
    reg [BANKS*16-1:0]            busy;
    reg [BANKS*ASK_BITS-1:0]      bank_ask;   // the first of the rows
    reg [BANKS*8-1:0]             bank_rows;
    reg [BANKS*DIM*16-1:0]        bank_values;

    // ---- loading: indices to home numbers, and these through the directory ----
    wire [PORTS*32-1:0] homes;
    wire [PORTS-1:0]    is_hot;
    wire [PORTS*16-1:0] hot_place;

    genvar g;
    generate
        for (g = 0; g < PORTS; g = g + 1) begin : element
            wire [31:0] at   = 32'(load_pos) + g;
            wire [32:0] word = words[WORD_BITS'((at < WORDS) ? at : 32'd0)];
            assign homes[32*g +: 32] = load_word[32*g +: 32] + (word[32] ? word[31:0] : 32'd0);
        end
        if (HOT_SETS > 0) begin : with_hot
            emb_hot #(.SETS(HOT_SETS), .PORTS(PORTS)) u_hot (
                .home(homes), .hot(is_hot), .place(hot_place)
            );
        end else begin : without_hot
            assign is_hot    = '0;
            assign hot_place = '0;
        end
    endgenerate

    // ---- rows asked for: where they are, which are pending, and the first of these ----
    wire [LOOKUPS-1:0]    pending;
    wire [LOOKUPS*32-1:0] ask_home;
    wire [LOOKUPS-1:0]    ask_hot;
    wire [LOOKUPS*16-1:0] ask_place;
    wire [LOOKUPS-1:0]    ask_pools;    // its field has bags
    wire [LOOKUPS*16-1:0] ask_bag;
    wire [LOOKUPS*16-1:0] ask_field;

    generate
        for (g = 0; g < LOOKUPS; g = g + 1) begin : lookup
            wire [72:0] ask    = asks[g];
            wire        in_bag = !ask[72] || 32'(ask[71:64]) < in_reg[32'(ask[63:48])*32 +: 32];
            assign ask_home[32*g +: 32]  = in_reg[32'(ask[47:32])*32 +: 32];
            assign ask_hot[g]            = in_hot[32'(ask[47:32])];
            assign ask_place[16*g +: 16] = in_place[32'(ask[47:32])*16 +: 16];
            assign ask_pools[g]          = ask[72];
            assign ask_bag[16*g +: 16]   = ask[31:16];
            assign ask_field[16*g +: 16] = ask[15:0];
            assign pending[g]            = computing && !requantising && g < 32'(n_lookups) && !taken[g] && in_bag;
        end
    endgenerate

    wire               any = |pending;
    reg [ASK_BITS-1:0] head;

    always @* begin : first_pending
        integer i;
        head = '0;
        for (i = LOOKUPS - 1; i >= 0; i = i - 1)
            if (pending[i]) head = ASK_BITS'(i);
    end

    wire [31:0] head_home = ask_home[32'(head)*32 +: 32];

    // ---- the cache ----
    wire             hit;
    wire [DIM*8-1:0] cached;
    reg              fill;
    reg [31:0]       fill_home;
    reg [DIM*8-1:0]  fill_row;

    generate
        if (CACHE_SETS > 0) begin : with_cache
            emb_cache #(.SETS(CACHE_SETS), .WAYS(CACHE_WAYS), .DIM(DIM)) u_cache (
                .clk(clk), .rst(rst), .home(head_home), .read(any), .hit(hit), .row(cached),
                .fill(fill), .fill_home(fill_home), .fill_row(fill_row)
            );
        end else begin : without_cache
            wire unused = &{1'b0, fill, fill_home, fill_row};
            assign hit    = 1'b0;
            assign cached = '0;
        end
    endgenerate

    // ---- the bank that starts, and the rows it reads ----
    // Address of copy r of a row.
    function automatic [31:0] address(input [31:0] home, input hot, input [15:0] place, input integer r,
                                      input [31:0] cold, input [31:0] stride);
        reg [31:0] k;
        begin
            k       = 32'(place);
            address = hot ? r * stride + (k & ~(BANKS - 1)) + ((k + r * (BANKS / REPLICAS)) & (BANKS - 1))
                          : cold + home;
        end
    endfunction

    wire        head_hot   = ask_hot[head];
    wire [15:0] head_place = ask_place[32'(head)*16 +: 16];
    wire [15:0] head_bag   = ask_bag[32'(head)*16 +: 16];
    reg         found;    // a bank with a copy of the first row is free
    integer     copy;     // that copy ...
    reg [31:0]  first;    // ... and its address

    always @* begin : find_copy
        integer    r;
        reg [31:0] at;
        found = 1'b0;
        copy  = 0;
        first = '0;
        at    = '0;
        for (r = REPLICAS - 1; r >= 0; r = r - 1)
            if (r == 0 || head_hot) begin
                at = address(head_home, head_hot, head_place, r, cold_base, hot_stride);
                if (busy[(at & (BANKS - 1))*16 +: 16] == 16'd0) begin
                    found = 1'b1;
                    copy  = r;
                    first = at;
                end
            end
    end

    wire                        issue = any && !hit && found;
    wire [BANK_BITS-1:0]        bank  = (BANKS > 1) ? BANK_BITS'(first & (BANKS - 1)) : '0;
    wire [LOOKUPS-1:0]          later = pending & (pending - LOOKUPS'(1));    // pending, but for the first
    wire [LOOKUPS-1:0]          joins;                                        // could be read with it
    wire [LOOKUPS*ROW_BITS-1:0] addresses;

    generate
        for (g = 0; g < LOOKUPS; g = g + 1) begin : with_first
            wire [31:0] at = address(ask_home[32*g +: 32], ask_hot[g], ask_place[16*g +: 16], copy, cold_base,
                                     hot_stride);
            assign addresses[g*ROW_BITS +: ROW_BITS] = ROW_BITS'(at);
            assign joins[g] = later[g] && ask_pools[g] && ask_pools[head] &&
                              ask_bag[16*g +: 16] == head_bag && ((at ^ first) & (BANKS - 1)) == 32'd0 &&
                              at / (BANKS * ARRAY_ROWS) == first / (BANKS * ARRAY_ROWS);
        end
    endgenerate

    reg [LOOKUPS-1:0] chosen;
    reg [7:0]         n_chosen;

    always @* begin : choose
        integer           i;
        reg [LOOKUPS-1:0] rows;
        reg [7:0]         n_rows;
        rows   = '0;
        n_rows = '0;
        for (i = 0; i < LOOKUPS; i = i + 1)
            if (issue && (i == 32'(head) || (joins[i] && 32'(n_rows) < POOL_ROWS))) begin
                rows[i] = 1'b1;
                n_rows  = n_rows + 8'd1;
            end
        chosen   = rows;
        n_chosen = n_rows;
    end

    wire [DIM*SLICES*SUM_BITS-1:0] sums;
    wire [DIM*16-1:0]              values;
    wire [15:0]                    cycles = (n_chosen > 8'd1) ? pool_cycles : row_cycles;

    emb_banks #(
        .LOOKUPS(LOOKUPS), .ROWS(ROWS), .DIM(DIM), .CELL_BITS(CELL_BITS), .SLICES(SLICES), .SUM_BITS(SUM_BITS)
    ) u_banks (
        .chosen(chosen), .address(addresses), .sums(sums)
    );
    emb_sense #(
        .DIM(DIM), .CELL_BITS(CELL_BITS), .SLICES(SLICES), .SUM_BITS(SUM_BITS)
    ) u_sense (
        .several(n_chosen > 8'd1), .pool_bits(pool_bits), .sums(sums), .values(values)
    );

    // ---- what arrives: from every bank whose last busy cycle this is; last, at once or from the cache ----
    reg  [BANKS:0]                arrives;
    reg                           flying;    // some bank is busy after this cycle
    wire [(BANKS+1)*ASK_BITS-1:0] arrives_ask  = {head, bank_ask};
    wire [(BANKS+1)*8-1:0]        arrives_rows = {(any && hit) ? 8'd1 : n_chosen, bank_rows};
    wire [DIM*16-1:0]             at_once;
    wire [(BANKS+1)*DIM*16-1:0]   arrives_values = {at_once, bank_values};

    always @* begin : arrivals
        integer           b, c;
        reg               ends, is_flying, is_fill;
        reg [BANKS:0]     now;
        reg [31:0]        now_home;
        reg [DIM*8-1:0]   now_row;
        b         = 0;
        c         = 0;
        ends      = 1'b0;
        is_flying = issue && cycles != 16'd1;
        is_fill   = 1'b0;
        now       = '0;
        now_home  = head_home;
        now_row   = '0;
        for (b = 0; b < BANKS; b = b + 1) begin
            ends = busy[b*16 +: 16] == 16'd1;
            now[b] = ends;
            if (busy[b*16 +: 16] > 16'd1) is_flying = 1'b1;
            if (ends && bank_rows[b*8 +: 8] == 8'd1) begin
                is_fill  = 1'b1;
                now_home = ask_home[32'(bank_ask[b*ASK_BITS +: ASK_BITS])*32 +: 32];
                for (c = 0; c < DIM; c = c + 1) now_row[c*8 +: 8] = bank_values[(b*DIM + c)*16 +: 8];
            end
        end
        now[BANKS] = (issue && cycles == 16'd1) || (any && hit);
        if (issue && cycles == 16'd1 && n_chosen == 8'd1) begin
            is_fill = 1'b1;
            for (c = 0; c < DIM; c = c + 1) now_row[c*8 +: 8] = values[c*16 +: 8];
        end
        arrives   = now;
        flying    = is_flying;
        fill      = is_fill;
        fill_home = now_home;
        fill_row  = now_row;
    end

    generate
        for (g = 0; g < DIM; g = g + 1) begin : value
            assign at_once[g*16 +: 16] = (any && hit) ? 16'(cached[g*8 +: 8]) : values[g*16 +: 16];
        end
    endgenerate

    // ---- bags: sums without zero points, and their requantisation ----
    wire [LOOKUPS-1:0] now_taken = chosen | ((any && hit) ? LOOKUPS'(1) << head : LOOKUPS'(0));
    wire               all_there = computing && !requantising && (pending & ~now_taken) == '0 && !flying;
    wire [BAG_BITS-1:0] bag_at   = BAG_BITS'(bag);
    wire [31:0]        scale     = bags[bag_at];
    wire [DIM*8-1:0]   results;

    assign done = (all_there && n_bags == 16'd0) || (requantising && bag + 16'd1 == n_bags);

    generate
        for (g = 0; g < DIM; g = g + 1) begin : lane
            wire [ACC_BITS-1:0] sum = acc[(32'(bag_at)*DIM + g)*ACC_BITS +: ACC_BITS];
            requant u_requant (
                .acc({{(32-ACC_BITS){sum[ACC_BITS-1]}}, sum}), .mult(scale[15:0]), .shift(shift),
                .zero_point(zero_point), .bits(out_bits), .code(results[8*g +: 8])
            );
        end
    endgenerate

    always_ff @(posedge clk) begin : step
        integer                     b, c, e;
        reg [BAGS*DIM*ACC_BITS-1:0] sum;
        reg [ASK_BITS-1:0]          ask;
        reg [BAG_BITS-1:0]          to;

        if (load_valid && !rst)
            for (e = 0; e < PORTS; e = e + 1)
                if (32'(load_pos) + e <= WORDS) begin
                    in_reg[(32'(load_pos) + e)*32 +: 32]   <= homes[32*e +: 32];
                    in_hot[32'(load_pos) + e]              <= is_hot[e];
                    in_place[(32'(load_pos) + e)*16 +: 16] <= hot_place[16*e +: 16];
                end

        if (rst) begin
            out_reg      <= '0;
            acc          <= '0;
            taken        <= '0;
            requantising <= 1'b0;
            bag          <= '0;
            busy         <= '0;
        end else begin    // nothing is pending or busy but while computing
            for (b = 0; b < BANKS; b = b + 1)
                if (busy[b*16 +: 16] != 16'd0) busy[b*16 +: 16] <= busy[b*16 +: 16] - 16'd1;
            if (issue) begin
                busy[bank*16 +: 16]                          <= cycles - 16'd1;
                bank_ask[32'(bank)*ASK_BITS +: ASK_BITS]     <= head;
                bank_rows[32'(bank)*8 +: 8]                  <= n_chosen;
                bank_values[32'(bank)*DIM*16 +: DIM*16]      <= values;
            end
            taken <= taken | now_taken;
            sum = acc;
            for (b = 0; b <= BANKS; b = b + 1)
                if (arrives[b]) begin
                    ask = arrives_ask[b*ASK_BITS +: ASK_BITS];
                    to  = ask_bag[32'(ask)*16 +: BAG_BITS];
                    for (c = 0; c < DIM; c = c + 1)
                        if (ask_pools[ask])
                            sum[(32'(to)*DIM + c)*ACC_BITS +: ACC_BITS] =
                                sum[(32'(to)*DIM + c)*ACC_BITS +: ACC_BITS] +
                                ACC_BITS'(arrives_values[(b*DIM + c)*16 +: 16]) -
                                ACC_BITS'(arrives_rows[b*8 +: 8]) * ACC_BITS'(zero_point);
                        else
                            out_reg[(32'(fill_slot)*SLOT + 32'(ask_field[32'(ask)*16 +: 16])*DIM + c)*8 +: 8] <=
                                arrives_values[(b*DIM + c)*16 +: 8];
                end
            if (all_there && n_bags != 16'd0) requantising <= 1'b1;
            if (requantising) begin
                out_reg[(32'(fill_slot)*SLOT + 32'(scale[31:16])*DIM)*8 +: DIM*8] <= results;
                bag <= bag + 16'd1;
            end
            if (done) begin
                sum          = '0;
                taken        <= '0;
                bag          <= '0;
                requantising <= 1'b0;
            end
            acc <= sum;
        end
    end

    // ---- counts: rows that are issued, what arrives, bags that are requantised ----
    `AUTORAC_COUNTERS(unit, 1)
`ifndef SYNTHESIS
    always @(posedge clk) begin : count
        integer            b, sums_added, rows_written, columns;
        reg [ASK_BITS-1:0] ask;
        if (!rst && computing) begin
            sums_added   = 0;
            rows_written = 32'(requantising);
            columns      = DIM * ((32'(out_bits) + CELL_BITS - 1) / CELL_BITS);    // of a row
            for (b = 0; b <= BANKS; b = b + 1)
                if (arrives[b]) begin
                    ask = arrives_ask[b*ASK_BITS +: ASK_BITS];
                    if (ask_pools[ask]) sums_added = sums_added + 1;
                    else rows_written = rows_written + 1;
                end
            if (issue) begin
                `AUTORAC_COUNT(0, `AUTORAC_ACTIVATIONS, 1);
                `AUTORAC_COUNT(0, `AUTORAC_ROW_READS, n_chosen);
                if (n_chosen == 8'd1) `AUTORAC_COUNT(0, `AUTORAC_EMB_CELLS, columns);
                else `AUTORAC_COUNT(0, `AUTORAC_POOL_CONVERSIONS, columns);
                if (head_hot) `AUTORAC_COUNT(0, `AUTORAC_HOT_READS, 1);
                if (copy != 0) `AUTORAC_COUNT(0, `AUTORAC_COPY_READS, 1);
            end
            if (any && hit) `AUTORAC_COUNT(0, `AUTORAC_CACHE_HITS, 1);
            if (any) `AUTORAC_COUNT(0, `AUTORAC_LOOKUPS, $countones(now_taken));
            if (fill && CACHE_SETS > 0) `AUTORAC_COUNT(0, `AUTORAC_CACHE_FILLS, 1);
            `AUTORAC_COUNT(0, `AUTORAC_EMB_ADDS, sums_added * DIM);
            `AUTORAC_COUNT(0, `AUTORAC_OUTPUT_WRITES, rows_written * DIM);
            if (requantising) `AUTORAC_COUNT(0, `AUTORAC_REQUANTS, DIM);
        end
    end
`endif

    // ---- word being transmitted ----
    wire [31:0] first_element = 32'(tx_slot) * SLOT + 32'(tx_word) * (pack4 ? FLIT_BITS / 4 : FLIT_BITS / 8);

    out_word #(.FLIT_BITS(FLIT_BITS)) u_out_word (
        .pack4(pack4), .elements(out_reg[first_element*8 +: EPW*8]), .word(tx_data)
    );
endmodule
