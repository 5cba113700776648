/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/traffic.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/file.h"
#include "sim/base/mem.h"
#include "sim/base/rng.h"

static const uint64_t NEVER = UINT64_MAX;
enum { AHEAD = 4, ID_SHIFT = 21, SLICE_CYCLES = 1000 };

struct packet {
    uint64_t created, injected;
    uint32_t dst, n_flits, n_seen, n_routers;
    uint32_t next_free;
};

struct source {
    struct rng arrive, choose;
    uint64_t next_at; /* creation of the packet at the head of the queue; those behind it are not
                       * drawn yet */
    uint32_t next_dst, next_flits;
    size_t trace;                 /* index of that packet, or n_trace */
    uint32_t id, n_sent, n_flits; /* packet being sent; n_sent == n_flits: none */
    uint32_t vc;
    uint32_t place[NOC_MAX_VCS]; /* room in the router */
};

struct ejected {
    uint32_t node;
    struct flit flit;
};

struct traffic {
    const struct traffic_cfg *cfg;
    struct sim *sim;
    struct noc *noc;
    uint32_t n_nodes, n_open; /* sources whose queue may hold a measured packet */
    struct source *source;    /* (n_nodes) */
    size_t *trace_next;       /* (n_trace) next packet of the same source */
    uint64_t *cumulative;     /* (n_nodes) weights */
    uint64_t threshold;       /* a packet is created where a draw is below */
    struct packet *packet;    /* those under way */
    uint32_t free;
    uint32_t n_credits[AHEAD], n_ejected[AHEAD]; /* by cycle modulo AHEAD */
    uint32_t (*credit)[AHEAD];                   /* (n_nodes) node * NOC_MAX_VCS + vc */
    struct ejected (*ejected)[AHEAD];            /* (n_nodes) */

    uint64_t end_measure, n_under_way, n_held; /* measured packets, flits */
    uint64_t last_moved;
    uint64_t sum_cycles, sum_network, sum_routers, n_injected, n_accepted;
    struct traffic_result *out;
};

static const char *const names[TRAFFIC_N_PATTERNS] = {
    [TRAFFIC_UNIFORM] = "uniform", [TRAFFIC_TRANSPOSE] = "transpose",
    [TRAFFIC_HOTSPOT] = "hotspot", [TRAFFIC_ALLTOONE] = "alltoone",
    [TRAFFIC_TRACE] = "trace",
};

const char *traffic_name(enum traffic_pattern p)
{
    return names[p];
}

enum traffic_pattern traffic_find(const char *name)
{
    unsigned p = 0;

    while (p < TRAFFIC_N_PATTERNS && strcmp(names[p], name) != 0)
        p++;
    return (enum traffic_pattern)p;
}

/* ---- creation ---- */

static uint32_t draw_destination(struct traffic *t, uint32_t node, struct source *s)
{
    const struct noc_cfg *c = &t->cfg->noc;
    uint64_t w;
    uint32_t i = 0;

    switch (t->cfg->pattern) {
    case TRAFFIC_TRANSPOSE:
        return node % c->width * c->width + node / c->width;
    case TRAFFIC_ALLTOONE:
        return t->cfg->target;
    case TRAFFIC_HOTSPOT:
        w = rng_below(&s->choose, t->cumulative[t->n_nodes - 1]);
        while (t->cumulative[i] <= w)
            i++;
        return i;
    default:
        return (uint32_t)rng_below(&s->choose, t->n_nodes);
    }
}

/* The packet after the one created at s->next_at. */
static void next_packet(struct traffic *t, uint32_t node)
{
    struct source *s = &t->source[node];
    uint64_t before = s->next_at;

    if (t->cfg->pattern == TRAFFIC_TRACE) {
        s->trace = t->trace_next[s->trace];
        if (s->trace == t->cfg->n_trace) {
            s->next_at = NEVER;
        } else {
            const struct traffic_packet *p = &t->cfg->trace[s->trace];

            s->next_at = p->at_cycles;
            s->next_dst = p->dst;
            s->next_flits = p->n_flits;
        }
    } else if (t->threshold) {
        do
            s->next_at++;
        while (rng_u64(&s->arrive) >= t->threshold);
        s->next_dst = draw_destination(t, node, s);
    } else {
        s->next_at = NEVER;
    }
    if (before < t->end_measure && s->next_at >= t->end_measure)
        t->n_open--;
}

