/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/arch/rig_chip.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "arch/noc.h"
#include "sim/base/mem.h"
#include "tests/common/tiny_chip.h"
#include "tests/common/tiny_workload.h"

static void run(struct rig_chip *r, uint64_t shuffle_seed)
{
    struct sim_cfg cfg = {.shuffle_ties = shuffle_seed != 0, .shuffle_seed = shuffle_seed};
    struct err e;

    cr_assert_eq(sim_new(&r->sim, &cfg, &e), ERR_OK, "%s", e.text);
    cr_assert_eq(chip_new(&r->chip, r->plan, r->sim, true, &e), ERR_OK, "%s", e.text);
    cr_assert_eq(chip_run(r->chip, NULL, &e), ERR_OK, "%s", e.text);
}

struct rig_chip rig_chip_run(struct workload *w, const struct chip_config *c, uint64_t shuffle_seed)
{
    struct rig_chip r = {.workload = w};
    struct err e;

    cr_assert_eq(plan_new(&r.plan, w, c, &e), ERR_OK, "%s", e.text);
    run(&r, shuffle_seed);
    return r;
}

struct rig_chip rig_chip_random(uint64_t seed, uint32_t n_requests)
{
    struct rng g = rng_new(seed);
    struct workload *w = tiny_bag_workload(&g, n_requests);
    struct chip_config c = tiny_chip(&g);

    return rig_chip_run(w, &c, 0);
}

struct rig_chip rig_chip_again(const struct rig_chip *first, uint64_t shuffle_seed)
{
    struct rig_chip r = {.plan = first->plan};

    run(&r, shuffle_seed);
    return r;
}

void rig_chip_free(struct rig_chip *r)
{
    chip_free(r->chip);
    sim_free(r->sim);
    if (!r->workload)
        return;
    plan_free(r->plan);
    workload_free(r->workload);
}

/* ---- history ---- */

static uint64_t *cycles(size_t n)
{
    return mem_alloc(n, sizeof(uint64_t));
}

static struct history start(const struct plan *p, const struct plan_unit *u)
{
    uint32_t n = p->workload->n_requests;
    struct history h = {.n_requests = n};

    h.start = cycles(n);
    h.finish = cycles(n);
    h.operand = cycles((size_t)u->n_in * n);
    h.credit_sent = cycles((size_t)u->n_in * n);
    h.head = cycles((size_t)u->n_out * n);
    h.tail = cycles((size_t)u->n_out * n);
    h.credit = cycles((size_t)u->n_out * n);
    h.n_sent = cycles(u->n_out);
    h.n_received = cycles(u->n_in);
    h.sent = mem_alloc(u->n_out, sizeof *h.sent);
    h.received = mem_alloc(u->n_in, sizeof *h.received);
    for (uint32_t e = 0; e < u->n_out; e++)
        h.sent[e] = cycles((size_t)u->out[e].n_words * n);
    for (uint32_t i = 0; i < u->n_in; i++)
        h.received[i] = cycles((size_t)u->in[i].n_words * n);
    return h;
}

/* What a unit has injected and received so far. */
struct cursor {
    uint32_t request, edge, word; /* of the data packets it sends: word 0 is the head */
    uint32_t rx_edge[NOC_MAX_VCS], rx_word[NOC_MAX_VCS];
    uint64_t last_inject, last_eject;
    uint32_t *n_credits_sent, *n_credits; /* (n_in), (n_out) */
    uint32_t n_start, n_finish;
    uint32_t *n_operands; /* (n_in) */
};

static void on_inject(const struct plan *p, const struct plan_unit *u, struct history *h,
                      struct cursor *c, const struct event *ev)
{
    const struct plan_out *o;

    cr_assert(!c->last_inject || ev->cycle > c->last_inject, "two flits injected in one cycle");
    c->last_inject = ev->cycle;
    if (ev->index == p->credit_vc) {
        for (uint32_t i = 0; i < u->n_in; i++)
            if (flit_head(p->unit[u->in[i].src_node].x, p->unit[u->in[i].src_node].y, true,
                          u->in[i].src_out) == ev->value) {
                h->credit_sent[(size_t)i * h->n_requests + c->n_credits_sent[i]++] = ev->cycle;
                return;
            }
        cr_assert_fail("%s: credit to nobody", u->name);
    }
    o = &u->out[c->edge];
    cr_assert_eq(ev->index, o->vc);
    if (!c->word) {
        cr_assert_eq(ev->value,
                     flit_head(p->unit[o->dst_node].x, p->unit[o->dst_node].y, false, o->dst_in));
        h->head[(size_t)c->edge * h->n_requests + c->request] = ev->cycle;
    } else {
        h->sent[c->edge][h->n_sent[c->edge]++] = ev->value;
    }
    if (c->word++ < o->n_words)
        return;
    h->tail[(size_t)c->edge * h->n_requests + c->request] = ev->cycle;
    c->word = 0;
    if (++c->edge == u->n_out) {
        c->edge = 0;
        c->request++;
    }
}

