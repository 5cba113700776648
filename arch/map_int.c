/* SPDX-License-Identifier: Apache-2.0 */
/* Constants of an interaction shard, docs/microarchitecture.md section 8. */
#include "arch/map_impl.h"

void map_int(struct mapper *m, const struct wl_op *op, struct plan_unit *u)
{
    struct plan_int *d = &u->dyn;
    const struct wl_tensor *out = &m->w->tensor[op->output];
    bool add = op->kind == WL_ADD;

    u->kind = UNIT_INT;
    d->mode = add ? INT_ADD : op->kind == WL_DP ? INT_DP : INT_FM;
    d->rows = add ? 1 : op->n_in;
    d->dim = add ? op->n_in : op->n_vec;
    d->lanes = m->c->int_lanes;
    d->chunks = ceil_div(d->dim, d->lanes);
    d->n_out = out->rows * out->dim;
    d->zero_point_a = m->w->tensor[op->input[0]].zero_point;
    d->zero_point_b = add ? m->w->tensor[op->input[1]].zero_point : d->zero_point_a;
    d->mult_a = op->mult[0];
    d->mult_b = add ? op->mult[1] : 0;
    d->shift = op->shift;
    d->zero_point = out->zero_point;
    d->out_bits = out->bits;
    if (d->mode == INT_DP)
        u->comp_cycles = d->rows * (d->rows - 1) / 2 * d->chunks;
    else if (d->mode == INT_FM)
        u->comp_cycles = d->rows * d->chunks + d->chunks;
    else
        u->comp_cycles = d->chunks;
    map_output(m->p, u, d->n_out, map_pack_bits(out->bits));
}
