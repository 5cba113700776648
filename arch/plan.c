/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/plan.h"

#include <string.h>

#include "sim/base/json.h"

const char *unit_kind_name(enum unit_kind k)
{
    static const char *const name[] = {"none", "io", "mvm", "emb", "int"};

    return name[k];
}

void plan_free(struct plan *p)
{
    if (p)
        arena_free(p->arena); /* the plan itself lives there */
}

struct topology plan_topology(const struct plan *p)
{
    return topology_new((enum noc_topology)p->topology, (enum noc_routing)p->routing, p->width,
                        p->height);
}

/* ---- contents ---- */

uint32_t plan_n_requests(const struct plan *p, const struct plan_unit *u)
{
    return (p->workload->n_requests + u->n_replicas - 1 - u->replica) / u->n_replicas;
}

uint32_t plan_slot_bytes(const struct plan *p, const struct plan_unit *u)
{
    return u->out_words * (p->flit_bits / u->out_pack_bits);
}

uint32_t plan_emb_place(const struct plan_emb *m, uint32_t home)
{
    const struct plan_emb_hot *entry;

    if (!m->hot_sets)
        return UINT32_MAX;
    entry = &m->directory[home & (m->hot_sets - 1)];
    return entry->home == home ? entry->place : UINT32_MAX;
}

uint32_t plan_emb_address(const struct plan_emb *m, uint32_t home, uint32_t place, uint32_t r)
{
    uint32_t mask = m->n_banks - 1;

    if (place == UINT32_MAX)
        return m->cold_base + home;
    return r * m->hot_stride + (place & ~mask) + ((place + r * (m->n_banks / m->replicas)) & mask);
}

const uint8_t *plan_emb_row(const struct plan *p, const struct plan_unit *u, uint32_t address)
{
    const struct plan_emb *m = &u->emb;
    uint32_t home = address - m->cold_base, mask = m->n_banks - 1, i = m->n_fields - 1;

    if (address < m->cold_base) {
        uint32_t r = address / m->hot_stride, within = address % m->hot_stride;
        uint32_t place = (within & ~mask) + ((within - r * (m->n_banks / m->replicas)) & mask);

        if (place >= m->n_hot)
            return NULL;
        home = m->hot[place];
    }
    while (m->field[i].table_base > home)
        i--;
    return workload_row(p->workload, m->first_field + i, home - m->field[i].table_base);
}

void plan_io_record(const struct plan *p, uint32_t request, uint64_t *words)
{
    const struct workload *w = p->workload;
    const struct plan_unit *io = &p->unit[p->io_node];
    uint32_t pack = w->tensor[0].bits <= 4 ? 4 : 8;
    uint32_t per = p->flit_bits / pack;

    memset(words, 0, io->io.record_words * sizeof *words);
    for (uint32_t i = 0; i < w->n_dense; i++)
        words[i / per] |= (uint64_t)w->dense[(size_t)request * w->n_dense + i] << i % per * pack;
    per = p->flit_bits / 32;
    for (uint32_t o = 0; o < io->n_out; o++) {
        const struct plan_unit *u = &p->unit[io->out[o].dst_unit];
        const uint32_t *lookup;

        if (u->kind != UNIT_EMB)
            continue;
        lookup = w->lookup + (size_t)request * workload_n_words(w) +
                 workload_slot(w, u->emb.first_field);
        for (uint32_t i = 0; i < u->emb.n_words; i++)
            words[io->out[o].first_word + i / per] |= (uint64_t)lookup[i] << i % per * 32;
    }
}

/* ---- for people ---- */

