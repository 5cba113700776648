/* SPDX-License-Identifier: Apache-2.0 */
/* cli/cmd_cosim.c: is the RTL equal to the model, event by event? */
#include <stdio.h>

#include "cli/cmd.h"
#include "cli/outdir.h"
#include "cli/provenance.h"
#include "cli/rtl.h"
#include "cli/term.h"

static const struct opt cosim_opts[] = {
    OPT_OUT,
    OPT_SET,
    {"rtl", 0, "DIR", false, false, false,
     "compare this RTL, which you have edited, instead of generating it"},
    OPT_FORCE,
    {0},
};

static enum err_code cosim_in(const struct args *a, struct session *s, const char *dir,
                              struct err *e)
{
    struct provenance p = {.args = a};
    struct host host = {0};
    const char *edited = args_str(a, "rtl", NULL);
    char rtl[PATHS_SIZE];
    struct rtl_verdict verdict;
    struct rtl_speed speed;
    enum err_code rc;

    host_start(&host);
    if ((rc = outdir_path(rtl, dir, "rtl", e)))
        return rc;
    if ((rc = provenance_add(&p, s->design_path, e)))
        return rc;
    if ((rc = provenance_add(&p, s->workload_path, e)))
        return rc;
    if ((rc = session_sim(s, &(struct sim_cfg){0}, e)))
        return rc;
    if ((rc = outdir_write(dir, "config.resolved.yaml", outdir_write_config, &s->config, e)))
        return rc;
    if ((rc = session_save(s, dir, e)))
        return rc;
    if (!edited && (rc = rtl_write(s, rtl, e)))
        return rc;
    if ((rc = rtl_cosim(s, edited ? edited : rtl, dir, &speed, e)))
        return rc;
    host_stop(&host, "cosim");
    if ((rc = host_write(&host, dir, e)) || (rc = provenance_write(&p, dir, e)))
        return rc;
    if ((rc = rtl_verdict_load(&verdict, dir, e)))
        return rc;
    if (!term_quiet()) {
        rtl_verdict_print(&verdict);
        printf("Verilator: built in %.1f s, %.4g cycles/s\n", speed.build_s, speed.cycles_hz);
        printf("results in %s\n", dir);
    }
    return rtl_verdict_status(&verdict, dir, e);
}

static enum err_code cosim_run_cmd(const struct args *a, struct err *e)
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
    rc = cosim_in(a, &s, dir, e);
out:
    session_close(&s);
    loop_free(loop);
    outdir_unlock(lock);
    return rc;
}

const struct cmd cmd_cosim = {
    .name = "cosim",
    .pos = "DESIGN.yaml WORKLOAD.h5",
    .min_pos = 2,
    .max_pos = 2,
    .summary = "run model and RTL and compare every recorded event",
    .details =
        "Simulates, generates RTL into DIR/rtl, builds it with Verilator and compares cycle and\n"
        "value of every recorded event as the RTL runs, and at the end how often each unit did\n"
        "what costs energy. Equal: exit 0. Else exit 1, with the first divergence or count on the\n"
        "error line and in DIR/cosim.json; after a divergence the unit's last events and a\n"
        "waveform.\n\n"
        "--rtl takes a directory that autorac rtl wrote for the same design and workload, and\n"
        "that you have changed since; what the model does stays what it has to equal.",
    .opts = cosim_opts,
    .run = cosim_run_cmd,
};
