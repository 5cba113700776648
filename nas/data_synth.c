/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/data_synth.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nas/data_shape.h"
#include "nas/data_spec.h"
#include "sim/base/mem.h"
#include "sim/base/rng.h"

enum { SYNTH_CALIBRATION_ROWS = 16384, SYNTH_MAX_COUNT = 1000000, SYNTH_POLL_ROWS = 1024 };

enum synth_key_id {
    SYNTH_ROWS,
    SYNTH_VALID,
    SYNTH_FIELDS,
    SYNTH_DENSE,
    SYNTH_VOCAB,
    SYNTH_ZIPF,
    SYNTH_INTERACTIONS,
    SYNTH_LATENT,
    SYNTH_HEAD,
    SYNTH_SD_FIRST,
    SYNTH_SD_PAIR,
    SYNTH_SD_DENSE,
    SYNTH_CTR,
    SYNTH_NOISE,
    SYNTH_SEED,
    SYNTH_N_KEYS,
};

/* max 0: the key takes any unsigned 64-bit integer (the seed). */
static const struct synth_key synth_key_table[SYNTH_N_KEYS] = {
    [SYNTH_ROWS] = {"rows", 60000, 1, 1e9, "training rows"},
    [SYNTH_VALID] = {"valid", 15000, 1, 1e9, "validation rows"},
    [SYNTH_FIELDS] = {"fields", 10, 1, 256, "categorical fields"},
    [SYNTH_DENSE] = {"dense", 4, 0, 256, "dense columns"},
    [SYNTH_VOCAB] = {"vocab", 2000, 2, 1e7,
                     "values of the largest field; the smallest has a tenth"},
    [SYNTH_ZIPF] = {"zipf", 1.05, 0, 4, "exponent of the values' frequencies; 0: uniform"},
    [SYNTH_INTERACTIONS] = {"interactions", 24, 0, 32640, "planted pairs of fields"},
    [SYNTH_LATENT] = {"latent", 3, 1, 64, "length of the planted latent vectors"},
    [SYNTH_HEAD] = {"head", 20, 1, 1e7, "rank from which on a value's effects fade as 1 / rank"},
    [SYNTH_SD_FIRST] = {"sd_first", 1.1, 0, 20, "deviation of the first-order part of the logit"},
    [SYNTH_SD_PAIR] = {"sd_pair", 1.35, 0, 20, "deviation of the interaction part"},
    [SYNTH_SD_DENSE] = {"sd_dense", 0.6, 0, 20, "deviation of the dense part"},
    [SYNTH_CTR] = {"ctr", 0.25, 0.01, 0.99, "mean rate of positive labels"},
    [SYNTH_NOISE] = {"noise", 0, 0, 1, "share of labels drawn at the mean rate instead"},
    [SYNTH_SEED] = {"seed", 0, 0, 0, "seed of the data; default: the run's seed"},
};

struct synth_cfg {
    double v[SYNTH_N_KEYS];
    uint32_t n_fields, n_dense, n_pairs, latent;
    uint64_t n_train, n_valid, seed;
};

struct synth_field {
    uint32_t n;     /* values */
    double *cdf;    /* (n) */
    double *first;  /* (n) */
    double *latent; /* (n, latent) */
};

struct synth_part {
    double mean, scale;
};

struct synth_teacher {
    const struct synth_cfg *cfg;
    struct synth_field *field;
    uint32_t *pair; /* (n_pairs, 2) */
    double *dense_log_mean, *dense_weight;
    struct synth_part first, pairs, dense;
    double intercept;
};

/* One row as drawn, and the three parts of its logit before scaling. */
struct synth_row {
    uint32_t *value, *count;
    double first, pairs, dense;
};

enum err_code data_synthetic_load(struct data_job *job, struct err *e);

/* ---- the spec ---- */

static enum err_code synth_unknown(const char *key, struct err *e)
{
    char known[512] = "";
    size_t at = 0;

    for (size_t i = 0; i < SYNTH_N_KEYS; i++)
        at += (size_t)snprintf(known + at, sizeof known - at, "%s%s", i ? ", " : "",
                               synth_key_table[i].name);
    return err_set(e, ERR_CONFIG, "synthetic: unknown key \"%s\"; known: %s", key, known);
}

