/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/tensor.h"
#include "nas/simd.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"

enum { POOL_ALIGN_FLOATS = 16, POOL_MIN_FLOATS = 1 << 20, POOL_MAX_CHUNKS = 64 };

struct pool {
    float *chunk[POOL_MAX_CHUNKS];
    float *base[POOL_MAX_CHUNKS]; /* chunk, aligned */
    size_t size[POOL_MAX_CHUNKS];
    uint32_t n, at; /* chunks; the one in use */
    size_t used;    /* floats of it */
};

struct pool *pool_new(void)
{
    return mem_alloc(1, sizeof(struct pool));
}

void pool_free(struct pool *p)
{
    if (!p)
        return;
    for (uint32_t i = 0; i < p->n; i++)
        free(p->chunk[i]);
    free(p);
}

void pool_reset(struct pool *p)
{
    p->at = 0;
    p->used = 0;
}

static void pool_chunk(struct pool *p, size_t n)
{
    size_t last = p->n ? p->size[p->n - 1] : POOL_MIN_FLOATS / 2;
    size_t size = n > 2 * last ? n : 2 * last;
    uintptr_t raw;

    if (p->n == POOL_MAX_CHUNKS)
        abort(); /* 2^84 floats */
    p->chunk[p->n] = mem_alloc(size + POOL_ALIGN_FLOATS, sizeof(float));
    raw = (uintptr_t)p->chunk[p->n] / sizeof(float) % POOL_ALIGN_FLOATS;
    p->base[p->n] = p->chunk[p->n] + (POOL_ALIGN_FLOATS - raw) % POOL_ALIGN_FLOATS;
    p->size[p->n++] = size;
}

float *pool_floats(struct pool *p, size_t n)
{
    float *out;

    n = (n + POOL_ALIGN_FLOATS - 1) / POOL_ALIGN_FLOATS * POOL_ALIGN_FLOATS;
    while (p->at < p->n && p->used + n > p->size[p->at]) {
        p->at++;
        p->used = 0;
    }
    if (p->at == p->n) {
        pool_chunk(p, n);
        p->used = 0;
    }
    out = p->base[p->at] + p->used;
    p->used += n;
    return out;
}

float *pool_zeros(struct pool *p, size_t n)
{
    float *out = pool_floats(p, n);

    memset(out, 0, n * sizeof *out);
    return out;
}

struct pool_mark pool_mark(const struct pool *p)
{
    return (struct pool_mark){p->at, p->used};
}

void pool_back(struct pool *p, struct pool_mark mark)
{
    p->at = mark.at;
    p->used = mark.used;
}

SIMD_CLONES void vec_add(float *restrict dst, const float *restrict src, size_t n)
{
    for (size_t i = 0; i < n; i++)
        dst[i] += src[i];
}

/* dst (n, m) <- or += src (m, n), turned. */
SIMD_CLONES static void turn(float *restrict dst, const float *restrict src, size_t m, size_t n,
                             bool add)
{
    size_t full_m = m / LANES * LANES, full_n = n / LANES * LANES;
    union lanes block[LANES], sum;

    for (size_t i = 0; i < full_m; i += LANES)
        for (size_t j = 0; j < full_n; j += LANES) {
            for (size_t k = 0; k < LANES; k++)
                memcpy(&block[k], src + (i + k) * n + j, sizeof *block);
            lanes_transpose(block);
            for (size_t k = 0; k < LANES; k++) {
                float *to = dst + (j + k) * m + i;

                sum = block[k];
                if (add) {
                    memcpy(&sum, to, sizeof sum);
                    sum.v += block[k].v;
                }
                memcpy(to, &sum, sizeof sum);
            }
        }
    for (size_t i = 0; i < m; i++)
        for (size_t j = i < full_m ? full_n : 0; j < n; j++)
            dst[j * m + i] = src[i * n + j] + (add ? dst[j * m + i] : 0.0f);
}

void flat_from(float *dst, const float *src, uint32_t rows, uint32_t batch, uint32_t dim)
{
    if (dim == 1) {
        memcpy(dst, src, (size_t)rows * batch * sizeof *dst);
        return;
    }
    for (size_t r = 0, at = 0; r < rows; r++, at += (size_t)batch * dim)
        turn(dst + at, src + at, batch, dim, false);
}

