/* SPDX-License-Identifier: Apache-2.0 */
/* traces/wave_impl.h: a VCD file in parts, so that the model's can stand beside the RTL's. */
#ifndef AUTORAC_TRACES_WAVE_IMPL_H
#define AUTORAC_TRACES_WAVE_IMPL_H

#include "traces/wave.h"

struct vcd_range {
    const char *mark; /* what identifiers begin with */
    double period_ps;
    uint64_t from_cycle, to_cycle; /* both included */
};
void vcd_declare(FILE *f, const struct result *r, const char *scope, const char *mark);
void vcd_changes(FILE *f, const struct result *r, const struct vcd_range *w);

#endif