static bool synth_is_integer(size_t i)
{
    return i <= SYNTH_VOCAB || i == SYNTH_INTERACTIONS || i == SYNTH_LATENT || i == SYNTH_HEAD;
}

static enum err_code synth_set(struct synth_cfg *c, size_t i, const char *value, struct err *e)
{
    const struct synth_key *k = &synth_key_table[i];
    double x;

    if (i == SYNTH_SEED) {
        if (*value == '\0' || strlen(value) > 19 || strspn(value, "0123456789") != strlen(value))
            return err_set(e, ERR_CONFIG, "synthetic: seed: \"%s\" is not an unsigned integer",
                           value);
        c->seed = strtoull(value, NULL, 10);
        return ERR_OK;
    }
    if (!data_text_number(value, &x) || (synth_is_integer(i) && floor(x) < x))
        return err_set(e, ERR_CONFIG, "synthetic: %s: \"%s\" is not %s number", k->name, value,
                       synth_is_integer(i) ? "a whole" : "a");
    if (x < k->min || x > k->max)
        return err_set(e, ERR_CONFIG, "synthetic: %s: %s is outside %.10g..%.10g", k->name, value,
                       k->min, k->max);
    c->v[i] = x;
    return ERR_OK;
}

static enum err_code synth_assign(struct synth_cfg *c, char *item, bool *given, struct err *e)
{
    char *eq = strchr(item, '=');

    if (!eq)
        return err_set(e, ERR_CONFIG, "synthetic: \"%s\" is not KEY=VALUE", item);
    *eq = '\0';
    for (size_t i = 0; i < SYNTH_N_KEYS; i++) {
        if (strcmp(item, synth_key_table[i].name) != 0)
            continue;
        if (given[i])
            return err_set(e, ERR_CONFIG, "synthetic: %s is given twice", item);
        given[i] = true;
        return synth_set(c, i, eq + 1, e);
    }
    return synth_unknown(item, e);
}

static enum err_code synth_parse(struct synth_cfg *c, const char *args, uint64_t seed,
                                 struct err *e)
{
    bool given[SYNTH_N_KEYS] = {false};
    char *copy = mem_strdup(args), *save = NULL;
    enum err_code rc = ERR_OK;
    uint32_t n_all_pairs;

    *c = (struct synth_cfg){.seed = seed};
    for (size_t i = 0; i < SYNTH_N_KEYS; i++)
        c->v[i] = synth_key_table[i].def;
    for (char *s = strtok_r(copy, ",", &save); s && !rc; s = strtok_r(NULL, ",", &save))
        rc = synth_assign(c, s, given, e);
    free(copy);
    if (rc)
        return rc;
    c->n_train = (uint64_t)c->v[SYNTH_ROWS];
    c->n_valid = (uint64_t)c->v[SYNTH_VALID];
    c->n_fields = (uint32_t)c->v[SYNTH_FIELDS];
    c->n_dense = (uint32_t)c->v[SYNTH_DENSE];
    c->n_pairs = (uint32_t)c->v[SYNTH_INTERACTIONS];
    c->latent = (uint32_t)c->v[SYNTH_LATENT];
    n_all_pairs = c->n_fields * (c->n_fields - 1) / 2;
    if (c->n_pairs > n_all_pairs) {
        if (given[SYNTH_INTERACTIONS])
            return err_set(e, ERR_CONFIG,
                           "synthetic: interactions: %u is outside 0..%u, the pairs of %u fields",
                           c->n_pairs, n_all_pairs, c->n_fields);
        c->n_pairs = n_all_pairs;
    }
    return ERR_OK;
}

/* ---- the teacher ---- */

/* Subtract the mean under the field's distribution from every component. */
static void synth_centre(const struct synth_field *f, double *v, uint32_t width)
{
    for (uint32_t k = 0; k < width; k++) {
        double mean = 0;

        for (uint32_t i = 0; i < f->n; i++)
            mean += (f->cdf[i] - (i ? f->cdf[i - 1] : 0)) * v[(size_t)i * width + k];
        for (uint32_t i = 0; i < f->n; i++)
            v[(size_t)i * width + k] -= mean;
    }
}

