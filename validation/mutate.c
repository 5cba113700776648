/* SPDX-License-Identifier: Apache-2.0 */
#include "validation/mutate.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rtlgen/library.h"
#include "sim/base/mem.h"
#include "validation/sv_token.h"

const char mutate_package[] = "package mutant;\n"
                              "    function automatic int chosen();\n"
                              "        int v;\n"
                              "        if ($value$plusargs(\"mutant=%d\", v) == 0) v = 0;\n"
                              "        return v;\n"
                              "    endfunction\n"
                              "    int id = chosen();\n"
                              "endpackage\n";

struct finder {
    struct mutant_list *l;
    const char *file, *text;
    struct sv_tokens t;
    bool *fixed; /* by token: decided before the hardware runs */
};

/* ---- tokens ---- */

static bool is(const struct finder *f, size_t i, const char *s)
{
    return sv_is(&f->t, i, s);
}

static bool one_of(const struct finder *f, size_t i, const char *const *names)
{
    for (; *names; names++)
        if (is(f, i, *names))
            return true;
    return false;
}

/* Just past the closer of the opener at i. */
static size_t past(const struct finder *f, size_t i)
{
    return sv_past(&f->t, i);
}

/* The first token from i on, outside of brackets, that is a or b; or the end. */
static size_t find(const struct finder *f, size_t i, const char *a, const char *b)
{
    while (i < f->t.n && !is(f, i, a) && !is(f, i, b))
        i = sv_opens(&f->t, i) ? past(f, i) : i + 1;
    return i;
}

/* Widths, counts of repetitions, ranges: fixed before the hardware runs. */
static void mark_fixed(struct finder *f)
{
    for (size_t i = 0; i < f->t.n; i++) {
        size_t end, at;

        if (is(f, i + 1, "'")) /* the width of a cast */
            f->fixed[i] = true;
        if (is(f, i, "[")) {
            end = past(f, i) - 1;
            at = find(f, i + 1, "+:", "-:");
            if (at >= end && (at = find(f, i + 1, ":", "?")) < end && is(f, at, ":"))
                at = i;
            for (; at < end; at++)
                f->fixed[at] = true;
        } else if (is(f, i, "{")) {
            end = past(f, i) - 1;
            at = i + 1;
            while (at < end && !is(f, at, ",") && !is(f, at, "{"))
                at = is(f, at, "(") || is(f, at, "[") ? past(f, at) : at + 1;
            if (at < end && is(f, at, "{"))
                for (size_t k = i + 1; k < at; k++)
                    f->fixed[k] = true;
        }
    }
}

/* ---- mutants of an expression ---- */

struct region {
    size_t first, end; /* tokens */
};

static size_t start_of(const struct finder *f, const struct region *r)
{
    return f->t.at[r->first].start;
}

static size_t end_of(const struct finder *f, const struct region *r)
{
    return f->t.at[r->end - 1].end;
}

static struct mutant *add(struct finder *f, const char *what, uint32_t line, size_t start,
                          size_t end)
{
    struct mutant_list *l = f->l;

    if (!(l->n & (l->n - 1)))
        l->at = mem_grow(l->at, l->n, l->n ? 2 * l->n : 1, sizeof *l->at);
    l->at[l->n] =
        (struct mutant){.file = f->file, .what = what, .line = line, .start = start, .end = end};
    return &l->at[l->n++];
}

/* Tokens [from, to) of the region become the text. */
static void replace(struct finder *f, const struct region *r, const char *what, size_t from,
                    size_t to, const char *by)
{
    size_t start = start_of(f, r), end = end_of(f, r);
    size_t at = f->t.at[from].start, after = f->t.at[to - 1].end;

    add(f, what, f->t.at[from].line, start, end)->text = mem_printf(
        "%.*s%s%.*s", (int)(at - start), f->text + start, by, (int)(end - after), f->text + after);
}

static bool is_operand_end(const struct finder *f, size_t i)
{
    return f->t.at[i].kind != SV_OP || is(f, i, ")") || is(f, i, "]") || is(f, i, "}");
}

static void mutate_operator(struct finder *f, const struct region *r, size_t i)
{
    static const char *const other[][2] = {
        {"+", "-"},   {"-", "+"},  {"*", "+"},   {"&&", "||"}, {"||", "&&"},  {"==", "!="},
        {"!=", "=="}, {"<", "<="}, {"<=", "<"},  {">", ">="},  {">=", ">"},   {"&", "|"},
        {"|", "&"},   {"^", "&"},  {"<<", ">>"}, {">>", "<<"}, {">>>", ">>"}, {"<<<", ">>"},
    };

    if (i == r->first || !is_operand_end(f, i - 1)) {
        if (is(f, i, "!") || is(f, i, "~"))
            replace(f, r, "negation dropped", i, i + 1, "");
        return;
    }
    for (size_t k = 0; k < sizeof other / sizeof *other; k++)
        if (is(f, i, other[k][0]))
            replace(f, r, "operator", i, i + 1, other[k][1]);
}

