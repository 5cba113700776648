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
    uint32_t n = u->kind == UNIT_NONE ? 0 : plan_n_requests(p, u);
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

/* What a unit has done so far. */
struct cursor {
    uint32_t request, edge;               /* next packet it sends */
    uint32_t *n_credits_sent, *n_credits; /* (n_in), (n_out) */
    uint32_t n_start, n_finish;
    uint32_t *n_operands; /* (n_in) */
};

/* What a tile has sent and received so far. */
struct port {
    uint32_t unit, word; /* of the packet under way: word 0 is the head */
    uint32_t rx_edge[NOC_MAX_VCS], rx_word[NOC_MAX_VCS];
    uint64_t last_inject, last_eject;
};

struct replay {
    const struct plan *p;
    struct history *h; /* (n_units) */
    struct cursor *c;  /* (n_units) */
    struct port *port; /* (n_nodes) */
};

/* The unit at a tile to which an edge, numbered there, belongs; *edge becomes the unit's own. */
static uint32_t owner(const struct plan *p, uint32_t node, bool in, uint32_t *edge)
{
    const struct plan_tile *t = &p->tile[node];

    for (uint32_t c = 0; c < t->n_contexts; c++) {
        const struct plan_unit *u = &p->unit[t->unit[c]];
        uint32_t first = in ? u->in_first : u->out_edge_first, n = in ? u->n_in : u->n_out;

        if (*edge >= first && *edge < first + n) {
            *edge -= first;
            return u->index;
        }
    }
    cr_assert_fail("node %u has no edge %u", node, *edge);
    return 0;
}

/* The unit's number of its k-th request on an edge. */
static uint32_t due_request(struct plan_due d, uint32_t k)
{
    return d.phase + k * (d.mask + 1);
}

static uint64_t address(const struct plan *p, uint32_t node, bool is_credit, uint32_t edge)
{
    return flit_head(p->unit[node].x, p->unit[node].y, is_credit, edge);
}

static void on_credit_sent(struct replay *r, const struct event *ev)
{
    const struct plan_tile *t = &r->p->tile[ev->unit];

    for (uint32_t i = 0; i < t->n_in; i++)
        if (address(r->p, t->in[i].src_node, true, t->in[i].src_out) == ev->value) {
            uint32_t edge = i, unit = owner(r->p, ev->unit, true, &edge);
            uint32_t k = r->c[unit].n_credits_sent[edge]++;

            r->h[unit]
                .credit_sent[(size_t)edge * r->h[unit].n_requests + due_request(t->in[i].due, k)] =
                ev->cycle;
            return;
        }
    cr_assert_fail("%s: credit to nobody", t->name);
}

/* A head: some unit's next packet, which is the next due in the order of its edges. */
static void on_head(struct replay *r, struct port *port, const struct event *ev)
{
    const struct plan_tile *t = &r->p->tile[ev->unit];

    for (uint32_t k = 0; k < t->n_contexts; k++) {
        const struct plan_unit *u = &r->p->unit[t->unit[k]];
        struct cursor *c = &r->c[u->index];
        struct history *h = &r->h[u->index];

        if (c->request == h->n_requests)
            continue;
        while (!plan_is_due(u->out[c->edge].due, c->request))
            c->edge++;
        if (address(r->p, u->out[c->edge].dst_node, false, u->out[c->edge].dst_in) != ev->value)
            continue;
        port->unit = u->index;
        port->word = 1;
        cr_assert_eq(ev->index, u->out[c->edge].vc);
        h->head[(size_t)c->edge * h->n_requests + c->request] = ev->cycle;
        return;
    }
    cr_assert_fail("%s: packet out of turn", t->name);
}

static void on_inject(struct replay *r, const struct event *ev)
{
    struct port *port = &r->port[ev->unit];
    const struct plan_unit *u = &r->p->unit[port->unit];
    struct cursor *c = &r->c[port->unit];
    struct history *h = &r->h[port->unit];
    const struct plan_out *o;

    cr_assert(!port->last_inject || ev->cycle > port->last_inject, "two flits injected at once");
    port->last_inject = ev->cycle;
    if (ev->index == r->p->credit_vc) {
        on_credit_sent(r, ev);
        return;
    }
    if (!port->word) {
        on_head(r, port, ev);
        return;
    }
    o = &u->out[c->edge];
    cr_assert_eq(ev->index, o->vc);
    h->sent[c->edge][h->n_sent[c->edge]++] = ev->value;
    if (port->word++ < o->n_words)
        return;
    h->tail[(size_t)c->edge * h->n_requests + c->request] = ev->cycle;
    port->word = 0;
    for (c->edge++; c->edge < u->n_out && !plan_is_due(u->out[c->edge].due, c->request);)
        c->edge++;
    if (c->edge == u->n_out) {
        c->edge = 0;
        c->request++;
    }
}

