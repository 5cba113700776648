/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/data.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"

#define DATASET(id, spec, summary)                                                                 \
    enum err_code data_##id##_load(struct data **out, const char *args, uint64_t seed,             \
                                   uint32_t max_rows, struct err *e);
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
    char known[512] = "";
    size_t at = 0;

    for (size_t i = 0; i < sizeof data_table / sizeof *data_table; i++) {
        int n = snprintf(known + at, sizeof known - at, "%s%s", i ? ", " : "", data_table[i].spec);

        assert(n > 0 && (size_t)n < sizeof known - at);
        at += (size_t)n;
    }
    return err_set(e, ERR_CONFIG, "data set \"%s\": unknown kind; known: %s", spec, known);
}

enum err_code data_load(struct data **out, const char *spec, uint64_t seed, uint32_t max_rows,
                        struct err *e)
{
    const char *colon = strchr(spec, ':');
    size_t n = colon ? (size_t)(colon - spec) : strlen(spec);

    *out = NULL;
    if (max_rows < 2)
        return err_set(e, ERR_CONFIG, "data set \"%s\": max_rows: %u is below 2", spec, max_rows);
    for (size_t i = 0; i < sizeof data_table / sizeof *data_table; i++) {
        const struct data_kind *k = &data_table[i];

        if (strlen(k->name) != n || strncmp(spec, k->name, n) != 0)
            continue;
        return k->load(out, colon ? colon + 1 : "", seed, max_rows, e);
    }
    return data_unknown(spec, e);
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
    data_split_fini(&d->train);
    data_split_fini(&d->valid);
    free(d->n_rows);
    free(d->field_name);
    free(d);
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
