/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/data_shape.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/base/rng.h"

enum {
    SHAPE_MAX_FIELDS = 26,
    SHAPE_MAX_DENSE = 13,
    SHAPE_MAX_LATENT = 16,
    SHAPE_MAX_TERMS = 256,
    SHAPE_HEAD_VALUES = 4096,
    SHAPE_CALIBRATION_ROWS = 16384,
    SHAPE_POLL_ROWS = 1024,
};

/* ---- the sets ---- */

struct shape_field {
    uint32_t n_values;
    double zipf, missing;
};

struct shape_set {
    const char *name, *prefix;
    uint32_t n_dense, n_fields;
    double ctr;
    const double *dense_missing; /* (n_dense) */
    double negative;             /* share of cells of the second dense column below zero */
    struct shape_field field[SHAPE_MAX_FIELDS];
};

/* Shares of empty cells as counted in a sample of 7,200 rows. */
static const double shape_criteo_missing[] = {.451, 0,    .201, .202, .050, .252, .048,
                                              .001, .048, .451, .048, .774, .202};
static const double shape_kdd_missing[] = {0, 0, 0};

/* Numbers of values: NasRec, utils/config.py. Click rates: Criteo and Avazu as published, KDD's
 * rows with a click assumed. Exponents: .74 to .86 and those of site_id, device_ip and device_model
 * fitted to samples, the others assumed. */
static const struct shape_set shape_sets[] = {
    {"criteo",
     "C",
     13,
     26,
     .2562,
     shape_criteo_missing,
     .1,
     {{1461, 1.1, 0},       {584, 1.1, 0},      {10131227, .80, .033}, {2202609, .80, .033},
      {306, 1.1, 0},        {25, 1.2, .133},    {12518, 1.0, 0},       {634, 1.1, 0},
      {4, 1.2, 0},          {93146, .86, 0},    {5684, 1.0, 0},        {8351593, .74, .033},
      {3195, 1.0, 0},       {28, 1.2, 0},       {14993, 1.0, 0},       {5461307, .80, .033},
      {11, 1.2, 0},         {5653, 1.0, 0},     {2174, 1.0, .453},     {5, 1.2, .453},
      {7046548, .80, .033}, {19, 1.2, .819},    {16, 1.2, 0},          {286182, .86, .033},
      {106, 1.1, .453},     {142573, .86, .453}}},
    {"avazu", "A", 0, 23, .1698, NULL, 0, {{24, .2, 0},     {7, .1, 0},        {7, 3, 0},
                                           {7, 2, 0},       {4737, 1.40, 0},   {7745, 1.40, 0},
                                           {26, 1.5, 0},    {8552, 1.5, 0},    {559, 1.6, 0},
                                           {36, 1.6, 0},    {2686408, 1.5, 0}, {6729486, .58, 0},
                                           {8251, 1.16, 0}, {5, 2, 0},         {4, 2, 0},
                                           {2626, 1.0, 0},  {8, 2, 0},         {9, 2, 0},
                                           {435, 1.1, 0},   {4, 1.2, 0},       {68, 1.1, 0},
                                           {172, 1.1, .62}, {60, 1.1, 0}}},
    {"kdd",
     "K",
     3,
     10,
     .045,
     shape_kdd_missing,
     0,
     {{26273, 1.0, 0},
      {641707, 1.0, 0},
      {14847, 1.0, 0},
      {22122010, .8, 0},
      {1188089, .9, 0},
      {3735796, .9, 0},
      {2934101, .9, 0},
      {20004010, .7, 0},
      {2, .3, .1},
      {6, .6, .1}}},
};

enum { SHAPE_N_SETS = sizeof shape_sets / sizeof shape_sets[0] };

/* ---- the spec ---- */

