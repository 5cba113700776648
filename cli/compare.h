/* SPDX-License-Identifier: Apache-2.0 */
/* cli/compare.h: directories of results side by side: what was changed, what it did, where.
 *
 * Everything is read from the files of sim, cosim and run: design.yaml or config.resolved.yaml,
 * stats.json, provenance.json. The first directory is what the others are compared with. */
#ifndef AUTORAC_CLI_COMPARE_H
#define AUTORAC_CLI_COMPARE_H

#include <stdbool.h>

#include "arch/config.h"
#include "cli/args.h"
#include "sim/base/mem.h"

struct compare_row {
    const char *name;
    double value[ARGS_MAX_POS]; /* a directory each; NaN: not there */
};

struct compare_section {
    const char *name, *title, *unit;
    bool is_sum; /* rows add up to the total, so each has a share of its change */
    size_t n, n_shown;
    struct compare_row *row;
};

enum { COMPARE_TOTALS, COMPARE_ENERGY, COMPARE_AREA, COMPARE_BUSY, COMPARE_N_SECTIONS };

struct compare {
    struct arena *arena;
    size_t n_dirs;
    struct compare_dir {
        const char *path;
        struct chip_config config;
        char workload_sha256[65]; /* "": not known */
        const char *program;      /* version and revision */
        const char *busiest;      /* unit */
        double busiest_utilisation;
        bool partial;
        struct cfg *stats;
    } dir[ARGS_MAX_POS];
    struct compare_section section[COMPARE_N_SECTIONS];
};

/* c is whole for compare_close even after failure. ERR_CONFIG: a directory without results. */
enum err_code compare_open(struct compare *c, const char *const *paths, size_t n, struct err *e);
void compare_close(struct compare *c);

/* Unit of a row; totals have one each. */
const char *compare_unit(const struct compare_section *s, size_t row);
/* The row's part in the change of the section's sum, 0..1 or beyond; NaN if the sum stays. */
double compare_share(const struct compare_section *s, size_t row, size_t dir);

#endif
