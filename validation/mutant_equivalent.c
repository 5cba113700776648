/* SPDX-License-Identifier: Apache-2.0 */
#include "validation/mutant_equivalent.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rtlgen/library.h"
#include "sim/base/mem.h"

static const struct entry {
    const char *file, *what, *line, *after;
    uint32_t nth, of;
    const char *reason;
} entries[] = {
#define EQUIVALENT(...) {__VA_ARGS__},
#include "validation/mutant_equivalent.def"
#undef EQUIVALENT
};
enum { N_ENTRIES = sizeof entries / sizeof *entries };

/* On one line, blanks made one, none at the ends. */
static char *squeeze(const char *s, size_t n)
{
    char *out = mem_alloc(n + 1, 1);
    size_t at = 0;

    for (size_t i = 0; i < n; i++)
        if (!isspace((unsigned char)s[i]))
            out[at++] = s[i];
        else if (at && out[at - 1] != ' ')
            out[at++] = ' ';
    if (at && out[at - 1] == ' ')
        at--;
    out[at] = '\0';
    return out;
}

static char *line_of(const struct mutant *m)
{
    const char *text = rtl_library_text(m->file);

    for (uint32_t k = 1; k < m->line; k++)
        text = strchr(text, '\n') + 1;
    return squeeze(text, strcspn(text, "\n"));
}

struct mutant_name *mutant_names(const struct mutant_list *l)
{
    struct mutant_name *n = mem_alloc(l->n + 1, sizeof *n);

    for (size_t i = 0; i < l->n; i++) {
        const struct mutant *m = &l->at[i];

        n[i].line = line_of(m);
        n[i].after = m->text ? squeeze(m->text, strlen(m->text)) : mem_strdup("");
        n[i].nth = n[i].of = 1;
        for (size_t k = i; k-- > 0 && l->at[k].file == m->file;)
            if (strcmp(l->at[k].what, m->what) == 0 && strcmp(n[k].line, n[i].line) == 0 &&
                strcmp(n[k].after, n[i].after) == 0) {
                n[i].nth = n[k].nth + 1;
                break;
            }
    }
    for (size_t i = l->n; i-- > 0;)
        for (size_t k = 0; k < l->n && n[i].nth > 1; k++)
            if (l->at[k].file == l->at[i].file && strcmp(l->at[k].what, l->at[i].what) == 0 &&
                n[k].of < n[i].nth && strcmp(n[k].line, n[i].line) == 0 &&
                strcmp(n[k].after, n[i].after) == 0)
                n[k].of = n[i].nth;
    return n;
}

void mutant_names_free(struct mutant_name *n, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(n[i].line);
        free(n[i].after);
    }
    free(n);
}

static bool names(const struct entry *x, const struct mutant *m, const struct mutant_name *n)
{
    return strcmp(x->file, m->file) == 0 && strcmp(x->what, m->what) == 0 && x->nth == n->nth &&
           x->of == n->of && strcmp(x->line, n->line) == 0 && strcmp(x->after, n->after) == 0;
}

enum err_code mutant_equivalents(const struct mutant_list *l, const struct mutant_name *n,
                                 const char ***reason, struct err *e)
{
    const char **out = mem_alloc(l->n + 1, sizeof *out);

    for (size_t k = 0; k < N_ENTRIES; k++) {
        const struct entry *x = &entries[k];
        size_t i = 0;

        while (i < l->n && !names(x, &l->at[i], &n[i]))
            i++;
        if (i == l->n || out[i]) {
            free(out);
            *reason = NULL;
            return err_set(e, ERR_BUG,
                           "validation/mutant_equivalent.def: %s \"%s\" -> \"%s\", %" PRIu32
                           " of %" PRIu32 ": %s",
                           x->file, x->line, x->after, x->nth, x->of,
                           i == l->n ? "the library has no such mutant any more: review the entry"
                                     : "is listed twice");
        }
        out[i] = x->reason;
    }
    *reason = out;
    return ERR_OK;
}

static void print_string(const char *s, FILE *out)
{
    fputc('"', out);
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            fputc('\\', out);
        fputc(*s, out);
    }
    fputc('"', out);
}

void mutant_print_entry(const struct mutant *m, const struct mutant_name *n, FILE *out)
{
    fprintf(out, "EQUIVALENT(\"%s\", \"%s\", ", m->file, m->what);
    print_string(n->line, out);
    fputs(", ", out);
    print_string(n->after, out);
    fprintf(out, ", %" PRIu32 ", %" PRIu32 ", \"...\")\n", n->nth, n->of);
}
