/* SPDX-License-Identifier: Apache-2.0 */
/* arch/cost.h: counted events x parameters -> energy, area, power.
 *
 * Parameters come from arch/params/NAME.yaml; the C holds none. docs/costs.md has every formula.
 * Parts are the words architects compare:
 *   array         cells of all crossbars of a tile, used or not; cells in use, when read
 *   dac           row drivers
 *   adc           converters and sample-and-holds
 *   accumulation  shift-and-add (one a converter), row-block sums, requantisation lanes
 *   buffer        operand buffers (SRAM), input and output registers
 *   interconnect  routers (also at empty nodes), links
 *   interaction   lanes, tables and operand arrays of interaction tiles, whatever these consist of
 *   embedding     tables, row drivers, sense amplifiers
 *   other         the I/O unit's records
 * Every energy and area of a unit, a part of the network and their static power is rounded once to
 * a multiple of 2^-20 of its unit. Sums of these are exact, in whatever order and however grouped,
 * up to 2^33 pJ (or um2): totals are the sums of parts and of nodes alike. Left out: sequencers,
 * clock tree, off-chip links, leakage of analog parts (no figure found). */
#ifndef AUTORAC_ARCH_COST_H
#define AUTORAC_ARCH_COST_H

#include "arch/chip.h"
#include "arch/params.h"
#include "arch/plan.h"

enum cost_part {
    COST_ARRAY,
    COST_DAC,
    COST_ADC,
    COST_ACCUMULATION,
    COST_BUFFER,
    COST_INTERCONNECT,
    COST_INTERACTION,
    COST_EMBEDDING,
    COST_OTHER,
    COST_N_PARTS,
};
const char *cost_part_name(enum cost_part p);

struct cost {
    double energy_pj[COST_N_PARTS]; /* dynamic, of the whole run */
    double leakage_pj;              /* static power x time */
    double area_um2[COST_N_PARTS];
    double total_energy_pj; /* leakage included */
    double total_area_um2, leakage_mw;
};

/* counts: (n_units) of a finished run, or the estimator's; routers are counted with their node's
 * first unit. */
void cost_of(const struct plan *p, const struct params *q, const struct unit_counts *counts,
             uint64_t n_cycles, struct cost *out);
/* What cost_of adds up: each unit, the first of each node with the energy of its router and with
 * the area and static power of the tile, which further contexts share; and the area and static
 * power of all routers and links. */
void cost_unit(const struct plan *p, const struct params *q, uint32_t unit,
               const struct unit_counts *counts, uint64_t n_cycles, struct cost *out);
void cost_network(const struct plan *p, const struct params *q, uint64_t n_cycles,
                  struct cost *out);
void cost_add(struct cost *sum, const struct cost *c);

/* Dynamic energy of one unit, with its node's router if it is the first there, by part. */
void cost_unit_energy(const struct plan *p, const struct params *q, uint32_t unit,
                      const struct unit_counts *counts, double energy_pj[COST_N_PARTS]);
/* Adds the area of one node's tile, without its router, and its static power. */
void cost_unit_area(const struct plan *p, const struct params *q, uint32_t node,
                    double um2[COST_N_PARTS], double *leak_mw);

/* What ReRAM operand arrays wear: every cell in use is written once a request. */
struct cost_wear {
    uint64_t n_cell_writes;     /* a request, of the whole chip; 0: no such array */
    double lifetime_inferences; /* until a cell has been written array.cell_endurance times */
};
void cost_wear(const struct plan *p, const struct params *q, struct cost_wear *out);

/* Writing every weight and table once, before the first request; in no other figure. A tile writes
 * one row at a time, all tiles at once. */
struct cost_program {
    uint64_t n_cells, n_rows; /* holding weights or codes; rows of all crossbars and tables */
    double energy_pj, time_ns;
};
void cost_program(const struct plan *p, const struct params *q, struct cost_program *out);

#endif