static bool is_measured(const struct traffic *t, uint64_t created)
{
    return created >= t->cfg->warmup_cycles && created < t->end_measure;
}

/* Takes the packet at the head of the queue; false if no channel has room. */
static bool start_packet(struct traffic *t, uint32_t node, struct source *s, uint64_t now_cycles)
{
    uint32_t n_vcs = t->cfg->noc.n_vcs, vc = s->vc;
    struct packet *p;

    do
        vc = vc + 1 < n_vcs ? vc + 1 : 0;
    while (!s->place[vc] && vc != s->vc);
    if (!s->place[vc])
        return false;
    s->vc = vc;
    s->id = t->free;
    p = &t->packet[s->id];
    t->free = p->next_free;
    *p = (struct packet){.created = s->next_at,
                         .injected = now_cycles,
                         .dst = s->next_dst,
                         .n_flits = s->next_flits,
                         .n_routers = topology_distance(noc_topology(t->noc), node, s->next_dst)};
    s->n_flits = s->next_flits;
    s->n_sent = 0;
    if (is_measured(t, p->created))
        t->n_under_way++;
    next_packet(t, node);
    return true;
}

static void source_step(struct traffic *t, uint32_t node, uint64_t now_cycles)
{
    struct source *s = &t->source[node];
    uint64_t id;
    struct flit f;

    if (s->n_sent == s->n_flits &&
        (s->next_at > now_cycles || !start_packet(t, node, s, now_cycles)))
        return;
    if (!s->place[s->vc])
        return;
    s->place[s->vc]--;
    id = (uint64_t)s->id << ID_SHIFT;
    f = (struct flit){.vc = (uint8_t)s->vc,
                      .head = !s->n_sent,
                      .payload = id | (s->n_sent & ((1u << ID_SHIFT) - 1))};
    if (f.head) {
        uint32_t dst = t->packet[s->id].dst, width = t->cfg->noc.width;

        f.payload |= flit_head(dst % width, dst / width, false, 0);
    }
    f.tail = ++s->n_sent == s->n_flits;
    noc_inject(t->noc, node, &f, now_cycles + 2);
    if (t->cfg->tap)
        t->cfg->tap->inject(t->cfg->tap->self, node, &f, now_cycles + 2);
    t->n_held++;
    t->n_injected += is_measured(t, now_cycles);
}

/* ---- arrival ---- */

static void on_eject(void *self, uint32_t node, uint64_t at_cycles, const struct flit *f)
{
    struct traffic *t = self;
    uint32_t slot = at_cycles % AHEAD;

    t->ejected[t->n_ejected[slot]++][slot] = (struct ejected){.node = node, .flit = *f};
}

static void on_credit(void *self, uint32_t node, uint32_t vc, uint64_t at_cycles)
{
    struct traffic *t = self;
    uint32_t slot = (at_cycles - 1) % AHEAD;

    t->credit[t->n_credits[slot]++][slot] = node * NOC_MAX_VCS + vc;
}

static void on_grant(void *self, uint32_t router, uint32_t in_port, uint32_t in_vc,
                     uint32_t out_port, const struct flit *f, uint64_t now_cycles)
{
    const struct traffic_tap *tap = ((struct traffic *)self)->cfg->tap;

    tap->grant(tap->self, router, in_port, in_vc, out_port, f, now_cycles);
}

static void arrive(struct traffic *t, const struct ejected *x, uint64_t now_cycles)
{
    uint32_t id = (uint32_t)(x->flit.payload >> ID_SHIFT);
    struct packet *p = &t->packet[id];

    t->n_held--;
    t->out->n_ejected++;
    t->n_accepted += is_measured(t, now_cycles);
    p->n_seen++;
    if (t->cfg->noc.eject_credits && !t->cfg->dead_sinks) {
        noc_eject_credit(t->noc, x->node, x->flit.vc, now_cycles + NOC_CREDIT_CYCLES);
        if (t->cfg->tap)
            t->cfg->tap->sink(t->cfg->tap->self, x->node, x->flit.vc,
                              now_cycles + NOC_CREDIT_CYCLES);
    }
    if (!x->flit.tail)
        return;
    assert(p->dst == x->node && p->n_seen == p->n_flits);
    if (is_measured(t, p->created)) {
        uint64_t cycles = now_cycles - p->created;

        t->n_under_way--;
        t->out->n_packets++;
        t->sum_cycles += cycles;
        t->sum_network += now_cycles - p->injected;
        t->sum_routers += p->n_routers;
        if (cycles < t->out->min_cycles)
            t->out->min_cycles = cycles;
        if (cycles > t->out->max_cycles)
            t->out->max_cycles = cycles;
    }
    p->next_free = t->free;
    t->free = id;
}

