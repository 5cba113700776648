/* SPDX-License-Identifier: Apache-2.0 */
/* cli/cmd_validate_mutants.c: which share of small mistakes in the RTL does co-simulation notice?
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/draw.h"
#include "cli/outdir.h"
#include "cli/rtl.h"
#include "validation/mutants.h"

static const struct opt mutants_opts[] = {
    {"count", 0, "N", false, false, false, "mutants (default 20)"},
    {"seed", 0, "S", false, false, false, "of the choice and the designs (default 1)"},
    {"designs", 0, "N", false, false, false, "random designs to run them on, at most (default 40)"},
    {"jobs", 0, "N", false, false, false,
     "mutants run beside each other (default 1); what is printed is the same"},
    {"entries", 0, NULL, false, false, false,
     "survivors once more, in the form of validation/mutant_equivalent.def"},
    {"at-least", 0, "PERCENT", false, false, false, "fail if fewer are caught (default 0)"},
    {0},
};

static enum err_code mutants_run(const struct args *a, struct err *e)
{
    struct validate_mutants v = {.draw = draw_small_workload};
    char dir[PATHS_SIZE], cache[PATHS_SIZE];
    uint32_t at_least;
    struct loop *loop = NULL;
    enum err_code rc;

    if ((rc = args_range(a, "count", 20, 0, 1000000, &v.count, e)) ||
        (rc = args_u64(a, "seed", 1, &v.seed, e)) ||
        (rc = args_range(a, "designs", 40, 0, 1000000, &v.n_designs, e)) ||
        (rc = args_range(a, "jobs", 1, 0, 1024, &v.jobs, e)) ||
        (rc = args_range(a, "at-least", 0, 0, 100, &at_least, e)))
        return rc;
    if (!v.count || !v.n_designs || !v.jobs)
        return err_set(e, ERR_CONFIG, "--%s: at least 1",
                       !v.count       ? "count"
                       : !v.n_designs ? "designs"
                                      : "jobs");
    if ((rc = outdir_temporary(dir, "mutants", e)))
        return rc;
    rtl_cache_dir(cache);
    v.entries = args_has(a, "entries");
    v.out_dir = dir;
    v.cache_dir = cache[0] ? cache : NULL;
    if (!(rc = loop_new(&loop, e)))
        rc = validate_mutants(&v, loop, stdout, e);
    loop_free(loop);
    if (!rc)
        rc = outdir_remove(dir, "", e);
    if (!rc && 100.0 * v.n_caught < (double)at_least * v.n_chosen)
        rc = err_set(e, ERR_MISMATCH, "%u of %u mutants caught, less than %u %%", v.n_caught,
                     v.n_chosen, at_least);
    return rc;
}

const struct cmd cmd_validate_mutants = {
    .name = "validate mutants",
    .pos = "",
    .summary = "plant small mistakes in the RTL and count those that are noticed",
    .details =
        "Chooses N mutants of the SystemVerilog library (operators, constants, states, operands,\n"
        "conditions, assignments) and co-simulates small random designs until each is caught or\n"
        "the designs are used up. Prints every survivor: file, line, before and after. Mutants "
        "that\n"
        "were shown to change nothing, and those that Verilator refuses, do not count; they are\n"
        "printed, too.",
    .opts = mutants_opts,
    .run = mutants_run,
};
