/* SPDX-License-Identifier: Apache-2.0 */
/* nas/space.h: the space of designs: models (after NASRec, widened by precision) x chips.
 *
 * A model is n_blocks choice blocks. Block i (from 1) reads dense and sparse sources numbered
 * 0 (the inputs) .. i-1 (blocks before it). See docs/model-space.md.
 *
 * A genome is written as text, one word a block, and reads back to the same genome:
 *     e8x16/fc64w8a8-efc32w6a4-dsi4-fm8-d0-s01/gate128w8a8-att16w8a8-l1-r0-s12
 * embedding bits, numbers a row; dense operator (fc, dp, gate, sum), width, weight bits, activation
 * bits; the same of the sparse operator (efc, att); weight bits of DSI and FM if present; the dense
 * operator's sources: a set (fc, dp) or left and right (gate, sum); sparse sources.
 *
 * Counting is strict: a precision is counted only where its operator is present, sources only
 * among those that exist and where they are read. Left out of the space: multi-hot bags. */
#ifndef AUTORAC_NAS_SPACE_H
#define AUTORAC_NAS_SPACE_H

#include <stdbool.h>
#include <stdio.h>

#include "arch/config.h"
#include "sim/base/rng.h"

enum {
    SPACE_MAX_BLOCKS = 7,
    SPACE_MAX_SOURCES = 4, /* a block reads at most so many of either kind */
    SPACE_TEXT_BYTES = 1024,
    SPACE_MAX_VALUES = 12,
    SPACE_MAX_CHIP = 40, /* searched keys of the chip */
    DSI_ROWS = 8,
};

enum dense_kind { DENSE_FC, DENSE_DP, DENSE_GATE, DENSE_SUM, DENSE_N_KINDS };
enum sparse_kind { SPARSE_EFC, SPARSE_ATT, SPARSE_N_KINDS };

struct genome_block {
    uint8_t dense_kind, sparse_kind;
    uint8_t dsi, fm;                        /* 0 or 1 */
    uint8_t w_dense, w_sparse, w_dsi, w_fm; /* weight bits; 0 where the operator is absent */
    uint8_t a_dense, a_sparse;              /* activation bits of the block's outputs */
    uint8_t dense_in, sparse_in;            /* bit j: reads source j; dense_in of FC and DP only */
    uint8_t left, right;                    /* sources of gating and sum; else 0 */
    uint16_t dense_dim, sparse_dim;
};

struct genome {
    uint8_t n_blocks, emb_bits, emb_dim;
    struct genome_block b[SPACE_MAX_BLOCKS];
};

/* Allowed values of one choice. */
struct choice {
    uint32_t n;
    uint16_t value[SPACE_MAX_VALUES];
};

/* One searched key of the chip: its field, how design.yaml calls it, its values. */
struct chip_choice {
    const char *key;
    size_t offset; /* of the uint32_t in struct chip_config */
    struct choice choice;
};

struct space {
    uint32_t n_blocks;
    uint32_t n_dense_kinds, n_sparse_kinds; /* the first so many of their enumerations */
    struct choice dense_dim, sparse_dim, weight_bits, act_bits, emb_bits, emb_dim;
    uint32_t n_chip;
    struct chip_choice chip[SPACE_MAX_CHIP]; /* (n_chip) */
};

/* As NASRec names them. SMALL: FC, DP and EFC alone. */
enum space_operators { SPACE_FULL, SPACE_SMALL };

/* Widths above the maxima are left out (1024 and 64 leave all). Embedding rows are of 16 or 32
 * numbers; space_embedding sets others: dim, and its doubles up to max_dim. */
void space_init(struct space *s, enum space_operators ops, uint32_t n_blocks,
                uint32_t max_dense_dim, uint32_t max_sparse_dim);
void space_embedding(struct space *s, uint32_t dim, uint32_t max_dim);
/* One precision for weights, activations and embeddings alike: nothing of it is searched. */
void space_bits(struct space *s, uint32_t bits);
/* Keys of the chip that are not searched, separated by commas: "map." for all that begin so. */
enum err_code space_fix(struct space *s, const char *words, struct err *e);

/* ---- counting ---- */
struct factor {
    char name[48];
    char how[96]; /* one line: what is counted */
    uint32_t count, power;
    double log10; /* of count^power */
};
enum { SPACE_MAX_FACTORS = 96, SPACE_COUNT_BYTES = 160 };
/* Independent factors count^power whose product is the space; returns their number. */
uint32_t space_factors(const struct space *s, struct factor out[SPACE_MAX_FACTORS]);
/* Their product, all its decimal digits. */
void space_count_text(const struct space *s, char out[SPACE_COUNT_BYTES]);
double space_log10(const struct space *s);
double space_log10_models(const struct space *s);
/* A lower bound on designs that differ in hardware: only models all of whose blocks are in use
 * (every block reads the one before it, both dense and sparse). */
double space_log10_live(const struct space *s);
/* {"n_blocks", "designs" (its digits as text), "log10_designs", "log10_models", "log10_chips",
 * "log10_live", "factors": [...]} */
void space_write_json(const struct space *s, FILE *f);

/* ---- models ---- */
void genome_random(const struct space *s, struct rng *r, struct genome *out);
/* All sources (the latest four), all merges, largest widths, most bits; the operators, and the left
 * and right of gating and sum, are drawn. */
void genome_full(const struct space *s, struct rng *r, struct genome *out);
/* One choice redrawn to another value. */
void genome_mutate(const struct space *s, struct rng *r, struct genome *g);
/* Block by block from either parent. */
void genome_cross(struct rng *r, const struct genome *a, const struct genome *b,
                  struct genome *out);
bool genome_equal(const struct genome *a, const struct genome *b);
/* Gating and sum read one source each as left and right; FC and DP a set. */
static inline bool genome_reads_pair(const struct genome_block *b)
{
    return b->dense_kind == DENSE_GATE || b->dense_kind == DENSE_SUM;
}
/* Dense sources of the block's dense operator, bit j: source j. */
static inline uint32_t genome_dense_sources(const struct genome_block *b)
{
    return genome_reads_pair(b) ? 1u << b->left | 1u << b->right : b->dense_in;
}
void genome_text(const struct genome *g, char out[SPACE_TEXT_BYTES]);
/* ERR_CONFIG with the word that is wrong; only values of s are accepted. */
enum err_code genome_parse(const struct space *s, const char *text, struct genome *out,
                           struct err *e);

/* Which outputs of a block anybody reads, the last block's always. [b]: block b+1. */
struct genome_use {
    bool operator_used[SPACE_MAX_BLOCKS]; /* output of the dense operator, before FM is added */
    bool dense[SPACE_MAX_BLOCKS], sparse[SPACE_MAX_BLOCKS];
};
void genome_use(const struct genome *g, struct genome_use *u);

/* ---- chips: the searched fields of *c; all others stay ---- */
void chip_random(const struct space *s, struct rng *r, struct chip_config *c);
void chip_mutate(const struct space *s, struct rng *r, struct chip_config *c);
void chip_cross(const struct space *s, struct rng *r, const struct chip_config *a,
                const struct chip_config *b, struct chip_config *out);
/* The searched fields' values, in their order. */
void chip_get(const struct space *s, const struct chip_config *c, uint32_t value[SPACE_MAX_CHIP]);
void chip_set(const struct space *s, const uint32_t value[SPACE_MAX_CHIP], struct chip_config *c);
/* "mvm.rows=64;..." of the searched fields. */
void chip_text(const struct space *s, const struct chip_config *c, char out[SPACE_TEXT_BYTES]);

#endif
