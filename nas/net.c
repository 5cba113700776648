/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/net.h"
#include "nas/simd.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"

static const double rms_floor = 1e-6; /* of a tensor that is all zeros */

double net_tensor_scale(const struct net_tensor *t)
{
    return grid_step(t->grid) * (t->scaled ? t->rms : 1);
}

float net_dense_value(const struct store *s, const float *dense, uint32_t c)
{
    return (dense[c] - s->mean[c]) * s->inv_std[c];
}

/* ---- forward ---- */

SIMD_CLONES static void cut_below(float *restrict v, const float *restrict z, float by, float least,
                                  size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float y = z[i] * by;

        v[i] = y < least ? least : y;
    }
}

/* What z is multiplied by to be normalised. */
static float normal(const struct net_tensor *t)
{
    return t->scaled ? 1 : (float)(1 / t->rms);
}

/* z -> v: normalise, and round or cut at the ReLU's 0. */
static void activate(const struct run *r, struct net_tensor *t)
{
    size_t n = tensor_size(&t->t);

    if (r->quantise)
        grid_round(t->grid, t->scaled ? t->rms : 1, normal(t), t->t.z, t->t.v, n);
    else
        cut_below(t->t.v, t->t.z, normal(t), t->grid.kind == GRID_RELU ? 0 : -INFINITY, n);
}

static void load_batch(struct run *r)
{
    struct net_tensor *in = &r->net->tensor[0];
    uint32_t n_fields = r->net->dims.n_fields, n_dense = r->net->dims.n_dense, batch = r->batch.n;

    r->lookup = (uint32_t *)(void *)pool_floats(r->pool, (size_t)batch * n_fields + 1);
    for (uint32_t b = 0; b < batch; b++) {
        uint64_t row = batch_row(&r->batch, b);

        memcpy(r->lookup + (size_t)b * n_fields, r->batch.split->lookup + row * n_fields,
               n_fields * sizeof *r->lookup);
        for (uint32_t c = 0; c < n_dense; c++)
            in->t.z[(size_t)c * batch + b] =
                net_dense_value(r->store, r->batch.split->dense + row * n_dense, c);
    }
    activate(r, in);
}

/* Each number is 0 with the probability, else larger by what that takes away on average. */
static void drop(struct run *r, struct net_tensor *t, size_t n)
{
    uint32_t least = (uint32_t)(r->dropout * 65536);
    float keep = 65536.0f / (float)(65536 - least);

    t->kept = pool_floats(r->pool, n);
    for (size_t i = 0; i < n;) {
        uint64_t draws = rng_u64(&r->draws);

        for (uint32_t k = 0; k < 4 && i < n; k++, i++, draws >>= 16)
            t->kept[i] = (draws & 0xffff) < least ? 0 : keep;
    }
    vec_multiply(t->t.v, t->kept, n);
}

/* z -> v; when training with dropout, drop. */
static void finish(struct run *r, struct net_tensor *t)
{
    size_t n = tensor_size(&t->t);

    if (!r->fixed) {
        t->rms = vec_rms(t->t.z, n);
        t->rms = t->rms > rms_floor ? t->rms : rms_floor;
    }
    activate(r, t);
    if (t->drops && r->dropout > 0)
        drop(r, t, n);
}

const float *net_forward(struct run *r)
{
    struct net *net = r->net;

    for (uint32_t i = 0; i < net->n_tensors; i++) {
        struct tensor *t = &net->tensor[i].t;

        t->batch = r->batch.n;
        t->z = pool_floats(r->pool, tensor_size(t) + 1);
        t->v = pool_floats(r->pool, tensor_size(t) + 1);
        t->flat = t->g = NULL;
        t->begun = false;
    }
    load_batch(r);
    for (uint32_t i = 0; i < net->n_nodes; i++) {
        struct node *n = &net->node[i];

        op_defs[n->op].forward(r, n);
        if (n->op != OP_final)
            finish(r, &net->tensor[n->output]);
    }
    return net->tensor[net->node[net->n_nodes - 1].output].t.z;
}

