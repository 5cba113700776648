/* SPDX-License-Identifier: Apache-2.0 */
/* arch/params.h: technology parameters: what one event costs and how large a part is.
 *
 * A set is a file params/NAME.yaml of groups of entries { value, unit, source, kind[, node] }.
 * arch/params.def lists the parameters; this program holds none of their values. "NAME+OVERLAY"
 * reads params/overlay/OVERLAY.yaml on top: another model of one component, a file of the same form
 * that replaces only what it names. Several overlays apply from left to right. "…@NODE" at
 * the end scales the whole to another technology node, in nm (arch/scale.h). */
#ifndef AUTORAC_ARCH_PARAMS_H
#define AUTORAC_ARCH_PARAMS_H

#include <stddef.h>

#include "sim/base/err.h"

enum param_id {
#define PARAM(id, name, unit, meaning) PARAM_##id,
#include "arch/params.def"
#undef PARAM
    PARAM_N,
};

struct param {
    const char *name, *unit, *meaning;
    const char *source;
    const char *kind; /* measured, cited, scaled, assumed */
    const char *node; /* nm, or "" */
    const char *file; /* set or overlay it comes from: "isaac32", "adc-zigzag" */
    double value;
};

struct params; /* one loaded set */
/* dir: folder of parameter sets; name: NAME[+OVERLAY...][@NODE]. Missing or unknown keys, a missing
 * value, unit, source or kind, or another unit: ERR_CONFIG with FILE:LINE. */
enum err_code params_load(struct params **out, const char *dir, const char *name, struct err *e);
void params_free(struct params *p);
size_t params_n(const struct params *p);
const struct param *params_at(const struct params *p, size_t i);
double params_get(const struct params *p, enum param_id id);

#endif
