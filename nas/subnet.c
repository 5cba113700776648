/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/subnet.h"

#include <stdlib.h>

#include "sim/base/mem.h"

enum { CALIBRATE_BATCH = 512 };

struct subnet *subnet_new(const struct genome *g, struct store *s)
{
    struct subnet *n = mem_alloc(1, sizeof *n);

    n->genome = *g;
    n->store = s;
    n->pool = pool_new();
    net_build(&n->net, g, s);
    return n;
}

struct subnet *subnet_new_net(const struct net *net, struct store *s)
{
    struct subnet *n = mem_alloc(1, sizeof *n);

    n->store = s;
    n->pool = pool_new();
    n->net = *net;
    return n;
}

void subnet_free(struct subnet *n)
{
    if (!n)
        return;
    pool_free(n->pool);
    free(n);
}

static struct run run_of(struct subnet *n, bool rounded)
{
    return (struct run){.net = &n->net, .store = n->store, .pool = n->pool, .quantise = rounded};
}

void subnet_calibrate(struct subnet *n, const struct data *d, uint32_t rows, bool rounded)
{
    struct run r = run_of(n, rounded);

    net_calibrate(&r, &d->train, CALIBRATE_BATCH, (rows + CALIBRATE_BATCH - 1) / CALIBRATE_BATCH);
}

void subnet_adapt(struct subnet *n, const struct data *d, const uint32_t *rows, uint32_t steps,
                  uint32_t batch, double lr, uint32_t calibrate_rows)
{
    struct run r = run_of(n, true);
    struct rate rate = {.lr = (float)lr, .eps = 1}; /* accumulators far below: plain descent */

    r.fixed = true;
    for (uint32_t i = 0; i < steps; i++) {
        r.batch = (struct batch){&d->train, rows + (size_t)i * batch, 0, batch};
        pool_reset(n->pool);
        net_forward(&r);
        net_backward(&r, NULL);
        net_update_weights(&r, rate);
    }
    if (steps > 0)
        subnet_calibrate(n, d, calibrate_rows, true);
}

static void same_path(void *self, uint64_t step, struct rng *r, struct net *out)
{
    (void)step;
    (void)r;
    *out = *(const struct net *)self;
}

enum err_code subnet_tune(struct subnet *n, const struct data *d, const struct rng *root,
                          const struct tune_options *o, double *loss, struct err *e)
{
    struct train_job j = {.stage = "tune",
                          .data = d,
                          .store = n->store,
                          .root = *root,
                          .path = same_path,
                          .self = &n->net,
                          .n_steps = train_steps(d, o->how.batch, o->epochs),
                          .rounded = o->rounded,
                          .how = o->how,
                          .ckpt = o->ckpt,
                          .key = o->key,
                          .ckpt_steps = o->ckpt_steps,
                          .watch = o->watch};

    store_forget(n->store);
    return train_run(&j, o->stop, loss, e);
}

void subnet_predict(struct subnet *n, const struct data_split *split, uint64_t first, uint64_t rows,
                    bool rounded, double *p)
{
    struct run r = run_of(n, rounded);

    net_predict(&r, split, first, rows, p);
}
