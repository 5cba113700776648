/* SPDX-License-Identifier: Apache-2.0 */
/* Whole chips: random workloads on random designs against the contract's rules. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/chip_stats.h"
#include "arch/count.h"
#include "arch/exec.h"
#include "sim/base/mem.h"
#include "tests/arch/rig_chip.h"
#include "tests/common/tiny_chip.h"
#include "tests/common/tiny_workload.h"

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t operand_at(const struct plan_unit *u, const struct history *h, uint32_t k)
{
    uint64_t c = 0;

    for (uint32_t i = 0; u->kind != UNIT_IO && i < u->n_in; i++)
        c = later(c, h->operand[(size_t)i * h->n_requests + k]);
    return u->kind == UNIT_IO ? k * u->io.interval_cycles : c;
}

static uint32_t last_due(const struct plan_unit *u, uint32_t k)
{
    uint32_t e = u->n_out - 1;

    while (!plan_is_due(u->out[e].due, k))
        e--;
    return e;
}

/* The first cycle in which request k's operands are there and an output register is free: that of
 * request k - output_slots is free from its tail's INJECT. */
static uint64_t ready_at(const struct plan *p, const struct plan_unit *u, const struct history *h,
                         uint32_t k)
{
    uint64_t c = operand_at(u, h, k);

    if (k)
        c = later(c, h->finish[k - 1]);
    if (k >= p->output_slots) {
        uint32_t old = k - p->output_slots;

        c = later(c, h->tail[(size_t)last_due(u, old) * h->n_requests + old]);
    }
    return c;
}

/* Section 5: a start is decided in the first cycle in which engine, operands and output register
 * allow it, START one later; contexts take turns: cycle by cycle, the first that is ready from the
 * one after the last that started. */
static void check_starts(const struct plan *p, const struct plan_tile *t, const struct history *all)
{
    uint32_t n[PLAN_MAX_CONTEXTS] = {0}, turn = 0, left = 0;
    uint64_t idle_from = 0;

    for (uint32_t c = 0; c < t->n_contexts; c++)
        left += all[t->unit[c]].n_requests;
    for (; left; left--) {
        uint64_t first = UINT64_MAX;
        uint32_t best = 0;

        for (uint32_t k = 0; k < t->n_contexts; k++) {
            uint32_t c = (turn + k) % t->n_contexts;
            const struct plan_unit *u = &p->unit[t->unit[c]];
            uint64_t at;

            if (n[c] == all[u->index].n_requests)
                continue;
            at = later(idle_from, ready_at(p, u, &all[u->index], n[c]));
            if (at < first) {
                first = at;
                best = c;
            }
        }
        const struct history *h = &all[t->unit[best]];

        cr_assert_eq(h->start[n[best]], first + 1, "%s context %u request %u", t->name, best,
                     n[best]);
        idle_from = h->finish[n[best]++];
        turn = (best + 1) % t->n_contexts;
    }
}

static void check_edges(const struct plan *p, uint32_t unit, const struct history *all)
{
    const struct plan_unit *u = &p->unit[unit];
    const struct history *h = &all[unit];
    uint32_t n = h->n_requests;

    for (uint32_t e = 0; e < u->n_out; e++) {
        const struct plan_out *o = &u->out[e];
        const struct history *d = &all[o->dst_unit];
        uint32_t in = o->dst_in - p->unit[o->dst_unit].in_first, apart = o->due.mask + 1;

        cr_assert_eq(d->n_received[in], h->n_sent[e]);
        cr_assert(!memcmp(h->sent[e], d->received[in], h->n_sent[e] * sizeof(uint64_t)),
                  "%s edge %u", u->name, e);
        for (uint32_t k = o->due.phase; k < n; k += apart) {
            uint64_t head = h->head[(size_t)e * n + k];

            cr_assert_gt(head, h->finish[k]); /* chosen at FINISH at the earliest */
            if (k >= o->n_slots * apart)      /* with a credit visible when it was chosen */
                cr_assert_gt(head, h->credit[(size_t)e * n + k - o->n_slots * apart]);
        }
    }
    for (uint32_t i = 0; i < u->n_in; i++)
        for (uint32_t k = u->in[i].due.phase; k < n; k += u->in[i].due.mask + 1) {
            uint64_t freed = u->kind == UNIT_IO ? h->operand[k] : h->start[k] + u->load_cycles;

            cr_assert_gt(h->credit_sent[(size_t)i * n + k], freed);
        }
}

