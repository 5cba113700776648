/* SPDX-License-Identifier: Apache-2.0 */
/* nas/zoo.h: known models as fixed networks of the same operators, for comparison.
 *
 * They are trained, rounded, frozen and mapped like any other. What differs from the published
 * ones: embedding rows serve the linear part, too (their products with the head's weights), so that
 * there is one table; FM's sums over columns are weighted; every tensor is normalised by its root
 * mean square; cross layers go through a sigmoid, x + x0 sigmoid(W x + b), because no operator
 * multiplies two vectors without one; pairs are those of NASRec's DP, between projected rows.
 * Without dense features, dense inputs are the flattened embedding. */
#ifndef AUTORAC_NAS_ZOO_H
#define AUTORAC_NAS_ZOO_H

#include "nas/net.h"

enum zoo {
#define ZOO(id, summary) ZOO_##id,
#include "nas/zoo.def"
#undef ZOO
    ZOO_N
};

struct zoo_kind {
    const char *name, *summary;
};
extern const struct zoo_kind zoo_kinds[ZOO_N];

enum { ZOO_MAX_LAYERS = 8 };
struct zoo_options {
    uint32_t embed_dim, n_layers, width[ZOO_MAX_LAYERS]; /* of the deep part; at least one layer */
    uint32_t emb_bits, weight_bits, act_bits;
};

void zoo_net(struct net *out, enum zoo kind, const struct zoo_options *o, const struct data *d);
/* Weights and tables for it, drawn from r. */
struct store *zoo_store(const struct net *net, const struct data *d, const struct rng *r);

#endif
