/* SPDX-License-Identifier: Apache-2.0 */
/* cli/cmd_validate_estimator.c: the search's estimate against the cycle-accurate run. */
#include <stdio.h>

#include "arch/config.h"
#include "cli/cmd.h"
#include "cli/draw.h"
#include "cli/outdir.h"
#include "cli/paths.h"
#include "validation/estimator.h"

static const struct opt estimator_opts[] = {
    {"designs", 0, "N", false, false, false, "how many (default 100)"},
    {"seed", 0, "S", false, false, false, "of the draws (default 1)"},
    {"params", 0, "SET", false, false, false,
     "technology parameters, NAME[+OVERLAY...] (default: the designs')"},
    {"out", 'o', "DIR", false, false, true, "keep the worst designs here"},
    OPT_FORCE,
    {0},
};

static enum err_code estimator_with(struct validate_estimator *v, const char *dir, const char *set,
                                    struct err *e)
{
    struct params *q = NULL;
    struct loop *loop = NULL;
    enum err_code rc;

    if (!(rc = params_load(&q, dir, set, e)) && !(rc = loop_new(&loop, e))) {
        v->params = q;
        printf("seed %llu, technology parameters %s\n", (unsigned long long)v->seed, set);
        fflush(stdout);
        rc = validate_estimator(v, loop, stdout, e);
    }
    loop_free(loop);
    params_free(q);
    return rc;
}

static enum err_code estimator_run(const struct args *a, struct err *e)
{
    struct validate_estimator v = {.draw = draw_small_workload,
                                   .out_dir = args_str(a, "out", NULL)};
    struct chip_config c;
    char dir[PATHS_SIZE];
    enum err_code rc;
    int lock = -1;

    if ((rc = args_range(a, "designs", 100, 2, 100000, &v.n_designs, e)) ||
        (rc = args_u64(a, "seed", 1, &v.seed, e)) || (rc = paths_params(dir, e)) ||
        (rc = chip_config_read(NULL, &c, e)))
        return rc;
    if (!v.out_dir || !(rc = outdir_open(v.out_dir, args_has(a, "force"), &lock, e)))
        rc = estimator_with(&v, dir, args_str(a, "params", c.params), e);
    outdir_unlock(lock);
    return rc;
}

const struct cmd cmd_validate_estimator = {
    .name = "validate estimator",
    .pos = "",
    .summary = "compare the search's estimates with cycle-accurate runs",
    .details =
        "Random models on random chips, each estimated from its plan and run cycle by cycle, back\n"
        "to back (interval, energy) and with requests far apart (latency). Rank correlations,\n"
        "relative errors and the worst designs; exit 1 if a goal is missed or if an area or a\n"
        "count that traffic does not decide differs.",
    .opts = estimator_opts,
    .run = estimator_run,
};
