/* SPDX-License-Identifier: Apache-2.0 */
/* cli/cmd_report.c: results as a page a colleague can open without the program. */
#include <stdio.h>

#include "cli/cmd.h"
#include "cli/page.h"
#include "cli/term.h"
#include "sim/base/file.h"

static const struct opt report_opts[] = {
    {"out", 'o', "FILE.html", true, false, true, "the page"},
    {0},
};

static enum err_code report_run(const struct args *a, struct err *e)
{
    const char *path = args_str(a, "out", NULL);
    struct page p;
    struct file_out o;
    enum err_code rc = page_open(&p, a->pos, a->n_pos, e);

    if (!rc && !(rc = file_create(&o, path, e))) {
        page_write(&p, o.f);
        rc = file_commit(&o, e);
        file_abandon(&o);
    }
    if (!rc && !term_quiet())
        printf("%s%s\n", path, p.library ? "" : " (plain charts: Chart.js is not installed)");
    page_close(&p);
    return rc;
}

const struct cmd cmd_report = {
    .name = "report",
    .pos = "DIR...",
    .min_pos = 1,
    .max_pos = ARGS_MAX_POS,
    .summary = "one HTML page about one or several results",
    .details =
        "DIR is an output directory of run, sim, cosim or sim --sweep. The page carries its\n"
        "data and needs no network: totals side by side, accuracy, Pareto front, sweep,\n"
        "breakdowns, floor plan, pipeline, latencies, provenance.",
    .opts = report_opts,
    .run = report_run,
};