enum shape_key_id {
    SHAPE_ROWS,
    SHAPE_VALID,
    SHAPE_TEST,
    SHAPE_PAIRS,
    SHAPE_TRIPLES,
    SHAPE_LATENT,
    SHAPE_SCALE,
    SHAPE_HEAD,
    SHAPE_SD_FIRST,
    SHAPE_SD_PAIR,
    SHAPE_SD_TRIPLE,
    SHAPE_SD_DENSE,
    SHAPE_CTR,
    SHAPE_NOISE,
    SHAPE_SEED,
    SHAPE_N_KEYS,
};

/* Keys before SHAPE_SCALE are whole numbers, and so is the seed. */
static const struct {
    const char *name;
    double def, min, max;
} shape_keys[SHAPE_N_KEYS] = {
    [SHAPE_ROWS] = {"rows", 200000, 1, 4e9},
    [SHAPE_VALID] = {"valid", 25000, 1, 1e9},
    [SHAPE_TEST] = {"test", 0, 0, 1e9},
    [SHAPE_PAIRS] = {"pairs", 24, 0, SHAPE_MAX_TERMS},
    [SHAPE_TRIPLES] = {"triples", 8, 0, SHAPE_MAX_TERMS},
    [SHAPE_LATENT] = {"latent", 3, 1, SHAPE_MAX_LATENT},
    [SHAPE_SCALE] = {"scale", 1, 1e-6, 10},
    [SHAPE_HEAD] = {"head", 50, 1, 1e7},
    [SHAPE_SD_FIRST] = {"sd_first", 1, 0, 20},
    [SHAPE_SD_PAIR] = {"sd_pair", 1, 0, 20},
    [SHAPE_SD_TRIPLE] = {"sd_triple", .5, 0, 20},
    [SHAPE_SD_DENSE] = {"sd_dense", .5, 0, 20},
    [SHAPE_CTR] = {"ctr", 0, .001, .999}, /* 0: the set's own */
    [SHAPE_NOISE] = {"noise", 0, 0, 1},
    [SHAPE_SEED] = {"seed", -1, 0, 9007199254740992.0}, /* -1: the run's */
};

struct shape_cfg {
    double v[SHAPE_N_KEYS];
    const struct shape_set *set;
};

static enum err_code shape_choose(struct shape_cfg *c, const char *name, struct err *e)
{
    for (size_t i = 0; i < SHAPE_N_SETS; i++)
        if (strcmp(shape_sets[i].name, name) == 0)
            c->set = &shape_sets[i];
    if (c->set)
        return ERR_OK;
    return err_set(e, ERR_CONFIG, "synthetic: shape: \"%s\" is none of criteo, avazu, kdd", name);
}

static enum err_code shape_set_key(struct shape_cfg *c, char *item, struct err *e)
{
    char *eq = strchr(item, '=');
    double x;

    if (!eq)
        return err_set(e, ERR_CONFIG, "synthetic: \"%s\" is not KEY=VALUE", item);
    *eq++ = '\0';
    if (strcmp(item, "shape") == 0)
        return shape_choose(c, eq, e);
    for (size_t i = 0; i < SHAPE_N_KEYS; i++) {
        bool is_whole = i < SHAPE_SCALE || i == SHAPE_SEED;

        if (strcmp(item, shape_keys[i].name) != 0)
            continue;
        if (!data_text_number(eq, &x) || (is_whole && floor(x) < x) || x < shape_keys[i].min ||
            x > shape_keys[i].max)
            return err_set(e, ERR_CONFIG, "synthetic: %s: \"%s\" is not a%s number in %.10g..%.10g",
                           item, eq, is_whole ? " whole" : "", shape_keys[i].min,
                           shape_keys[i].max);
        c->v[i] = x;
        return ERR_OK;
    }
    return err_set(e, ERR_CONFIG,
                   "synthetic: unknown key \"%s\"; known with shape: rows, valid, test, pairs, "
                   "triples, latent, scale, head, sd_first, sd_pair, sd_triple, sd_dense, ctr, "
                   "noise, seed",
                   item);
}

