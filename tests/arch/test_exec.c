/* SPDX-License-Identifier: Apache-2.0 */
/* The chip's arithmetic against the contract taken literally: every bit line summed, every code
 * clipped. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "arch/exec.h"
#include "arch/exec_kernel.h"
#include "arch/map.h"
#include "tests/common/tiny_chip.h"
#include "tests/common/tiny_workload.h"

static int32_t int32_at(const uint8_t *b)
{
    return (int32_t)((uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
                     (uint32_t)b[3] << 24);
}

/* Sum on a bit line in input slice s. */
static int64_t bit_line(const struct plan *p, const struct plan_mvm *mv, const uint8_t *in,
                        const struct plan_cells *cells, uint32_t rb, uint32_t s, uint32_t v)
{
    const struct chip_config *c = &p->config;
    int64_t sum = 0;

    for (uint32_t r = 0; r < c->mvm_rows; r++) {
        uint32_t k = rb * c->mvm_rows + r;
        uint32_t x = k < mv->k ? in[k * mv->n_vec + v] : 0;

        sum += (x >> s * c->mvm_dac_bits & ((1u << c->mvm_dac_bits) - 1)) * cells->level[r];
    }
    return sum;
}

static int64_t converted(const struct plan *p, int64_t sum, int32_t offset, uint32_t drop,
                         uint32_t bits, uint64_t *n_clipped)
{
    int64_t half = p->analog.fraction_bits ? 1 << (p->analog.fraction_bits - 1) : 0;
    int64_t code = (sum + offset + half) >> (p->analog.fraction_bits + drop);
    int64_t max = ((int64_t)1 << bits) - 1;

    *n_clipped += code > max || code < 0;
    return code > max ? max : code < 0 ? 0 : code;
}

/* The unit column's code of slice s. */
static int64_t unit_code(const struct plan *p, const struct plan_unit *u, const uint8_t *in,
                         uint32_t xbar, uint32_t s, uint32_t v, uint64_t *n_clipped)
{
    struct plan_cells cells;

    plan_mvm_cells(p, u, xbar, p->config.mvm_cols, &cells);
    return converted(p, bit_line(p, &u->mvm, in, &cells, xbar % u->mvm.n_rb, s, v),
                     plan_adc_offset(p, u, xbar, plan_n_adcs(p)), 0, p->analog.unit_bits,
                     n_clipped);
}

/* Section 6 of docs/microarchitecture.md, word by word; also counts saturated conversions: those of
 * a unit column with output 0 of its column block. */
static int64_t literal_total(const struct plan *p, const struct plan_unit *u, const uint8_t *in,
                             uint32_t m, uint32_t v, uint64_t *n_clipped)
{
    const struct plan_mvm *mv = &u->mvm;
    const struct chip_config *c = &p->config;
    uint32_t cb = m / mv->mpx, drop = p->analog.drop_bits;
    int64_t total = mv->bias[m], top = (1 << c->mvm_cell_bits) - 1;
    const uint8_t *partial = in + (size_t)mv->k * mv->n_vec;
    uint64_t ignored = 0;

    for (uint32_t other = 0; other < mv->n_partial; other++)
        total += int32_at(partial + 4 * (((size_t)other * mv->m + m) * mv->n_vec + v));

    for (uint32_t rb = 0; rb < mv->n_rb; rb++)
        for (uint32_t s = 0; s < mv->n_slices; s++) {
            uint32_t xbar = cb * mv->n_rb + rb;
            int64_t unit = 0;

            if (c->mvm_encoding == ENCODING_FLIP) {
                unit = unit_code(p, u, in, xbar, s, v, m % mv->mpx ? &ignored : n_clipped);
                total -= unit << (mv->weight_bits - 1 + s * c->mvm_dac_bits);
            }
            for (uint32_t col = 0; col < c->mvm_cols; col++) {
                struct plan_column pc = plan_mvm_column(p, u, col);
                struct plan_cells cells;
                int64_t value;

                if (!pc.valid || pc.local != m % mv->mpx)
                    continue;
                plan_mvm_cells(p, u, xbar, col, &cells);
                value = converted(p, bit_line(p, mv, in, &cells, rb, s, v),
                                  plan_adc_offset(p, u, xbar, col / c->mvm_cols_per_adc), drop,
                                  c->mvm_adc_bits, n_clipped)
                        << drop;
                if (cells.flipped)
                    value = top * unit - value;
                total += (pc.negative ? -value : value) * (1 << (pc.shift + s * c->mvm_dac_bits));
            }
        }
    return total;
}

static void check_unit(const struct plan *p, struct exec *x, const struct plan_unit *u,
                       struct rng *r)
{
    const struct plan_mvm *mv = &u->mvm;
    size_t n_in = ((size_t)mv->k + 4 * (size_t)mv->n_partial * mv->m) * mv->n_vec;
    uint8_t *in = mem_alloc(n_in, 1), *out = mem_alloc(u->out_elements, 1);
    uint64_t want_clipped = 0, n_clipped = 0;

