/* SPDX-License-Identifier: Apache-2.0 */
/* cli/dataset.h: data sets as commands open them: options, progress bar, notes about bad lines. */
#ifndef AUTORAC_CLI_DATASET_H
#define AUTORAC_CLI_DATASET_H

#include "cli/args.h"
#include "nas/data.h"
#include "nas/status.h"

#define OPT_DATA                                                                                   \
    {"seed", 0, "N", false, false, false, "of generated data (default 1)"},                        \
        {"max-rows", 0, "N", false, false, false, "rows of one table (default 500000)"},           \
    {                                                                                              \
        "strict", 0, NULL, false, false, false, "a bad line is an error (default: skip and count)" \
    }

/* Open a, or convert it to the cache file path unless path is NULL, as the options of OPT_DATA say,
 * with a progress bar, stopping at Ctrl-C. Bad lines are told. */
enum err_code dataset_open(struct data **out, const char *spec, const char *path,
                           const struct args *a, uint64_t *seed, struct err *e);

/* A note on standard error when lines of d were bad. */
void dataset_note(const struct data *d);

#endif