static enum err_code shape_parse(struct shape_cfg *c, const struct data_job *job, struct err *e)
{
    char *copy = mem_strdup(job->args), *save = NULL;
    enum err_code rc = ERR_OK;

    *c = (struct shape_cfg){.set = NULL};
    for (size_t i = 0; i < SHAPE_N_KEYS; i++)
        c->v[i] = shape_keys[i].def;
    for (char *s = strtok_r(copy, ",", &save); s && !rc; s = strtok_r(NULL, ",", &save))
        rc = shape_set_key(c, s, e);
    free(copy);
    if (rc)
        return rc;
    if (c->v[SHAPE_CTR] <= 0)
        c->v[SHAPE_CTR] = c->set->ctr;
    return ERR_OK;
}

bool data_shape_named(const char *args)
{
    return strncmp(args, "shape=", 6) == 0 || strstr(args, ",shape=");
}

/* ---- Zipf by rejection-inversion (Hoermann and Derflinger 1996) ---- */

struct shape_zipf {
    double s, n, h_first, h_last, accept;
};

/* Integral of x^-s. */
static double zipf_h(double s, double x)
{
    return fabs(1 - s) < 1e-9 ? log(x) : (pow(x, 1 - s) - 1) / (1 - s);
}

static double zipf_h_inverse(double s, double y)
{
    return fabs(1 - s) < 1e-9 ? exp(y) : pow(1 + y * (1 - s), 1 / (1 - s));
}

static struct shape_zipf zipf_new(double s, double n)
{
    return (struct shape_zipf){
        .s = s,
        .n = n,
        .h_first = zipf_h(s, 1.5) - 1,
        .h_last = zipf_h(s, n + 0.5),
        .accept = 2 - zipf_h_inverse(s, zipf_h(s, 2.5) - pow(2, -s)),
    };
}

static uint32_t zipf_draw(const struct shape_zipf *z, struct rng *r)
{
    for (;;) {
        double u = z->h_last + rng_unit(r) * (z->h_first - z->h_last);
        double x = zipf_h_inverse(z->s, u), k = floor(x + 0.5);

        k = k < 1 ? 1 : k > z->n ? z->n : k;
        if (k - x <= z->accept || u >= zipf_h(z->s, k + 0.5) - pow(k, -z->s))
            return (uint32_t)k;
    }
}

/* ---- the teacher ---- */

enum { SHAPE_EFFECTS = 1 + 2 * SHAPE_MAX_LATENT }; /* first, latents of pairs, of triples */
enum shape_part_id { PART_FIRST, PART_PAIR, PART_TRIPLE, PART_DENSE, PART_N };

struct shape_teacher {
    const struct shape_cfg *c;
    uint64_t salt[SHAPE_MAX_FIELDS];
    struct shape_zipf zipf[SHAPE_MAX_FIELDS];
    double centre[SHAPE_MAX_FIELDS][SHAPE_EFFECTS];
    uint32_t latent, n_effects;
    uint32_t n_pairs, n_triples;
    uint32_t pair[SHAPE_MAX_TERMS][2], triple[SHAPE_MAX_TERMS][3];
    double dense_log_mean[SHAPE_MAX_DENSE], dense_weight[SHAPE_MAX_DENSE];
    double mean[PART_N], factor[PART_N], intercept;
};

struct shape_row {
    uint32_t value[SHAPE_MAX_FIELDS]; /* rank from 1; 0: missing */
    double dense[SHAPE_MAX_DENSE];    /* log(max(x, 0) + 1) */
    double effect[SHAPE_MAX_FIELDS][SHAPE_EFFECTS];
    double part[PART_N];
};