static bool is_done(const struct traffic *t, uint64_t now_cycles)
{
    return now_cycles + 1 >= t->end_measure && !t->n_open && !t->n_under_way;
}

static void on_cycle(void *self, uint64_t now_cycles, uint64_t arg)
{
    struct traffic *t = self;
    uint32_t slot = now_cycles % AHEAD, n = t->n_ejected[slot];
    uint64_t pause = now_cycles - t->last_moved;

    (void)arg;
    if (pause > t->out->longest_pause_cycles && t->n_held)
        t->out->longest_pause_cycles = pause;
    if (n || !t->n_held)
        t->last_moved = now_cycles;
    for (uint32_t i = 0; i < n; i++)
        arrive(t, &t->ejected[i][slot], now_cycles);
    for (uint32_t i = 0; i < t->n_credits[slot]; i++) {
        uint32_t c = t->credit[i][slot];

        t->source[c / NOC_MAX_VCS].place[c % NOC_MAX_VCS]++;
    }
    t->n_ejected[slot] = t->n_credits[slot] = 0;
    for (uint32_t i = 0; i < t->n_nodes; i++)
        source_step(t, i, now_cycles);
    t->out->n_cycles = now_cycles + 1;
    if (is_done(t, now_cycles))
        sim_stop(t->sim);
    sim_at(t->sim, now_cycles + 1, SIM_ISSUE, on_cycle, t, 0);
}

/* ---- watchdog ---- */

/* The buffers that wait for each other, starting anywhere in the mesh: after as many steps as there
 * are buffers, a chain that has not ended is in its cycle. */
static void explain(const struct traffic *t, char *text, size_t size)
{
    const struct topology *top = noc_topology(t->noc);
    uint32_t n_vcs = t->cfg->noc.n_vcs, n_places = top->n_routers * top->n_ports * n_vcs;
    struct noc_place at = {0}, next = {0}, first;
    bool waits = false;
    size_t n = 0;

    for (uint32_t i = 0; i < n_places; i++) {
        at = (struct noc_place){i / n_vcs / top->n_ports, i / n_vcs % top->n_ports, i % n_vcs};
        if ((waits = noc_waits(t->noc, at, &next)))
            break;
    }
    for (uint32_t i = 0; waits && i < n_places; i++) {
        at = next;
        waits = noc_waits(t->noc, at, &next);
    }
    first = at;
    do {
        int w = snprintf(text + n, size - n, "%srouter (%u,%u) %s vc %u", n ? " waits for " : "",
                         at.router % top->router_cols, at.router / top->router_cols,
                         noc_port_name[at.port], at.vc);

        n += w > 0 && (size_t)w < size - n ? (size_t)w : size - n - 1;
        if (!waits) {
            snprintf(text + n, size - n, " waits for its tile");
            return;
        }
        noc_waits(t->noc, at, &next);
        at = next;
    } while (memcmp(&at, &first, sizeof at) != 0 && n + 1 < size);
    snprintf(text + n, size - n, " waits for the first");
}

/* ---- a run ---- */

static enum err_code check(const struct traffic_cfg *c, struct err *e)
{
    uint32_t n = c->noc.width * c->noc.height;
    uint64_t sum = 0;

    if (c->pattern == TRAFFIC_TRANSPOSE && c->noc.width != c->noc.height)
        return err_set(e, ERR_CONFIG, "transpose needs a square mesh, not %ux%u", c->noc.width,
                       c->noc.height);
    if (c->pattern == TRAFFIC_ALLTOONE && c->target >= n)
        return err_set(e, ERR_CONFIG, "node %u is outside the mesh of %u", c->target, n);
    for (uint32_t i = 0; c->pattern == TRAFFIC_HOTSPOT && i < n; i++)
        sum += c->weight[i];
    if (c->pattern == TRAFFIC_HOTSPOT && !sum)
        return err_set(e, ERR_CONFIG, "hotspot: all weights are 0");
    for (size_t i = 0; c->pattern == TRAFFIC_TRACE && i < c->n_trace; i++)
        if (c->trace[i].src >= n || c->trace[i].dst >= n || !c->trace[i].n_flits)
            return err_set(e, ERR_CONFIG, "packet %zu: %u to %u in a mesh of %u nodes, %u flits", i,
                           c->trace[i].src, c->trace[i].dst, n, c->trace[i].n_flits);
    if (c->pattern != TRAFFIC_TRACE && (!c->packet_flits || !(c->rate >= 0) || c->rate > 1))
        return err_set(e, ERR_CONFIG, "rate %g, %u flits a packet", c->rate, c->packet_flits);
    return ERR_OK;
}

