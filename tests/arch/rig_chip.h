/* SPDX-License-Identifier: Apache-2.0 */
/* tests/arch/rig_chip.h: a chip run to its end, and its event log sorted into what each unit did.
 */
#ifndef AUTORAC_TESTS_ARCH_RIG_CHIP_H
#define AUTORAC_TESTS_ARCH_RIG_CHIP_H

#include "arch/chip.h"
#include "arch/map.h"
#include "sim/base/rng.h"

struct rig_chip {
    struct workload *workload; /* owned */
    struct plan *plan;
    struct sim *sim;
    struct chip *chip;
};

/* Takes the workload; maps it and runs it with events recorded. Aborts with a message if anything
 * fails. shuffle_seed 0: ties in order. */
struct rig_chip rig_chip_run(struct workload *w, const struct chip_config *c,
                             uint64_t shuffle_seed);
/* tiny_bag_workload and tiny_chip from one seed. */
struct rig_chip rig_chip_random(uint64_t seed, uint32_t n_requests);
/* The same plan once more. */
struct rig_chip rig_chip_again(const struct rig_chip *r, uint64_t shuffle_seed);
void rig_chip_free(struct rig_chip *r); /* of rig_chip_again: only what is its own */

/* One unit's history; its own requests in order. Cycle arrays of an edge: [edge * n_requests +
 * request], 0 for requests that the edge does not carry. */
struct history {
    uint32_t n_requests;
    uint64_t *start, *finish;      /* (n_requests) */
    uint64_t *operand;             /* (n_in, n_requests) */
    uint64_t *head, *tail;         /* (n_out, n_requests) INJECT of a packet's first, last flit */
    uint64_t **sent, **received;   /* (n_out), (n_in): payload words in order */
    uint64_t *n_sent, *n_received; /* words */
    uint64_t *credit_sent;         /* (n_in, n_requests) INJECT of a slot's credit */
    uint64_t *credit;              /* (n_out, n_requests) CREDIT */
};

/* (n_units); checks on the way that packets are whole, well addressed and in the contract's order.
 */
struct history *history_new(const struct rig_chip *r);
void history_free(struct history *h, const struct plan *p);

#endif
