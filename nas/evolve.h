/* SPDX-License-Identifier: Apache-2.0 */
/* nas/evolve.h: searches over (model, chip) pairs.
 *
 * Generation 0 is random pairs; in each later one every child is bred from the population as the
 * generation found it, from a random stream of its own number, so any crew may judge them in any
 * order (nas/crew.h). Strategies:
 * evolution: regularised (Real 2019): parents by tournament, half of them by the score, half by a
 * score with random weights, which spreads the front; the oldest die.
 *
 * nsga2: (Deb 2002): parents by rank and crowding; the best ranks of parents and children live.
 *
 * random: random pairs only.
 *
 * two_stage: first half: models alone on the base chip, by LogLoss; second: chips for the best.
 *
 * The last two are what the first two are measured against. All but random better the chip of every
 * pair by estimates before it is measured. At the end some of the front, the finalists
 * (`survivors`), are trained and simulated, and the smallest score among these is chosen.
 *
 * The state is saved after every generation; the end does not depend on interruptions. */
#ifndef AUTORAC_NAS_EVOLVE_H
#define AUTORAC_NAS_EVOLVE_H

#include "nas/archive.h"
#include "nas/crew.h"
#include "nas/judge.h"

enum strategy {
    SEARCH_EVOLUTION,
    SEARCH_NSGA2,
    SEARCH_RANDOM,
    SEARCH_TWO_STAGE,
    SEARCH_N_STRATEGIES,
};
extern const char *const strategy_names[]; /* NULL-terminated */

struct evolve_options {
    enum strategy strategy;
    uint32_t population, generations, children, tournament;
    uint32_t survivors, sim_requests; /* finalists; requests of each one's run */
    const char *state, *key;          /* file and key; NULL: not saved */
    const char *pareto, *archive;     /* pareto.csv, archive.h5; NULL: none */
    uint64_t stop;                    /* generations after which to return (tests); 0: all */
    struct crew *crew;
    struct watch watch;
};

/* Fills *a (archive_init is done here, archive_fini is the caller's, also after failure).
 * ERR_CONFIG if no feasible pair was found. */
enum err_code evolve(struct archive *a, struct judge *j, const struct space *s,
                     const struct chip_config *base, const struct objective *o,
                     const struct rng *root, const struct evolve_options *opt, struct err *e);

#endif
