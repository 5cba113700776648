/* SPDX-License-Identifier: Apache-2.0 */
/* cli/cmd_validate_area.c: cell areas of the RTL's digital units beside the area parameters. */
#include <stdio.h>
#include <string.h>

#include "arch/config.h"
#include "cli/cmd.h"
#include "cli/outdir.h"
#include "cli/paths.h"
#include "validation/area.h"

static const struct opt validate_area_opts[] = {
    {"params", 0, "SET", false, false, false,
     "technology parameters, NAME[+OVERLAY...] (default: the designs')"},
    {"unit", 0, "NAME", false, false, false, "only this unit (default: all)"},
    {0},
};

static enum err_code area_in(const struct args *a, const char *work, struct err *e)
{
    struct chip_config c;
    struct params *q = NULL;
    struct loop *loop = NULL;
    char dir[PATHS_SIZE];
    const char *set;
    enum err_code rc;

    if ((rc = paths_params(dir, e)) || (rc = chip_config_read(NULL, &c, e)))
        return rc;
    set = args_str(a, "params", c.params);
    if (strchr(set, '@'))
        return err_set(e, ERR_CONFIG, "--params: \"%s\": areas are compared at the set's own node",
                       set);
    if (!(rc = params_load(&q, dir, set, e)) && !(rc = loop_new(&loop, e)))
        rc = validate_area(dir, q, work, args_str(a, "unit", NULL), loop, stdout, e);
    loop_free(loop);
    params_free(q);
    return rc;
}

static enum err_code validate_area_run(const struct args *a, struct err *e)
{
    char work[PATHS_SIZE];
    enum err_code rc;

    if ((rc = outdir_temporary(work, "area", e)) || (rc = area_in(a, work, e)))
        return rc;
    return outdir_remove(work, "", e);
}

const struct cmd cmd_validate_area = {
    .name = "validate area",
    .pos = "",
    .summary = "compare cell areas that Yosys finds with the area parameters",
    .details =
        "Synthesises the RTL's digital units, each alone, for a free cell library, scales the\n"
        "areas to the parameters' node (arch/params/reference/synthesis.yaml) and prints the "
        "ratio.\n"
        "Needs the Debian packages yosys and qflow-tech-osu018.",
    .opts = validate_area_opts,
    .run = validate_area_run,
};
