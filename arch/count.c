/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/count.h"

#include <string.h>

#include "arch/noc.h"

static void count_mvm(const struct plan *p, const struct plan_mvm *m, struct unit_counts *c)
{
    bool flip = p->config.mvm_encoding == ENCODING_FLIP;
    uint64_t steps = (uint64_t)m->n_vec * m->n_slices;      /* slices driven, all vectors */
    uint64_t columns = (uint64_t)m->m * m->cols_per_output; /* in use, of one row block */

    c->n_row_drives = steps * m->k * m->n_cb;
    c->n_xbar_reads = steps * m->n_rb * m->n_cb;
    c->n_cell_reads = steps * m->k * (columns + (flip ? m->n_cb : 0));
    c->n_conversions = steps * m->n_rb * columns;
    c->n_unit_conversions = flip ? c->n_xbar_reads : 0;
    c->n_sample_holds = c->n_conversions + c->n_unit_conversions;
    c->n_shift_adds = c->n_conversions + c->n_unit_conversions;
    c->n_flip_adds = flip ? c->n_conversions + c->n_xbar_reads : 0;
    c->n_reduce_adds = (uint64_t)m->n_vec * (m->n_rb * (flip ? 2 : 1) + m->n_partial) * m->m;
    c->n_requants = m->raw ? 0 : (uint64_t)m->n_vec * m->m;
}

uint64_t count_int_products(const struct plan_int *d)
{
    uint64_t rows = d->rows, dim = d->dim;

    switch (d->mode) {
    case INT_DP:
        return rows * (rows - 1) / 2 * dim;
    case INT_FM:
        return rows * dim + dim;
    case INT_ATTENTION:
        return 2 * rows * rows * dim;
    case INT_GATE:
        return d->n_b;
    case INT_ADD:
        break;
    }
    return (uint64_t)d->n_a + d->n_b;
}

/* n_streams rows through the array of keys, which has a word line a channel, and, attending, as
 * many rows of weights through that of values, which has a word line a row. */
static void count_array(const struct plan *p, const struct plan_int *d, struct unit_counts *c)
{
    bool attention = d->mode == INT_ATTENTION, reram = p->config.int_engine == ENGINE_RERAM;
    uint64_t streams = attention ? (uint64_t)d->heads * d->rows : d->rows - 1;
    uint64_t keys = streams * d->in_slices; /* slices */
    uint64_t values = attention ? streams * d->weight_slices : 0;
    uint64_t cells = (uint64_t)d->rows * d->cells; /* of a word line of keys */
    uint64_t value_cells = (uint64_t)d->head_dim * d->cells;

    c->n_line_writes = attention ? d->dim + (uint64_t)d->rows : d->dim;
    c->n_cell_writes = (attention ? 2 : 1) * d->dim * cells;
    c->n_cell_reads = keys * d->head_dim * cells + values * d->rows * value_cells;
    if (!reram)
        return;
    c->n_row_drives = keys * d->head_dim + values * d->rows;
    c->n_xbar_reads = keys + values;
    c->n_conversions = keys * cells + values * value_cells;
    c->n_sample_holds = c->n_conversions;
    c->n_shift_adds = c->n_conversions;
}

static void count_int(const struct plan *p, const struct plan_int *d, struct unit_counts *c)
{
    uint64_t scores = d->mode == INT_ATTENTION ? (uint64_t)d->heads * d->rows * d->rows : 0;

    if (d->array)
        count_array(p, d, c);
    else
        c->n_macs = count_int_products(d);
    c->n_table_reads = d->mode == INT_GATE ? d->n_out : scores;
    /* Attention: the scores' distances, and each average times its reciprocal. */
    c->n_requants = d->n_out + scores + (scores ? d->n_out : 0);
}

void count_unit(const struct plan *p, uint32_t unit, struct unit_counts *out)
{
    const struct plan_unit *u = &p->unit[unit];

    *out = (struct unit_counts){0};
    if (u->kind == UNIT_NONE)
        return;
    out->n_requests = 1;
    out->busy_cycles = (uint64_t)u->load_cycles + u->comp_cycles;
    for (uint32_t i = 0; i < u->n_in; i++) /* every request has as much as the first */
        if (plan_is_due(u->in[i].due, 0))
            out->n_buffer_writes += u->in[i].n_words;
    out->n_buffer_reads = u->load_cycles;
    out->n_output_writes = u->kind == UNIT_IO ? u->io.record_words : u->out_elements;
    for (uint32_t e = 0; e < u->n_out; e++)
        if (plan_is_due(u->out[e].due, 0))
            out->n_output_reads += u->out[e].n_words;
    if (u->kind == UNIT_MVM) {
        count_mvm(p, &u->mvm, out);
    } else if (u->kind == UNIT_INT) {
        count_int(p, &u->dyn, out);
    } else if (u->kind == UNIT_EMB) {
        out->n_requants = (uint64_t)u->emb.n_bags * u->emb.dim;
    }
}

/* Packets from src to dst, through both their routers. */
static void count_packets(const struct topology *t, struct unit_counts *all, uint32_t src,
                          uint32_t dst, uint64_t n_packets, uint64_t n_flits)
{
    struct topology_place at = topology_home(t, src);

    for (;;) {
        struct unit_counts *c =
            &all[topology_node(t, (struct topology_place){at.router, NOC_LOCAL})];

        c->n_allocations += n_packets;
        c->n_flits_routed += n_packets * n_flits;
        at.port = topology_route(t, at.router, dst);
        if (!topology_cross(t, at, &at))
            return;
        c->n_flits_linked += n_packets * n_flits;
    }
}

/* Of requests 0 .. n-1 of the unit, those that an edge carries. */
static uint64_t n_due(struct plan_due d, uint64_t n)
{
    return n > d.phase ? (n - d.phase + d.mask) / (d.mask + 1) : 0;
}

/* Of the chip's requests 0 .. n-1, those that unit u serves. */
static uint64_t n_served(const struct plan_unit *u, uint64_t n)
{
    return (n + u->n_replicas - 1 - u->replica) / u->n_replicas;
}

void count_requests(const struct plan *p, uint64_t n_requests, struct unit_counts *all)
{
    struct topology t = plan_topology(p);

    for (uint32_t i = 0; i < p->n_units; i++) {
        const struct plan_unit *u = &p->unit[i];
        struct unit_counts one;
        uint64_t n;

        if (u->kind == UNIT_NONE)
            continue;
        n = n_served(u, n_requests);
        count_unit(p, i, &one);
        count_add(&all[i], &one, n);
        for (uint32_t e = 0; e < u->n_out; e++) {
            const struct plan_out *o = &u->out[e];
            uint64_t n_packets = n_due(o->due, n);

            count_packets(&t, all, u->node, o->dst_node, n_packets, o->n_words + 1);
            count_packets(&t, all, o->dst_node, u->node, n_packets, 1); /* its slot coming back */
        }
    }
}

void count_add(struct unit_counts *sum, const struct unit_counts *c, uint64_t times)
{
    enum { N_FIELDS = sizeof *sum / sizeof(uint64_t) };
    uint64_t a[N_FIELDS], b[N_FIELDS], peak;

    peak = sum->peak_vc_flits > c->peak_vc_flits ? sum->peak_vc_flits : c->peak_vc_flits;
    memcpy(a, sum, sizeof a);
    memcpy(b, c, sizeof b);
    for (size_t i = 0; i < N_FIELDS; i++)
        a[i] += b[i] * times;
    memcpy(sum, a, sizeof a);
    sum->peak_vc_flits = peak;
}
