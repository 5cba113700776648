/* SPDX-License-Identifier: Apache-2.0 */
/* nas/candidate.h: one pair of model and chip, and what it is worth (nas/judge.h says how that is
 * found). */
#ifndef AUTORAC_NAS_CANDIDATE_H
#define AUTORAC_NAS_CANDIDATE_H

#include "arch/estimate.h"
#include "nas/space.h"

/* As written into the search's state: fixed size, no padding. */
struct candidate {
    char genome[SPACE_TEXT_BYTES];
    uint32_t chip[SPACE_MAX_CHIP]; /* values of the searched keys, in their order */
    uint64_t id, generation, feasible;
    uint64_t finalist; /* latency, interval and energy are a cycle-accurate run's, the score is of
                          logloss_tuned */
    uint64_t n_units;
    double logloss;       /* exact integers, up to rounding of multipliers */
    double logloss_chip;  /* the chip's ADC included */
    double logloss_tuned; /* the same with weights of its own; finalists only */
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

void candidate_set(const struct space *s, struct candidate *c, const struct genome *g,
                   const struct chip_config *chip);
void candidate_genome(const struct space *s, const struct candidate *c, struct genome *out);
void candidate_chip(const struct space *s, const struct candidate *c,
                    const struct chip_config *base, struct chip_config *out);

/* Its costs, estimated or measured. */
void candidate_price(struct candidate *c, const struct estimate *cost);

/* score = weight_logloss * 100 * LogLoss / base_logloss + sum of weight * log2(cost); each limit
 * that is exceeded adds 1000 x the ratio. LogLoss: logloss_chip, a finalist's logloss_tuned. */
double objective_score(const struct objective *o, const struct candidate *c, double clock_mhz);
double objective_excess(const struct objective *o, const struct candidate *c, double clock_mhz);

#endif
