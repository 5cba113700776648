/* SPDX-License-Identifier: Apache-2.0 */
/* nas/evolve.h: regularised evolution of (model, chip) pairs with a Pareto archive.
 *
 * A population of random feasible pairs; each generation draws parents by tournament, changes model
 * or chip (or joins two parents), judges the children, and lets the oldest die (Real 2019). Half of
 * the tournaments judge by the score, half by a score with random weights, which spreads the
 * archive. Archive: no member is beaten in LogLoss, latency, energy and area at once.
 * The state is saved after every generation; the end does not depend on interruptions. */
#ifndef AUTORAC_NAS_EVOLVE_H
#define AUTORAC_NAS_EVOLVE_H

#include "nas/candidate.h"

struct evolve_options {
    uint32_t population, generations, children, tournament;
    const char *state, *key; /* file and key; NULL: not saved */
    const char *pareto;      /* pareto.csv; NULL: none */
    uint64_t stop;           /* generations after which to return (tests); 0: all */
    struct watch watch;
};

/* *best: the archive's member of smallest score. ERR_CONFIG if no feasible pair was found. */
enum err_code evolve(struct judge *j, const struct space *s, const struct chip_config *base,
                     const struct objective *o, const struct rng *root,
                     const struct evolve_options *opt, struct candidate *best, struct err *e);

/* a is at least as good as b in all four and better in one. */
bool candidate_dominates(const struct candidate *a, const struct candidate *b);

#endif