static void on_eject(struct replay *r, const struct event *ev)
{
    struct port *port = &r->port[ev->unit];
    const struct plan_tile *t = &r->p->tile[ev->unit];
    uint32_t vc = ev->index, edge = port->rx_edge[vc], unit;

    cr_assert(!port->last_eject || ev->cycle > port->last_eject, "two flits ejected at once");
    port->last_eject = ev->cycle;
    if (vc == r->p->credit_vc)
        return;
    if (edge == UINT32_MAX) {
        cr_assert_eq(flit_x(ev->value), r->p->unit[ev->unit].x);
        cr_assert_eq(flit_y(ev->value), r->p->unit[ev->unit].y);
        port->rx_edge[vc] = flit_edge(ev->value);
        cr_assert_lt(port->rx_edge[vc], t->n_in);
        port->rx_word[vc] = 0;
        return;
    }
    if (++port->rx_word[vc] == t->in[edge].n_words)
        port->rx_edge[vc] = UINT32_MAX;
    unit = owner(r->p, ev->unit, true, &edge);
    r->h[unit].received[edge][r->h[unit].n_received[edge]++] = ev->value;
}

static void on_engine(struct replay *r, const struct event *ev)
{
    const struct plan_unit *u = &r->p->unit[r->p->tile[ev->unit].unit[ev->value]];
    bool starts = ev->kind == EVENT_START;
    uint32_t *n = starts ? &r->c[u->index].n_start : &r->c[u->index].n_finish;

    cr_assert_eq(ev->index, *n * u->n_replicas + u->replica);
    (starts ? r->h[u->index].start : r->h[u->index].finish)[(*n)++] = ev->cycle;
}

static void on_operand(struct replay *r, const struct event *ev)
{
    uint32_t edge = ev->index, unit = owner(r->p, ev->unit, true, &edge);
    uint32_t *n = &r->c[unit].n_operands[edge];

    cr_assert_eq(ev->value, *n);
    r->h[unit].operand[(size_t)edge * r->h[unit].n_requests +
                       due_request(r->p->unit[unit].in[edge].due, (*n)++)] = ev->cycle;
}

static void on_credit(struct replay *r, const struct event *ev)
{
    uint32_t edge = ev->index, unit = owner(r->p, ev->unit, false, &edge);

    r->h[unit].credit[(size_t)edge * r->h[unit].n_requests +
                      due_request(r->p->unit[unit].out[edge].due, r->c[unit].n_credits[edge]++)] =
        ev->cycle;
}

static void on_event(struct replay *r, const struct event *ev)
{
    switch ((enum event_kind)ev->kind) {
    case EVENT_START:
    case EVENT_FINISH:
        on_engine(r, ev);
        break;
    case EVENT_OPERAND:
        on_operand(r, ev);
        break;
    case EVENT_CREDIT:
        on_credit(r, ev);
        break;
    case EVENT_INJECT:
        on_inject(r, ev);
        break;
    case EVENT_EJECT:
        on_eject(r, ev);
        break;
    case EVENT_LOGIT:
    case EVENT_N_KINDS:
        break;
    }
}

/* Of requests 0 .. n-1, those an edge carries. */
static uint32_t n_due(struct plan_due d, uint32_t n)
{
    uint32_t k = 0;

    for (uint32_t q = 0; q < n; q++)
        k += plan_is_due(d, q);
    return k;
}

static void check_complete(const struct plan_unit *u, const struct cursor *c, uint32_t n)
{
    cr_assert_eq(c->n_start, n);
    cr_assert_eq(c->n_finish, n);
    cr_assert_eq(c->request, n);
    for (uint32_t k = 0; k < u->n_in; k++) {
        cr_assert_eq(c->n_operands[k], n_due(u->in[k].due, n));
        cr_assert_eq(c->n_credits_sent[k], n_due(u->in[k].due, n));
    }
    for (uint32_t e = 0; e < u->n_out; e++)
        cr_assert_eq(c->n_credits[e], n_due(u->out[e].due, n));
}

struct history *history_new(const struct rig_chip *rig)
{
    const struct plan *p = rig->plan;
    const struct event_log *log = chip_events(rig->chip);
    struct replay r = {.p = p};

    r.h = mem_alloc(p->n_units, sizeof *r.h);
    r.c = mem_alloc(p->n_units, sizeof *r.c);
    r.port = mem_alloc(p->n_nodes, sizeof *r.port);
    for (uint32_t i = 0; i < p->n_units; i++) {
        r.h[i] = start(p, &p->unit[i]);
        r.c[i].n_credits_sent = mem_alloc(p->unit[i].n_in, sizeof(uint32_t));
        r.c[i].n_operands = mem_alloc(p->unit[i].n_in, sizeof(uint32_t));
        r.c[i].n_credits = mem_alloc(p->unit[i].n_out, sizeof(uint32_t));
    }
    for (uint32_t i = 0; i < p->n_nodes; i++)
        for (uint32_t v = 0; v < NOC_MAX_VCS; v++)
            r.port[i].rx_edge[v] = UINT32_MAX;
    for (uint64_t k = 0; k < log->n; k++)
        on_event(&r, &log->at[k]);
    for (uint32_t i = 0; i < p->n_units; i++) {
        if (p->unit[i].kind != UNIT_NONE)
            check_complete(&p->unit[i], &r.c[i], r.h[i].n_requests);
        free(r.c[i].n_credits_sent);
        free(r.c[i].n_operands);
        free(r.c[i].n_credits);
    }
    free(r.c);
    free(r.port);
    return r.h;
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
