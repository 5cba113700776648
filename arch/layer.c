/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/layer.h"

#include <stdlib.h>

#include "arch/count.h"
#include "sim/base/mem.h"

static uint32_t input_bits(const struct workload *w, const struct wl_op *op)
{
    uint32_t bits = 0;

    for (uint32_t i = 0; i < op->n_inputs; i++) {
        uint32_t b = w->tensor[op->input[i]].bits;

        bits = b > bits ? b : bits;
    }
    return bits;
}

/* Row of a unit: its operator's, or I/O. */
static struct layer *row_of(struct layers *l, const struct plan_unit *u)
{
    return &l->row[u->kind == UNIT_IO ? l->n - 2 : u->op];
}

static void name_rows(struct layers *l, const struct workload *w)
{
    for (uint32_t i = 0; i < w->n_ops; i++) {
        l->row[i].name = w->op[i].name;
        l->row[i].role = w->op[i].role;
        l->row[i].weight_bits = w->op[i].weight_bits;
        l->row[i].input_bits = input_bits(w, &w->op[i]);
    }
    l->row[l->n - 2].name = l->row[l->n - 2].role = "io";
    l->row[l->n - 1].name = l->row[l->n - 1].role = "network";
}

static void add_unit(struct layer *r, const struct plan *p, const struct plan_unit *u,
                     const struct unit_counts *counts)
{
    struct unit_counts one;

    count_unit(p, u->index, &one);
    r->n_units++;
    r->n_macs += u->replica ? 0 : one.n_macs; /* one of them serves the request */
    r->busy_cycles += counts->busy_cycles;
    if (u->kind != UNIT_MVM)
        return;
    r->n_macs += u->replica ? 0 : (uint64_t)u->mvm.k * u->mvm.m * u->mvm.n_vec;
    r->n_xbars_used += (uint64_t)u->mvm.copies * u->mvm.n_rb * u->mvm.n_cb;
    r->n_cells_used += u->mvm.copies * plan_mvm_cells_used(p, u);
    if (u->index < p->n_nodes)
        r->n_cells +=
            (uint64_t)p->config.mvm_xbars * p->config.mvm_rows * chip_built_cols(&p->config);
}

static void price(struct layers *l, const struct plan *p, const struct params *q,
                  const struct unit_counts *counts, uint64_t n_cycles)
{
    struct layer *network = &l->row[l->n - 1];

    cost_network(p, q, n_cycles, &network->cost);
    for (uint32_t i = 0; i < p->n_units; i++) {
        const struct plan_unit *u = &p->unit[i];
        struct cost c, router = {0};

        cost_unit(p, q, i, &counts[i], n_cycles, &c);
        router.energy_pj[COST_INTERCONNECT] = c.energy_pj[COST_INTERCONNECT];
        router.total_energy_pj = router.energy_pj[COST_INTERCONNECT];
        c.energy_pj[COST_INTERCONNECT] = 0;
        c.total_energy_pj -= router.total_energy_pj;
        cost_add(&network->cost, &router);
        if (u->kind == UNIT_NONE)
            continue;
        cost_add(&row_of(l, u)->cost, &c);
        add_unit(row_of(l, u), p, u, &counts[i]);
    }
    cost_of(p, q, counts, n_cycles, &l->total);
}

/* ---- one request alone ---- */

/* When the last operand of each unit arrived, and from which. */
struct arrival {
    uint64_t cycle;
    uint32_t from;
};

/* The unit at a node to which an in-edge, numbered there, belongs. */
static uint32_t owner(const struct plan *p, uint32_t node, uint32_t edge)
{
    const struct plan_tile *t = &p->tile[node];
    uint32_t c = t->n_contexts - 1;

    while (edge < p->unit[t->unit[c]].in_first)
        c--;
    return t->unit[c];
}

/* Back from the logit: each step's time goes to the producer of the operand that came last. */
static void share_latency(struct layers *l, const struct plan *p, const struct event_log *log,
                          uint64_t start_cycle)
{
    struct arrival *last = mem_alloc(p->n_units, sizeof *last);
    uint32_t unit = p->io_node, steps = 0;

    for (uint64_t i = 0; i < log->n; i++) {
        const struct event *ev = &log->at[i];

        uint32_t to;

        if (ev->kind != EVENT_OPERAND)
            continue;
        to = owner(p, ev->unit, ev->index);
        if (ev->cycle >= last[to].cycle)
            last[to] = (struct arrival){ev->cycle, p->tile[ev->unit].in[ev->index].src_unit};
    }
    do {
        uint64_t end = last[unit].cycle;

        unit = last[unit].from;
        row_of(l, &p->unit[unit])->latency_cycles +=
            end - (unit == p->io_node ? start_cycle : last[unit].cycle);
    } while (unit != p->io_node && ++steps < p->n_units);
    free(last);
}

static enum err_code run_single(struct layers *l, const struct plan *p, const struct params *q,
                                struct err *e)
{
    struct workload w = *p->workload;
    struct plan one = *p;
    struct sim *sim = NULL;
    struct chip *chip = NULL;
    enum err_code rc;

    w.n_requests = 1;
    one.workload = &w;
    if (!(rc = sim_new(&sim, &(struct sim_cfg){0}, e)) &&
        !(rc = chip_new(&chip, &one, sim, true, e)) && !(rc = chip_run(chip, NULL, e))) {
        uint64_t start = chip_start_cycles(chip)[0];

        l->single.latency_cycles = chip_finish_cycles(chip)[0] - start;
        cost_of(&one, q, chip_counts(chip, 0), l->single.latency_cycles, &l->single.cost);
        share_latency(l, &one, chip_events(chip), start);
    }
    chip_free(chip);
    sim_free(sim);
    return rc;
}

enum err_code layers_new(struct layers **out, const struct plan *p, const struct params *q,
                         const struct unit_counts *counts, uint64_t n_cycles, struct err *e)
{
    struct layers *l = mem_alloc(1, sizeof *l);
    enum err_code rc = ERR_OK;

    l->n = p->workload->n_ops + 2;
    l->row = mem_alloc(l->n, sizeof *l->row);
    name_rows(l, p->workload);
    price(l, p, q, counts, n_cycles);
    if (p->workload->n_requests)
        rc = run_single(l, p, q, e);
    *out = rc ? NULL : l;
    if (rc)
        layers_free(l);
    return rc;
}

void layers_free(struct layers *l)
{
    if (!l)
        return;
    free(l->row);
    free(l);
}