/* An operand of one token: neither called, indexed nor cast. */
static bool is_simple(const struct finder *f, const struct region *r, size_t i)
{
    return i >= r->first && i < r->end && f->t.at[i].kind != SV_OP && !f->fixed[i] &&
           (i + 1 == r->end || (!is(f, i + 1, "[") && !is(f, i + 1, "(") && !is(f, i + 1, "'")));
}

/* a - b, a < b and the like. Before a, nothing that binds as closely. */
static void mutate_operands(struct finder *f, const struct region *r, size_t i)
{
    static const char *const ordered[] = {"-", "<<", ">>", NULL};
    static const char *const edge[] = {"(", "[", "{", ",", "?", ":", "&&", "||", NULL};
    const struct sv_token *t = f->t.at;
    char *by;

    if (!one_of(f, i, ordered) || i == r->first || !is_simple(f, r, i - 1) ||
        !is_simple(f, r, i + 1) || (i - 1 > r->first && !one_of(f, i - 2, edge)))
        return;
    by = mem_printf("%.*s %.*s %.*s", (int)(t[i + 1].end - t[i + 1].start),
                    f->text + t[i + 1].start, (int)(t[i].end - t[i].start), f->text + t[i].start,
                    (int)(t[i - 1].end - t[i - 1].start), f->text + t[i - 1].start);
    replace(f, r, "operands exchanged", i - 1, i + 2, by);
    free(by);
}

/* 16'd5: 16'd6 and 16'd4; a bit: the other one. */
static void mutate_number(struct finder *f, const struct region *r, size_t i)
{
    const struct sv_token *t = &f->t.at[i];
    const char *s = f->text + t->start, *quote = memchr(s, '\'', t->end - t->start);
    int n_prefix = 0, base = 10;
    uint64_t v, size = strtoull(s, NULL, 10);
    char *by, *end;

    if (quote && (size_t)(quote - s) + 2 >= t->end - t->start)
        return; /* '0 and '1 */
    if (quote) {
        const char *digits = quote + 1 + (tolower((unsigned char)quote[1]) == 's');
        char c = (char)tolower((unsigned char)*digits);

        base = c == 'h' ? 16 : c == 'b' ? 2 : c == 'o' ? 8 : 10;
        n_prefix = (int)(digits + 1 - s);
    }
    v = strtoull(s + n_prefix, &end, base);
    if (end != s + (t->end - t->start) || (quote && size > 63))
        return; /* digits with underscores, or wider than a number of C */
    for (int more = 0; more < 2; more++) {
        uint64_t w = more ? v + 1 : v - 1;

        if ((!more && !v) || (quote && w >> size))
            continue;
        by = mem_printf(base == 16 ? "%.*s%" PRIx64 : "%.*s%" PRIu64,
                        base == 2 || base == 8 ? (int)(quote + 1 - s) : n_prefix, s, w);
        if (base == 2 || base == 8) {
            free(by);
            by = mem_printf("%.*s'd%" PRIu64, (int)(quote - s), s, w);
        }
        replace(f, r, "constant", i, i + 1, by);
        free(by);
    }
}

/* The next of the constants that one localparam declares: NAME = N'dV, NAME = N'dV, ... */
static void mutate_state(struct finder *f, const struct region *r, size_t i)
{
    for (size_t k = 0; k + 1 < f->t.n; k++) {
        size_t name, first, n = 0;

        if (!is(f, k, "localparam") || !is(f, k + 1, "["))
            continue;
        first = name = past(f, k + 1);
        for (; is(f, name + 1, "=") && f->t.at[name + 2].kind == SV_NUMBER; name += 4, n++)
            if (!is(f, name + 3, ","))
                break;
        for (size_t at = first; n && at <= name; at += 4)
            if (sv_same(&f->t, at, i)) {
                const struct sv_token *next = &f->t.at[at == name ? first : at + 4];
                char *by =
                    mem_printf("%.*s", (int)(next->end - next->start), f->text + next->start);

                replace(f, r, "state", i, i + 1, by);
                free(by);
                return;
            }
    }
}

