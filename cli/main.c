/* SPDX-License-Identifier: Apache-2.0 */
/* cli/main.c: find the command, parse, run, print the error, exit. The only place that exits. */
#include <assert.h>
#include <errno.h>
#include <locale.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/term.h"
#include "cli/version.h"
#include "sim/base/mem.h"

static const struct cmd *const commands[] = {
#define CMD(name) &cmd_##name,
#include "cli/commands.def"
#undef CMD
};

enum { N_COMMANDS = sizeof commands / sizeof commands[0] };

static const char exit_codes[] = "Exit status:\n"
                                 "    0    good\n"
                                 "    1    mismatch: model and RTL (or two results) differ\n"
                                 "    2    usage, configuration or input data is wrong\n"
                                 "    3    environment: disk full, unreadable file, missing tool\n"
                                 "    70   a bug in autorac\n"
                                 "    130  interrupted; the same command resumes\n";

/* The first n bytes of name end a word there. */
static bool is_word(const char *name, size_t n)
{
    return name[n] == 0 || name[n] == ' ';
}

/* Commands whose name begins with these words: "data" has two. */
static void print_group(FILE *f, const char *group)
{
    fprintf(f, "Usage: autorac %s COMMAND ...\n\nCommands:\n", group);
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (!strncmp(commands[i]->name, group, strlen(group)) &&
            is_word(commands[i]->name, strlen(group)))
            fprintf(f, "    %-18s  %s\n", commands[i]->name, commands[i]->summary);
}

static void print_usage(FILE *f)
{
    fputs("AutoRAC co-searches recommender models and the ReRAM chip that runs them, simulates\n"
          "the chip cycle by cycle, generates its RTL and proves both equal.\n\n"
          "Usage: autorac COMMAND [OPTION]... [ARGUMENT]...\n\nCommands:\n",
          f);
    for (size_t i = 0; i < N_COMMANDS; i++)
        fprintf(f, "    %-18s  %s\n", commands[i]->name, commands[i]->summary);
    fputs("\nOptions of every command:\n"
          "    -h, --help     what it does and its options\n"
          "    -q, --quiet    print errors only\n"
          "    -v, --verbose  print more\n"
          "        --version  version and build\n\n",
          f);
    fputs(exit_codes, f);
}

enum { HELP_COLUMN = 4 + 4 + 22 + 2 };

static void print_help(FILE *f, const struct cmd *c)
{
    fprintf(f, "autorac %s: %s\n\nUsage: autorac %s", c->name, c->summary, c->name);
    if (c->opts && c->opts->name)
        fputs(" [OPTION]...", f);
    fprintf(f, "%s%s\n", *c->pos ? " " : "", c->pos);
    if (c->details)
        fprintf(f, "\n%s\n", c->details);
    fputs("\nOptions:\n", f);
    for (const struct opt *o = c->opts; o && o->name; o++) {
        char left[48], letter[8] = "    ";
        char *help = mem_printf("%s%s", o->help, o->many ? " (repeatable)" : "");

        snprintf(left, sizeof left, "--%s%s%s", o->name, o->value ? " " : "",
                 o->value ? o->value : "");
        if (o->letter)
            snprintf(letter, sizeof letter, "-%c, ", o->letter);
        term_wrap(f, (unsigned)fprintf(f, "    %s%-22s  ", letter, left), HELP_COLUMN, help);
        free(help);
        fputc('\n', f);
    }
    fputs("    -h, --help                  this text\n"
          "    -q, --quiet                 print errors only\n"
          "    -v, --verbose               print more\n\n",
          f);
    fputs(exit_codes, f);
}

/* The command that argv begins with; *n_words is how many words its name has. */
static const struct cmd *find_command(int argc, char *const *argv, size_t *n_words)
{
    for (size_t i = 0; i < N_COMMANDS; i++) {
        const char *name = commands[i]->name, *space = strchr(name, ' ');
        size_t first = space ? (size_t)(space - name) : strlen(name);

        if (strncmp(name, argv[0], first) != 0 || argv[0][first])
            continue;
        if (space && (argc < 2 || strcmp(space + 1, argv[1]) != 0))
            continue;
        *n_words = space ? 2 : 1;
        return commands[i];
    }
    return NULL;
}

/* The word is the first of some two-word command. */
static bool is_group(const char *word)
{
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (strchr(commands[i]->name, ' ') && !strncmp(commands[i]->name, word, strlen(word)) &&
            commands[i]->name[strlen(word)] == ' ')
            return true;
    return false;
}

static enum err_code no_command(int argc, char *const *argv, struct err *e)
{
    const char *names[N_COMMANDS], *near;

    if (is_group(argv[0])) {
        if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
            print_group(stdout, argv[0]);
            return ERR_OK;
        }
        return err_set(e, ERR_CONFIG, "%s needs a command; see autorac %s --help", argv[0],
                       argv[0]);
    }
    for (size_t i = 0; i < N_COMMANDS; i++)
        names[i] = commands[i]->name;
    near = args_nearest(argv[0], names, N_COMMANDS);
    if (near)
        return err_set(e, ERR_CONFIG, "unknown command \"%s\"; did you mean %s?", argv[0], near);
    return err_set(e, ERR_CONFIG, "unknown command \"%s\"; see autorac --help", argv[0]);
}

static enum err_code dispatch(int argc, char **argv, struct err *e)
{
    const struct cmd *c;
    struct args a;
    size_t n_words;
    enum err_code rc;

    if (argc < 2) {
        print_usage(stderr);
        return err_set(e, ERR_CONFIG, "a command is missing");
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
        print_usage(stdout);
        return ERR_OK;
    }
    if (!strcmp(argv[1], "--version")) {
        printf("autorac %s (%s, %s)\n", AUTORAC_VERSION, AUTORAC_REVISION, AUTORAC_COMPILER);
        return ERR_OK;
    }
    c = find_command(argc - 1, argv + 1, &n_words);
    if (!c)
        return no_command(argc - 1, argv + 1, e);
    if ((rc = args_parse(&a, c, (size_t)argc - 1 - n_words, argv + 1 + n_words, e)))
        return rc;
    if (a.help) {
        print_help(stdout, c);
        return ERR_OK;
    }
    term_init(a.quiet, a.verbose);
    return c->run(&a, e);
}

int main(int argc, char **argv)
{
    struct err e = {0};
    enum err_code rc;

    /* Memory that is freed is soon needed again: keep it. Blocks of 4 MiB and more, which grow, are
     * left to the kernel, who moves them without copying. */
    mallopt(M_MMAP_THRESHOLD, 4 << 20);
    mallopt(M_TRIM_THRESHOLD, 64 << 20);
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is a failed write, found below */
    signal(SIGXFSZ, SIG_IGN);
    rc = dispatch(argc, argv, &e);
    term_progress_end();
    if (!rc && (fflush(stdout) || ferror(stdout))) {
        if (errno == EPIPE)
            return 0;
        rc = err_set(&e, ERR_ENV, "standard output: %s", strerror(errno));
    }
    if (rc) {
        fflush(stdout);
        term_error(&e);
    }
    return (int)rc;
}
