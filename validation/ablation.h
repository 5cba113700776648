/* SPDX-License-Identifier: Apache-2.0 */
/* validation/ablation.h: what each idea buys: the search with all of them, and with one left out.
 *
 * Every search judges the same number of pairs, starts from the naive chip and weighs costs alike;
 * what it finds is trained anew and simulated cycle by cycle (validation/contest.h). Left out:
 * interplay; ideas are not taken away in pairs. */
#ifndef AUTORAC_VALIDATION_ABLATION_H
#define AUTORAC_VALIDATION_ABLATION_H

#include <stdio.h>

#include "nas/crew.h"
#include "validation/contest.h"

enum idea {
    IDEA_NONE,       /* nothing is left out */
    IDEA_PRECISION,  /* mixed precision; without: 8 bits everywhere */
    IDEA_CHIP,       /* search of the chip; without: models for the naive chip */
    IDEA_MAPPING,    /* mapping for the chip; without: first fit, one copy, in snake order */
    IDEA_JOINT,      /* model and chip together; without: first the model, then its chip */
    IDEA_ENGINE,     /* choice of the interaction engine; without: digital lanes */
    IDEA_EMBEDDINGS, /* tables by access frequency; without: in order, one copy, no cache */
    IDEA_N
};
extern const char *const idea_names[IDEA_N];

struct ablation {
    const char *name;         /* of the data set */
    struct nas_config config; /* data set and all settings; the seed is set for each search */
    uint32_t n_seeds;         /* 1 .. n_seeds */
    const char *dir;          /* a folder a search; ablation.csv */
    const char *params_dir, *presets_dir;
    struct crew *crew; /* searches at a time */
    void (*progress)(void *self, uint32_t n_done);
};

/* Prints the table, writes ablation.csv. */
enum err_code validate_ablation(const struct ablation *v, FILE *out, struct err *e);

#endif
