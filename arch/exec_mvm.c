/* SPDX-License-Identifier: Apache-2.0 */
/* An ADC that clips costs a matrix-vector product only where it can clip. Column sums are bounded
 * by their cells, so for each shard the columns that could exceed the converter's range are listed
 * once ("risky"). A product is then the plain integer dot product, less what the risky columns lose
 * to saturation: the same integer as summing every converted code, as tests/arch/test_exec.c checks
 * bit by bit. */
#include <stdlib.h>
#include <string.h>

#include "arch/exec_impl.h"

enum { MAX_WORDS = 256 / 64, MAX_BITS = 8 };

struct risky {
    uint32_t rb, output; /* row block; output of the shard */
    uint32_t shift;      /* of its codes, input slice not counted */
    bool negative;
    uint64_t plane[4][MAX_WORDS]; /* (cell bit, row) */
};

struct image {
    struct risky *risky;
    uint32_t n_risky, capacity;
};

struct exec_mvm {
    const struct plan *p;
    uint32_t adc_max, n_words; /* words of a crossbar's rows */
    struct image *image;       /* (n_units) */
    int32_t *acc;              /* (m, n_vec) of the largest shard */
    uint64_t *rows;            /* (row block, input bit, word) of one vector */
};

/* ---- images ---- */

static void add_column(struct exec_mvm *x, const struct plan_unit *u, uint32_t xbar, uint32_t col,
                       struct plan_column c)
{
    const struct plan *p = x->p;
    struct image *im = &x->image[u->index];
    struct risky r = {.rb = xbar % u->mvm.n_rb,
                      .output = xbar / u->mvm.n_rb * u->mvm.mpx + c.local,
                      .shift = c.shift,
                      .negative = c.negative};
    uint64_t reach = 0;

    for (uint32_t row = 0; row < p->config.mvm_rows; row++) {
        uint64_t level = plan_mvm_cell(p, u, xbar, row, col);

        reach += level;
        for (uint32_t b = 0; level >> b; b++)
            r.plane[b][row / 64] |= (level >> b & 1) << row % 64;
    }
    if (reach * ((1u << p->config.mvm_dac_bits) - 1) <= x->adc_max)
        return;
    if (im->n_risky == im->capacity) {
        uint32_t grown = im->capacity ? 2 * im->capacity : 64;

        im->risky = mem_grow(im->risky, im->capacity, grown, sizeof *im->risky);
        im->capacity = grown;
    }
    im->risky[im->n_risky++] = r;
}

static void build_image(struct exec_mvm *x, const struct plan_unit *u)
{
    const struct plan_mvm *mv = &u->mvm;

    for (uint32_t xbar = 0; xbar < mv->n_rb * mv->n_cb; xbar++)
        for (uint32_t col = 0; col < x->p->config.mvm_cols; col++) {
            struct plan_column c = plan_mvm_column(x->p, u, col);

            if (c.valid && xbar / mv->n_rb * mv->mpx + c.local < mv->m)
                add_column(x, u, xbar, col, c);
        }
}

struct exec_mvm *exec_mvm_new(const struct plan *p)
{
    struct exec_mvm *x = mem_alloc(1, sizeof *x);
    size_t acc = 1, rows = 1;

    x->p = p;
    x->adc_max = (1u << p->config.mvm_adc_bits) - 1;
    x->n_words = (p->config.mvm_rows + 63) / 64;
    x->image = mem_alloc(p->n_units, sizeof *x->image);
    for (uint32_t i = 0; i < p->n_units; i++) {
        const struct plan_unit *u = &p->unit[i];
        size_t n = (size_t)u->mvm.m * u->mvm.n_vec, r = (size_t)u->mvm.n_rb * MAX_BITS * x->n_words;

        if (u->kind != UNIT_MVM)
            continue;
        build_image(x, u);
        acc = n > acc ? n : acc;
        rows = r > rows ? r : rows;
    }
    x->acc = mem_alloc(acc, sizeof *x->acc);
    x->rows = mem_alloc(rows, sizeof *x->rows);
    return x;
}

void exec_mvm_free(struct exec_mvm *x)
{
    if (!x)
        return;
    for (uint32_t i = 0; i < x->p->n_units; i++)
        free(x->image[i].risky);
    free(x->image);
    free(x->acc);
    free(x->rows);
    free(x);
}

/* ---- matrix-vector products ---- */

/* acc (m, n_vec) = bias + weight (m, k) x in (k, n_vec) */
static void exact_product(const struct plan_mvm *mv, const uint8_t *in, int32_t *acc)
{
    for (uint32_t m = 0; m < mv->m; m++) {
        const int8_t *w = mv->weight + (size_t)m * mv->weight_stride;
        int32_t *row = acc + (size_t)m * mv->n_vec;

        if (mv->n_vec == 1) {
            int32_t sum = mv->bias[m];

            for (uint32_t k = 0; k < mv->k; k++)
                sum += w[k] * in[k];
            row[0] = sum;
            continue;
        }
        for (uint32_t v = 0; v < mv->n_vec; v++)
            row[v] = mv->bias[m];
        for (uint32_t k = 0; k < mv->k; k++)
            for (uint32_t v = 0; v < mv->n_vec; v++)
                row[v] += w[k] * in[(size_t)k * mv->n_vec + v];
    }
}

