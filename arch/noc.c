/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/noc.h"

#include <assert.h>
#include <stdlib.h>

#include "sim/base/mem.h"

/* Channel index: port << vc_shift | vc, as input (p,v) or output (o,u); also the bit in the masks
 * below. vc_shift is the smallest that has room for n_vcs. AHEAD: what is on its way appears within
 * three cycles, so that a cycle modulo 4 names it. */
enum { MAX_CHANNELS = NOC_MAX_PORTS * NOC_MAX_VCS, AHEAD = 4, MAX_ROUTER_WORDS = 256 / 64 };
_Static_assert(MAX_CHANNELS <= 64, "a mask has a bit a channel");

#define ALWAYS_INLINE inline __attribute__((always_inline))

static const uint64_t NEVER = UINT64_MAX;

/* Input channel i and output channel i: eight bytes, so that a router of few channels is in one or
 * two cache lines. */
struct channel {
    uint8_t first, n_visible; /* input buffer: owned by this router ... */
    uint8_t next;             /* ... but filled by whoever feeds it */
    uint8_t out_of;           /* output channel of an active input */
    uint8_t port;             /* output port of a routed head */
    uint8_t va_in;            /* of an input: the output granted last, next VC */
    uint8_t va_out;           /* of an output: the input granted last, plus 1 */
    uint8_t n_credits;        /* of an output, those on their way included */
};

struct router {
    struct noc *noc;
    uint64_t nonempty;         /* inputs with a visible flit */
    uint64_t routed;           /* inputs whose head's output port is known */
    uint64_t active;           /* inputs that own an output: out_of */
    uint64_t busy;             /* outputs owned by an input */
    uint64_t blocked;          /* inputs whose head finds all channels it may have busy */
    uint64_t wait;             /* outputs whose credit,when it returns, must wake this router */
    uint64_t counted;          /* outputs that need credits */
    uint64_t arrive[AHEAD];    /* inputs whose next flit appears in the cycle with that number */
    uint64_t returned[AHEAD];  /* outputs whose credit appears in cycle ... */
    uint64_t return_at[AHEAD]; /* ... this one; one that has passed: nothing is on its way */
    uint8_t scheduled;         /* with router_events: bit mod 4, ARBITRATE is scheduled */
    uint8_t sa_in[NOC_MAX_PORTS], sa_out[NOC_MAX_PORTS];
    uint16_t index, col, row;
    uint32_t word; /* of awake, and the bit in it */
    uint64_t bit;
    struct channel *channel;                 /* (n_ports << vc_shift) */
    struct flit *flit;                       /* (n_ports << vc_shift, buffer_flits) rings */
    struct router *neighbour[NOC_MAX_PORTS]; /* NULL at the edge and for local ports */
    uint32_t node[NOC_MAX_PORTS];            /* of a local port */
    struct noc_counts counts;
};

struct noc {
    struct sim *sim;
    struct noc_cfg cfg;
    struct noc_ops ops;
    void *self;
    struct topology topology;
    uint32_t vc_shift, n_words;
    uint8_t next_vc[NOC_MAX_VCS], next_port[NOC_MAX_PORTS]; /* wrapping */
    uint64_t awake[AHEAD][MAX_ROUTER_WORDS]; /* routers to decide in the cycle with that number */
    uint8_t scheduled;                       /* bit mod 4: noc_arbitrate is, for that cycle */
    struct router *router;
    struct topology_place *home; /* (n_nodes) */
    struct channel *channel;
    struct flit *flit;
};

static uint64_t bit(uint32_t channel)
{
    return (uint64_t)1 << channel;
}

/* First set bit of m at or after from, wrapping; m is not 0, from at most 64. */
static uint32_t first_from(uint64_t m, uint32_t from)
{
    uint64_t high = m >> (from & 63) << (from & 63);

    return (uint32_t)__builtin_ctzll(high ? high : m);
}

static uint8_t ring_next(const struct noc *n, uint8_t i)
{
    return (uint8_t)(i + 1u == n->cfg.buffer_flits ? 0 : i + 1u);
}

static struct flit *place(const struct router *r, uint32_t channel, uint32_t i)
{
    return &r->flit[(size_t)channel * r->noc->cfg.buffer_flits + i];
}

/* ---- waking ---- */

static void noc_arbitrate(void *self, uint64_t now_cycles, uint64_t arg);
static void router_event(void *self, uint64_t now_cycles, uint64_t arg);

static bool claim(uint8_t *scheduled, uint64_t at_cycles)
{
    uint8_t slot = (uint8_t)(1u << at_cycles % AHEAD);
    bool is_new = !(*scheduled & slot);

    *scheduled |= slot;
    return is_new;
}

