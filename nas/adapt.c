/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/adapt.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"

enum { WEIGHTS, ACCUMULATORS, MOMENTS, N_KEPT };

struct adapt {
    struct store *store;
    const struct data *data;
    struct adapt_options o;
    uint32_t *rows;      /* (steps, batch) of the training part */
    float *keep[N_KEPT]; /* (n_floats) as they were; NULL: the store has none */
};

static float *of_store(const struct store *s, int what)
{
    return what == WEIGHTS ? s->w : what == ACCUMULATORS ? s->acc : s->mom;
}

struct adapt *adapt_new(struct store *s, const struct data *d, const struct adapt_options *o,
                        struct rng r)
{
    struct adapt *a = mem_alloc(1, sizeof *a);
    size_t n = (size_t)o->steps * o->how.batch;

    a->store = s;
    a->data = d;
    a->o = *o;
    a->rows = mem_alloc(n + 1, sizeof *a->rows);
    for (size_t i = 0; i < n; i++)
        a->rows[i] = (uint32_t)rng_below(&r, d->train.n);
    if (o->how.weights.by == OPTIMISER_ADAM)
        store_add_moments(s);
    for (int k = 0; k < N_KEPT; k++)
        if (of_store(s, k)) {
            a->keep[k] = mem_alloc(s->n_floats, sizeof *a->keep[k]);
            memcpy(a->keep[k], of_store(s, k), s->n_floats * sizeof *a->keep[k]);
        }
    return a;
}

void adapt_free(struct adapt *a)
{
    if (!a)
        return;
    for (int k = 0; k < N_KEPT; k++)
        free(a->keep[k]);
    free(a->rows);
    free(a);
}

void adapt_model(struct adapt *a, struct subnet *n)
{
    const struct learning *how = &a->o.how;
    struct run r = {
        .net = &n->net, .store = a->store, .pool = n->pool, .quantise = true, .fixed = true};

    if (a->o.steps == 0)
        return;
    for (uint32_t i = 0; i < a->o.steps; i++) {
        r.batch = (struct batch){&a->data->train, a->rows + (size_t)i * how->batch, 0, how->batch};
        pool_reset(n->pool);
        net_forward(&r);
        net_backward(&r, NULL);
        net_update(&r, how->weights, NULL, how->clip);
    }
    subnet_calibrate(n, a->data, a->o.calibrate_rows, true);
}

void adapt_undo(struct adapt *a)
{
    if (a->o.steps == 0)
        return;
    for (int k = 0; k < N_KEPT; k++)
        if (a->keep[k])
            memcpy(of_store(a->store, k), a->keep[k], a->store->n_floats * sizeof *a->keep[k]);
}
