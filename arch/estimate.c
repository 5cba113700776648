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
/* Requests walked, the first of them counted for the interval, and how far back a slot may reach.
 */
enum { N_WALKED = 24, FIRST_COUNTED = 7, HISTORY = N_WALKED };

struct walk {
    const struct plan *p;
    struct topology t;
    uint32_t *order; /* (n_units) producers first */
    uint32_t n_order;
    double *comp;                /* (n_units) computing time, average bank conflicts included */
    struct unit_counts *sampled; /* (n_units) of a request, what embedding tiles read on average */
    double *ready;               /* (n_units) when the last operand of this request is there */
    double *finish;              /* (n_units) of the latest request */
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

static uint32_t rank(const struct plan_unit *u)
{
    return 2 * u->op + (u->kind == UNIT_MVM && u->mvm.n_partial);
}

/* Units by operator number, which is a topological order but for partial sums, which come before
 * what adds them; I/O before all. */
static void order_units(struct walk *w)
{
    const struct plan *p = w->p;
    uint32_t n_ops = p->workload->n_ops;
    uint32_t *at = mem_alloc(2 * (size_t)n_ops + 2, sizeof *at);

    for (uint32_t i = 0; i < p->n_units; i++)
        if (p->unit[i].kind != UNIT_NONE && p->unit[i].kind != UNIT_IO)
            at[rank(&p->unit[i]) + 2]++;
    at[1] = 1;
    for (uint32_t k = 2; k < 2 * n_ops + 2; k++)
        at[k] += at[k - 1];
    w->order[0] = p->io_node;
    w->n_order = 1;
    for (uint32_t i = 0; i < p->n_units; i++)
        if (p->unit[i].kind != UNIT_NONE && p->unit[i].kind != UNIT_IO) {
            w->order[at[rank(&p->unit[i]) + 1]++] = i;
            w->n_order++;
        }
    free(at);
}

/* ---- requests in order, each unit's times from those of the units before it ---- */

static void raise_to(double *max, double v)
{
    *max = v > *max ? v : *max;
}

/* Result of the unit's request q leaves: each out-edge waits for the slot that the consumer's
 * request n_slots before on that edge gave back. */
static void walk_transmit(struct walk *w, uint32_t unit, uint32_t q)
{
    const struct plan *p = w->p;
    const struct plan_unit *u = &p->unit[unit];
    double t = w->finish[unit];

    if (q)
        raise_to(&t, w->sent[unit * HISTORY + (q - 1) % HISTORY]);
    for (uint32_t e = 0; e < u->n_out; e++) {
        const struct plan_out *o = &u->out[e];
        const struct plan_unit *to = &p->unit[o->dst_unit];
        uint32_t routers = topology_distance(&w->t, u->node, o->dst_node);
        double slow = flit_cycles(p, routers), travel = INJECT_CYCLES + p->stages * routers;
        uint32_t r = q * u->n_replicas + u->replica;        /* of the chip */
        uint32_t apart = u->n_replicas * (o->due.mask + 1); /* requests of the chip on this edge */

        if (!plan_is_due(o->due, q))
            continue;
        if (r >= o->n_slots * apart)
            raise_to(&t, w->loaded[o->dst_unit * HISTORY +
                                   (r - o->n_slots * apart) / to->n_replicas % HISTORY] +
                             travel);
        raise_to(&w->ready[o->dst_unit], t + travel + o->n_words * slow);
        t += o->n_words + 1;
        if (o->n_words + 1 > p->buffer_flits)
            t += (o->n_words + 1 - p->buffer_flits) * (slow - 1);
    }
    w->sent[unit * HISTORY + q % HISTORY] = t;
}

/* The first time from `start` on that the other contexts' first requests leave to the engine of u's
 * tile for its own. */
static double engine_free(const struct walk *w, const struct plan_unit *u, double start)
{
    const struct plan_tile *tile = &w->p->tile[u->node];
    double busy = u->load_cycles + w->comp[u->index];

    for (uint32_t c = 0; c < tile->n_contexts; c++) {
        const struct plan_unit *other = &w->p->unit[tile->unit[c]];
        double end = w->finish[other->index]; /* 0: it has not run */

        if (start < end && start + busy > end - other->load_cycles - w->comp[other->index]) {
            start = end;
            c = UINT32_MAX; /* from the first context again */
        }
    }
    return start;
}

/* Request r of the chip, if it is one of the unit's. Contexts share an engine: the first request,
 * alone in the chip, finds it busy with the others; later ones are held up by engine_interval. */
static void walk_unit(struct walk *w, uint32_t unit, uint32_t r)
{
    const struct plan_unit *u = &w->p->unit[unit];
    uint32_t registers = w->p->output_slots, q = r / u->n_replicas;
    double start = u->kind == UNIT_IO ? (double)r * (double)u->io.interval_cycles : w->ready[unit];

    if (r % u->n_replicas != u->replica)
        return;
    if (q)
        raise_to(&start, w->finish[unit]);
    else if (!r)
        start = engine_free(w, u, start);
    if (q >= registers)
        raise_to(&start, w->sent[unit * HISTORY + (q - registers) % HISTORY]);
    start += 1;
    if (u->kind != UNIT_IO) /* the I/O unit's in-edge is freed by the logit */
        w->loaded[unit * HISTORY + q % HISTORY] = start + u->load_cycles;
    w->finish[unit] = start + u->load_cycles + w->comp[unit];
    walk_transmit(w, unit, q);
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

/* A packet that one request of the chip in 1 / share sends. */
struct load {
    uint32_t n_flits;
    double share;
};

static void load_link(struct walk *w, struct topology_place at, uint32_t vc, struct load load,
                      double slow)
{
    const struct plan *p = w->p;
    size_t i = (size_t)at.router * w->t.n_ports + at.port;

    w->link[i] += load.n_flits * load.share;
    w->lane[i * p->n_vcs + vc] += /* the next head waits a cycle for its grant */
        (load.n_flits * slow + 1) * load.share;
}

/* Every router output that a packet takes from src to dst. */
static void load_path(struct walk *w, uint32_t src, uint32_t dst, uint32_t vc, struct load load)
{
    double slow = flit_cycles(w->p, topology_distance(&w->t, src, dst));
    struct topology_place at = topology_home(&w->t, src), next;

    for (;; at = next) {
        at.port = topology_route(&w->t, at.router, dst);
        if (!topology_cross(&w->t, at, &next))
            break;
        load_link(w, at, vc, load, slow);
    }
    load_link(w, at, vc, load, 1.0);
}

/* Flits that a tile puts into the network for a request, and what it lays on the links. */
static double tile_load(struct walk *w, const struct plan_tile *tile)
{
    const struct plan *p = w->p;
    double n_flits = 0;

    for (uint32_t c = 0; c < tile->n_contexts; c++) {
        const struct plan_unit *u = &p->unit[tile->unit[c]];

        for (uint32_t i = 0; i < u->n_in; i++)
            n_flits += 1.0 / (u->n_replicas * (u->in[i].due.mask + 1));
        for (uint32_t e = 0; e < u->n_out; e++) {
            const struct plan_out *o = &u->out[e];
            double share = 1.0 / (u->n_replicas * (o->due.mask + 1));

            n_flits += (o->n_words + 1) * share;
            load_path(w, u->node, o->dst_node, o->vc, (struct load){o->n_words + 1, share});
            load_path(w, o->dst_node, u->node, p->credit_vc, (struct load){1, share});
        }
    }
    return n_flits;
}

/* What a tile's contexts keep its engine for a request; a start is decided in the finish's cycle.
 */
static double engine_interval(const struct walk *w, const struct plan_tile *tile)
{
    double sum = 0;

    for (uint32_t c = 0; c < tile->n_contexts; c++) {
        const struct plan_unit *u = &w->p->unit[tile->unit[c]];

        sum += (u->load_cycles + w->comp[u->index] + 1) / u->n_replicas;
    }
    return sum;
}

static double busiest_interval(struct walk *w)
{
    const struct plan *p = w->p;
    double worst = 0;

    for (uint32_t node = 0; node < p->n_nodes; node++) {
        raise_to(&worst, tile_load(w, &p->tile[node]));
        raise_to(&worst, engine_interval(w, &p->tile[node]));
    }
    for (size_t i = 0; i < (size_t)w->t.n_routers * w->t.n_ports; i++) {
        raise_to(&worst, w->link[i]);
        for (uint32_t v = 0; v < p->n_vcs; v++)
            raise_to(&worst, w->lane[i * p->n_vcs + v]);
    }
    return worst;
}

/* ---- all of it ---- */

static void sample_units(struct walk *w)
{
    for (uint32_t i = 0; i < w->p->n_units; i++) {
        const struct plan_unit *u = &w->p->unit[i];

        w->comp[i] = u->kind == UNIT_EMB ? sample_emb(w->p, u, &w->sampled[i]) : u->comp_cycles;
    }
}

/* As many requests as the most replicas of an operator: each unit serves a whole number. */
static void cost_request(const struct walk *w, const struct params *q, double interval_cycles,
                         struct estimate *out)
{
    const struct plan *p = w->p;
    struct unit_counts *counts = mem_alloc(p->n_units, sizeof *counts);
    uint32_t n = 1;
    struct cost c;

    for (uint32_t i = 0; i < p->n_units; i++)
        n = p->unit[i].n_replicas > n ? p->unit[i].n_replicas : n;
    count_requests(p, n, counts);
    for (uint32_t i = 0; i < p->n_units; i++)
        count_add(&counts[i], &w->sampled[i], n); /* tables are there once */
    cost_of(p, q, counts, n * (uint64_t)ceil(interval_cycles), &c);
    out->energy_pj = c.total_energy_pj / n;
    out->area_um2 = c.total_area_um2;
    free(counts);
}

enum err_code estimate_plan(const struct plan *p, const struct params *q, struct estimate *out,
                            struct err *e)
{
    size_t n = p->n_units, n_ports;
    struct walk w = {.p = p, .t = plan_topology(p), .order = mem_alloc(n, sizeof *w.order)};
    double *scratch;
    double logit[N_WALKED];

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
    w.sampled = mem_alloc(n, sizeof *w.sampled);
    sample_units(&w);
    out->latency_cycles = walk_requests(&w, logit);
    out->interval_cycles =
        (logit[N_WALKED - 1] - logit[FIRST_COUNTED]) / (N_WALKED - 1 - FIRST_COUNTED);
    raise_to(&out->interval_cycles, busiest_interval(&w));
    cost_request(&w, q, out->interval_cycles, out);
    free(w.sampled);
    free(w.order);
    free(scratch);
    return ERR_OK;
}
