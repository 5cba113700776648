/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/chip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/count.h"
#include "arch/tile.h"
#include "sim/base/mem.h"

/* From one hand-over to the next. The fewer, the sooner the taker has the events and the fewer are
 * kept in memory; but each sorts, and moves what stays. Thousands make neither felt. */
enum { HAND_OVER_CYCLES = 4096 };

struct chip {
    struct tile_world world;
    struct event_log log;
    struct chip_sampler sampler; /* sample NULL: none */
    struct chip_taker taker;     /* take NULL: nobody */
    struct tile **tile;          /* (n_nodes) NULL where the mesh has no unit */
    struct unit_counts *counts;  /* (n_units) brought up to date when a run stops */
};

static void chip_eject(void *self, uint32_t node, uint64_t at_cycles, const struct flit *f)
{
    tile_eject(((struct chip *)self)->tile[node], at_cycles, f);
}

static void chip_credit(void *self, uint32_t node, uint32_t vc, uint64_t at_cycles)
{
    tile_inject_credit(((struct chip *)self)->tile[node], vc, at_cycles);
}

enum err_code chip_new(struct chip **out, const struct plan *p, struct sim *s, bool record_events,
                       struct err *e)
{
    static const struct noc_ops ops = {.eject = chip_eject, .credit = chip_credit};
    const struct noc_cfg cfg = {.width = p->width,
                                .height = p->height,
                                .topology = (enum noc_topology)p->topology,
                                .n_vcs = p->n_vcs,
                                .buffer_flits = p->buffer_flits,
                                .stages = p->stages,
                                .routing = (enum noc_routing)p->routing,
                                .router_events = sim_shuffles(s)};
    struct chip *c;
    struct tile_world *w;

    *out = NULL;
    if (p->n_vcs > NOC_MAX_VCS || p->buffer_flits > NOC_MAX_BUFFER)
        return err_set(e, ERR_BUG, "plan: %u virtual channels of %u flits, at most %u of %u",
                       p->n_vcs, p->buffer_flits, NOC_MAX_VCS, NOC_MAX_BUFFER);
    c = mem_alloc(1, sizeof *c);
    w = &c->world;
    w->plan = p;
    w->sim = s;
    w->noc = noc_new(s, &cfg, &ops, c);
    w->exec = exec_new(p);
    w->log = record_events ? &c->log : NULL;
    w->start_cycle = mem_alloc(p->workload->n_requests, sizeof *w->start_cycle);
    w->finish_cycle = mem_alloc(p->workload->n_requests, sizeof *w->finish_cycle);
    w->logit = mem_alloc(p->workload->n_requests, sizeof *w->logit);
    c->counts = mem_alloc(p->n_units, sizeof *c->counts);
    c->tile = mem_alloc(p->n_nodes, sizeof(struct tile *));
    for (uint32_t i = 0; i < p->n_nodes; i++)
        if (p->tile[i].n_contexts)
            c->tile[i] = tile_new(w, i);
    *out = c;
    return ERR_OK;
}

void chip_free(struct chip *c)
{
    if (!c)
        return;
    for (uint32_t i = 0; i < c->world.plan->n_nodes; i++)
        tile_free(c->tile[i]);
    free(c->tile);
    free(c->counts);
    free(c->world.start_cycle);
    free(c->world.finish_cycle);
    free(c->world.logit);
    exec_free(c->world.exec);
    noc_free(c->world.noc);
    event_log_fini(&c->log);
    free(c);
}

void chip_collect(struct chip *c)
{
    const struct plan *p = c->world.plan;
    const struct topology *t = noc_topology(c->world.noc);

    for (uint32_t i = 0; i < p->n_nodes; i++)
        for (uint32_t k = 0; k < p->tile[i].n_contexts; k++)
            c->counts[p->tile[i].unit[k]] = *tile_counts(c->tile[i], k);
    for (uint32_t i = 0; i < t->n_routers; i++) {
        const struct noc_counts *r = noc_counts(c->world.noc, i);
        struct unit_counts *u = &c->counts[topology_node(t, (struct topology_place){i, NOC_LOCAL})];

        u->n_flits_routed = r->n_flits_routed;
        u->n_flits_linked = r->n_flits_linked;
        u->n_allocations = r->n_allocations;
        u->peak_vc_flits = r->peak_vc_flits;
    }
}

