/* SPDX-License-Identifier: Apache-2.0 */
/* Cutting an MVM into shards, and the constants of one, docs/microarchitecture.md section 6. */
#include "arch/map_impl.h"

static uint32_t weight_slices(const struct chip_config *c, const struct wl_op *op)
{
    uint32_t bits = op->weight_bits - (c->mvm_encoding == ENCODING_DIFFERENTIAL);

    return ceil_div(bits, c->mvm_cell_bits);
}

static uint32_t columns_per_output(const struct chip_config *c, const struct wl_op *op)
{
    uint32_t parts = c->mvm_encoding == ENCODING_DIFFERENTIAL ? 2 : 1;

    return parts * weight_slices(c, op);
}

void map_analog(const struct chip_config *c, const struct device *d, struct plan_analog *out)
{
    uint64_t largest;

    *out = (struct plan_analog){.lossless_bits = chip_lossless_adc_bits(c),
                                .drop_bits = chip_adc_drop_bits(c),
                                .unit_bits = chip_unit_adc_bits(c),
                                .fraction_bits = d->fraction_bits,
                                .level_bits = d->level_bits};
    largest = (uint64_t)c->mvm_rows * ((1u << c->mvm_dac_bits) - 1) * ((1u << out->level_bits) - 1);
    while (largest >> out->sum_bits)
        out->sum_bits++;
}

