/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/zoo.h"

#include <assert.h>

#include "nas/net_impl.h"

enum { GATE_BITS = 8, CROSS_LAYERS = 3, ATTENTION_LAYERS = 2, DEEP_BLOCK = 4, HEAD_BITS = 8 };

struct builder {
    struct net *net;
    const struct zoo_options *o;
    uint32_t embedding, n_params;
};

/* Tensors that a node reads. */
struct inputs {
    uint32_t n, tensor[WL_MAX_INPUTS];
};

static void also(struct inputs *in, uint32_t tensor)
{
    in->tensor[in->n++] = tensor;
}

static struct node *add(struct builder *b, enum op_id op, uint32_t block, enum grid_kind kind,
                        const struct inputs *in)
{
    uint32_t bits = op == OP_gate_in ? GATE_BITS : op == OP_final ? HEAD_BITS : b->o->act_bits;
    struct node *n = net_add(b->net, op, block, (struct grid){kind, bits});

    for (uint32_t i = 0; i < in->n; i++)
        net_read(n, in->tensor[i], NET_NO_PARAM);
    return n;
}

/* A node without weights. */
static uint32_t plain(struct builder *b, enum op_id op, uint32_t block, enum grid_kind kind,
                      const struct inputs *in)
{
    return net_done(b->net, add(b, op, block, kind, in));
}

static uint32_t linear(struct builder *b, enum op_id op, uint32_t block, enum grid_kind kind,
                       const struct inputs *in, uint32_t n_out)
{
    struct node *n = add(b, op, block, kind, in);

    n->n_out = n_out;
    n->weight_bits = op == OP_final ? HEAD_BITS : b->o->weight_bits;
    for (uint32_t i = 0; i < n->n_inputs; i++)
        n->param[i] = b->n_params++;
    n->bias = b->n_params++;
    return net_done(b->net, n);
}

static uint32_t of_one(struct builder *b, enum op_id op, uint32_t block, enum grid_kind kind,
                       uint32_t in, uint32_t n_out, bool scaled)
{
    uint32_t out = linear(b, op, block, kind, &(struct inputs){1, {in}}, n_out);

    b->net->tensor[out].scaled = scaled;
    return out;
}

static bool has_dense(const struct builder *b)
{
    return b->net->dims.n_dense > 0;
}

/* Embedding and dense features. */
static struct inputs raw(const struct builder *b)
{
    struct inputs in = {1, {b->embedding}};

    if (has_dense(b))
        also(&in, 0);
    return in;
}

/* FC layers over in. */
static uint32_t deep(struct builder *b, struct inputs in)
{
    uint32_t out = 0;

    for (uint32_t i = 0; i < b->o->n_layers; i++) {
        out = linear(b, OP_fc, DEEP_BLOCK + i, GRID_RELU, &in, b->o->width[i]);
        in = (struct inputs){1, {out}};
    }
    return out;
}

static uint32_t fm_of_embedding(struct builder *b)
{
    return plain(b, OP_fm, 1, GRID_WIDE, &(struct inputs){1, {b->embedding}});
}

static uint32_t elements(const struct builder *b, uint32_t tensor)
{
    return b->net->tensor[tensor].t.rows * b->net->tensor[tensor].t.dim;
}

static uint32_t cross(struct builder *b, uint32_t block, uint32_t x)
{
    uint32_t size = elements(b, b->embedding);
    uint32_t gates = of_one(b, OP_gate_in, block, GRID_SIGNED, x, size, true);
    struct inputs product = {2, {gates, b->embedding}}, sum = {2, {x, 0}};

    sum.tensor[1] = plain(b, OP_gate, block, GRID_SIGNED, &product);
    return plain(b, OP_sum, block, GRID_SIGNED, &sum);
}

static uint32_t attend(struct builder *b, uint32_t block, uint32_t x)
{
    uint32_t dim = b->net->dims.embed_dim, y;

    y = of_one(b, OP_att_qkv, block, GRID_SIGNED, x, 3 * dim, true);
    y = plain(b, OP_attention, block, GRID_SIGNED, &(struct inputs){1, {y}});
    b->net->tensor[y].scaled = true;
    y = of_one(b, OP_att_o, block, GRID_SIGNED, y, dim, true);
    return plain(b, OP_att_add, block, GRID_SIGNED, &(struct inputs){2, {x, y}});
}

