/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/window.h"

#include <stdlib.h>
#include <string.h>

#include "arch/cost.h"
#include "sim/base/mem.h"

/* The chip right after a cycle. */
struct sample {
    uint64_t end_cycle; /* the first cycle that is not in it */
    uint64_t n_done;
    struct unit_counts *counts; /* (n_units) */
    uint64_t *link_flits;       /* (n_links) */
    uint64_t *held;             /* (n_routers) */
};

struct link {
    uint32_t router, port;
};

struct windows {
    struct chip *chip;
    const struct plan *plan;
    const struct params *params;
    uint64_t width_cycles;
    uint32_t n_links, n_routers;
    struct link *link; /* (n_links) */
    uint32_t n_samples;
    struct sample sample[WINDOW_MAX + 1]; /* one more for the end of the run */
    struct arena *arena;                  /* names */
    struct arena *results;                /* of windows_result */
    struct result_windows result;
};

/* ---- sampling ---- */

static void sample_alloc(const struct windows *w, struct sample *s)
{
    if (s->counts)
        return;
    s->counts = mem_alloc(w->plan->n_units, sizeof *s->counts);
    s->link_flits = mem_alloc(w->n_links, sizeof *s->link_flits);
    s->held = mem_alloc(w->n_routers, sizeof *s->held);
}

static void sample_take(const struct windows *w, struct sample *s, uint64_t end_cycle)
{
    const struct noc *n = chip_noc(w->chip);

    sample_alloc(w, s);
    s->end_cycle = end_cycle;
    s->n_done = chip_n_done(w->chip);
    memcpy(s->counts, chip_counts(w->chip, 0), w->plan->n_units * sizeof *s->counts);
    for (uint32_t i = 0; i < w->n_links; i++)
        s->link_flits[i] = noc_counts(n, w->link[i].router)->n_flits_out[w->link[i].port];
    for (uint32_t i = 0; i < w->n_routers; i++)
        s->held[i] = noc_n_held(n, i);
}

/* Every second sample goes, and its memory to the end of the list. */
static void halve(struct windows *w)
{
    for (uint32_t i = 0; i < w->n_samples / 2; i++) {
        struct sample keep = w->sample[2 * i + 1];

        w->sample[2 * i + 1] = w->sample[i];
        w->sample[i] = keep;
    }
    w->n_samples /= 2;
    w->width_cycles *= 2;
}

static uint64_t last_cycle(const struct windows *w)
{
    return (w->n_samples + 1) * w->width_cycles - 1;
}

static uint64_t take(void *self, uint64_t now_cycles)
{
    struct windows *w = self;

    sample_take(w, &w->sample[w->n_samples++], now_cycles + 1);
    if (w->n_samples == WINDOW_MAX)
        halve(w);
    return last_cycle(w);
}

/* ---- life ---- */

static void name_links(struct windows *w, const struct topology *t)
{
    struct result_windows *r = &w->result;
    uint32_t n = 0;

    r->link_name = arena_alloc(w->arena, w->n_links, sizeof *r->link_name);
    r->router_name = arena_alloc(w->arena, w->n_routers, sizeof *r->router_name);
    w->link = arena_alloc(w->arena, w->n_links, sizeof *w->link);
    for (uint32_t i = 0; i < t->n_routers; i++) {
        uint32_t node = topology_node(t, (struct topology_place){i, NOC_LOCAL});

        r->router_name[i] = arena_printf(w->arena, "n%u", node);
        for (uint32_t p = 0; p < t->n_ports; p++) {
            struct topology_place next;

            if (noc_port_is_local(p) || !topology_cross(t, (struct topology_place){i, p}, &next))
                continue;
            w->link[n] = (struct link){i, p};
            r->link_name[n++] = arena_printf(w->arena, "n%u.%s", node, noc_port_name[p]);
        }
    }
}

struct windows *windows_new(struct chip *c, const struct params *q, uint64_t width_cycles)
{
    const struct topology *t = noc_topology(chip_noc(c));
    struct windows *w = mem_alloc(1, sizeof *w);
    struct result_windows *r = &w->result;

    *w = (struct windows){.chip = c,
                          .plan = chip_plan(c),
                          .params = q,
                          .width_cycles = width_cycles,
                          .n_links = topology_n_links(t),
                          .n_routers = t->n_routers,
                          .arena = arena_new()};
    name_links(w, t);
    r->n_links = w->n_links;
    r->n_routers = w->n_routers;
    r->n_parts = COST_N_PARTS;
    r->part_name = arena_alloc(w->arena, COST_N_PARTS, sizeof *r->part_name);
    for (int k = 0; k < COST_N_PARTS; k++)
        r->part_name[k] = cost_part_name((enum cost_part)k);
    chip_sample(c, &(struct chip_sampler){w, take, last_cycle(w)});
    return w;
}

void windows_free(struct windows *w)
{
    if (!w)
        return;
    for (uint32_t i = 0; i <= WINDOW_MAX; i++) {
        free(w->sample[i].counts);
        free(w->sample[i].link_flits);
        free(w->sample[i].held);
    }
    arena_free(w->results);
    arena_free(w->arena);
    free(w);
}

