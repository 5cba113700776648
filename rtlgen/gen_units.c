/* SPDX-License-Identifier: Apache-2.0 */
/* The tiles of autorac_top.sv: one instance a node, its constants from the plan. */
#include <inttypes.h>

#include "rtlgen/gen_parts.h"

/* Opens a table port of so many entries; the unused ones, which come first, are all ones. A table
 * has one bit more in front, a 1: Verilator 5.006 sets a long constant that begins with zeros
 * wrongly (VL_CONSTHI_W_* leaves its first words as they are, clears others behind the port). */
static void table_open(FILE *f, const char *port, uint32_t limit, uint32_t used, uint32_t bits)
{
    fprintf(f, "        .%s({\n            1'b1,\n", port);
    if (limit > used)
        fprintf(f, "            {%u{{%u{1'b1}}}}%s\n", limit - used, bits, used ? "," : "");
}

static void in_edges(FILE *f, const struct plan *p, const struct plan_tile *t)
{
    table_open(f, "in_edges", at_least_1(p->limit.in_edges), t->n_in, 116);
    fprintf(f, "            // src_y, src_x, src_out, base_word, n_words, ring_words, n_elements, "
               "pack, context, mask, phase\n");
    for (uint32_t c = t->n_contexts; c-- > 0;) {
        const struct plan_unit *u = &p->unit[t->unit[c]];

        for (uint32_t i = u->n_in; i-- > 0;) {
            const struct plan_in *in = &u->in[i];
            const struct plan_unit *src = &p->unit[in->src_unit];

            fprintf(f,
                    "            {5'd%u, 5'd%u, 10'd%u, 24'd%u, 16'd%u, 24'd%u, 20'd%u, 2'd%u, "
                    "4'd%u, 3'd%u, 3'd%u}%s // %u: from %s\n",
                    src->y, src->x, in->src_out, in->base_word, in->n_words,
                    in->n_words * in->n_slots, in->n_elements,
                    in->pack_bits == 4   ? 0u
                    : in->pack_bits == 8 ? 1u
                                         : 2u,
                    c, in->due.mask, in->due.phase, u->in_first + i ? "," : "", u->in_first + i,
                    src->name);
        }
    }
    fprintf(f, "        }),\n");
}

static void out_edges(FILE *f, const struct plan *p, const struct plan_tile *t)
{
    table_open(f, "out_edges", at_least_1(p->limit.out_edges), t->n_out, 74);
    fprintf(f,
            "            // dst_y, dst_x, dst_in, n_words, n_slots, vc, first_word, context, mask, "
            "phase\n");
    for (uint32_t c = t->n_contexts; c-- > 0;) {
        const struct plan_unit *u = &p->unit[t->unit[c]];

        for (uint32_t i = u->n_out; i-- > 0;) {
            const struct plan_out *out = &u->out[i];
            const struct plan_unit *dst = &p->unit[out->dst_unit];

            fprintf(
                f,
                "            {5'd%u, 5'd%u, 10'd%u, 16'd%u, 8'd%u, 4'd%u, 16'd%u, 4'd%u, 3'd%u, "
                "3'd%u}%s // %u: to %s\n",
                dst->y, dst->x, out->dst_in, out->n_words, out->n_slots, out->vc, out->first_word,
                c, out->due.mask, out->due.phase, u->out_edge_first + i ? "," : "",
                u->out_edge_first + i, dst->name);
        }
    }
    fprintf(f, "        }),\n");
}

/* {valid, log2 of its replicas, replica} of each; a tile of matrices has room for the most any has.
 */
static void contexts(FILE *f, const struct plan *p, const struct plan_tile *t, uint32_t room)
{
    table_open(f, "contexts", room, t->n_contexts, 6);
    for (uint32_t c = t->n_contexts; c-- > 0;) {
        const struct plan_unit *u = &p->unit[t->unit[c]];
        uint32_t log2 = 0;

        while (1u << log2 < u->n_replicas)
            log2++;
        fprintf(f, "            {1'b0, 2'd%u, 3'd%u}%s // %u: %s\n", log2, u->replica, c ? "," : "",
                c, u->name);
    }
    fprintf(f, "        }),\n");
}

static void io_constants(FILE *f, const struct plan_unit *u)
{
    fprintf(f,
            "        .interval(64'd%" PRIu64 "),\n"
            "        .n_logits(n_logits)\n",
            u->io.interval_cycles);
}

