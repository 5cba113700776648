/* SPDX-License-Identifier: Apache-2.0 */
/* nas/judge_impl.h: the judge's inside; for nas/judge.c and nas/judge_final.c only. */
#ifndef AUTORAC_NAS_JUDGE_IMPL_H
#define AUTORAC_NAS_JUDGE_IMPL_H

#include "nas/judge.h"
#include "traces/workload.h"

enum { MAX_BITS = 8 };

/* A model's accuracy, found once. */
struct known {
    char genome[SPACE_TEXT_BYTES];
    double logloss;
};

struct judge {
    const struct space *space;
    struct store *store;
    const struct data *data;
    const struct chip_config *base;
    const struct params *params;
    struct objective objective;
    struct judge_options how;
    struct rng root;
    struct adapt *adapt;
    /* embedding codes by bits and by numbers a row, made when first needed */
    uint8_t *table[MAX_BITS + 1][SPACE_MAX_VALUES];
    struct known *known;
    size_t n_known, room_known;
    double *p; /* (eval_rows or exec_rows) */
    /* The model that was priced last: many chips are tried for one. */
    char priced_genome[SPACE_TEXT_BYTES];
    struct subnet *priced_net;
    struct workload *priced;
};

/* A calibrated subnet as integers; tables are shared between models of equal embedding bits and
 * dim, whose embeddings are the same. */
enum err_code judge_build(struct judge *j, const struct candidate *c, bool calibrate,
                          struct subnet **n, struct workload **w, struct err *e);
/* What clipping adds to the LogLoss; never less than nothing: a gain on few rows is luck. */
enum err_code judge_adc_loss(struct judge *j, const struct candidate *c, const struct subnet *n,
                             const struct workload *w, double *loss, struct err *e);
/* Its excess and score by what it holds. */
void judge_score(const struct judge *j, struct candidate *c);

#endif
