/* SPDX-License-Identifier: Apache-2.0 */
/* nas/judge.h: what a pair of model and chip is worth.
 *
 * Accuracy: the supernet's weights, adapted by a few steps and calibrated, on the first rows of the
 * validation part, rounded as the hardware rounds; plus what the chip's ADC adds to the LogLoss
 * over exact integers on some of these rows, where it may clip. Cost: mapped and estimated
 * (arch/estimate.h). A pair that the mapper refuses is infeasible. The few that remain at the end
 * are trained and simulated (judge_finalist). */
#ifndef AUTORAC_NAS_JUDGE_H
#define AUTORAC_NAS_JUDGE_H

#include "arch/params.h"
#include "nas/adapt.h"
#include "nas/candidate.h"

/* How accuracy is measured. */
struct judge_options {
    uint32_t eval_rows, exec_rows, calibrate_rows;
    struct adapt_options adapt;
    struct tune_options tune; /* of a finalist; epochs 0: it keeps the adapted shared weights */
};

struct judge;
/* All borrowed. base: the chip's keys that are not searched. */
struct judge *judge_new(const struct space *s, struct store *store, const struct data *d,
                        const struct chip_config *base, const struct params *q,
                        const struct objective *o, const struct judge_options *how,
                        const struct rng *root);
void judge_free(struct judge *j); /* NULL is legal */
/* What all candidates share is made now, not by each process that judges some of them. */
void judge_prepare(struct judge *j);

/* Mapped and estimated; not yet measured. *feasible says whether the mapper and the limit of units
 * let it through; other errors are returned. */
enum err_code judge_cost(struct judge *j, struct candidate *c, struct err *e);
/* LogLoss and score of a feasible candidate. */
enum err_code judge_accuracy(struct judge *j, struct candidate *c, struct err *e);
/* The candidate's LogLoss, measured by whomever, need not be measured again. */
void judge_learn(struct judge *j, const struct candidate *c);
/* A finalist: weights of its own, trained as how.tune says, and with them LogLoss; latency (of the
 * first request), interval and energy from a cycle-accurate run of the first validation rows; score
 * by these. */
enum err_code judge_finalist(struct judge *j, struct candidate *c, uint32_t n_requests,
                             struct err *e);

#endif
