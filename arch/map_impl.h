/* SPDX-License-Identifier: Apache-2.0 */
/* arch/map_impl.h: what the parts of the mapper share; for arch/map*.c only.
 *
 * map.c cuts operators into shards and puts the plan together; map_mvm.c, map_emb.c and map_int.c
 * work out one shard's constants; map_replicate.c says how often an operator is there; map_edges.c
 * joins shards; map_place.c packs them into tiles and places those; map_sizes.c is what all of them
 * count in. Until they are placed, shards are numbered in operator order, I/O first, and edges
 * refer to those numbers. */
#ifndef AUTORAC_ARCH_MAP_IMPL_H
#define AUTORAC_ARCH_MAP_IMPL_H

#include "arch/plan.h"

/* How an operator is cut: n_groups x n_blocks x n_replicas consecutive shards, in this order.
 * Groups but the last make partial sums, which the last adds to its own. */
struct map_op {
    uint32_t first, n_shards;
    uint32_t step, n_blocks; /* outputs a block (the last may have fewer), blocks */
    uint32_t n_groups;       /* of inputs */
    uint32_t *k_first;       /* MVM: (n_groups + 1) first input of each */
    uint32_t copies;         /* of each shard's crossbars */
    uint32_t n_replicas;
    uint64_t
        service_cycles; /* a request takes its engine, loading included; near enough to compare */
};

struct mapper {
    struct plan *p;
    const struct workload *w;
    const struct chip_config *c;
    struct map_op *op;       /* (n_ops) */
    uint32_t *tensor_op;     /* (n_tensors) producing operator; UINT32_MAX: the dense input */
    uint32_t n_shards;       /* I/O included (shard 0) */
    struct plan_unit *shard; /* (n_shards) */
    uint32_t *ring_words;    /* (n_shards) of their operand rings */
    uint32_t next_vc;
    bool outline; /* weights are not read */
};

static inline uint32_t ceil_div(uint32_t a, uint32_t b)
{
    return (a + b - 1) / b;
}

/* Shards that hold the results of op: n_blocks x n_replicas of them, the last. */
static inline uint32_t map_first_result(const struct map_op *op)
{
    return op->first + (op->n_groups - 1) * op->n_blocks * op->n_replicas;
}

/* ns -> whole cycles, rounded up, at least 1. */
uint32_t map_cycles(const struct chip_config *c, double ns);
/* Of a converter of the matrix tile's kind with that many bits. */
uint32_t map_conversion_cycles(const struct chip_config *c, uint32_t bits);
/* Bits an element of a tensor of `bits` bits takes in a word: 4 or 8. */
uint32_t map_pack_bits(uint32_t bits);
uint32_t map_words(const struct plan *p, uint32_t n_elements, uint32_t pack);
void map_output(struct plan *p, struct plan_unit *u, uint32_t n_elements, uint32_t pack);

void map_analog(const struct chip_config *c, const struct device *d, struct plan_analog *out);
/* How an MVM is cut so that its shards fit tiles: step, blocks, groups, copies. */
enum err_code map_mvm_cut(struct mapper *m, const struct wl_op *op, struct map_op *cut,
                          struct err *e);
/* Whether the element `at` of an operator's inputs begins a word of whoever sends it. */
bool map_begins_word(const struct mapper *m, const struct wl_op *op, uint32_t at);

/* Shards of an EMBED, and the first field of shard k (k = their number: all fields). */
uint32_t map_emb_shards(const struct mapper *m, const struct wl_op *op);
uint32_t map_emb_first(const struct mapper *m, const struct wl_op *op, uint32_t k);

/* Constants of a shard of n_out outputs (EMB: fields) from u->out_first on; MVM: of that group of
 * inputs. */
void map_mvm(struct mapper *m, const struct wl_op *op, struct plan_unit *u, uint32_t n_out,
             uint32_t group);
enum err_code map_emb(struct mapper *m, const struct wl_op *op, struct plan_unit *u, uint32_t n_out,
                      struct err *e);
void map_int(struct mapper *m, const struct wl_op *op, struct plan_unit *u);
/* bias minus what the inputs' zero points contribute; refuses accumulators that could overflow. The
 * only part of the mapper that reads weights. */
enum err_code map_mvm_bias(struct mapper *m, const struct wl_op *op, struct plan_unit *u,
                           struct err *e);

/* Sets n_replicas of every operator: map.replicate. */
void map_replicate(struct mapper *m);

/* All edges, rings within each shard's part of the buffer. */
void map_edges(struct mapper *m);

/* Shards into tiles, tiles onto the mesh; fills the plan's tiles and units. */
enum err_code map_place(struct mapper *m, struct err *e);

#endif