/* In the order of the fields in tile_mvm.sv. */
static void mvm_shard(FILE *f, const struct plan_unit *u, uint32_t first_scale, uint32_t out_first,
                      uint32_t out_stride)
{
    const struct plan_mvm *m = &u->mvm;

    fprintf(f, "            {16'd%u, 16'd%u, 16'd%u, 16'd%u, 16'd%u, 16'd%u, ", m->k, m->m,
            m->n_vec, m->n_rb, m->n_cb, m->mpx);
    fprintf(f, "16'd%u, 16'd%u, 4'd%u, 16'd%u, 16'd%u, 16'd%u, 16'd%u, ",
            m->mpx * m->cols_per_output, (m->m - (m->n_cb - 1) * m->mpx) * m->cols_per_output,
            m->n_slices, m->read_cycles, m->conv_cycles, m->convs_per_slice, m->groups);
    fprintf(f, "8'd%u, 8'd%u, 16'd%u, 16'd%u, ", m->n_partial, m->copies, m->first_xbar,
            first_scale);
    fprintf(f, "4'd%u, 6'd%u, 8'd%u, 4'd%u, 1'b%d, 1'b%d, 24'd%u, 24'd%u, 1'b%d}%s // %u: %s\n",
            m->weight_bits - 1, m->raw ? 1 : m->shift, m->zero_point, m->raw ? 8 : m->out_bits,
            m->by_row, m->raw, out_first, out_stride, u->out_pack_bits == 4, u->context ? "," : "",
            u->context, u->name);
}

static void mvm_constants(FILE *f, const struct plan *p, const struct plan_tile *t)
{
    uint32_t scale[PLAN_MAX_CONTEXTS + 1] = {0}, out[PLAN_MAX_CONTEXTS + 1] = {0};

    for (uint32_t c = 0; c < t->n_contexts; c++) {
        const struct plan_unit *u = &p->unit[t->unit[c]];

        scale[c + 1] = scale[c] + u->mvm.m;
        out[c + 1] = out[c] + p->output_slots * plan_slot_bytes(p, u);
    }
    table_open(f, "shards", p->limit.contexts, t->n_contexts, 317);
    fprintf(f,
            "            // k, m, n_vec, n_rb, n_cb, mpx, n_columns, last_columns, n_slices, "
            "read_cycles, "
            "conv_cycles, convs_per_slice,\n"
            "            // groups, n_partial, copies, first_xbar, first_scale, bias_shift, shift, "
            "zero_point, out_bits, by_row, raw, out_first, out_stride, pack4\n");
    for (uint32_t c = t->n_contexts; c-- > 0;) {
        const struct plan_unit *u = &p->unit[t->unit[c]];

        mvm_shard(f, u, scale[c], out[c], plan_slot_bytes(p, u));
    }
    fprintf(f, "        })\n");
}

static void emb_constants(FILE *f, const struct plan_unit *u)
{
    const struct plan_emb *m = &u->emb;

    fprintf(
        f,
        "        .n_lookups(16'd%u), .n_bags(16'd%u), .row_cycles(16'd%u), .pool_cycles(16'd%u), "
        ".pool_bits(4'd%u),\n",
        m->n_lookups, m->n_bags, m->row_cycles, m->pool_cycles, m->pool_bits);
    fprintf(f, "        .cold_base(32'd%u), .hot_stride(32'd%u),\n", m->cold_base, m->hot_stride);
    fprintf(f, "        .shift(6'd%u), .zero_point(8'd%u), .out_bits(4'd%u), .pack4(1'b%d)\n",
            m->n_bags ? m->shift : 1, m->zero_point, m->out_bits, u->out_pack_bits == 4);
}

static void int_constants(FILE *f, const struct plan_unit *u)
{
    const struct plan_int *d = &u->dyn;

    fprintf(f, "        .mode(3'd%d), .rows(16'd%u), .dim(16'd%u), .chunks(16'd%u),\n",
            (int)d->mode, d->rows, d->dim, d->chunks);
    fprintf(f, "        .head_dim(16'd%u), .row_chunks(16'd%u), .head_chunks(16'd%u),\n",
            d->head_dim, d->row_chunks, d->head_chunks);
    fprintf(f,
            "        .n_a(16'd%u), .n_b(16'd%u), .in_bits(4'd%u), .in_slices(4'd%u), "
            ".weight_slices(4'd%u),\n",
            d->n_a, d->n_b, d->in_bits, d->in_slices, d->weight_slices);
    fprintf(
        f,
        "        .cells(8'd%u), .write_cycles(32'd%u), .score_cycles(16'd%u), "
        ".mean_cycles(16'd%u),\n"
        "        .zero_point_a(8'd%u), .zero_point_b(8'd%u), .mult_a(16'd%u), .mult_b(16'd%u),\n",
        d->cells, d->write_cycles, d->score_cycles, d->mean_cycles, d->zero_point_a,
        d->zero_point_b, d->mult_a, d->mult_b);
    fprintf(f,
            "        .shift(6'd%u), .score_shift(6'd%u), .zero_point(8'd%u), .out_bits(4'd%u), "
            ".pack4(1'b%d)\n",
            d->shift, d->mode == INT_ATTENTION ? d->score_shift : 1, d->zero_point, d->out_bits,
            u->out_pack_bits == 4);
}

