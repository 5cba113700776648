/* SPDX-License-Identifier: Apache-2.0 */
/* What the crossbars of an MVM shard hold: docs/microarchitecture.md section 6, "Weights". */
#include <string.h>

#include "arch/plan.h"

struct plan_column plan_mvm_column(const struct plan *p, const struct plan_unit *u, uint32_t col)
{
    const struct plan_mvm *mv = &u->mvm;
    uint32_t part = col % mv->cols_per_output;
    struct plan_column c = {.local = col / mv->cols_per_output,
                            .negative = part >= mv->n_wslices,
                            .shift = part % mv->n_wslices * p->config.mvm_cell_bits};

    c.valid = col < p->config.mvm_cols && c.local < mv->mpx;
    if (!c.valid)
        c = (struct plan_column){0};
    return c;
}

/* Rows of row block rb that have an input. */
static uint32_t rows_in_use(const struct plan *p, const struct plan_mvm *mv, uint32_t rb)
{
    uint32_t left = mv->k - rb * p->config.mvm_rows;

    return left < p->config.mvm_rows ? left : p->config.mvm_rows;
}

/* The slice of weight w that a column holds, before flipping. */
static uint16_t slice(const struct plan *p, const struct plan_mvm *mv, struct plan_column c, int w)
{
    uint32_t bits;

    if (p->config.mvm_encoding == ENCODING_FLIP)
        bits = (uint32_t)(w + (1 << (mv->weight_bits - 1)));
    else if (c.negative)
        bits = w < 0 ? (uint32_t)-w : 0;
    else
        bits = w > 0 ? (uint32_t)w : 0;
    return (uint16_t)(bits >> c.shift & ((1u << p->config.mvm_cell_bits) - 1));
}

/* Stored inverted if that is less: then no column holds more than half of what it could. */
static void flip(struct plan_cells *cells, uint32_t top)
{
    uint32_t sum = 0;

    for (uint32_t r = 0; r < cells->n_rows; r++)
        sum += cells->level[r];
    cells->flipped = 2 * sum > cells->n_rows * top;
    for (uint32_t r = 0; cells->flipped && r < cells->n_rows; r++)
        cells->level[r] = (uint16_t)(top - cells->level[r]);
}

void plan_mvm_cells(const struct plan *p, const struct plan_unit *u, uint32_t xbar, uint32_t col,
                    struct plan_cells *out)
{
    const struct plan_mvm *mv = &u->mvm;
    struct plan_column c = plan_mvm_column(p, u, col);
    uint32_t rb = xbar % mv->n_rb, m = xbar / mv->n_rb % mv->n_cb * mv->mpx + c.local;
    const int8_t *w = mv->weight + (size_t)m * mv->weight_stride + (size_t)rb * p->config.mvm_rows;
    bool unit = col == p->config.mvm_cols;

    memset(out, 0, sizeof *out);
    if (!unit && (!c.valid || m >= mv->m))
        return;
    out->n_rows = rows_in_use(p, mv, rb);
    for (uint32_t r = 0; r < out->n_rows; r++)
        out->level[r] = unit ? 1 : slice(p, mv, c, w[r]);
    if (!unit && p->config.mvm_encoding == ENCODING_FLIP)
        flip(out, (1u << p->config.mvm_cell_bits) - 1);
    if (p->device.drawn)
        device_freeze(&p->device, u->node, mv->first_xbar + xbar, col, out->n_rows, out->level);
}

uint32_t plan_n_adcs(const struct plan *p)
{
    return p->config.mvm_cols / p->config.mvm_cols_per_adc;
}

int32_t plan_adc_offset(const struct plan *p, const struct plan_unit *u, uint32_t xbar,
                        uint32_t adc)
{
    bool unit = adc == plan_n_adcs(p);

    if (!p->device.drawn)
        return 0;
    return device_offset(&p->device, u->node, u->mvm.first_xbar + xbar, adc,
                         unit ? 0 : p->analog.drop_bits);
}

uint64_t plan_mvm_cells_used(const struct plan *p, const struct plan_unit *u)
{
    const struct plan_mvm *mv = &u->mvm;
    uint64_t unit = p->config.mvm_encoding == ENCODING_FLIP ? mv->n_cb : 0;

    return mv->k * ((uint64_t)mv->m * mv->cols_per_output + unit);
}
