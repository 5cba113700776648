/* SPDX-License-Identifier: Apache-2.0 */
/* validation/cost.h: are energy and area what others publish for the same thing?
 *
 * ISAAC: one of its units (8 arrays) as the simulator counts and prices it, and its tile and chip
 * with the parts added that this chip does not have. NeuroSim: two networks with its settings,
 * beside what it says of them. Published figures are in params/reference/; nothing of them is here.
 */
#ifndef AUTORAC_VALIDATION_COST_H
#define AUTORAC_VALIDATION_COST_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "arch/params.h"
#include "sim/base/err.h"
#include "sim/loop.h"
#include "traces/workload.h"

/* Table on out, each deviation with its reason. table: q has overlay isaac-table, which takes even
 * from ISAAC what the default set does not believe. ERR_MISMATCH: a total is outside the tolerance
 * that params_dir/reference/isaac.yaml states for that. */
enum err_code validate_cost_isaac(const char *params_dir, const struct params *q, bool table,
                                  FILE *out, struct err *e);

/* A table a network and array size on out; a comparison, nothing to fail. q: the parameter set;
 * same: the set with NeuroSim's own converter and node. loop may be NULL. */
enum err_code validate_cost_neurosim(const char *params_dir, const struct params *q,
                                     const struct params *same, struct loop *l, FILE *out,
                                     struct err *e);

/* Fully connected layers of layer[0], layer[1] ... outputs, 8-bit weights and activations, random
 * weights and requests of this seed. A last layer of one output is added if there is none: the
 * logit. Free with workload_free. */
struct workload *validate_cost_mlp(const uint32_t *layer, uint32_t n_layers, uint64_t seed,
                                   uint32_t n_requests);

#endif
