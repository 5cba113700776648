/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/component.h"

const struct component components[] = {
#define COMP(name_, summary_, rtl_, keys_, params_)                                                \
    {.name = (name_), .summary = (summary_), .rtl = (rtl_), .keys = (keys_), .params = (params_)},
#include "arch/components.def"
#undef COMP
};

const size_t n_components = sizeof components / sizeof *components;
