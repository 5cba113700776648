/* SPDX-License-Identifier: Apache-2.0 */
/* Genome -> network: which nodes there are, what they read, which shared weights they use. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "nas/net_impl.h"

enum {
    NONE = 0,      /* tensor 0 is never a block's result */
    GATE_BITS = 8, /* of a sigmoid's argument: an index of its table */
};

/* Tensors a source stands for. */
struct source {
    uint32_t dense; /* its dense output */
    uint32_t sparse,
        dsi; /* its sparse output: rows of the operator (or embedding), rows of DSI or NONE */
};

struct builder {
    struct net *net;
    const struct store *store;
    const struct genome *g;
    struct genome_use use;
    struct source source[SPACE_MAX_BLOCKS + 1];
};

static uint32_t add_tensor(struct net *net, const char *name, struct grid grid)
{
    struct net_tensor *t = &net->tensor[net->n_tensors];

    assert(net->n_tensors < NET_MAX_TENSORS);
    snprintf(t->name, sizeof t->name, "%s", name);
    t->grid = grid;
    t->rms = 1;
    return net->n_tensors++;
}

struct node *net_add(struct net *net, enum op_id op, uint32_t block, struct grid grid)
{
    struct node *n = &net->node[net->n_nodes++];
    char name[WL_NAME_BYTES];

    assert(net->n_nodes <= NET_MAX_NODES);
    n->op = op;
    n->block = block;
    n->bias = NET_NO_PARAM;
    if (block)
        snprintf(name, sizeof name, "b%u.%s", block, op_defs[op].name);
    else
        snprintf(name, sizeof name, "%s", op_defs[op].name);
    memcpy(n->name, name, sizeof name);
    n->output = add_tensor(net, name, grid);
    return n;
}

void net_read(struct node *n, uint32_t tensor, uint32_t param)
{
    assert(n->n_inputs < WL_MAX_INPUTS);
    n->param[n->n_inputs] = param;
    n->input[n->n_inputs++] = tensor;
}

uint32_t net_done(struct net *net, struct node *n)
{
    op_defs[n->op].shape(net, n);
    return n->output;
}

uint32_t net_begin(struct net *net, struct dims dims, uint32_t emb_bits)
{
    struct node *n;

    memset(net, 0, sizeof *net);
    net->dims = dims;
    add_tensor(net, "dense", (struct grid){GRID_SIGNED, 8});
    net->tensor[0].t.rows = dims.n_dense;
    net->tensor[0].t.dim = 1;
    net->tensor[0].scaled = true;
    n = net_add(net, OP_embed, 0, (struct grid){GRID_SIGNED, emb_bits});
    net->tensor[n->output].scaled = true;
    return net_done(net, n);
}

static uint32_t param_of(const struct builder *b, uint32_t block, enum role role, uint32_t src)
{
    int16_t id = b->store->id[block][role][src];

    assert(id >= 0);
    return (uint32_t)id;
}

static void linear(struct builder *b, struct node *n, uint32_t block, enum role role,
                   uint32_t n_out, uint32_t weight_bits)
{
    n->n_out = n_out;
    n->weight_bits = weight_bits;
    n->bias = param_of(b, block, role, SRC_BIAS);
}

static void read_dense(struct builder *b, struct node *n, uint32_t block, enum role role,
                       uint32_t set)
{
    for (uint32_t j = 0; j < block; j++)
        if (set >> j & 1)
            net_read(n, b->source[j].dense, param_of(b, block, role, SRC_DENSE + j));
}

static void read_sparse(struct builder *b, struct node *n, uint32_t block, enum role role,
                        uint32_t set)
{
    for (uint32_t j = 0; j < block; j++) {
        if (!(set >> j & 1))
            continue;
        net_read(n, b->source[j].sparse, param_of(b, block, role, SRC_SPARSE + j));
        if (b->source[j].dsi != NONE)
            net_read(n, b->source[j].dsi, param_of(b, block, role, SRC_DSI + j));
    }
}