/* ---- what the head reads ---- */

static struct inputs build_lr(struct builder *b)
{
    return raw(b);
}

static struct inputs build_fm(struct builder *b)
{
    struct inputs head = raw(b);

    also(&head, fm_of_embedding(b));
    return head;
}

static struct inputs build_dnn(struct builder *b)
{
    return (struct inputs){1, {deep(b, raw(b))}};
}

static struct inputs build_wide_deep(struct builder *b)
{
    struct inputs head = raw(b);

    also(&head, deep(b, raw(b)));
    return head;
}

static struct inputs build_deepfm(struct builder *b)
{
    struct inputs head = build_fm(b);

    also(&head, deep(b, raw(b)));
    return head;
}

static struct inputs build_dlrm(struct builder *b)
{
    uint32_t dim = b->net->dims.embed_dim, n_fields = b->net->dims.n_fields;
    uint32_t dense = has_dense(b) ? 0 : b->embedding;
    uint32_t x = of_one(b, OP_fc, 1, GRID_RELU, dense, b->o->width[0], false);
    struct inputs rows = {2, {0}}, top = {2, {x, 0}};

    rows.tensor[0] = of_one(b, OP_dp_x, 2, GRID_SIGNED, x, dim, false);
    rows.tensor[1] = of_one(b, OP_dp_y, 2, GRID_SIGNED, b->embedding, n_fields, false);
    top.tensor[1] = plain(b, OP_dp, 2, GRID_WIDE, &rows);
    return (struct inputs){1, {deep(b, top)}};
}

static struct inputs build_dcn(struct builder *b)
{
    struct inputs head = {0};
    uint32_t x = b->embedding;

    for (uint32_t i = 1; i <= CROSS_LAYERS; i++)
        x = cross(b, i, x);
    also(&head, x);
    also(&head, deep(b, raw(b)));
    return head;
}

static struct inputs build_autoint(struct builder *b)
{
    struct inputs head = {0};
    uint32_t x = b->embedding;

    for (uint32_t i = 1; i <= ATTENTION_LAYERS; i++)
        x = attend(b, i, x);
    also(&head, x);
    also(&head, deep(b, raw(b)));
    return head;
}

const struct zoo_kind zoo_kinds[ZOO_N] = {
#define ZOO(id, summary) [ZOO_##id] = {#id, summary},
#include "nas/zoo.def"
#undef ZOO
};

void zoo_net(struct net *out, enum zoo kind, const struct zoo_options *o, const struct data *d)
{
    static struct inputs (*const build[ZOO_N])(struct builder *) = {
#define ZOO(id, summary) [ZOO_##id] = build_##id,
#include "nas/zoo.def"
#undef ZOO
    };
    struct builder b = {.net = out, .o = o};
    struct inputs head;

    assert(o->n_layers >= 1 && o->n_layers <= ZOO_MAX_LAYERS);
    b.embedding = net_begin(out, (struct dims){d->n_dense, d->n_fields, o->embed_dim}, o->emb_bits);
    head = build[kind](&b);
    linear(&b, OP_final, 0, GRID_SIGNED, &head, 1);
}

/* In the order in which zoo_net numbered them: a node's inputs, then its bias. */
struct store *zoo_store(const struct net *net, const struct data *d, const struct rng *r)
{
    struct matrix shape[NET_MAX_NODES * 4];
    uint32_t n = 0;

    for (uint32_t i = 0; i < net->n_nodes; i++) {
        const struct node *node = &net->node[i];

        if (node->bias == NET_NO_PARAM)
            continue;
        for (uint32_t k = 0; k < node->n_inputs; k++)
            shape[n++] = (struct matrix){
                node->n_out, node_columns(node, &net->tensor[node->input[k]].t), 0, false};
        shape[n++] = (struct matrix){node->n_out, 1, 0, true};
    }
    return store_new_matrices(shape, n, net->dims.embed_dim, d, r);
}