/* acc += the sums of other shards, which come after this one's own operands. */
static void add_partial_sums(const struct plan_mvm *mv, const uint8_t *in, int32_t *acc)
{
    size_t n = (size_t)mv->m * mv->n_vec;
    const uint8_t *from = in + (size_t)mv->k * mv->n_vec;

    for (uint32_t p = 0; p < mv->n_partial; p++)
        for (size_t i = 0; i < n; i++, from += 4)
            acc[i] += (int32_t)((uint32_t)from[0] | (uint32_t)from[1] << 8 |
                                (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24);
}

/* Row drive of vector v, one bit plane an input bit. */
static void drive_rows(const struct exec_mvm *x, const struct plan_mvm *mv, const uint8_t *in,
                       uint32_t v)
{
    uint32_t rows = x->p->config.mvm_rows;

    memset(x->rows, 0, (size_t)mv->n_rb * MAX_BITS * x->n_words * sizeof *x->rows);
    for (uint32_t k = 0; k < mv->k; k++) {
        uint64_t code = in[(size_t)k * mv->n_vec + v];
        uint64_t *plane = x->rows + (size_t)(k / rows) * MAX_BITS * x->n_words + k % rows / 64;

        for (uint32_t b = 0; b < MAX_BITS; b++)
            plane[(size_t)b * x->n_words] |= (code >> b & 1) << k % rows % 64;
    }
}

/* Sum on one bit line for one input slice. */
static inline uint32_t column_sum(const struct exec_mvm *x, const struct risky *r, uint32_t slice)
{
    const struct chip_config *c = &x->p->config;
    uint32_t sum = 0;

    /* The last slice of a code may have fewer bits than the DAC. */
    for (uint32_t d = 0; d < c->mvm_dac_bits && slice * c->mvm_dac_bits + d < MAX_BITS; d++) {
        uint32_t bit = slice * c->mvm_dac_bits + d;
        const uint64_t *in = x->rows + ((size_t)r->rb * MAX_BITS + bit) * x->n_words;

        for (uint32_t b = 0; b < c->mvm_cell_bits; b++)
            for (uint32_t i = 0; i < x->n_words; i++)
                sum += (uint32_t)__builtin_popcountll(in[i] & r->plane[b][i]) << (d + b);
    }
    return sum;
}

static inline uint64_t take_off_clipping(const struct exec_mvm *x, const struct plan_unit *u,
                                         uint32_t v)
{
    const struct plan_mvm *mv = &u->mvm;
    const struct image *im = &x->image[u->index];
    uint32_t dac_bits = x->p->config.mvm_dac_bits;
    uint64_t n_clipped = 0;

    for (uint32_t i = 0; i < im->n_risky; i++) {
        const struct risky *r = &im->risky[i];

        for (uint32_t s = 0; s < mv->n_slices; s++) {
            uint32_t sum = column_sum(x, r, s);
            int32_t lost;

            if (sum <= x->adc_max)
                continue;
            lost = (int32_t)((sum - x->adc_max) << (r->shift + s * dac_bits));
            x->acc[(size_t)r->output * mv->n_vec + v] -= r->negative ? -lost : lost;
            n_clipped++;
        }
    }
    return n_clipped;
}

#if defined(__x86_64__)
__attribute__((target("popcnt"))) static uint64_t
take_off_clipping_popcnt(const struct exec_mvm *x, const struct plan_unit *u, uint32_t v)
{
    return take_off_clipping(x, u, v);
}
#endif

static uint64_t clip(const struct exec_mvm *x, const struct plan_unit *u, uint32_t v)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("popcnt"))
        return take_off_clipping_popcnt(x, u, v);
#endif
    return take_off_clipping(x, u, v);
}

void exec_mvm(struct exec_mvm *x, const struct plan_unit *u, const uint8_t *in, uint8_t *out,
              uint64_t *n_clipped)
{
    const struct plan_mvm *mv = &u->mvm;

    exact_product(mv, in, x->acc);
    add_partial_sums(mv, in, x->acc);
    if (x->image[u->index].n_risky)
        for (uint32_t v = 0; v < mv->n_vec; v++) {
            drive_rows(x, mv, in, v);
            *n_clipped += clip(x, u, v);
        }
    for (uint32_t m = 0; m < mv->m; m++)
        for (uint32_t v = 0; v < mv->n_vec; v++) {
            int32_t acc = x->acc[(size_t)m * mv->n_vec + v];

            if (mv->raw)
                for (uint32_t b = 0; b < 4; b++)
                    out[4 * ((size_t)m * mv->n_vec + v) + b] = (uint8_t)((uint32_t)acc >> 8 * b);
            else
                out[(size_t)m * mv->n_vec + v] = (uint8_t)requant(
                    (int64_t)acc * mv->mult[m], mv->shift, mv->zero_point, mv->out_bits);
        }
}