static void wake(struct router *r, uint64_t at_cycles)
{
    struct noc *n = r->noc;

    if (n->cfg.router_events) {
        if (claim(&r->scheduled, at_cycles))
            sim_at(n->sim, at_cycles, SIM_ARBITRATE, router_event, r, 0);
        return;
    }
    n->awake[at_cycles % AHEAD][r->word] |= r->bit;
    if (claim(&n->scheduled, at_cycles))
        sim_at(n->sim, at_cycles, SIM_ARBITRATE, noc_arbitrate, n, 0);
}

static void push(struct router *r, uint32_t channel, const struct flit *f, uint64_t at_cycles)
{
    struct channel *c = &r->channel[channel];

    *place(r, channel, c->next) = *f;
    c->next = ring_next(r->noc, c->next);
    r->arrive[at_cycles % AHEAD] |= bit(channel);
    wake(r, at_cycles);
}

static void return_credit(struct router *r, uint32_t channel, uint64_t at_cycles)
{
    uint32_t slot = at_cycles % AHEAD;

    /* no branch: it would be taken at random */
    r->returned[slot] &= -(uint64_t)(r->return_at[slot] == at_cycles);
    r->returned[slot] |= bit(channel);
    r->return_at[slot] = at_cycles;
    r->channel[channel].n_credits++;
    if (r->wait & bit(channel)) {
        r->wait &= ~bit(channel);
        wake(r, at_cycles);
    }
}

/* What appears in this cycle. Every arrival has scheduled an arbitration, so none is missed. */
static void accept(struct router *r, uint64_t now_cycles)
{
    uint64_t m = r->arrive[now_cycles % AHEAD];

    r->arrive[now_cycles % AHEAD] = 0;
    r->nonempty |= m;
    for (; m; m &= m - 1) {
        struct channel *c = &r->channel[__builtin_ctzll(m)];

        if (++c->n_visible > r->counts.peak_vc_flits)
            r->counts.peak_vc_flits = c->n_visible;
    }
}

/* ---- routing and channel allocation ---- */

/* RC: the heads of inputs m get their output ports. */
static void route(struct router *r, uint64_t m)
{
    r->routed |= m;
    for (; m; m &= m - 1) {
        uint32_t in = (uint32_t)__builtin_ctzll(m);
        struct channel *c = &r->channel[in];
        const struct flit *f = place(r, in, c->first);

        assert(f->head);
        c->port = (uint8_t)topology_toward(&r->noc->topology, r->col, r->row, flit_x(f->payload),
                                           flit_y(f->payload));
    }
}

/* VA, input side: the output channel that input `in`, with a routed head in front, asks for;
 * MAX_CHANNELS if all it may have are busy. */
static inline uint32_t bid(const struct router *r, uint32_t in, uint32_t shift)
{
    const struct noc *n = r->noc;
    const struct channel *c = &r->channel[in];
    uint32_t all = (1u << (1u << shift)) - 1, base = (uint32_t)c->port << shift;
    uint32_t vc = in & ((1u << shift) - 1), start = 0;
    uint32_t vcs = (uint32_t)n->cfg.vc_mask[vc] & ~(uint32_t)(r->busy >> base) & all;

    if (!vcs)
        return MAX_CHANNELS;
    if ((uint32_t)c->va_in >> shift == c->port)
        start = c->va_in - base;
    return base + first_from(vcs, start);
}

static inline void give(struct router *r, uint32_t in, uint32_t out, uint32_t shift)
{
    const struct noc *n = r->noc;
    uint32_t vc = out & ((1u << shift) - 1);

    r->channel[out].va_out = (uint8_t)(in + 1);
    r->channel[in].va_in = (uint8_t)(out - vc + n->next_vc[vc]);
    r->channel[in].out_of = (uint8_t)out;
    r->active |= bit(in);
    r->busy |= bit(out);
    r->counts.n_allocations++;
}

