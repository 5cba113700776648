/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/store.h"
#include "nas/simd.h"
#include "nas/tensor.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"

enum { MAX_PARAMS = 8 * ROLE_N * SRC_N };
static const float adam_first = 1 - 0.9f, adam_second = 1 - 0.999f;

uint32_t dp_rows(uint32_t dense_dim)
{
    return (uint32_t)floor(sqrt(2.0 * dense_dim) + 0.5);
}

static void put_matrix(struct store *s, uint32_t rows, uint32_t cols, bool bias)
{
    s->param[s->n_params++] = (struct matrix){rows, cols, s->n_floats, bias};
    s->n_floats += (size_t)rows * cols;
}

static void put(struct store *s, uint32_t block, enum role role, uint32_t src, uint32_t rows,
                uint32_t cols)
{
    s->id[block][role][src] = (int16_t)s->n_params;
    put_matrix(s, rows, cols, src == SRC_BIAS);
}

struct sizes {
    uint32_t dense, sparse, dim, inputs, fields; /* inputs: elements of dense source 0 */
    uint32_t operand;                            /* the widest left or right of gating and sum */
};

/* Rows from dense sources of a block, bit j of set: source j. */
static void put_dense(struct store *s, uint32_t block, enum role role, uint32_t rows, uint32_t set,
                      const struct sizes *z)
{
    for (uint32_t j = 0; j < block; j++)
        if (set >> j & 1)
            put(s, block, role, SRC_DENSE + j, rows, j ? z->dense : z->inputs);
    put(s, block, role, SRC_BIAS, rows, 1);
}

static void put_sparse(struct store *s, uint32_t block, enum role role, uint32_t rows, uint32_t set,
                       const struct sizes *z)
{
    for (uint32_t j = 0; j < block; j++) {
        if (!(set >> j & 1))
            continue;
        put(s, block, role, SRC_SPARSE + j, rows, j ? z->sparse : z->fields);
        if (j)
            put(s, block, role, SRC_DSI + j, rows, DSI_ROWS);
    }
    put(s, block, role, SRC_BIAS, rows, 1);
}

static void put_own(struct store *s, uint32_t block, enum role role, uint32_t rows, uint32_t cols)
{
    put(s, block, role, SRC_OWN, rows, cols);
    put(s, block, role, SRC_BIAS, rows, 1);
}

/* g: NULL stands for every choice. */
static void declare_dense(struct store *s, const struct space *sp, uint32_t b,
                          const struct genome_block *g, const struct sizes *z)
{
    uint32_t y = dp_rows(z->dense), set = g ? g->dense_in : UINT32_MAX;
    bool pairs = !g && sp->n_dense_kinds > DENSE_SUM;

    if (!g || g->dense_kind == DENSE_FC)
        put_dense(s, b, ROLE_FC, z->dense, set, z);
    if (!g || g->dense_kind == DENSE_DP) {
        put_dense(s, b, ROLE_DP_X, z->dim, set, z);
        put_sparse(s, b, ROLE_DP_Y, y, g ? g->sparse_in : UINT32_MAX, z);
        put_own(s, b, ROLE_DP_OUT, z->dense, y * (y + 1) / 2);
    }
    if (g ? g->dense_kind == DENSE_GATE : pairs) {
        put_dense(s, b, ROLE_GATE_IN, z->operand, g ? 1u << g->left : UINT32_MAX, z);
        put_own(s, b, ROLE_GATE_OUT, z->dense, z->operand);
    }
    if (g ? g->dense_kind == DENSE_SUM : pairs)
        put_own(s, b, ROLE_SUM_OUT, z->dense, z->operand);
}

static void declare_sparse(struct store *s, const struct space *sp, uint32_t b,
                           const struct genome_block *g, const struct sizes *z)
{
    uint32_t set = g ? g->sparse_in : UINT32_MAX;

    if (!g || g->sparse_kind == SPARSE_EFC)
        put_sparse(s, b, ROLE_EFC, z->sparse, set, z);
    if (g ? g->sparse_kind == SPARSE_ATT : sp->n_sparse_kinds > SPARSE_ATT) {
        put_sparse(s, b, ROLE_ATT_X, z->sparse, set, z);
        put_own(s, b, ROLE_ATT_QKV, 3 * z->dim, z->dim);
        put_own(s, b, ROLE_ATT_O, z->dim, z->dim);
        put_own(s, b, ROLE_ATT_F1, z->dim, z->dim);
        put_own(s, b, ROLE_ATT_F2, z->dim, z->dim);
    }
    if (!g || g->dsi)
        put_own(s, b, ROLE_DSI, DSI_ROWS * z->dim, z->dense);
    if (!g || g->fm)
        put_own(s, b, ROLE_FM_OUT, z->dense, z->dim);
}