/* The linear layer that makes an operator's vector dense_dim wide. */
static uint32_t build_width(struct builder *b, uint32_t block, const struct genome_block *g,
                            enum op_id op, enum role role, uint32_t from)
{
    struct node *n = net_add(b->net, op, block, (struct grid){GRID_SIGNED, g->a_dense});

    linear(b, n, block, role, g->dense_dim, g->w_dense);
    net_read(n, from, param_of(b, block, role, SRC_OWN));
    return net_done(b->net, n);
}

static uint32_t elements(const struct net *net, uint32_t tensor)
{
    return net->tensor[tensor].t.rows * net->tensor[tensor].t.dim;
}

static uint32_t build_fc(struct builder *b, uint32_t block, const struct genome_block *g)
{
    struct node *n = net_add(b->net, OP_fc, block, (struct grid){GRID_RELU, g->a_dense});

    linear(b, n, block, ROLE_FC, g->dense_dim, g->w_dense);
    read_dense(b, n, block, ROLE_FC, g->dense_in);
    return net_done(b->net, n);
}

static uint32_t build_dp(struct builder *b, uint32_t block, const struct genome_block *g)
{
    struct grid rows = {GRID_SIGNED, g->a_dense};
    uint32_t x, y;
    struct node *n = net_add(b->net, OP_dp_x, block, rows);

    linear(b, n, block, ROLE_DP_X, b->net->dims.embed_dim, g->w_dense);
    read_dense(b, n, block, ROLE_DP_X, g->dense_in);
    x = net_done(b->net, n);
    n = net_add(b->net, OP_dp_y, block, rows);
    linear(b, n, block, ROLE_DP_Y, dp_rows(g->dense_dim), g->w_dense);
    read_sparse(b, n, block, ROLE_DP_Y, g->sparse_in);
    y = net_done(b->net, n);
    n = net_add(b->net, OP_dp, block, (struct grid){GRID_WIDE, g->a_dense});
    net_read(n, x, NET_NO_PARAM);
    net_read(n, y, NET_NO_PARAM);
    return build_width(b, block, g, OP_dp_out, ROLE_DP_OUT, net_done(b->net, n));
}

/* NASRec pads both operands to the wider one's size and makes as many gates. Where a linear layer
 * follows, gates beyond the right operand's end would meet zeros only: they are left out. */
static uint32_t build_gate(struct builder *b, uint32_t block, const struct genome_block *g)
{
    uint32_t left = b->source[g->left].dense, right = b->source[g->right].dense, gates, out;
    uint32_t n_left = elements(b->net, left), n_right = elements(b->net, right);
    uint32_t size = n_left > n_right ? n_left : n_right;
    struct node *n = net_add(b->net, OP_gate_in, block, (struct grid){GRID_SIGNED, GATE_BITS});

    b->net->tensor[n->output].scaled = true;
    linear(b, n, block, ROLE_GATE_IN, size == g->dense_dim ? size : n_right, g->w_dense);
    net_read(n, left, param_of(b, block, ROLE_GATE_IN, SRC_DENSE + g->left));
    gates = net_done(b->net, n);
    n = net_add(b->net, OP_gate, block, (struct grid){GRID_SIGNED, g->a_dense});
    net_read(n, gates, NET_NO_PARAM);
    net_read(n, right, NET_NO_PARAM);
    out = net_done(b->net, n);
    return size == g->dense_dim ? out : build_width(b, block, g, OP_gate_out, ROLE_GATE_OUT, out);
}

static uint32_t build_sum(struct builder *b, uint32_t block, const struct genome_block *g)
{
    struct node *n = net_add(b->net, OP_sum, block, (struct grid){GRID_SIGNED, g->a_dense});
    uint32_t out;

    net_read(n, b->source[g->left].dense, NET_NO_PARAM);
    net_read(n, b->source[g->right].dense, NET_NO_PARAM);
    out = net_done(b->net, n);
    return elements(b->net, out) == g->dense_dim
               ? out
               : build_width(b, block, g, OP_sum_out, ROLE_SUM_OUT, out);
}

