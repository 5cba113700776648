/* SPDX-License-Identifier: Apache-2.0 */
/* Constants of an embedding shard, docs/microarchitecture.md section 7. */
#include "arch/map_impl.h"

void map_emb(struct mapper *m, const struct wl_op *op, struct plan_unit *u, uint32_t n_out)
{
    struct plan *p = m->p;
    struct plan_emb *em = &u->emb;

    u->kind = UNIT_EMB;
    em->n_lookups = n_out;
    em->dim = op->n_vec;
    em->field = arena_alloc(p->arena, n_out, sizeof *em->field);
    em->table_base = arena_alloc(p->arena, n_out, sizeof *em->table_base);
    for (uint32_t i = 0; i < n_out; i++) {
        em->field[i] = u->out_first + i;
        em->table_base[i] = em->n_rows;
        em->n_rows += m->w->n_rows[u->out_first + i];
    }
    em->n_banks = m->c->emb_banks;
    em->row_cycles = map_cycles(m->c, m->c->emb_row_ns);
    u->comp_cycles = n_out - 1 + em->row_cycles;
    map_output(p, u, n_out * op->n_vec, map_pack_bits(m->w->tensor[op->output].bits));
}