static void chain_trace(struct traffic *t)
{
    size_t n = t->cfg->n_trace;

    t->trace_next = mem_alloc(n + 1, sizeof *t->trace_next);
    for (uint32_t i = 0; i < t->n_nodes; i++)
        t->source[i].trace = n;
    for (size_t k = n; k-- > 0;) {
        struct source *s = &t->source[t->cfg->trace[k].src];

        t->trace_next[k] = s->trace;
        s->trace = k;
    }
}

static void sources_init(struct traffic *t)
{
    const struct traffic_cfg *c = t->cfg;
    struct rng root = rng_new(c->seed);

    for (uint32_t i = 0; i < t->n_nodes; i++) {
        struct source *s = &t->source[i];

        s->arrive = rng_child_n(&root, "arrive", i);
        s->choose = rng_child_n(&root, "choose", i);
        s->vc = c->noc.n_vcs - 1;
        s->next_at = NEVER; /* next_packet adds 1: cycle 0 is the first */
        s->next_flits = c->packet_flits;
        for (uint32_t v = 0; v < NOC_MAX_VCS; v++)
            s->place[v] = c->noc.buffer_flits;
    }
    if (c->pattern == TRAFFIC_TRACE)
        chain_trace(t);
    for (uint32_t i = 0; i < t->n_nodes; i++) {
        struct source *s = &t->source[i];

        if (c->pattern != TRAFFIC_TRACE) {
            next_packet(t, i);
        } else if (s->trace < c->n_trace) {
            s->next_at = c->trace[s->trace].at_cycles;
            s->next_dst = c->trace[s->trace].dst;
            s->next_flits = c->trace[s->trace].n_flits;
        }
        t->n_open += s->next_at < t->end_measure;
    }
}

static void tables_init(struct traffic *t)
{
    const struct noc_cfg *c = &t->cfg->noc;
    uint32_t n = t->n_nodes, n_packets;
    double p = t->cfg->packet_flits ? t->cfg->rate / t->cfg->packet_flits : 0;

    /* at most so many are under way: a router has four links, a node one, the wires some more */
    n_packets = n * (5 * c->n_vcs * c->buffer_flits + 8);
    t->source = mem_alloc(n, sizeof *t->source);
    t->credit = mem_alloc(n, sizeof *t->credit);
    t->ejected = mem_alloc(n, sizeof *t->ejected);
    t->cumulative = mem_alloc(n, sizeof *t->cumulative);
    t->packet = mem_alloc(n_packets, sizeof *t->packet);
    for (uint32_t i = 0; i < n_packets; i++)
        t->packet[i].next_free = i + 1;
    for (uint32_t i = 0; t->cfg->pattern == TRAFFIC_HOTSPOT && i < n; i++)
        t->cumulative[i] = (i ? t->cumulative[i - 1] : 0) + t->cfg->weight[i];
    t->threshold = p >= 1 ? UINT64_MAX : (uint64_t)(p * 0x1p64);
    t->end_measure = t->cfg->warmup_cycles + t->cfg->measure_cycles;
}

/* Slices, so that what cannot end is given up. */
static enum err_code run(struct traffic *t, struct err *e)
{
    const struct traffic_cfg *c = t->cfg;
    uint64_t stall = c->stall_cycles ? c->stall_cycles : 10000, until = 0;
    double limit = c->max_latency > 0 ? c->max_latency : 500;
    struct traffic_result *o = t->out;
    enum err_code rc = ERR_OK;

    sim_at(t->sim, 0, SIM_ISSUE, on_cycle, t, 0);
    while (!rc && (!o->n_cycles || !is_done(t, o->n_cycles - 1))) {
        until += SLICE_CYCLES;
        if ((rc = sim_run(t->sim, until, e)))
            break;
        o->stuck = t->n_held && o->n_cycles - t->last_moved > stall;
        if (o->stuck)
            explain(t, o->stuck_text, sizeof o->stuck_text);
        if (o->stuck || o->n_cycles > t->end_measure + c->drain_cycles)
            break;
        if (o->n_cycles > t->end_measure && (double)t->sum_cycles > limit * (double)o->n_packets)
            break;
    }
    o->stable =
        !rc && is_done(t, o->n_cycles - 1) && (double)t->sum_cycles <= limit * (double)o->n_packets;
    return rc;
}