static uint32_t build_efc(struct builder *b, uint32_t block, const struct genome_block *g)
{
    struct node *n = net_add(b->net, OP_efc, block, (struct grid){GRID_RELU, g->a_sparse});

    linear(b, n, block, ROLE_EFC, g->sparse_dim, g->w_sparse);
    read_sparse(b, n, block, ROLE_EFC, g->sparse_in);
    return net_done(b->net, n);
}

/* A linear layer on each row, magnitudes kept. */
static uint32_t build_rows(struct builder *b, uint32_t block, const struct genome_block *g,
                           enum op_id op, enum role role, uint32_t from, uint32_t n_out)
{
    enum grid_kind kind = op == OP_att_f1 ? GRID_RELU : GRID_SIGNED;
    struct node *n = net_add(b->net, op, block, (struct grid){kind, g->a_sparse});

    b->net->tensor[n->output].scaled = true;
    linear(b, n, block, role, n_out, g->w_sparse);
    net_read(n, from, param_of(b, block, role, SRC_OWN));
    return net_done(b->net, n);
}

static uint32_t build_residual(struct builder *b, uint32_t block, const struct genome_block *g,
                               enum op_id op, uint32_t x, uint32_t y)
{
    struct node *n = net_add(b->net, op, block, (struct grid){GRID_SIGNED, g->a_sparse});

    net_read(n, x, NET_NO_PARAM);
    net_read(n, y, NET_NO_PARAM);
    return net_done(b->net, n);
}

static uint32_t build_attention(struct builder *b, uint32_t block, const struct genome_block *g)
{
    uint32_t dim = b->net->dims.embed_dim, x, y;
    struct node *n = net_add(b->net, OP_att_x, block, (struct grid){GRID_SIGNED, g->a_sparse});

    linear(b, n, block, ROLE_ATT_X, g->sparse_dim, g->w_sparse);
    read_sparse(b, n, block, ROLE_ATT_X, g->sparse_in);
    x = net_done(b->net, n);
    y = build_rows(b, block, g, OP_att_qkv, ROLE_ATT_QKV, x, 3 * dim);
    n = net_add(b->net, OP_attention, block, (struct grid){GRID_SIGNED, g->a_sparse});
    b->net->tensor[n->output].scaled = true;
    net_read(n, y, NET_NO_PARAM);
    y = build_rows(b, block, g, OP_att_o, ROLE_ATT_O, net_done(b->net, n), dim);
    x = build_residual(b, block, g, OP_att_add, x, y);
    y = build_rows(b, block, g, OP_att_f1, ROLE_ATT_F1, x, dim);
    y = build_rows(b, block, g, OP_att_f2, ROLE_ATT_F2, y, dim);
    return build_residual(b, block, g, OP_att_out, x, y);
}

/* On the grid of the block's sparse rows, which FM reads with them. */
static uint32_t build_dsi(struct builder *b, uint32_t block, const struct genome_block *g,
                          uint32_t dense)
{
    struct grid grid = {g->sparse_kind == SPARSE_ATT ? GRID_SIGNED : GRID_RELU, g->a_sparse};
    uint32_t size = DSI_ROWS * b->net->dims.embed_dim;
    struct node *n = net_add(b->net, g->dense_dim == size ? OP_dsi_rows : OP_dsi, block, grid);

    if (g->dense_dim == size) {
        net_read(n, dense, NET_NO_PARAM);
        net_read(n, dense, NET_NO_PARAM);
    } else {
        linear(b, n, block, ROLE_DSI, size, g->w_dsi);
        net_read(n, dense, param_of(b, block, ROLE_DSI, SRC_OWN));
    }
    return net_done(b->net, n);
}

