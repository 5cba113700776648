/* SPDX-License-Identifier: Apache-2.0 */
/* nas/net_impl.h: building a network node by node, for net_build.c and zoo.c. */
#ifndef AUTORAC_NAS_NET_IMPL_H
#define AUTORAC_NAS_NET_IMPL_H

#include "nas/net.h"

/* An empty network with its dense input (tensor 0) and the embedding, whose tensor it returns. */
uint32_t net_begin(struct net *net, struct dims dims, uint32_t emb_bits);
/* A node and its output, called bBLOCK.OP, or OP where block is 0. */
struct node *net_add(struct net *net, enum op_id op, uint32_t block, struct grid grid);
/* One more input; param: its columns of the node's matrix, or NET_NO_PARAM. */
void net_read(struct node *n, uint32_t tensor, uint32_t param);
/* The node's inputs are all there: shapes. Returns its output. */
uint32_t net_done(struct net *net, struct node *n);

#endif
