/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/cost.h"

#include <math.h>
#include <string.h>

#include "arch/count.h"
#include "arch/noc.h"

enum { FLIT_CONTROL_BITS = 2 }; /* head, tail: stored beside the payload */

const char *cost_part_name(enum cost_part p)
{
    static const char *const name[] = {
        "array",        "dac",         "adc",       "accumulation", "buffer",
        "interconnect", "interaction", "embedding", "other",
    };

    return name[p];
}

/* Sums of multiples of 2^-20 are exact. */
static double on_grid(double v)
{
    return nearbyint(v * 0x1p20) * 0x1p-20;
}

static double get(const struct params *q, enum param_id id)
{
    return params_get(q, id);
}

/* Row driver of 1, 2 or 4 bits: id is the 1-bit entry, the others follow it. */
static double dac_entry(const struct plan *p, const struct params *q, enum param_id one_bit)
{
    uint32_t bits = p->config.mvm_dac_bits;

    return get(q, one_bit + (bits == 4 ? 2u : bits == 2 ? 1u : 0u));
}

/* SAR: base + per_bit b + per_level growth^b, four entries from `base` on. Flash: a comparator for
 * each of 2^b - 1 levels. */
static double adc_entry(const struct plan *p, const struct params *q, uint32_t bits,
                        enum param_id base, enum param_id comparator)
{
    double levels = 1;

    if (p->config.mvm_adc_kind == ADC_FLASH)
        return (double)((1u << bits) - 1) * get(q, comparator);
    for (uint32_t b = 0; b < bits; b++)
        levels *= get(q, base + 3);
    return get(q, base) + get(q, base + 1) * bits + get(q, base + 2) * levels;
}

static double adc_energy(const struct plan *p, const struct params *q, uint32_t bits)
{
    return adc_entry(p, q, bits, PARAM_ADC_ENERGY_BASE, PARAM_FLASH_ENERGY);
}

static double adc_area(const struct plan *p, const struct params *q, uint32_t bits)
{
    return adc_entry(p, q, bits, PARAM_ADC_AREA_BASE, PARAM_FLASH_AREA);
}

/* Of the operand arrays' converters, which lose nothing with the longer of both kinds of column. */
static uint32_t int_adc_bits(const struct plan *p)
{
    uint32_t dim = p->limit.int_dim, rows = p->limit.int_attention ? p->limit.int_rows : 0;
    struct chip_config c = p->config;

    c.mvm_rows = dim > rows ? dim : rows;
    c.mvm_encoding = ENCODING_DIFFERENTIAL;
    return chip_lossless_adc_bits(&c);
}

static double levels(const struct plan *p)
{
    return (double)((1u << p->config.mvm_cell_bits) - 1);
}

/* ---- energy ---- */

static void mvm_energy(const struct plan *p, const struct params *q, const struct unit_counts *c,
                       double *pj)
{
    pj[COST_ARRAY] = (double)c->n_cell_reads * get(q, PARAM_ARRAY_CELL_READ) * 1e-3;
    pj[COST_DAC] = (double)c->n_row_drives * dac_entry(p, q, PARAM_DAC_ENERGY_1B);
    pj[COST_ADC] = (double)c->n_conversions * adc_energy(p, q, p->config.mvm_adc_bits) +
                   (double)c->n_sample_holds * get(q, PARAM_SAMPLE_ENERGY) * 1e-3;
    if (c->n_unit_conversions)
        pj[COST_ADC] +=
            (double)c->n_unit_conversions * adc_energy(p, q, chip_unit_adc_bits(&p->config));
    pj[COST_ACCUMULATION] =
        (double)c->n_shift_adds * get(q, PARAM_SHIFT_ADD_ENERGY) +
        (double)(c->n_flip_adds + c->n_reduce_adds) * get(q, PARAM_ADD32_ENERGY) +
        (double)c->n_requants * get(q, PARAM_REQUANT_ENERGY);
}

static double reram_energy(const struct plan *p, const struct params *q,
                           const struct unit_counts *c)
{
    return (double)c->n_cell_writes * get(q, PARAM_WRITE_CELL_ENERGY) +
           (double)c->n_cell_reads * get(q, PARAM_ARRAY_CELL_READ) * 1e-3 +
           (double)c->n_row_drives * dac_entry(p, q, PARAM_DAC_ENERGY_1B) +
           (double)c->n_conversions * adc_energy(p, q, int_adc_bits(p)) +
           (double)c->n_sample_holds * get(q, PARAM_SAMPLE_ENERGY) * 1e-3 +
           (double)c->n_shift_adds * get(q, PARAM_SHIFT_ADD_ENERGY);
}