static void build_sparse(struct builder *b, uint32_t block, const struct genome_block *g,
                         uint32_t dense)
{
    struct source *out = &b->source[block];

    out->sparse =
        g->sparse_kind == SPARSE_ATT ? build_attention(b, block, g) : build_efc(b, block, g);
    if (g->dsi)
        out->dsi = build_dsi(b, block, g, dense);
}

static uint32_t build_fm(struct builder *b, uint32_t block, const struct genome_block *g,
                         uint32_t dense)
{
    const struct source *own = &b->source[block];
    enum grid_kind kind = g->sparse_kind == SPARSE_ATT ? GRID_WIDE : GRID_RELU;
    uint32_t squares, projected;
    struct node *n = net_add(b->net, OP_fm, block, (struct grid){kind, g->a_dense});

    net_read(n, own->sparse, NET_NO_PARAM);
    if (own->dsi != NONE)
        net_read(n, own->dsi, NET_NO_PARAM);
    squares = net_done(b->net, n);
    n = net_add(b->net, OP_fm_out, block, (struct grid){GRID_SIGNED, g->a_dense});
    linear(b, n, block, ROLE_FM_OUT, g->dense_dim, g->w_fm);
    net_read(n, squares, param_of(b, block, ROLE_FM_OUT, SRC_OWN));
    projected = net_done(b->net, n);
    n = net_add(b->net, OP_add, block, (struct grid){GRID_SIGNED, g->a_dense});
    net_read(n, dense, NET_NO_PARAM);
    net_read(n, projected, NET_NO_PARAM);
    return net_done(b->net, n);
}

static uint32_t build_dense(struct builder *b, uint32_t block, const struct genome_block *g)
{
    static uint32_t (*const by_kind[DENSE_N_KINDS])(struct builder *, uint32_t,
                                                    const struct genome_block *) = {
        [DENSE_FC] = build_fc,
        [DENSE_DP] = build_dp,
        [DENSE_GATE] = build_gate,
        [DENSE_SUM] = build_sum,
    };

    return by_kind[g->dense_kind](b, block, g);
}

static void build_block(struct builder *b, uint32_t block)
{
    const struct genome_block *g = &b->g->b[block - 1];
    uint32_t dense = NONE;

    if (b->use.operator_used[block - 1])
        dense = build_dense(b, block, g);
    if (b->use.sparse[block - 1])
        build_sparse(b, block, g, dense);
    if (b->use.dense[block - 1] && g->fm)
        dense = build_fm(b, block, g, dense);
    b->source[block].dense = dense;
}

static void build_final(struct builder *b, uint32_t last)
{
    const struct source *src = &b->source[last];
    struct node *n = net_add(b->net, OP_final, 0, (struct grid){GRID_SIGNED, 8});

    linear(b, n, 0, ROLE_FINAL, 1, 8);
    net_read(n, src->dense, param_of(b, 0, ROLE_FINAL, SRC_DENSE + last));
    net_read(n, src->sparse, param_of(b, 0, ROLE_FINAL, SRC_SPARSE + last));
    if (src->dsi != NONE)
        net_read(n, src->dsi, param_of(b, 0, ROLE_FINAL, SRC_DSI + last));
    net_done(b->net, n);
}

void net_build(struct net *net, const struct genome *g, const struct store *s)
{
    struct builder b = {.net = net, .store = s, .g = g};
    struct dims dims = s->dims;

    dims.embed_dim = g->emb_dim;
    b.source[0].sparse = net_begin(net, dims, g->emb_bits);
    genome_use(g, &b.use);
    b.source[0].dense = s->dims.n_dense ? 0 : b.source[0].sparse;
    for (uint32_t block = 1; block <= g->n_blocks; block++)
        build_block(&b, block);
    build_final(&b, g->n_blocks);
}
