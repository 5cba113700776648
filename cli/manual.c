/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/manual.h"

#include <string.h>

#include "cli/version.h"

static const struct {
    const char *status, *meaning;
} exits[] = {
    {"0", "good"},
    {"1", "mismatch: model and RTL, or two results, differ"},
    {"2", "usage, configuration or input data is wrong"},
    {"3", "environment: disk full, unreadable file, missing tool"},
    {"70", "a bug in autorac"},
    {"130", "interrupted; the same command resumes"},
};

static const struct opt common[] = {
    {"help", 'h', NULL, false, false, true, "what the command does, and its options"},
    {"quiet", 'q', NULL, false, false, true, "print errors only"},
    {"verbose", 'v', NULL, false, false, true, "print more"},
    {0},
};

void manual_page_name(char out[64], const struct cmd *c)
{
    snprintf(out, 64, "autorac-%s", c->name);
    for (char *p = out; *p; p++)
        if (*p == ' ')
            *p = '-';
}

/* ---- roff ---- */

/* Text as roff shows it: no character is a request or an escape. */
static void roff_text(FILE *f, const char *text)
{
    bool line_start = true;

    for (; *text; text++) {
        if (line_start && (*text == '.' || *text == '\''))
            fputs("\\&", f);
        line_start = *text == '\n';
        if (*text == '\\')
            fputs("\\e", f);
        else if (*text == '-')
            fputs("\\-", f);
        else
            fputc(*text, f);
    }
}

static void roff_title(FILE *f, const char *name)
{
    fputs(".TH ", f);
    for (; *name; name++)
        fputc(*name >= 'a' && *name <= 'z' ? *name - 'a' + 'A' : *name, f);
    fprintf(f, " 1 \"\" \"autorac %s\" \"AutoRAC manual\"\n", AUTORAC_VERSION);
}

static void roff_options(FILE *f, const struct opt *o)
{
    for (; o && o->name; o++) {
        fputs(".TP\n.B ", f);
        if (o->letter)
            fprintf(f, "\\-%c, ", o->letter);
        fputs("\\-\\-", f);
        roff_text(f, o->name);
        if (o->value) {
            fputs(" \\fI", f);
            roff_text(f, o->value);
            fputs("\\fR", f);
        }
        fputc('\n', f);
        roff_text(f, o->help);
        fprintf(f, "%s%s\n", o->many ? " (repeatable)" : "", o->required ? " (required)" : "");
    }
}

/* Paragraphs are apart by an empty line. */
static void roff_paragraphs(FILE *f, const char *text)
{
    for (;;) {
        const char *end = strstr(text, "\n\n");
        char paragraph[2048];
        size_t n = end ? (size_t)(end - text) : strlen(text);

        snprintf(paragraph, sizeof paragraph, "%.*s", (int)n, text);
        fputs(".PP\n", f);
        roff_text(f, paragraph);
        fputc('\n', f);
        if (!end)
            return;
        text = end + 2;
    }
}

static void roff_exits(FILE *f)
{
    fputs(".SH EXIT STATUS\n", f);
    for (size_t i = 0; i < sizeof exits / sizeof *exits; i++) {
        fprintf(f, ".TP\n.B %s\n", exits[i].status);
        roff_text(f, exits[i].meaning);
        fputc('\n', f);
    }
}

void manual_command(FILE *f, const struct cmd *c)
{
    char name[64];

    manual_page_name(name, c);
    roff_title(f, name);
    fputs(".SH NAME\n", f);
    roff_text(f, name);
    fputs(" \\- ", f);
    roff_text(f, c->summary);
    fprintf(f, "\n.SH SYNOPSIS\n.B autorac %s\n[\\fIOPTION\\fR]...\n", c->name);
    roff_text(f, c->pos);
    fputs("\n.SH DESCRIPTION\n", f);
    roff_paragraphs(f, c->details ? c->details : c->summary);
    fputs(".SH OPTIONS\n", f);
    roff_options(f, c->opts);
    roff_options(f, common);
    roff_exits(f);
    fputs(".SH SEE ALSO\n.BR autorac (1)\n", f);
}

void manual_overview(FILE *f, const struct manual *m)
{
    roff_title(f, "autorac");
    fputs(".SH NAME\nautorac \\- co\\-search of recommender models and ReRAM chips\n"
          ".SH SYNOPSIS\n.B autorac\n\\fICOMMAND\\fR [\\fIOPTION\\fR]... [\\fIARGUMENT\\fR]...\n"
          ".SH DESCRIPTION\nAutoRAC searches recommender models together with the ReRAM\n"
          "processing\\-in\\-memory chip that runs them, simulates the chip cycle by cycle,\n"
          "generates its RTL and proves both equal.\n.SH COMMANDS\n",
          f);
    for (size_t i = 0; i < m->n; i++) {
        char name[64];

        manual_page_name(name, m->commands[i]);
        fputs(".TP\n.BR ", f);
        roff_text(f, name);
        fputs(" (1)\n", f);
        roff_text(f, m->commands[i]->summary);
        fputc('\n', f);
    }
    fputs(".SH OPTIONS\n", f);
    roff_options(f, common);
    fputs(".TP\n.B \\-\\-version\nversion and build\n", f);
    roff_exits(f);
    fputs(".SH ENVIRONMENT\n.TP\n.B NO_COLOR\nno colours, whatever its value\n.TP\n"
          ".B AUTORAC_DATA_DIR\nwhere the tests look for real data sets\n",
          f);
}

/* ---- Markdown ---- */

/* In a table's cell. */
static void md_cell(FILE *f, const char *text)
{
    for (; *text; text++)
        fprintf(f, *text == '|' ? "\\%c" : "%c", *text);
}

static void md_command(FILE *f, const struct cmd *c)
{
    fprintf(f, "\n## autorac %s\n\n%s.\n\n    autorac %s%s%s%s\n\n", c->name, c->summary, c->name,
            c->opts && c->opts->name ? " [OPTION]..." : "", *c->pos ? " " : "", c->pos);
    if (c->details)
        fprintf(f, "%s\n\n", c->details);
    if (!c->opts || !c->opts->name)
        return;
    fputs("| option | meaning |\n| --- | --- |\n", f);
    for (const struct opt *o = c->opts; o->name; o++) {
        fputs("| `", f);
        if (o->letter)
            fprintf(f, "-%c, ", o->letter);
        fprintf(f, "--%s%s", o->name, o->value ? " " : "");
        md_cell(f, o->value ? o->value : "");
        fputs("` | ", f);
        md_cell(f, o->help);
        fprintf(f, "%s%s |\n", o->many ? " (repeatable)" : "", o->required ? " (required)" : "");
    }
}

void manual_markdown(FILE *f, const struct manual *m)
{
    fputs("# Commands\n\nGenerated by `autorac docs`. Every command also has `-h, --help`, `-q, "
          "--quiet` (errors only)\nand `-v, --verbose`.\n\n| exit status | meaning |\n| --- | --- "
          "|\n",
          f);
    for (size_t i = 0; i < sizeof exits / sizeof *exits; i++)
        fprintf(f, "| %s | %s |\n", exits[i].status, exits[i].meaning);
    for (size_t i = 0; i < m->n; i++)
        md_command(f, m->commands[i]);
}
