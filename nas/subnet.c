/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/subnet.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "nas/batch_norm.h"
#include "sim/base/mem.h"

enum { CALIBRATE_BATCH = 512, MAX_LOG2_FACTOR = 6, FACTOR_HALVINGS = 40 };

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

static uint32_t n_batches(uint32_t rows)
{
    return (rows + CALIBRATE_BATCH - 1) / CALIBRATE_BATCH;
}

void subnet_calibrate(struct subnet *n, const struct data *d, uint32_t rows, bool rounded)
{
    struct run r = run_of(n, rounded);

    net_calibrate(&r, &d->train, CALIBRATE_BATCH, n_batches(rows));
}

static void fold(struct subnet *n, const struct data *d, uint32_t rows, bool rounded)
{
    struct run r = run_of(n, rounded);

    r.batch_norm = true;
    batch_norm_fold(&r, &d->train, CALIBRATE_BATCH, n_batches(rows));
}

static void same_path(void *self, uint64_t step, struct rng *r, struct net *out)
{
    (void)step;
    (void)r;
    *out = *(const struct net *)self;
}

/* ---- the scale of the logits ---- */

/* Of the LogLoss by the factor; it grows with the factor. */
static double slope(const double *z, const uint8_t *label, const uint32_t *row, uint64_t n,
                    double factor)
{
    double sum = 0;

    for (uint64_t i = 0; i < n; i++)
        sum += (1 / (1 + exp(-factor * z[i])) - (label[row[i]] ? 1 : 0)) * z[i];
    return sum;
}

/* Where the slope is 0, by halves in the logarithm. */
static double best_factor(const double *z, const uint8_t *label, const uint32_t *row, uint64_t n)
{
    double lo = -MAX_LOG2_FACTOR, hi = MAX_LOG2_FACTOR;

    for (int i = 0; i < FACTOR_HALVINGS; i++) {
        double middle = (lo + hi) / 2;

        if (slope(z, label, row, n, exp2(middle)) > 0)
            hi = middle;
        else
            lo = middle;
    }
    return exp2((lo + hi) / 2);
}

static void scale_logit(struct subnet *n, float factor)
{
    const struct node *last = &n->net.node[n->net.n_nodes - 1];
    struct store *s = n->store;

    for (uint32_t i = 0; i < last->n_inputs; i++)
        vec_scale(s->w + store_param(s, last->param[i])->first, factor,
                  node_columns(last, &n->net.tensor[last->input[i]].t));
    s->w[store_param(s, last->bias)->first] *= factor;
}

double subnet_scale_logit(struct subnet *n, const struct data *d, double holdout, bool rounded)
{
    uint64_t n_held = data_n_held(d->train.n, holdout), at = 0;
    uint32_t *row = mem_alloc(n_held + 1, sizeof *row);
    double *z = mem_alloc(n_held + 1, sizeof *z), factor;
    struct run r = run_of(n, rounded);

    for (uint64_t i = 0; i < d->train.n; i++)
        if (data_held(i, holdout))
            row[at++] = (uint32_t)i;
    net_logits(&r, &d->train, row, 0, n_held, z);
    factor = n_held ? best_factor(z, d->train.label, row, n_held) : 1;
    scale_logit(n, (float)factor);
    free(z);
    free(row);
    return factor;
}

/* ---- training ---- */

enum err_code subnet_tune(struct subnet *n, const struct data *d, const struct rng *root,
                          const struct tune_options *o, double *loss, struct err *e)
{
    uint64_t n_rows = d->train.n - data_n_held(d->train.n, o->holdout);
    struct train_job j = {.stage = "tune",
                          .data = d,
                          .store = n->store,
                          .root = *root,
                          .path = same_path,
                          .self = &n->net,
                          .n_steps = train_steps(n_rows, o->how.batch, o->epochs),
                          .rounded = o->rounded,
                          .holdout = o->holdout,
                          .how = o->how,
                          .ckpt = o->ckpt,
                          .key = o->key,
                          .ckpt_steps = o->ckpt_steps,
                          .watch = o->watch};
    enum err_code rc;

    assert(o->calibrate_rows > 0 || (!o->how.batch_norm && !(o->holdout > 0)));
    store_forget(n->store);
    if ((rc = train_run(&j, o->stop, loss, e)) || (o->stop && o->stop < j.n_steps))
        return rc;
    if (o->how.batch_norm)
        fold(n, d, o->calibrate_rows, o->rounded);
    if (o->calibrate_rows > 0)
        subnet_calibrate(n, d, o->calibrate_rows, o->rounded);
    if (o->holdout > 0)
        subnet_scale_logit(n, d, o->holdout, o->rounded);
    return ERR_OK;
}

void subnet_predict(struct subnet *n, const struct data_split *split, uint64_t first, uint64_t rows,
                    bool rounded, double *p)
{
    struct run r = run_of(n, rounded);

    net_predict(&r, split, first, rows, p);
}
