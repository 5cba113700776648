/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/noc.h"

#include <assert.h>
#include <stddef.h>

#include "arch/noc_impl.h"

#define ALWAYS_INLINE inline __attribute__((always_inline))

static const uint64_t NEVER = UINT64_MAX;

/* First set bit of m at or after from, wrapping; m is not 0, from at most 64. */
static uint32_t first_from(uint64_t m, uint32_t from)
{
    uint64_t high = m >> (from & 63) << (from & 63);

    return (uint32_t)__builtin_ctzll(high ? high : m);
}

static uint8_t ring_next(const struct router *r, uint8_t i)
{
    return (uint8_t)(i + 1u == r->depth ? 0 : i + 1u);
}

static struct flit *place(const struct router *r, uint32_t channel, uint32_t i)
{
    return &r->flit[(size_t)channel * r->depth + i];
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

/* r decides in that cycle; whoever calls this outside noc_arbitrate calls attend, too. */
static ALWAYS_INLINE void wake(struct router *r, uint64_t at_cycles)
{
    struct noc *n = r->noc;

    if (!n->cfg.router_events)
        n->awake[at_cycles % AHEAD][r->word] |= r->bit;
    else if (claim(&r->scheduled, at_cycles))
        sim_at(n->sim, at_cycles, SIM_ARBITRATE, router_event, r, 0);
}

static void attend(struct noc *n, uint64_t at_cycles)
{
    if (!n->cfg.router_events && claim(&n->scheduled, at_cycles))
        sim_at(n->sim, at_cycles, SIM_ARBITRATE, noc_arbitrate, n, 0);
}

static ALWAYS_INLINE void push(struct router *r, uint32_t channel, const struct flit *f,
                               uint64_t at_cycles)
{
    struct channel *c = &r->channel[channel];

    *place(r, channel, c->next) = *f;
    c->next = ring_next(r, c->next);
    r->arrive[at_cycles % AHEAD] |= bit(channel);
    wake(r, at_cycles);
}

static ALWAYS_INLINE void return_credit(struct router *r, uint32_t channel, uint64_t at_cycles)
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
                               uint64_t now_cycles)
{
    struct noc *n = r->noc;
    struct router *to = r->neighbour[o];

    r->channel[out].n_credits = (uint8_t)(r->channel[out].n_credits - (r->counted >> out & 1));
    r->counts.n_flits_out[o]++;
    if (to) {
        r->counts.n_flits_linked++;
        push(to, (uint32_t)r->far[o] + f->vc, f, now_cycles + NOC_LINK_CYCLES);
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
    uint64_t tail;

    r->sa_in[p] = n->next_vc[v];
    r->sa_out[o] = n->next_port[p];
    c->first = ring_next(r, c->first);
    /* masks instead of branches, which would go either way at random */
    tail = f.tail;
    r->nonempty &= ~((uint64_t) !--c->n_visible << in);
    r->routed &= ~(tail << in);
    r->active &= ~(tail << in);
    r->busy &= ~(tail << out);
    r->blocked &= tail - 1;
    f.vc = (uint8_t)(out - (o << shift));
    r->counts.n_flits_routed++;
    if (n->ops.grant)
        n->ops.grant(n->self, r->index, p, v, o, &f, now_cycles);
    send(r, o, out, &f, now_cycles);
    if (r->neighbour[p])
        return_credit(r->neighbour[p], (uint32_t)r->far[p] + v, now_cycles + NOC_CREDIT_CYCLES);
    else
        n->ops.credit(n->self, r->node[p], v, now_cycles + NOC_CREDIT_CYCLES);
}

/* Whether input `in`, active with a visible flit, has a credit; if not, *retry becomes the cycle in
 * which it will have one, or the router is woken by its return. */
static bool has_credit(struct router *r, uint32_t in, uint64_t now_cycles, uint64_t *retry)
{
    uint32_t out = r->channel[in].out_of, n_here = r->channel[out].n_credits;
    uint64_t first = NEVER;

    if (n_here >= AHEAD) /* of four, one at least has appeared */
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

/* SA, input side: the channel that the first input port of ready nominates, or MAX_CHANNELS. The
 * port's channels leave ready, those found without a credit enter starved. */
static ALWAYS_INLINE uint32_t nominate(struct router *r, uint64_t *ready, uint64_t *starved,
                                       uint64_t now_cycles, uint64_t *retry, uint32_t shift)
{
    uint32_t all = (1u << (1u << shift)) - 1;
    uint32_t p = (uint32_t)__builtin_ctzll(*ready) >> shift, base = p << shift;
    uint32_t m = (uint32_t)(*ready >> base) & all;

    *ready &= ~((uint64_t)all << base);
    while (m) {
        uint32_t v = first_from(m, r->sa_in[p]);

        if (has_credit(r, base + v, now_cycles, retry))
            return base + v;
        m &= ~(1u << v);
        *starved |= bit(base + v);
    }
    return MAX_CHANNELS;
}

/* SA over the inputs in ready, not 0; those of them that are found to have no credit. */
static ALWAYS_INLINE uint64_t switch_flits(struct router *r, uint64_t ready, uint64_t now_cycles,
                                           uint64_t *retry, uint32_t shift)
{
    uint64_t starved = 0;
    uint32_t in = nominate(r, &ready, &starved, now_cycles, retry, shift), asked = 0;
    uint8_t nominee[NOC_MAX_PORTS];       /* channel each input port nominates */
    uint8_t request[NOC_MAX_PORTS] = {0}; /* input ports that ask for each output */

    if (!ready) { /* most often there is one port, and nobody to arbitrate against */
        if (in != MAX_CHANNELS)
            forward(r, in, now_cycles, shift);
        return starved;
    }
    for (;;) {
        if (in != MAX_CHANNELS) {
            uint32_t o = (uint32_t)r->channel[in].out_of >> shift;

            nominee[in >> shift] = (uint8_t)in;
            request[o] |= (uint8_t)(1u << (in >> shift));
            asked |= 1u << o;
        }
        if (!ready)
            break;
        in = nominate(r, &ready, &starved, now_cycles, retry, shift);
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

static void router_event(void *self, uint64_t now_cycles, uint64_t arg)
{
    struct router *r = self;

    (void)arg;
    r->scheduled &= (uint8_t) ~(1u << now_cycles % AHEAD);
    step(r, now_cycles, r->noc->vc_shift);
}

static ALWAYS_INLINE void step_all(struct noc *n, uint64_t now_cycles, uint32_t shift)
{
    uint64_t *awake = n->awake[now_cycles % AHEAD];

    for (uint32_t w = 0; w < n->n_words; w++) {
        uint64_t m = awake[w];

        awake[w] = 0;
        for (; m; m &= m - 1)
            step(&n->router[w * 64 + (uint32_t)__builtin_ctzll(m)], now_cycles, shift);
    }
}

static void noc_arbitrate(void *self, uint64_t now_cycles, uint64_t arg)
{
    struct noc *n = self;

    (void)arg;
    n->scheduled &= (uint8_t) ~(1u << now_cycles % AHEAD);
    switch (n->vc_shift) { /* a copy of the code for each, in which it is a constant */
    case 0:
        step_all(n, now_cycles, 0);
        break;
    case 1:
        step_all(n, now_cycles, 1);
        break;
    case 2:
        step_all(n, now_cycles, 2);
        break;
    default:
        step_all(n, now_cycles, 3);
    }
    for (uint64_t c = now_cycles + 1; c < now_cycles + AHEAD; c++) {
        uint64_t any = 0;

        for (uint32_t w = 0; w < n->n_words; w++)
            any |= n->awake[c % AHEAD][w];
        if (any)
            attend(n, c);
    }
}

/* ---- ends ---- */

void noc_inject(struct noc *n, uint32_t node, const struct flit *f, uint64_t at_cycles)
{
    struct topology_place at = n->home[node];

    push(&n->router[at.router], at.port << n->vc_shift | f->vc, f, at_cycles);
    attend(n, at_cycles);
}

void noc_eject_credit(struct noc *n, uint32_t node, uint32_t vc, uint64_t at_cycles)
{
    struct topology_place at = n->home[node];

    return_credit(&n->router[at.router], at.port << n->vc_shift | vc, at_cycles);
    attend(n, at_cycles);
}
