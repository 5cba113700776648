/* SPDX-License-Identifier: Apache-2.0 */
/* arch/chip.h: the plan as a running machine: tiles, routers and links on the event kernel.
 *
 * Every recorded event has the cycle and value that docs/microarchitecture.md gives it. Left out:
 * clock gating, voltage, refresh, thermal effects. */
#ifndef AUTORAC_ARCH_CHIP_H
#define AUTORAC_ARCH_CHIP_H

#include "arch/plan.h"
#include "sim/event.h"
#include "sim/loop.h"
#include "sim/stats.h"
#include "traces/result.h"

/* Integer counts of one unit's (and its router's) events, multiplied by energies only in arch/cost.
 */
struct unit_counts {
    uint64_t n_requests;                      /* finished */
    uint64_t busy_cycles;                     /* from start to finish */
    uint64_t stall_operand_cycles;            /* idle, some operand missing */
    uint64_t stall_output_cycles;             /* idle, operands there, no output register free */
    uint64_t stall_credit_cycles;             /* head flit waiting for an end-to-end credit */
    uint64_t stall_inject_cycles;             /* a flit waiting for the router's local buffer */
    uint64_t n_buffer_writes, n_buffer_reads; /* flit words of the operand buffer */
    uint64_t n_output_writes, n_output_reads; /* output register: elements written, words sent */
    uint64_t n_row_drives;         /* MVM: DAC row pulses (rows in use, each slice and crossbar) */
    uint64_t n_xbar_reads;         /* MVM: array reads */
    uint64_t n_cell_reads;         /* MVM: cells in use in those reads */
    uint64_t n_sample_holds;       /* MVM: columns in use sampled */
    uint64_t n_conversions;        /* MVM: ADC conversions of columns in use */
    uint64_t n_clipped;            /* MVM: of these, saturated */
    uint64_t n_shift_adds;         /* MVM: codes accumulated */
    uint64_t n_reduce_adds;        /* MVM: row-block partial sums added */
    uint64_t n_requants;           /* results requantised (raw logits not counted) */
    uint64_t n_macs;               /* INT: digital multiply-accumulates */
    uint64_t n_row_reads;          /* EMB: rows activated */
    uint64_t n_emb_cells;          /* EMB: cells sensed */
    uint64_t bank_conflict_cycles; /* EMB: issue stalled on a busy bank */
    uint64_t n_flits_routed; /* router: buffer write + read + crossbar + switch, one each flit */
    uint64_t n_flits_linked; /* flits leaving over a mesh link (local port not counted) */
    uint64_t n_allocations;  /* router: virtual channels granted */
    uint64_t peak_vc_flits;  /* deepest any of the router's buffers got */
};

struct chip;
enum err_code chip_new(struct chip **out, const struct plan *p, struct sim *s, bool record_events,
                       struct err *e);
void chip_free(struct chip *c);

/* Push all requests through and run until the chip is quiet. loop may be NULL (no signals served).
 * ERR_BUG with the waiting units named if it never finishes. */
enum err_code chip_run(struct chip *c, struct loop *l, struct err *e);

uint64_t chip_n_done(const struct chip *c);   /* logits so far: progress */
uint64_t chip_n_cycles(const struct chip *c); /* cycle of the last event */
const struct event_log *
chip_events(const struct chip *c); /* sorted after chip_run; NULL if not recorded */
const uint64_t *chip_start_cycles(const struct chip *c);  /* (n_requests) */
const uint64_t *chip_finish_cycles(const struct chip *c); /* (n_requests) */
const int32_t *chip_logits(const struct chip *c);         /* (n_requests) */
const struct unit_counts *chip_counts(const struct chip *c, uint32_t node);

#endif
