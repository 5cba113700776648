/* SPDX-License-Identifier: Apache-2.0 */
/* sim/event.h: the discrete-event kernel.
 *
 * Time is uint64_t cycles of the chip's one clock. Events are ordered by
 * (cycle, phase, sequence). The pending set is an integer calendar of several
 * levels: scheduling, cancelling and dispatching cost O(1) whether an event is
 * near or far. The non-empty phases of a cycle are dispatched through libev: one
 * watcher per phase on the simulation's own private loop, priority +2..-2, whose
 * callback drains that phase's FIFO.
 *
 * Phases of one cycle. A handler in one phase never reads what another component
 * writes in that same phase; --shuffle-ties permutes same-phase order to prove it.
 *   RETIRE     engines finish: results become visible
 *   DELIVER    flits and credits arrive
 *   ARBITRATE  routers decide on what has been delivered
 *   ISSUE      tiles start work and inject
 *   OBSERVE    recorders look
 * A handler may schedule into its own cycle at its own or a later phase; its own
 * phase means the tail of the queue that is being drained.
 *
 * Handlers neither block, allocate, print nor fail. Scheduling into the past,
 * beyond 2^64-1, or into an earlier phase of this cycle, adding 2^24 events to it
 * and no end, and exhausting memory are sticky errors that sim_run returns. */
#ifndef AUTORAC_SIM_EVENT_H
#define AUTORAC_SIM_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/err.h"

enum sim_phase {
    SIM_RETIRE,
    SIM_DELIVER,
    SIM_ARBITRATE,
    SIM_ISSUE,
    SIM_OBSERVE,
    SIM_N_PHASES,
};

struct sim; /* one simulation, one thread */

struct sim_cfg {
    bool shuffle_ties; /* permute events of one (cycle, phase) */
    uint64_t shuffle_seed;
};

/* Names one scheduled event; stays safe after the event has run (cancelling is then a no-op).
 * The zero value names nothing. */
struct sim_ref {
    uint64_t bits;
};

enum err_code sim_new(struct sim **out, const struct sim_cfg *cfg, struct err *e);
void sim_free(struct sim *s);

uint64_t sim_now(const struct sim *s);
bool sim_shuffles(const struct sim *s); /* whether ties are permuted */
void sim_at(struct sim *s, uint64_t at_cycles, enum sim_phase phase,
            void (*fn)(void *self, uint64_t now_cycles, uint64_t arg), void *self, uint64_t arg);
struct sim_ref sim_at_ref(struct sim *s, uint64_t at_cycles, enum sim_phase phase,
                          void (*fn)(void *self, uint64_t now_cycles, uint64_t arg), void *self,
                          uint64_t arg);
bool sim_cancel(struct sim *s, struct sim_ref ref); /* true if it was pending */

/* Run up to and including cycle until, or until nothing is pending, or sim_stop.
 * May be called again. Does not serve signals: see sim/loop.h.
 * Afterwards sim_now is until if events remain beyond it, else the last cycle that had one;
 * more may then be scheduled from that cycle on, in any phase. */
enum err_code sim_run(struct sim *s, uint64_t until_cycles, struct err *e);
/* As sim_run, but returns at the first cycle boundary after n_events (> 0) have run; *more then
 * says whether there may be something left to do. A cycle that takes the slice to twice n_events is
 * cut: the next call goes on within it, and until then only that phase and later ones of it can be
 * scheduled into. */
enum err_code sim_run_slice(struct sim *s, uint64_t until_cycles, uint64_t n_events, bool *more,
                            struct err *e);
void sim_stop(struct sim *s); /* ends sim_run after the current cycle; between runs, the next one */

uint64_t sim_n_dispatched(const struct sim *s);
uint64_t sim_n_pending(const struct sim *s);
uint64_t sim_bytes(const struct sim *s); /* memory held by the pending set */

#endif
