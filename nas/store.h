/* SPDX-License-Identifier: Apache-2.0 */
/* nas/store.h: shared weights: the largest matrix of every choice, of which subnets use slices.
 *
 * One parameter per (block, role, source): columns of one source of one operator, so that any
 * subset of sources is a set of parameters. The top left part serves smaller widths. Embeddings are
 * rows of one table, updated only where looked up. One accumulator per number, two for Adam.
 *
 * Gating: the matrix from each left source has as many rows as the widest right operand. */
#ifndef AUTORAC_NAS_STORE_H
#define AUTORAC_NAS_STORE_H

#include "nas/data.h"
#include "nas/space.h"
#include "sim/base/rng.h"

enum role {
    ROLE_FC,
    ROLE_DP_X,
    ROLE_DP_Y,
    ROLE_DP_OUT,
    ROLE_GATE_IN,
    ROLE_GATE_OUT,
    ROLE_SUM_OUT,
    ROLE_EFC,
    ROLE_ATT_X,
    ROLE_ATT_QKV,
    ROLE_ATT_O,
    ROLE_ATT_F1,
    ROLE_ATT_F2,
    ROLE_DSI,
    ROLE_FM_OUT,
    ROLE_FINAL,
    ROLE_N
};

/* Where the columns come from. DENSE and SPARSE: + source number; DSI: the rows DSI appended to
 * that source; OWN: the block's own result. */
enum {
    SRC_BIAS = 0,
    SRC_DENSE = 1,
    SRC_SPARSE = SRC_DENSE + 8,
    SRC_DSI = SRC_SPARSE + 8,
    SRC_OWN = SRC_DSI + 8,
    SRC_N
};

struct matrix {
    uint32_t rows, cols;
    size_t first; /* of its floats in w and acc */
    bool bias;
};

/* What of the data a network depends on. */
struct dims {
    uint32_t n_dense, n_fields, embed_dim;
};

struct store {
    struct dims dims;
    uint32_t n_params;
    struct matrix *param;
    int16_t id[SPACE_MAX_BLOCKS + 1][ROLE_N][SRC_N]; /* block 0: head; -1: no such parameter */
    size_t n_floats;
    float *w, *acc, *mom; /* mom: NULL without Adam */
    uint32_t *n_rows;     /* (n_fields) */
    uint64_t *row_base;   /* (n_fields + 1) */
    size_t n_emb;         /* floats of all tables */
    float *emb, *emb_acc, *emb_mom;
    float *mean, *inv_std; /* (n_dense) of the training part */
    uint32_t *slot;        /* (rows of all tables) scratch of sparse updates, zero between them */
};

uint32_t dp_rows(uint32_t dense_dim); /* round(sqrt(2 dense_dim)) */

/* Seeded by r's identity. mean and inv_std from d's training part. only: matrices of this genome
 * alone are made, NULL: of the whole space. */
struct store *store_new(const struct space *s, const struct genome *only, const struct data *d,
                        const struct rng *r);
/* Other matrices instead: n of them, of which rows, cols and bias are set, numbered from 0. */
struct store *store_new_matrices(const struct matrix *shape, uint32_t n, uint32_t embed_dim,
                                 const struct data *d, const struct rng *r);
void store_free(struct store *s);

static inline const struct matrix *store_param(const struct store *s, uint32_t id)
{
    return &s->param[id];
}

/* Adagrad with a floor: acc += g^2, w -= lr g / (sqrt(acc) + eps). A large eps keeps numbers that
 * are seldom seen from moving far on little evidence.
 * Adam: mom and acc follow g and g^2 by steps of 1/10 and 1/1000, w -= lr mom / (sqrt(acc) + eps);
 * what starting from 0 distorts is train.c's to correct, in lr. Only numbers in use move: moments
 * of embedding rows that are not looked up, and of weights off the path, stay.
 * Both: g is scale times the gradient, plus l2 w. */
enum optimiser { OPTIMISER_ADAGRAD, OPTIMISER_ADAM };
extern const char *const optimiser_names[]; /* NULL at the end */

struct rate {
    float lr, eps, l2;
    enum optimiser by;
};
void store_learn(struct store *s, size_t at, const float *g, size_t n, const struct rate *rate,
                 float scale);
/* Room for Adam's first moments, zero; there is none before. */
void store_add_moments(struct store *s);
/* All optimiser state to zero. */
void store_forget(struct store *s);

/* Gradients of the embedding rows that a batch looked up, each row once. */
struct row_grads {
    size_t n;
    uint64_t *row; /* (n) of all tables */
    float *g;      /* (n, dim) sum over the batch */
    uint32_t dim;  /* the first numbers of a row */
};
/* index (n, n_fields): rows within the fields' tables; g (n_fields, n, dim). out->row and out->g
 * are the caller's, with room for n_fields n rows. */
void store_merge_rows(struct store *s, const uint32_t *index, const float *g, uint32_t n,
                      uint32_t dim, struct row_grads *out);
void store_learn_rows(struct store *s, const struct row_grads *g, const struct rate *rate,
                      float scale);

#endif
