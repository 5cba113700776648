/* SPDX-License-Identifier: Apache-2.0 */
/* validation/model_search.h: evolution of models alone, each with weights of its own.
 *
 * Where trainings are short, training each candidate anew ranks models better than a supernet's
 * shared weights do (validation/ranking.h). A training is in float, and worth its LogLoss on the
 * validation part of `data`, which is what the search adapts to: what is found is to be measured on
 * other rows (model_search_split). Two trainings of one model differ about as much as two good
 * models, so a model is worth the mean of its trainings, from other weights and in other orders of
 * rows, and those that seem best are trained again:
 *
 * The first 16 models are random ones of the space. In each generation 8 more are bred from the
 * best 8: a parent by tournament of 3, one time in four crossed with another, one to three choices
 * redrawn, none twice; at the same time the best 4 are trained once more. At the end the best 4 are
 * trained three times more, and the least mean is chosen.
 *
 * Left out: chips, rounding, costs; nas/evolve.h searches with these. */
#ifndef AUTORAC_VALIDATION_MODEL_SEARCH_H
#define AUTORAC_VALIDATION_MODEL_SEARCH_H

#include "nas/crew.h"
#include "nas/subnet.h"

struct model_search {
    const struct space *space;
    const struct data *data;
    struct tune_options recipe; /* of every training; its watch's loop alone is used */
    uint64_t seed;              /* of draws, weights and orders of rows */
    uint32_t n_models;          /* judged, at least 1 */
    struct crew *crew;          /* who trains; the result does not depend on its size */
    struct watch watch;
};

/* The view of d whose validation part is the last eighth of the training rows, at least one of
 * them, and whose training part is the others: d's arrays, borrowed; no test part, least LogLoss
 * unknown. d has two training rows or more. */
struct data model_search_split(const struct data *d);

enum err_code model_search(const struct model_search *s, struct genome *out, struct err *e);

#endif
