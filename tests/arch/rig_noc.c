/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/arch/rig_noc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"

struct rig *rig_new(uint32_t width, uint32_t height, uint32_t n_vcs, uint32_t buffer_flits)
{
    struct rig *r = mem_alloc(1, sizeof *r);

    r->cfg = (struct noc_cfg){
        .width = width, .height = height, .n_vcs = n_vcs, .buffer_flits = buffer_flits};
    for (uint32_t v = 0; v < n_vcs; v++)
        r->cfg.vc_mask[v] = (uint8_t)(1u << v);
    r->eject = mem_alloc(RIG_MAX_FLITS, sizeof *r->eject);
    return r;
}

void rig_free(struct rig *r)
{
    free(r->eject);
    free(r);
}

void rig_send(struct rig *r, uint32_t src, uint32_t dst, uint32_t vc, uint32_t n_flits, uint64_t at)
{
    assert(r->n_packets < RIG_MAX_PACKETS);
    r->packet[r->n_packets++] =
        (struct rig_packet){.src = src, .dst = dst, .vc = vc, .n_flits = n_flits, .at = at};
}

uint64_t rig_payload(const struct rig *r, uint32_t k, uint32_t i)
{
    const struct rig_packet *p = &r->packet[k];

    if (!i)
        return flit_head(p->dst % r->cfg.width, p->dst / r->cfg.width, false, 0) | (uint64_t)k
                                                                                       << 21;
    return (uint64_t)k << 16 | i;
}

static int by_cycle(const void *a, const void *b)
{
    const struct rig_eject *x = a, *y = b;

    if (x->cycle != y->cycle)
        return x->cycle < y->cycle ? -1 : 1;
    return x->node < y->node ? -1 : x->node > y->node;
}

static void add_eject(struct rig *r, uint32_t node, uint64_t cycle, const struct flit *f)
{
    assert(r->n_ejects < RIG_MAX_FLITS);
    r->eject[r->n_ejects++] = (struct rig_eject){.cycle = cycle,
                                                 .payload = f->payload,
                                                 .node = node,
                                                 .vc = f->vc,
                                                 .head = f->head,
                                                 .tail = f->tail};
}

/* ---- a source: the injecting half of a tile ---- */

struct source {
    uint32_t packet, flit; /* next */
    uint32_t place[NOC_MAX_VCS];
};

static void next_packet(const struct rig *r, struct source *s, uint32_t node)
{
    while (s->packet < r->n_packets && r->packet[s->packet].src != node)
        s->packet++;
}

/* The flit chosen in cycle now, if any. */
static bool choose(const struct rig *r, struct source *s, uint32_t node, uint64_t now,
                   struct flit *f)
{
    const struct rig_packet *p;

    next_packet(r, s, node);
    if (s->packet == r->n_packets)
        return false;
    p = &r->packet[s->packet];
    if (p->at > now || !s->place[p->vc])
        return false;
    s->place[p->vc]--;
    *f = (struct flit){.payload = rig_payload(r, s->packet, s->flit),
                       .vc = (uint8_t)p->vc,
                       .head = !s->flit,
                       .tail = s->flit + 1 == p->n_flits};
    if (++s->flit == p->n_flits) {
        s->flit = 0;
        s->packet++;
    }
    return true;
}

static struct source *sources(const struct rig *r)
{
    uint32_t n = r->cfg.width * r->cfg.height;
    struct source *s = mem_alloc(n, sizeof *s);

    for (uint32_t i = 0; i < n; i++)
        for (uint32_t v = 0; v < NOC_MAX_VCS; v++)
            s[i].place[v] = r->cfg.buffer_flits;
    return s;
}

static bool all_sent(const struct rig *r, struct source *s)
{
    for (uint32_t i = 0; i < r->cfg.width * r->cfg.height; i++) {
        next_packet(r, &s[i], i);
        if (s[i].packet < r->n_packets)
            return false;
    }
    return true;
}

/* ---- through arch/noc ---- */

struct run {
    struct rig *r;
    struct sim *sim;
    struct noc *noc;
    struct source *source;
};

/* The tile takes the flit at once: its place is back 3 cycles later. */
static void run_sink(void *self, uint64_t now_cycles, uint64_t arg)
{
    struct run *u = self;

    noc_eject_credit(u->noc, (uint32_t)arg / NOC_MAX_VCS, arg % NOC_MAX_VCS,
                     now_cycles + NOC_CREDIT_CYCLES);
}

static void run_eject(void *self, uint32_t node, uint64_t at_cycles, const struct flit *f)
{
    struct run *u = self;

    add_eject(u->r, node, at_cycles, f);
    if (u->r->cfg.eject_credits)
        sim_at(u->sim, at_cycles, SIM_DELIVER, run_sink, u, node * NOC_MAX_VCS + f->vc);
}

