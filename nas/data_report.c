/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/data_report.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "sim/base/json.h"
#include "sim/base/mem.h"

struct report_field {
    uint32_t n_used; /* rows with at least one access */
    double unknown_share, top_share;
};

struct report_dense {
    double min, max, mean;
};

static int report_descending(const void *pa, const void *pb)
{
    uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb;

    return (a < b) - (a > b);
}

static struct report_field report_field(const struct data *d, uint32_t field)
{
    const struct data_split *s = &d->train;
    uint64_t *n = mem_alloc(d->n_rows[field], sizeof *n), n_unknown, n_top = 0;
    struct report_field r = {0};
    uint32_t top;

    for (uint64_t i = 0; i < s->n; i++)
        n[s->lookup[i * d->n_fields + field]]++;
    n_unknown = n[0];
    for (uint32_t i = 0; i < d->n_rows[field]; i++)
        r.n_used += n[i] > 0;
    qsort(n, d->n_rows[field], sizeof *n, report_descending);
    top = (r.n_used + 99) / 100;
    for (uint32_t i = 0; i < top; i++)
        n_top += n[i];
    r.unknown_share = (double)n_unknown / (double)s->n;
    r.top_share = (double)n_top / (double)s->n;
    free(n);
    return r;
}

double data_top_share(const struct data *d, uint32_t field)
{
    assert(field < d->n_fields);
    return report_field(d, field).top_share;
}

static struct report_dense report_dense(const struct data *d, uint32_t column)
{
    const struct data_split *s = &d->train;
    struct report_dense r = {INFINITY, -INFINITY, 0};

    for (uint64_t i = 0; i < s->n; i++) {
        double x = (double)s->dense[i * d->n_dense + column];

        r.min = fmin(r.min, x);
        r.max = fmax(r.max, x);
        r.mean += x;
    }
    r.mean /= (double)s->n;
    return r;
}

static double report_rate(const struct data_split *s)
{
    uint64_t n = 0;

    for (uint64_t i = 0; i < s->n; i++)
        n += s->label[i];
    return (double)n / (double)s->n;
}

static uint64_t report_table_rows(const struct data *d)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < d->n_fields; i++)
        n += d->n_rows[i];
    return n;
}

static void report_json_split(struct json *j, const char *key, const struct data_split *s)
{
    json_key(j, key);
    json_object(j);
    json_ku64(j, "n_rows", s->n);
    json_kf64(j, "positive_rate", report_rate(s));
    json_object_end(j);
}

static void report_json_dense(struct json *j, const struct data *d)
{
    json_key(j, "dense");
    json_array(j);
    for (uint32_t i = 0; i < d->n_dense; i++) {
        struct report_dense r = report_dense(d, i);

        json_object(j);
        json_ku64(j, "column", i + 1);
        json_kf64(j, "min", r.min);
        json_kf64(j, "mean", r.mean);
        json_kf64(j, "max", r.max);
        json_object_end(j);
    }
    json_array_end(j);
}

static void report_json(FILE *f, const struct data *d)
{
    struct json j = json_open(f);

    json_object(&j);
    json_kstr(&j, "name", d->name);
    report_json_split(&j, "train", &d->train);
    report_json_split(&j, "valid", &d->valid);
    if (d->test.n)
        report_json_split(&j, "test", &d->test);
    json_ku64(&j, "n_bad_lines", d->n_bad_lines);
    json_ku64(&j, "n_table_rows", report_table_rows(d));
    json_key(&j, "fields");
    json_array(&j);
    for (uint32_t i = 0; i < d->n_fields; i++) {
        struct report_field r = report_field(d, i);

        json_object(&j);
        json_kstr(&j, "name", d->field_name[i]);
        json_ku64(&j, "n_rows", d->n_rows[i]);
        json_ku64(&j, "n_used", r.n_used);
        json_kf64(&j, "unknown_share", r.unknown_share);
        json_kf64(&j, "top_1_percent_share", r.top_share);
        json_object_end(&j);
    }
    json_array_end(&j);
    report_json_dense(&j, d);
    json_kf64(&j, "bayes_logloss", d->bayes_logloss);
    json_kf64(&j, "bayes_auc", d->bayes_auc);
    json_object_end(&j);
}

static void report_text_split(FILE *f, const char *name, const struct data_split *s)
{
    fprintf(f, "%-10s %llu rows, %.1f %% positive\n", name, (unsigned long long)s->n,
            100 * report_rate(s));
}

void data_info(FILE *f, const struct data *d, bool json)
{
    if (json) {
        report_json(f, d);
        return;
    }
    fprintf(f, "%-10s %s\n", "data set", d->name);
    report_text_split(f, "train", &d->train);
    report_text_split(f, "valid", &d->valid);
    if (d->test.n)
        report_text_split(f, "test", &d->test);
    if (d->n_bad_lines)
        fprintf(f, "%-10s %llu left out\n", "bad lines", (unsigned long long)d->n_bad_lines);
    if (!isnan(d->bayes_logloss))
        fprintf(f, "%-10s LogLoss %.5f, AUC %.5f (best possible on valid)\n", "Bayes",
                d->bayes_logloss, d->bayes_auc);
    fprintf(f, "%-10s %u fields, %llu table rows (row 0: unknown or rare)\n", "lookups",
            d->n_fields, (unsigned long long)report_table_rows(d));
    fprintf(f, "\n%-10s %10s %10s %10s %16s\n", "field", "rows", "used", "row 0", "top 1 % rows");
    for (uint32_t i = 0; i < d->n_fields; i++) {
        struct report_field r = report_field(d, i);

        fprintf(f, "%-10s %10u %10u %8.1f %% %14.1f %%\n", d->field_name[i], d->n_rows[i], r.n_used,
                100 * r.unknown_share, 100 * r.top_share);
    }
    if (d->n_dense > 0)
        fprintf(f, "\n%-10s %10s %10s %10s\n", "dense", "min", "mean", "max");
    for (uint32_t i = 0; i < d->n_dense; i++) {
        struct report_dense r = report_dense(d, i);

        fprintf(f, "%-10u %10.4g %10.4g %10.4g\n", i + 1, r.min, r.mean, r.max);
    }
}