static void write_mvm(struct json *j, const struct plan_mvm *m)
{
    json_ku64(j, "inputs", m->k);
    json_ku64(j, "outputs", m->m);
    json_ku64(j, "vectors", m->n_vec);
    json_ku64(j, "first_input", m->k_first);
    json_ku64(j, "partial_sums", m->n_partial);
    json_ku64(j, "first_crossbar", m->first_xbar);
    json_ku64(j, "copies", m->copies);
    json_ku64(j, "row_blocks", m->n_rb);
    json_ku64(j, "column_blocks", m->n_cb);
    json_ku64(j, "outputs_per_crossbar", m->mpx);
    json_ku64(j, "weight_bits", m->weight_bits);
    json_ku64(j, "columns_per_output", m->cols_per_output);
    json_ku64(j, "weight_slices", m->n_wslices);
    json_ku64(j, "input_slices", m->n_slices);
    json_ku64(j, "read_cycles", m->read_cycles);
    json_ku64(j, "conversion_cycles", m->conv_cycles);
    json_ku64(j, "conversions_per_slice", m->convs_per_slice);
    json_ku64(j, "requantisation_groups", m->groups);
    json_ku64(j, "vector_cycles", m->vec_cycles);
    json_kbool(j, "raw", m->raw);
    json_kbool(j, "by_row", m->by_row);
    json_ku64(j, "shift", m->shift);
    json_ku64(j, "zero_point", m->zero_point);
    json_ku64(j, "out_bits", m->out_bits);
}

static void write_emb(struct json *j, const struct plan_emb *m)
{
    json_ku64(j, "lookups", m->n_lookups);
    json_ku64(j, "first_field", m->first_field);
    json_ku64(j, "fields", m->n_fields);
    json_ku64(j, "fields_with_bags", m->n_bags);
    json_ku64(j, "dim", m->dim);
    json_ku64(j, "table_rows", m->n_home);
    json_ku64(j, "rows", m->n_rows);
    json_ku64(j, "banks", m->n_banks);
    json_ku64(j, "array_rows", m->array_rows);
    json_ku64(j, "row_cycles", m->row_cycles);
    json_ku64(j, "pool_rows", m->pool_rows);
    json_ku64(j, "pool_bits", m->pool_bits);
    json_ku64(j, "pool_cycles", m->pool_cycles);
    json_ku64(j, "hot_rows", m->n_hot);
    json_ku64(j, "hot_replicas", m->replicas);
    json_ku64(j, "cache_sets", m->cache_sets);
    json_ku64(j, "cache_ways", m->cache_ways);
}

static void write_int(struct json *j, const struct plan_int *m)
{
    static const char *const mode[] = {"dp", "fm", "add", "gate", "attention"};

    json_kstr(j, "mode", mode[m->mode]);
    json_ku64(j, "rows", m->rows);
    json_ku64(j, "dim", m->dim);
    json_ku64(j, "heads", m->heads);
    json_ku64(j, "lanes", m->lanes);
    json_ku64(j, "outputs", m->n_out);
    json_ku64(j, "mult_a", m->mult_a);
    json_ku64(j, "mult_b", m->mult_b);
    json_ku64(j, "shift", m->shift);
    json_ku64(j, "score_shift", m->score_shift);
    json_ku64(j, "zero_point_a", m->zero_point_a);
    json_ku64(j, "zero_point_b", m->zero_point_b);
    json_ku64(j, "zero_point", m->zero_point);
    json_ku64(j, "out_bits", m->out_bits);
    json_kbool(j, "array", m->array);
    if (!m->array)
        return;
    json_ku64(j, "input_slices", m->in_slices);
    json_ku64(j, "weight_slices", m->weight_slices);
    json_ku64(j, "cells_per_value", m->cells);
    json_ku64(j, "write_cycles", m->write_cycles);
    json_ku64(j, "score_cycles", m->score_cycles);
    json_ku64(j, "mean_cycles", m->mean_cycles);
}

static void write_due(struct json *j, struct plan_due d)
{
    json_ku64(j, "request_mask", d.mask);
    json_ku64(j, "request_phase", d.phase);
}

