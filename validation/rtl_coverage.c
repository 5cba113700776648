/* SPDX-License-Identifier: Apache-2.0 */
/* A line of Verilator's file is C 'KEY' COUNT, KEY being pairs \001 NAME \002 VALUE: f the file, l
 * the line, page "v_line/MODULE" or "v_toggle/MODULE", S the lines of a block ("12-14,17"), o what
 * it is ("block", "if", "else"; of a toggle the bit), h the instance. */
#include "validation/rtl_coverage.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "rtlgen/library.h"
#include "sim/base/file.h"
#include "sim/base/mem.h"

struct toggle {
    char *name; /* "LINE:BIT" */
    bool hit;
};

struct file {
    uint32_t n_lines;
    uint8_t *line; /* (n_lines + 1) by number */
    struct toggle *toggle;
    uint32_t n_toggles;
};
enum { NO_CODE, MISSED, HIT };

struct rtl_coverage {
    struct file *file; /* (rtl_library_n) */
};

static uint32_t count_lines(const char *text)
{
    uint32_t n = 1;

    for (; *text; text++)
        n += *text == '\n';
    return n;
}

struct rtl_coverage *rtl_coverage_new(void)
{
    struct rtl_coverage *c = mem_alloc(1, sizeof *c);

    c->file = mem_alloc(rtl_library_n, sizeof *c->file);
    for (size_t i = 0; i < rtl_library_n; i++) {
        c->file[i].n_lines = count_lines(rtl_library[i].text);
        c->file[i].line = mem_alloc(c->file[i].n_lines + 1, 1);
    }
    return c;
}

void rtl_coverage_free(struct rtl_coverage *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < rtl_library_n; i++) {
        for (uint32_t k = 0; k < c->file[i].n_toggles; k++)
            free(c->file[i].toggle[k].name);
        free(c->file[i].toggle);
        free(c->file[i].line);
    }
    free(c->file);
    free(c);
}

/* ---- reading ---- */

/* Value of a key's pair, "" if it has none; at most size - 1 bytes. */
static void value_of(const char *key, const char *name, char *value, size_t size)
{
    char *mark = mem_printf("\001%s\002", name);
    const char *at = strstr(key, mark);
    size_t n = 0;

    if (at) {
        at += strlen(mark);
        n = strcspn(at, "\001'");
        n = n < size ? n : size - 1;
        memcpy(value, at, n);
    }
    value[n] = '\0';
    free(mark);
}

static struct file *file_called(struct rtl_coverage *c, const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

    for (size_t i = 0; i < rtl_library_n; i++)
        if (strcmp(rtl_library[i].name, name) == 0)
            return &c->file[i];
    return NULL; /* the generated top */
}

static void mark(struct file *f, uint32_t line, bool hit)
{
    if (line <= f->n_lines && f->line[line] != HIT)
        f->line[line] = hit ? HIT : MISSED;
}

/* "12-14,17" */
static void mark_lines(struct file *f, const char *lines, bool hit)
{
    char *end;

    while (*lines) {
        uint32_t first = (uint32_t)strtoul(lines, &end, 10), last = first;

        if (end == lines)
            return;
        if (*end == '-')
            last = (uint32_t)strtoul(end + 1, &end, 10);
        for (uint32_t k = first; k <= last && k <= f->n_lines; k++)
            mark(f, k, hit);
        lines = *end ? end + 1 : end;
    }
}

static void mark_toggle(struct file *f, const char *line, const char *what, bool hit)
{
    char *name = mem_printf("%s:%s", line, what);

    for (uint32_t k = 0; k < f->n_toggles; k++)
        if (strcmp(f->toggle[k].name, name) == 0) {
            f->toggle[k].hit |= hit;
            free(name);
            return;
        }
    if (!(f->n_toggles & (f->n_toggles - 1)))
        f->toggle = mem_grow(f->toggle, f->n_toggles, f->n_toggles ? 2 * f->n_toggles : 1,
                             sizeof *f->toggle);
    f->toggle[f->n_toggles++] = (struct toggle){name, hit};
}

static void add_point(struct rtl_coverage *c, const char *key, bool hit)
{
    char path[512], page[128], line[16], lines[4096], what[128];
    struct file *f;

    value_of(key, "f", path, sizeof path);
    value_of(key, "page", page, sizeof page);
    value_of(key, "l", line, sizeof line);
    value_of(key, "S", lines, sizeof lines);
    value_of(key, "o", what, sizeof what);
    if (!(f = file_called(c, path)))
        return;
    if (strncmp(page, "v_toggle/", 9) == 0)
        mark_toggle(f, line, what, hit);
    else {
        mark(f, (uint32_t)strtoul(line, NULL, 10), hit);
        mark_lines(f, lines, hit);
    }
}

enum err_code rtl_coverage_add(struct rtl_coverage *c, const char *path, struct err *e)
{
    char *text = NULL, *line, *rest = NULL;
    size_t n_bytes;
    enum err_code rc = file_read(path, &text, &n_bytes, e);

    if (rc)
        return rc;
    for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        const char *count = strrchr(line, ' ');

        if (line[0] == 'C' && count)
            add_point(c, line, strtoull(count, NULL, 10) > 0);
    }
    free(text);
    return ERR_OK;
}

/* ---- printing ---- */

static void print_missed(FILE *out, size_t i, const struct file *f)
{
    const char *at = rtl_library[i].text;

    for (uint32_t k = 1; k <= f->n_lines && at; k++) {
        if (f->line[k] == MISSED)
            fprintf(out, "not executed: %s:%" PRIu32 ": %.*s\n", rtl_library[i].name, k,
                    (int)strcspn(at + strspn(at, " "), "\n"), at + strspn(at, " "));
        at = strchr(at, '\n');
        at = at ? at + 1 : NULL;
    }
}

double rtl_coverage_print(const struct rtl_coverage *c, FILE *out)
{
    uint32_t lines = 0, hit = 0, toggles = 0, toggled = 0;

    fprintf(out, "%-18s %16s %20s\n", "file", "lines executed", "toggles seen");
    for (size_t i = 0; i < rtl_library_n; i++) {
        const struct file *f = &c->file[i];
        uint32_t n = 0, n_hit = 0, n_toggled = 0;

        for (uint32_t k = 1; k <= f->n_lines; k++) {
            n += f->line[k] != NO_CODE;
            n_hit += f->line[k] == HIT;
        }
        for (uint32_t k = 0; k < f->n_toggles; k++)
            n_toggled += f->toggle[k].hit;
        if (rtl_is_module(rtl_library[i].name) && !n && !f->n_toggles)
            fprintf(out, "%-18s in no design\n", rtl_library[i].name);
        if (n || f->n_toggles)
            fprintf(out, "%-18s %8" PRIu32 " of %4" PRIu32 " %10" PRIu32 " of %6" PRIu32 "\n",
                    rtl_library[i].name, n_hit, n, n_toggled, f->n_toggles);
        lines += n;
        hit += n_hit;
        toggles += f->n_toggles;
        toggled += n_toggled;
    }
    for (size_t i = 0; i < rtl_library_n; i++)
        print_missed(out, i, &c->file[i]);
    fprintf(out,
            "%" PRIu32 " of %" PRIu32 " lines executed: %.1f %%; %" PRIu32 " of %" PRIu32
            " toggles seen: %.1f %%\n",
            hit, lines, lines ? 100.0 * hit / lines : 0, toggled, toggles,
            toggles ? 100.0 * toggled / toggles : 0);
    return lines ? 100.0 * hit / lines : 0;
}