static void declare(struct store *s, const struct space *sp, const struct genome *only)
{
    struct sizes z = {sp->dense_dim.value[sp->dense_dim.n - 1],
                      sp->sparse_dim.value[sp->sparse_dim.n - 1],
                      s->dims.embed_dim,
                      s->dims.n_dense ? s->dims.n_dense : s->dims.n_fields * s->dims.embed_dim,
                      s->dims.n_fields,
                      0};
    uint32_t n = sp->n_blocks;

    z.operand = z.inputs > z.dense ? z.inputs : z.dense;
    for (uint32_t b = 1; b <= n; b++) {
        const struct genome_block *g = only ? &only->b[b - 1] : NULL;

        declare_dense(s, sp, b, g, &z);
        declare_sparse(s, sp, b, g, &z);
    }
    put(s, 0, ROLE_FINAL, SRC_DENSE + n, 1, z.dense);
    put(s, 0, ROLE_FINAL, SRC_SPARSE + n, 1, z.sparse * z.dim);
    put(s, 0, ROLE_FINAL, SRC_DSI + n, 1, DSI_ROWS * z.dim);
    put(s, 0, ROLE_FINAL, SRC_BIAS, 1, 1);
}

/* Every source brings unit variance, whatever its width; biases start at 0. */
static void draw(struct store *s, const struct rng *r)
{
    struct rng weights = rng_child(r, "weights"), tables = rng_child(r, "tables");

    for (uint32_t i = 0; i < s->n_params; i++) {
        const struct matrix *p = &s->param[i];
        float spread = (float)(1 / sqrt(p->cols));

        if (p->rows == 1)
            spread = 0.01f;
        for (size_t k = 0; k < (size_t)p->rows * p->cols; k++)
            s->w[p->first + k] = p->bias ? 0 : spread * (float)rng_normal(&weights);
    }
    for (size_t k = 0; k < s->n_emb; k++)
        s->emb[k] = 0.05f * (float)rng_normal(&tables);
}

static void standardise(struct store *s, const struct data *d)
{
    for (uint32_t c = 0; c < s->dims.n_dense; c++) {
        double sum = 0, squares = 0, mean, var;

        for (uint64_t i = 0; i < d->train.n; i++) {
            double v = (double)d->train.dense[i * s->dims.n_dense + c];

            sum += v;
            squares += v * v;
        }
        mean = sum / (double)d->train.n;
        var = squares / (double)d->train.n - mean * mean;
        s->mean[c] = (float)mean;
        s->inv_std[c] = var > 1e-12 ? (float)(1 / sqrt(var)) : 0;
    }
}

static struct store *store_open(const struct data *d, uint32_t embed_dim)
{
    struct store *s = mem_alloc(1, sizeof *s);

    s->dims = (struct dims){d->n_dense, d->n_fields, embed_dim};
    s->param = mem_alloc(MAX_PARAMS, sizeof *s->param);
    memset(s->id, 0xff, sizeof s->id);
    return s;
}

/* Memory and first values, once all matrices are declared. */
static struct store *store_fill(struct store *s, const struct data *d, const struct rng *r)
{
    uint32_t embed_dim = s->dims.embed_dim;

    assert(s->n_params <= MAX_PARAMS);
    s->n_rows = mem_alloc(d->n_fields + 1, sizeof *s->n_rows);
    s->row_base = mem_alloc(d->n_fields + 1, sizeof *s->row_base);
    for (uint32_t f = 0; f < d->n_fields; f++) {
        s->n_rows[f] = d->n_rows[f];
        s->row_base[f + 1] = s->row_base[f] + d->n_rows[f];
    }
    s->n_emb = (size_t)s->row_base[d->n_fields] * embed_dim;
    s->w = mem_alloc(s->n_floats, sizeof *s->w);
    s->acc = mem_alloc(s->n_floats, sizeof *s->acc);
    s->emb = mem_alloc(s->n_emb + 1, sizeof *s->emb);
    s->emb_acc = mem_alloc(s->n_emb + 1, sizeof *s->emb_acc);
    s->mean = mem_alloc(d->n_dense + 1, sizeof *s->mean);
    s->inv_std = mem_alloc(d->n_dense + 1, sizeof *s->inv_std);
    s->slot = mem_alloc((size_t)s->row_base[d->n_fields] + 1, sizeof *s->slot);
    draw(s, r);
    standardise(s, d);
    return s;
}

struct store *store_new(const struct space *sp, const struct genome *only, const struct data *d,
                        const struct rng *r)
{
    struct store *s = store_open(d, sp->emb_dim.value[sp->emb_dim.n - 1]);

    declare(s, sp, only);
    return store_fill(s, d, r);
}

