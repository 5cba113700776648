/* SPDX-License-Identifier: Apache-2.0 */
/* tables.csv and tables.h5: a row a data set, seed, contender and cost model. tables.json: a data
 * set's baselines with their ratios. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/file.h"
#include "sim/base/json.h"
#include "sim/base/mem.h"
#include "traces/h5.h"
#include "validation/tables.h"

enum { FORMAT_VERSION = 1, TEXT_BYTES = 40 };

/* ---- rows ---- */

struct row {
    uint32_t benchmark, seed, cost_model; /* seed: from 0 */
    enum contender who;
};

static uint64_t n_rows(const struct tables *t)
{
    return (uint64_t)t->n_benchmarks * t->n_seeds * CONTENDER_N * COST_MODEL_N;
}

static struct row row_at(const struct tables *t, uint64_t i)
{
    struct row r;

    r.cost_model = (uint32_t)(i % COST_MODEL_N);
    i /= COST_MODEL_N;
    r.who = (enum contender)(i % CONTENDER_N);
    i /= CONTENDER_N;
    r.seed = (uint32_t)(i % t->n_seeds);
    r.benchmark = (uint32_t)(i / t->n_seeds);
    return r;
}

enum number {
    NUMBER_LATENCY,
    NUMBER_RATE,
    NUMBER_ENERGY,
    NUMBER_AREA,
    NUMBER_LOGLOSS,
    NUMBER_AUC,
    NUMBER_RATIO,
    NUMBER_N = NUMBER_RATIO + RATIO_N
};
static const struct {
    const char *name, *units, *long_name;
} numbers[NUMBER_N] = {
    {"latency_us", "us", "of one request alone"},
    {"inferences_per_s", "1/s", "rate of results once the chip is full"},
    {"energy_nj", "nJ", "an inference, static power included"},
    {"area_mm2", "mm2", "of the whole chip"},
    {"logloss", "nat", "on the validation part, in the contender's arithmetic"},
    {"auc", "1", "on the validation part, in the contender's arithmetic"},
    {"latency", "1", "this contender's latency over the searched pair's"},
    {"throughput", "1", "the searched pair's rate over this contender's"},
    {"speed", "1", "the smaller of both"},
    {"area", "1", "this contender's area over the searched pair's"},
    {"power_efficiency", "1", "this contender's energy over the searched pair's"},
};

static double number(const struct tables_result *t, struct row r, enum number k)
{
    const struct contest_result *c = tables_at(t, r.benchmark, r.seed);
    const struct contest_run *run = &c->run[r.who][r.cost_model];

    switch (k) {
    case NUMBER_LATENCY:
        return run->latency_us;
    case NUMBER_RATE:
        return run->inferences_per_s;
    case NUMBER_ENERGY:
        return run->energy_nj;
    case NUMBER_AREA:
        return run->area_mm2;
    case NUMBER_LOGLOSS:
        return c->logloss[r.who];
    case NUMBER_AUC:
        return c->auc[r.who];
    default:
        return tables_ratio(c, r.who, r.cost_model, (enum tables_ratio)(k - NUMBER_RATIO));
    }
}

static enum err_code write_csv(const struct tables_result *r, const char *path, struct err *e)
{
    const struct tables *t = r->t;
    struct file_out o;
    enum err_code rc = file_create(&o, path, e);

    if (rc)
        return rc;
    fprintf(o.f, "benchmark,seed,contender,cost_model");
    for (enum number k = 0; k < NUMBER_N; k++)
        fprintf(o.f, ",%s", numbers[k].name);
    fputc('\n', o.f);
    for (uint64_t i = 0; i < n_rows(t); i++) {
        struct row row = row_at(t, i);

        fprintf(o.f, "%s,%u,%s,%s", t->benchmark[row.benchmark].name, row.seed + 1,
                contender_names[row.who], cost_model_names[row.cost_model]);
        for (enum number k = 0; k < NUMBER_N; k++) {
            char text[32];

            json_f64_text(text, number(r, row, k));
            fprintf(o.f, ",%s", strcmp(text, "null") ? text : "");
        }
        fputc('\n', o.f);
    }
    return file_commit(&o, e);
}

/* ---- HDF5 ---- */

static const char *text_of(const struct tables *t, struct row row, int column)
{
    return column == 0   ? t->benchmark[row.benchmark].name
           : column == 1 ? contender_names[row.who]
                         : cost_model_names[row.cost_model];
}

static enum err_code write_h5(const struct tables_result *r, const char *path, struct err *e)
{
    static const char *const texts[][2] = {{"/benchmark", "data set"},
                                           {"/contender", "whose figures"},
                                           {"/cost_model", "technology parameters"}};
    struct h5 *f = h5_create(path, "autorac-tables", FORMAT_VERSION);
    uint64_t n = n_rows(r->t);
    uint32_t *seed = mem_alloc(n, sizeof *seed);
    double *v = mem_alloc(n, sizeof *v);
    char(*text)[TEXT_BYTES] = mem_alloc(n, sizeof *text);

