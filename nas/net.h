/* SPDX-License-Identifier: Apache-2.0 */
/* nas/net.h: one genome as a network: nodes in topological order, float forward and backward.
 *
 * Dead parts of the genome are left out. Each tensor: z = what the operator computes; y = z /
 * rms(z) over the whole batch (one number: it folds into the requantisation); v = y on its grid,
 * cut at 0 for ReLU. The dense input, the embedding, and where a sigmoid, a softmax or a residual
 * needs true magnitudes, values are not divided; their grid is scaled.
 * Gradients pass straight through rounding, and are 0 where a code saturates.
 *
 * Without dense features, dense source 0 is the flattened embedding.
 * Left out against NASRec: layer norm (per sample: does not fold), hence one rms a tensor. */
#ifndef AUTORAC_NAS_NET_H
#define AUTORAC_NAS_NET_H

#include "nas/op.h"
#include "nas/quant.h"
#include "nas/space.h"
#include "nas/store.h"
#include "nas/tensor.h"

enum { NET_MAX_NODES = 128, NET_MAX_TENSORS = NET_MAX_NODES + 1, NET_NO_PARAM = UINT32_MAX };

struct net_tensor {
    char name[WL_NAME_BYTES];
    struct tensor t;
    struct grid grid;
    bool scaled; /* the grid follows rms (dense input, embedding, inside attention and gating); else
                    values are divided by it */
    bool drops;  /* dropout may take its numbers: an FC layer's */
    float *kept; /* by dropout, 0 or what kept numbers are multiplied by; in the run's pool */
    double rms;  /* in use: of the last batch, or calibrated; 1 for the dense input */
};

struct node {
    enum op_id op;
    char name[WL_NAME_BYTES];
    uint32_t block;
    uint32_t n_inputs, input[WL_MAX_INPUTS], output; /* tensor numbers */
    uint32_t n_in, n_out, n_vec;
    bool by_row; /* the matrix is applied to rows, not columns */
    uint32_t weight_bits;
    uint32_t param[WL_MAX_INPUTS], bias; /* linear: columns of each input */
    /* of the last forward and backward, in the run's pool */
    float *x, *w, *dw, *db;
    float *hat, *mean, *variance; /* where the batch is normalised: (n_out, batch), (n_out) */
};

struct net {
    struct dims dims;
    uint32_t n_tensors, n_nodes;
    struct net_tensor tensor[NET_MAX_TENSORS]; /* 0: dense input */
    struct node node[NET_MAX_NODES];           /* the last computes the logit */
};

/* Rows of a batch: split row index[b], or first + b where index is NULL. */
struct batch {
    const struct data_split *split;
    const uint32_t *index;
    uint64_t first;
    uint32_t n;
};
static inline uint64_t batch_row(const struct batch *b, uint32_t i)
{
    return b->index ? b->index[i] : b->first + i;
}

struct run {
    struct net *net;
    struct store *store;
    struct pool *pool;
    struct batch batch;
    bool quantise;    /* round weights and activations */
    bool fixed;       /* keep every rms as it is (calibrated); else take the batch's */
    bool batch_norm;  /* normalise FC layers (nas/batch_norm.h) */
    double dropout;   /* probability; 0: none */
    struct rng draws; /* what dropout draws from */
    uint32_t *lookup; /* (batch, n_fields), set by net_forward */
};

/* Shapes, grids, parameters; rms all 1. dims.embed_dim is the genome's, at most the store's. */
void net_build(struct net *net, const struct genome *g, const struct store *s);

const float *net_forward(struct run *r); /* logits (batch) */
/* Gradient of the mean loss given d loss / d logit; NULL: of the logistic loss of the batch's
 * labels. Fills g of tensors and dw, db of nodes. Right after net_forward. */
void net_backward(struct run *r, const float *grad_logit);
/* Sum of logistic losses of the last forward. */
double net_loss(const struct run *r, const float *logit);
/* One optimiser step with the gradients of net_backward; rows NULL: the tables stay. clip: what the
 * length of all the gradients in use together is cut down to, 0: never. */
void net_update(struct run *r, struct rate weights, const struct rate *rows, double clip);
/* Forward with the n-th whole batch of split from row 0, or all of it if it is smaller; false:
 * there is none. */
bool net_forward_nth(struct run *r, const struct data_split *split, uint32_t batch, uint32_t n);
/* rms <- over n_batches batches of `batch` rows of split from row 0: mean square, averaged. */
void net_calibrate(struct run *r, const struct data_split *split, uint32_t batch,
                   uint32_t n_batches);
/* Logits of rows row[0 .. n - 1] of split, or first .. first + n - 1 where row is NULL, with
 * calibrated rms, into z. */
void net_logits(struct run *r, const struct data_split *split, const uint32_t *row, uint64_t first,
                uint64_t n, double *z);
/* Probabilities of rows first .. first + n - 1 of split with calibrated rms, into p. */
void net_predict(struct run *r, const struct data_split *split, uint64_t first, uint64_t n,
                 double *p);

/* For operators. */
static inline struct tensor *node_in(struct run *r, const struct node *n, uint32_t i)
{
    return &r->net->tensor[n->input[i]].t;
}
static inline struct tensor *node_out(struct run *r, const struct node *n)
{
    return &r->net->tensor[n->output].t;
}
/* Columns of a linear node's matrix that belong to an input. */
static inline uint32_t node_columns(const struct node *n, const struct tensor *t)
{
    return n->by_row ? t->dim : n->n_vec == 1 ? t->rows * t->dim : t->rows;
}
/* Real value of one code step. */
double net_tensor_scale(const struct net_tensor *t);
/* Dense feature c of a row as the network sees it: standardised. */
float net_dense_value(const struct store *s, const float *dense, uint32_t c);

#endif