double net_loss(const struct run *r, const float *logit)
{
    double sum = 0;

    for (uint32_t b = 0; b < r->batch.n; b++) {
        double z = (double)logit[b];
        bool one = r->batch.split->label[batch_row(&r->batch, b)];

        sum += (z > 0 ? z : 0) + log1p(exp(-fabs(z))) - (one ? z : 0);
    }
    return sum;
}

/* ---- backward ---- */

/* Where a tensor's values pass gradients on. */
static struct grid_range passes(const struct run *r, const struct net_tensor *t)
{
    if (r->quantise)
        return grid_range(t->grid, t->scaled ? t->rms : 1);
    return (struct grid_range){t->grid.kind == GRID_RELU ? 0 : -INFINITY, INFINITY};
}

/* What of g lies along y = by z, where y is in range. */
SIMD_CLONES static double along(const float *g, const float *z, float by, struct grid_range in,
                                size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n;) {
        union lanes s = {{0}}, x, y;
        size_t end = n - i < 4096 ? n : i + 4096;

        for (; i + LANES <= end; i += LANES) {
            memcpy(&x, g + i, sizeof x);
            memcpy(&y, z + i, sizeof y);
            y.v *= by;
            x.vi &= y.v > in.lo;
            y.vi &= y.v < in.hi;
            s.v += x.v * y.v; /* 0 where either is */
        }
        for (; i < end; i++)
            s.f[0] += z[i] * by > in.lo && z[i] * by < in.hi ? g[i] * (z[i] * by) : 0;
        for (size_t k = 0; k < LANES; k++)
            sum += (double)s.f[k];
    }
    return sum;
}

/* Out of range 0; the part along y, which normalising takes away, removed. */
SIMD_CLONES static void project(float *restrict g, const float *restrict z, float by,
                                struct grid_range in, float part, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float y = z[i] * by;

        g[i] = ((y > in.lo && y < in.hi ? g[i] : 0) - y * part) * by;
    }
}

/* Gradient of v -> gradient of the operator's z, in place. */
static void unfinish(const struct run *r, struct net_tensor *t)
{
    size_t n = tensor_size(&t->t);
    float *g = tensor_gradient(&t->t), by = normal(t), part = 0;
    struct grid_range in = passes(r, t);

    if (t->drops && r->dropout > 0)
        vec_multiply(g, t->kept, n);
    if (!t->scaled && !r->fixed)
        part = (float)(along(g, t->t.z, by, in, n) / (double)n);
    project(g, t->t.z, by, in, part, n);
}

void net_backward(struct run *r, const float *grad_logit)
{
    struct net *net = r->net;
    struct net_tensor *logit = &net->tensor[net->node[net->n_nodes - 1].output];

    for (uint32_t i = 1; i < net->n_tensors; i++)
        net->tensor[i].t.g = pool_floats(r->pool, tensor_size(&net->tensor[i].t));
    logit->t.begun = true;
    for (uint32_t b = 0; b < r->batch.n; b++) {
        double p = 1 / (1 + exp(-(double)logit->t.z[b]));
        double y = r->batch.split->label[batch_row(&r->batch, b)];

        logit->t.g[b] = grad_logit ? grad_logit[b] : (float)((p - y) / r->batch.n);
    }
    for (uint32_t i = net->n_nodes; i-- > 0;) {
        struct node *n = &net->node[i];

        if (n->op != OP_final)
            unfinish(r, &net->tensor[n->output]);
        op_defs[n->op].backward(r, n);
    }
}

/* ---- learning ---- */

static void update_linear(const struct run *r, const struct node *n, const struct rate *rate,
                          float scale)
{
    struct store *s = r->store;

    for (uint32_t m = 0; m < n->n_out; m++) {
        const float *g = n->dw + (size_t)m * n->n_in;

        for (uint32_t i = 0; i < n->n_inputs; i++) {
            const struct tensor *t = &r->net->tensor[n->input[i]].t;
            const struct matrix *p = store_param(s, n->param[i]);
            uint32_t k = node_columns(n, t);

            store_learn(s, p->first + (size_t)m * p->cols, g, k, rate, scale);
            g += k;
        }
    }
    store_learn(s, store_param(s, n->bias)->first, n->db, n->n_out, rate, scale);
}

