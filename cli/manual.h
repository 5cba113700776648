/* SPDX-License-Identifier: Apache-2.0 */
/* cli/manual.h: the table of commands as man pages, shell completions and a reference page. What
 * --help prints, in the forms that other programs read: nothing is written down twice. */
#ifndef AUTORAC_CLI_MANUAL_H
#define AUTORAC_CLI_MANUAL_H

#include <stdio.h>

#include "cli/cmd.h"

struct manual {
    const struct cmd *const *commands;
    size_t n;
};

void manual_overview(FILE *f, const struct manual *m); /* autorac.1 */
void manual_command(FILE *f, const struct cmd *c);     /* autorac-NAME.1 */
void manual_markdown(FILE *f, const struct manual *m); /* docs/reference/commands.md */
void completion_bash(FILE *f, const struct manual *m);
void completion_zsh(FILE *f, const struct manual *m);

/* Name of a command with dashes for spaces. */
void manual_page_name(char out[64], const struct cmd *c);

#endif