Test(chip, events_obey_the_contract)
{
    for (uint64_t seed = 100; seed < 160; seed++) {
        struct rig_chip r = rig_chip_random(seed, 9);
        struct history *h = history_new(&r);

        for (uint32_t i = 0; i < r.plan->n_units; i++)
            if (r.plan->unit[i].kind != UNIT_NONE)
                check_edges(r.plan, i, h);
        for (uint32_t i = 0; i < r.plan->n_nodes; i++)
            check_starts(r.plan, &r.plan->tile[i], h);
        cr_assert_eq(h[r.plan->io_node].operand[8], chip_finish_cycles(r.chip)[8]);
        history_free(h, r.plan);
        rig_chip_free(&r);
    }
}

/* What the transmit side of a tile has done. */
struct sender {
    const struct plan *p;
    const struct plan_tile *t;
    const struct history *all;
    uint32_t paid[PLAN_MAX_EDGES];                                /* in-edges: next request */
    uint32_t edge[PLAN_MAX_CONTEXTS], request[PLAN_MAX_CONTEXTS]; /* next packet */
    uint32_t turn, under_way, word;                               /* word 0: no packet */
};

/* The lowest in-edge that owes a credit in cycle c, UINT32_MAX if none does; *sent: where its
 * INJECT is. */
static uint32_t owing(struct sender *s, uint64_t c, uint64_t *sent)
{
    for (uint32_t k = 0; k < s->t->n_contexts; k++) {
        const struct plan_unit *u = &s->p->unit[s->t->unit[k]];
        const struct history *h = &s->all[u->index];

        for (uint32_t i = 0; i < u->n_in; i++) {
            uint32_t *q = &s->paid[u->in_first + i];
            uint64_t freed;

            if (*q < u->in[i].due.phase)
                *q = u->in[i].due.phase;
            if (*q >= h->n_requests)
                continue;
            freed = u->kind == UNIT_IO ? h->operand[*q] : h->start[*q] + u->load_cycles;
            if (freed > c)
                continue;
            *sent = h->credit_sent[(size_t)i * h->n_requests + *q];
            *q += u->in[i].due.mask + 1;
            return u->in_first + i;
        }
    }
    return UINT32_MAX;
}

/* Whether context k may begin its next packet in cycle c. */
static bool may_begin(struct sender *s, uint32_t k, uint64_t c)
{
    const struct plan_unit *u = &s->p->unit[s->t->unit[k]];
    const struct history *h = &s->all[u->index];
    uint32_t q = s->request[k], n = h->n_requests;
    const struct plan_out *o;

    if (q == n || h->finish[q] > c)
        return false;
    while (!plan_is_due(u->out[s->edge[k]].due, q))
        s->edge[k]++;
    o = &u->out[s->edge[k]];
    return q < o->n_slots * (o->due.mask + 1) ||
           h->credit[(size_t)s->edge[k] * n + q - o->n_slots * (o->due.mask + 1)] <= c;
}

static void end_packet(struct sender *s, uint64_t c)
{
    uint32_t k = s->under_way;
    const struct plan_unit *u = &s->p->unit[s->t->unit[k]];
    const struct history *h = &s->all[u->index];

    cr_assert_eq(h->tail[(size_t)s->edge[k] * h->n_requests + s->request[k]], c + 1, "%s cycle %u",
                 u->name, (unsigned)c);
    s->word = 0;
    if (s->edge[k]++ == last_due(u, s->request[k])) {
        s->edge[k] = 0;
        s->request[k]++;
    }
}

