/* SPDX-License-Identifier: Apache-2.0 */
/* arch/chip.h: the plan as a running machine: tiles, routers and links on the event kernel.
 *
 * Every recorded event has the cycle and value that docs/microarchitecture.md gives it. Left out:
 * clock gating, voltage, refresh, thermal effects. */
#ifndef AUTORAC_ARCH_CHIP_H
#define AUTORAC_ARCH_CHIP_H

#include "arch/noc.h"
#include "arch/plan.h"
#include "sim/event.h"
#include "sim/loop.h"
#include "sim/stats.h"
#include "traces/result.h"

/* Integer counts of one unit, and of its node's router with the first unit of each node. Multiplied
 * by energies only in arch/cost. Except for stalls, embedding rows, clipping and depth, a finished
 * request adds exactly what count_unit says (arch/count.h), when its result is complete. Nobody
 * stalls for requests that never come. */
struct unit_counts {
    uint64_t n_requests;  /* finished */
    uint64_t busy_cycles; /* from START to FINISH */

    /* Cycles in which the engine could have started but for ... */
    uint64_t stall_operand_cycles; /* ... a missing operand, from cycle 0 on */
    uint64_t stall_output_cycles;  /* ... a free output register, operands being there */
    /* Cycles in which nothing was sent (both can count in one cycle) ... */
    uint64_t stall_credit_cycles; /* ... and the next head flit had no end-to-end credit */
    uint64_t stall_inject_cycles; /* ... and a flit had no place in the router's local buffer */

    uint64_t n_buffer_writes; /* payload flits written to the operand buffer */
    uint64_t n_buffer_reads;  /* words read from it while loading; I/O: none */
    uint64_t n_output_writes; /* elements written to output registers; I/O: words of the record */
    uint64_t n_output_reads;  /* payload flits sent from them, once per out-edge */

    /* MVM, each input slice of each vector counting anew */
    uint64_t n_row_drives;       /* rows in use, of each crossbar in use: DAC pulses */
    uint64_t n_xbar_reads;       /* crossbars in use read */
    uint64_t n_cell_reads;       /* cells in use in those reads: rows in use x columns in use */
    uint64_t n_sample_holds;     /* columns in use sampled */
    uint64_t n_conversions;      /* columns in use converted, unit columns apart */
    uint64_t n_unit_conversions; /* flip: unit columns converted */
    uint64_t n_clipped;          /* conversions that saturated */
    uint64_t n_shift_adds;       /* codes accumulated: one a conversion of either kind */
    uint64_t n_flip_adds;   /* flip: the unit code's multiple, once a crossbar, and every code taken
                               from it or not: the adder is in all codes' way */
    uint64_t n_reduce_adds; /* row-block sums added to a total: outputs x row blocks x vectors;
                               flip: as many bias corrections */
    uint64_t n_requants; /* MVM, INT; EMB: bags: results requantised; raw logits are not. ATTENTION:
                          * also each score and each average's reciprocal */

    uint64_t n_macs;        /* INT: products on lanes (count_int_products) */
    uint64_t n_table_reads; /* INT: sigmoids and exponentials looked up */
    /* INT with operand arrays; reram: also n_row_drives and those after it, every slice anew */
    uint64_t n_line_writes; /* word lines written */
    uint64_t n_cell_writes; /* cells in them: sram_cim bits */

    /* EMB: what depends on the rows looked up */
    uint64_t n_lookups;            /* rows asked for */
    uint64_t n_row_reads;          /* rows activated in banks */
    uint64_t n_activations;        /* of one row, or several of one array at once */
    uint64_t n_emb_cells;          /* cells sensed, one row being activated */
    uint64_t n_pool_conversions;   /* columns converted, several rows being activated */
    uint64_t n_emb_adds;           /* codes of bags' rows added to the bags' sums */
    uint64_t n_hot_reads;          /* activations for a hot row ... */
    uint64_t n_copy_reads;         /* ... and, of these, of a copy that is not its first */
    uint64_t n_cache_hits;         /* rows the cache had */
    uint64_t n_cache_fills;        /* rows written to it */
    uint64_t bank_conflict_cycles; /* cycles in which nothing was issued for busy banks */

    /* router */
    uint64_t n_flits_routed; /* switch grants: buffer write, read and crossbar pass, one each */
    uint64_t n_flits_linked; /* of these, over a mesh link and not to the tile */
    uint64_t n_allocations;  /* virtual channels granted, one a packet and router */
    uint64_t peak_vc_flits;  /* most flits visible in one of its buffers */
};

struct chip;
enum err_code chip_new(struct chip **out, const struct plan *p, struct sim *s, bool record_events,
                       struct err *e);
void chip_free(struct chip *c);

/* Before chip_run: record what `select` wants of what chip_new was told to record. Borrowed. */
void chip_select(struct chip *c, const struct event_select *select);
/* Before chip_run: call sample in the first cycle boundary after first_cycle, then after the cycle
 * it returns, as long as the chip runs; counts are up to date then. */
struct chip_sampler {
    void *self;
    uint64_t (*sample)(void *self, uint64_t now_cycles);
    uint64_t first_cycle;
};
void chip_sample(struct chip *c, const struct chip_sampler *sampler);

/* Before chip_run: hand events over while the chip runs, in canonical order, each once and soon
 * after its cycle; those of chip_events are then what has not been handed over. */
struct chip_taker {
    void *self;
    void (*take)(void *self, const struct event *ev, uint64_t n);
};
void chip_hand_over(struct chip *c, const struct chip_taker *taker);
/* Hand over now what there is of cycles before chip_now. */
void chip_hand_over_now(struct chip *c);

/* Push all requests through and run until the chip is quiet. loop may be NULL (no signals served).
 * ERR_BUG with the waiting units named if it never finishes. */
enum err_code chip_run(struct chip *c, struct loop *l, struct err *e);

const struct plan *chip_plan(const struct chip *c);
uint64_t chip_n_done(const struct chip *c);   /* logits so far: progress */
uint64_t chip_n_cycles(const struct chip *c); /* cycle of the last recording point */
const struct event_log *
chip_events(const struct chip *c); /* sorted after chip_run; NULL if not recorded */
const uint64_t *chip_start_cycles(const struct chip *c);  /* (n_requests) */
const uint64_t *chip_finish_cycles(const struct chip *c); /* (n_requests) */
const int32_t *chip_logits(const struct chip *c);         /* (n_requests) */
/* All counts are one array in the order of plan.unit; valid after chip_run, and where a sampler or
 * chip_collect asks for them. */
const struct unit_counts *chip_counts(const struct chip *c, uint32_t unit);
void chip_collect(struct chip *c); /* between cycles of a run: bring chip_counts up to date */
const struct noc *chip_noc(const struct chip *c);
uint64_t chip_now(const struct chip *c); /* cycle the run is in */

#endif