void gen_tile(FILE *f, const struct plan *p, const struct plan_tile *t)
{
    static const char *const own[] = {
        [UNIT_IO] = ".REQUESTS(REQUESTS), .RECORD_WORDS(RECORD_WORDS)",
        [UNIT_MVM] = ".XBARS(XBARS), .ROWS(XBAR_ROWS), .COLS(XBAR_COLS), .CELL_BITS(CELL_BITS), "
                     ".LEVEL_BITS(LEVEL_BITS),\n        .FRACTION_BITS(FRACTION_BITS), "
                     ".SUM_BITS(SUM_BITS), .DAC_BITS(DAC_BITS), .ADC_BITS(ADC_BITS),\n        "
                     ".DROP_BITS(DROP_BITS), .DRAWN(DRAWN), .FLIP(FLIP), .UNIT_BITS(UNIT_BITS), "
                     ".COLS_PER_ADC(COLS_PER_ADC), "
                     ".LANES(MVM_LANES), .INPUTS(MVM_INPUTS),\n        .OUT_BYTES(MVM_OUT_BYTES), "
                     ".SCALES(MVM_SCALES), .CONTEXTS(CONTEXTS), .MPX(MVM_MPX)",
        [UNIT_EMB] =
            ".WORDS(EMB_WORDS), .LOOKUPS(EMB_LOOKUPS), .FIELDS(EMB_FIELDS), .BAGS(EMB_BAGS),\n"
            "        .ROWS(EMB_ROWS), .DIM(EMB_DIM), .CELL_BITS(EMB_CELL_BITS), "
            ".BANKS(EMB_BANKS),\n"
            "        .ARRAY_ROWS(EMB_ARRAY_ROWS), .POOL_ROWS(EMB_POOL_ROWS), "
            ".HOT_SETS(EMB_HOT_SETS),\n"
            "        .REPLICAS(EMB_REPLICAS), .CACHE_SETS(EMB_CACHE_SETS), "
            ".CACHE_WAYS(EMB_CACHE_WAYS)",
        [UNIT_INT] =
            ".LANES(INT_LANES), .INPUTS(INT_INPUTS), .OUTPUTS(INT_OUTPUTS), .ROWS(INT_ROWS), "
            ".DIM(INT_DIM),\n        .TABLE(INT_TABLE), .ATTENTION(INT_ATTENTION), "
            ".ARRAY(INT_ARRAY), .DAC_BITS(INT_DAC_BITS)",
    };
    const struct plan_unit *u = &p->unit[t->unit[0]];

    fprintf(f,
            "    tile_%s #(\n"
            "        .FLIT_BITS(FLIT_BITS), .N_VCS(N_VCS), .VC_BITS(VC_BITS), "
            ".BUFFER_FLITS(BUFFER_FLITS),\n"
            "        .IN_EDGES(IN_EDGES), .OUT_EDGES(OUT_EDGES), .BUFFER_WORDS(BUFFER_WORDS), "
            ".OUTPUT_SLOTS(OUTPUT_SLOTS),\n"
            "        %s\n"
            "    ) %s (\n"
            "        .clk(clk), .rst(rst),\n"
            "        .from_router(link_%u_%u_to_unit), .to_router(link_%u_%u_from_unit), "
            ".router_credit(credit_%u_%u_to_unit),\n"
            "        .unit(16'd%u),\n",
            unit_kind_name(u->kind), own[u->kind], t->name, u->x, u->y, u->x, u->y, u->x, u->y,
            u->node);
    in_edges(f, p, t);
    out_edges(f, p, t);
    contexts(f, p, t, u->kind == UNIT_MVM ? p->limit.contexts : 1);
    if (u->kind == UNIT_IO)
        io_constants(f, u);
    else if (u->kind == UNIT_MVM)
        mvm_constants(f, p, t);
    else if (u->kind == UNIT_EMB)
        emb_constants(f, u);
    else
        int_constants(f, u);
    fprintf(f, "    );\n\n");
}
