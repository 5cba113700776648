/* SPDX-License-Identifier: Apache-2.0 */
#include "validation/mutant_plant.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"

const char mutant_package[] = "package mutant;\n"
                              "    function automatic int chosen();\n"
                              "        int v;\n"
                              "        if ($value$plusargs(\"mutant=%d\", v) == 0) v = 0;\n"
                              "        return v;\n"
                              "    endfunction\n"
                              "    int id = chosen();\n"
                              "endpackage\n";

/* What is put in at a place of the text; takes skip bytes of it away. */
struct edit {
    size_t at, skip;
    uint32_t order; /* of edits at one place */
    char *text;
};

static int by_place(const void *a, const void *b)
{
    const struct edit *x = a, *y = b;

    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static bool is_planted(const struct mutant *m, const char *file)
{
    return m->id && !m->caught && strcmp(m->file, file) == 0;
}

/* All mutants of the expression that mutant i is the first of: (id == 3 ? (..) : id == 5 ? (..) :
 * (..)) */
static char *chain(const struct mutant_list *l, size_t i, const char *text)
{
    const struct mutant *m = &l->at[i];
    char *out = mem_strdup("(");

    for (size_t k = i; k < l->n; k++) {
        const struct mutant *o = &l->at[k];
        char *longer;

        if (!is_planted(o, m->file) || !o->text || o->start != m->start)
            continue;
        longer = mem_printf("%smutant::id == %" PRIu32 " ? (%s) : ", out, o->id, o->text);
        free(out);
        out = longer;
    }
    text = mem_printf("%s(%.*s))", out, (int)(m->end - m->start), text + m->start);
    free(out);
    return (char *)text;
}

static bool is_first(const struct mutant_list *l, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (is_planted(&l->at[k], l->at[i].file) && l->at[k].text &&
            l->at[k].start == l->at[i].start)
            return false;
    return true;
}

char *mutant_plant(const struct mutant_list *l, const char *file, const char *text)
{
    struct edit *edit = mem_alloc(2 * l->n + 1, sizeof *edit);
    size_t n = 0, at = 0, size;
    char *out;
    FILE *f;

    for (size_t i = 0; i < l->n; i++) {
        const struct mutant *m = &l->at[i];

        if (!is_planted(m, file))
            continue;
        if (!m->text) {
            edit[n++] = (struct edit){m->start, 0, 0,
                                      mem_printf("begin if (mutant::id != %" PRIu32 ") ", m->id)};
            edit[n++] = (struct edit){m->end, 0, 1, mem_strdup(" end")};
        } else if (is_first(l, i))
            edit[n++] = (struct edit){m->start, m->end - m->start, 2, chain(l, i, text)};
    }
    qsort(edit, n, sizeof *edit, by_place);
    f = mem_text_open(&out, &size);
    for (size_t i = 0; i < n; i++) {
        fprintf(f, "%.*s%s", (int)(edit[i].at - at), text + at, edit[i].text);
        at = edit[i].at + edit[i].skip;
        free(edit[i].text);
    }
    fputs(text + at, f);
    mem_text_close(f, &out);
    free(edit);
    return out;
}
