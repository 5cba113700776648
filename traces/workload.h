/* SPDX-License-Identifier: Apache-2.0 */
/* traces/workload.h: what the hardware runs. The seam between algorithm and chip.
 *
 * A workload is an integer network program with its weights and tables, plus a
 * stream of requests. It says nothing about any chip. The simulator and the RTL
 * generator need a design and a workload, never a data set or a supernet.
 *
 * Numbers. Every tensor is rows x dim unsigned codes of `bits` bits (1..8), row-major;
 * the integer a code stands for is code - zero_point; the real value is
 * scale * (code - zero_point). Zero_point is 0 (after ReLU) or 2^(bits-1) (signed).
 *
 * Operators, all in 32-bit integers (acc must fit: checked when a workload is built):
 *   requant(acc; m, s, zp, bits) = clamp(((acc * m + 2^(s-1)) >> s) + zp, 0, 2^bits - 1)
 *     acc signed 32 bits, m unsigned 16 bits, product 48 bits, >> arithmetic, 1 <= s <= 40.
 *   With zp = 0 the clamp at 0 is the ReLU.
 *   WL_EMBED  field f without bags (max_bag 0): out[f][c] = table[f][row of the request][c];
 *             with bags: acc[c] = sum over the rows of the request's bag of (table[f][row][c] -
 *             zero_point), out[f][c] = requant(acc[c]; mult[f], shift, zp, bits). A bag is a set of
 *             0 .. max_bag rows; an empty one gives the zero point.
 *   WL_MVM    X is the inputs' codes in order, read as X[k * n_vec + v], k < n_in, v < n_vec;
 *             acc[m][v] = bias[m] + sum_k weight[m][k] * (X[k][v] - zero_point of its tensor)
 *             out[m * n_vec + v] = requant(acc; mult[m], shift, zp, bits), or acc itself
 *             (int32) when raw. n_vec = 1 is FC and DSI (whose output is merely viewed as rows);
 *             n_vec = dim is EFC: the same matrix applied to each of the dim columns.
 *             by_row: the same matrix applied to each of n_vec rows of n_in codes instead: X[k][v]
 *             is read as X[v * n_in + k] and out[v * n_out + m] is written.
 *   WL_DP     T is the inputs' rows in order, n_in rows of dim. For i > j, pair (i, j) at
 *             i(i-1)/2 + j: acc = sum_c T[i][c] * T[j][c] (zero points taken off), requant.
 *   WL_FM     rows as for DP; acc[c] = (sum_i T[i][c])^2 - sum_i T[i][c]^2, requant.
 *   WL_ADD    two inputs: acc = a * mult[0] + b * mult[1] (zero points taken off),
 *             out = clamp(((acc + 2^(s-1)) >> s) + zp, ...). The shorter one ends in zeros.
 *   WL_GATE   two inputs, gate and value: acc = table[gate code] * value (value's zero point taken
 *             off), requant. The shorter one ends in codes of its zero point.
 *   WL_ATTENTION  one input of n_in rows, each q, k, v of n_vec codes: 3 n_vec (zero points taken
 *             off). Head h has channels h d .. h d + d - 1, d = n_vec / n_heads. For each head and
 *             row i, softmax over the rows j in integers:
 *               S[j] = sum_c q[i][c] * k[j][c]
 *               t[j] = requant(max_j S - S[j]; mult[0], score_shift, 0, 8), e[j] = table[t[j]]
 *               Z = sum_j e[j], p = floor(log2 Z), x = floor(Z * 256 / 2^p) - 256
 *               out[i][c] = requant(mean; mult[1], shift, zp, bits) with
 *               mean = (sum_j e[j] * v[j][c]) * wl_reciprocal(x) >> (p + 8): 256 times the average.
 * Inputs of one DP, FM or MVM by row share bits, scale and zero point; inputs of one other MVM may
 * differ in all three (its codes are read with the largest bits of its inputs).
 *
 * Tables have WL_TABLE_SIZE entries of 0 .. WL_TABLE_TOP, which stands for 1. Any are legal (e[j]
 * at distance 0 must not be 0); those of the helpers below are the sigmoid of a gate's real value,
 * and exp(-t / 32), 0 for the last entry, which all greater distances share: scores then have
 * mult[0] / 2^score_shift = 32 x their real scale (softmax's 1/sqrt(d) included). Against float
 * softmax over the same codes the average is off by less than 0.01 of the largest |v|
 * (tests/traces).
 *
 * Each operator makes one tensor, of its own name (letters, digits, _ . -), and each tensor but 0
 * has one operator. With n_vec > 1 every input of an MVM has dim = n_vec and its output is
 * n_out x n_vec; by row, every input has dim = n_in and the output is n_vec x n_out; otherwise only
 * the number of elements counts. One EMBED, if there are fields.
 *
 * Tensor 0 is the dense input (absent features: rows = 0). The program's last operator is an MVM
 * with raw = true and n_out = 1: the logit; probability = sigmoid(logit_scale * logit).
 * A request's lookups are a record of words, a slot a field in order: the row, or, with bags, their
 * number and max_bag words for them, unused ones 0.
 * Left out: pooling by other than a sum and one factor a field (the mean of a
 * bag of varying size). */
