/* SPDX-License-Identifier: Apache-2.0 */
/* cli/cmd_validate.c: random designs, model against RTL; and planted faults that must be caught. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/draw.h"
#include "cli/outdir.h"
#include "cli/rtl.h"
#include "cli/term.h"
#include "rtlgen/gen.h"
#include "validation/rtl.h"

static const struct opt validate_opts[] = {
    {"unit", 0, "UNIT", false, false, false,
     "chips that exercise one unit (default: whole chips); router: bare meshes of routers, every "
     "flit and credit. One of:"
#define UNIT(name, ...) " " #name
#include "validation/rtl_units.def"
#undef UNIT
    },
    {"draws", 0, "N", false, false, false, "the same as --designs"},
    {"designs", 0, "N", false, false, false, "how many (default 10)"},
    {"seed", 0, "S", false, false, false, "of the draws (default 1)"},
    {"jobs", 0, "N", false, false, false,
     "designs run beside each other (default 1); what is printed is the same"},
    {"coverage", 0, "PERCENT", false, false, false,
     "measure which lines and toggles of the RTL the designs reach; fail below PERCENT of lines"},
    {"inject", 0, "FAULT", false, false, false, "plant a fault; see autorac list faults"},
    {"out", 'o', "DIR", false, false, true, "keep what differs here (default: a new one in /tmp)"},
    OPT_FORCE,
    {0},
};

static bool is_router(const struct args *a)
{
    return strcmp(args_str(a, "unit", ""), "router") == 0;
}

static enum err_code set_unit(const struct args *a, struct validate_rtl *v, struct err *e)
{
    const char *unit = args_str(a, "unit", NULL);

    v->draw = draw_small_workload;
    if (is_router(a) && (args_has(a, "coverage") || args_has(a, "jobs")))
        return err_set(e, ERR_CONFIG, "--unit router: without --coverage and --jobs");
    if (!unit || is_router(a))
        return ERR_OK;
    v->unit = rtl_unit_named(unit);
    return v->unit ? ERR_OK
                   : err_set(e, ERR_CONFIG, "--unit: no unit is called %s; see --help", unit);
}

static enum err_code check_fault(const char *name, struct err *e)
{
    const char *names[256], *near;
    size_t n = 0;

    if (!name || rtl_fault_find(name))
        return ERR_OK;
    while (n < rtl_n_faults && n < 256) {
        names[n] = rtl_faults[n].name;
        n++;
    }
    near = args_nearest(name, names, n);
    if (near)
        return err_set(e, ERR_CONFIG, "--inject %s: no such fault; did you mean %s?", name, near);
    return err_set(e, ERR_CONFIG, "--inject %s: no such fault; see autorac list faults", name);
}

/* The directory asked for, or a new one of our own. */
static enum err_code open_dir(const struct args *a, char dir[PATHS_SIZE], int *lock, struct err *e)
{
    const char *out = args_str(a, "out", NULL);

    *lock = -1;
    if (out) {
        snprintf(dir, PATHS_SIZE, "%s", out);
        return outdir_open(dir, args_has(a, "force"), lock, e);
    }
    return outdir_temporary(dir, "validate", e);
}

static enum err_code validate_in(const struct args *a, struct validate_rtl *v, struct err *e)
{
    struct loop *loop;
    uint64_t least;
    enum err_code rc = args_u64(a, "coverage", 0, &least, e);

    if (rc || (rc = loop_new(&loop, e)))
        return rc;
    printf("%u designs, seed %llu%s%s\n", v->n_designs, (unsigned long long)v->seed,
           v->inject ? ", fault " : "", v->inject ? v->inject : "");
    fflush(stdout);
    rc = is_router(a) ? validate_rtl_router(v, loop, stdout, e) : validate_rtl(v, loop, stdout, e);
    loop_free(loop);
    if (!rc && v->inject)
        rc = err_set(e, ERR_CONFIG, "fault %s shows in none of %u designs: draw more of them",
                     v->inject, v->n_designs);
    if (!rc && v->line_percent < (double)least)
        rc = err_set(e, ERR_MISMATCH, "%.1f %% of the RTL's lines were executed, less than %llu %%",
                     v->line_percent, (unsigned long long)least);
    if (!rc && !args_has(a, "out"))
        return outdir_remove(v->out_dir, "", e);
    return rc;
}

static enum err_code validate_run(const struct args *a, struct err *e)
{
    struct validate_rtl v = {.inject = args_str(a, "inject", NULL)};
    char dir[PATHS_SIZE], cache[PATHS_SIZE];
    enum err_code rc;
    int lock;

    if ((rc = set_unit(a, &v, e)))
        return rc;
    if ((rc = args_range(a, args_has(a, "draws") ? "draws" : "designs", 10, 1, 1000000,
                         &v.n_designs, e)) ||
        (rc = args_u64(a, "seed", 1, &v.seed, e)) ||
        (rc = args_range(a, "jobs", 1, 1, 1024, &v.jobs, e)) || (rc = check_fault(v.inject, e)))
        return rc;
    if (!(rc = open_dir(a, dir, &lock, e))) {
        rtl_cache_dir(cache);
        v.out_dir = dir;
        v.coverage = args_has(a, "coverage");
        v.cache_dir = cache[0] ? cache : NULL;
        rc = validate_in(a, &v, e);
    }
    outdir_unlock(lock);
    return rc;
}

const struct cmd cmd_validate_rtl = {
    .name = "validate rtl",
    .pos = "",
    .summary = "draw random designs and compare RTL and model",
    .details =
        "Each design, a random model on a random chip, is simulated, generated and co-simulated;\n"
        "one line each. With --inject a fault is planted in the RTL: the check must then fail\n"
        "(exit 1) and locate it. A fault that no design brings to light is an error, too (exit 2).",
    .opts = validate_opts,
    .run = validate_run,
};