    for (size_t i = 0, e = 0; e < u->n_in; e++)
        for (uint32_t k = 0; k < u->in[e].n_elements && plan_is_due(u->in[e].due, 0); k++)
            in[i++] = (uint8_t)rng_below(r, 1u << u->in[e].pack_bits);
    for (size_t i = (size_t)mv->k * mv->n_vec + 3; i < n_in; i += 4) /* partial sums are small */
        in[i] = in[i - 1] = in[i - 1] & 128 ? 255 : 0;
    unit_compute(x, u->index, in, out, &n_clipped);
    for (uint32_t m = 0; m < mv->m; m++)
        for (uint32_t v = 0; v < mv->n_vec; v++) {
            int64_t total = literal_total(p, u, in, m, v, &want_clipped);

            if (mv->raw)
                cr_assert_eq(int32_at(out + 4 * ((size_t)m * mv->n_vec + v)), total, "%s output %u",
                             u->name, m);
            else
                cr_assert_eq(out[m * mv->n_vec + v],
                             requant(total * mv->mult[m], mv->shift, mv->zero_point, mv->out_bits),
                             "%s output %u vector %u", u->name, m, v);
        }
    cr_assert_eq(n_clipped, want_clipped, "%s: saturated conversions", u->name);
    free(in);
    free(out);
}

Test(exec, lossy_products_equal_the_contract_read_literally)
{
    const struct exec_kernel *kernel[EXEC_MAX_KERNELS];
    uint32_t n_kernels = exec_kernels(kernel);
    struct rng root = rng_new(7);
    uint64_t seen = 0;

    for (uint32_t i = 0; i < 24; i++) {
        struct rng r = rng_child_n(&root, "design", i);
        struct workload *w = tiny_workload(&r, 1);
        struct chip_config c = tiny_chip(&r);
        struct plan *p;
        struct exec *x;
        struct err e;

        cr_assert_eq(plan_new(&p, w, &c, &e), ERR_OK, "design %u: %s", i, e.text);
        x = exec_new_with(p, kernel[i % n_kernels]);
        for (uint32_t k = 0; k < p->n_units; k++)
            if (p->unit[k].kind == UNIT_MVM) {
                check_unit(p, x, &p->unit[k], &r);
                seen++;
            }
        exec_free(x);
        plan_free(p);
        workload_free(w);
    }
    cr_assert_gt(seen, 24);
}

/* Every kernel that this processor has, on shapes with remainders of every kind. */
Test(exec, kernels_agree)
{
    const struct exec_kernel *kernel[EXEC_MAX_KERNELS];
    uint32_t n_kernels = exec_kernels(kernel);
    struct rng r = rng_new(3);

    for (uint32_t i = 0; i < 60; i++) {
        uint32_t m = 1 + (uint32_t)rng_below(&r, 70), k = 1 + (uint32_t)rng_below(&r, 300);
        uint32_t n = 1 + (uint32_t)rng_below(&r, 9);
        int8_t *weight = mem_alloc((size_t)m * k, 1);
        struct exec_weights w;
        int32_t *want, *got;
        uint8_t *x;

        for (size_t j = 0; j < (size_t)m * k; j++)
            weight[j] = (int8_t)((int)rng_below(&r, 255) - 127);
        weight[0] = rng_below(&r, 2) ? 127 : -127;
        exec_weights_init(&w, weight, k, m, k);
        x = mem_alloc((size_t)n * w.k, 1);
        want = mem_alloc((size_t)n * w.m, sizeof *want);
        got = mem_alloc((size_t)n * w.m, sizeof *got);
        for (size_t j = 0; j < (size_t)n * w.k; j++)
            x[j] = j % w.k < k ? (uint8_t)(rng_below(&r, 4) ? rng_below(&r, 256) : 255) : 0;
        for (uint32_t v = 0; v < n; v++)
            for (uint32_t o = 0; o < m; o++)
                for (uint32_t j = 0; j < k; j++)
                    want[v * w.m + o] += weight[o * k + j] * x[v * w.k + j];
        for (uint32_t q = 0; q < n_kernels; q++) {
            kernel[q]->dot(&w, x, n, got);
            cr_assert_arr_eq(got, want, (size_t)n * w.m * sizeof *got, "%s: %u x %u, %u vectors",
                             kernel[q]->name, m, k, n);
        }
        free(got);
        free(want);
        free(x);
        exec_weights_fini(&w);
        free(weight);
    }
}