#ifndef AUTORAC_TRACES_WORKLOAD_H
#define AUTORAC_TRACES_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/err.h"
#include "sim/base/mem.h"

#define WL_FORMAT_VERSION 2

enum { WL_NAME_BYTES = 32, WL_MAX_INPUTS = 16, WL_MAX_BAG = 255 };

/* Limits, so that a size from a file is known to be sane before memory is asked for. */
enum {
    WL_MAX_TENSORS = 1024,
    WL_MAX_FIELDS = 1024,
    WL_MAX_ELEMENTS = 1 << 20, /* of one tensor; also n_in and n_out */
    WL_MAX_WEIGHTS = 1 << 28,  /* n_in * n_out of one operator */
};

enum { WL_TABLE_SIZE = 256, WL_TABLE_TOP = 4095, WL_MAX_ATTENTION_ROWS = 256 };

enum wl_kind { WL_EMBED, WL_MVM, WL_DP, WL_FM, WL_ADD, WL_GATE, WL_ATTENTION, WL_N_KINDS };

struct wl_tensor {
    char name[WL_NAME_BYTES]; /* "dense", "b2.fc" */
    uint32_t rows, dim;       /* elements = rows * dim */
    uint32_t bits;            /* 1..8; 32 for the logit */
    uint32_t zero_point;
    double scale;
};

struct wl_op {
    char name[WL_NAME_BYTES]; /* "b2.fc": its output tensor has the same name */
    char role[16]; /* for reports: "fc", "efc", "dp", "fm", "dsi", "add", "gate", "attention",
                      "final", "embed" */
    enum wl_kind kind;
    uint32_t block; /* choice block it came from, 0: stem and head */
    uint32_t n_inputs;
    uint32_t input[WL_MAX_INPUTS]; /* tensor numbers, each produced earlier */
    uint32_t output;               /* tensor number */
    uint32_t n_in, n_out; /* MVM: K, M; DP, FM, ATTENTION: rows, output elements; ADD, GATE:
                             elements of the longer operand, twice; EMBED: fields, fields */
    uint32_t n_vec;       /* MVM: vectors; DP, FM, EMBED, ATTENTION: dim; ADD, GATE: 1 */
    bool raw;             /* MVM: output is the 32-bit accumulator */
    bool by_row;          /* MVM: vectors are rows, not columns; not with raw */
    uint32_t n_heads;     /* ATTENTION: divides n_vec; else 0 */
    uint32_t weight_bits; /* MVM: 2..8, weights in -(2^(b-1)-1) .. 2^(b-1)-1 */
    int8_t *weight;       /* MVM: (n_out, n_in) */
    int32_t *bias;        /* MVM: (n_out) */
    uint32_t n_mult;      /* MVM: n_out (0 when raw); DP, FM, GATE: 1; ADD, ATTENTION: 2;
                             EMBED: fields (0: no bags) */
    uint16_t *mult;       /* (n_mult) */
    uint32_t shift;       /* 1..40 (0 when raw, or EMBED without bags) */
    uint32_t score_shift; /* ATTENTION: 1..40; else 0 */
    uint16_t *table;      /* GATE, ATTENTION: (WL_TABLE_SIZE); else NULL */
};

struct workload {
    struct arena *arena; /* owns everything below */
    char name[WL_NAME_BYTES];
    uint32_t n_tensors;
    struct wl_tensor *tensor;
    uint32_t n_ops;
    struct wl_op *op; /* topological order */

    uint32_t n_fields, embed_dim;
    uint32_t *n_rows;   /* (n_fields) rows of each table */
    uint64_t *row_base; /* (n_fields + 1) prefix sums of n_rows */
    uint32_t *max_bag;  /* (n_fields) 0: exactly one row; NULL: so for all fields */
    uint32_t *slot;     /* (n_fields + 1) first word of each field's slot; NULL: word f */
    uint64_t *stored;   /* (n_stored) rows, counted over all tables, that `table` has, ascending;
                         * NULL: all. No request looks up others. */
    uint64_t n_stored;
    uint8_t *table; /* (rows there are, embed_dim) codes of the embedding tensor */