struct store *store_new_matrices(const struct matrix *shape, uint32_t n, uint32_t embed_dim,
                                 const struct data *d, const struct rng *r)
{
    struct store *s = store_open(d, embed_dim);

    for (uint32_t i = 0; i < n; i++)
        put_matrix(s, shape[i].rows, shape[i].cols, shape[i].bias);
    return store_fill(s, d, r);
}

void store_free(struct store *s)
{
    if (!s)
        return;
    free(s->slot);
    free(s->inv_std);
    free(s->mean);
    free(s->emb_mom);
    free(s->emb_acc);
    free(s->emb);
    free(s->mom);
    free(s->acc);
    free(s->w);
    free(s->row_base);
    free(s->n_rows);
    free(s->param);
    free(s);
}

const char *const optimiser_names[] = {"adagrad", "adam", NULL};

SIMD_CLONES static void adagrad(float *restrict w, float *restrict acc, const float *restrict g,
                                size_t n, struct rate rate, float scale)
{
    for (size_t i = 0; i < n; i++) {
        float d = scale * g[i] + rate.l2 * w[i], a = acc[i] + d * d;

        acc[i] = a;
        w[i] -= rate.lr * d / (sqrtf(a) + rate.eps);
    }
}

SIMD_CLONES static void adam(float *restrict w, float *restrict acc, float *restrict mom,
                             const float *restrict g, size_t n, struct rate rate, float scale)
{
    for (size_t i = 0; i < n; i++) {
        float d = scale * g[i] + rate.l2 * w[i];
        float m = mom[i] + adam_first * (d - mom[i]), a = acc[i] + adam_second * (d * d - acc[i]);

        mom[i] = m;
        acc[i] = a;
        w[i] -= rate.lr * m / (sqrtf(a) + rate.eps);
    }
}

void store_learn(struct store *s, size_t at, const float *g, size_t n, const struct rate *rate,
                 float scale)
{
    if (rate->by == OPTIMISER_ADAM)
        adam(s->w + at, s->acc + at, s->mom + at, g, n, *rate, scale);
    else
        adagrad(s->w + at, s->acc + at, g, n, *rate, scale);
}

void store_learn_rows(struct store *s, const struct row_grads *g, const struct rate *rate,
                      float scale)
{
    enum { AHEAD = 8 }; /* rows between asking for one and changing it */

    for (size_t i = 0; i < g->n; i++) {
        size_t at = (size_t)g->row[i] * s->dims.embed_dim;
        const float *sum = g->g + i * g->dim;

        if (i + AHEAD < g->n) {
            size_t next = (size_t)g->row[i + AHEAD] * s->dims.embed_dim;

            __builtin_prefetch(s->emb + next, 1);
            __builtin_prefetch(s->emb_acc + next, 1);
        }
        if (rate->by == OPTIMISER_ADAM)
            adam(s->emb + at, s->emb_acc + at, s->emb_mom + at, sum, g->dim, *rate, scale);
        else
            adagrad(s->emb + at, s->emb_acc + at, sum, g->dim, *rate, scale);
    }
}

void store_add_moments(struct store *s)
{
    if (s->mom)
        return;
    s->mom = mem_alloc(s->n_floats, sizeof *s->mom);
    s->emb_mom = mem_alloc(s->n_emb + 1, sizeof *s->emb_mom);
}

void store_forget(struct store *s)
{
    memset(s->acc, 0, s->n_floats * sizeof *s->acc);
    memset(s->emb_acc, 0, s->n_emb * sizeof *s->emb_acc);
    if (!s->mom)
        return;
    memset(s->mom, 0, s->n_floats * sizeof *s->mom);
    memset(s->emb_mom, 0, s->n_emb * sizeof *s->emb_mom);
}

void store_merge_rows(struct store *s, const uint32_t *index, const float *g, uint32_t n,
                      uint32_t dim, struct row_grads *out)
{
    uint32_t n_fields = s->dims.n_fields;

    out->n = 0;
    out->dim = dim;
    for (uint32_t f = 0; f < n_fields; f++) {
        uint32_t *slot = s->slot + s->row_base[f];
        size_t first = out->n;

        for (uint32_t b = 0; b < n; b++, g += dim) {
            uint32_t row = index[(size_t)b * n_fields + f];
            float *sum;

            if (slot[row] == 0) {
                out->row[out->n] = s->row_base[f] + row;
                vec_copy(out->g + out->n * dim, g, dim);
                slot[row] = (uint32_t)(++out->n - first);
                continue;
            }
            sum = out->g + (first + slot[row] - 1) * dim;
            for (uint32_t c = 0; c < dim; c++)
                sum[c] += g[c];
        }
        for (size_t i = first; i < out->n; i++)
            s->slot[out->row[i]] = 0;
    }
}