static void int_energy(const struct plan *p, const struct params *q, const struct unit_counts *c,
                       double *pj)
{
    double array = 0;

    if (p->config.int_engine == ENGINE_RERAM)
        array = reram_energy(p, q, c);
    else if (p->config.int_engine == ENGINE_SRAM_CIM)
        array = (double)c->n_cell_writes * get(q, PARAM_SRAM_CIM_WRITE_ENERGY) +
                (double)c->n_cell_reads * get(q, PARAM_SRAM_CIM_MAC_ENERGY);
    pj[COST_INTERACTION] = (double)c->n_macs * get(q, PARAM_MAC8_ENERGY) +
                           (double)c->n_requants * get(q, PARAM_REQUANT_ENERGY) +
                           (double)c->n_table_reads * get(q, PARAM_TABLE_ENERGY) + array;
}

/* One access of so many bits to an SRAM of so many bytes. */
static double sram_access(const struct params *q, double bytes, double bits)
{
    double size = bytes / get(q, PARAM_BUFFER_REF_BYTES);

    return get(q, PARAM_BUFFER_ENERGY) * pow(size, get(q, PARAM_BUFFER_EXPONENT)) * bits /
           get(q, PARAM_BUFFER_REF_BITS);
}

static double buffer_access(const struct plan *p, const struct params *q)
{
    return sram_access(q, p->config.tile_buffer_bytes, p->flit_bits);
}

/* Row cache and directory of an embedding tile: a tag has four bytes, an entry eight. */
static double cache_bytes(const struct plan_emb *m)
{
    return (double)m->cache_sets * m->cache_ways * (m->dim * m->out_bits / 8.0 + 4);
}

static double directory_bytes(const struct plan_emb *m)
{
    return 8.0 * m->hot_sets;
}

/* Tags are compared for every row that is issued, the directory is read for every row asked for. */
static double emb_sram_energy(const struct params *q, const struct plan_emb *m,
                              const struct unit_counts *c)
{
    double issued = (double)(c->n_activations + c->n_cache_hits), pj = 0;

    if (m->cache_sets)
        pj += issued * sram_access(q, cache_bytes(m), 32.0 * m->cache_ways) +
              (double)(c->n_cache_hits + c->n_cache_fills) *
                  sram_access(q, cache_bytes(m), (double)m->dim * m->out_bits);
    if (m->hot_sets)
        pj += (double)c->n_lookups * sram_access(q, directory_bytes(m), 64);
    return pj;
}

static void emb_energy(const struct plan *p, const struct params *q, const struct plan_emb *m,
                       const struct unit_counts *c, double *pj)
{
    double read = get(q, PARAM_ARRAY_CELL_READ) * 1e-3;
    double cell = get(q, PARAM_EMB_SENSE_ENERGY) * levels(p) + read;
    double pooled_cells = (double)c->n_row_reads * m->row_cells - (double)c->n_emb_cells;

    pj[COST_EMBEDDING] =
        (double)c->n_row_reads * get(q, PARAM_EMB_DRIVE_ENERGY) + (double)c->n_emb_cells * cell;
    if (c->n_pool_conversions)
        pj[COST_EMBEDDING] += pooled_cells * read +
                              (double)c->n_pool_conversions *
                                  (adc_energy(p, q, m->pool_bits) + get(q, PARAM_SHIFT_ADD_ENERGY));
    pj[COST_EMBEDDING] += (double)c->n_emb_adds * get(q, PARAM_ADD32_ENERGY) +
                          (double)c->n_requants * get(q, PARAM_REQUANT_ENERGY) +
                          emb_sram_energy(q, m, c);
}

/* A tile's pitches of wire: a link joins the middles of two blocks; in a block of four tiles, half
 * a pitch in x and in y joins a tile with the router in the middle. */
static double link_pitches(const struct topology *t)
{
    return 1u << t->shift;
}

static double local_pitches(const struct topology *t)
{
    return t->kind == NOC_CMESH ? 1 : 0;
}

static double network_energy_bit(const struct plan *p, const struct params *q,
                                 const struct unit_counts *c)
{
    struct topology t = plan_topology(p);
    double n_ejected = (double)c->n_flits_routed - (double)c->n_flits_linked;
    double router = get(q, t.kind == NOC_CMESH ? PARAM_ROUTER8_ENERGY : PARAM_ROUTER_ENERGY);
    double n_pitches = (double)c->n_flits_linked * link_pitches(&t) +
                       2 * n_ejected * local_pitches(&t); /* what is ejected was injected */

    return (double)c->n_flits_routed * router + n_pitches * get(q, PARAM_LINK_ENERGY);
}

