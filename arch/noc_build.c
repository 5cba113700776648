/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdlib.h>

#include "arch/noc_impl.h"
#include "sim/base/mem.h"

static void router_init(struct noc *n, uint32_t index)
{
    const struct topology *t = &n->topology;
    struct router *r = &n->router[index];
    uint32_t n_channels = t->n_ports << n->vc_shift;

    r->noc = n;
    r->index = (uint16_t)index;
    r->depth = (uint8_t)n->cfg.buffer_flits;
    r->word = index / 64;
    r->bit = bit(index % 64);
    r->col = (uint16_t)(index % t->router_cols);
    r->row = (uint16_t)(index / t->router_cols);
    r->channel = n->channel + (size_t)index * n_channels;
    r->flit = n->flit + (size_t)index * n_channels * n->cfg.buffer_flits;
    for (uint32_t c = 0; c < n_channels; c++) {
        bool counted = !noc_port_is_local(c >> n->vc_shift) || n->cfg.eject_credits;

        r->channel[c].n_credits = counted ? (uint8_t)n->cfg.buffer_flits : UINT8_MAX;
        r->counted |= (uint64_t)counted << c;
    }
    for (uint32_t p = 0; p < t->n_ports; p++) {
        struct topology_place at = {.router = index, .port = p}, next;

        if (noc_port_is_local(p)) {
            r->node[p] = topology_node(t, at);
        } else if (topology_cross(t, at, &next)) {
            r->neighbour[p] = &n->router[next.router];
            r->far[p] = (uint8_t)(next.port << n->vc_shift);
        }
    }
}

static void check(const struct noc_cfg *cfg)
{
    (void)cfg;
    assert(cfg->width <= NOC_MAX_SIDE && cfg->height <= NOC_MAX_SIDE);
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

/* ---- observers ---- */

const struct topology *noc_topology(const struct noc *n)
{
    return &n->topology;
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