static void results(struct traffic *t)
{
    struct traffic_result *o = t->out;
    double n = (double)o->n_packets, area = (double)t->n_nodes * (double)t->cfg->measure_cycles;

    if (o->n_packets) {
        o->mean_cycles = (double)t->sum_cycles / n;
        o->mean_network_cycles = (double)t->sum_network / n;
        o->mean_routers = (double)t->sum_routers / n;
    } else {
        o->min_cycles = 0;
    }
    o->injected = (double)t->n_injected / area;
    o->accepted = (double)t->n_accepted / area;
    for (uint32_t i = 0; i < noc_topology(t->noc)->n_routers; i++)
        o->n_flit_hops += noc_counts(t->noc, i)->n_flits_routed;
}

enum err_code traffic_run(const struct traffic_cfg *cfg, struct traffic_result *out, struct err *e)
{
    const struct noc_ops ops = {
        .eject = on_eject, .credit = on_credit, .grant = cfg->tap ? on_grant : NULL};
    struct traffic t = {.cfg = cfg, .out = out, .n_nodes = cfg->noc.width * cfg->noc.height};
    enum err_code rc = check(cfg, e);

    *out = (struct traffic_result){.min_cycles = NEVER};
    if (rc || (rc = sim_new(&t.sim, NULL, e)))
        return rc;
    tables_init(&t);
    sources_init(&t);
    t.noc = noc_new(t.sim, &cfg->noc, &ops, &t);
    if (!(rc = run(&t, e)))
        results(&t);
    noc_free(t.noc);
    sim_free(t.sim);
    free(t.source);
    free(t.trace_next);
    free(t.cumulative);
    free(t.packet);
    free(t.credit);
    free(t.ejected);
    return rc;
}

/* ---- traces ---- */

/* "CYCLE SRC DST FLITS", blanks between, nothing after. */
static bool parse_packet(const char *text, struct traffic_packet *p)
{
    uint64_t v[4];

    for (int i = 0; i < 4; i++) {
        char *end;

        text += strspn(text, " \t");
        if (*text < '0' || *text > '9')
            return false;
        errno = 0;
        v[i] = strtoull(text, &end, 10);
        if (errno || (i && v[i] > UINT32_MAX))
            return false;
        text = end;
    }
    *p = (struct traffic_packet){
        .at_cycles = v[0], .src = (uint32_t)v[1], .dst = (uint32_t)v[2], .n_flits = (uint32_t)v[3]};
    return !text[strspn(text, " \t")];
}

enum err_code traffic_load_trace(const char *path, uint32_t n_nodes, struct traffic_packet **out,
                                 size_t *n, struct err *e)
{
    char *text, *save = NULL;
    size_t n_bytes, line = 0, room = 0;
    uint64_t last = 0;
    enum err_code rc = file_read(path, &text, &n_bytes, e);

    *out = NULL;
    *n = 0;
    if (rc)
        return rc;
    for (char *at = text; (save = strchr(at, '\n')) || *at;
         at = save ? save + 1 : at + strlen(at)) {
        struct traffic_packet p;

        line++;
        if (save)
            *save = '\0';
        at[strcspn(at, "#\r")] = '\0';
        if (!at[strspn(at, " \t")])
            continue;
        if (!parse_packet(at, &p))
            rc = err_set(e, ERR_CONFIG, "%s:%zu: not CYCLE SRC DST FLITS", path, line);
        else if (p.src >= n_nodes || p.dst >= n_nodes || !p.n_flits || p.n_flits > 65535)
            rc = err_set(e, ERR_CONFIG, "%s:%zu: nodes are 0..%u, flits 1..65535", path, line,
                         n_nodes - 1);
        else if (p.at_cycles < last)
            rc = err_set(e, ERR_CONFIG, "%s:%zu: earlier than the line before", path, line);
        if (rc)
            break;
        last = p.at_cycles;
        if (*n == room) {
            *out = mem_grow(*out, room, room ? 2 * room : 256, sizeof **out);
            room = room ? 2 * room : 256;
        }
        (*out)[(*n)++] = p;
    }
    free(text);
    if (rc) {
        free(*out);
        *out = NULL;
    }
    return rc;
}