void cost_unit_energy(const struct plan *p, const struct params *q, uint32_t unit,
                      const struct unit_counts *counts, double energy_pj[COST_N_PARTS])
{
    const struct plan_unit *u = &p->unit[unit];
    const struct unit_counts *c = counts;
    double word_bytes = p->flit_bits / 8.0, written, registers;

    memset(energy_pj, 0, COST_N_PARTS * sizeof *energy_pj);
    if (u->kind == UNIT_MVM)
        mvm_energy(p, q, c, energy_pj);
    else if (u->kind == UNIT_INT)
        int_energy(p, q, c, energy_pj);
    else if (u->kind == UNIT_EMB)
        emb_energy(p, q, &u->emb, c, energy_pj);
    if (u->kind != UNIT_NONE) {
        written = (double)c->n_output_writes * (u->kind == UNIT_IO ? word_bytes : 1.0);
        registers =
            (written + (double)c->n_output_reads * word_bytes) * get(q, PARAM_REGISTER_ENERGY);
        energy_pj[u->kind == UNIT_IO ? COST_OTHER : COST_BUFFER] += registers;
        energy_pj[COST_BUFFER] +=
            (double)(c->n_buffer_writes + c->n_buffer_reads) * buffer_access(p, q);
    }
    energy_pj[COST_INTERCONNECT] = network_energy_bit(p, q, c) * p->flit_bits;
    for (int k = 0; k < COST_N_PARTS; k++)
        energy_pj[k] = on_grid(energy_pj[k]);
}

/* ---- area and leakage: what is built, not what is used ---- */

static void mvm_area(const struct plan *p, const struct params *q, double *um2, double *leak_mw)
{
    const struct chip_config *c = &p->config;
    uint32_t unit_bits = chip_unit_adc_bits(c);
    double cols = chip_built_cols(c), n_adc = (double)c->mvm_cols / c->mvm_cols_per_adc;
    double converters = n_adc * adc_area(p, q, c->mvm_adc_bits);

    if (unit_bits) {
        converters += adc_area(p, q, unit_bits);
        n_adc += 1;
    }
    um2[COST_ARRAY] += c->mvm_xbars * (double)c->mvm_rows * cols * get(q, PARAM_ARRAY_CELL_AREA);
    um2[COST_DAC] += c->mvm_xbars * (double)c->mvm_rows * dac_entry(p, q, PARAM_DAC_AREA_1B);
    um2[COST_ADC] += c->mvm_xbars * (converters + cols * get(q, PARAM_SAMPLE_AREA));
    um2[COST_ACCUMULATION] += c->mvm_xbars * n_adc * get(q, PARAM_SHIFT_ADD_AREA) +
                              c->mvm_lanes * get(q, PARAM_REQUANT_AREA);
    *leak_mw += c->mvm_lanes * get(q, PARAM_LANE_LEAKAGE);
}

/* A ReRAM operand array with its periphery: word lines x column groups. */
static double reram_area(const struct plan *p, const struct params *q, uint32_t lines,
                         uint32_t groups)
{
    double columns = (double)groups * p->limit.int_cells;
    double n_adc = ceil(columns / p->config.mvm_cols_per_adc);

    return lines * columns * get(q, PARAM_ARRAY_CELL_AREA) +
           lines * dac_entry(p, q, PARAM_DAC_AREA_1B) + columns * get(q, PARAM_SAMPLE_AREA) +
           n_adc * (adc_area(p, q, int_adc_bits(p)) + get(q, PARAM_SHIFT_ADD_AREA));
}

/* Every interaction tile has what any of them needs, arrays as large as the largest operand. */
static void int_area(const struct plan *p, const struct params *q, double *um2, double *leak_mw)
{
    const struct plan_limits *l = &p->limit;
    double lane = get(q, PARAM_MAC8_AREA) + get(q, PARAM_REQUANT_AREA), bits;

    if (l->int_table)
        lane += get(q, PARAM_TABLE_AREA);
    um2[COST_INTERACTION] += p->config.int_lanes * lane;
    *leak_mw += p->config.int_lanes * get(q, PARAM_LANE_LEAKAGE);
    if (p->config.int_engine == ENGINE_RERAM && l->int_cells) {
        um2[COST_INTERACTION] += reram_area(p, q, l->int_dim, l->int_rows);
        if (l->int_attention)
            um2[COST_INTERACTION] += reram_area(p, q, l->int_rows, l->int_dim);
    } else if (p->config.int_engine == ENGINE_SRAM_CIM) {
        bits = (l->int_attention ? 2.0 : 1.0) * l->int_rows * l->int_dim * l->int_cells;
        um2[COST_INTERACTION] += bits * get(q, PARAM_SRAM_CIM_CELL_AREA);
        *leak_mw += bits / 8 * get(q, PARAM_BUFFER_LEAKAGE) * 1e-3;
    }
}

