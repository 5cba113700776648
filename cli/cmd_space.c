/* SPDX-License-Identifier: Apache-2.0 */
/* cli/cmd_space.c: how many designs there are, and how that is counted. */
#include <stdio.h>

#include "cli/cmd.h"
#include "cli/term.h"
#include "nas/space.h"

static const struct opt space_opts[] = {
    {"small", 0, NULL, false, false, false, "NASRec-Small: FC, DP and EFC alone"},
    {"blocks", 0, "N", false, false, false, "choice blocks, 1..7 (default 7)"},
    OPT_JSON,
    {0},
};

static void space_print(const struct space *s)
{
    struct factor f[SPACE_MAX_FACTORS];
    uint32_t n = space_factors(s, f);
    unsigned column;
    char count[SPACE_COUNT_BYTES], power[16];

    printf("%-28s %8s %8s  %s\n", "factor", "count", "log10", "counted");
    for (uint32_t i = 0; i < n; i++) {
        snprintf(power, sizeof power, f[i].power > 1 ? "%u^%u" : "%u", f[i].count, f[i].power);
        column = (unsigned)printf("%-28s %8s %8.2f  ", f[i].name, power, f[i].log10);
        term_wrap(stdout, column, column, f[i].how);
        putchar('\n');
    }
    printf("\n%-28s %8s %8.2f\n", "models", "", space_log10_models(s));
    printf("%-28s %8s %8.2f  lower bound: every block in use\n", "different hardware", "",
           space_log10_live(s));
    printf("%-28s %8s %8.2f  the product of the factors\n", "designs", "", space_log10(s));
    space_count_text(s, count);
    printf("= %s\n", count);
}

static enum err_code space_run(const struct args *a, struct err *e)
{
    struct space s;
    uint32_t n_blocks;
    enum err_code rc = args_range(a, "blocks", SPACE_MAX_BLOCKS, 1, SPACE_MAX_BLOCKS, &n_blocks, e);

    if (rc)
        return rc;
    space_init(&s, args_has(a, "small") ? SPACE_SMALL : SPACE_FULL, n_blocks, 1024, 64);
    if (args_has(a, "json"))
        space_write_json(&s, stdout);
    else
        space_print(&s);
    return ERR_OK;
}

const struct cmd cmd_space = {
    .name = "space",
    .pos = "",
    .summary = "count the designs of the search space",
    .details =
        "A design is a model (operators, widths, wiring, precisions) on a chip. The product of\n"
        "the factors is the number of designs. A set is of at most 4 of the block's sources, a "
        "pair\n"
        "a left and a right one.",
    .opts = space_opts,
    .run = space_run,
};