static void synth_field_init(struct synth_field *f, const struct synth_cfg *c, uint32_t i,
                             struct rng r)
{
    double share = c->n_fields > 1 ? (double)i / (double)(c->n_fields - 1) : 0, sum = 0;
    double n = c->v[SYNTH_VOCAB] * pow(10, -share);

    f->n = n < 2 ? 2 : (uint32_t)lround(n);
    f->cdf = mem_alloc(f->n, sizeof *f->cdf);
    f->first = mem_alloc(f->n, sizeof *f->first);
    f->latent = mem_alloc((size_t)f->n * c->latent, sizeof *f->latent);
    for (uint32_t k = 0; k < f->n; k++)
        f->cdf[k] = sum += pow((double)(k + 1), -c->v[SYNTH_ZIPF]);
    for (uint32_t k = 0; k < f->n; k++) {
        double fade = fmin(1, c->v[SYNTH_HEAD] / (k + 1.0));

        f->cdf[k] /= sum;
        f->first[k] = fade * rng_normal(&r);
        for (uint32_t j = 0; j < c->latent; j++)
            f->latent[(size_t)k * c->latent + j] = fade * rng_normal(&r);
    }
    synth_centre(f, f->first, 1);
    synth_centre(f, f->latent, c->latent);
}

/* n_pairs different pairs of fields, in a drawn order. */
static void synth_pairs_init(struct synth_teacher *t, struct rng r)
{
    uint32_t n = t->cfg->n_fields, n_all = n * (n - 1) / 2, k = 0;
    uint32_t *code = mem_alloc(n_all ? n_all : 1, sizeof *code);

    t->pair = mem_alloc((size_t)t->cfg->n_pairs * 2 + 1, sizeof *t->pair);
    for (uint32_t a = 0; a < n; a++)
        for (uint32_t b = a + 1; b < n; b++)
            code[k++] = a * n + b;
    rng_shuffle_u32(&r, code, n_all);
    for (uint32_t i = 0; i < t->cfg->n_pairs; i++) {
        t->pair[2 * i] = code[i] / n;
        t->pair[2 * i + 1] = code[i] % n;
    }
    free(code);
}

static uint32_t synth_pick(const struct synth_field *f, double u)
{
    uint32_t lo = 0, hi = f->n - 1;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;

        if (f->cdf[mid] > u)
            hi = mid;
        else
            lo = mid + 1;
    }
    return lo;
}

static double synth_dot(const struct synth_teacher *t, const struct synth_row *row, uint32_t pair)
{
    uint32_t a = t->pair[2 * pair], b = t->pair[2 * pair + 1], n = t->cfg->latent;
    const double *x = t->field[a].latent + (size_t)row->value[a] * n;
    const double *y = t->field[b].latent + (size_t)row->value[b] * n;
    double sum = 0;

    for (uint32_t k = 0; k < n; k++)
        sum += x[k] * y[k];
    return sum;
}

static void synth_draw(const struct synth_teacher *t, struct rng *r, struct synth_row *row)
{
    const struct synth_cfg *c = t->cfg;

    row->first = row->pairs = row->dense = 0;
    for (uint32_t i = 0; i < c->n_fields; i++) {
        row->value[i] = synth_pick(&t->field[i], rng_unit(r));
        row->first += t->field[i].first[row->value[i]];
    }
    for (uint32_t i = 0; i < c->n_pairs; i++)
        row->pairs += synth_dot(t, row, i);
    for (uint32_t i = 0; i < c->n_dense; i++) {
        double x = floor(exp(t->dense_log_mean[i] + rng_normal(r)));

        row->count[i] = (uint32_t)fmin(x, SYNTH_MAX_COUNT);
        row->dense += t->dense_weight[i] * log1p((double)row->count[i]);
    }
}

static struct synth_row synth_row_new(const struct synth_cfg *c)
{
    return (struct synth_row){.value = mem_alloc(c->n_fields, sizeof(uint32_t)),
                              .count = mem_alloc(c->n_dense + 1, sizeof(uint32_t))};
}

