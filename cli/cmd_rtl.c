/* SPDX-License-Identifier: Apache-2.0 */
/* cli/cmd_rtl.c: print a design as SystemVerilog. */
#include <stdio.h>

#include "cli/cmd.h"
#include "cli/outdir.h"
#include "cli/rtl.h"
#include "cli/term.h"

static const struct opt rtl_opts[] = {
    OPT_OUT,
    OPT_SET,
    OPT_FORCE,
    {0},
};

static enum err_code rtl_run(const struct args *a, struct err *e)
{
    const char *dir = args_str(a, "out", NULL);
    struct session s = {0};
    struct loop *loop = NULL;
    enum err_code rc;
    int lock;

    if ((rc = outdir_open(dir, args_has(a, "force"), &lock, e)))
        goto out;
    if ((rc = loop_new(&loop, e)))
        goto out;
    if ((rc = session_open_args(&s, a, loop, e)))
        goto out;
    if ((rc = session_sim(&s, &(struct sim_cfg){0}, e)))
        goto out;
    if ((rc = rtl_write(&s, dir, e)))
        goto out;
    if (!term_quiet())
        printf("%u x %u mesh, top level in %s/autorac_top.sv; %s/README.txt says what next\n",
               s.plan->width, s.plan->height, dir, dir);
out:
    session_close(&s);
    loop_free(loop);
    outdir_unlock(lock);
    return rc;
}

const struct cmd cmd_rtl = {
    .name = "rtl",
    .pos = "DESIGN.yaml WORKLOAD.h5",
    .min_pos = 2,
    .max_pos = 2,
    .summary = "generate the chip's SystemVerilog",
    .details =
        "DIR stands alone: sources, memory images, stimulus, the events that must follow, and a\n"
        "Makefile with the targets lint, sim, icarus and synth.",
    .opts = rtl_opts,
    .run = rtl_run,
};
