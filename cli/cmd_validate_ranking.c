/* SPDX-License-Identifier: Apache-2.0 */
/* cli/cmd_validate_ranking.c: shared weights' ranking of models against training each anew. */
#include <stdio.h>

#include "cli/cmd.h"
#include "cli/session.h"
#include "cli/term.h"
#include "validation/ranking.h"

static const struct opt ranking_opts[] = {
    {"models", 0, "N", false, false, false, "of any precision, and as many of 4 bits (default 40)"},
    {"set", 0, "KEY=VALUE", false, true, false, "override a key of the quick configuration"},
    {0},
};

static void show(void *self, const struct nas_status *s)
{
    (void)self;
    term_count(s->stage, s->done, s->total, "", "");
}

static enum err_code ranking_run(const struct args *a, struct err *e)
{
    struct validate_ranking v = {.least_tau = -1};
    const char *sets[SESSION_MAX_SETS];
    size_t n_sets = args_all(a, "set", sets, SESSION_MAX_SETS);
    struct loop *loop = NULL;
    struct nas_config c;
    enum err_code rc;

    if ((rc = args_range(a, "models", 40, 2, 100000, &v.n_models, e)) ||
        (rc = nas_config_load(NULL, true, sets, n_sets, &c, e)) || (rc = loop_new(&loop, e)))
        return rc;
    v.watch = (struct watch){loop, show, NULL};
    rc = validate_ranking(&v, &c, stdout, e);
    loop_free(loop);
    return rc;
}

const struct cmd cmd_validate_ranking = {
    .name = "validate ranking",
    .pos = "",
    .summary = "rank correlation of shared weights with training models anew",
    .details =
        "Trains a supernet, then measures random models with its weights, after the search's\n"
        "adaptation, and trained anew; Kendall's tau between the LogLosses, among models of any\n"
        "precision and among those of 4 bits everywhere. Each is trained twice: the tau of\n"
        "the two trainings is the most that can be expected.",
    .opts = ranking_opts,
    .run = ranking_run,
};
