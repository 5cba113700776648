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

/* "NAME[+OVERLAY...][@NODE]" with another overlay, and at another node if one is given. */
static void with(char name[256], const char *set, const char *overlay, const char *node)
{
    const char *at = strrchr(set, '@');
    int n = at ? (int)(at - set) : (int)strlen(set);

    snprintf(name, 256, "%.*s+%s%s", n, set, overlay, node ? node : at ? at : "");
}

/* A check's failure does not keep the next one from running: the first counts. */
static enum err_code keep_first(enum err_code rc, enum err_code next, const struct err *of_next,
                                struct err *e)
{
    if (rc)
        return rc;
    if (next)
        *e = *of_next;
    return next;
}

static enum err_code isaac(const char *dir, const char *set, bool table, struct err *e)
{
    struct params *q = NULL;
    enum err_code rc = params_load(&q, dir, set, e);

    if (!rc) {
        printf("technology parameters %s\n\n", set);
        rc = validate_cost_isaac(dir, q, table, stdout, e);
        printf("\n");
    }
    params_free(q);
    return rc;
}

static enum err_code neurosim(const char *dir, const char *set, struct err *e)
{
    struct params *q = NULL, *same = NULL;
    struct loop *loop = NULL;
    char name[256];
    enum err_code rc;

    with(name, set, "adc-neurosim", "@22");
    if (!(rc = params_load(&q, dir, set, e)) && !(rc = params_load(&same, dir, name, e)) &&
        !(rc = loop_new(&loop, e))) {
        printf("technology parameters %s; as NeuroSim: %s\n\n", set, name);
        rc = validate_cost_neurosim(dir, q, same, loop, stdout, e);
    }
    loop_free(loop);
    params_free(same);
    params_free(q);
    return rc;
}

static enum err_code validate_cost_with(const char *dir, const char *set, struct err *e)
{
    char table[256];
    struct err next;
    enum err_code rc = isaac(dir, set, false, e);

    if (rc && rc != ERR_MISMATCH)
        return rc;
    with(table, set, "isaac-table", NULL);
    rc = keep_first(rc, isaac(dir, table, true, &next), &next, e);
    return keep_first(rc, neurosim(dir, set, &next), &next, e);
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
        "them, with the set and with NeuroSim's converter and node. Published figures: "
        "params/reference.",
    .opts = validate_cost_opts,
    .run = validate_cost_run,
};