/* A bank has a sense amplifier a column, or a converter that does both. */
static void emb_area(const struct plan *p, const struct params *q, const struct plan_emb *m,
                     double *um2, double *leak_mw)
{
    double row = m->row_cells, sram = cache_bytes(m) + directory_bytes(m);
    double sense = m->pool_bits ? adc_area(p, q, m->pool_bits) + get(q, PARAM_SHIFT_ADD_AREA)
                                : levels(p) * get(q, PARAM_EMB_SENSE_AREA);

    um2[COST_EMBEDDING] +=
        m->n_rows * (row * get(q, PARAM_ARRAY_CELL_AREA) + get(q, PARAM_DAC_AREA_1B)) +
        m->n_banks * row * sense + sram * get(q, PARAM_BUFFER_AREA);
    *leak_mw += sram * get(q, PARAM_BUFFER_LEAKAGE) * 1e-3;
    if (!m->n_bags)
        return;
    um2[COST_EMBEDDING] +=
        m->dim * ((m->n_banks + 1.0) * get(q, PARAM_ADD32_AREA) + get(q, PARAM_REQUANT_AREA));
    *leak_mw += m->dim * get(q, PARAM_LANE_LEAKAGE);
}

/* Input registers are as large as the largest operand of a unit of that kind, output registers as
 * the largest result; indices take four bytes. */
static double register_bytes(const struct plan *p, enum unit_kind kind)
{
    const struct plan_limits *l = &p->limit;

    switch (kind) {
    case UNIT_MVM:
        return (double)l->mvm_inputs + (double)p->output_slots * l->mvm_outputs;
    case UNIT_INT:
        return (double)l->int_inputs + (double)p->output_slots * l->int_outputs;
    case UNIT_EMB:
        return 4.0 * l->emb_words + (double)p->output_slots * l->emb_fields * l->emb_dim +
               3.0 * l->emb_bags * l->emb_dim;
    case UNIT_IO:
        return (double)p->output_slots * l->io_record_words * (p->flit_bits / 8.0);
    case UNIT_NONE:
        break;
    }
    return 0;
}

void cost_unit_area(const struct plan *p, const struct params *q, uint32_t node,
                    double um2[COST_N_PARTS], double *leak_mw)
{
    const struct plan_unit *u = &p->unit[node];
    double registers = register_bytes(p, u->kind) * get(q, PARAM_REGISTER_AREA);
    double own[COST_N_PARTS] = {0}, leak = 0;

    if (u->kind == UNIT_MVM)
        mvm_area(p, q, own, &leak);
    else if (u->kind == UNIT_INT)
        int_area(p, q, own, &leak);
    else if (u->kind == UNIT_EMB)
        emb_area(p, q, &u->emb, own, &leak);
    own[u->kind == UNIT_IO ? COST_OTHER : COST_BUFFER] += registers;
    own[COST_BUFFER] += p->config.tile_buffer_bytes * get(q, PARAM_BUFFER_AREA);
    leak += p->config.tile_buffer_bytes * get(q, PARAM_BUFFER_LEAKAGE) * 1e-3;
    for (int k = 0; k < COST_N_PARTS; k++)
        um2[k] += on_grid(own[k]);
    *leak_mw += on_grid(leak);
}

static void network_area(const struct plan *p, const struct params *q, double *um2, double *leak_mw)
{
    struct topology t = plan_topology(p);
    bool wide = t.kind == NOC_CMESH;
    double n_pitches =
        topology_n_links(&t) * link_pitches(&t) + 2.0 * p->n_nodes * local_pitches(&t);
    double buffer_bits =
        (double)t.n_ports * p->n_vcs * p->buffer_flits * (p->flit_bits + FLIT_CONTROL_BITS);

    um2[COST_INTERCONNECT] =
        t.n_routers * (p->flit_bits * get(q, wide ? PARAM_ROUTER8_AREA : PARAM_ROUTER_AREA) +
                       buffer_bits * get(q, PARAM_ROUTER_BUFFER_AREA)) +
        n_pitches * p->flit_bits * get(q, PARAM_LINK_AREA);
    *leak_mw += t.n_routers * (double)p->flit_bits *
                get(q, wide ? PARAM_ROUTER8_LEAKAGE : PARAM_ROUTER_LEAKAGE);
}