/* VA among the routed heads of inputs m, not 0. */
static ALWAYS_INLINE void allocate(struct router *r, uint64_t m, uint32_t shift)
{
    uint64_t request[MAX_CHANNELS]; /* inputs that ask for an output; valid where asked is set */
    uint64_t asked = 0;

    if (!(m & (m - 1))) { /* most often there is one, and nobody to arbitrate against */
        uint32_t in = (uint32_t)__builtin_ctzll(m), out = bid(r, in, shift);

        if (out != MAX_CHANNELS)
            give(r, in, out, shift);
        else
            r->blocked |= m;
        return;
    }
    for (; m; m &= m - 1) {
        uint32_t in = (uint32_t)__builtin_ctzll(m), out = bid(r, in, shift);

        if (out == MAX_CHANNELS) {
            r->blocked |= bit(in);
            continue;
        }
        if (!(asked & bit(out)))
            request[out] = 0;
        asked |= bit(out);
        request[out] |= bit(in);
    }
    for (m = asked; m; m &= m - 1) {
        uint32_t out = (uint32_t)__builtin_ctzll(m);

        give(r, first_from(request[out], r->channel[out].va_out), out, shift);
    }
}

/* ---- switch allocation ---- */

static ALWAYS_INLINE void send(struct router *r, uint32_t o, uint32_t out, const struct flit *f,
                               uint32_t shift, uint64_t now_cycles)
{
    struct noc *n = r->noc;
    struct router *to = r->neighbour[o];

    if (r->counted & bit(out))
        r->channel[out].n_credits--;
    if (to) {
        r->counts.n_flits_linked++;
        push(to, noc_port_opposite(o) << shift | f->vc, f, now_cycles + NOC_LINK_CYCLES);
    } else {
        n->ops.eject(n->self, r->node[o], now_cycles + NOC_LINK_CYCLES, f);
    }
}

/* A grant of SA: the flit at the front of input channel `in` goes to the output it owns. */
static ALWAYS_INLINE void forward(struct router *r, uint32_t in, uint64_t now_cycles,
                                  uint32_t shift)
{
    struct noc *n = r->noc;
    struct channel *c = &r->channel[in];
    uint32_t p = in >> shift, v = in - (p << shift);
    uint32_t out = c->out_of, o = out >> shift;
    struct flit f = *place(r, in, c->first);

    r->sa_in[p] = n->next_vc[v];
    r->sa_out[o] = n->next_port[p];
    c->first = ring_next(n, c->first);
    if (!--c->n_visible)
        r->nonempty &= ~bit(in);
    if (f.tail) {
        r->routed &= ~bit(in);
        r->active &= ~bit(in);
        r->busy &= ~bit(out);
        r->blocked = 0;
    }
    f.vc = (uint8_t)(out - (o << shift));
    r->counts.n_flits_routed++;
    if (n->ops.grant)
        n->ops.grant(n->self, r->index, p, v, o, &f, now_cycles);
    send(r, o, out, &f, shift, now_cycles);
    if (r->neighbour[p])
        return_credit(r->neighbour[p], noc_port_opposite(p) << shift | v,
                      now_cycles + NOC_CREDIT_CYCLES);
    else
        n->ops.credit(n->self, r->node[p], v, now_cycles + NOC_CREDIT_CYCLES);
}

/* Whether input `in`, active with a visible flit, has a credit; if not, *retry becomes the cycle in
 * which it will have one, or the router is woken by its return. */
static bool has_credit(struct router *r, uint32_t in, uint64_t now_cycles, uint64_t *retry)
{
    uint32_t out = r->channel[in].out_of, n_here = r->channel[out].n_credits;
    uint64_t first = NEVER;

    if (!(r->counted & bit(out)) || n_here >= AHEAD) /* of four, one at least has appeared */
        return true;
    if (!n_here) {
        r->wait |= bit(out);
        return false;
    }
    for (uint32_t i = 0; i < AHEAD; i++)
        if (r->return_at[i] > now_cycles && r->returned[i] & bit(out)) {
            n_here--;
            if (r->return_at[i] < first)
                first = r->return_at[i];
        }
    if (n_here)
        return true;
    if (first < *retry)
        *retry = first;
    return false;
}

/* SA over the inputs in ready; those of them that are found to have no credit. */
static ALWAYS_INLINE uint64_t switch_flits(struct router *r, uint64_t ready, uint64_t now_cycles,
                                           uint64_t *retry, uint32_t shift)
{
    uint32_t all = (1u << (1u << shift)) - 1;
    uint8_t nominee[NOC_MAX_PORTS];       /* channel each input port nominates */
    uint8_t request[NOC_MAX_PORTS] = {0}; /* input ports that ask for each output */
    uint64_t starved = 0;
    uint32_t asked = 0;

    while (ready) {
        uint32_t p = (uint32_t)__builtin_ctzll(ready) >> shift, base = p << shift;
        uint32_t m = (uint32_t)(ready >> base) & all;

        ready &= ~((uint64_t)all << base);
        while (m) {
            uint32_t v = first_from(m, r->sa_in[p]), o;

            if (has_credit(r, base + v, now_cycles, retry)) {
                o = (uint32_t)r->channel[base + v].out_of >> shift;
                nominee[p] = (uint8_t)(base + v);
                request[o] |= (uint8_t)(1u << p);
                asked |= 1u << o;
                break;
            }
            m &= ~(1u << v);
            starved |= bit(base + v);
        }
    }
    for (uint32_t m = asked; m; m &= m - 1) {
        uint32_t o = (uint32_t)__builtin_ctz(m);

        forward(r, nominee[first_from(request[o], r->sa_out[o])], now_cycles, shift);
    }
    return starved;
}

