/* SPDX-License-Identifier: Apache-2.0 */
/* Constants of an MVM shard, docs/microarchitecture.md section 6. */
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

enum err_code map_mvm_step(const struct mapper *m, const struct wl_op *op, uint32_t *step,
                           struct err *e)
{
    const struct chip_config *c = m->c;
    uint32_t per_output = columns_per_output(c, op);
    uint32_t n_rb = ceil_div(op->n_in, c->mvm_rows);
    uint32_t capacity, n;

    if (per_output > c->mvm_cols)
        return err_set(e, ERR_CONFIG,
                       "operator %s: one output takes %u columns (%u-bit weights, %u-bit cells), a "
                       "crossbar has %u (mvm.cols)",
                       op->name, per_output, op->weight_bits, c->mvm_cell_bits, c->mvm_cols);
    if (n_rb > c->mvm_xbars)
        return err_set(
            e, ERR_CONFIG,
            "operator %s: %u inputs need %u row blocks of %u rows, a tile has %u crossbars "
            "(mvm.xbars)",
            op->name, op->n_in, n_rb, c->mvm_rows, c->mvm_xbars);
    capacity = c->mvm_xbars / n_rb * (c->mvm_cols / per_output);
    n = ceil_div(op->n_out, capacity);
    if (op->by_row && n > 1)
        return err_set(e, ERR_CONFIG,
                       "operator %s: a product by row must fit one tile: it has %u outputs, the "
                       "tile's crossbars hold %u (mvm.xbars)",
                       op->name, op->n_out, capacity);
    *step = ceil_div(op->n_out, n);
    return ERR_OK;
}

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
    int64_t loose = (int64_t)mv->k << mv->n_wslices * m->c->mvm_cell_bits;
    uint32_t a_bits = input_bits(m->w, op);

    mv->bias = arena_alloc(m->p->arena, mv->m, sizeof *mv->bias);
    for (uint32_t o = 0; o < mv->m; o++) {
        const int8_t *row = mv->weight + (size_t)o * mv->k;
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
    mv->vec_cycles =
        mv->read_cycles + (mv->n_slices - 1) * step + tc + mv->n_rb * mv->n_cb * mv->groups;
    u->comp_cycles = mv->n_vec * mv->vec_cycles;
}

void map_mvm(struct mapper *m, const struct wl_op *op, struct plan_unit *u, uint32_t n_out)
{
    struct plan_mvm *mv = &u->mvm;
    const struct wl_tensor *out = &m->w->tensor[op->output];

    u->kind = UNIT_MVM;
    mv->k = op->n_in;
    mv->m = n_out;
    mv->n_vec = op->n_vec;
    mv->n_wslices = weight_slices(m->c, op);
    mv->weight_bits = op->weight_bits;
    mv->cols_per_output = columns_per_output(m->c, op);
    mv->mpx = m->c->mvm_cols / mv->cols_per_output;
    mv->mpx = mv->mpx < n_out ? mv->mpx : n_out;
    mv->n_rb = ceil_div(op->n_in, m->c->mvm_rows);
    mv->n_cb = ceil_div(n_out, mv->mpx);
    mv->raw = op->raw;
    mv->by_row = op->by_row;
    mv->shift = op->raw ? 0 : op->shift;
    mv->zero_point = op->raw ? 0 : out->zero_point;
    mv->out_bits = op->raw ? 32 : out->bits;
    mv->weight = op->weight + (size_t)u->out_first * op->n_in;
    mv->mult = op->raw ? NULL : op->mult + u->out_first;
    mvm_timing(m->c, u, input_bits(m->w, op));
    if (op->raw)
        map_output(m->p, u, 4 * n_out, 8);
    else
        map_output(m->p, u, n_out * op->n_vec, map_pack_bits(out->bits));
}
