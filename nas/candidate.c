/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/candidate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void candidate_set(const struct space *s, struct candidate *c, const struct genome *g,
                   const struct chip_config *chip)
{
    memset(c, 0, sizeof *c);
    genome_text(g, c->genome);
    chip_get(s, chip, c->chip);
    c->score = HUGE_VAL;
}

void candidate_genome(const struct space *s, const struct candidate *c, struct genome *out)
{
    struct err e;

    if (genome_parse(s, c->genome, out, &e))
        abort(); /* the text came from genome_text */
}

void candidate_chip(const struct space *s, const struct candidate *c,
                    const struct chip_config *base, struct chip_config *out)
{
    *out = *base;
    chip_set(s, c->chip, out);
}

void candidate_price(struct candidate *c, const struct estimate *cost)
{
    c->latency_cycles = cost->latency_cycles;
    c->interval_cycles = cost->interval_cycles;
    c->energy_pj = cost->energy_pj;
    c->area_um2 = cost->area_um2;
}

static double over(double value, double limit)
{
    return limit > 0 && value > limit ? value / limit : 0;
}

double objective_excess(const struct objective *o, const struct candidate *c, double clock_mhz)
{
    return over(c->latency_cycles / clock_mhz, o->max_latency_us) +
           over(c->energy_pj * 1e-3, o->max_energy_nj) + over(c->area_um2 * 1e-6, o->max_area_mm2);
}

double objective_score(const struct objective *o, const struct candidate *c, double clock_mhz)
{
    double logloss = c->finalist ? c->logloss_tuned : c->logloss_chip;
    double score = o->weight_logloss * 100 * logloss / o->base_logloss;

    score += o->weight_latency * log2(c->latency_cycles);
    score += o->weight_interval * log2(c->interval_cycles);
    score += o->weight_energy * log2(c->energy_pj) + o->weight_area * log2(c->area_um2);
    return score + 1000 * objective_excess(o, c, clock_mhz);
}