static uint32_t min_u32(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* ---- cutting ---- */

/* Outputs that fit a tile beside so many row blocks. */
static uint32_t capacity(const struct chip_config *c, const struct wl_op *op, uint32_t n_rb)
{
    return c->mvm_xbars / n_rb * (c->mvm_cols / columns_per_output(c, op));
}

/* Tiles that an operator takes if its inputs are cut into so many groups. */
static uint32_t n_tiles(const struct chip_config *c, const struct wl_op *op, uint32_t n_groups)
{
    uint32_t n_rb = ceil_div(ceil_div(op->n_in, c->mvm_rows), n_groups);

    return n_groups * ceil_div(op->n_out, capacity(c, op, n_rb));
}

/* One group if a tile has that many row blocks, else as many as make the fewest tiles. */
static uint32_t choose_groups(const struct chip_config *c, const struct wl_op *op)
{
    uint32_t n_rb = ceil_div(op->n_in, c->mvm_rows), least = ceil_div(n_rb, c->mvm_xbars);
    uint32_t best = least;

    for (uint32_t g = least + 1; least > 1 && g <= n_rb && g <= 4 * least; g++)
        if (n_tiles(c, op, g) < n_tiles(c, op, best))
            best = g;
    return best;
}

/* Groups of at most n_rb row blocks that begin where a word of a producer does: mostly less than 16
 * inputs away, and a crossbar has 16 rows or more. */
static enum err_code cut_inputs(struct mapper *m, const struct wl_op *op, struct map_op *cut,
                                uint32_t n_rb, struct err *e)
{
    uint32_t most = n_rb * m->c->mvm_rows, n = 1;

    cut->k_first =
        arena_alloc(m->p->arena, most < op->n_in ? op->n_in + 1 : 2, sizeof *cut->k_first);
    while (cut->k_first[n - 1] + most < op->n_in) {
        uint32_t k = cut->k_first[n - 1] + most;

        while (k > cut->k_first[n - 1] && !map_begins_word(m, op, k * op->n_vec))
            k--;
        if (k == cut->k_first[n - 1])
            return err_set(e, ERR_CONFIG,
                           "operator %s: %u inputs need more than one tile, and no word of its "
                           "inputs begins at any of %u to %u",
                           op->name, op->n_in, k + 1, k + most);
        cut->k_first[n++] = k;
    }
    cut->k_first[n] = op->n_in;
    cut->n_groups = n;
    return ERR_OK;
}

/* Crossbars that are left in the tile hold the matrix again: fewer rounds over the vectors. */
static uint32_t choose_copies(const struct chip_config *c, const struct wl_op *op, uint32_t n_rb,
                              uint32_t step)
{
    uint32_t mpx = min_u32(c->mvm_cols / columns_per_output(c, op), step);
    uint32_t room = c->mvm_xbars / (n_rb * ceil_div(step, mpx));
    uint32_t n = min_u32(min_u32(c->map_copies, op->n_vec), room);

    return ceil_div(op->n_vec, ceil_div(op->n_vec, n)); /* no more than that many rounds need */
}

enum err_code map_mvm_cut(struct mapper *m, const struct wl_op *op, struct map_op *cut,
                          struct err *e)
{
    const struct chip_config *c = m->c;
    uint32_t per_output = columns_per_output(c, op), n_rb, most;
    enum err_code rc;

    if (per_output > c->mvm_cols)
        return err_set(e, ERR_CONFIG,
                       "operator %s: one output takes %u columns (%u-bit weights, %u-bit cells), a "
                       "crossbar has %u (mvm.cols)",
                       op->name, per_output, op->weight_bits, c->mvm_cell_bits, c->mvm_cols);
    if (op->by_row && op->n_in > c->mvm_xbars * c->mvm_rows)
        return err_set(e, ERR_CONFIG,
                       "operator %s: a product by row must fit one tile: it has %u inputs, the "
                       "tile's crossbars have %u rows (mvm.xbars)",
                       op->name, op->n_in, c->mvm_xbars * c->mvm_rows);
    n_rb = ceil_div(ceil_div(op->n_in, c->mvm_rows), choose_groups(c, op));
    if ((rc = cut_inputs(m, op, cut, n_rb, e)))
        return rc;
    most = capacity(c, op, n_rb);
    if (op->by_row && op->n_out > most)
        return err_set(e, ERR_CONFIG,
                       "operator %s: a product by row must fit one tile: it has %u outputs, the "
                       "tile's crossbars hold %u (mvm.xbars)",
                       op->name, op->n_out, most);
    cut->n_blocks = ceil_div(op->n_out, most);
    cut->step = ceil_div(op->n_out, cut->n_blocks);
    cut->copies = choose_copies(c, op, n_rb, cut->step);
    return ERR_OK;
}

/* ---- constants ---- */

static uint32_t input_bits(const struct workload *w, const struct wl_op *op)
{
    uint32_t bits = 0;

    for (uint32_t i = 0; i < op->n_inputs; i++) {
        uint32_t b = w->tensor[op->input[i]].bits;

        bits = b > bits ? b : bits;
    }
    return bits;
}

enum err_code map_mvm_bias(struct mapper *m, const struct wl_op *op, struct plan_unit *u,
                           struct err *e)
{
    struct plan_mvm *mv = &u->mvm;
    /* What weights may come to when converters lose something of flipped columns, or cells are not
     * what they should be; a drawn cell counts at most twice its highest level. */
    int64_t loose = (int64_t)op->n_in << mv->n_wslices * m->c->mvm_cell_bits;
    uint32_t a_bits = input_bits(m->w, op);

    mv->bias = arena_alloc(m->p->arena, mv->m, sizeof *mv->bias);
    if (mv->k_first + mv->k < op->n_in) /* partial sums have none */
        return ERR_OK;
    for (uint32_t o = 0; o < mv->m; o++) {
        const int8_t *row = op->weight + (size_t)(u->out_first + o) * op->n_in;
        int64_t bias = op->bias[u->out_first + o], reach = 0;
        uint32_t k = 0;

        for (uint32_t i = 0; k < op->n_in; i++) { /* by row: all inputs are alike */
            const struct wl_tensor *t = &m->w->tensor[op->input[i]];
            uint32_t end = k + (op->by_row ? op->n_in : t->rows * t->dim / op->n_vec);
            int64_t sum = 0;

            for (; k < end; k++) {
                sum += row[k];
                reach += row[k] < 0 ? -row[k] : row[k];
            }
            bias -= sum * (int64_t)t->zero_point;
        }
        if (m->p->device.drawn)
            reach = 4 * loose;
        else if (m->c->mvm_encoding == ENCODING_FLIP)
            reach = loose;
        reach = reach * (((int64_t)1 << a_bits) - 1) + (bias < 0 ? -bias : bias);
        if (reach > INT32_MAX)
            return err_set(e, ERR_CONFIG, "operator %s: output %u can reach %lld, beyond 32 bits",
                           op->name, u->out_first + o, (long long)reach);
        mv->bias[o] = (int32_t)bias;
    }
    return ERR_OK;
}

uint32_t map_conversion_cycles(const struct chip_config *c, uint32_t bits)
{
    double ns = c->mvm_conversion_ns;

    if (c->mvm_adc_kind == ADC_SAR)
        ns += bits * c->mvm_conversion_bit_ns;
    return map_cycles(c, ns);
}

/* Converters keep step, those of unit columns included: the one of most bits sets the pace. */
static uint32_t conversion_cycles(const struct chip_config *c)
{
    uint32_t unit = chip_unit_adc_bits(c);

    return map_conversion_cycles(c, c->mvm_adc_bits > unit ? c->mvm_adc_bits : unit);
}

static void mvm_timing(const struct chip_config *c, struct plan_unit *u, uint32_t a_bits)
{
    struct plan_mvm *mv = &u->mvm;
    uint32_t used = mv->mpx * mv->cols_per_output;
    uint32_t tc, step;

    mv->n_slices = ceil_div(a_bits, c->mvm_dac_bits);
    mv->read_cycles = map_cycles(c, c->mvm_read_ns);
    mv->conv_cycles = conversion_cycles(c);
    mv->convs_per_slice = used < c->mvm_cols_per_adc ? used : c->mvm_cols_per_adc;
    mv->groups = ceil_div(mv->mpx, c->mvm_lanes);
    tc = mv->convs_per_slice * mv->conv_cycles;
    step = mv->read_cycles > tc ? mv->read_cycles : tc;
    mv->vec_cycles = mv->read_cycles + (mv->n_slices - 1) * step + tc +
                     mv->copies * (mv->n_rb + mv->n_partial) * mv->n_cb * mv->groups;
    u->comp_cycles = ceil_div(mv->n_vec, mv->copies) * mv->vec_cycles;
}

void map_mvm(struct mapper *m, const struct wl_op *op, struct plan_unit *u, uint32_t n_out,
             uint32_t group)
{
    struct plan_mvm *mv = &u->mvm;
    const struct map_op *cut = &m->op[u->op];
    const struct wl_tensor *out = &m->w->tensor[op->output];
    bool last = group + 1 == cut->n_groups;

    u->kind = UNIT_MVM;
    mv->k_first = cut->k_first[group];
    mv->k = cut->k_first[group + 1] - mv->k_first;
    mv->m = n_out;
    mv->n_vec = op->n_vec;
    mv->n_partial = last ? group : 0;
    mv->copies = cut->copies;
    mv->n_wslices = weight_slices(m->c, op);
    mv->weight_bits = op->weight_bits;
    mv->cols_per_output = columns_per_output(m->c, op);
    mv->mpx = min_u32(m->c->mvm_cols / mv->cols_per_output, n_out);
    mv->n_rb = ceil_div(mv->k, m->c->mvm_rows);
    mv->n_cb = ceil_div(n_out, mv->mpx);
    mv->raw = op->raw || !last;
    mv->by_row = op->by_row;
    mv->shift = mv->raw ? 0 : op->shift;
    mv->zero_point = mv->raw ? 0 : out->zero_point;
    mv->out_bits = mv->raw ? 32 : out->bits;
    mv->weight = op->weight + (size_t)u->out_first * op->n_in + mv->k_first;
    mv->weight_stride = op->n_in;
    mv->mult = mv->raw ? NULL : op->mult + u->out_first;
    mvm_timing(m->c, u, input_bits(m->w, op));
    if (mv->raw)
        map_output(m->p, u, 4 * n_out * op->n_vec, 8);
    else
        map_output(m->p, u, n_out * op->n_vec, map_pack_bits(out->bits));
}