void flat_to(float *dst, const float *src, uint32_t rows, uint32_t batch, uint32_t dim, bool add)
{
    if (dim == 1) {
        if (add)
            vec_add(dst, src, (size_t)rows * batch);
        else
            memcpy(dst, src, (size_t)rows * batch * sizeof *dst);
        return;
    }
    for (size_t r = 0, at = 0; r < rows; r++, at += (size_t)batch * dim)
        turn(dst + at, src + at, dim, batch, add);
}

float tensor_begin_gradient(struct tensor *t)
{
    float keep = t->begun ? 1 : 0;

    t->begun = true;
    return keep;
}

float *tensor_gradient(struct tensor *t)
{
    if (tensor_begin_gradient(t) == 0)
        memset(t->g, 0, tensor_size(t) * sizeof *t->g);
    return t->g;
}

void tensor_add_gradient(struct tensor *t, const float *src, bool flat)
{
    bool add;

    if (!t->g)
        return;
    add = tensor_begin_gradient(t) > 0;
    if (flat)
        flat_to(t->g, src, t->rows, t->batch, t->dim, add);
    else if (add)
        vec_add(t->g, src, tensor_size(t));
    else
        memcpy(t->g, src, tensor_size(t) * sizeof *src);
}

void gemm(bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k, const float *a,
          size_t lda, const float *b, size_t ldb, float beta, float *c, size_t ldc)
{
    openblas_set_num_threads(1);
    cblas_sgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans,
                transpose_b ? CblasTrans : CblasNoTrans, (blasint)m, (blasint)n, (blasint)k, 1.0f,
                a, (blasint)lda, b, (blasint)ldb, beta, c, (blasint)ldc);
}

/* Sixteen running sums of 4096 elements each at most in float, gathered in double. */
SIMD_CLONES double vec_dot(const float *a, const float *b, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n;) {
        union lanes s = {{0}}, x, y;
        size_t end = n - i < 4096 ? n : i + 4096;

        for (; i + LANES <= end; i += LANES) {
            memcpy(&x, a + i, sizeof x);
            memcpy(&y, b + i, sizeof y);
            s.v += x.v * y.v;
        }
        for (; i < end; i++)
            s.f[0] += a[i] * b[i];
        for (size_t k = 0; k < LANES; k++)
            sum += (double)s.f[k];
    }
    return sum;
}

SIMD_CLONES double vec_sum(const float *a, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n;) {
        union lanes s = {{0}}, x;
        size_t end = n - i < 4096 ? n : i + 4096;

        for (; i + LANES <= end; i += LANES) {
            memcpy(&x, a + i, sizeof x);
            s.v += x.v;
        }
        for (; i < end; i++)
            s.f[0] += a[i];
        for (size_t k = 0; k < LANES; k++)
            sum += (double)s.f[k];
    }
    return sum;
}

SIMD_CLONES void vec_scale(float *a, float by, size_t n)
{
    for (size_t i = 0; i < n; i++)
        a[i] *= by;
}

SIMD_CLONES void vec_multiply(float *restrict a, const float *restrict by, size_t n)
{
    for (size_t i = 0; i < n; i++)
        a[i] *= by[i];
}

SIMD_CLONES void vec_sigmoid(float *restrict dst, const float *restrict src, size_t n)
{
    for (size_t i = 0; i < n; i += LANES) {
        size_t k = n - i < LANES ? n - i : LANES;
        union lanes x = {{0}};

        memcpy(&x, src + i, k * sizeof *src);
        x.v = -x.v;
        lanes_exp(&x);
        x.v = 1 / (1 + x.v);
        memcpy(dst + i, &x, k * sizeof *dst);
    }
}

SIMD_CLONES void vec_spread(float *restrict dst, const float *restrict value, size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < n; i++)
            dst[r * n + i] = value[r];
}

SIMD_CLONES void vec_repeat(float *restrict dst, const float *restrict value, size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < n; i++)
            dst[r * n + i] = value[i];
}

SIMD_CLONES void vec_columns(double *restrict sum, const float *restrict a, size_t rows, size_t n)
{
    memset(sum, 0, n * sizeof *sum);
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < n; i++)
            sum[i] += (double)a[r * n + i];
}

double vec_rms(const float *a, size_t n)
{
    return n ? sqrt(vec_dot(a, a, n) / (double)n) : 0;
}