/* Section 5, transmit, cycle by cycle, where the local buffer is never full: pending credits first,
 * the lowest in-edge before the others, else the packet under way, else the next of a context that
 * may begin one. Compares every INJECT of the tile. */
static void check_transmit(const struct plan *p, const struct plan_tile *t,
                           const struct history *all, uint64_t n_cycles)
{
    struct sender s = {.p = p, .t = t, .all = all};

    for (uint64_t c = 0; c < n_cycles; c++) {
        uint64_t sent;

        if (owing(&s, c, &sent) != UINT32_MAX) {
            cr_assert_eq(sent, c + 1, "%s cycle %u", t->name, (unsigned)c);
            continue;
        }
        if (s.word) {
            if (s.word++ == p->unit[t->unit[s.under_way]].out[s.edge[s.under_way]].n_words)
                end_packet(&s, c);
            continue;
        }
        for (uint32_t k = 0; k < t->n_contexts && !s.word; k++) {
            uint32_t at = (s.turn + k) % t->n_contexts;
            const struct history *h = &all[t->unit[at]];

            if (!may_begin(&s, at, c))
                continue;
            cr_assert_eq(h->head[(size_t)s.edge[at] * h->n_requests + s.request[at]], c + 1,
                         "%s cycle %u", t->name, (unsigned)c);
            s.under_way = at;
            s.word = 1;
        }
        if (s.word)
            s.turn = (s.under_way + 1) % t->n_contexts;
    }
    for (uint32_t k = 0; k < t->n_contexts; k++)
        cr_assert_eq(s.request[k], all[t->unit[k]].n_requests);
}

Test(chip, transmit_decisions)
{
    for (uint64_t seed = 800; seed < 840; seed++) {
        struct rng g = rng_new(seed);
        struct workload *w = tiny_bag_workload(&g, 9);
        struct chip_config c = tiny_chip(&g);
        struct rig_chip r;
        struct history *h;

        c.noc_buffer_flits = 64;
        r = rig_chip_run(w, &c, 0);
        h = history_new(&r);
        for (uint32_t i = 0; i < r.plan->n_units; i++)
            cr_assert_eq(chip_counts(r.chip, i)->stall_inject_cycles, 0);
        for (uint32_t i = 0; i < r.plan->n_nodes; i++)
            check_transmit(r.plan, &r.plan->tile[i], h, chip_n_cycles(r.chip));
        history_free(h, r.plan);
        rig_chip_free(&r);
    }
}

Test(chip, logits)
{
    uint32_t n_lossless = 0;

    for (uint64_t seed = 200; seed < 260; seed++) {
        struct rig_chip r = rig_chip_random(seed, 5);
        const struct workload *w = r.workload;
        struct exec *x = exec_new(r.plan);
        const int32_t *logit = chip_logits(r.chip);
        bool lossless = !chip_may_lose(&r.plan->config);
        uint64_t n_clipped = 0, n_clipped_run = 0;

        for (size_t k = 0; k < 5; k++) {
            cr_assert_eq(logit[k], exec_logit(x, w->lookup + k * workload_n_words(w),
                                              w->dense + k * w->n_dense, &n_clipped));
            if (lossless)
                cr_assert_eq(logit[k], w->expected[k]);
        }
        for (uint32_t i = 0; i < r.plan->n_units; i++)
            n_clipped_run += chip_counts(r.chip, i)->n_clipped;
        cr_assert_eq(n_clipped_run, n_clipped);
        n_lossless += lossless;
        exec_free(x);
        rig_chip_free(&r);
    }
    cr_assert_gt(n_lossless, 5);
}

