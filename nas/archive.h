/* SPDX-License-Identifier: Apache-2.0 */
/* nas/archive.h: every pair that a search has judged, and those that no other beats.
 *
 * Objectives, all the smaller the better: LogLoss on the chip, latency, energy, area. A pair within
 * the limits beats any that exceeds one; among those that do, the smaller excess does. Hypervolume
 * is what share of a box the front dominates, its sides LogLoss and log2 of the costs: more is
 * better, and it is comparable only within one box. */
#ifndef AUTORAC_NAS_ARCHIVE_H
#define AUTORAC_NAS_ARCHIVE_H

#include "nas/candidate.h"

enum { N_OBJECTIVES = 4, ARCHIVE_MAX_FRONT = 1024 };

struct archive {
    struct candidate *at; /* (n) in order of id */
    uint64_t n, capacity;
    uint32_t front[ARCHIVE_MAX_FRONT]; /* places in `at`, in order */
    uint64_t n_front;
};

void archive_init(struct archive *a, uint64_t capacity);
void archive_fini(struct archive *a);
/* c is copied; an infeasible one is only kept. At ARCHIVE_MAX_FRONT the worst score leaves. */
void archive_add(struct archive *a, const struct candidate *c);
/* The front anew, after costs of members have changed. */
void archive_refresh(struct archive *a);
/* Of smallest score among the finalists, else on the front; NULL if nothing is feasible. */
const struct candidate *archive_best(const struct archive *a);

/* a is at least as good as b in all and better in one. */
bool candidate_dominates(const struct candidate *a, const struct candidate *b);
void candidate_objectives(const struct candidate *c, double out[N_OBJECTIVES]);

/* Sides of the box: best and worst values that count. */
struct archive_box {
    double best[N_OBJECTIVES], worst[N_OBJECTIVES];
};
/* Widened to hold every feasible member; start from archive_box_empty. */
struct archive_box archive_box_empty(void);
void archive_box_hold(struct archive_box *box, const struct archive *a);
double archive_hypervolume(const struct archive *a, const struct archive_box *box); /* 0 .. 1 */

/* pareto.csv: the front and the finalists, a row each. archive.h5: everything judged
 * (docs/file-formats.md). */
enum err_code archive_write_csv(const struct archive *a, const struct space *s,
                                const struct chip_config *base, const char *path, struct err *e);
enum err_code archive_write_h5(const struct archive *a, const struct space *s, const char *path,
                               struct err *e);

#endif
