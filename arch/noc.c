/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/noc.h"

#include <assert.h>
#include <stdlib.h>

#include "sim/base/mem.h"

/* Channel index: port * 8 + vc, as input (p,v) or output (o,u); also the bit in the masks below. */
enum { N_CHANNELS = NOC_N_PORTS * NOC_MAX_VCS };

static const uint64_t NEVER = UINT64_MAX;
static const uint32_t ALL_VCS = (1u << NOC_MAX_VCS) - 1;

struct router {
    struct noc *noc;
    uint32_t node, x, y;
    struct router *neighbour[NOC_N_PORTS]; /* NULL at the edge and for LOCAL */

    uint64_t nonempty;  /* inputs with a visible flit */
    uint64_t routed;    /* inputs whose head has spent its routing cycle (5 stages) */
    uint64_t active;    /* inputs that own an output: out_of */
    uint64_t busy;      /* outputs owned by an input */
    uint64_t wait;      /* outputs whose credit, when it returns, must wake this router */
    uint64_t arrive[4]; /* inputs whose next flit appears in the cycle with that number mod 4 */
    uint8_t scheduled;  /* bit mod 4: ARBITRATE is scheduled for that cycle */

    uint8_t sa_in[NOC_N_PORTS], sa_out[NOC_N_PORTS];
    uint8_t va_in[N_CHANNELS];  /* of an input: the output granted last, next VC */
    uint8_t va_out[N_CHANNELS]; /* of an output: the input granted last, plus 1 */
    uint8_t out_of[N_CHANNELS]; /* output channel of an active input */
    uint8_t first[N_CHANNELS], n_visible[N_CHANNELS]; /* input buffers: owned by this router ... */
    uint8_t next[N_CHANNELS];                         /* ... but filled by whoever feeds it */
    uint8_t credit_first[N_CHANNELS];                 /* credits: taken by this router ... */
    uint8_t credit_next[N_CHANNELS];                  /* ... returned by the neighbour */
    struct noc_counts counts;
};

struct noc {
    struct sim *sim;
    struct noc_cfg cfg;
    struct noc_ops ops;
    void *self;
    struct router *router; /* (n_nodes) */
    struct flit *flit;     /* (n_nodes, N_CHANNELS, buffer_flits) rings */
    uint64_t *credit; /* (n_nodes, N_CHANNELS, buffer_flits) rings: cycle from which each credit
                       * may be taken, NEVER while it is out */
};

static const uint8_t opposite[NOC_N_PORTS] = {NOC_LOCAL, NOC_SOUTH, NOC_WEST, NOC_NORTH, NOC_EAST};

static uint64_t bit(uint32_t channel)
{
    return (uint64_t)1 << channel;
}

/* First set bit of m at or after from, wrapping; m is not 0. */
static uint32_t first_from(uint64_t m, uint32_t from)
{
    uint64_t high = m >> from << from;

    return (uint32_t)__builtin_ctzll(high ? high : m);
}

static uint8_t ring_next(const struct noc *n, uint8_t i)
{
    return (uint8_t)(i + 1u == n->cfg.buffer_flits ? 0 : i + 1u);
}

static size_t ring(const struct router *r, uint32_t channel)
{
    return ((size_t)r->node * N_CHANNELS + channel) * r->noc->cfg.buffer_flits;
}

static void router_arbitrate(void *self, uint64_t now_cycles, uint64_t arg);

static void wake(struct router *r, uint64_t at_cycles)
{
    uint8_t slot = (uint8_t)(1u << (at_cycles & 3));

    if (r->scheduled & slot)
        return;
    r->scheduled |= slot;
    sim_at(r->noc->sim, at_cycles, SIM_ARBITRATE, router_arbitrate, r, 0);
}

static void push(struct router *r, uint32_t channel, const struct flit *f, uint64_t at_cycles)
{
    struct noc *n = r->noc;

    n->flit[ring(r, channel) + r->next[channel]] = *f;
    r->next[channel] = ring_next(n, r->next[channel]);
    r->arrive[at_cycles & 3] |= bit(channel);
    wake(r, at_cycles);
}

static void return_credit(struct router *r, uint32_t channel, uint64_t at_cycles)
{
    struct noc *n = r->noc;

    n->credit[ring(r, channel) + r->credit_next[channel]] = at_cycles;
    r->credit_next[channel] = ring_next(n, r->credit_next[channel]);
    if (r->wait & bit(channel)) {
        r->wait &= ~bit(channel);
        wake(r, at_cycles);
    }
}