static void write_edges(struct json *j, const struct plan_unit *u)
{
    json_key(j, "in");
    json_array(j);
    for (uint32_t i = 0; i < u->n_in; i++) {
        json_object(j);
        json_ku64(j, "from_node", u->in[i].src_node);
        json_ku64(j, "from_edge", u->in[i].src_out);
        json_ku64(j, "base_word", u->in[i].base_word);
        json_ku64(j, "words", u->in[i].n_words);
        json_ku64(j, "slots", u->in[i].n_slots);
        json_ku64(j, "elements", u->in[i].n_elements);
        json_ku64(j, "pack_bits", u->in[i].pack_bits);
        json_ku64(j, "zero_point", u->in[i].zero_point);
        write_due(j, u->in[i].due);
        json_object_end(j);
    }
    json_array_end(j);
    json_key(j, "out");
    json_array(j);
    for (uint32_t i = 0; i < u->n_out; i++) {
        json_object(j);
        json_ku64(j, "to_node", u->out[i].dst_node);
        json_ku64(j, "to_edge", u->out[i].dst_in);
        json_ku64(j, "words", u->out[i].n_words);
        json_ku64(j, "credits", u->out[i].n_slots);
        json_ku64(j, "vc", u->out[i].vc);
        json_ku64(j, "first_word", u->out[i].first_word);
        write_due(j, u->out[i].due);
        json_object_end(j);
    }
    json_array_end(j);
}

static void write_unit(struct json *j, const struct plan *p, const struct plan_unit *u)
{
    json_object(j);
    json_kstr(j, "name", u->name);
    json_kstr(j, "kind", unit_kind_name(u->kind));
    json_ku64(j, "node", u->node);
    json_ku64(j, "x", u->x);
    json_ku64(j, "y", u->y);
    json_ku64(j, "context", u->context);
    json_ku64(j, "first_in_edge", u->in_first);
    json_ku64(j, "first_out_edge", u->out_edge_first);
    json_ku64(j, "replica", u->replica);
    json_ku64(j, "replicas", u->n_replicas);
    if (u->kind != UNIT_IO) {
        json_kstr(j, "operator", p->workload->op[u->op].name);
        json_ku64(j, "first_output", u->out_first);
    }
    json_ku64(j, "load_cycles", u->load_cycles);
    json_ku64(j, "comp_cycles", u->comp_cycles);
    if (u->kind == UNIT_MVM)
        write_mvm(j, &u->mvm);
    else if (u->kind == UNIT_EMB)
        write_emb(j, &u->emb);
    else if (u->kind == UNIT_INT)
        write_int(j, &u->dyn);
    else
        json_ku64(j, "record_words", u->io.record_words);
    write_edges(j, u);
    json_object_end(j);
}

void plan_write_json(const struct plan *p, FILE *f)
{
    struct json j = json_open(f);

    json_object(&j);
    json_kstr(&j, "workload", p->workload->name);
    json_ku64(&j, "width", p->width);
    json_ku64(&j, "height", p->height);
    json_ku64(&j, "flit_bits", p->flit_bits);
    json_ku64(&j, "vcs", p->n_vcs);
    json_ku64(&j, "credit_vc", p->credit_vc);
    json_ku64(&j, "buffer_flits", p->buffer_flits);
    json_kstr(&j, "topology", noc_topology_name[p->topology]);
    json_kstr(&j, "routing", p->routing == NOC_XY ? "xy" : "yx");
    json_ku64(&j, "stages", p->stages);
    json_ku64(&j, "lossless_bits", p->analog.lossless_bits);
    json_ku64(&j, "drop_bits", p->analog.drop_bits);
    json_ku64(&j, "unit_bits", p->analog.unit_bits);
    json_ku64(&j, "fraction_bits", p->analog.fraction_bits);
    json_ku64(&j, "level_bits", p->analog.level_bits);
    json_ku64(&j, "crossbars_used", p->n_xbars_used);
    json_ku64(&j, "cells_used", p->n_cells_used);
    json_ku64(&j, "cells", p->n_cells);
    json_key(&j, "buffer_words");
    json_array(&j);
    for (uint32_t i = 0; i < p->n_nodes; i++)
        json_u64(&j, p->tile[i].buffer_words);
    json_array_end(&j);
    json_key(&j, "units");
    json_array(&j);
    for (uint32_t i = 0; i < p->n_units; i++)
        if (p->unit[i].kind != UNIT_NONE)
            write_unit(&j, p, &p->unit[i]);
    json_array_end(&j);
    json_object_end(&j);
    fputc('\n', f);
}