    for (uint64_t i = 0; i < n; i++)
        seed[i] = row_at(r->t, i).seed + 1;
    h5_write_1d(f, "/seed", H5_U32, n, seed, "1", "of the data set, the search and all training",
                NULL);
    for (int k = 0; k < 3; k++) {
        struct h5_data d = {.path = texts[k][0],
                            .type = H5_TEXT,
                            .text_bytes = TEXT_BYTES,
                            .rank = 1,
                            .extent = {n, 1},
                            .units = "1",
                            .long_name = texts[k][1]};

        for (uint64_t i = 0; i < n; i++)
            snprintf(text[i], sizeof text[i], "%s", text_of(r->t, row_at(r->t, i), k));
        h5_write(f, &d, text);
    }
    for (enum number k = 0; k < NUMBER_N; k++) {
        char name[TEXT_BYTES];

        snprintf(name, sizeof name, "/%s", numbers[k].name);
        for (uint64_t i = 0; i < n; i++)
            v[i] = number(r, row_at(r->t, i), k);
        h5_write_1d(f, name, H5_F64, n, v, numbers[k].units, numbers[k].long_name, NULL);
    }
    free(text);
    free(v);
    free(seed);
    return h5_commit(f, e);
}

/* ---- JSON ---- */

static void put_spread(struct json *j, const char *key, struct spread s)
{
    json_key(j, key);
    json_array(j);
    json_f64(j, s.least);
    json_f64(j, s.most);
    json_array_end(j);
}

static void put_ratios(struct json *j, const struct tables_result *r, uint32_t benchmark,
                       enum contender b, uint32_t cost_model)
{
    for (enum tables_ratio k = 0; k < RATIO_N; k++)
        json_kf64(j, tables_ratio_names[k],
                  tables_ratio_spread(r, benchmark, b, cost_model, k).median);
}

static void put_baseline(struct json *j, const struct tables_result *r, uint32_t benchmark,
                         enum contender b)
{
    json_key(j, contender_names[b]);
    json_object(j);
    put_ratios(j, r, benchmark, b, 0);
    json_kf64(j, "logloss_delta", tables_logloss_spread(r, benchmark, b).median);
    json_kbool(j, "claims_reached", tables_reached(r, benchmark, b));
    json_kbool(j, "measured_on_host", b >= CONTENDER_FIRST_CPU);
    json_key(j, "least_most");
    json_object(j);
    for (enum tables_ratio k = 0; k < RATIO_N; k++)
        put_spread(j, tables_ratio_names[k], tables_ratio_spread(r, benchmark, b, 0, k));
    put_spread(j, "logloss_delta", tables_logloss_spread(r, benchmark, b));
    json_object_end(j);
    json_key(j, "cost_models");
    json_object(j);
    for (uint32_t m = 0; m < COST_MODEL_N; m++) {
        json_key(j, cost_model_names[m]);
        json_object(j);
        put_ratios(j, r, benchmark, b, m);
        json_object_end(j);
    }
    json_object_end(j);
    json_object_end(j);
}

static void put_seed(struct json *j, const struct contest_result *c, uint32_t seed)
{
    json_object(j);
    json_ku64(j, "seed", seed + 1);
    json_kstr(j, "genome", c->genome);
    json_kstr(j, "best_of_zoo", zoo_kinds[c->best].name);
    json_kf64(j, "bayes_logloss", c->bayes_logloss);
    json_key(j, "zoo_logloss");
    json_object(j);
    for (enum zoo k = 0; k < ZOO_N; k++)
        json_kf64(j, zoo_kinds[k].name, c->zoo_logloss[k]);
    json_object_end(j);
    json_object_end(j);
}

static void put_benchmark(struct json *j, const struct tables_result *r, uint32_t i)
{
    json_key(j, r->t->benchmark[i].name);
    json_object(j);
    json_kstr(j, "dataset", r->t->benchmark[i].dataset);
    json_key(j, "seeds");
    json_array(j);
    for (uint32_t s = 0; s < r->t->n_seeds; s++)
        put_seed(j, tables_at(r, i, s), s);
    json_array_end(j);
    json_key(j, "baselines");
    json_object(j);
    for (enum contender b = CONTENDER_SEARCHED + 1; b < CONTENDER_N; b++)
        put_baseline(j, r, i, b);
    json_object_end(j);
    json_object_end(j);
}

static enum err_code write_json(const struct tables_result *r, const char *path, struct err *e)
{
    struct file_out o;
    enum err_code rc = file_create(&o, path, e);
    struct json j;

    if (rc)
        return rc;
    j = json_open(o.f);
    json_object(&j);
    json_ku64(&j, "format_version", FORMAT_VERSION);
    json_key(&j, "benchmarks");
    json_object(&j);
    for (uint32_t i = 0; i < r->t->n_benchmarks; i++)
        put_benchmark(&j, r, i);
    json_object_end(&j);
    json_object_end(&j);
    fputc('\n', o.f);
    return file_commit(&o, e);
}

enum err_code tables_write(const struct tables_result *r, struct err *e)
{
    char *csv = mem_printf("%s/tables.csv", r->t->dir);
    char *json = mem_printf("%s/tables.json", r->t->dir);
    char *h5 = mem_printf("%s/tables.h5", r->t->dir);
    enum err_code rc = write_csv(r, csv, e);

    if (!rc)
        rc = write_json(r, json, e);
    if (!rc)
        rc = write_h5(r, h5, e);
    free(h5);
    free(json);
    free(csv);
    return rc;
}
