/* SPDX-License-Identifier: Apache-2.0 */
/* arch/component.h: what the chip is made of, for people: the rows of arch/components.def. */
#ifndef AUTORAC_ARCH_COMPONENT_H
#define AUTORAC_ARCH_COMPONENT_H

#include <stddef.h>

struct component {
    const char *name, *summary;
    const char *rtl;    /* module in rtlgen/sv */
    const char *keys;   /* of design.yaml, blank-separated */
    const char *params; /* groups of a parameter set, blank-separated */
};

extern const struct component components[];
extern const size_t n_components;

#endif
