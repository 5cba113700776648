/* SPDX-License-Identifier: Apache-2.0 */
/* Values of an embedding tile, docs/microarchitecture.md section 7. Converters have the bits that
 * the rows they add need, so it does not matter which rows are added in an array. */
#include <assert.h>
#include <string.h>

#include "arch/exec.h"
#include "arch/exec_impl.h"

static void pool(const struct plan *p, const struct plan_emb *em, uint32_t field,
                 const uint32_t *slot, uint8_t *out)
{
    const struct plan_emb_field *f = &em->field[field];
    const uint8_t *code[WL_MAX_BAG];

    assert(slot[0] <= f->max_bag);
    for (uint32_t k = 0; k < slot[0]; k++)
        code[k] = workload_row(p->workload, em->first_field + field, slot[1 + k]);
    for (uint32_t c = 0; c < em->dim; c++) {
        int32_t acc = 0;

        for (uint32_t k = 0; k < slot[0]; k++)
            acc += code[k][c] - (int32_t)em->zero_point;
        out[c] = (uint8_t)requant((int64_t)acc * f->mult, em->shift, em->zero_point, em->out_bits);
    }
}

void exec_emb(const struct plan *p, const struct plan_unit *u, const uint8_t *in, uint8_t *out)
{
    const struct plan_emb *em = &u->emb;
    const uint32_t *word = (const uint32_t *)(const void *)in;

    for (uint32_t i = 0; i < em->n_fields; i++, out += em->dim) {
        const uint32_t *slot = word + em->field[i].word;

        if (em->field[i].max_bag)
            pool(p, em, i, slot, out);
        else
            memcpy(out, workload_row(p->workload, em->first_field + i, *slot), em->dim);
    }
}