/* Nothing is pending and logits are missing: who waits for what. */
static enum err_code stuck(const struct chip *c, struct err *e)
{
    char list[700] = "", one[200];
    size_t n = 0;

    for (uint32_t i = 0; i < c->world.plan->n_nodes; i++) {
        if (!c->tile[i])
            continue;
        tile_waits(c->tile[i], one, sizeof one);
        if (one[0] && n + strlen(one) + 3 < sizeof list)
            n += (size_t)snprintf(list + n, sizeof list - n, "; %s", one);
    }
    for (uint32_t i = 0; i < noc_topology(c->world.noc)->n_routers; i++)
        if (noc_n_held(c->world.noc, i) && n + 40 < sizeof list)
            n += (size_t)snprintf(list + n, sizeof list - n, "; router %u holds %u flits", i,
                                  noc_n_held(c->world.noc, i));
    return err_set(e, ERR_BUG, "the chip stands still after cycle %llu with %llu of %u logits%s",
                   (unsigned long long)c->world.last_cycle, (unsigned long long)c->world.n_done,
                   c->world.plan->workload->n_requests, list);
}

void chip_select(struct chip *c, const struct event_select *select)
{
    c->world.select = select;
}

void chip_sample(struct chip *c, const struct chip_sampler *sampler)
{
    c->sampler = *sampler;
}

void chip_hand_over(struct chip *c, const struct chip_taker *taker)
{
    c->taker = *taker;
}

static void hand_over(struct chip *c, uint64_t before_cycle)
{
    struct event_log *l = &c->log;
    uint64_t n;

    event_log_sort(l);
    for (n = l->n; n && l->at[n - 1].cycle >= before_cycle; n--)
        ;
    if (!n)
        return;
    c->taker.take(c->taker.self, l->at, n);
    l->n -= n;
    memmove(l->at, l->at + n, l->n * sizeof *l->at);
}

void chip_hand_over_now(struct chip *c)
{
    if (c->taker.take && c->log.n)
        hand_over(c, chip_now(c));
}

static enum err_code run_in_parts(struct chip *c, struct loop *l, struct err *e)
{
    struct sim *s = c->world.sim;
    uint64_t sample_at = c->sampler.sample ? c->sampler.first_cycle : UINT64_MAX;
    uint64_t take_at = c->taker.take ? HAND_OVER_CYCLES : UINT64_MAX;
    enum err_code rc;

    while (!(rc = loop_run(l, s, sample_at < take_at ? sample_at : take_at, e)) &&
           sim_n_pending(s)) {
        if (take_at <= sample_at) {
            chip_hand_over_now(c);
            take_at = (chip_now(c) > take_at ? chip_now(c) : take_at) + HAND_OVER_CYCLES;
            continue;
        }
        chip_collect(c);
        sample_at = c->sampler.sample(c->sampler.self, sim_now(s));
    }
    return rc;
}

enum err_code chip_run(struct chip *c, struct loop *l, struct err *e)
{
    enum err_code rc = run_in_parts(c, l, e);

    chip_collect(c);
    event_log_sort(&c->log);
    if (!rc && c->taker.take && c->log.n)
        hand_over(c, UINT64_MAX);
    if (!rc && c->world.n_done < c->world.plan->workload->n_requests)
        rc = stuck(c, e);
    return rc;
}

const struct plan *chip_plan(const struct chip *c)
{
    return c->world.plan;
}

uint64_t chip_n_done(const struct chip *c)
{
    return c->world.n_done;
}

uint64_t chip_n_cycles(const struct chip *c)
{
    return c->world.last_cycle;
}

const struct event_log *chip_events(const struct chip *c)
{
    return c->world.log;
}

const uint64_t *chip_start_cycles(const struct chip *c)
{
    return c->world.start_cycle;
}

const uint64_t *chip_finish_cycles(const struct chip *c)
{
    return c->world.finish_cycle;
}

const int32_t *chip_logits(const struct chip *c)
{
    return c->world.logit;
}

const struct unit_counts *chip_counts(const struct chip *c, uint32_t unit)
{
    return &c->counts[unit];
}

const struct noc *chip_noc(const struct chip *c)
{
    return c->world.noc;
}

uint64_t chip_now(const struct chip *c)
{
    return sim_now(c->world.sim);
}