/* The k-th effect of a value: even on (-sqrt 3, sqrt 3), fading. */
static double shape_raw(const struct shape_teacher *t, uint32_t field, uint32_t value, uint32_t k)
{
    uint64_t x = t->salt[field] + ((uint64_t)value * SHAPE_EFFECTS + k) * 0x9e3779b97f4a7c15u;
    double fade = t->c->v[SHAPE_HEAD] / value;

    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    x ^= x >> 31;
    return (fade < 1 ? fade : 1) * (((double)(x >> 11) * 0x1p-53) - 0.5) * sqrt(12);
}

static void shape_centre(struct shape_teacher *t, uint32_t field)
{
    const struct shape_zipf *z = &t->zipf[field];
    double n_head = z->n < SHAPE_HEAD_VALUES ? z->n : SHAPE_HEAD_VALUES, sum = 0;

    for (uint32_t v = 1; v <= (uint32_t)n_head; v++)
        sum += pow(v, -z->s);
    if (z->n > n_head)
        sum += z->h_last - zipf_h(z->s, n_head + 0.5);
    for (uint32_t k = 0; k < t->n_effects; k++) {
        double mean = 0;

        for (uint32_t v = 1; v <= (uint32_t)n_head; v++)
            mean += pow(v, -z->s) / sum * shape_raw(t, field, v, k);
        t->centre[field][k] = mean;
    }
}

/* Different fields of the set, in a drawn order. */
static void shape_pick(uint32_t n_fields, uint32_t n, uint32_t *out, struct rng *r)
{
    for (uint32_t i = 0; i < n; i++) {
        bool is_new;

        do {
            out[i] = (uint32_t)rng_below(r, n_fields);
            is_new = true;
            for (uint32_t k = 0; k < i; k++)
                is_new = is_new && out[k] != out[i];
        } while (!is_new);
    }
}

static void shape_draw(const struct shape_teacher *t, struct rng *r, struct shape_row *row)
{
    const struct shape_set *set = t->c->set;

    for (uint32_t f = 0; f < set->n_fields; f++) {
        bool is_missing = rng_unit(r) < set->field[f].missing;

        row->value[f] = is_missing ? 0 : zipf_draw(&t->zipf[f], r);
        for (uint32_t k = 0; k < t->n_effects; k++)
            row->effect[f][k] =
                is_missing ? 0 : shape_raw(t, f, row->value[f], k) - t->centre[f][k];
    }
    for (uint32_t i = 0; i < set->n_dense; i++) {
        double x = floor(exp(t->dense_log_mean[i] + rng_normal(r))), at = rng_unit(r);
        double zero = set->dense_missing[i] + (i == 1 ? set->negative : 0);

        row->dense[i] = at < zero ? 0 : log1p(fmin(x, 1e6));
    }
}

static void shape_parts(const struct shape_teacher *t, struct shape_row *row)
{
    const uint32_t n = t->latent;

    memset(row->part, 0, sizeof row->part);
    for (uint32_t f = 0; f < t->c->set->n_fields; f++)
        row->part[PART_FIRST] += row->effect[f][0];
    for (uint32_t i = 0; i < t->n_pairs; i++) {
        const double *a = row->effect[t->pair[i][0]] + 1, *b = row->effect[t->pair[i][1]] + 1;
        double dot = 0;

        for (uint32_t k = 0; k < n; k++)
            dot += a[k] * b[k];
        row->part[PART_PAIR] += exp2(-(double)i / 8) * dot;
    }
    for (uint32_t i = 0; i < t->n_triples; i++) {
        const double *a = row->effect[t->triple[i][0]] + 1 + n,
                     *b = row->effect[t->triple[i][1]] + 1 + n,
                     *c = row->effect[t->triple[i][2]] + 1 + n;
        double dot = 0;

        for (uint32_t k = 0; k < n; k++)
            dot += a[k] * b[k] * c[k];
        row->part[PART_TRIPLE] += exp2(-(double)i / 8) * dot;
    }
    for (uint32_t i = 0; i < t->c->set->n_dense; i++)
        row->part[PART_DENSE] += t->dense_weight[i] * row->dense[i];
}