static void check_same(const struct rig_chip *a, const struct rig_chip *b)
{
    const struct event_log *x = chip_events(a->chip), *y = chip_events(b->chip);

    cr_assert_eq(x->n, y->n);
    for (uint64_t i = 0; i < x->n; i++)
        cr_assert_eq(event_compare(&x->at[i], &y->at[i]), 0);
    for (uint32_t i = 0; i < a->plan->n_units; i++)
        cr_assert(
            !memcmp(chip_counts(a->chip, i), chip_counts(b->chip, i), sizeof(struct unit_counts)));
    cr_assert_eq(chip_n_cycles(a->chip), chip_n_cycles(b->chip));
}

/* All statistics of a run, as they are written. */
static char *stats_text(const struct rig_chip *r, const struct params *q)
{
    struct stats *st = stats_new();
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);

    cr_assert(f);
    chip_stats(r->chip, q, st);
    stats_write_txt(st, f);
    fclose(f);
    stats_free(st);
    return text;
}

/* Events of one cycle and phase commute; and a rerun is the same run. */
Test(chip, order_of_ties_does_not_matter)
{
    struct params *q;
    struct err e;

    cr_assert_eq(params_load(&q, AUTORAC_SOURCE_DIR "/arch/params", "isaac32", &e), ERR_OK, "%s",
                 e.text);
    for (uint64_t seed = 300; seed < 324; seed++) {
        struct rig_chip first = rig_chip_random(seed, 6);
        char *want = stats_text(&first, q);

        for (uint64_t shuffle = 0; shuffle <= 100; shuffle++) {
            struct rig_chip r = rig_chip_again(&first, shuffle);
            char *text = stats_text(&r, q);

            check_same(&first, &r);
            cr_assert_str_eq(text, want, "seed %u shuffle %u", (unsigned)seed, (unsigned)shuffle);
            free(text);
            rig_chip_free(&r);
        }
        free(want);
        rig_chip_free(&first);
    }
    params_free(q);
}

/* What depends on the rows looked up is tests/arch/test_emb.c's. */
static void take_embedding(struct unit_counts *want, const struct unit_counts *got)
{
    if (!got->n_lookups)
        return;
    want->busy_cycles = got->busy_cycles;
    want->n_lookups = got->n_lookups;
    want->n_row_reads = got->n_row_reads;
    want->n_activations = got->n_activations;
    want->n_emb_cells = got->n_emb_cells;
    want->n_pool_conversions = got->n_pool_conversions;
    want->n_emb_adds = got->n_emb_adds;
    want->n_hot_reads = got->n_hot_reads;
    want->n_copy_reads = got->n_copy_reads;
    want->n_cache_hits = got->n_cache_hits;
    want->n_cache_fills = got->n_cache_fills;
    want->bank_conflict_cycles = got->bank_conflict_cycles;
}

/* Engine and network counts are those the plan foretells. */
Test(chip, counts_are_the_plans)
{
    for (uint64_t seed = 400; seed < 430; seed++) {
        const uint32_t n = 6;
        struct rig_chip r = rig_chip_random(seed, n);
        struct unit_counts *all = mem_alloc(r.plan->n_units, sizeof *all);
        uint64_t n_injected = 0, n_ejected = 0;

        count_requests(r.plan, n, all);
        for (uint32_t i = 0; i < r.plan->n_units; i++) {
            struct unit_counts got = *chip_counts(r.chip, i), want = all[i];

            take_embedding(&want, &got);
            want.stall_operand_cycles = got.stall_operand_cycles;
            want.stall_output_cycles = got.stall_output_cycles;
            want.stall_credit_cycles = got.stall_credit_cycles;
            want.stall_inject_cycles = got.stall_inject_cycles;
            want.n_clipped = got.n_clipped;
            want.peak_vc_flits = got.peak_vc_flits;
            cr_assert(!memcmp(&got, &want, sizeof got), "seed %u node %u", (unsigned)seed, i);
            cr_assert_leq(got.peak_vc_flits, r.plan->buffer_flits);
        }
        for (uint64_t k = 0; k < chip_events(r.chip)->n; k++) {
            n_injected += chip_events(r.chip)->at[k].kind == EVENT_INJECT;
            n_ejected += chip_events(r.chip)->at[k].kind == EVENT_EJECT;
        }
        cr_assert_eq(n_injected, n_ejected);
        free(all);
        rig_chip_free(&r);
    }
}

