/* SPDX-License-Identifier: Apache-2.0 */
/* Gating: z = sigmoid(gate) * value, element by element; the shorter operand ends in zeros, so that
 * beyond the value's end, and beyond the gate's, z is 0.
 *
 * Rounded, the sigmoid is the hardware's table over the gate's codes. Its gradient is the true
 * sigmoid's at the table's value. */
#include <math.h>
#include <string.h>

#include "nas/op_impl.h"

void gate_shape(struct net *net, struct node *n)
{
    const struct tensor *g = &net->tensor[n->input[0]].t, *v = &net->tensor[n->input[1]].t;
    struct tensor *out = &net->tensor[n->output].t;
    uint32_t gate = g->rows * g->dim, value = v->rows * v->dim;

    n->n_vec = out->dim = 1;
    n->n_in = n->n_out = out->rows = gate > value ? gate : value;
}

static size_t overlap(struct run *r, const struct node *n)
{
    size_t gate = tensor_size(node_in(r, n, 0)), value = tensor_size(node_in(r, n, 1));

    return gate < value ? gate : value;
}

static void table_of(const struct net_tensor *gate, uint16_t table[WL_TABLE_SIZE])
{
    struct wl_tensor t = {.bits = gate->grid.bits,
                          .zero_point = grid_zero_point(gate->grid),
                          .scale = net_tensor_scale(gate)};

    wl_sigmoid_table(&t, table);
}

/* n->x keeps the sigmoids. */
void gate_forward(struct run *r, struct node *n)
{
    const struct net_tensor *gate = &r->net->tensor[n->input[0]];
    const float *g = flat_input(r, n, 0), *v = flat_input(r, n, 1);
    struct tensor *out = node_out(r, n);
    size_t size = overlap(r, n);
    float *y = n->x = pool_floats(r->pool, size);

    if (r->quantise) {
        uint16_t table[WL_TABLE_SIZE];
        float inverse = (float)(1 / net_tensor_scale(gate));
        int32_t zero = (int32_t)grid_zero_point(gate->grid);

        table_of(gate, table);
        for (size_t i = 0; i < size; i++)
            y[i] = (float)table[(int32_t)lrintf(g[i] * inverse) + zero] / WL_TABLE_TOP;
    } else {
        vec_sigmoid(y, g, size);
    }
    for (size_t i = 0; i < size; i++)
        out->z[i] = y[i] * v[i];
    memset(out->z + size, 0, (tensor_size(out) - size) * sizeof *out->z);
}

void gate_backward(struct run *r, struct node *n)
{
    const float *v = flat_input(r, n, 1), *dz = node_out(r, n)->g, *y = n->x;
    size_t size = overlap(r, n);
    struct pool_mark mark = pool_mark(r->pool);
    float *dg = pool_zeros(r->pool, tensor_size(node_in(r, n, 0)));
    float *dv = pool_zeros(r->pool, tensor_size(node_in(r, n, 1)));

    for (size_t i = 0; i < size; i++) {
        dg[i] = dz[i] * v[i] * y[i] * (1 - y[i]);
        dv[i] = dz[i] * y[i];
    }
    tensor_add_gradient(node_in(r, n, 0), dg, true);
    tensor_add_gradient(node_in(r, n, 1), dv, true);
    pool_back(r->pool, mark);
}

void gate_lower(const struct net *net, const struct store *s, const struct node *n,
                struct workload *w, struct wl_op *op)
{
    double ratio = net_tensor_scale(&net->tensor[n->input[1]]) /
                   (WL_TABLE_TOP * code_step(&net->tensor[n->output]));

    (void)s;
    op->kind = WL_GATE;
    op->n_mult = 1;
    op->mult = arena_alloc(w->arena, 1, sizeof *op->mult);
    choose_mults(&ratio, 1, op->mult, &op->shift);
    op->table = arena_alloc(w->arena, WL_TABLE_SIZE, sizeof *op->table);
    table_of(&net->tensor[n->input[0]], op->table);
}