/* What appears in this cycle. Every arrival has scheduled an arbitration, so none is missed. */
static void accept(struct router *r, uint64_t now_cycles)
{
    uint64_t m = r->arrive[now_cycles & 3];

    r->arrive[now_cycles & 3] = 0;
    r->nonempty |= m;
    for (; m; m &= m - 1) {
        uint32_t channel = (uint32_t)__builtin_ctzll(m);

        if (++r->n_visible[channel] > r->counts.peak_vc_flits)
            r->counts.peak_vc_flits = r->n_visible[channel];
    }
}

static uint32_t route(const struct router *r, uint64_t head)
{
    uint32_t x = flit_x(head), y = flit_y(head);
    uint32_t along_x = x > r->x ? NOC_EAST : NOC_WEST, along_y = y > r->y ? NOC_SOUTH : NOC_NORTH;

    if (x == r->x)
        return y == r->y ? NOC_LOCAL : along_y;
    if (y == r->y)
        return along_x;
    return r->noc->cfg.routing == NOC_XY ? along_x : along_y;
}

/* VA, input side: the output channel that input `in`, with a head in front, asks for; N_CHANNELS if
 * all it may have are busy. */
static uint32_t bid(const struct router *r, uint32_t in)
{
    const struct flit *f = &r->noc->flit[ring(r, in) + r->first[in]];
    uint32_t port = route(r, f->payload), start = 0;
    uint32_t vcs = (uint32_t)r->noc->cfg.vc_mask[in % NOC_MAX_VCS] &
                   ~(uint32_t)(r->busy >> port * NOC_MAX_VCS) & ALL_VCS;

    assert(f->head);
    if (!vcs)
        return N_CHANNELS;
    if (r->va_in[in] / NOC_MAX_VCS == port)
        start = r->va_in[in] % NOC_MAX_VCS;
    return port * NOC_MAX_VCS + first_from(vcs, start);
}

/* VA among the heads of inputs m: true if a channel was granted. */
static bool allocate(struct router *r, uint64_t m)
{
    uint64_t request[N_CHANNELS]; /* inputs that ask for an output; valid where asked is set */
    uint64_t asked = 0;

    for (; m; m &= m - 1) {
        uint32_t in = (uint32_t)__builtin_ctzll(m), out = bid(r, in);

        if (out == N_CHANNELS)
            continue;
        if (!(asked & bit(out)))
            request[out] = 0;
        asked |= bit(out);
        request[out] |= bit(in);
    }
    for (m = asked; m; m &= m - 1) {
        uint32_t out = (uint32_t)__builtin_ctzll(m), vc = out % NOC_MAX_VCS;
        uint32_t in = first_from(request[out], r->va_out[out]);

        r->va_out[out] = (uint8_t)(in + 1);
        r->va_in[in] = (uint8_t)(vc + 1 == r->noc->cfg.n_vcs ? out - vc : out + 1);
        r->out_of[in] = (uint8_t)out;
        r->active |= bit(in);
        r->busy |= bit(out);
        r->counts.n_allocations++;
    }
    return asked != 0;
}

/* The place that the flit leaving through `out` takes there. */
static void take_credit(struct router *r, uint32_t out)
{
    struct noc *n = r->noc;

    n->credit[ring(r, out) + r->credit_first[out]] = NEVER;
    r->credit_first[out] = ring_next(n, r->credit_first[out]);
}