static void update_weights(const struct run *r, const struct rate *rate, float scale)
{
    for (uint32_t i = 0; i < r->net->n_nodes; i++)
        if (r->net->node[i].bias != NET_NO_PARAM)
            update_linear(r, &r->net->node[i], rate, scale);
}

/* Of the gradient of every number in use. */
static double length(const struct run *r, const struct row_grads *rows)
{
    double squares = vec_dot(rows->g, rows->g, rows->n * rows->dim);

    for (uint32_t i = 0; i < r->net->n_nodes; i++) {
        const struct node *n = &r->net->node[i];

        if (n->bias == NET_NO_PARAM)
            continue;
        squares += vec_dot(n->dw, n->dw, (size_t)n->n_out * n->n_in);
        squares += vec_dot(n->db, n->db, n->n_out);
    }
    return sqrt(squares);
}

static void merge_rows(struct run *r, struct row_grads *out)
{
    const struct tensor *embedding = &r->net->tensor[r->net->node[0].output].t;
    size_t n = (size_t)r->net->dims.n_fields * r->batch.n;

    out->row = (uint64_t *)(void *)pool_floats(r->pool, 2 * n);
    out->g = pool_floats(r->pool, tensor_size(embedding));
    store_merge_rows(r->store, r->lookup, embedding->g, r->batch.n, r->net->dims.embed_dim, out);
}

void net_update(struct run *r, struct rate weights, const struct rate *rows, double clip)
{
    struct row_grads g = {0};
    float scale = 1;

    if (rows)
        merge_rows(r, &g);
    if (clip > 0) {
        double of = length(r, &g);

        scale = of > clip ? (float)(clip / of) : 1;
    }
    if (rows)
        store_learn_rows(r->store, &g, rows, scale);
    update_weights(r, &weights, scale);
}

bool net_forward_nth(struct run *r, const struct data_split *split, uint32_t batch, uint32_t n)
{
    if (n > 0 && (n + 1ull) * batch > split->n)
        return false;
    r->batch = (struct batch){split, NULL, (uint64_t)n * batch, batch};
    if (split->n < batch)
        r->batch.n = (uint32_t)split->n;
    pool_reset(r->pool);
    net_forward(r);
    return true;
}

void net_calibrate(struct run *r, const struct data_split *split, uint32_t batch,
                   uint32_t n_batches)
{
    double sum[NET_MAX_TENSORS] = {0};
    bool fixed = r->fixed;
    uint32_t n = 0;

    r->fixed = false;
    for (; n < n_batches && net_forward_nth(r, split, batch, n); n++)
        for (uint32_t i = 1; i < r->net->n_tensors; i++)
            sum[i] += r->net->tensor[i].rms * r->net->tensor[i].rms;
    for (uint32_t i = 1; i < r->net->n_tensors; i++)
        r->net->tensor[i].rms = sqrt(sum[i] / n);
    r->fixed = fixed;
}

void net_logits(struct run *r, const struct data_split *split, const uint32_t *row, uint64_t first,
                uint64_t n, double *z)
{
    enum { CHUNK = 512 };
    bool fixed = r->fixed;

    r->fixed = true;
    for (uint64_t i = 0; i < n; i += CHUNK) {
        const float *logit;

        r->batch = (struct batch){split, row ? row + i : NULL, first + i,
                                  (uint32_t)(n - i < CHUNK ? n - i : CHUNK)};
        pool_reset(r->pool);
        logit = net_forward(r);
        for (uint32_t b = 0; b < r->batch.n; b++)
            z[i + b] = (double)logit[b];
    }
    r->fixed = fixed;
}

void net_predict(struct run *r, const struct data_split *split, uint64_t first, uint64_t n,
                 double *p)
{
    net_logits(r, split, NULL, first, n, p);
    for (uint64_t i = 0; i < n; i++)
        p[i] = 1 / (1 + exp(-p[i]));
}
