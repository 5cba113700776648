/* SPDX-License-Identifier: Apache-2.0 */
#include "validation/mutate.h"

#include <stdlib.h>
#include <string.h>

#include "rtlgen/library.h"
#include "sim/base/mem.h"
#include "validation/mutate_parts.h"

/* ---- tokens and mutants ---- */

bool finder_is(const struct finder *f, size_t i, const char *s)
{
    return sv_is(&f->t, i, s);
}

bool finder_is_one_of(const struct finder *f, size_t i, const char *const *names)
{
    for (; *names; names++)
        if (finder_is(f, i, *names))
            return true;
    return false;
}

size_t finder_find(const struct finder *f, size_t i, const char *a, const char *b)
{
    while (i < f->t.n && !finder_is(f, i, a) && !finder_is(f, i, b))
        i = sv_opens(&f->t, i) ? sv_past(&f->t, i) : i + 1;
    return i;
}

struct mutant *finder_add(struct finder *f, const char *what, uint32_t line, size_t start,
                          size_t end)
{
    struct mutant_list *l = f->l;

    if (!(l->n & (l->n - 1)))
        l->at = mem_grow(l->at, l->n, l->n ? 2 * l->n : 1, sizeof *l->at);
    l->at[l->n] =
        (struct mutant){.file = f->file, .what = what, .line = line, .start = start, .end = end};
    return &l->at[l->n++];
}

/* ---- statements ---- */

static const char *const type_names[] = {"wire", "reg", "integer", "logic", "int", "genvar", NULL};

static size_t statement(struct finder *f, size_t i);

static size_t assignment(struct finder *f, size_t i)
{
    size_t to = finder_find(f, i, "=", "<="), end = finder_find(f, i, ";", "end");

    if (to >= end)
        return end + 1; /* a task */
    if (end == to + 2 && finder_is(f, to + 1, "0"))
        return end + 1; /* a loop counter, set before the loop sets it */
    for (size_t k = i; k < to; k++)
        if (finder_is(f, k, "[")) {
            size_t close = sv_past(&f->t, k) - 1, index_end = finder_find(f, k + 1, "+:", "-:");

            mutate_expression(f, k + 1, index_end < close ? index_end : close);
            k = close;
        }
    mutate_expression(f, to + 1, end);
    finder_add(f, "assignment dropped", f->t.at[i].line, f->t.at[i].start, f->t.at[end].end);
    return end + 1;
}

/* `AUTORAC_COUNT(context, kind, amount); how much is counted, and that it is: counts are compared.
 */
static size_t counted(struct finder *f, size_t i)
{
    size_t end = finder_find(f, i, ";", ";"), kind = finder_find(f, i + 2, ",", ";") + 1;
    size_t amount = finder_find(f, kind, ",", ";") + 1;

    if (amount < end)
        mutate_expression(f, amount, end - 1);
    finder_add(f, "count dropped", f->t.at[i].line, f->t.at[i].start, f->t.at[end].end);
    return end + 1;
}

static size_t block(struct finder *f, size_t i)
{
    i += finder_is(f, i + 1, ":") ? 3 : 1;
    while (i < f->t.n && !finder_is(f, i, "end"))
        i = statement(f, i);
    return i + 1;
}

static size_t choice(struct finder *f, size_t i)
{
    size_t end = sv_past(&f->t, i + 1);

    mutate_condition(f, i + 2, end - 1);
    i = statement(f, end);
    return finder_is(f, i, "else") ? statement(f, i + 1) : i;
}

static size_t cases(struct finder *f, size_t i)
{
    size_t end = sv_past(&f->t, i + 1);

    mutate_expression(f, i + 2, end - 1);
    for (i = end; i < f->t.n && !finder_is(f, i, "endcase");)
        i = statement(f, finder_find(f, i, ":", "endcase") + 1);
    return i + 1;
}

static size_t loop(struct finder *f, size_t i)
{
    size_t first = finder_find(f, i + 2, ";", ")") + 1, end = finder_find(f, first, ";", ")");

    mutate_expression(f, first, end);
    return statement(f, sv_past(&f->t, i + 1));
}

static size_t statement(struct finder *f, size_t i)
{
    static const char *const plain[] = {"localparam", "automatic", ";", "return", NULL};

    if (i >= f->t.n)
        return i;
    if (finder_is(f, i, "begin"))
        return block(f, i);
    if (finder_is(f, i, "if"))
        return choice(f, i);
    if (finder_is(f, i, "unique"))
        return statement(f, i + 1);
    if (finder_is(f, i, "case") || finder_is(f, i, "casez"))
        return cases(f, i);
    if (finder_is(f, i, "for"))
        return loop(f, i);
    if (finder_is(f, i, "`AUTORAC_COUNT"))
        return counted(f, i);
    if (finder_is_one_of(f, i, type_names) || finder_is_one_of(f, i, plain) ||
        f->text[f->t.at[i].start] == '`' || f->text[f->t.at[i].start] == '$')
        return finder_find(f, i, ";", ";") + 1;
    return assignment(f, i);
}

