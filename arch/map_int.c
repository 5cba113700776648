/* SPDX-License-Identifier: Apache-2.0 */
/* Constants of an interaction shard, docs/microarchitecture.md section 8. */
#include "arch/map_impl.h"

enum { TABLE_BITS = 12 }; /* of an entry: WL_TABLE_TOP */

static uint32_t elements(const struct wl_tensor *t)
{
    return t->rows * t->dim;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static void set_shape(struct plan_int *d, const struct workload *w, const struct wl_op *op)
{
    static const enum int_mode mode[WL_N_KINDS] = {
        [WL_DP] = INT_DP,
        [WL_FM] = INT_FM,
        [WL_ADD] = INT_ADD,
        [WL_GATE] = INT_GATE,
        [WL_ATTENTION] = INT_ATTENTION,
    };

    d->mode = mode[op->kind];
    d->rows = op->n_in;
    d->dim = op->n_vec;
    d->heads = op->kind == WL_ATTENTION ? op->n_heads : 1;
    if (op->kind == WL_ADD || op->kind == WL_GATE) {
        d->rows = 1;
        d->dim = op->n_in;
        d->n_a = elements(&w->tensor[op->input[0]]);
        d->n_b = elements(&w->tensor[op->input[1]]);
    }
    d->head_dim = d->dim / d->heads;
    d->chunks = ceil_div(d->dim, d->lanes);
    d->row_chunks = ceil_div(d->rows, d->lanes);
    d->head_chunks = ceil_div(d->head_dim, d->lanes);
}

/* Cycles of a slice on an array of that many word lines and column groups. */
static uint32_t slice_cycles(const struct chip_config *c, uint32_t n_lines, uint32_t n_groups,
                             uint32_t cells)
{
    uint32_t columns = n_groups * cells;
    struct chip_config lossless = *c;

    lossless.mvm_rows = n_lines;
    lossless.mvm_encoding = ENCODING_DIFFERENTIAL;

    if (c->int_engine != ENGINE_RERAM)
        return 1;
    return map_cycles(c, c->mvm_read_ns) +
           (columns < c->mvm_cols_per_adc ? columns : c->mvm_cols_per_adc) *
               map_conversion_cycles(c, chip_lossless_adc_bits(&lossless));
}

static void set_array(struct plan_int *d, const struct chip_config *c)
{
    bool reram = c->int_engine == ENGINE_RERAM;

    d->array = c->int_engine != ENGINE_LANES && (d->mode == INT_DP || d->mode == INT_ATTENTION);
    if (!d->array)
        return;
    d->dac_bits = reram ? c->mvm_dac_bits : 1;
    d->in_slices = ceil_div(d->in_bits, d->dac_bits) + (d->zero_point_a != 0);
    d->weight_slices = ceil_div(TABLE_BITS, d->dac_bits);
    d->cells =
        reram ? ceil_div(d->in_bits, c->mvm_cell_bits) * (d->zero_point_a ? 2 : 1) : d->in_bits;
    d->write_cycles = reram ? map_cycles(c, c->int_write_ns) : 1;
    d->score_cycles = slice_cycles(c, d->dim, d->rows, d->cells);
    d->mean_cycles = slice_cycles(c, d->rows, d->dim, d->cells);
}

/* The closed forms of the contract. */
static uint32_t comp_cycles(const struct plan_int *d)
{
    uint32_t n = 0, head_rows = d->heads * d->rows;

    switch (d->mode) {
    case INT_DP:
        if (!d->array)
            return d->rows * (d->rows - 1) / 2 * d->chunks;
        n = d->dim * d->write_cycles;
        for (uint32_t i = 1; i < d->rows; i++)
            n += d->in_slices * d->score_cycles + ceil_div(i, d->lanes);
        return n;
    case INT_FM:
        return d->rows * d->chunks + d->chunks;
    case INT_ATTENTION:
        if (!d->array)
            return head_rows * (d->row_chunks * (2 * d->head_dim + 1) + d->head_chunks);
        return larger(d->dim, d->rows) * d->write_cycles +
               head_rows * (d->in_slices * d->score_cycles + 2 * d->row_chunks +
                            d->weight_slices * d->mean_cycles + d->head_chunks);
    case INT_ADD:
    case INT_GATE:
        break;
    }
    return d->chunks;
}

void map_int(struct mapper *m, const struct wl_op *op, struct plan_unit *u)
{
    struct plan_int *d = &u->dyn;
    const struct wl_tensor *out = &m->w->tensor[op->output], *a = &m->w->tensor[op->input[0]];

    u->kind = UNIT_INT;
    d->lanes = m->c->int_lanes;
    set_shape(d, m->w, op);
    d->n_out = out->rows * out->dim;
    d->in_bits = a->bits;
    d->zero_point_a = a->zero_point;
    d->zero_point_b = d->n_b ? m->w->tensor[op->input[1]].zero_point : d->zero_point_a;
    d->mult_a = op->mult[0];
    d->mult_b = op->n_mult > 1 ? op->mult[1] : 0;
    d->shift = op->shift;
    d->score_shift = op->score_shift;
    d->zero_point = out->zero_point;
    d->out_bits = out->bits;
    d->table = op->table;
    set_array(d, m->c);
    u->comp_cycles = comp_cycles(d);
    map_output(m->p, u, d->n_out, map_pack_bits(out->bits));
}
