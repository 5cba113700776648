/* SPDX-License-Identifier: Apache-2.0 */
/* nas/tensor.h: shaped float buffers, the pool they live in, and products of matrices.
 *
 * A tensor is (rows, batch, dim), row-major: row r of every sample side by side. Concatenating
 * tensors over rows is stacking, and one matrix applied to all samples and columns of a
 * sparse matrix is one product. A dense vector of n elements is (n, batch, 1). "Flat" is
 * (rows * dim, batch), the order in which an MVM with one vector reads its inputs.
 *
 * Products run on OpenBLAS with one thread: same machine, same result. */
#ifndef AUTORAC_NAS_TENSOR_H
#define AUTORAC_NAS_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct tensor {
    uint32_t rows, batch, dim;
    float *z;    /* before normalisation, activation and quantisation */
    float *v;    /* value */
    float *flat; /* v flat, once somebody has asked for it */
    float *g;    /* gradient of the loss; NULL: nobody asks for it */
    bool begun;  /* g holds something */
};

static inline size_t tensor_size(const struct tensor *t)
{
    return (size_t)t->rows * t->batch * t->dim;
}

/* Memory of one step: handed out in order, all taken back at once, kept for the next step. */
struct pool;
struct pool *pool_new(void);
void pool_free(struct pool *p); /* NULL is legal */
void pool_reset(struct pool *p);
float *pool_floats(struct pool *p, size_t n); /* contents undefined, 64-byte aligned */
float *pool_zeros(struct pool *p, size_t n);
/* What was handed out since the mark is taken back: its memory is still near the processor. */
struct pool_mark {
    uint32_t at;
    size_t used;
};
struct pool_mark pool_mark(const struct pool *p);
void pool_back(struct pool *p, struct pool_mark mark);

/* What to multiply g by before adding to it: 0 the first time, else 1. */
float tensor_begin_gradient(struct tensor *t);
/* g, for those who can only add: zeros the first time. */
float *tensor_gradient(struct tensor *t);

/* (rows, batch, dim) -> (rows * dim, batch) and back; add: dst += */
void flat_from(float *dst, const float *src, uint32_t rows, uint32_t batch, uint32_t dim);
void flat_to(float *dst, const float *src, uint32_t rows, uint32_t batch, uint32_t dim, bool add);
/* t's gradient += src; NULL g: nothing. Flat: src is (rows * dim, batch). */
void tensor_add_gradient(struct tensor *t, const float *src, bool flat);

/* c (m, n) = op(a) op(b) + beta c; lda, ldb, ldc are the row lengths in memory. */
void gemm(bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k, const float *a,
          size_t lda, const float *b, size_t ldb, float beta, float *c, size_t ldc);

/* For the short rows of tables, where a call would take longer than the copy. */
static inline void vec_copy(float *restrict dst, const float *restrict src, size_t n)
{
    enum { PIECE = 16 };

    for (; n >= PIECE; n -= PIECE, dst += PIECE, src += PIECE)
        memcpy(dst, src, PIECE * sizeof *dst);
    if (n)
        memcpy(dst, src, n * sizeof *dst);
}

void vec_add(float *dst, const float *src, size_t n);
double vec_dot(const float *a, const float *b, size_t n); /* fixed order of summation */
double vec_rms(const float *a, size_t n);
double vec_sum(const float *a, size_t n);
void vec_scale(float *a, float by, size_t n);
void vec_multiply(float *a, const float *by, size_t n);
void vec_sigmoid(float *dst, const float *src, size_t n); /* 1 / (1 + e^-x) */
/* Row r of dst (rows, n) <- value[r]; each row of dst (rows, n) <- value (n). */
void vec_spread(float *dst, const float *value, size_t rows, size_t n);
void vec_repeat(float *dst, const float *value, size_t rows, size_t n);
/* sum[k] (n) <- sums down the columns of a (rows, n). */
void vec_columns(double *sum, const float *a, size_t rows, size_t n);

#endif