/* ---- a router in a cycle ---- */

static ALWAYS_INLINE void step(struct router *r, uint64_t now_cycles, uint32_t shift)
{
    uint64_t ready, heads, fresh, retry = NEVER, starved = 0;

    accept(r, now_cycles);
    if (!r->nonempty)
        return;
    r->wait = 0;
    ready = r->nonempty &
            r->active; /* SA does not see what VA grants in this cycle, nor VA what SA frees */
    heads = r->nonempty & ~r->active & ~r->blocked;
    fresh = heads & ~r->routed;
    if (fresh) {
        route(r, fresh);
        if (r->noc->cfg.stages > NOC_MIN_STAGES) /* routing has a cycle of its own */
            heads &= ~fresh;
    }
    if (heads)
        allocate(r, heads, shift);
    if (ready)
        starved = switch_flits(r, ready, now_cycles, &retry, shift);
    /* The blocked wait for a tail, the starved for a credit; of the rest, something may move next.
     */
    if (r->nonempty & ~starved & ~r->blocked)
        wake(r, now_cycles + 1);
    else if (retry != NEVER)
        wake(r, retry);
}

/* A copy of the code for each vc_shift, in which it is a constant. */
static void router_step(struct router *r, uint64_t now_cycles)
{
    switch (r->noc->vc_shift) {
    case 0:
        step(r, now_cycles, 0);
        break;
    case 1:
        step(r, now_cycles, 1);
        break;
    case 2:
        step(r, now_cycles, 2);
        break;
    default:
        step(r, now_cycles, 3);
    }
}

static void router_event(void *self, uint64_t now_cycles, uint64_t arg)
{
    struct router *r = self;

    (void)arg;
    r->scheduled &= (uint8_t) ~(1u << now_cycles % AHEAD);
    router_step(r, now_cycles);
}

static void noc_arbitrate(void *self, uint64_t now_cycles, uint64_t arg)
{
    struct noc *n = self;
    uint64_t *awake = n->awake[now_cycles % AHEAD];

    (void)arg;
    n->scheduled &= (uint8_t) ~(1u << now_cycles % AHEAD);
    for (uint32_t w = 0; w < n->n_words; w++) {
        uint64_t m = awake[w];

        awake[w] = 0;
        for (; m; m &= m - 1)
            router_step(&n->router[w * 64 + (uint32_t)__builtin_ctzll(m)], now_cycles);
    }
}

/* ---- making ---- */

static void router_init(struct noc *n, uint32_t index)
{
    const struct topology *t = &n->topology;
    struct router *r = &n->router[index];
    uint32_t n_channels = t->n_ports << n->vc_shift;

    r->noc = n;
    r->index = (uint16_t)index;
    r->word = index / 64;
    r->bit = bit(index % 64);
    r->col = (uint16_t)(index % t->router_cols);
    r->row = (uint16_t)(index / t->router_cols);
    r->channel = n->channel + (size_t)index * n_channels;
    r->flit = n->flit + (size_t)index * n_channels * n->cfg.buffer_flits;
    for (uint32_t c = 0; c < n_channels; c++) {
        r->channel[c].n_credits = (uint8_t)n->cfg.buffer_flits;
        if (!noc_port_is_local(c >> n->vc_shift) || n->cfg.eject_credits)
            r->counted |= bit(c);
    }
    for (uint32_t p = 0; p < t->n_ports; p++) {
        struct topology_place at = {.router = index, .port = p}, next;

        if (noc_port_is_local(p))
            r->node[p] = topology_node(t, at);
        else if (topology_cross(t, at, &next))
            r->neighbour[p] = &n->router[next.router];
    }
}

static void check(const struct noc_cfg *cfg)
{
    (void)cfg;
    assert(cfg->n_vcs >= 1 && cfg->n_vcs <= NOC_MAX_VCS);
    assert(cfg->buffer_flits >= 1 && cfg->buffer_flits <= NOC_MAX_BUFFER);
    assert(!cfg->stages || (cfg->stages >= NOC_MIN_STAGES && cfg->stages <= NOC_MAX_STAGES));
}