/* Stalls of units that have a tile to themselves, recomputed from the log. With one unit waiting
 * for nothing but operands between requests: idle cycles from 0 to the last start are operand or
 * output stalls, less the cycle of each decision. */
Test(chip, idle_cycles_are_accounted_for)
{
    for (uint64_t seed = 500; seed < 530; seed++) {
        const uint32_t n = 7;
        struct rig_chip r = rig_chip_random(seed, n);
        struct history *h = history_new(&r);

        for (uint32_t i = 0; i < r.plan->n_units; i++) {
            const struct plan_unit *u = &r.plan->unit[i];
            const struct unit_counts *c = chip_counts(r.chip, i);
            uint64_t operand = 0, output = 0, idle_from = 0;

            if (u->kind == UNIT_NONE || u->kind == UNIT_IO || r.plan->tile[u->node].n_contexts > 1)
                continue;
            for (uint32_t k = 0; k < h[i].n_requests; k++) {
                uint64_t there = later(operand_at(u, &h[i], k), idle_from);
                uint64_t decided = h[i].start[k] - 1;

                operand += there - idle_from;
                output += decided - there;
                idle_from = h[i].finish[k];
            }
            cr_assert_eq(c->stall_operand_cycles, operand, "seed %u %s", (unsigned)seed, u->name);
            cr_assert_eq(c->stall_output_cycles, output, "seed %u %s", (unsigned)seed, u->name);
        }
        history_free(h, r.plan);
        rig_chip_free(&r);
    }
}

/* Pumped through the outer loop it is the same run. */
Test(chip, through_the_loop)
{
    struct rig_chip first = rig_chip_random(610, 8);
    struct rig_chip r = {.plan = first.plan};
    struct loop *l;
    struct err e;

    cr_assert_eq(loop_new(&l, &e), ERR_OK, "%s", e.text);
    cr_assert_eq(sim_new(&r.sim, NULL, &e), ERR_OK);
    cr_assert_eq(chip_new(&r.chip, r.plan, r.sim, true, &e), ERR_OK);
    cr_assert_eq(chip_run(r.chip, l, &e), ERR_OK, "%s", e.text);
    check_same(&first, &r);
    loop_free(l);
    rig_chip_free(&r);
    rig_chip_free(&first);
}

struct taken {
    struct chip *chip;
    struct event_log log;
    uint64_t n_calls;
};

static void take(void *self, const struct event *ev, uint64_t n)
{
    struct taken *t = self;

    t->n_calls++;
    for (uint64_t i = 0; i < n; i++) {
        cr_assert(!t->log.n || event_compare(&t->log.at[t->log.n - 1], &ev[i]) <= 0);
        event_log_add(&t->log, &ev[i]);
    }
}

static uint64_t sample(void *self, uint64_t now_cycles)
{
    struct taken *t = self;

    chip_hand_over_now(t->chip);
    return now_cycles + 777;
}

