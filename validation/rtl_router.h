/* SPDX-License-Identifier: Apache-2.0 */
/* validation/rtl_router.h: one random mesh of routers under random traffic, model against RTL:
 * every flit on every link and every credit, every cycle. */
#ifndef AUTORAC_VALIDATION_RTL_ROUTER_H
#define AUTORAC_VALIDATION_RTL_ROUTER_H

#include <stdbool.h>

#include "sim/base/err.h"
#include "sim/base/rng.h"
#include "sim/loop.h"

struct router_draw;

/* The model has run. dir is borrowed, fault (of router.sv, or NULL) too. */
enum err_code router_draw_new(struct router_draw **out, struct rng *r, const char *fault,
                              const char *dir, struct err *e);
enum err_code router_draw_write(const struct router_draw *d, struct err *e); /* the RTL, to dir */
enum err_code router_draw_build(struct router_draw *d, const char *cache_dir, struct loop *l,
                                struct err *e);
void router_draw_free(struct router_draw *d); /* NULL is legal */

/* Any number of times once it is built, in a forked child too. plusarg: for the RTL, or NULL. */
bool router_draw_equal(struct router_draw *d, const char *plusarg);
const char *router_draw_difference(const struct router_draw *d); /* the last time; "": none */

void router_draw_text(const struct router_draw *d, char text[64]); /* "mesh 3x2 vcs 4 buffer 1" */

#endif
