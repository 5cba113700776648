/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/data.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "nas/data_spec.h"
#include "sim/base/mem.h"

enum { DATA_WINDOW_ROWS = 4096 };
static const uint64_t data_resident_bytes = (uint64_t)8 << 30;

#define DATASET(id, spec, summary)                                                                 \
    enum err_code data_##id##_load(struct data_job *job, struct err *e);
#include "nas/datasets.def"
#undef DATASET

static const struct data_kind data_table[] = {
#define DATASET(id, spec, summary) {#id, spec, summary, data_##id##_load},
#include "nas/datasets.def"
#undef DATASET
};

const struct data_kind *data_kinds(size_t *n)
{
    *n = sizeof data_table / sizeof *data_table;
    return data_table;
}

static enum err_code data_unknown(const char *spec, struct err *e)
{
    char known[256] = "";
    size_t at = 0;

    for (size_t i = 0; i < sizeof data_table / sizeof *data_table; i++) {
        int n = snprintf(known + at, sizeof known - at, "%s%s", i ? ", " : "", data_table[i].name);

        assert(n > 0 && (size_t)n < sizeof known - at);
        at += (size_t)n;
    }
    return err_set(e, ERR_CONFIG, "data set \"%s\": unknown kind; known: %s", spec, known);
}

static const struct data_kind *data_find(const char *spec)
{
    size_t n = strcspn(spec, ":");

    for (size_t i = 0; i < sizeof data_table / sizeof *data_table; i++)
        if (strlen(data_table[i].name) == n && strncmp(spec, data_table[i].name, n) == 0)
            return &data_table[i];
    return NULL;
}

static enum err_code data_make(struct data **out, const char *spec, const char *cache_path,
                               const struct data_options *o, struct err *e)
{
    const struct data_kind *k = data_find(spec);
    struct data_job job = {.spec = spec,
                           .args = spec + strcspn(spec, ":"),
                           .kind = k,
                           .o = o,
                           .max_rows = o->max_rows ? o->max_rows : DATA_DEFAULT_MAX_ROWS,
                           .cache_path = cache_path,
                           .strict = o->strict,
                           .bayes_logloss = NAN,
                           .bayes_auc = NAN};
    enum err_code rc;

    *out = NULL;
    job.args += *job.args == ':';
    if (job.max_rows < 2)
        return err_set(e, ERR_CONFIG, "data set \"%s\": max_rows: %u is below 2", spec,
                       job.max_rows);
    if (!k)
        return data_unknown(spec, e);
    rc = k->load(&job, e);
    data_job_fini(&job);
    *out = job.out;
    return rc;
}

enum err_code data_open(struct data **out, const char *spec, const struct data_options *o,
                        struct err *e)
{
    return data_make(out, spec, NULL, o, e);
}

enum err_code data_load(struct data **out, const char *spec, uint64_t seed, uint32_t max_rows,
                        struct err *e)
{
    struct data_options o = {.seed = seed, .max_rows = max_rows};

    return data_make(out, spec, NULL, &o, e);
}

enum err_code data_convert(struct data **out, const char *spec, const char *path,
                           const struct data_options *o, struct err *e)
{
    return data_make(out, spec, path, o, e);
}

const struct data_split *data_part(const struct data *d, enum data_part part)
{
    return part == DATA_TRAIN ? &d->train : part == DATA_VALID ? &d->valid : &d->test;
}

static void data_split_fini(struct data_split *s)
{
    free(s->label);
    free(s->dense);
    free(s->lookup);
}

void data_free(struct data *d)
{
    if (!d)
        return;
    if (d->map) {
        munmap(d->map, d->map_bytes);
    } else {
        data_split_fini(&d->train);
        data_split_fini(&d->valid);
        data_split_fini(&d->test);
    }
    free(d->n_rows);
    free(d->field_name);
    free(d->first_bad);
    free(d);
}

/* Blocks of neighbouring rows in a drawn order, then the rows of each window of blocks. */
static void data_order_windows(uint64_t n, uint64_t row_bytes, struct rng *r, uint32_t *order)
{
    uint64_t n_blocks = (n + DATA_WINDOW_ROWS - 1) / DATA_WINDOW_ROWS, at = 0;
    uint64_t window = data_resident_bytes / 2 / row_bytes;
    uint32_t *block = mem_alloc(n_blocks, sizeof *block);

    for (uint64_t i = 0; i < n_blocks; i++)
        block[i] = (uint32_t)i;
    rng_shuffle_u32(r, block, n_blocks);
    for (uint64_t i = 0; i < n_blocks; i++) {
        uint64_t first = (uint64_t)block[i] * DATA_WINDOW_ROWS;

        for (uint64_t k = first; k < n && k < first + DATA_WINDOW_ROWS; k++)
            order[at++] = (uint32_t)k;
    }
    free(block);
    for (at = 0; at < n; at += window)
        rng_shuffle_u32(r, order + at, n - at < window ? n - at : window);
}

void data_order(const struct data *d, enum data_part part, struct rng *r, uint32_t *order)
{
    uint64_t n = data_part(d, part)->n;
    uint64_t row_bytes = 1 + d->n_dense * sizeof(float) + d->n_fields * sizeof(uint32_t);

    if (n * row_bytes > data_resident_bytes) {
        data_order_windows(n, row_bytes, r, order);
        return;
    }
    for (uint64_t i = 0; i < n; i++)
        order[i] = (uint32_t)i;
    rng_shuffle_u32(r, order, n);
}

uint64_t data_n_held(uint64_t n, double share)
{
    return (uint64_t)floor((double)n * share);
}

bool data_held(uint64_t row, double share)
{
    return data_n_held(row + 1, share) > data_n_held(row, share);
}

double metric_logloss(const uint8_t *label, const double *p, uint64_t n)
{
    double sum = 0;

    for (uint64_t i = 0; i < n; i++) {
        double q = p[i] < 1e-7 ? 1e-7 : p[i] > 1 - 1e-7 ? 1 - 1e-7 : p[i];

        sum -= label[i] ? log(q) : log1p(-q);
    }
    return n ? sum / (double)n : NAN;
}

struct metric_pair {
    double p;
    uint8_t label;
};

static int metric_by_p(const void *pa, const void *pb)
{
    const struct metric_pair *a = pa, *b = pb;

    return (a->p > b->p) - (a->p < b->p);
}

double metric_auc(const uint8_t *label, const double *p, uint64_t n)
{
    struct metric_pair *v = mem_alloc(n ? n : 1, sizeof *v);
    uint64_t n_neg = 0, n_pos = 0, wins = 0; /* wins in halves: a tie is one, a win two */
    bool ordered = true;

    for (uint64_t i = 0; i < n; i++) {
        v[i] = (struct metric_pair){p[i], label[i]};
        ordered = ordered && !isnan(p[i]);
    }
    if (ordered)
        qsort(v, n, sizeof *v, metric_by_p);
    for (uint64_t i = 0, j; i < n && ordered; i = j) {
        uint64_t neg = 0, pos = 0;

        for (j = i; j < n && v[j].p <= v[i].p; j++) {
            neg += !v[j].label;
            pos += v[j].label != 0;
        }
        wins += pos * (2 * n_neg + neg);
        n_neg += neg;
        n_pos += pos;
    }
    free(v);
    return n_neg && n_pos ? (double)wins / (2.0 * (double)n_neg * (double)n_pos) : NAN;
}
