/* SPDX-License-Identifier: Apache-2.0 */
/* validation/ranking.h: do the supernet's weights rank models as training each anew would?
 *
 * A supernet is trained; random models of its space are measured on the validation part three ways:
 * with shared weights, scales calibrated for the model; the same after the few steps of adaptation
 * that the search gives each candidate; and trained anew, twice, from other weights and in another
 * order of rows. Kendall's tau compares the LogLosses with the mean of the two trainings. Two
 * trainings of the same models agree no better than their own tau: much more than that cannot be
 * asked of the supernet.
 * Then the same among models of which every weight, activation and embedding has 4 bits. */
#ifndef AUTORAC_VALIDATION_RANKING_H
#define AUTORAC_VALIDATION_RANKING_H

#include <stdio.h>

#include "nas/crew.h"
#include "nas/run.h"

struct validate_ranking {
    uint32_t n_models; /* of either group, at least 2 */
    struct crew *crew; /* which measures the models; the result does not depend on its size */
    struct watch watch;
};

/* A row a model and the taus of each group on out. config: data set, space, supernet, adaptation
 * (search.adapt_*, search.calibrate_rows, search.eval_rows) and tune.* for training anew. */
enum err_code validate_ranking(const struct validate_ranking *v, const struct nas_config *config,
                               FILE *out, struct err *e);

/* Kendall's tau-b: concordant less discordant pairs, ties in one of them counted out. NaN without
 * pairs that differ in both. */
double kendall_tau(const double *a, const double *b, size_t n);

#endif
