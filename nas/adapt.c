/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/adapt.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"

struct adapt {
    struct store *store;
    const struct data *data;
    struct adapt_options o;
    uint32_t *rows; /* (steps, batch) of the training part */
    float *keep;    /* (n_floats) the shared weights */
};

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
    a->keep = mem_alloc(s->n_floats, sizeof *a->keep);
    memcpy(a->keep, s->w, s->n_floats * sizeof *a->keep);
    if (o->how.weights.by == OPTIMISER_ADAM)
        store_add_moments(s);
    return a;
}

void adapt_free(struct adapt *a)
{
    if (!a)
        return;
    free(a->keep);
    free(a->rows);
    free(a);
}

void adapt_model(struct adapt *a, struct subnet *n)
{
    const struct learning *how = &a->o.how;
    struct run r = {.net = &n->net, .store = a->store, .pool = n->pool, .quantise = true};

    if (a->o.steps == 0)
        return;
    store_forget_weights(a->store);
    for (uint32_t i = 0; i < a->o.steps; i++) {
        r.batch =
            (struct batch){&a->data->train, a->rows + (size_t)i * how->batch, 0, how->batch};
        pool_reset(n->pool);
        net_forward(&r);
        net_backward(&r, NULL);
        net_update(&r, train_rate(how->weights, i, a->o.steps), NULL, how->clip);
    }
    subnet_calibrate(n, a->data, a->o.calibrate_rows, true);
}

void adapt_undo(struct adapt *a)
{
    if (a->o.steps > 0)
        memcpy(a->store->w, a->keep, a->store->n_floats * sizeof *a->keep);
}
