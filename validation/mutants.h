/* SPDX-License-Identifier: Apache-2.0 */
/* validation/mutants.h: would co-simulation notice a mistake in the RTL? Mutants of the whole
 * library (validation/mutate.h), chosen at random, run on small random designs until one shows
 * them.
 *
 * A design is built once with all mutants that are left in it, and run once for each, in a process
 * of its own: caught is what differs from the model, crashes, does not settle, or takes far longer
 * than the RTL without a mistake. */
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
    uint64_t seed;
    const char *out_dir, *cache_dir; /* work; Verilator's runtime */
    struct workload *(*draw)(struct rng *r, uint32_t n_requests);
    uint32_t n_caught, n_chosen; /* result */
};

/* A line a design and one a survivor on out. Survivors are a result, not an error. */
enum err_code validate_mutants(struct validate_mutants *v, struct loop *l, FILE *out,
                               struct err *e);

#endif
