/* SPDX-License-Identifier: Apache-2.0 */
/* The mesh: hand-computed cycles, then everything against the contract taken literally. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/base/rng.h"
#include "tests/arch/rig_noc.h"

/* Chosen in cycle d, a head is visible in the LOCAL buffer at d+2 and takes 4 cycles a router (VA,
 * SA, crossbar, link): EJECT at d + 2 + 4 R, R routers; the packet follows a flit a cycle. */
Test(noc, zero_load)
{
    static const struct {
        uint32_t src, dst, routers;
    } row[] = {{0, 0, 1}, {0, 1, 2}, {1, 0, 2},  {0, 3, 4},
               {0, 4, 2}, {4, 0, 2}, {0, 15, 7}, {12, 3, 7}};

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct rig *r = rig_new(4, 4, 2, 8);

        rig_send(r, row[i].src, row[i].dst, 1, 5, 10);
        rig_run(r, 0);
        cr_assert_eq(r->n_ejects, 5);
        for (uint32_t k = 0; k < 5; k++) {
            cr_expect_eq(r->eject[k].cycle, 10 + 2 + 4 * row[i].routers + k, "row %zu flit %u", i,
                         k);
            cr_expect_eq(r->eject[k].node, row[i].dst);
            cr_expect_eq(r->eject[k].payload, rig_payload(r, 0, k));
        }
        rig_free(r);
    }
}

/* The largest mesh, from corner to corner, and where a coordinate takes its fifth bit. */
Test(noc, zero_load_of_the_largest_mesh)
{
    static const struct {
        uint32_t src, dst, routers;
    } row[] = {{0, 32 * 32 - 1, 63}, {31, 31 * 32, 63}, {15, 16, 2}, {15 * 32, 16 * 32, 2}};

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct rig *r = rig_new(NOC_MAX_SIDE, NOC_MAX_SIDE, 2, 8);

        rig_send(r, row[i].src, row[i].dst, 1, 1, 10);
        rig_run(r, 0);
        cr_assert_eq(r->n_ejects, 1);
        cr_expect_eq(r->eject[0].cycle, 10 + 2 + 4 * row[i].routers, "row %zu", i);
        cr_expect_eq(r->eject[0].node, row[i].dst);
        rig_free(r);
    }
}

/* One place in the buffer: the next flit goes when it has turned round, in 6 cycles over a link and
 * in 5 at the LOCAL port (chosen c, granted c+2, back at c+5). */
Test(noc, credit_turnaround)
{
    static const struct {
        uint32_t dst, buffer, cycles_8_flits;
    } row[] = {{0, 1, 35}, {1, 1, 42}, {3, 1, 42}, {0, 4, 9},
               {0, 5, 7},  {1, 5, 8},  {1, 6, 7},  {3, 6, 7}};

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct rig *r = rig_new(4, 1, 1, row[i].buffer);

        rig_send(r, 0, row[i].dst, 0, 9, 0);
        rig_run(r, 0);
        /* from the first to the eighth payload flit: the head's extra cycle for VA is over */
        cr_expect_eq(r->eject[8].cycle - r->eject[1].cycle, row[i].cycles_8_flits, "row %zu: %u", i,
                     (unsigned)(r->eject[8].cycle - r->eject[1].cycle));
        cr_expect_leq(r->peak, row[i].buffer);
        rig_free(r);
    }
}

/* A channel allocated to the next packet in the cycle after a tail: P flits take P + 1 cycles of
 * one VC; two VCs fill each other's gaps. */
Test(noc, packets_on_one_and_two_vcs)
{
    for (uint32_t n_flits = 1; n_flits <= 6; n_flits++)
        for (uint32_t n_vcs = 1; n_vcs <= 2; n_vcs++) {
            struct rig *r = rig_new(2, 1, n_vcs, 16);
            uint64_t first, last;

            for (uint32_t k = 0; k < 40; k++)
                rig_send(r, 0, 1, k % n_vcs, n_flits, 0);
            rig_run(r, 0);
            cr_assert_eq(r->n_ejects, 40 * n_flits);
            first = r->eject[20 * n_flits].cycle;
            last = r->eject[30 * n_flits].cycle;
            cr_expect_eq(last - first, 10 * (n_vcs == 1 ? n_flits + 1 : n_flits), "%u flits %u VCs",
                         n_flits, n_vcs);
            rig_free(r);
        }
}

/* Nodes 0 and 2 send to 1 in the same cycle on one VC: inputs WEST (4) and EAST (2), pointer at 0,
 * so EAST is first. Its tail is granted at 14, the other head allocated at 15 and granted at 16. */
