/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/nas/rig.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"

static void fill(struct data_split *s, const struct data *d, uint64_t n, struct rng *r)
{
    s->n = n;
    s->label = mem_alloc(n, sizeof *s->label);
    s->dense = mem_alloc(n * d->n_dense + 1, sizeof *s->dense);
    s->lookup = mem_alloc(n * d->n_fields, sizeof *s->lookup);
    for (uint64_t i = 0; i < n; i++) {
        s->label[i] = rng_below(r, 4) == 0;
        for (uint32_t c = 0; c < d->n_dense; c++)
            s->dense[i * d->n_dense + c] = (float)rng_normal(r) + 1;
        for (uint32_t f = 0; f < d->n_fields; f++)
            s->lookup[i * d->n_fields + f] = (uint32_t)rng_below(r, d->n_rows[f]);
    }
}

void rig_init_wide(struct rig *r, uint64_t seed, uint32_t n_blocks, uint32_t n_dense, uint64_t rows,
                   uint32_t max_dim)
{
    struct rng rng = rng_new(seed);

    memset(r, 0, sizeof *r);
    r->d.n_fields = 6;
    r->d.n_dense = n_dense;
    r->d.n_rows = mem_alloc(6, sizeof *r->d.n_rows);
    for (uint32_t f = 0; f < 6; f++)
        r->d.n_rows[f] = 20;
    fill(&r->d.train, &r->d, rows, &rng);
    fill(&r->d.valid, &r->d, rows, &rng);
    space_init(&r->space, SPACE_FULL, n_blocks, 64, 32);
    space_embedding(&r->space, 8, max_dim);
    r->store = store_new(&r->space, NULL, &r->d, &rng);
    for (uint32_t i = 0; i < r->store->n_params; i++) { /* biases and head matter too */
        const struct matrix *p = &r->store->param[i];

        for (size_t k = 0; (p->bias || p->rows == 1) && k < (size_t)p->rows * p->cols; k++)
            r->store->w[p->first + k] = 0.3f * (float)rng_normal(&rng);
    }
}

void rig_init(struct rig *r, uint64_t seed, uint32_t n_blocks, uint32_t n_dense, uint64_t rows)
{
    rig_init_wide(r, seed, n_blocks, n_dense, rows, 8);
}

static void clear(struct data_split *s)
{
    free(s->label);
    free(s->dense);
    free(s->lookup);
}

void rig_fini(struct rig *r)
{
    store_free(r->store);
    clear(&r->d.train);
    clear(&r->d.valid);
    free(r->d.n_rows);
}
