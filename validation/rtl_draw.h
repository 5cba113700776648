/* SPDX-License-Identifier: Apache-2.0 */
/* validation/rtl_draw.h: the chips on which model and RTL are compared, drawn key by key from a
 * table of values (validation/rtl_choice.h). */
#ifndef AUTORAC_VALIDATION_RTL_DRAW_H
#define AUTORAC_VALIDATION_RTL_DRAW_H

#include "arch/config.h"
#include "sim/base/rng.h"

/* Every choice of structure drawn. */
struct chip_config validate_rtl_chip(struct rng *r);

#endif
