/* SPDX-License-Identifier: Apache-2.0 */
/* Embedding: one row a field. Gradients go to the rows looked up (store_update_rows). */
#include "nas/op_impl.h"

void embed_shape(struct net *net, struct node *n)
{
    struct tensor *out = &net->tensor[n->output].t;

    n->n_in = n->n_out = out->rows = net->dims.n_fields;
    n->n_vec = out->dim = net->dims.embed_dim;
}

void embed_forward(struct run *r, struct node *n)
{
    enum { AHEAD = 8 }; /* samples between asking for a row and reading it */
    const struct store *s = r->store;
    uint32_t dim = n->n_vec, batch = r->batch.n;
    float *z = node_out(r, n)->z;

    for (uint32_t f = 0; f < n->n_out; f++) {
        const float *table = s->emb + (size_t)s->row_base[f] * s->dims.embed_dim;
        const uint32_t *row = r->lookup + f;

        for (uint32_t b = 0; b < batch; b++, row += n->n_out, z += dim) {
            if (b + AHEAD < batch)
                __builtin_prefetch(table + (size_t)row[AHEAD * n->n_out] * s->dims.embed_dim);
            vec_copy(z, table + (size_t)*row * s->dims.embed_dim, dim);
        }
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
