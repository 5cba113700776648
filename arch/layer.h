/* SPDX-License-Identifier: Apache-2.0 */
/* arch/layer.h: a run by operator ("layer"), pipelined and one request at a time.
 *
 * Every event, square micrometre and milliwatt of the chip belongs to one row: an operator's (all
 * its units), the I/O unit's, or the network's (routers and links). Rows add up to the chip, part
 * by part, exactly (arch/cost.h); a tile that several operators share
 * belongs to the first of them, but for its counts. One request alone on the chip, run cycle by
 * cycle, gives its latency; each operator's share is the time from its last operand to the last
 * operand of the unit that was waiting for it, along the chain that ends with the logit: sending
 * and network included, and all shares add up to the latency. Left out: how contention shifts these
 * shares when many requests are under way. */
#ifndef AUTORAC_ARCH_LAYER_H
#define AUTORAC_ARCH_LAYER_H

#include "arch/chip.h"
#include "arch/cost.h"

struct layer {
    const char *name, *role; /* of the operator; "io", "network" */
    uint32_t n_units;
    uint32_t weight_bits, input_bits;             /* 0: none */
    uint64_t n_macs;                              /* a request */
    uint64_t busy_cycles;                         /* of its engines, the whole run */
    uint64_t n_xbars_used, n_cells_used, n_cells; /* of its crossbars */
    uint64_t latency_cycles;                      /* of one request alone: its share */
    struct cost cost;                             /* the whole run */
};

/* One request alone. */
struct single {
    uint64_t latency_cycles;
    struct cost cost; /* static power over the latency */
};

struct layers {
    uint32_t n; /* operators, then I/O, then network */
    struct layer *row;
    struct cost total; /* as cost_of, and the sum of the rows */
    struct single single;
};

/* Of a run that counted counts (n_units) in n_cycles. Runs one request more; the plan's workload
 * must have one (else single is 0). */
enum err_code layers_new(struct layers **out, const struct plan *p, const struct params *q,
                         const struct unit_counts *counts, uint64_t n_cycles, struct err *e);
void layers_free(struct layers *l);

#endif
