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
