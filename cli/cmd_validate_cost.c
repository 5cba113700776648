/* SPDX-License-Identifier: Apache-2.0 */
/* cli/cmd_validate_cost.c: energy and area against published figures. */
#include <stdio.h>
#include <string.h>

#include "arch/config.h"
#include "cli/cmd.h"
#include "cli/paths.h"
#include "validation/cost.h"

static const struct opt validate_cost_opts[] = {
    {"params", 0, "SET", false, false, false,
     "technology parameters, NAME[+OVERLAY...] (default: the designs')"},
    {0},
};

static enum err_code validate_cost_with(const char *dir, const char *set, struct err *e)
{
    struct params *q = NULL, *same = NULL;
    struct loop *loop = NULL;
    char name[256];
    enum err_code rc;

    snprintf(name, sizeof name, "%s+adc-neurosim", set);
    if (!(rc = params_load(&q, dir, set, e)) && !(rc = params_load(&same, dir, name, e)) &&
        !(rc = loop_new(&loop, e))) {
        struct err first;
        enum err_code isaac;

        printf("technology parameters %s\n\n", set);
        isaac = validate_cost_isaac(dir, q, stdout, &first);
        rc = isaac && isaac != ERR_MISMATCH ? isaac
                                            : validate_cost_neurosim(dir, q, same, loop, stdout, e);
        if (isaac && (!rc || rc == isaac)) { /* the first error is what counts */
            *e = first;
            rc = isaac;
        }
    }
    loop_free(loop);
    params_free(same);
    params_free(q);
    return rc;
}

static enum err_code validate_cost_run(const struct args *a, struct err *e)
{
    struct chip_config c;
    char dir[PATHS_SIZE];
    enum err_code rc;

    if ((rc = paths_params(dir, e)) || (rc = chip_config_read(NULL, &c, e)))
        return rc;
    return validate_cost_with(dir, args_str(a, "params", c.params), e);
}

const struct cmd cmd_validate_cost = {
    .name = "validate cost",
    .pos = "",
    .summary = "compare energy and area with published figures",
    .details =
        "ISAAC's unit, tile and chip from the parameter set: every deviation with its reason, exit "
        "1\n"
        "if a total is outside the stated tolerance. Then two networks beside what NeuroSim says "
        "of\n"
        "them, with the set's converter and with NeuroSim's. Published figures: params/reference.",
    .opts = validate_cost_opts,
    .run = validate_cost_run,
};
