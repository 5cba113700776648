/* SPDX-License-Identifier: Apache-2.0 */
/* nas/evolve_impl.h: a search in progress; for nas/evolve.c and nas/strategy.c only. */
#ifndef AUTORAC_NAS_EVOLVE_IMPL_H
#define AUTORAC_NAS_EVOLVE_IMPL_H

#include "nas/evolve.h"

struct progress {
    uint64_t generation, n_archive, n_population;
    uint64_t decided; /* the finals are over */
};

/* A member of the population: its place in the archive, and what NSGA-II knows of it. */
struct member {
    uint32_t place, rank;
    double crowding;
};

struct evolution {
    struct judge *judge;
    const struct space *space;
    const struct chip_config *base;
    const struct objective *objective;
    const struct rng *root;
    const struct evolve_options *opt;
    struct progress at;
    struct archive *archive;
    struct member *population; /* (population + children) oldest first */
    struct candidate *child;   /* (largest generation) */
};

/* Draws pair `number` of the present generation and, if it maps, its costs. */
enum err_code strategy_propose(const struct evolution *v, uint64_t number, struct candidate *c,
                               struct err *e);
/* The n pairs at places first.. of the archive have been judged: who lives on. */
void strategy_select(struct evolution *v, uint32_t first, uint32_t n);

#endif