static void run_place(void *self, uint64_t now_cycles, uint64_t arg)
{
    struct run *u = self;

    (void)now_cycles;
    u->source[arg / NOC_MAX_VCS].place[arg % NOC_MAX_VCS]++;
}

static void run_credit(void *self, uint32_t node, uint32_t vc, uint64_t at_cycles)
{
    struct run *u = self;

    sim_at(u->sim, at_cycles, SIM_DELIVER, run_place, u, node * NOC_MAX_VCS + vc);
}

static void run_issue(void *self, uint64_t now_cycles, uint64_t arg)
{
    struct run *u = self;
    struct flit f;

    (void)arg;
    for (uint32_t i = 0; i < u->r->cfg.width * u->r->cfg.height; i++)
        if (choose(u->r, &u->source[i], i, now_cycles, &f))
            noc_inject(u->noc, i, &f, now_cycles + 2);
    if (!all_sent(u->r, u->source))
        sim_at(u->sim, now_cycles + 1, SIM_ISSUE, run_issue, u, 0);
}

void rig_run(struct rig *r, uint64_t shuffle_seed)
{
    static const struct noc_ops ops = {.eject = run_eject, .credit = run_credit};
    struct sim_cfg cfg = {.shuffle_ties = shuffle_seed != 0, .shuffle_seed = shuffle_seed};
    struct noc_cfg noc_cfg = r->cfg;
    struct run u = {.r = r, .source = sources(r)};
    struct err e;
    enum err_code rc = sim_new(&u.sim, &cfg, &e);

    assert(!rc);
    r->n_ejects = 0;
    r->n_held = r->peak = 0;
    noc_cfg.router_events = shuffle_seed != 0;
    u.noc = noc_new(u.sim, &noc_cfg, &ops, &u);
    sim_at(u.sim, 0, SIM_ISSUE, run_issue, &u, 0);
    rc = sim_run(u.sim, 1000000, &e);
    assert(!rc);
    (void)rc;
    for (uint32_t i = 0; i < noc_topology(u.noc)->n_routers; i++) {
        r->n_held += noc_n_held(u.noc, i);
        if (noc_counts(u.noc, i)->peak_vc_flits > r->peak)
            r->peak = noc_counts(u.noc, i)->peak_vc_flits;
    }
    qsort(r->eject, r->n_ejects, sizeof *r->eject, by_cycle);
    noc_free(u.noc);
    sim_free(u.sim);
    free(u.source);
}

/* ---- the contract, literally: section 4, all registers of all routers, every cycle ---- */

enum { P = NOC_MAX_PORTS, V = NOC_MAX_VCS, LATE = 8 };

struct lit_router {
    struct flit fifo[P][V][NOC_MAX_BUFFER];
    uint32_t n[P][V];
    int active[P][V];         /* output port, or -1: IDLE */
    uint32_t out_vc[P][V];    /* of an active input */
    uint64_t routed_at[P][V]; /* cycle from which VA sees the head, with 5 stages */
    bool busy[P][V];
    uint32_t credit[P][V];
    uint32_t va_in_port[P][V], va_in_vc[P][V], va_out[P][V], sa_in[P], sa_out[P];
    /* registers on the way, by cycle mod LATE: what becomes visible then */
    struct flit in[LATE][P];
    bool in_valid[LATE][P];
    uint32_t credit_in[LATE][P][V], sink_credit_in[LATE][P][V];
};

/* Nodes and routers by x and y; a block has s x s nodes. */
static uint32_t lit_side(const struct rig *r)
{
    return r->cfg.topology == NOC_CMESH ? 2 : 1;
}

static uint32_t lit_cols(const struct rig *r)
{
    return (r->cfg.width + lit_side(r) - 1) / lit_side(r);
}

static uint32_t lit_n_routers(const struct rig *r)
{
    return lit_cols(r) * ((r->cfg.height + lit_side(r) - 1) / lit_side(r));
}

static uint32_t lit_n_ports(const struct rig *r)
{
    return r->cfg.topology == NOC_CMESH ? 8 : 5;
}

static bool lit_is_local(uint32_t port)
{
    return port == 0 || port > 4;
}

/* Of node (x, y) at its router: 0, 5, 6, 7 for (0,0), (1,0), (0,1), (1,1) of the block. */
static uint32_t lit_local(const struct rig *r, uint32_t x, uint32_t y)
{
    uint32_t s = lit_side(r), place = x % s + 2 * (y % s);

    return place ? 4 + place : 0;
}

static uint32_t lit_router(const struct rig *r, uint32_t node)
{
    uint32_t s = lit_side(r), x = node % r->cfg.width, y = node / r->cfg.width;

    return y / s * lit_cols(r) + x / s;
}