Test(noc, allocation_order)
{
    struct rig *r = rig_new(3, 1, 1, 8);

    rig_send(r, 0, 1, 0, 4, 4);
    rig_send(r, 2, 1, 0, 4, 4);
    rig_run(r, 0);
    for (uint32_t k = 0; k < 4; k++) {
        cr_expect_eq(r->eject[k].payload, rig_payload(r, 1, k));
        cr_expect_eq(r->eject[k].cycle, 14 + k);
        cr_expect_eq(r->eject[4 + k].payload, rig_payload(r, 0, k));
        cr_expect_eq(r->eject[4 + k].cycle, 19 + k);
    }
    rig_free(r);
}

/* The same on two VCs: both are allocated at once and the switch alternates, EAST first. */
Test(noc, switch_alternates)
{
    struct rig *r = rig_new(3, 1, 2, 8);

    rig_send(r, 0, 1, 0, 4, 4);
    rig_send(r, 2, 1, 1, 4, 4);
    rig_run(r, 0);
    for (uint32_t k = 0; k < 8; k++) {
        cr_expect_eq(r->eject[k].payload, rig_payload(r, k % 2 ? 0 : 1, k / 2));
        cr_expect_eq(r->eject[k].cycle, 14 + k);
    }
    rig_free(r);
}

/* 4x4 nodes on 2x2 routers: 1, 2 or 3 of them on the way, and two nodes of one block. */
Test(noc, zero_load_of_a_concentrated_mesh)
{
    static const struct {
        uint32_t src, dst, routers;
    } row[] = {{0, 0, 1}, {0, 1, 1}, {0, 5, 1},  {5, 0, 1},
               {0, 2, 2}, {1, 7, 2}, {0, 15, 3}, {12, 3, 3}};

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct rig *r = rig_new(4, 4, 2, 8);

        r->cfg.topology = NOC_CMESH;
        rig_send(r, row[i].src, row[i].dst, 1, 5, 10);
        rig_run(r, 0);
        cr_assert_eq(r->n_ejects, 5);
        for (uint32_t k = 0; k < 5; k++) {
            cr_expect_eq(r->eject[k].cycle, 10 + 2 + 4 * row[i].routers + k, "row %zu flit %u", i,
                         k);
            cr_expect_eq(r->eject[k].node, row[i].dst);
        }
        rig_free(r);
    }
}

static struct rig *random_traffic(struct rng *g)
{
    uint32_t width = 1 + (uint32_t)rng_below(g, 4), height = 1 + (uint32_t)rng_below(g, 4);
    uint32_t n = width * height, n_vcs = 1 + (uint32_t)rng_below(g, 4);
    struct rig *r = rig_new(width, height, n_vcs, 1 + (uint32_t)rng_below(g, 9));
    uint32_t n_packets = 20 + (uint32_t)rng_below(g, 300);
    uint64_t span = 1 + rng_below(g, 2000);
    uint32_t hot = (uint32_t)rng_below(g, n), shared = (uint32_t)rng_below(g, 3);

    r->cfg.topology = rng_below(g, 2) ? NOC_MESH : NOC_CMESH;
    r->cfg.routing = rng_below(g, 2) ? NOC_XY : NOC_YX;
    r->cfg.stages = 4 + (uint32_t)rng_below(g, 2);
    r->cfg.eject_credits = rng_below(g, 2) != 0;
    for (uint32_t v = 0; v < n_vcs && shared; v++) /* any channel, or any set with its own */
        r->cfg.vc_mask[v] |=
            (uint8_t)((shared == 1 ? 255 : rng_below(g, 256)) & ((1u << n_vcs) - 1));
    for (uint32_t k = 0; k < n_packets; k++)
        rig_send(r, (uint32_t)rng_below(g, n), rng_below(g, 3) ? (uint32_t)rng_below(g, n) : hot,
                 (uint32_t)rng_below(g, n_vcs), 1 + (uint32_t)rng_below(g, 12), rng_below(g, span));
    return r;
}

/* Every flit of every packet arrives once, at its destination, in order, and nothing is left. */
static void check_conserved(const struct rig *r)
{
    uint32_t *next = mem_alloc(r->n_packets, sizeof *next), n_flits = 0;
    uint32_t current[256][NOC_MAX_VCS];

    memset(current, 0xff, sizeof current);
    for (uint32_t i = 0; i < r->n_ejects; i++) {
        const struct rig_eject *x = &r->eject[i];
        uint32_t *k = &current[x->node][x->vc];

        if (x->head) {
            cr_assert_eq(*k, UINT32_MAX, "a packet inside a packet");
            *k = (uint32_t)(x->payload >> 21);
        }
        cr_assert_lt(*k, r->n_packets);
        cr_assert_eq(r->packet[*k].dst, x->node);
        cr_assert_eq(x->payload, rig_payload(r, *k, next[*k]++));
        if (x->tail) {
            cr_assert_eq(next[*k], r->packet[*k].n_flits);
            *k = UINT32_MAX;
        }
    }
    for (uint32_t k = 0; k < r->n_packets; k++)
        n_flits += r->packet[k].n_flits;
    cr_assert_eq(r->n_ejects, n_flits);
    cr_assert_eq(r->n_held, 0);
    cr_assert_leq(r->peak, r->cfg.buffer_flits);
    free(next);
}

