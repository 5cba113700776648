/* SPDX-License-Identifier: Apache-2.0 */
/* rtlgen/gen_parts.h: the parts of a generated directory, for rtlgen/gen*.c only. */
#ifndef AUTORAC_RTLGEN_GEN_PARTS_H
#define AUTORAC_RTLGEN_GEN_PARTS_H

#include <stdio.h>

#include "arch/plan.h"
#include "sim/base/err.h"

/* Structural parameters of the tiles that follow from several fields of the plan. */
struct gen_sizes {
    uint32_t vc_bits;
    uint32_t mvm_xbars; /* the most crossbars any tile uses: dark ones are not built */
    uint32_t mvm_adcs;  /* a crossbar */
};
struct gen_sizes gen_sizes(const struct plan *p);

/* Sizes of Verilog ranges: at least one element. */
static inline uint32_t at_least_1(uint32_t v)
{
    return v ? v : 1;
}

/* Lower-case hex SHA-256 of the chip's configuration with every key written out. */
void gen_config_sha256(const struct plan *p, char out[65]);

void gen_header(FILE *f, const struct plan *p, const char *comment, const char *file,
                const char *what, const char *command);
void gen_top(FILE *f, const struct plan *p, const char *command);
/* The instance of unit u in autorac_top. */
void gen_tile(FILE *f, const struct plan *p, const struct plan_tile *t);
void gen_testbench(FILE *f, const struct plan *p, const char *command);
void gen_readme(FILE *f, const struct plan *p, const char *command, const char *fault);
void gen_image_loader(FILE *f, const struct plan *p, const char *command);
enum err_code gen_images(const struct plan *p, const char *dir, struct err *e);

#endif