/* A grant of SA: the flit at the front of input (p,v) goes to the output it owns. */
static void forward(struct router *r, uint32_t p, uint32_t v, uint64_t now_cycles)
{
    struct noc *n = r->noc;
    uint32_t in = p * NOC_MAX_VCS + v, out = r->out_of[in], o = out / NOC_MAX_VCS,
             u = out % NOC_MAX_VCS;
    struct flit f = n->flit[ring(r, in) + r->first[in]];

    r->sa_in[p] = (uint8_t)(v + 1 == n->cfg.n_vcs ? 0 : v + 1);
    r->sa_out[o] = (uint8_t)(p + 1 == NOC_N_PORTS ? 0 : p + 1);
    r->first[in] = ring_next(n, r->first[in]);
    if (!--r->n_visible[in])
        r->nonempty &= ~bit(in);
    if (f.tail) {
        r->routed &= ~bit(in);
        r->active &= ~bit(in);
        r->busy &= ~bit(out);
    }
    f.vc = (uint8_t)u;
    r->counts.n_flits_routed++;
    if (n->ops.grant)
        n->ops.grant(n->self, r->node, p, v, o, &f, now_cycles);
    if (o != NOC_LOCAL) {
        r->counts.n_flits_linked++;
        take_credit(r, out);
        push(r->neighbour[o], opposite[o] * NOC_MAX_VCS + u, &f, now_cycles + NOC_LINK_CYCLES);
    } else {
        if (n->cfg.eject_credits)
            take_credit(r, out);
        n->ops.eject(n->self, r->node, now_cycles + NOC_LINK_CYCLES, &f);
    }
    if (p == NOC_LOCAL)
        n->ops.credit(n->self, r->node, v, now_cycles + NOC_CREDIT_CYCLES);
    else
        return_credit(r->neighbour[p], opposite[p] * NOC_MAX_VCS + v,
                      now_cycles + NOC_CREDIT_CYCLES);
}

/* Whether input `in`, active with a visible flit, has a credit; if not, *retry becomes the cycle in
 * which it will have one, or the router is woken by its return. */
static bool has_credit(struct router *r, uint32_t in, uint64_t now_cycles, uint64_t *retry)
{
    uint32_t out = r->out_of[in];
    uint64_t from;

    if (out < NOC_MAX_VCS && !r->noc->cfg.eject_credits) /* LOCAL: always room */
        return true;
    from = r->noc->credit[ring(r, out) + r->credit_first[out]];
    if (from <= now_cycles)
        return true;
    if (from == NEVER)
        r->wait |= bit(out);
    else if (from < *retry)
        *retry = from;
    return false;
}

/* SA over the inputs in ready; true if a flit moved. */
static bool switch_flits(struct router *r, uint64_t ready, uint64_t now_cycles, uint64_t *retry)
{
    uint8_t nominee[NOC_N_PORTS];       /* VC each input port nominates */
    uint8_t request[NOC_N_PORTS] = {0}; /* input ports that ask for each output */
    uint32_t asked = 0;

    for (uint32_t p = 0; p < NOC_N_PORTS; p++) {
        uint32_t m = ready >> p * NOC_MAX_VCS & ALL_VCS;

        while (m) {
            uint32_t v = first_from(m, r->sa_in[p]), in = p * NOC_MAX_VCS + v;

            if (has_credit(r, in, now_cycles, retry)) {
                nominee[p] = (uint8_t)v;
                request[r->out_of[in] / NOC_MAX_VCS] |= (uint8_t)(1u << p);
                asked |= 1u << r->out_of[in] / NOC_MAX_VCS;
                break;
            }
            m &= ~(1u << v);
        }
    }
    for (uint32_t m = asked; m; m &= m - 1) {
        uint32_t o = (uint32_t)__builtin_ctz(m), p = first_from(request[o], r->sa_out[o]);

        forward(r, p, nominee[p], now_cycles);
    }
    return asked != 0;
}

static void router_arbitrate(void *self, uint64_t now_cycles, uint64_t arg)
{
    struct router *r = self;
    uint64_t ready, heads, retry = NEVER;
    bool changed;

    (void)arg;
    r->scheduled &= (uint8_t) ~(1u << (now_cycles & 3));
    accept(r, now_cycles);
    if (!r->nonempty)
        return;
    r->wait = 0;
    ready = r->nonempty &
            r->active; /* SA does not see what VA grants in this cycle, nor VA what SA frees */
    heads = r->nonempty & ~r->active;
    changed = false;
    if (r->noc->cfg.stages > NOC_MIN_STAGES) {
        uint64_t routed = r->routed;

        changed = (heads & ~routed) != 0;
        r->routed |= heads;
        heads &= routed;
    }
    changed |= allocate(r, heads);
    changed |= switch_flits(r, ready, now_cycles, &retry);
    if (!r->nonempty)
        return;
    if (changed)
        wake(r, now_cycles + 1);
    else if (retry != NEVER) /* nothing happens before a flit arrives or a credit returns */
        wake(r, retry);
}

