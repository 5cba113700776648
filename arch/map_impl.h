/* SPDX-License-Identifier: Apache-2.0 */
/* arch/map_impl.h: what the parts of the mapper share; for arch/map*.c only.
 *
 * map.c counts shards, places them and joins them by edges; map_mvm.c, map_emb.c and map_int.c
 * work out one shard's constants. */
#ifndef AUTORAC_ARCH_MAP_IMPL_H
#define AUTORAC_ARCH_MAP_IMPL_H

#include "arch/plan.h"

/* What the mapper knows while it works: operators become runs of consecutive shards. */
struct mapper {
    struct plan *p;
    const struct workload *w;
    const struct chip_config *c;
    uint32_t n_shards;   /* units in use, I/O included (shard 0) */
    uint32_t *op_first;  /* (n_ops + 1) first shard of each operator */
    uint32_t *op_step;   /* (n_ops) outputs a shard (the last may have fewer) */
    uint32_t *tensor_op; /* (n_tensors) producing operator; UINT32_MAX: the dense input */
    uint32_t *node;      /* (n_shards) where each shard is placed */
    uint32_t next_vc;
    bool outline; /* weights are not read */
};

static inline uint32_t ceil_div(uint32_t a, uint32_t b)
{
    return (a + b - 1) / b;
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
/* Outputs a tile's crossbars hold of an MVM: shards have equal steps, the last may have fewer. */
enum err_code map_mvm_step(const struct mapper *m, const struct wl_op *op, uint32_t *step,
                           struct err *e);

/* Shards of an EMBED, and the first field of shard k (k = their number: all fields). */
uint32_t map_emb_shards(const struct mapper *m, const struct wl_op *op);
uint32_t map_emb_first(const struct mapper *m, const struct wl_op *op, uint32_t k);

/* Constants of a shard of n_out outputs (EMB: fields) from u->out_first on. */
void map_mvm(struct mapper *m, const struct wl_op *op, struct plan_unit *u, uint32_t n_out);
/* bias minus what the inputs' zero points contribute; refuses accumulators that could overflow. The
 * only part of the mapper that reads weights. */
enum err_code map_mvm_bias(struct mapper *m, const struct wl_op *op, struct plan_unit *u,
                           struct err *e);
enum err_code map_emb(struct mapper *m, const struct wl_op *op, struct plan_unit *u, uint32_t n_out,
                      struct err *e);
void map_int(struct mapper *m, const struct wl_op *op, struct plan_unit *u);

#endif