static void synth_row_fini(struct synth_row *row)
{
    free(row->value);
    free(row->count);
}

static double synth_sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static double synth_logit(const struct synth_teacher *t, const struct synth_row *row)
{
    return t->intercept + t->first.scale * (row->first - t->first.mean) +
           t->pairs.scale * (row->pairs - t->pairs.mean) +
           t->dense.scale * (row->dense - t->dense.mean);
}

static struct synth_part synth_scale(double sum, double sum_sq, double sd)
{
    double n = SYNTH_CALIBRATION_ROWS, mean = sum / n, var = sum_sq / n - mean * mean;

    return (struct synth_part){mean, var > 1e-12 ? sd / sqrt(var) : 0};
}

/* Scale the parts and find the intercept on rows of their own stream. */
static void synth_calibrate(struct synth_teacher *t, struct rng r)
{
    struct synth_row row = synth_row_new(t->cfg);
    double sum[3] = {0}, sq[3] = {0}, lo = -50, hi = 50;
    double *logit = mem_alloc(SYNTH_CALIBRATION_ROWS, sizeof *logit);
    struct rng again = r;

    for (size_t i = 0; i < SYNTH_CALIBRATION_ROWS; i++) {
        synth_draw(t, &r, &row);
        double part[3] = {row.first, row.pairs, row.dense};

        for (size_t k = 0; k < 3; k++) {
            sum[k] += part[k];
            sq[k] += part[k] * part[k];
        }
    }
    t->first = synth_scale(sum[0], sq[0], t->cfg->v[SYNTH_SD_FIRST]);
    t->pairs = synth_scale(sum[1], sq[1], t->cfg->v[SYNTH_SD_PAIR]);
    t->dense = synth_scale(sum[2], sq[2], t->cfg->v[SYNTH_SD_DENSE]);
    t->intercept = 0;
    for (size_t i = 0; i < SYNTH_CALIBRATION_ROWS; i++) {
        synth_draw(t, &again, &row);
        logit[i] = synth_logit(t, &row);
    }
    for (int step = 0; step < 60; step++) {
        double mid = (lo + hi) / 2, mean = 0;

        for (size_t i = 0; i < SYNTH_CALIBRATION_ROWS; i++)
            mean += synth_sigmoid(logit[i] + mid) / SYNTH_CALIBRATION_ROWS;
        if (mean < t->cfg->v[SYNTH_CTR])
            lo = mid;
        else
            hi = mid;
    }
    t->intercept = (lo + hi) / 2;
    free(logit);
    synth_row_fini(&row);
}

static void synth_teacher_init(struct synth_teacher *t, const struct synth_cfg *c,
                               const struct rng *root)
{
    struct rng dense = rng_child(root, "dense");

    *t = (struct synth_teacher){.cfg = c};
    t->field = mem_alloc(c->n_fields, sizeof *t->field);
    for (uint32_t i = 0; i < c->n_fields; i++)
        synth_field_init(&t->field[i], c, i, rng_child_n(root, "field", i));
    synth_pairs_init(t, rng_child(root, "pairs"));
    t->dense_log_mean = mem_alloc(c->n_dense + 1, sizeof *t->dense_log_mean);
    t->dense_weight = mem_alloc(c->n_dense + 1, sizeof *t->dense_weight);
    for (uint32_t i = 0; i < c->n_dense; i++) {
        t->dense_log_mean[i] = 0.5 + 2.5 * rng_unit(&dense);
        t->dense_weight[i] = rng_normal(&dense);
    }
    synth_calibrate(t, rng_child(root, "calibrate"));
}

static void synth_teacher_fini(struct synth_teacher *t)
{
    for (uint32_t i = 0; i < t->cfg->n_fields; i++) {
        free(t->field[i].cdf);
        free(t->field[i].first);
        free(t->field[i].latent);
    }
    free(t->field);
    free(t->pair);
    free(t->dense_log_mean);
    free(t->dense_weight);
}

/* ---- the rows ---- */