struct noc *noc_new(struct sim *s, const struct noc_cfg *cfg, const struct noc_ops *ops, void *self)
{
    struct noc *n = mem_alloc(1, sizeof *n);
    const struct topology *t = &n->topology;
    size_t n_channels;

    check(cfg);
    n->sim = s;
    n->cfg = *cfg;
    n->topology = topology_new(cfg->topology, cfg->routing, cfg->width, cfg->height);
    assert(t->n_routers <= 64 * MAX_ROUTER_WORDS);
    if (!n->cfg.stages)
        n->cfg.stages = NOC_MIN_STAGES;
    for (uint32_t v = 0; v < NOC_MAX_VCS; v++)
        if (!cfg->vc_mask[v])
            n->cfg.vc_mask[v] = (uint8_t)(1u << v);
    while (1u << n->vc_shift < cfg->n_vcs)
        n->vc_shift++;
    for (uint32_t v = 0; v < cfg->n_vcs; v++)
        n->next_vc[v] = (uint8_t)((v + 1) % cfg->n_vcs);
    for (uint32_t k = 0; k < t->n_ports; k++)
        n->next_port[k] = (uint8_t)((k + 1) % t->n_ports);
    n->n_words = (t->n_routers + 63) / 64;
    n->ops = *ops;
    n->self = self;
    n_channels = (size_t)t->n_routers * (t->n_ports << n->vc_shift);
    n->router = mem_alloc(t->n_routers, sizeof *n->router);
    n->channel = mem_alloc(n_channels, sizeof *n->channel);
    n->flit = mem_alloc(n_channels * cfg->buffer_flits, sizeof *n->flit);
    n->home = mem_alloc((size_t)cfg->width * cfg->height, sizeof *n->home);
    for (uint32_t i = 0; i < t->n_routers; i++)
        router_init(n, i);
    for (uint32_t i = 0; i < cfg->width * cfg->height; i++)
        n->home[i] = topology_home(t, i);
    return n;
}

void noc_free(struct noc *n)
{
    if (!n)
        return;
    free(n->router);
    free(n->channel);
    free(n->flit);
    free(n->home);
    free(n);
}

/* ---- ends and observers ---- */

const struct topology *noc_topology(const struct noc *n)
{
    return &n->topology;
}

void noc_inject(struct noc *n, uint32_t node, const struct flit *f, uint64_t at_cycles)
{
    struct topology_place at = n->home[node];

    push(&n->router[at.router], at.port << n->vc_shift | f->vc, f, at_cycles);
}

void noc_eject_credit(struct noc *n, uint32_t node, uint32_t vc, uint64_t at_cycles)
{
    struct topology_place at = n->home[node];

    return_credit(&n->router[at.router], at.port << n->vc_shift | vc, at_cycles);
}

const struct noc_counts *noc_counts(const struct noc *n, uint32_t router)
{
    return &n->router[router].counts;
}

bool noc_waits(const struct noc *n, struct noc_place at, struct noc_place *next)
{
    const struct router *r = &n->router[at.router];
    uint32_t in = at.port << n->vc_shift | at.vc, out = r->channel[in].out_of;
    uint32_t port, vc_mask = (1u << n->vc_shift) - 1;

    if (!(r->nonempty & bit(in)))
        return false;
    if (!(r->active & bit(in))) { /* for the channel, hence for the input that has it */
        if (!(r->routed & bit(in)))
            return false;
        for (uint64_t m = r->active; m; m &= m - 1) {
            uint32_t c = (uint32_t)__builtin_ctzll(m), has = r->channel[c].out_of;

            if (has >> n->vc_shift == r->channel[in].port &&
                n->cfg.vc_mask[at.vc] >> (has & vc_mask) & 1) {
                *next = (struct noc_place){at.router, c >> n->vc_shift, c & vc_mask};
                return true;
            }
        }
        return false;
    }
    port = out >> n->vc_shift;
    if (!r->neighbour[port]) /* a tile */
        return false;
    *next = (struct noc_place){r->neighbour[port]->index, noc_port_opposite(port), out & vc_mask};
    return true;
}

uint32_t noc_n_held(const struct noc *n, uint32_t router)
{
    const struct router *r = &n->router[router];
    uint32_t held = 0;

    for (uint32_t c = 0; c < n->topology.n_ports << n->vc_shift; c++)
        held += r->channel[c].n_visible;
    for (uint32_t i = 0; i < AHEAD; i++)
        held += (uint32_t)__builtin_popcountll(r->arrive[i]);
    return held;
}
