/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/estimate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arch/count.h"
#include "arch/emb.h"
#include "arch/noc.h"
#include "sim/base/mem.h"

/* From docs/microarchitecture.md: a head flit takes 2 cycles into the network and 4 a router; a
 * place in a buffer turns round in 6 cycles, 5 in the local one. */
enum { INJECT_CYCLES = 2, TURN_CYCLES = 6, LOCAL_TURN_CYCLES = 5 };
enum { MAX_SAMPLED_REQUESTS = 16 };
/* Requests walked, the first of them counted for the interval, and how far back a slot reaches. */
enum { N_WALKED = 24, FIRST_COUNTED = 7, HISTORY = 8 };

struct walk {
    const struct plan *p;
    struct topology t;
    uint32_t *order; /* (n_units) nodes, producers first */
    uint32_t n_order;
    double *comp;               /* (n_units) computing time, average bank conflicts included */
    struct unit_counts *counts; /* (n_units) of a request, average embedding rows included */
    double *ready;              /* (n_units) when the last operand of this request is there */
    double *finish;             /* (n_units) of the latest request */
    double *loaded; /* (n_units, HISTORY) by request: when the operand slots are free again */
    double *sent;   /* (n_units, HISTORY) by request: when the output register is free again */
    double *link;   /* (n_routers, ports) flits a request over each router output */
    double *lane; /* (n_routers, ports, vcs) cycles a request one virtual channel of it is taken */
};

/* Cycles a flit when a packet is longer than the buffers that turn round under it. */
static double flit_cycles(const struct plan *p, uint32_t routers)
{
    double turn = routers > 1 ? TURN_CYCLES : LOCAL_TURN_CYCLES;

    return p->buffer_flits < turn ? turn / p->buffer_flits : 1.0;
}

/* ---- service times ---- */

/* EMB: average over the first requests of the workload, whose lookups decide conflicts and hits.
 * With a cache the first half of them only fills it. */
static double sample_emb(const struct plan *p, const struct plan_unit *u, struct unit_counts *mean)
{
    enum { N_FIELDS = sizeof *mean / sizeof(uint64_t) };
    const struct workload *w = p->workload;
    uint32_t n = w->n_requests < MAX_SAMPLED_REQUESTS ? w->n_requests : MAX_SAMPLED_REQUESTS;
    uint32_t first = u->emb.cache_sets ? n / 2 : 0;
    struct unit_counts sum = {0}, ignored = {0};
    struct emb *t = emb_new(&u->emb);
    uint64_t cycles = 0, count[N_FIELDS];

    for (uint32_t r = 0; r < n; r++) {
        const uint32_t *words = w->lookup + (size_t)r * workload_n_words(w);
        uint64_t took =
            emb_run(t, words + workload_slot(w, u->emb.first_field), r < first ? &ignored : &sum);

        cycles += r < first ? 0 : took;
    }
    emb_free(t);
    if (!n)
        return u->comp_cycles;
    n -= first;
    memcpy(count, &sum, sizeof count);
    for (size_t i = 0; i < N_FIELDS; i++)
        count[i] = (count[i] + n / 2) / n;
    memcpy(mean, count, sizeof count);
    return (double)cycles / n;
}

/* Nodes by operator number, which is a topological order; I/O before all. */
static void order_units(struct walk *w)
{
    const struct plan *p = w->p;
    uint32_t n_ops = p->workload->n_ops;
    uint32_t *at = mem_alloc((size_t)n_ops + 2, sizeof *at);

    for (uint32_t i = 0; i < p->n_units; i++)
        if (p->unit[i].kind != UNIT_NONE && p->unit[i].kind != UNIT_IO)
            at[p->unit[i].op + 2]++;
    at[1] = 1;
    for (uint32_t k = 2; k < n_ops + 2; k++)
        at[k] += at[k - 1];
    w->order[0] = p->io_node;
    w->n_order = 1;
    for (uint32_t i = 0; i < p->n_units; i++)
        if (p->unit[i].kind != UNIT_NONE && p->unit[i].kind != UNIT_IO) {
            w->order[at[p->unit[i].op + 1]++] = i;
            w->n_order++;
        }
    free(at);
}

/* ---- requests in order, each unit's times from those of the units before it ---- */

static void raise_to(double *max, double v)
{
    *max = v > *max ? v : *max;
}

/* Request r's result leaves: each out-edge waits for the slot that request r - n_slots gave back.
 */
static void walk_transmit(struct walk *w, uint32_t node, uint32_t r)
{
    const struct plan *p = w->p;
    const struct plan_unit *u = &p->unit[node];
    double t = w->finish[node];

    if (r)
        raise_to(&t, w->sent[node * HISTORY + (r - 1) % HISTORY]);
    for (uint32_t e = 0; e < u->n_out; e++) {
        const struct plan_out *o = &u->out[e];
        uint32_t routers = topology_distance(&w->t, node, o->dst_node);
        double slow = flit_cycles(p, routers), travel = INJECT_CYCLES + p->stages * routers;

        if (r >= o->n_slots)
            raise_to(&t, w->loaded[o->dst_node * HISTORY + (r - o->n_slots) % HISTORY] + travel);
        raise_to(&w->ready[o->dst_node], t + travel + o->n_words * slow);
        t += o->n_words + 1;
        if (o->n_words + 1 > p->buffer_flits)
            t += (o->n_words + 1 - p->buffer_flits) * (slow - 1);
    }
    w->sent[node * HISTORY + r % HISTORY] = t;
}

