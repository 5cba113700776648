/* SPDX-License-Identifier: Apache-2.0 */
/* nas/candidate.h: one pair of model and chip, and what it is worth.
 *
 * Accuracy: the supernet's weights, adapted by a few steps and calibrated, on the first rows of the
 * validation part, rounded as the hardware rounds; plus what the chip's ADC adds to the LogLoss
 * over exact integers on some of these rows, where it may clip. Cost: mapped and estimated
 * (arch/estimate.h). A pair that the mapper refuses is infeasible. */
#ifndef AUTORAC_NAS_CANDIDATE_H
#define AUTORAC_NAS_CANDIDATE_H

#include "arch/cost.h"
#include "nas/space.h"
#include "nas/store.h"
#include "nas/subnet.h"

/* As written into the search's state: fixed size, no padding. */
struct candidate {
    char genome[SPACE_TEXT_BYTES];
    uint32_t chip[SPACE_MAX_CHIP]; /* values of the searched keys, in their order */
    uint64_t id, generation, feasible;
    uint64_t simulated; /* latency, interval and energy are a cycle-accurate run's */
    uint64_t n_units;
    double logloss;      /* exact integers, up to rounding of multipliers */
    double logloss_chip; /* the chip's ADC included */
    double latency_cycles, interval_cycles, energy_pj, area_um2;
    double excess; /* sum over exceeded limits of cost / limit; 0 within all */
    double score;  /* smaller is better; HUGE_VAL if infeasible */
};

/* What the score weighs and where it ends. */
struct objective {
    double weight_logloss, weight_latency, weight_interval, weight_energy, weight_area;
    double max_latency_us, max_energy_nj, max_area_mm2; /* 0: none */
    uint32_t max_units;
    double base_logloss; /* of predicting the mean of the labels */
};

/* How accuracy is measured. */
struct judge_options {
    uint32_t eval_rows, exec_rows, calibrate_rows;
    uint32_t adapt_steps; /* of 256 rows each, before measuring; undone afterwards */
    double adapt_lr;
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

void candidate_set(const struct space *s, struct candidate *c, const struct genome *g,
                   const struct chip_config *chip);
void candidate_genome(const struct space *s, const struct candidate *c, struct genome *out);
void candidate_chip(const struct space *s, const struct candidate *c,
                    const struct chip_config *base, struct chip_config *out);

/* Mapped and estimated; not yet measured. *feasible says whether the mapper and the limit of units
 * let it through; other errors are returned. */
enum err_code judge_cost(struct judge *j, struct candidate *c, struct err *e);
/* LogLoss and score of a feasible candidate. */
enum err_code judge_accuracy(struct judge *j, struct candidate *c, struct err *e);
/* The candidate's LogLoss, measured by whomever, need not be measured again. */
void judge_learn(struct judge *j, const struct candidate *c);
/* Latency (of the first request), interval, energy and score from a cycle-accurate run of the first
 * validation rows. */
enum err_code judge_simulate(struct judge *j, struct candidate *c, uint32_t n_requests,
                             struct err *e);

/* score = weight_logloss * 100 * logloss_chip / base_logloss + sum of weight * log2(cost); each
 * limit that is exceeded adds 1000 x the ratio. */
double objective_score(const struct objective *o, const struct candidate *c, double clock_mhz);
double objective_excess(const struct objective *o, const struct candidate *c, double clock_mhz);

#endif