Test(exec, kernels_agree_on_columns)
{
    const struct exec_kernel *kernel[EXEC_MAX_KERNELS];
    uint32_t n_kernels = exec_kernels(kernel);
    struct rng r = rng_new(5);

    for (uint32_t i = 0; i < 200; i++) {
        uint32_t dac_bits = 1 + (uint32_t)rng_below(&r, 4), bits = 1 + (uint32_t)rng_below(&r, 8);
        struct exec_slicing s = {.n_words = 1 + (uint32_t)rng_below(&r, 4),
                                 .level_bits = 1 + (uint32_t)rng_below(&r, 9),
                                 .n_slices = (bits + dac_bits - 1) / dac_bits,
                                 .dac_bits = dac_bits,
                                 .n_bits = bits,
                                 .down = (uint32_t)rng_below(&r, 4),
                                 .up = (uint32_t)rng_below(&r, 3),
                                 .top = (1 << (3 + rng_below(&r, 8))) - 1,
                                 .exact = rng_below(&r, 2) ? -1 : 0};
        uint64_t plane[9 * 4 * EXEC_GROUP], drive[EXEC_MAX_BITS * 4];
        struct exec_group g = {.plane = plane};
        int64_t want[EXEC_GROUP], got[EXEC_GROUP];
        uint32_t n_clamped;

        for (size_t j = 0; j < sizeof plane / sizeof *plane; j++)
            plane[j] = rng_u64(&r);
        for (size_t j = 0; j < sizeof drive / sizeof *drive; j++)
            drive[j] = rng_u64(&r);
        for (uint32_t j = 0; j < EXEC_GROUP; j++)
            g.bias[j] = (int64_t)rng_below(&r, 2000) - 1000;
        n_clamped = kernel[0]->columns(&s, &g, drive, want);
        for (uint32_t q = 1; q < n_kernels; q++) {
            cr_assert_eq(kernel[q]->columns(&s, &g, drive, got), n_clamped, "%s", kernel[q]->name);
            cr_assert_arr_eq(got, want, sizeof got, "%s", kernel[q]->name);
        }
    }
}

/* Many requests at a time give what each gives alone. */
Test(exec, batches_change_nothing)
{
    struct rng r = rng_new(12);
    struct workload *w = tiny_workload(&r, 40);
    struct chip_config c = tiny_chip(&r);
    int32_t logit[40];
    uint64_t n_clipped = 0, want_clipped = 0;
    struct plan *p;
    struct exec *x;
    struct err e;

    c.mvm_adc_bits = 4;
    cr_assert_eq(plan_new(&p, w, &c, &e), ERR_OK, "%s", e.text);
    x = exec_new(p);
    exec_logits(x, 40, w->lookup, w->dense, logit, &n_clipped);
    for (uint32_t q = 0; q < 40; q++)
        cr_expect_eq(exec_logit(x, w->lookup + (size_t)q * w->n_fields,
                                w->dense + (size_t)q * w->n_dense, &want_clipped),
                     logit[q]);
    cr_expect_eq(n_clipped, want_clipped);
    exec_free(x);
    plan_free(p);
    workload_free(w);
}

/* One bit below lossless some all-ones column must clip; at lossless nothing ever does. */
Test(exec, lossless_converter_gives_the_workloads_own_logits)
{
    struct rng root = rng_new(11);

    for (uint32_t i = 0; i < 12; i++) {
        struct rng r = rng_child_n(&root, "design", i);
        struct workload *w = tiny_bag_workload(&r, 8);
        struct chip_config c = tiny_chip_ideal(&r);
        uint64_t n_clipped = 0;
        struct plan *p;
        struct exec *x;
        struct err e;

        c.mvm_adc_bits = chip_lossless_adc_bits(&c);
        cr_assert_eq(plan_new(&p, w, &c, &e), ERR_OK, "design %u: %s", i, e.text);
        x = exec_new(p);
        for (uint32_t q = 0; q < w->n_requests; q++)
            cr_assert_eq(exec_logit(x, w->lookup + (size_t)q * workload_n_words(w),
                                    w->dense + (size_t)q * w->n_dense, &n_clipped),
                         w->expected[q], "design %u request %u", i, q);
        cr_assert_eq(n_clipped, 0);
        exec_free(x);
        plan_free(p);
        workload_free(w);
    }
}

Test(exec, one_bit_below_lossless_a_full_column_clips)
{
    static const struct {
        uint32_t rows, cell, dac, encoding, bits;
    } row[] = {{64, 1, 1, ENCODING_DIFFERENTIAL, 7},  {128, 2, 1, ENCODING_DIFFERENTIAL, 9},
               {16, 4, 4, ENCODING_DIFFERENTIAL, 12}, {256, 1, 2, ENCODING_DIFFERENTIAL, 10},
               {128, 2, 1, ENCODING_FLIP, 8},         {128, 1, 1, ENCODING_FLIP, 7},
               {16, 4, 4, ENCODING_FLIP, 11}};

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct chip_config c = {.mvm_rows = row[i].rows,
                                .mvm_cell_bits = row[i].cell,
                                .mvm_dac_bits = row[i].dac,
                                .mvm_encoding = row[i].encoding};
        uint64_t half = row[i].encoding == ENCODING_FLIP ? 2 : 1;
        uint64_t full = row[i].rows * ((1u << row[i].cell) - 1) / half * ((1u << row[i].dac) - 1);

        cr_expect_eq(chip_lossless_adc_bits(&c), row[i].bits, "row %zu", i);
        cr_expect_leq(full, (1u << row[i].bits) - 1, "row %zu", i);
        cr_expect_gt(full, (1u << (row[i].bits - 1)) - 1, "row %zu", i);
    }
}