/* Handed over as the chip goes on, at its own times and when asked: each event once, in order. */
Test(chip, events_handed_over_are_those_recorded)
{
    struct rig_chip first = rig_chip_random(610, 400);
    const struct event_log *want = chip_events(first.chip);
    struct rig_chip r = {.plan = first.plan};
    struct taken t = {0};
    struct err e;

    cr_assert(chip_n_cycles(first.chip) > 20000, "%llu",
              (unsigned long long)chip_n_cycles(first.chip));
    cr_assert_eq(sim_new(&r.sim, NULL, &e), ERR_OK);
    cr_assert_eq(chip_new(&r.chip, r.plan, r.sim, true, &e), ERR_OK);
    t.chip = r.chip;
    chip_hand_over(r.chip, &(struct chip_taker){&t, take});
    chip_sample(r.chip, &(struct chip_sampler){&t, sample, 500});
    cr_assert_eq(chip_run(r.chip, NULL, &e), ERR_OK, "%s", e.text);
    cr_expect(t.n_calls > 30);
    cr_expect_eq(chip_events(r.chip)->n, 0);
    cr_assert_eq(t.log.n, want->n);
    for (uint64_t i = 0; i < want->n; i++)
        cr_assert_eq(event_compare(&t.log.at[i], &want->at[i]), 0);
    event_log_fini(&t.log);
    rig_chip_free(&r);
    rig_chip_free(&first);
}

/* Without a slot to send to, nothing ever moves: the run ends and says who waits for what. */
Test(chip, standing_still_is_reported)
{
    struct rng g = rng_new(1);
    struct workload *w = tiny_fc_workload(&g, 8, 4, 3);
    struct chip_config c = tiny_chip(&g);
    struct plan *p;
    struct sim *s;
    struct chip *chip;
    struct err e;

    c.noc_topology = NOC_MESH;
    c.map_placement = MAP_SNAKE;
    c.map_pack = c.map_replicate = 0;
    cr_assert_eq(plan_new(&p, w, &c, &e), ERR_OK);
    p->unit[1].out[0].n_slots = 0;
    cr_assert_eq(sim_new(&s, NULL, &e), ERR_OK);
    cr_assert_eq(chip_new(&chip, p, s, false, &e), ERR_OK);
    cr_assert_null(chip_events(chip));
    cr_assert_eq(chip_run(chip, NULL, &e), ERR_BUG);
    cr_expect(strstr(e.text, "0 of 3 logits"), "%s", e.text);
    cr_expect(strstr(e.text, "n1_b1_fc_0 waits for a slot at n3_final_0"), "%s", e.text);
    cr_expect(strstr(e.text, "n3_final_0 waits for an operand from n1_b1_fc_0"), "%s", e.text);
    chip_free(chip);
    sim_free(s);
    plan_free(p);
    workload_free(w);
}

Test(chip, statistics)
{
    struct rig_chip r = rig_chip_random(600, 12);
    struct stats *st = stats_new();
    struct params *q;
    struct err e;
    double area = 0, energy = 0, value[3] = {0};

    cr_assert_eq(params_load(&q, AUTORAC_SOURCE_DIR "/arch/params", "isaac32", &e), ERR_OK, "%s",
                 e.text);
    chip_stats(r.chip, q, st);
    for (uint64_t i = 0; i < stats_n(st); i++) {
        const char *name = stats_name(st, i);

        cr_assert(!strncmp(name, "chip.", 5));
        cr_assert_neq(*stats_meaning(st, i), '\0');
        if (!strncmp(name, "chip.area.", 10))
            area += stats_value(st, i);
        if (!strncmp(name, "chip.energy.", 12) && strcmp(name, "chip.energy.total_pj"))
            energy += stats_value(st, i);
        if (!strcmp(name, "chip.area_mm2"))
            value[0] = stats_value(st, i);
        if (!strcmp(name, "chip.energy.total_pj"))
            value[1] = stats_value(st, i);
        if (!strcmp(name, "chip.latency_p50_cycles"))
            value[2] = stats_value(st, i);
        for (uint64_t k = 0; k < i; k++)
            cr_assert_str_neq(name, stats_name(st, k));
    }
    cr_expect_eq(value[0], area * 1e-6); /* in the order they are reported: bit for bit */
    cr_expect_eq(value[1], energy);
    cr_expect_gt(value[2], 0);
    params_free(q);
    stats_free(st);
    rig_chip_free(&r);
}