/* True probability and label of the rows of the validation part. */
struct synth_truth {
    double *p;
    uint8_t *label;
};

/* Append n rows of one part; truth or NULL. */
static enum err_code synth_part_rows(const struct synth_teacher *t, struct rng r, uint64_t n,
                                     struct data_job *job, struct synth_truth *truth, struct err *e)
{
    const struct synth_cfg *c = t->cfg;
    struct synth_row row = synth_row_new(c);
    enum err_code rc = ERR_OK;

    for (uint64_t i = 0; i < n && !rc; i++) {
        uint8_t label;
        double p;

        synth_draw(t, &r, &row);
        p = (1 - c->v[SYNTH_NOISE]) * synth_sigmoid(synth_logit(t, &row)) +
            c->v[SYNTH_NOISE] * c->v[SYNTH_CTR];
        label = rng_unit(&r) < p;
        data_build_row(job->build);
        for (uint32_t k = 0; k < c->n_dense; k++)
            data_build_dense(job->build, k, (float)log1p((double)row.count[k]));
        for (uint32_t k = 0; k < c->n_fields; k++)
            data_build_key(job->build, k, row.value[k] + (uint64_t)1);
        if (truth) {
            truth->p[i] = p;
            truth->label[i] = label;
        }
        rc = data_build_commit(job->build, label, e);
        if (!rc && job->o->watch && i % SYNTH_POLL_ROWS == 0)
            rc = watch_poll(job->o->watch, "generate", i, n, NAN, NAN, e);
    }
    synth_row_fini(&row);
    return rc;
}

static enum err_code synth_make(struct data_job *job, const struct synth_teacher *t,
                                const struct rng *root, struct synth_truth *truth, struct err *e)
{
    const struct synth_cfg *c = t->cfg;
    enum err_code rc;

    if ((rc = data_job_build(job, c->n_dense, c->n_fields, e)))
        return rc;
    data_build_name_fields(job->build, 0, "F");
    data_build_part(job->build, DATA_TRAIN);
    if ((rc = synth_part_rows(t, rng_child(root, "train"), c->n_train, job, NULL, e)))
        return rc;
    data_build_part(job->build, DATA_VALID);
    if ((rc = synth_part_rows(t, rng_child(root, "valid"), c->n_valid, job, truth, e)))
        return rc;
    job->bayes_logloss = metric_logloss(truth->label, truth->p, c->n_valid);
    job->bayes_auc = metric_auc(truth->label, truth->p, c->n_valid);
    return data_job_finish(job, e);
}

static enum err_code synth_load(struct data_job *job, double **p, struct err *e)
{
    struct synth_truth truth;
    struct synth_teacher t;
    struct rng top, root;
    struct synth_cfg c;
    enum err_code rc;

    if ((rc = synth_parse(&c, job->args, job->o->seed, e)))
        return rc;
    job->min_count = 1;
    top = rng_new(c.seed);
    root = rng_child(&top, "data.synthetic");
    synth_teacher_init(&t, &c, &root);
    truth = (struct synth_truth){mem_alloc(c.n_valid, sizeof *truth.p), mem_alloc(c.n_valid, 1)};
    rc = synth_make(job, &t, &root, &truth, e);
    synth_teacher_fini(&t);
    free(truth.label);
    if (p && !rc)
        *p = truth.p;
    else
        free(truth.p);
    return rc;
}

enum err_code data_synthetic_load(struct data_job *job, struct err *e)
{
    if (data_shape_named(job->args))
        return data_shape_load(job, e);
    return synth_load(job, NULL, e);
}

enum err_code data_synth_with_truth(struct data **out, double **truth, const char *args,
                                    uint64_t seed, uint32_t max_rows, struct err *e)
{
    static const struct data_kind kind = {"synthetic", "synthetic", "", data_synthetic_load};
    const struct data_options o = {.seed = seed, .max_rows = max_rows};
    struct data_job job = {
        .spec = args, .args = args, .kind = &kind, .o = &o, .max_rows = max_rows};
    enum err_code rc = synth_load(&job, truth, e);

    data_job_fini(&job);
    *out = job.out;
    return rc;
}