/* c ? a : b with c inverted. */
static void mutate_choice(struct finder *f, const struct region *r, size_t i)
{
    size_t from = i;
    int depth = 0;
    char *by;

    while (from > r->first) {
        if (is(f, from - 1, ")") || is(f, from - 1, "]") || is(f, from - 1, "}"))
            depth++;
        else if ((sv_opens(&f->t, from - 1) && --depth < 0) ||
                 (!depth && (is(f, from - 1, ",") || is(f, from - 1, "?") || is(f, from - 1, ":"))))
            break;
        from--;
    }
    by = mem_printf("!(%.*s)", (int)(f->t.at[i - 1].end - f->t.at[from].start),
                    f->text + f->t.at[from].start);
    replace(f, r, "condition inverted", from, i, by);
    free(by);
}

static void mutate_expression(struct finder *f, size_t first, size_t end)
{
    struct region r = {first, end};

    for (size_t i = first; i < end; i++) {
        if (f->fixed[i])
            continue;
        if (f->t.at[i].kind == SV_NUMBER)
            mutate_number(f, &r, i);
        else if (f->t.at[i].kind == SV_NAME)
            mutate_state(f, &r, i);
        else if (is(f, i, "?") && i > first)
            mutate_choice(f, &r, i);
        else {
            mutate_operator(f, &r, i);
            mutate_operands(f, &r, i);
        }
    }
}

/* What an if asks. */
static void mutate_condition(struct finder *f, size_t first, size_t end)
{
    struct region r = {first, end};
    char *by =
        mem_printf("!(%.*s)", (int)(end_of(f, &r) - start_of(f, &r)), f->text + start_of(f, &r));

    mutate_expression(f, first, end);
    replace(f, &r, "condition inverted", first, end, by);
    replace(f, &r, "always", first, end, "1'b1");
    replace(f, &r, "never", first, end, "1'b0");
    free(by);
}

/* ---- statements ---- */

static const char *const type_names[] = {"wire", "reg", "integer", "logic", "int", "genvar", NULL};

static size_t statement(struct finder *f, size_t i);

static size_t assignment(struct finder *f, size_t i)
{
    size_t to = find(f, i, "=", "<="), end = find(f, i, ";", "end");

    if (to >= end)
        return end + 1; /* a task */
    if (end == to + 2 && is(f, to + 1, "0"))
        return end + 1; /* a loop counter, set before the loop sets it */
    for (size_t k = i; k < to; k++)
        if (is(f, k, "[")) {
            size_t close = past(f, k) - 1, index_end = find(f, k + 1, "+:", "-:");

            mutate_expression(f, k + 1, index_end < close ? index_end : close);
            k = close;
        }
    mutate_expression(f, to + 1, end);
    add(f, "assignment dropped", f->t.at[i].line, f->t.at[i].start, f->t.at[end].end);
    return end + 1;
}

/* `AUTORAC_COUNT(context, kind, amount); how much is counted, and that it is: counts are compared.
 */
static size_t counted(struct finder *f, size_t i)
{
    size_t end = find(f, i, ";", ";"), kind = find(f, i + 2, ",", ";") + 1;
    size_t amount = find(f, kind, ",", ";") + 1;

    if (amount < end)
        mutate_expression(f, amount, end - 1);
    add(f, "count dropped", f->t.at[i].line, f->t.at[i].start, f->t.at[end].end);
    return end + 1;
}

static size_t block(struct finder *f, size_t i)
{
    i += is(f, i + 1, ":") ? 3 : 1;
    while (i < f->t.n && !is(f, i, "end"))
        i = statement(f, i);
    return i + 1;
}

static size_t choice(struct finder *f, size_t i)
{
    size_t end = past(f, i + 1);

    mutate_condition(f, i + 2, end - 1);
    i = statement(f, end);
    return is(f, i, "else") ? statement(f, i + 1) : i;
}

static size_t cases(struct finder *f, size_t i)
{
    size_t end = past(f, i + 1);

    mutate_expression(f, i + 2, end - 1);
    for (i = end; i < f->t.n && !is(f, i, "endcase");)
        i = statement(f, find(f, i, ":", "endcase") + 1);
    return i + 1;
}

static size_t loop(struct finder *f, size_t i)
{
    size_t first = find(f, i + 2, ";", ")") + 1, end = find(f, first, ";", ")");

    mutate_expression(f, first, end);
    return statement(f, past(f, i + 1));
}

