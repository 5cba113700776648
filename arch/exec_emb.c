/* SPDX-License-Identifier: Apache-2.0 */
/* Lookups of an embedding tile, docs/microarchitecture.md section 7: values, and the time that bank
 * conflicts take. */
#include <assert.h>
#include <string.h>

#include "arch/exec.h"
#include "arch/exec_impl.h"

uint64_t emb_cycles(const struct plan_emb *m, const uint32_t *rows, uint64_t *conflict_cycles)
{
    uint64_t free_at[64] = {0}; /* first cycle, counted from the first lookup, a bank is not busy */
    uint64_t issue = 0, next = 0;

    assert(m->n_banks <= 64);
    for (uint32_t i = 0; i < m->n_lookups; i++) {
        uint64_t *bank = &free_at[rows[i] & (m->n_banks - 1)];

        issue = *bank > next ? *bank : next;
        *bank = issue + m->row_cycles;
        next = issue + 1;
    }
    *conflict_cycles = next - m->n_lookups;
    return issue + m->row_cycles;
}

void exec_emb(const struct plan *p, const struct plan_unit *u, const uint8_t *in, uint8_t *out)
{
    const struct workload *w = p->workload;
    const struct plan_emb *em = &u->emb;

    for (uint32_t i = 0; i < em->n_lookups; i++) {
        uint32_t row;

        memcpy(&row, in + 4 * i, sizeof row);
        memcpy(out + (size_t)i * em->dim, workload_row(w, em->field[i], row), em->dim);
    }
}
