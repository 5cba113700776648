/* SPDX-License-Identifier: Apache-2.0 */
/* The chip's arithmetic against the contract taken literally: every bit line summed, every code
 * clipped. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "arch/exec.h"
#include "arch/map.h"
#include "tests/common/tiny_chip.h"
#include "tests/common/tiny_workload.h"

static int32_t int32_at(const uint8_t *b)
{
    return (int32_t)((uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
                     (uint32_t)b[3] << 24);
}

/* Section 6 of docs/microarchitecture.md, word by word; also counts saturated conversions. */
static int64_t literal_total(const struct plan *p, const struct plan_unit *u, const uint8_t *in,
                             uint32_t m, uint32_t v, uint64_t *n_clipped)
{
    const struct plan_mvm *mv = &u->mvm;
    const struct chip_config *c = &p->config;
    uint32_t max = (1u << c->mvm_adc_bits) - 1, cb = m / mv->mpx;
    int64_t total = mv->bias[m];
    const uint8_t *partial = in + (size_t)mv->k * mv->n_vec;

    for (uint32_t other = 0; other < mv->n_partial; other++)
        total += int32_at(partial + 4 * (((size_t)other * mv->m + m) * mv->n_vec + v));

    for (uint32_t rb = 0; rb < mv->n_rb; rb++)
        for (uint32_t col = 0; col < c->mvm_cols; col++) {
            struct plan_column pc = plan_mvm_column(p, u, col);

            if (!pc.valid || pc.local != m % mv->mpx)
                continue;
            for (uint32_t s = 0; s < mv->n_slices; s++) {
                uint32_t sum = 0, code;

                for (uint32_t r = 0; r < c->mvm_rows; r++) {
                    uint32_t k = rb * c->mvm_rows + r;
                    uint32_t x = k < mv->k ? in[k * mv->n_vec + v] : 0;

                    sum += (x >> s * c->mvm_dac_bits & ((1u << c->mvm_dac_bits) - 1)) *
                           plan_mvm_cell(p, u, cb * mv->n_rb + rb, r, col);
                }
                code = sum < max ? sum : max;
                *n_clipped += sum > max;
                total +=
                    (pc.negative ? -1 : 1) * ((int64_t)code << (pc.shift + s * c->mvm_dac_bits));
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

Test(exec, clipped_products_equal_the_contract_read_literally)
{
    struct rng root = rng_new(7);
    uint64_t seen = 0;

    for (uint32_t i = 0; i < 12; i++) {
        struct rng r = rng_child_n(&root, "design", i);
        struct workload *w = tiny_workload(&r, 1);
        struct chip_config c = tiny_chip(&r);
        struct plan *p;
        struct exec *x;
        struct err e;

        cr_assert_eq(plan_new(&p, w, &c, &e), ERR_OK, "design %u: %s", i, e.text);
        x = exec_new(p);
        for (uint32_t k = 0; k < p->n_units; k++)
            if (p->unit[k].kind == UNIT_MVM) {
                check_unit(p, x, &p->unit[k], &r);
                seen++;
            }
        exec_free(x);
        plan_free(p);
        workload_free(w);
    }
    cr_assert_gt(seen, 12);
}

/* One bit below lossless some all-ones column must clip; at lossless nothing ever does. */
Test(exec, lossless_converter_gives_the_workloads_own_logits)
{
    struct rng root = rng_new(11);

    for (uint32_t i = 0; i < 12; i++) {
        struct rng r = rng_child_n(&root, "design", i);
        struct workload *w = tiny_workload(&r, 8);
        struct chip_config c = tiny_chip(&r);
        uint64_t n_clipped = 0;
        struct plan *p;
        struct exec *x;
        struct err e;

        c.mvm_adc_bits = chip_lossless_adc_bits(&c);
        cr_assert_eq(plan_new(&p, w, &c, &e), ERR_OK, "design %u: %s", i, e.text);
        x = exec_new(p);
        for (uint32_t q = 0; q < w->n_requests; q++)
            cr_assert_eq(exec_logit(x, w->lookup + (size_t)q * w->n_fields,
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
        uint32_t rows, cell, dac, bits;
    } row[] = {{64, 1, 1, 7}, {128, 2, 1, 9}, {16, 4, 4, 12}, {256, 1, 2, 10}};

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct chip_config c = {
            .mvm_rows = row[i].rows, .mvm_cell_bits = row[i].cell, .mvm_dac_bits = row[i].dac};
        uint64_t full =
            (uint64_t)row[i].rows * ((1u << row[i].cell) - 1) * ((1u << row[i].dac) - 1);

        cr_expect_eq(chip_lossless_adc_bits(&c), row[i].bits, "row %zu", i);
        cr_expect_leq(full, (1u << row[i].bits) - 1, "row %zu", i);
        cr_expect_gt(full, (1u << (row[i].bits - 1)) - 1, "row %zu", i);
    }
}
