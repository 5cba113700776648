/* SPDX-License-Identifier: Apache-2.0 */
/* ADD: two vectors of equal size. */
#include "nas/op_impl.h"

void add_shape(struct net *net, struct node *n)
{
    struct tensor *out = &net->tensor[n->output].t;

    n->n_vec = 1;
    n->n_in = n->n_out = out->rows = net->tensor[n->input[0]].t.rows;
    out->dim = 1;
}

void add_forward(struct run *r, struct node *n)
{
    struct tensor *out = node_out(r, n);
    const float *a = node_in(r, n, 0)->v, *b = node_in(r, n, 1)->v;

    for (size_t k = 0; k < tensor_size(out); k++)
        out->z[k] = a[k] + b[k];
}

void add_backward(struct run *r, struct node *n)
{
    const struct tensor *out = node_out(r, n);

    vec_add(node_in(r, n, 0)->g, out->g, tensor_size(out));
    vec_add(node_in(r, n, 1)->g, out->g, tensor_size(out));
}

/* The accumulator is 32 bits and holds both products at their largest (8-bit codes, 16-bit
 * multipliers): it always fits. */
void add_lower(const struct net *net, const struct store *s, const struct node *n,
               struct workload *w, struct wl_op *op)
{
    const struct net_tensor *out = &net->tensor[n->output];
    double ratio[2];

    (void)s;
    for (uint32_t i = 0; i < 2; i++)
        ratio[i] = net_tensor_scale(&net->tensor[n->input[i]]) / (out->rms * net_tensor_scale(out));
    op->kind = WL_ADD;
    op->n_mult = 2;
    op->mult = arena_alloc(w->arena, 2, sizeof *op->mult);
    choose_mults(ratio, 2, op->mult, &op->shift);
}