static void on_eject(const struct plan *p, const struct plan_unit *u, struct history *h,
                     struct cursor *c, const struct event *ev)
{
    uint32_t vc = ev->index, edge = c->rx_edge[vc];

    cr_assert(!c->last_eject || ev->cycle > c->last_eject, "two flits ejected in one cycle");
    c->last_eject = ev->cycle;
    if (vc == p->credit_vc)
        return;
    if (edge == UINT32_MAX) {
        cr_assert_eq(flit_x(ev->value), u->x);
        cr_assert_eq(flit_y(ev->value), u->y);
        c->rx_edge[vc] = flit_edge(ev->value);
        cr_assert_lt(c->rx_edge[vc], u->n_in);
        c->rx_word[vc] = 0;
        return;
    }
    h->received[edge][h->n_received[edge]++] = ev->value;
    if (++c->rx_word[vc] == u->in[edge].n_words)
        c->rx_edge[vc] = UINT32_MAX;
}

static void on_event(const struct plan *p, const struct plan_unit *u, struct history *h,
                     struct cursor *c, const struct event *ev)
{
    uint32_t n = h->n_requests;

    switch ((enum event_kind)ev->kind) {
    case EVENT_START:
        cr_assert_eq(ev->index, c->n_start);
        h->start[c->n_start++] = ev->cycle;
        break;
    case EVENT_FINISH:
        cr_assert_eq(ev->index, c->n_finish);
        h->finish[c->n_finish++] = ev->cycle;
        break;
    case EVENT_OPERAND:
        cr_assert_eq(ev->value, c->n_operands[ev->index]);
        h->operand[(size_t)ev->index * n + c->n_operands[ev->index]++] = ev->cycle;
        break;
    case EVENT_CREDIT:
        h->credit[(size_t)ev->index * n + c->n_credits[ev->index]++] = ev->cycle;
        break;
    case EVENT_INJECT:
        on_inject(p, u, h, c, ev);
        break;
    case EVENT_EJECT:
        on_eject(p, u, h, c, ev);
        break;
    case EVENT_LOGIT:
    case EVENT_N_KINDS:
        break;
    }
}

struct history *history_new(const struct rig_chip *r)
{
    const struct plan *p = r->plan;
    const struct event_log *log = chip_events(r->chip);
    struct history *h = mem_alloc(p->n_units, sizeof *h);
    struct cursor *c = mem_alloc(p->n_units, sizeof *c);

    for (uint32_t i = 0; i < p->n_units; i++) {
        h[i] = start(p, &p->unit[i]);
        c[i].n_credits_sent = mem_alloc(p->unit[i].n_in, sizeof(uint32_t));
        c[i].n_operands = mem_alloc(p->unit[i].n_in, sizeof(uint32_t));
        c[i].n_credits = mem_alloc(p->unit[i].n_out, sizeof(uint32_t));
        for (uint32_t v = 0; v < NOC_MAX_VCS; v++)
            c[i].rx_edge[v] = UINT32_MAX;
    }
    for (uint64_t k = 0; k < log->n; k++)
        on_event(p, &p->unit[log->at[k].unit], &h[log->at[k].unit], &c[log->at[k].unit],
                 &log->at[k]);
    for (uint32_t i = 0; i < p->n_units; i++) {
        const struct plan_unit *u = &p->unit[i];

        if (u->kind != UNIT_NONE) {
            cr_assert_eq(c[i].n_start, p->workload->n_requests);
            cr_assert_eq(c[i].n_finish, p->workload->n_requests);
            cr_assert_eq(c[i].request, p->workload->n_requests);
        }
        for (uint32_t k = 0; k < u->n_in; k++) {
            cr_assert_eq(c[i].n_operands[k], p->workload->n_requests);
            cr_assert_eq(c[i].n_credits_sent[k], p->workload->n_requests);
        }
        for (uint32_t e = 0; e < u->n_out; e++)
            cr_assert_eq(c[i].n_credits[e], p->workload->n_requests);
        free(c[i].n_credits_sent);
        free(c[i].n_operands);
        free(c[i].n_credits);
    }
    free(c);
    return h;
}

void history_free(struct history *h, const struct plan *p)
{
    for (uint32_t i = 0; i < p->n_units; i++) {
        for (uint32_t e = 0; e < p->unit[i].n_out; e++)
            free(h[i].sent[e]);
        for (uint32_t k = 0; k < p->unit[i].n_in; k++)
            free(h[i].received[k]);
        free(h[i].sent);
        free(h[i].received);
        free(h[i].n_sent);
        free(h[i].n_received);
        free(h[i].start);
        free(h[i].finish);
        free(h[i].operand);
        free(h[i].credit_sent);
        free(h[i].head);
        free(h[i].tail);
        free(h[i].credit);
    }
    free(h);
}
