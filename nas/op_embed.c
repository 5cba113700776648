/* SPDX-License-Identifier: Apache-2.0 */
/* Embedding: one row a field. Gradients go to the rows looked up (store_update_rows). */
#include <string.h>

#include "nas/op_impl.h"

void embed_shape(struct net *net, struct node *n)
{
    struct tensor *out = &net->tensor[n->output].t;

    n->n_in = n->n_out = out->rows = net->dims.n_fields;
    n->n_vec = out->dim = net->dims.embed_dim;
}

void embed_forward(struct run *r, struct node *n)
{
    const struct store *s = r->store;
    uint32_t dim = n->n_vec;
    float *z = node_out(r, n)->z;

    for (uint32_t f = 0; f < n->n_out; f++)
        for (uint32_t b = 0; b < r->batch.n; b++, z += dim) {
            uint64_t row = s->row_base[f] + r->lookup[(size_t)b * n->n_out + f];

            memcpy(z, s->emb + (size_t)row * s->dims.embed_dim, dim * sizeof *z);
        }
}

void embed_backward(struct run *r, struct node *n)
{
    (void)r;
    (void)n;
}

void embed_lower(const struct net *net, const struct store *s, const struct node *n,
                 struct workload *w, struct wl_op *op)
{
    (void)net;
    (void)s;
    (void)n;
    (void)w; /* tables are lowered once: freeze_table */
    op->kind = WL_EMBED;
}