static double shape_logit(const struct shape_teacher *t, const struct shape_row *row)
{
    double logit = t->intercept;

    for (uint32_t i = 0; i < PART_N; i++)
        logit += t->factor[i] * (row->part[i] - t->mean[i]);
    return logit;
}

static double shape_sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

/* The intercept at which the mean rate is the click rate. */
static double shape_intercept(const double *logit, double rate)
{
    double lo = -50, hi = 50;

    for (int step = 0; step < 60; step++) {
        double mid = (lo + hi) / 2, mean = 0;

        for (size_t i = 0; i < SHAPE_CALIBRATION_ROWS; i++)
            mean += shape_sigmoid(logit[i] + mid) / SHAPE_CALIBRATION_ROWS;
        *(mean < rate ? &lo : &hi) = mid;
    }
    return (lo + hi) / 2;
}

static void shape_calibrate(struct shape_teacher *t, struct rng r)
{
    static const enum shape_key_id sd[PART_N] = {SHAPE_SD_FIRST, SHAPE_SD_PAIR, SHAPE_SD_TRIPLE,
                                                 SHAPE_SD_DENSE};
    struct shape_row *row = mem_alloc(1, sizeof *row);
    double *logit = mem_alloc(SHAPE_CALIBRATION_ROWS, sizeof *logit);
    double(*part)[PART_N] = mem_alloc(SHAPE_CALIBRATION_ROWS, sizeof *part);

    for (size_t i = 0; i < SHAPE_CALIBRATION_ROWS; i++) {
        shape_draw(t, &r, row);
        shape_parts(t, row);
        memcpy(part[i], row->part, sizeof part[i]);
    }
    for (uint32_t k = 0; k < PART_N; k++) {
        double sum = 0, squares = 0, var;

        for (size_t i = 0; i < SHAPE_CALIBRATION_ROWS; i++) {
            sum += part[i][k];
            squares += part[i][k] * part[i][k];
        }
        t->mean[k] = sum / SHAPE_CALIBRATION_ROWS;
        var = squares / SHAPE_CALIBRATION_ROWS - t->mean[k] * t->mean[k];
        t->factor[k] = var > 1e-12 ? t->c->v[sd[k]] / sqrt(var) : 0;
    }
    for (size_t i = 0; i < SHAPE_CALIBRATION_ROWS; i++) {
        memcpy(row->part, part[i], sizeof part[i]);
        logit[i] = shape_logit(t, row);
    }
    t->intercept = shape_intercept(logit, t->c->v[SHAPE_CTR]);
    free(part);
    free(logit);
    free(row);
}

static struct shape_teacher *shape_teacher_new(const struct shape_cfg *c, const struct rng *root)
{
    struct shape_teacher *t = mem_alloc(1, sizeof *t);
    struct rng terms = rng_child(root, "terms"), dense = rng_child(root, "dense");
    const struct shape_set *set = c->set;

    t->c = c;
    t->latent = (uint32_t)c->v[SHAPE_LATENT];
    t->n_effects = 1 + 2 * t->latent;
    t->n_pairs = (uint32_t)c->v[SHAPE_PAIRS];
    t->n_triples = (uint32_t)c->v[SHAPE_TRIPLES];
    for (uint32_t f = 0; f < set->n_fields; f++) {
        struct rng r = rng_child_n(root, "field", f);
        double n = floor(set->field[f].n_values * c->v[SHAPE_SCALE] + 0.5);

        t->salt[f] = rng_u64(&r);
        t->zipf[f] = zipf_new(set->field[f].zipf, fmin(fmax(n, 2), 4e9));
        shape_centre(t, f);
    }
    for (uint32_t i = 0; i < t->n_pairs; i++)
        shape_pick(set->n_fields, 2, t->pair[i], &terms);
    for (uint32_t i = 0; i < t->n_triples; i++)
        shape_pick(set->n_fields, 3, t->triple[i], &terms);
    for (uint32_t i = 0; i < set->n_dense; i++) {
        t->dense_log_mean[i] = 0.5 + 2.5 * rng_unit(&dense);
        t->dense_weight[i] = rng_normal(&dense);
    }
    shape_calibrate(t, rng_child(root, "calibrate"));
    return t;
}

