/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/candidate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/estimate.h"
#include "arch/map.h"
#include "nas/freeze.h"
#include "sim/base/mem.h"

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
    uint32_t eval_rows, exec_rows, calibrate_rows;
    uint8_t *table[MAX_BITS + 1]; /* embedding codes by bits, made when first needed */
    struct known *known;
    size_t n_known, room_known;
    double *p; /* (eval_rows or exec_rows) */
};

struct judge *judge_new(const struct space *s, struct store *store, const struct data *d,
                        const struct chip_config *base, const struct params *q,
                        const struct objective *o, uint32_t eval_rows, uint32_t exec_rows,
                        uint32_t calibrate_rows)
{
    struct judge *j = mem_alloc(1, sizeof *j);
    uint32_t n = d->valid.n < UINT32_MAX ? (uint32_t)d->valid.n : UINT32_MAX;

    j->space = s;
    j->store = store;
    j->data = d;
    j->base = base;
    j->params = q;
    j->objective = *o;
    j->eval_rows = eval_rows < n ? eval_rows : n;
    j->exec_rows = exec_rows < n ? exec_rows : n;
    j->calibrate_rows = calibrate_rows;
    j->p = mem_alloc((size_t)j->eval_rows + j->exec_rows + 1, sizeof *j->p);
    return j;
}

void judge_free(struct judge *j)
{
    if (!j)
        return;
    for (uint32_t b = 0; b <= MAX_BITS; b++)
        free(j->table[b]);
    free(j->known);
    free(j->p);
    free(j);
}

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

/* A calibrated subnet as integers; tables are shared between models of equal embedding bits, whose
 * embeddings are the same. */
static enum err_code build(struct judge *j, const struct candidate *c, bool calibrate,
                           struct subnet **n, struct workload **w, struct err *e)
{
    struct genome g;

    candidate_genome(j->space, c, &g);
    *n = subnet_new(&g, j->store);
    if (calibrate)
        subnet_calibrate(*n, j->data, j->calibrate_rows, true);
    if (!j->table[g.emb_bits]) {
        if (!calibrate)
            subnet_calibrate(*n, j->data, j->calibrate_rows, true);
        j->table[g.emb_bits] = mem_alloc(j->store->n_emb + 1, 1);
        freeze_table(*n, j->table[g.emb_bits]);
    }
    return freeze(w, *n, "candidate", j->table[g.emb_bits], e);
}

static enum err_code map(struct judge *j, const struct candidate *c, const struct workload *w,
                         struct plan **p, struct err *e)
{
    struct chip_config chip;

    candidate_chip(j->space, c, j->base, &chip);
    return plan_new(p, w, &chip, e);
}

enum err_code judge_cost(struct judge *j, struct candidate *c, struct err *e)
{
    struct subnet *n = NULL;
    struct workload *w = NULL;
    struct plan *p = NULL;
    struct estimate cost;
    enum err_code rc = build(j, c, false, &n, &w, e);

    c->feasible = 0;
    if (!rc)
        rc = map(j, c, w, &p, e);
    if (rc) { /* refused: its accumulators, shapes or units do not fit */
        rc = rc == ERR_CONFIG ? ERR_OK : rc;
        goto out;
    }
    c->n_units = 0;
    for (uint32_t i = 0; i < p->n_units; i++)
        c->n_units += p->unit[i].kind != UNIT_NONE;
    if (c->n_units > j->objective.max_units)
        goto out;
    if ((rc = estimate_plan(p, j->params, &cost, e)))
        goto out;
    c->feasible = 1;
    c->latency_cycles = cost.latency_cycles;
    c->interval_cycles = cost.interval_cycles;
    c->energy_pj = cost.energy_pj;
    c->area_um2 = cost.area_um2;
out:
    plan_free(p);
    workload_free(w);
    subnet_free(n);
    return rc;
}

static bool recall(const struct judge *j, struct candidate *c)
{
    for (size_t i = 0; i < j->n_known; i++)
        if (strcmp(j->known[i].genome, c->genome) == 0) {
            c->logloss = j->known[i].logloss;
            return true;
        }
    return false;
}

static void remember(struct judge *j, const struct candidate *c)
{
    if (j->n_known == j->room_known) {
        size_t room = j->room_known ? 2 * j->room_known : 64;

        j->known = mem_grow(j->known, j->room_known, room, sizeof *j->known);
        j->room_known = room;
    }
    memcpy(j->known[j->n_known].genome, c->genome, sizeof c->genome);
    j->known[j->n_known++].logloss = c->logloss;
}

/* What clipping adds to the LogLoss; never less than nothing: a gain on few rows is luck. */
static enum err_code adc_loss(struct judge *j, const struct candidate *c, const struct subnet *n,
                              const struct workload *w, double *loss, struct err *e)
{
    const struct data_split *v = &j->data->valid;
    struct chip_config chip;
    struct plan *p = NULL;
    struct exec *x = NULL;
    double exact, clipped;
    enum err_code rc;

    *loss = 0;
    candidate_chip(j->space, c, j->base, &chip);
    if (chip.mvm_adc_bits >= chip_lossless_adc_bits(&chip) || j->exec_rows == 0)
        return ERR_OK;
    if ((rc = map(j, c, w, &p, e)))
        return rc;
    x = exec_new(p);
    rc = freeze_predict(w, NULL, n, v, 0, j->exec_rows, j->p, NULL, NULL, e);
    exact = metric_logloss(v->label, j->p, j->exec_rows);
    if (!rc)
        rc = freeze_predict(w, x, n, v, 0, j->exec_rows, j->p, NULL, NULL, e);
    clipped = metric_logloss(v->label, j->p, j->exec_rows);
    *loss = clipped > exact ? clipped - exact : 0;
    exec_free(x);
    plan_free(p);
    return rc;
}

enum err_code judge_accuracy(struct judge *j, struct candidate *c, struct err *e)
{
    const struct data_split *v = &j->data->valid;
    struct subnet *n = NULL;
    struct workload *w = NULL;
    double loss = 0;
    enum err_code rc = build(j, c, true, &n, &w, e);

    if (!rc && !recall(j, c)) {
        subnet_predict(n, v, 0, j->eval_rows, true, j->p);
        c->logloss = metric_logloss(v->label, j->p, j->eval_rows);
        remember(j, c);
    }
    if (!rc)
        rc = adc_loss(j, c, n, w, &loss, e);
    c->logloss_chip = c->logloss + loss;
    c->score = objective_score(&j->objective, c, j->base->clock_mhz);
    workload_free(w);
    subnet_free(n);
    if (rc == ERR_CONFIG) { /* only calibrated does it overflow */
        c->feasible = 0;
        c->score = HUGE_VAL;
        rc = ERR_OK;
    }
    return rc;
}

static double excess(double value, double limit)
{
    return limit > 0 && value > limit ? 1000 * value / limit : 0;
}

double objective_score(const struct objective *o, const struct candidate *c, double clock_mhz)
{
    double score = o->weight_logloss * 100 * c->logloss_chip / o->base_logloss;

    score += o->weight_latency * log2(c->latency_cycles);
    score += o->weight_energy * log2(c->energy_pj) + o->weight_area * log2(c->area_um2);
    score += excess(c->latency_cycles / clock_mhz, o->max_latency_us);
    score += excess(c->energy_pj * 1e-3, o->max_energy_nj);
    score += excess(c->area_um2 * 1e-6, o->max_area_mm2);
    return score;
}
