/* SPDX-License-Identifier: Apache-2.0 */
/* One tile: packing, bank conflicts, hand-computed cycles, slots and output registers at their
 * limits. */
#include <criterion/criterion.h>
#include <string.h>

#include "arch/exec.h"
#include "arch/tile.h"
#include "tests/arch/rig_chip.h"
#include "tests/common/tiny_chip.h"
#include "tests/common/tiny_workload.h"

Test(tile, packing)
{
    static const uint8_t code[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    uint64_t word[4];
    uint8_t back[16];
    uint32_t index[] = {0xdeadbeef, 7, 0x80000001}, index_back[3];

    tile_pack(code, 11, 32, 4, word);
    cr_expect_eq(word[0], 0x87654321);
    cr_expect_eq(word[1], 0xba9);
    tile_unpack(word, 32, 4, 11, back);
    cr_expect_arr_eq(back, code, 11);
    tile_pack(code, 11, 64, 8, word);
    cr_expect_eq(word[0], 0x0807060504030201);
    cr_expect_eq(word[1], 0x0b0a09);
    tile_unpack(word, 64, 8, 11, back);
    cr_expect_arr_eq(back, code, 11);
    word[0] = 0x7deadbeef;
    word[1] = 0x80000001;
    tile_unpack(word, 64, 32, 3, (uint8_t *)(void *)index_back);
    cr_expect_arr_eq(index_back, index, sizeof index);
}

static struct chip_config default_chip(void)
{
    struct chip_config c;
    struct err e;

    cr_assert_eq(chip_config_read(NULL, &c, &e), ERR_OK);
    return c;
}

/* I/O (0,0) -> fc (1,0) -> final (1,1) -> I/O, one request, cycle by cycle. */
Test(tile, one_request_by_hand)
{
    struct rng g = rng_new(5);
    struct chip_config c = default_chip();
    struct rig_chip r = rig_chip_run(tiny_fc_workload(&g, 20, 12, 1), &c, 0);
    struct history *h = history_new(&r);
    const struct plan_unit *fc = &r.plan->unit[1], *final = &r.plan->unit[3];
    uint64_t n_fc = fc->in[0].n_words, n_final = final->in[0].n_words, t;

    cr_assert_eq(fc->kind, UNIT_MVM);
    cr_assert_eq(final->kind, UNIT_MVM);
    cr_expect_eq(h[0].start[0], 1);
    cr_expect_eq(h[0].finish[0], 2);
    cr_expect_eq(h[0].head[0], 3); /* chosen in 2 */
    cr_expect_eq(h[0].tail[0], 3 + n_fc);
    t = 2 + 2 + 4 * 2 + n_fc; /* two routers, the tail n_fc cycles after the head */
    cr_expect_eq(h[1].operand[0], t);
    cr_expect_eq(h[1].start[0], t + 1);
    t += 1 + fc->load_cycles;
    cr_expect_eq(h[1].credit_sent[0], t + 1); /* chosen in t */
    cr_expect_eq(h[0].credit[0], t + 2 + 4 * 2);
    t += fc->comp_cycles;
    cr_expect_eq(h[1].finish[0], t);
    cr_expect_eq(h[1].head[0], t + 1);
    t += 2 + 4 * 2 + n_final;
    cr_expect_eq(h[3].operand[0], t);
    cr_expect_eq(h[3].start[0], t + 1);
    t += 1 + final->load_cycles + final->comp_cycles;
    cr_expect_eq(h[3].finish[0], t);
    t += 2 + 4 * 3 + 1; /* three routers, one word */
    cr_expect_eq(h[0].operand[0], t);
    cr_expect_eq(chip_finish_cycles(r.chip)[0], t);
    cr_expect_eq(chip_n_cycles(r.chip), t + 2 + 4 * 3); /* the logit's credit comes home */
    history_free(h, r.plan);
    rig_chip_free(&r);
}

/* A slow consumer: the producer has as many packets under way as there are slots, never more. */
Test(tile, slots_and_output_registers_fill)
{
    for (uint32_t slots = 1; slots <= 3; slots++)
        for (uint32_t registers = 1; registers <= 2; registers++) {
            struct rng g = rng_new(9);
            struct chip_config c = default_chip();
            uint32_t n = 9, most = 0, ahead = 0;
            struct rig_chip r;
            struct history *h;

            c.tile_slots = slots;
            c.tile_output_slots = registers;
            c.mvm_read_ns = 400;
            r = rig_chip_run(tiny_fc_workload(&g, 30, 10, n), &c, 0);
            h = history_new(&r);
            for (uint32_t k = 0; k < n; k++) {
                uint32_t out = 0, held = 0;

                for (uint32_t j = 0; j <= k; j++) {
                    out += h[0].credit[j] >= h[0].head[k];
                    held += h[0].tail[j] > h[0].start[k]; /* register taken when k starts */
                }
                most = out > most ? out : most;
                ahead = held > ahead ? held : ahead;
                cr_assert_leq(out, slots);
                cr_assert_leq(held, registers);
            }
            cr_expect_eq(most, slots);
            cr_expect_eq(ahead, registers);
            /* the first packet that must wait leaves the cycle its credit is there: chosen at
             * CREDIT */
            cr_expect_eq(h[0].head[slots], h[0].credit[0] + 1);
            /* I/O could start the next as soon as the register is free: START after the tail */
            cr_expect_eq(h[0].start[slots + registers], h[0].tail[slots] + 1);
            history_free(h, r.plan);
            rig_chip_free(&r);
        }
}

/* The schedule of section 6, slice by slice. */
static uint64_t mvm_schedule(const struct plan_mvm *m)
{
    uint64_t t = 0;

    for (uint32_t v = 0; v < m->n_vec; v += m->copies) {
        uint64_t sample = t + m->read_cycles, converted = 0;

        for (uint32_t i = 0; i < m->n_slices; i++) {
            if (i) { /* read while slice i-1 is converted; sampled when both are done */
                uint64_t read = sample + m->read_cycles;

                sample = read > converted ? read : converted;
            }
            converted = sample;
            for (uint32_t j = 0; j < m->convs_per_slice; j++)
                converted += m->conv_cycles;
        }
        t = converted;
        for (uint32_t cb = 0; cb < m->copies * m->n_cb; cb++)
            for (uint32_t group = 0; group < m->groups; group++)
                t += m->n_rb + m->n_partial;
    }
    return t;
}

static uint64_t int_schedule(const struct plan_int *d)
{
    uint64_t t = 0;

    if (d->mode == INT_ADD)
        return d->chunks;
    if (d->mode == INT_FM)
        return (d->rows + 1) * d->chunks;
    if (d->array)
        t = (uint64_t)d->dim * d->write_cycles;
    for (uint32_t i = 1; i < d->rows; i++)
        t += d->array ? d->in_slices * d->score_cycles + (i + d->lanes - 1) / d->lanes
                      : (uint64_t)i * d->chunks;
    return t;
}

Test(tile, service_time_is_the_schedule)
{
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct rig_chip r = rig_chip_random(seed, 4);
        struct history *h = history_new(&r);

        for (uint32_t i = 0; i < r.plan->n_units; i++) {
            const struct plan_unit *u = &r.plan->unit[i];

            if (u->kind == UNIT_EMB)
                continue; /* tests/arch/test_emb.c */
            for (uint32_t k = 0; k < h[i].n_requests; k++) {
                uint64_t want = u->kind == UNIT_IO    ? 1
                                : u->kind == UNIT_MVM ? mvm_schedule(&u->mvm)
                                                      : int_schedule(&u->dyn);

                cr_assert_eq(h[i].finish[k] - h[i].start[k], u->load_cycles + want,
                             "seed %u %s request %u", (unsigned)seed, u->name, k);
            }
        }
        history_free(h, r.plan);
        rig_chip_free(&r);
    }
}