static size_t statement(struct finder *f, size_t i)
{
    static const char *const plain[] = {"localparam", "automatic", ";", "return", NULL};

    if (i >= f->t.n)
        return i;
    if (is(f, i, "begin"))
        return block(f, i);
    if (is(f, i, "if"))
        return choice(f, i);
    if (is(f, i, "unique"))
        return statement(f, i + 1);
    if (is(f, i, "case") || is(f, i, "casez"))
        return cases(f, i);
    if (is(f, i, "for"))
        return loop(f, i);
    if (is(f, i, "`AUTORAC_COUNT"))
        return counted(f, i);
    if (one_of(f, i, type_names) || one_of(f, i, plain) || f->text[f->t.at[i].start] == '`' ||
        f->text[f->t.at[i].start] == '$')
        return find(f, i, ";", ";") + 1;
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
    size_t end = find(f, i, ";", ";");

    while (i < end) {
        size_t next = find(f, i, ",", ";"), to = find(f, i, "=", ";");

        if (to < next && !is_unused(f, to - 1))
            mutate_expression(f, to + 1, next);
        i = next + 1;
    }
    return end + 1;
}

/* Of the ports only those that are given an expression without selections: an input, then. */
static size_t instance(struct finder *f, size_t i)
{
    size_t end = find(f, i, ";", ";"), ports = i + (is(f, i + 1, "#") ? 2 : 1);

    ports = is(f, ports, "(") ? past(f, ports) : ports;
    while (ports < end && !is(f, ports, "("))
        ports++;
    for (size_t k = ports + 1; k < end; k++)
        if (is(f, k, ".") && is(f, k + 2, "(")) {
            size_t close = past(f, k + 2) - 1;
            bool selects = false;

            for (size_t t = k + 3; t < close; t++)
                selects |= is(f, t, "[") || is(f, t, "{");
            if (!selects && close > k + 4)
                mutate_expression(f, k + 3, close);
            k = close;
        }
    return end + 1;
}

static size_t function(struct finder *f, size_t i)
{
    for (i = find(f, i, ";", ";") + 1; i < f->t.n && !is(f, i, "endfunction");)
        i = statement(f, i);
    return i + 1;
}

static size_t process(struct finder *f, size_t i)
{
    while (is(f, i, "@"))
        i = is(f, i + 1, "(") ? past(f, i + 1) : i + 2;
    return statement(f, i);
}

static size_t item(struct finder *f, size_t i)
{
    static const char *const fixed[] = {"module", "localparam", "parameter",
                                        "genvar", "import",     NULL};
    static const char *const words[] = {"generate",  "endgenerate", "end", "else",
                                        "endmodule", ";",           NULL};

    if (one_of(f, i, fixed))
        return find(f, i, ";", ";") + 1;
    if (one_of(f, i, words))
        return i + 1;
    if (is(f, i, "begin"))
        return i + (is(f, i + 1, ":") ? 3 : 1);
    if (is(f, i, "if") || is(f, i, "for"))
        return past(f, i + 1);
    if (is(f, i, "function"))
        return function(f, i);
    if (is(f, i, "always_ff") || is(f, i, "always_comb") || is(f, i, "always"))
        return process(f, i + 1);
    if (one_of(f, i, type_names) || is(f, i, "assign"))
        return declaration(f, i);
    if (f->text[f->t.at[i].start] == '`')
        return is(f, i + 1, "(") ? past(f, i + 1) : i + 1;
    return f->t.at[i].kind == SV_NAME ? instance(f, i) : i + 1;
}

void mutate_find(struct mutant_list *l, const char *file, const char *text)
{
    struct finder f = {.l = l, .file = file, .text = text, .t = sv_tokens(text)};

    f.fixed = mem_alloc(f.t.n + 1, sizeof *f.fixed);
    mark_fixed(&f);
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

/* ---- planting ---- */

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

/* All mutants of the expression that mutant i is the first of: (id == 3 ? (..) : id == 5 ? (..) :
 * (..)) */
static char *chain(const struct mutant_list *l, size_t i, const char *text)
{
    const struct mutant *m = &l->at[i];
    char *out = mem_strdup("(");

    for (size_t k = i; k < l->n; k++) {
        const struct mutant *o = &l->at[k];
        char *longer;

        if (!o->id || !o->text || o->start != m->start || strcmp(o->file, m->file) != 0)
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
        if (l->at[k].id && l->at[k].text && l->at[k].start == l->at[i].start &&
            strcmp(l->at[k].file, l->at[i].file) == 0)
            return false;
    return true;
}

char *mutate_apply(const struct mutant_list *l, const char *file, const char *text)
{
    struct edit *edit = mem_alloc(2 * l->n + 1, sizeof *edit);
    size_t n = 0, at = 0, size;
    char *out;
    FILE *f;

    for (size_t i = 0; i < l->n; i++) {
        const struct mutant *m = &l->at[i];

        if (!m->id || strcmp(m->file, file) != 0)
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

void mutate_find_all(struct mutant_list *l)
{
    for (size_t i = 0; i < rtl_library_n; i++)
        if (rtl_is_module(rtl_library[i].name))
            mutate_find(l, rtl_library[i].name, rtl_library[i].text);
}