/* ---- results ---- */

static void alloc_result(struct windows *w, uint64_t n)
{
    struct result_windows *r = &w->result;
    struct arena *a;

    arena_free(w->results);
    a = w->results = arena_new();
    r->n_windows = n;
    r->start_cycle = arena_alloc(a, n, sizeof *r->start_cycle);
    r->length_cycles = arena_alloc(a, n, sizeof *r->length_cycles);
    r->n_done = arena_alloc(a, n, sizeof *r->n_done);
    r->link_flits = arena_alloc(a, n * w->n_links, sizeof *r->link_flits);
    r->link_occupancy = arena_alloc(a, n * w->n_links, sizeof *r->link_occupancy);
    r->router_flits = arena_alloc(a, n * w->n_routers, sizeof *r->router_flits);
    r->router_held = arena_alloc(a, n * w->n_routers, sizeof *r->router_held);
    r->unit_pj = arena_alloc(a, n * w->plan->n_nodes, sizeof *r->unit_pj);
    r->part_pj = arena_alloc(a, n * COST_N_PARTS, sizeof *r->part_pj);
    r->leakage_pj = arena_alloc(a, n, sizeof *r->leakage_pj);
}

static void put_network(struct windows *w, uint64_t k, const struct sample *before,
                        const struct sample *s)
{
    const struct topology *t = noc_topology(chip_noc(w->chip));
    struct result_windows *r = &w->result;
    double length = (double)r->length_cycles[k];

    for (uint32_t i = 0; i < w->n_links; i++) {
        uint64_t n = s->link_flits[i] - before->link_flits[i];

        r->link_flits[k * w->n_links + i] = n;
        r->link_occupancy[k * w->n_links + i] = length > 0 ? (double)n / length : 0;
    }
    for (uint32_t i = 0; i < w->n_routers; i++) {
        uint32_t node = topology_node(t, (struct topology_place){i, NOC_LOCAL});

        r->router_flits[k * w->n_routers + i] =
            s->counts[node].n_flits_routed - before->counts[node].n_flits_routed;
        r->router_held[k * w->n_routers + i] = s->held[i];
    }
}

/* Energies of all counts up to a sample are multiples of 2^-20 pJ, and so are their differences.
 * sum: (n_units, COST_N_PARTS) up to the sample before, brought up to date. */
static void put_energy(struct windows *w, uint64_t k, const struct sample *s, double *sum)
{
    struct result_windows *r = &w->result;
    double pj[COST_N_PARTS];
    const struct plan *plan = w->plan;

    for (uint32_t u = 0; u < plan->n_units; u++) {
        uint32_t node = u < plan->n_nodes ? u : plan->unit[u].node; /* an empty node names none */

        cost_unit_energy(plan, w->params, u, &s->counts[u], pj);
        for (uint32_t p = 0; p < COST_N_PARTS; p++) {
            double *before = &sum[u * COST_N_PARTS + p];

            r->unit_pj[k * plan->n_nodes + node] += pj[p] - *before;
            r->part_pj[k * COST_N_PARTS + p] += pj[p] - *before;
            *before = pj[p];
        }
    }
}

static void put_leakage(struct windows *w, const struct sample *end)
{
    struct result_windows *r = &w->result;
    struct cost cost;

    cost_of(w->plan, w->params, end->counts, end->end_cycle, &cost);
    for (uint64_t k = 0; k < r->n_windows && end->end_cycle; k++)
        r->leakage_pj[k] = cost.leakage_pj * (double)r->length_cycles[k] / (double)end->end_cycle;
}

const struct result_windows *windows_result(struct windows *w)
{
    struct result_windows *r = &w->result;
    struct sample zero = {0}, *end = &w->sample[w->n_samples];
    const struct sample *before = &zero;
    uint64_t last = w->n_samples ? w->sample[w->n_samples - 1].end_cycle : 0;
    uint64_t n_cycles = chip_n_cycles(w->chip);
    double *sum = mem_alloc((size_t)w->plan->n_units * COST_N_PARTS, sizeof *sum);
    uint32_t n = w->n_samples;

    /* what came after the last boundary, or at least was counted after it */
    chip_collect(w->chip);
    sample_alloc(w, &zero);
    sample_take(w, end, n_cycles > last ? n_cycles : last);
    n++;
    alloc_result(w, n);
    for (uint32_t k = 0; k < n; k++) {
        const struct sample *s = &w->sample[k];

        r->start_cycle[k] = before->end_cycle;
        r->length_cycles[k] = s->end_cycle - before->end_cycle;
        r->n_done[k] = s->n_done - before->n_done;
        put_network(w, k, before, s);
        put_energy(w, k, s, sum);
        before = s;
    }
    put_leakage(w, end);
    free(sum);
    free(zero.counts);
    free(zero.link_flits);
    free(zero.held);
    return r;
}