static void walk_unit(struct walk *w, uint32_t node, uint32_t r)
{
    const struct plan_unit *u = &w->p->unit[node];
    uint32_t registers = w->p->output_slots;
    double start = u->kind == UNIT_IO ? (double)r * (double)u->io.interval_cycles : w->ready[node];

    if (r)
        raise_to(&start, w->finish[node]);
    if (r >= registers)
        raise_to(&start, w->sent[node * HISTORY + (r - registers) % HISTORY]);
    start += 1;
    if (u->kind != UNIT_IO) /* the I/O unit's in-edge is freed by the logit */
        w->loaded[node * HISTORY + r % HISTORY] = start + u->load_cycles;
    w->finish[node] = start + u->load_cycles + w->comp[node];
    walk_transmit(w, node, r);
}

/* The time of each logit; its latency for the first request. */
static double walk_requests(struct walk *w, double logit[N_WALKED])
{
    uint32_t io = w->p->io_node;

    for (uint32_t r = 0; r < N_WALKED; r++) {
        for (uint32_t i = 0; i < w->p->n_units; i++)
            w->ready[i] = 0;
        for (uint32_t k = 0; k < w->n_order; k++)
            walk_unit(w, w->order[k], r);
        logit[r] = w->ready[io];
        w->loaded[io * HISTORY + r % HISTORY] = logit[r];
    }
    return logit[0] - 1; /* the I/O unit starts request 0 in cycle 1 */
}

/* ---- the busiest link or sender ---- */

static void load_link(struct walk *w, struct topology_place at, uint32_t vc, uint32_t n_flits,
                      double slow)
{
    const struct plan *p = w->p;
    size_t i = (size_t)at.router * w->t.n_ports + at.port;

    w->link[i] += n_flits;
    w->lane[i * p->n_vcs + vc] +=
        n_flits * slow + 1; /* the next head waits a cycle for its grant */
}

/* Every router output that a packet takes from src to dst. */
static void load_path(struct walk *w, uint32_t src, uint32_t dst, uint32_t vc, uint32_t n_flits)
{
    double slow = flit_cycles(w->p, topology_distance(&w->t, src, dst));
    struct topology_place at = topology_home(&w->t, src), next;

    for (;; at = next) {
        at.port = topology_route(&w->t, at.router, dst);
        if (!topology_cross(&w->t, at, &next))
            break;
        load_link(w, at, vc, n_flits, slow);
    }
    load_link(w, at, vc, n_flits, 1.0);
}

static double link_interval(struct walk *w)
{
    const struct plan *p = w->p;
    double worst = 0;

    for (uint32_t node = 0; node < p->n_units; node++) {
        const struct plan_unit *u = &p->unit[node];
        double n_flits = u->n_in;

        for (uint32_t e = 0; e < u->n_out; e++) {
            const struct plan_out *o = &u->out[e];

            n_flits += o->n_words + 1;
            load_path(w, node, o->dst_node, o->vc, o->n_words + 1);
            load_path(w, o->dst_node, node, p->credit_vc, 1);
        }
        raise_to(&worst, n_flits);
    }
    for (size_t i = 0; i < (size_t)w->t.n_routers * w->t.n_ports; i++) {
        raise_to(&worst, w->link[i]);
        for (uint32_t v = 0; v < p->n_vcs; v++)
            raise_to(&worst, w->lane[i * p->n_vcs + v]);
    }
    return worst;
}

/* ---- all of it ---- */

static void count_request(struct walk *w)
{
    for (uint32_t i = 0; i < w->p->n_units; i++) {
        const struct plan_unit *u = &w->p->unit[i];
        struct unit_counts fixed;

        w->comp[i] = u->kind == UNIT_EMB ? sample_emb(w->p, u, &w->counts[i]) : u->comp_cycles;
        count_unit(w->p, i, &fixed);
        count_add(&w->counts[i], &fixed, 1);
    }
    count_network(w->p, w->counts);
}

enum err_code estimate_plan(const struct plan *p, const struct params *q, struct estimate *out,
                            struct err *e)
{
    size_t n = p->n_units, n_ports;
    struct walk w = {.p = p, .t = plan_topology(p), .order = mem_alloc(n, sizeof *w.order)};
    double *scratch;
    double logit[N_WALKED];
    struct cost cost;

    (void)e;
    n_ports = (size_t)w.t.n_routers * w.t.n_ports;
    scratch = mem_alloc((3 + 2 * (size_t)HISTORY) * n + n_ports * (1 + (size_t)p->n_vcs),
                        sizeof *scratch);
    w.comp = scratch;
    w.ready = w.comp + n;
    w.finish = w.ready + n;
    w.loaded = w.finish + n;
    w.sent = w.loaded + n * HISTORY;
    w.link = w.sent + n * HISTORY;
    w.lane = w.link + n_ports;
    order_units(&w);
    w.counts = mem_alloc(n, sizeof *w.counts);
    count_request(&w);
    out->latency_cycles = walk_requests(&w, logit);
    out->interval_cycles =
        (logit[N_WALKED - 1] - logit[FIRST_COUNTED]) / (N_WALKED - 1 - FIRST_COUNTED);
    raise_to(&out->interval_cycles, link_interval(&w));
    cost_of(p, q, w.counts, (uint64_t)ceil(out->interval_cycles), &cost);
    out->energy_pj = cost.total_energy_pj;
    out->area_um2 = cost.total_area_um2;
    free(w.counts);
    free(w.order);
    free(scratch);
    return ERR_OK;
}