struct noc *noc_new(struct sim *s, const struct noc_cfg *cfg, const struct noc_ops *ops, void *self)
{
    struct noc *n = mem_alloc(1, sizeof *n);
    size_t n_nodes = (size_t)cfg->width * cfg->height;

    assert(cfg->width >= 1 && cfg->height >= 1);
    assert(cfg->n_vcs >= 1 && cfg->n_vcs <= NOC_MAX_VCS);
    assert(cfg->buffer_flits >= 1 && cfg->buffer_flits <= NOC_MAX_BUFFER);
    assert(!cfg->stages || (cfg->stages >= NOC_MIN_STAGES && cfg->stages <= NOC_MAX_STAGES));
    n->sim = s;
    n->cfg = *cfg;
    if (!n->cfg.stages)
        n->cfg.stages = NOC_MIN_STAGES;
    for (uint32_t v = 0; v < NOC_MAX_VCS; v++)
        if (!cfg->vc_mask[v])
            n->cfg.vc_mask[v] = (uint8_t)(1u << v);
    n->ops = *ops;
    n->self = self;
    n->router = mem_alloc(n_nodes, sizeof *n->router);
    n->flit = mem_alloc(n_nodes * N_CHANNELS * cfg->buffer_flits, sizeof *n->flit);
    n->credit =
        mem_alloc(n_nodes * N_CHANNELS * cfg->buffer_flits, sizeof *n->credit); /* all at 0 */
    for (uint32_t i = 0; i < n_nodes; i++) {
        struct router *r = &n->router[i];

        r->noc = n;
        r->node = i;
        r->x = i % cfg->width;
        r->y = i / cfg->width;
        r->neighbour[NOC_NORTH] = r->y ? r - cfg->width : NULL;
        r->neighbour[NOC_SOUTH] = r->y + 1 < cfg->height ? r + cfg->width : NULL;
        r->neighbour[NOC_WEST] = r->x ? r - 1 : NULL;
        r->neighbour[NOC_EAST] = r->x + 1 < cfg->width ? r + 1 : NULL;
    }
    return n;
}

void noc_free(struct noc *n)
{
    if (!n)
        return;
    free(n->router);
    free(n->flit);
    free(n->credit);
    free(n);
}

void noc_inject(struct noc *n, uint32_t node, const struct flit *f, uint64_t at_cycles)
{
    push(&n->router[node], NOC_LOCAL * NOC_MAX_VCS + f->vc, f, at_cycles);
}

void noc_eject_credit(struct noc *n, uint32_t node, uint32_t vc, uint64_t at_cycles)
{
    return_credit(&n->router[node], NOC_LOCAL * NOC_MAX_VCS + vc, at_cycles);
}

const struct noc_counts *noc_counts(const struct noc *n, uint32_t node)
{
    return &n->router[node].counts;
}

bool noc_waits(const struct noc *n, struct noc_place at, struct noc_place *next)
{
    const struct router *r = &n->router[at.node];
    uint32_t in = at.port * NOC_MAX_VCS + at.vc, out = r->out_of[in];
    uint32_t port;

    if (!(r->nonempty & bit(in)))
        return false;
    if (!(r->active & bit(in))) { /* for the channel, hence for the input that has it */
        port = route(r, n->flit[ring(r, in) + r->first[in]].payload);
        for (uint32_t c = 0; c < N_CHANNELS; c++)
            if (r->active & bit(c) && r->out_of[c] / NOC_MAX_VCS == port &&
                n->cfg.vc_mask[at.vc] >> r->out_of[c] % NOC_MAX_VCS & 1) {
                *next = (struct noc_place){at.node, c / NOC_MAX_VCS, c % NOC_MAX_VCS};
                return true;
            }
        return false;
    }
    port = out / NOC_MAX_VCS;
    if (!r->neighbour[port]) /* a tile */
        return false;
    *next = (struct noc_place){r->neighbour[port]->node, opposite[port], out % NOC_MAX_VCS};
    return true;
}

uint32_t noc_n_held(const struct noc *n, uint32_t node)
{
    const struct router *r = &n->router[node];
    uint32_t held = 0;

    for (uint32_t c = 0; c < N_CHANNELS; c++)
        held += r->n_visible[c];
    for (uint32_t i = 0; i < 4; i++)
        held += (uint32_t)__builtin_popcountll(r->arrive[i]);
    return held;
}