/* Energy of static power, and totals. */
static void finish(const struct plan *p, uint64_t n_cycles, struct cost *c)
{
    /* 1 mW for 1 us is 1000 pJ; one cycle is 1 / clock_mhz us. */
    c->leakage_pj = on_grid(c->leakage_mw * 1000.0 * (double)n_cycles / p->config.clock_mhz);
    for (int k = 0; k < COST_N_PARTS; k++) {
        c->total_energy_pj += c->energy_pj[k];
        c->total_area_um2 += c->area_um2[k];
    }
    c->total_energy_pj += c->leakage_pj;
}

void cost_unit(const struct plan *p, const struct params *q, uint32_t unit,
               const struct unit_counts *counts, uint64_t n_cycles, struct cost *out)
{
    *out = (struct cost){0};
    cost_unit_energy(p, q, unit, counts, out->energy_pj);
    if (unit < p->n_nodes && p->unit[unit].kind != UNIT_NONE)
        cost_unit_area(p, q, unit, out->area_um2, &out->leakage_mw);
    finish(p, n_cycles, out);
}

void cost_network(const struct plan *p, const struct params *q, uint64_t n_cycles, struct cost *out)
{
    *out = (struct cost){0};
    network_area(p, q, out->area_um2, &out->leakage_mw);
    out->area_um2[COST_INTERCONNECT] = on_grid(out->area_um2[COST_INTERCONNECT]);
    out->leakage_mw = on_grid(out->leakage_mw);
    finish(p, n_cycles, out);
}

void cost_add(struct cost *sum, const struct cost *c)
{
    for (int k = 0; k < COST_N_PARTS; k++) {
        sum->energy_pj[k] += c->energy_pj[k];
        sum->area_um2[k] += c->area_um2[k];
    }
    sum->leakage_pj += c->leakage_pj;
    sum->leakage_mw += c->leakage_mw;
    sum->total_energy_pj += c->total_energy_pj;
    sum->total_area_um2 += c->total_area_um2;
}

void cost_of(const struct plan *p, const struct params *q, const struct unit_counts *counts,
             uint64_t n_cycles, struct cost *out)
{
    struct cost unit;

    cost_network(p, q, n_cycles, out);
    for (uint32_t i = 0; i < p->n_units; i++) {
        cost_unit(p, q, i, &counts[i], n_cycles, &unit);
        cost_add(out, &unit);
    }
}

/* ---- programming ---- */

/* Rows written in one unit; its cells are added to *n_cells. */
static uint64_t program_unit(const struct plan *p, const struct plan_unit *u, uint64_t *n_cells)
{
    uint64_t rows = 0;

    if (u->kind == UNIT_MVM) {
        rows = (uint64_t)u->mvm.copies * u->mvm.k * u->mvm.n_cb;
        *n_cells += u->mvm.copies * plan_mvm_cells_used(p, u);
    } else if (u->kind == UNIT_EMB) {
        rows = u->emb.n_rows;
        *n_cells += rows * u->emb.row_cells;
    }
    return rows;
}

void cost_program(const struct plan *p, const struct params *q, struct cost_program *out)
{
    uint64_t most_rows = 0;

    *out = (struct cost_program){0};
    for (uint32_t i = 0; i < p->n_nodes; i++) {
        const struct plan_tile *t = &p->tile[i];
        uint64_t rows = 0;

        for (uint32_t c = 0; c < t->n_contexts; c++)
            rows += program_unit(p, &p->unit[t->unit[c]], &out->n_cells);
        out->n_rows += rows;
        most_rows = rows > most_rows ? rows : most_rows;
    }
    out->energy_pj = (double)out->n_cells * get(q, PARAM_WRITE_CELL_ENERGY);
    out->time_ns = (double)most_rows * get(q, PARAM_WRITE_ROW_TIME);
}

void cost_wear(const struct plan *p, const struct params *q, struct cost_wear *out)
{
    *out = (struct cost_wear){0};
    if (p->config.int_engine != ENGINE_RERAM)
        return;
    for (uint32_t i = 0; i < p->n_units; i++) {
        struct unit_counts c;

        count_unit(p, i, &c);
        out->n_cell_writes += c.n_cell_writes;
    }
    if (out->n_cell_writes)
        out->lifetime_inferences = get(q, PARAM_CELL_ENDURANCE);
}
