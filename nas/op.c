/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/op_impl.h"

#define OP(id, family, searched_, summary_)                                                        \
    [OP_##id] = {.name = #id,                                                                      \
                 .summary = (summary_),                                                            \
                 .searched = (searched_),                                                          \
                 .shape = family##_shape,                                                          \
                 .forward = family##_forward,                                                      \
                 .backward = family##_backward,                                                    \
                 .lower = family##_lower},
const struct op_def op_defs[OP_N] = {
#include "nas/ops.def"
};
#undef OP

const float *flat_input(struct run *r, const struct node *n, uint32_t i)
{
    struct tensor *t = node_in(r, n, i);

    if (t->dim == 1)
        return t->v;
    if (!t->flat) {
        t->flat = pool_floats(r->pool, tensor_size(t));
        flat_from(t->flat, t->v, t->rows, t->batch, t->dim);
    }
    return t->flat;
}
