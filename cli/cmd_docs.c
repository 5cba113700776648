/* SPDX-License-Identifier: Apache-2.0 */
/* cli/cmd_docs.c: man pages, shell completions and the reference of the commands. */
#include <string.h>

#include "cli/cmd.h"
#include "cli/manual.h"
#include "cli/outdir.h"
#include "sim/base/file.h"

static const struct cmd *const commands[] = {
#define CMD(name) &cmd_##name,
#include "cli/commands.def"
#undef CMD
};
static const struct manual manual = {commands, sizeof commands / sizeof commands[0]};

static void write_overview(FILE *f, const void *self)
{
    manual_overview(f, self);
}

static void write_command(FILE *f, const void *self)
{
    manual_command(f, self);
}

static void write_markdown(FILE *f, const void *self)
{
    manual_markdown(f, self);
}

static void write_bash(FILE *f, const void *self)
{
    completion_bash(f, self);
}

static void write_zsh(FILE *f, const void *self)
{
    completion_zsh(f, self);
}

static enum err_code docs_run(const struct args *a, struct err *e)
{
    const char *dir = args_str(a, "out", NULL);
    enum err_code rc;

    if ((rc = file_mkdirs(dir, e)) ||
        (rc = outdir_write(dir, "autorac.1", write_overview, &manual, e)) ||
        (rc = outdir_write(dir, "commands.md", write_markdown, &manual, e)) ||
        (rc = outdir_write(dir, "autorac.bash", write_bash, &manual, e)) ||
        (rc = outdir_write(dir, "_autorac", write_zsh, &manual, e)))
        return rc;
    for (size_t i = 0; i < manual.n && !rc; i++) {
        char page[64], file[68];

        manual_page_name(page, commands[i]);
        snprintf(file, sizeof file, "%s.1", page);
        rc = outdir_write(dir, file, write_command, commands[i], e);
    }
    return rc;
}

static const struct opt docs_opts[] = {
    OPT_OUT,
    {0},
};

const struct cmd cmd_docs = {
    .name = "docs",
    .pos = "",
    .summary = "man pages, shell completions and the reference of commands",
    .details =
        "Writes autorac.1, a page autorac-COMMAND.1 for each command, autorac.bash, _autorac "
        "(zsh)\nand commands.md into DIR. `cmake --install` puts them in place.",
    .opts = docs_opts,
    .run = docs_run,
};
