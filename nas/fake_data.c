/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/fake_data.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/mem.h"

#define SHAPE(id, n_dense, ...) static const uint32_t id##_rows[] = {__VA_ARGS__};
#include "nas/shapes.def"
#undef SHAPE

static const struct shape shapes[] = {
#define SHAPE(id, n_dense, ...) {#id, n_dense, sizeof id##_rows / sizeof *id##_rows, id##_rows},
#include "nas/shapes.def"
#undef SHAPE
};

enum { N_SHAPES = sizeof shapes / sizeof *shapes };

const struct shape *shape_find(const char *name)
{
    for (size_t i = 0; i < N_SHAPES; i++)
        if (strcmp(shapes[i].name, name) == 0)
            return &shapes[i];
    return NULL;
}

void shape_names(char *out, size_t size)
{
    size_t n = 0;

    for (size_t i = 0; i < N_SHAPES; i++)
        n += (size_t)snprintf(out + n, size - n, "%s%s", i ? ", " : "", shapes[i].name);
}

void fake_data_fill(struct data *d, uint64_t n, struct rng *r)
{
    struct data_split *s = &d->train;

    s->n = n;
    s->label = mem_alloc(s->n, sizeof *s->label);
    s->dense = mem_alloc(s->n * d->n_dense + 1, sizeof *s->dense);
    s->lookup = mem_alloc(s->n * d->n_fields, sizeof *s->lookup);
    for (uint64_t i = 0; i < s->n; i++) {
        s->label[i] = (uint8_t)rng_below(r, 2);
        for (uint32_t c = 0; c < d->n_dense; c++)
            s->dense[i * d->n_dense + c] = (float)rng_normal(r);
        for (uint32_t c = 0; c < d->n_fields; c++)
            s->lookup[i * d->n_fields + c] = (uint32_t)rng_below(r, 1 + rng_below(r, d->n_rows[c]));
    }
}

struct data *fake_data_new(const struct shape *s, uint32_t max_rows, uint64_t n, struct rng *r)
{
    struct data *d = mem_alloc(1, sizeof *d);

    snprintf(d->name, sizeof d->name, "%s", s->name);
    d->n_dense = s->n_dense;
    d->n_fields = s->n_fields;
    d->bayes_logloss = d->bayes_auc = NAN;
    d->n_rows = mem_alloc(s->n_fields, sizeof *d->n_rows);
    for (uint32_t f = 0; f < s->n_fields; f++)
        d->n_rows[f] = s->n_rows[f] < max_rows ? s->n_rows[f] : max_rows;
    fake_data_fill(d, n, r);
    return d;
}