/* ---- modules ---- */

/* wire unused_x = E: nobody reads it. */
static bool is_unused(const struct finder *f, size_t name)
{
    return strncmp(f->text + f->t.at[name].start, "unused", 6) == 0;
}

/* wire [..] a = E, b = E; and assign a = E; */
static size_t declaration(struct finder *f, size_t i)
{
    size_t end = finder_find(f, i, ";", ";");

    while (i < end) {
        size_t next = finder_find(f, i, ",", ";"), to = finder_find(f, i, "=", ";");

        if (to < next && !is_unused(f, to - 1))
            mutate_expression(f, to + 1, next);
        i = next + 1;
    }
    return end + 1;
}

/* Of the ports only those that are given an expression without selections: an input, then. */
static size_t instance(struct finder *f, size_t i)
{
    size_t end = finder_find(f, i, ";", ";"), ports = i + (finder_is(f, i + 1, "#") ? 2 : 1);

    ports = finder_is(f, ports, "(") ? sv_past(&f->t, ports) : ports;
    while (ports < end && !finder_is(f, ports, "("))
        ports++;
    for (size_t k = ports + 1; k < end; k++)
        if (finder_is(f, k, ".") && finder_is(f, k + 2, "(")) {
            size_t close = sv_past(&f->t, k + 2) - 1;
            bool selects = false;

            for (size_t t = k + 3; t < close; t++)
                selects |= finder_is(f, t, "[") || finder_is(f, t, "{");
            if (!selects && close > k + 4)
                mutate_expression(f, k + 3, close);
            k = close;
        }
    return end + 1;
}

static size_t function(struct finder *f, size_t i)
{
    for (i = finder_find(f, i, ";", ";") + 1; i < f->t.n && !finder_is(f, i, "endfunction");)
        i = statement(f, i);
    return i + 1;
}

static size_t process(struct finder *f, size_t i)
{
    while (finder_is(f, i, "@"))
        i = finder_is(f, i + 1, "(") ? sv_past(&f->t, i + 1) : i + 2;
    return statement(f, i);
}

static size_t item(struct finder *f, size_t i)
{
    static const char *const fixed[] = {"module", "localparam", "parameter",
                                        "genvar", "import",     NULL};
    static const char *const words[] = {"generate",  "endgenerate", "end", "else",
                                        "endmodule", ";",           NULL};

    if (finder_is_one_of(f, i, fixed))
        return finder_find(f, i, ";", ";") + 1;
    if (finder_is_one_of(f, i, words))
        return i + 1;
    if (finder_is(f, i, "begin"))
        return i + (finder_is(f, i + 1, ":") ? 3 : 1);
    if (finder_is(f, i, "if") || finder_is(f, i, "for"))
        return sv_past(&f->t, i + 1);
    if (finder_is(f, i, "function"))
        return function(f, i);
    if (finder_is(f, i, "always_ff") || finder_is(f, i, "always_comb") || finder_is(f, i, "always"))
        return process(f, i + 1);
    if (finder_is_one_of(f, i, type_names) || finder_is(f, i, "assign"))
        return declaration(f, i);
    if (f->text[f->t.at[i].start] == '`')
        return finder_is(f, i + 1, "(") ? sv_past(&f->t, i + 1) : i + 1;
    return f->t.at[i].kind == SV_NAME ? instance(f, i) : i + 1;
}

void mutate_find(struct mutant_list *l, const char *file, const char *text)
{
    struct finder f = {.l = l, .file = file, .text = text, .t = sv_tokens(text)};

    f.fixed = mem_alloc(f.t.n + 1, sizeof *f.fixed);
    finder_mark_fixed(&f);
    for (size_t i = 0; i < f.t.n;)
        i = item(&f, i);
    free(f.fixed);
    sv_tokens_fini(&f.t);
}

void mutant_list_fini(struct mutant_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->at[i].text);
    free(l->at);
    *l = (struct mutant_list){0};
}

void mutate_find_all(struct mutant_list *l)
{
    for (size_t i = 0; i < rtl_library_n; i++)
        if (rtl_is_module(rtl_library[i].name))
            mutate_find(l, rtl_library[i].name, rtl_library[i].text);
}
