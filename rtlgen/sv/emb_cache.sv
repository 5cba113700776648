// SPDX-License-Identifier: Apache-2.0
// emb_cache.sv: row cache of an embedding tile, set-associative, the way used longest ago replaced. Contract:
// section 7, "Cache".
//
// In one cycle one row can be asked for and another, come from its bank, be put in. That one is not there yet: a
// request asks for a row once. Ways are ordered by use: 0 is the latest. A set nobody has used yet is empty and in
// the order of its ways.
module emb_cache #(
    parameter integer SETS = 4,    // power of two
    parameter integer WAYS = 2,
    parameter integer DIM  = 8
) (
    input  wire             clk,
    input  wire             rst,
    input  wire [31:0]      home,       // asked for
    input  wire             read,       // and, if there, read: its way is now the latest
    output wire             hit,
    output reg  [DIM*8-1:0] row,
    input  wire             fill,
    input  wire [31:0]      fill_home,
    input  wire [DIM*8-1:0] fill_row
);
    localparam integer SET_BITS = (SETS > 1) ? $clog2(SETS) : 1;
    localparam integer ROW_BITS = (SETS * WAYS > 1) ? $clog2(SETS * WAYS) : 1;
    localparam integer WAY_BITS = (WAYS > 1) ? $clog2(WAYS) : 1;

    reg [DIM*8-1:0]         rows  [0:SETS*WAYS-1];
    reg [WAYS*32-1:0]       tags  [0:SETS-1];
    reg [WAYS*WAY_BITS-1:0] order [0:SETS-1];
    reg [SETS*WAYS-1:0]     valid;

    wire [SET_BITS-1:0]      set       = SET_BITS'(home & (SETS - 1));
    wire [SET_BITS-1:0]      fill_set  = SET_BITS'(fill_home & (SETS - 1));
    wire [WAYS*32-1:0]       tag       = tags[set];
    wire [WAYS*32-1:0]       fill_tag  = tags[fill_set];
    wire [WAYS-1:0]          is_valid  = valid[32'(set)*WAYS +: WAYS];
    wire                     fill_used = valid[ROW_BITS'(32'(fill_set)*WAYS + WAYS - 1)];
    wire [WAYS*WAY_BITS-1:0] old       = order[set];
    wire [WAYS*WAY_BITS-1:0] fill_old  = order[fill_set];

    reg [WAYS-1:0]          at;            // the way that has the row: one bit
    reg [WAYS*WAY_BITS-1:0] initial_order, now, after, fill_now;
    reg [WAYS-1:0]          oldest;        // that is filled: one bit
    reg [WAYS*32-1:0]       new_tag;
    reg [ROW_BITS-1:0]      place;    // that is filled, of all of them

    assign hit = |at;

    // Way `used` becomes the latest; those that were later than it are one older.
    function automatic [WAYS*WAY_BITS-1:0] use_way(input [WAYS*WAY_BITS-1:0] from, input [WAYS-1:0] used);
        integer              w;
        reg [WAY_BITS-1:0]   was;
        begin
            was = '0;
            for (w = 0; w < WAYS; w = w + 1)
                if (used[w]) was = from[w*WAY_BITS +: WAY_BITS];
            use_way = from;
            for (w = 0; w < WAYS; w = w + 1)
                if (used[w]) use_way[w*WAY_BITS +: WAY_BITS] = '0;
                else if (from[w*WAY_BITS +: WAY_BITS] < was)
                    use_way[w*WAY_BITS +: WAY_BITS] = from[w*WAY_BITS +: WAY_BITS] + WAY_BITS'(1);
        end
    endfunction

    always @* begin : compare
        integer w;
        w   = 0;
        at  = '0;
        row = '0;
        for (w = 0; w < WAYS; w = w + 1) begin
            at[w] = is_valid[w] && tag[w*32 +: 32] == home;
            if (at[w]) row = rows[ROW_BITS'(32'(set)*WAYS + w)];
        end
    end

    always @* begin : replace
        integer w;
        w             = 0;
        oldest        = '0;
        initial_order = '0;
        for (w = 0; w < WAYS; w = w + 1)
            initial_order[w*WAY_BITS +: WAY_BITS] = WAY_BITS'(w);
        // A set is in use when its last way is valid: that is the first to be filled.
        now      = is_valid[WAYS-1] ? old : initial_order;
        after    = (read && hit) ? use_way(now, at) : now;
        fill_now = !fill_used ? initial_order : (fill_set == set) ? after : fill_old;
        for (w = 0; w < WAYS; w = w + 1)
            oldest[w] = fill_now[w*WAY_BITS +: WAY_BITS] == WAY_BITS'(WAYS - 1);
        new_tag = fill_tag;
        place   = ROW_BITS'(32'(fill_set) * WAYS);
        for (w = 0; w < WAYS; w = w + 1)
            if (oldest[w]) begin
                new_tag[w*32 +: 32] = fill_home;
                place = ROW_BITS'(32'(fill_set) * WAYS + w);
            end
    end

    always_ff @(posedge clk)
        if (rst)
            valid <= '0;
        else begin
            if (read && hit) order[set] <= after;
            if (fill) begin
                order[fill_set]        <= use_way(fill_now, oldest);
                tags[fill_set]         <= new_tag;
                rows[place] <= fill_row;
                valid[place]           <= 1'b1;
            end
        end
endmodule
