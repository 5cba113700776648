/* SPDX-License-Identifier: Apache-2.0 */
/* cli/cmd.h: the table of commands. Help, error hints and dispatch come from it.
 *
 * A command parses, calls the libraries and prints; it returns the exit status. Names may have two
 * words ("data info"); options end at the row without a name. */
#ifndef AUTORAC_CLI_CMD_H
#define AUTORAC_CLI_CMD_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/args.h"
#include "sim/base/err.h"

struct cmd {
    const char *name;
    const char *pos; /* positionals as shown in usage: "DESIGN.yaml WORKLOAD.h5" */
    size_t min_pos, max_pos;
    const char *summary; /* one line */
    const char *details; /* paragraphs for --help; may be NULL */
    const struct opt *opts;
    enum err_code (*run)(const struct args *a, struct err *e);
};

#define CMD(name) extern const struct cmd cmd_##name;
#include "cli/commands.def"
#undef CMD

#endif