static uint32_t lit_node(const struct rig *r, uint32_t router, uint32_t port)
{
    for (uint32_t node = 0; node < r->cfg.width * r->cfg.height; node++)
        if (lit_router(r, node) == router &&
            lit_local(r, node % r->cfg.width, node / r->cfg.width) == port)
            return node;
    return UINT32_MAX;
}

static uint32_t lit_route(const struct rig *r, uint32_t router, uint64_t head)
{
    uint32_t s = lit_side(r), x = router % lit_cols(r), y = router / lit_cols(r);
    uint32_t dx = (uint32_t)(head & 31) / s, dy = (uint32_t)(head >> 5 & 31) / s;

    if (r->cfg.routing == NOC_YX && dy != y)
        return dy > y ? 3 : 1;
    return dx > x   ? 2
           : dx < x ? 4
           : dy > y ? 3
           : dy < y ? 1
                    : lit_local(r, head & 31, head >> 5 & 31);
}

static uint32_t lit_neighbour(const struct rig *r, uint32_t router, uint32_t port)
{
    return port == 1   ? router - lit_cols(r)
           : port == 2 ? router + 1
           : port == 3 ? router + lit_cols(r)
                       : router - 1;
}

static void lit_visible(struct rig *r, struct lit_router *t, struct source *s, uint32_t router,
                        uint64_t c)
{
    for (uint32_t p = 0; p < lit_n_ports(r); p++) {
        if (t->in_valid[c % LATE][p]) {
            struct flit *f = &t->in[c % LATE][p];

            assert(t->n[p][f->vc] < r->cfg.buffer_flits);
            t->fifo[p][f->vc][t->n[p][f->vc]++] = *f;
            t->in_valid[c % LATE][p] = false;
            if (t->n[p][f->vc] > r->peak)
                r->peak = t->n[p][f->vc];
        }
        for (uint32_t v = 0; v < V; v++) {
            if (!lit_is_local(p))
                t->credit[p][v] += t->credit_in[c % LATE][p][v];
            else if (t->credit_in[c % LATE][p][v])
                s[lit_node(r, router, p)].place[v] += t->credit_in[c % LATE][p][v];
            t->credit[p][v] += t->sink_credit_in[c % LATE][p][v];
            t->credit_in[c % LATE][p][v] = t->sink_credit_in[c % LATE][p][v] = 0;
        }
    }
}

/* VA: the channel of output o that input (p,v) asks for, or -1. */
static int lit_bid(const struct rig *r, struct lit_router *t, uint32_t router, uint32_t p,
                   uint32_t v, uint32_t o, uint64_t c)
{
    uint32_t start = t->va_in_port[p][v] == o ? t->va_in_vc[p][v] : 0;

    if (t->active[p][v] >= 0 || !t->n[p][v] || !t->fifo[p][v][0].head ||
        lit_route(r, router, t->fifo[p][v][0].payload) != o)
        return -1;
    if (r->cfg.stages == 5 && t->routed_at[p][v] == UINT64_MAX)
        t->routed_at[p][v] = c + 1;
    if (r->cfg.stages == 5 && c < t->routed_at[p][v])
        return -1;
    for (uint32_t k = 0; k < r->cfg.n_vcs; k++) {
        uint32_t u = (start + k) % r->cfg.n_vcs;

        if (r->cfg.vc_mask[v] >> u & 1 && !t->busy[o][u])
            return (int)u;
    }
    return -1;
}

/* VA of one output channel: rank of the input granted, or -1. */
static int lit_va(const struct rig *r, struct lit_router *t, uint32_t router, uint32_t o,
                  uint32_t u, uint64_t c)
{
    uint32_t n = lit_n_ports(r) * r->cfg.n_vcs;

    for (uint32_t k = 0; k < n; k++) {
        uint32_t rank = (t->va_out[o][u] + k) % n;

        if (lit_bid(r, t, router, rank / r->cfg.n_vcs, rank % r->cfg.n_vcs, o, c) == (int)u)
            return (int)rank;
    }
    return -1;
}

static int lit_nominate(const struct rig *r, const struct lit_router *t, uint32_t p)
{
    for (uint32_t k = 0; k < r->cfg.n_vcs; k++) {
        uint32_t v = (t->sa_in[p] + k) % r->cfg.n_vcs;
        int o = t->active[p][v];

        if (o >= 0 && t->n[p][v] &&
            ((lit_is_local((uint32_t)o) && !r->cfg.eject_credits) || t->credit[o][t->out_vc[p][v]]))
            return (int)v;
    }
    return -1;
}

