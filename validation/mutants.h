/* SPDX-License-Identifier: Apache-2.0 */
/* validation/mutants.h: would co-simulation notice a mistake in the RTL? Mutants of the whole
 * library (validation/mutate.h), chosen at random, run on small random designs and, those of the
 * router, on bare meshes (validation/mutant_trial.h) until one shows them.
 *
 * Not among those that count: mutants that Verilator refuses, and those shown to be equivalent
 * (validation/mutant_equivalent.h); both are told apart. A seed chooses much the same mutants of a
 * library that has changed a little. */
#ifndef AUTORAC_VALIDATION_MUTANTS_H
#define AUTORAC_VALIDATION_MUTANTS_H

#include "sim/base/rng.h"
#include "sim/loop.h"
#include "traces/workload.h"
#include "validation/mutate.h"

#include <stdio.h>

struct validate_mutants {
    uint32_t count;     /* mutants; more than there are: all */
    uint32_t n_designs; /* at most */
    uint32_t jobs;      /* mutants run beside each other; 0: one. The result is the same */
    uint64_t seed;
    const char *out_dir, *cache_dir; /* work; Verilator's runtime */
    struct workload *(*draw)(struct rng *r, uint32_t n_requests);
    bool entries; /* survivors once more as entries for validation/mutant_equivalent.def */
    uint32_t n_chosen, n_caught, n_equivalent, n_refused; /* result */
};

/* A line a design and one a survivor on out. Survivors are a result, not an error. ERR_BUG: the
 * list of equivalent mutants is stale, or one of them was caught. */
enum err_code validate_mutants(struct validate_mutants *v, struct loop *l, FILE *out,
                               struct err *e);

#endif