/* ---- rows ---- */

/* True probability and label of the validation rows. */
struct shape_truth {
    double *p;
    uint8_t *label;
};

static enum err_code shape_rows(const struct shape_teacher *t, struct rng r, uint64_t n,
                                struct data_job *job, struct shape_truth *truth, struct err *e)
{
    struct shape_row *row = mem_alloc(1, sizeof *row);
    double noise = t->c->v[SHAPE_NOISE], rate = t->c->v[SHAPE_CTR];
    enum err_code rc = ERR_OK;

    for (uint64_t i = 0; i < n && !rc; i++) {
        uint8_t label;
        double p;

        shape_draw(t, &r, row);
        shape_parts(t, row);
        p = (1 - noise) * shape_sigmoid(shape_logit(t, row)) + noise * rate;
        label = rng_unit(&r) < p;
        data_build_row(job->build);
        for (uint32_t k = 0; k < t->c->set->n_dense; k++)
            data_build_dense(job->build, k, (float)row->dense[k]);
        for (uint32_t k = 0; k < t->c->set->n_fields; k++)
            data_build_key(job->build, k, row->value[k]);
        if (truth) {
            truth->p[i] = p;
            truth->label[i] = label;
        }
        rc = data_build_commit(job->build, label, e);
        if (!rc && job->o->watch && i % SHAPE_POLL_ROWS == 0)
            rc = watch_poll(job->o->watch, "generate", i, n, NAN, NAN, e);
    }
    free(row);
    return rc;
}

static enum err_code shape_make(struct data_job *job, const struct shape_teacher *t,
                                const struct rng *root, struct shape_truth *truth, struct err *e)
{
    static const char *const stream[DATA_N_PARTS] = {"train", "valid", "test"};
    static const enum shape_key_id key[DATA_N_PARTS] = {SHAPE_ROWS, SHAPE_VALID, SHAPE_TEST};
    const struct shape_set *set = t->c->set;
    enum err_code rc;

    if ((rc = data_job_build(job, set->n_dense, set->n_fields, e)))
        return rc;
    data_build_name_fields(job->build, 0, set->prefix);
    for (uint32_t p = 0; p < DATA_N_PARTS; p++) {
        data_build_part(job->build, (enum data_part)p);
        if ((rc = shape_rows(t, rng_child(root, stream[p]), (uint64_t)t->c->v[key[p]], job,
                             p == DATA_VALID ? truth : NULL, e)))
            return rc;
    }
    job->bayes_logloss = metric_logloss(truth->label, truth->p, (uint64_t)t->c->v[SHAPE_VALID]);
    job->bayes_auc = metric_auc(truth->label, truth->p, (uint64_t)t->c->v[SHAPE_VALID]);
    return data_job_finish(job, e);
}

enum err_code data_shape_load(struct data_job *job, struct err *e)
{
    struct shape_truth truth;
    struct shape_teacher *t;
    struct shape_cfg c;
    struct rng top, root;
    enum err_code rc;

    if ((rc = shape_parse(&c, job, e)))
        return rc;
    job->min_count = 1;
    top = rng_new(c.v[SHAPE_SEED] < 0 ? job->o->seed : (uint64_t)c.v[SHAPE_SEED]);
    root = rng_child(&top, "data.shape");
    t = shape_teacher_new(&c, &root);
    truth.p = mem_alloc((size_t)c.v[SHAPE_VALID], sizeof *truth.p);
    truth.label = mem_alloc((size_t)c.v[SHAPE_VALID], 1);
    rc = shape_make(job, t, &root, &truth, e);
    free(truth.p);
    free(truth.label);
    free(t);
    return rc;
}
