/* SPDX-License-Identifier: Apache-2.0 */
/* cli/cmd_validate_accuracy.c: what training reaches on Frappe, in float and on a chip. */
#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/dataset.h"
#include "cli/paths.h"
#include "cli/term.h"
#include "sim/base/file.h"
#include "validation/accuracy.h"

static const struct opt accuracy_opts[] = {
    {"data", 0, "DIR", false, false, false,
     "published data sets: DIR/frappe/{train,valid}.libfm.xz"},
    {"dataset", 0, "SPEC", false, false, false, "another data set; its anchors are not held"},
    {"genome", 0, "TEXT", false, false, false, "another model of one block"},
    {"epochs", 0, "N", false, false, false, "of every training (default: what the anchors need)"},
    {"rows", 0, "N", false, false, false, "of the validation part on the chip (default: all)"},
    OPT_DATA,
    {0},
};

static void show(void *self, const struct nas_status *s)
{
    (void)self;
    term_count(s->stage, s->done, s->total, "", "");
}

/* SPEC of what is to be learnt; empty: the data are not there. */
static enum err_code find_data(const struct args *a, char *spec, size_t size, struct err *e)
{
    const char *dir = args_str(a, "data", NULL), *other = args_str(a, "dataset", NULL);
    char train[PATHS_SIZE], valid[PATHS_SIZE];

    spec[0] = '\0';
    if (other) {
        snprintf(spec, size, "%s", other);
        return ERR_OK;
    }
    if (!dir)
        return err_set(e, ERR_CONFIG, "--data DIR or --dataset SPEC is needed");
    snprintf(train, sizeof train, "%s/frappe/train.libfm.xz", dir);
    snprintf(valid, sizeof valid, "%s/frappe/valid.libfm.xz", dir);
    if (file_exists(train) && file_exists(valid))
        snprintf(spec, size, "libfm:%s,%s", train, valid);
    else
        printf("skipped: %s or its validation part is not there\n", train);
    return ERR_OK;
}

static enum err_code accuracy_on(const struct args *a, const char *spec, struct err *e)
{
    struct validate_accuracy v = {.genome = args_str(a, "genome", NULL),
                                  .hold = !args_has(a, "dataset") && !args_has(a, "epochs") &&
                                          !args_has(a, "genome") && !args_has(a, "rows")};
    struct data *d = NULL;
    struct loop *loop = NULL;
    enum err_code rc;
    uint64_t epochs;

    if ((rc = args_u64(a, "epochs", 0, &epochs, e)) ||
        (rc = args_u64(a, "rows", 0, &v.chip_rows, e)) ||
        (rc = dataset_open(&d, spec, NULL, a, &v.seed, e)))
        return rc;
    v.data = d;
    v.epochs = (double)epochs;
    if (!(rc = loop_new(&loop, e))) {
        v.watch = (struct watch){loop, show, NULL};
        rc = validate_accuracy(&v, stdout, e);
    }
    loop_free(loop);
    data_free(d);
    return rc;
}

static enum err_code accuracy_run(const struct args *a, struct err *e)
{
    char spec[2 * PATHS_SIZE + 32];
    enum err_code rc = find_data(a, spec, sizeof spec, e);

    return rc || !spec[0] ? rc : accuracy_on(a, spec, e);
}

const struct cmd cmd_validate_accuracy = {
    .name = "validate accuracy",
    .pos = "",
    .summary = "what training reaches on Frappe, in float and on a chip",
    .details =
        "Trains the DNN of the published recipe and a model of the search's space, and runs the\n"
        "latter in a chip's integers under its ADCs. Exit 1 where a published anchor is missed.\n"
        "Without the data it says so and does nothing.",
    .opts = accuracy_opts,
    .run = accuracy_run,
};