    uint32_t n_requests, n_dense;
    uint8_t *dense;    /* (n_requests, n_dense) codes of tensor 0 */
    uint32_t *lookup;  /* (n_requests, workload_n_words) rows within their fields' tables */
    uint8_t *label;    /* (n_requests) 0 or 1 */
    int32_t *expected; /* (n_requests) logit in exact integer arithmetic, no ADC loss */
    double logit_scale;
};

struct workload *workload_new(const char *name); /* empty, with its arena */
void workload_free(struct workload *w);

/* Everything the header comment promises; ERR_CONFIG names operator or tensor and the rule broken.
 */
enum err_code workload_check(const struct workload *w, struct err *e);

/* Numbers of all its matrices. */
uint64_t workload_n_weights(const struct workload *w);

/* HDF5. Both ends: byte-identical on rerun. load refuses other versions, truncated files and
 * anything workload_check refuses, naming file and data set. save is atomic. */
enum err_code workload_save(const struct workload *w, const char *path, struct err *e);
enum err_code workload_load(struct workload **out, const char *path, struct err *e);

/* The usual tables. gate: the tensor whose codes index it. */
void wl_sigmoid_table(const struct wl_tensor *gate, uint16_t table[WL_TABLE_SIZE]);
void wl_exp_table(uint16_t table[WL_TABLE_SIZE]);

/* Has the operator a table? */
static inline bool wl_has_table(enum wl_kind k)
{
    return k == WL_GATE || k == WL_ATTENTION;
}

/* 2^25 / (513 + 2 x), rounded half up: 2^16 / (1 + x/256) in the middle of its step, x < 256. */
static inline uint32_t wl_reciprocal(uint32_t x)
{
    uint32_t d = 513 + 2 * x;

    return ((1u << 26) + d) / (2 * d);
}

/* Copies max_bag (n_fields) and sets the slots; before any lookups. */
void workload_set_bags(struct workload *w, const uint32_t *max_bag);
static inline uint32_t workload_max_bag(const struct workload *w, uint32_t field)
{
    return w->max_bag ? w->max_bag[field] : 0;
}
/* First word of a field's slot in a request's record. */
static inline uint32_t workload_slot(const struct workload *w, uint32_t field)
{
    return w->slot ? w->slot[field] : field;
}
/* Words of a request's record. */
static inline uint32_t workload_n_words(const struct workload *w)
{
    return workload_slot(w, w->n_fields);
}
/* What a request, whose record is lookup, looks up in a field. */
struct wl_bag {
    uint32_t n;
    const uint32_t *row; /* (n) */
};
static inline struct wl_bag workload_bag(const struct workload *w, const uint32_t *lookup,
                                         uint32_t field)
{
    const uint32_t *slot = lookup + workload_slot(w, field);

    return workload_max_bag(w, field) ? (struct wl_bag){slot[0], slot + 1}
                                      : (struct wl_bag){1, slot};
}
/* The codes (embed_dim) of a row of a field's table; NULL if it is not stored. */
const uint8_t *workload_row(const struct workload *w, uint32_t field, uint32_t row);

/* Elements of all inputs of op together. */
uint64_t workload_op_elements(const struct workload *w, const struct wl_op *op);

/* Reference integer arithmetic, exactly as stated above (no chip): logit of one request whose
 * record of lookups (workload_n_words) and dense codes (n_dense) are given. scratch from
 * workload_scratch_new, one a thread. */
struct workload_scratch;
struct workload_scratch *workload_scratch_new(const struct workload *w);
void workload_scratch_free(struct workload_scratch *s);
int32_t workload_logit(const struct workload *w, struct workload_scratch *s, const uint32_t *lookup,
                       const uint8_t *dense);
/* Codes of tensor t after the last workload_logit (logit tensor: 4 little-endian bytes). */
const uint8_t *workload_tensor_codes(const struct workload_scratch *s, uint32_t t);

/* Shared by every implementation of the arithmetic in C. */
static inline uint32_t requant(int64_t product, uint32_t shift, uint32_t zero_point, uint32_t bits)
{
    int64_t y = ((product + ((int64_t)1 << (shift - 1))) >> shift) + (int64_t)zero_point;
    int64_t hi = ((int64_t)1 << bits) - 1;

    return (uint32_t)(y < 0 ? 0 : y > hi ? hi : y);
}

#endif