/* The fifth stage, routing, is a cycle a router; y first takes as long as x first. */
Test(noc, zero_load_of_five_stages)
{
    for (uint32_t yx = 0; yx < 2; yx++) {
        struct rig *r = rig_new(4, 4, 2, 8);

        r->cfg.stages = 5;
        r->cfg.routing = yx ? NOC_YX : NOC_XY;
        rig_send(r, 1, 14, 1, 3, 10); /* (1,0) to (2,3): 5 routers */
        rig_run(r, 0);
        cr_assert_eq(r->n_ejects, 3);
        for (uint32_t k = 0; k < 3; k++)
            cr_expect_eq(r->eject[k].cycle, 10 + 2 + 5 * 5 + k);
        rig_free(r);
    }
}

/* Heads that may have any channel: two packets injected on channel 0 share a link on two. */
Test(noc, any_free_channel)
{
    struct rig *r = rig_new(3, 1, 2, 8);

    r->cfg.vc_mask[0] = r->cfg.vc_mask[1] = 3;
    rig_send(r, 0, 1, 0, 4, 4);
    rig_send(r, 2, 1, 0, 4, 4);
    rig_run(r, 0);
    /* both want the LOCAL output: EAST is first and has channel 0; WEST asked for the same, loses,
     * and gets channel 1 a cycle later */
    cr_assert_eq(r->n_ejects, 8);
    cr_expect_eq(r->eject[0].payload, rig_payload(r, 1, 0));
    cr_expect_eq(r->eject[0].vc, 0);
    cr_expect_eq(r->eject[0].cycle, 14);
    cr_expect_eq(r->eject[1].payload, rig_payload(r, 0, 0));
    cr_expect_eq(r->eject[1].vc, 1);
    cr_expect_eq(r->eject[1].cycle, 15);
    rig_free(r);
}

/* A tile with one place a channel takes a flit every 6 cycles. */
Test(noc, eject_credits)
{
    struct rig *r = rig_new(2, 1, 1, 1);

    r->cfg.eject_credits = true;
    rig_send(r, 0, 0, 0, 9, 0);
    rig_run(r, 0);
    cr_expect_eq(r->eject[8].cycle - r->eject[1].cycle, 42);
    rig_free(r);
}

Test(noc, random_traffic_equals_the_contract)
{
    struct rng g = rng_new(20);

    for (uint32_t round = 0; round < 150; round++) {
        struct rig *r = random_traffic(&g);
        struct rig_eject *got = mem_alloc(RIG_MAX_FLITS, sizeof *got);
        uint32_t n;
        uint64_t peak;

        rig_run(r, round % 2 ? round : 0);
        check_conserved(r);
        n = r->n_ejects;
        peak = r->peak;
        memcpy(got, r->eject, n * sizeof *got);
        rig_run_literal(r);
        cr_assert_eq(n, r->n_ejects, "round %u", round);
        cr_assert_eq(peak, r->peak, "round %u", round);
        for (uint32_t i = 0; i < n; i++)
            cr_assert(got[i].cycle == r->eject[i].cycle && got[i].node == r->eject[i].node &&
                          got[i].vc == r->eject[i].vc && got[i].payload == r->eject[i].payload,
                      "round %u: flit %u at cycle %u, by the contract at %u", round, i,
                      (unsigned)got[i].cycle, (unsigned)r->eject[i].cycle);
        free(got);
        rig_free(r);
    }
}

Test(noc, order_of_ties_does_not_matter)
{
    struct rng g = rng_new(21);

    for (uint32_t round = 0; round < 10; round++) {
        struct rig *r = random_traffic(&g);
        struct rig_eject *first = mem_alloc(RIG_MAX_FLITS, sizeof *first);

        rig_run(r, 0);
        memcpy(first, r->eject, r->n_ejects * sizeof *first);
        for (uint64_t seed = 1; seed <= 20; seed++) {
            rig_run(r, seed);
            cr_assert(!memcmp(first, r->eject, r->n_ejects * sizeof *first), "round %u seed %u",
                      round, (unsigned)seed);
        }
        free(first);
        rig_free(r);
    }
}
