/* SPDX-License-Identifier: Apache-2.0 */
/* validation/mutant_trial.h: a random design, or a bare mesh of routers, that is built once with
 * all mutants that are left in it and run once for each, in a process of its own: caught is what
 * differs from the model, crashes, does not settle, or takes far longer than the RTL without a
 * mistake. */
#ifndef AUTORAC_VALIDATION_MUTANT_TRIAL_H
#define AUTORAC_VALIDATION_MUTANT_TRIAL_H

#include <stdbool.h>

#include "sim/base/rng.h"
#include "sim/loop.h"
#include "traces/workload.h"
#include "validation/mutate.h"
#include "validation/rtl_cover.h"

struct mutant_trial;

struct mutant_trial_cfg {
    const char *file; /* of the library, which the design is to exercise; NULL: a whole model.
                       * "router.sv": a mesh, unless ... */
    bool counts;      /* ... counts must be compared */
    const char *out_dir, *cache_dir;
    uint32_t number;
    struct workload *(*draw)(struct rng *r, uint32_t n_requests);
};

/* Drawn: a mesh, or what validation/mutant_design.h says. */
enum err_code mutant_trial_new(struct mutant_trial **out, const struct mutant_trial_cfg *c,
                               struct rng *r, struct rtl_cover *cover, struct err *e);
void mutant_trial_free(struct mutant_trial *t); /* its files, too; NULL is legal */

/* Simulated and built. Mutants that Verilator refuses lose their id and are marked. *asleep: what
 * is wrong while no mutant is awake, "" if nothing; then the design is of no use. */
enum err_code mutant_trial_build(struct mutant_trial *t, struct mutant_list *l, struct loop *loop,
                                 char asleep[256], struct err *e);

/* Whether the design has the module of that file in it. */
bool mutant_trial_has(const struct mutant_trial *t, const char *file);
bool mutant_trial_counts(const struct mutant_trial *t); /* whether counts are compared */

/* Starts the mutant; ended(self, caught) is called from the loop. */
enum err_code mutant_trial_start(struct mutant_trial *t, uint32_t id, struct loop *loop,
                                 void (*ended)(void *self, int status), void *self, struct err *e);
bool mutant_trial_caught(int status); /* of what ended was given */

void mutant_trial_text(const struct mutant_trial *t, char text[96]);

#endif