static void lit_grant(struct rig *r, struct lit_router *all, uint32_t router, uint32_t p,
                      uint32_t v, uint64_t c)
{
    static const uint32_t back[P] = {0, 3, 4, 1, 2};
    struct lit_router *t = &all[router];
    uint32_t o = (uint32_t)t->active[p][v], u = t->out_vc[p][v], later = (c + 3) % LATE;
    struct flit f = t->fifo[p][v][0];

    t->sa_in[p] = (v + 1) % r->cfg.n_vcs;
    t->sa_out[o] = (p + 1) % lit_n_ports(r);
    memmove(&t->fifo[p][v][0], &t->fifo[p][v][1], --t->n[p][v] * sizeof f);
    if (f.tail) {
        t->active[p][v] = -1;
        t->routed_at[p][v] = UINT64_MAX;
        t->busy[o][u] = false;
    }
    f.vc = (uint8_t)u;
    if (lit_is_local(o)) {
        add_eject(r, lit_node(r, router, o), c + 3, &f);
        if (r->cfg.eject_credits) {
            t->credit[o][u]--;
            t->sink_credit_in[(c + 6) % LATE][o][u]++;
        }
    } else {
        struct lit_router *d = &all[lit_neighbour(r, router, o)];

        t->credit[o][u]--;
        d->in[later][back[o]] = f;
        d->in_valid[later][back[o]] = true;
    }
    if (lit_is_local(p))
        t->credit_in[later][p][v]++;
    else
        all[lit_neighbour(r, router, p)].credit_in[later][back[p]][v]++;
}

/* Decide everything from the state visible in c, then change it. */
static void lit_decide(struct rig *r, struct lit_router *all, uint32_t router, uint64_t c)
{
    struct lit_router *t = &all[router];
    uint32_t n_ports = lit_n_ports(r);
    int va[P][V], nominee[P], grant[P];

    for (uint32_t o = 0; o < n_ports; o++)
        for (uint32_t v = 0; v < r->cfg.n_vcs; v++)
            va[o][v] = lit_va(r, t, router, o, v, c);
    for (uint32_t p = 0; p < n_ports; p++)
        nominee[p] = lit_nominate(r, t, p);
    for (uint32_t o = 0; o < n_ports; o++) {
        grant[o] = -1;
        for (uint32_t k = 0; k < n_ports && grant[o] < 0; k++) {
            uint32_t p = (t->sa_out[o] + k) % n_ports;

            if (nominee[p] >= 0 && t->active[p][nominee[p]] == (int)o)
                grant[o] = (int)p;
        }
    }
    for (uint32_t o = 0; o < n_ports; o++)
        if (grant[o] >= 0)
            lit_grant(r, all, router, (uint32_t)grant[o], (uint32_t)nominee[grant[o]], c);
    for (uint32_t o = 0; o < n_ports; o++)
        for (uint32_t v = 0; v < r->cfg.n_vcs; v++)
            if (va[o][v] >= 0) {
                uint32_t n_vcs = r->cfg.n_vcs, p = (uint32_t)va[o][v] / n_vcs,
                         w = (uint32_t)va[o][v] % n_vcs;

                t->active[p][w] = (int)o;
                t->out_vc[p][w] = v;
                t->busy[o][v] = true;
                t->va_out[o][v] = ((uint32_t)va[o][v] + 1) % (n_ports * n_vcs);
                t->va_in_port[p][w] = o;
                t->va_in_vc[p][w] = (v + 1) % n_vcs;
            }
}

void rig_run_literal(struct rig *r)
{
    uint32_t n_nodes = r->cfg.width * r->cfg.height, n = lit_n_routers(r), n_flits = 0;
    struct lit_router *all = mem_alloc(n, sizeof *all);
    struct source *s = sources(r);

    r->n_ejects = 0;
    r->peak = 0;
    for (uint32_t k = 0; k < r->n_packets; k++)
        n_flits += r->packet[k].n_flits;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t p = 0; p < P; p++)
            for (uint32_t v = 0; v < V; v++) {
                all[i].active[p][v] = -1;
                all[i].routed_at[p][v] = UINT64_MAX;
                all[i].credit[p][v] = r->cfg.buffer_flits;
            }
    for (uint64_t c = 0; r->n_ejects < n_flits && c < 1000000; c++) {
        struct flit f;

        for (uint32_t i = 0; i < n; i++)
            lit_visible(r, &all[i], s, i, c);
        for (uint32_t i = 0; i < n; i++)
            lit_decide(r, all, i, c);
        for (uint32_t i = 0; i < n_nodes; i++)
            if (choose(r, &s[i], i, c, &f)) {
                struct lit_router *home = &all[lit_router(r, i)];
                uint32_t port = lit_local(r, i % r->cfg.width, i / r->cfg.width);

                home->in[(c + 2) % LATE][port] = f;
                home->in_valid[(c + 2) % LATE][port] = true;
            }
    }
    qsort(r->eject, r->n_ejects, sizeof *r->eject, by_cycle);
    free(all);
    free(s);
}
