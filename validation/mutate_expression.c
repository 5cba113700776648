/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"
#include "validation/mutate_parts.h"

/* Widths, counts of repetitions, ranges: fixed before the hardware runs. */
void finder_mark_fixed(struct finder *f)
{
    for (size_t i = 0; i < f->t.n; i++) {
        size_t end, at;

        if (finder_is(f, i + 1, "'")) /* the width of a cast */
            f->fixed[i] = true;
        if (finder_is(f, i, "[")) {
            end = sv_past(&f->t, i) - 1;
            at = finder_find(f, i + 1, "+:", "-:");
            if (at >= end && (at = finder_find(f, i + 1, ":", "?")) < end && finder_is(f, at, ":"))
                at = i;
            for (; at < end; at++)
                f->fixed[at] = true;
        } else if (finder_is(f, i, "{")) {
            end = sv_past(&f->t, i) - 1;
            at = i + 1;
            while (at < end && !finder_is(f, at, ",") && !finder_is(f, at, "{"))
                at = finder_is(f, at, "(") || finder_is(f, at, "[") ? sv_past(&f->t, at) : at + 1;
            if (at < end && finder_is(f, at, "{"))
                for (size_t k = i + 1; k < at; k++)
                    f->fixed[k] = true;
        }
    }
}

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

/* Tokens [from, to) of the region become the text. */
static void replace(struct finder *f, const struct region *r, const char *what, size_t from,
                    size_t to, const char *by)
{
    size_t start = start_of(f, r), end = end_of(f, r);
    size_t at = f->t.at[from].start, after = f->t.at[to - 1].end;

    finder_add(f, what, f->t.at[from].line, start, end)->text = mem_printf(
        "%.*s%s%.*s", (int)(at - start), f->text + start, by, (int)(end - after), f->text + after);
}

static bool is_operand_end(const struct finder *f, size_t i)
{
    return f->t.at[i].kind != SV_OP || finder_is(f, i, ")") || finder_is(f, i, "]") ||
           finder_is(f, i, "}");
}

static void mutate_operator(struct finder *f, const struct region *r, size_t i)
{
    static const char *const other[][2] = {
        {"+", "-"},   {"-", "+"},  {"*", "+"},   {"&&", "||"}, {"||", "&&"},  {"==", "!="},
        {"!=", "=="}, {"<", "<="}, {"<=", "<"},  {">", ">="},  {">=", ">"},   {"&", "|"},
        {"|", "&"},   {"^", "&"},  {"<<", ">>"}, {">>", "<<"}, {">>>", ">>"}, {"<<<", ">>"},
    };

    if (i == r->first || !is_operand_end(f, i - 1)) {
        if (finder_is(f, i, "!") || finder_is(f, i, "~"))
            replace(f, r, "negation dropped", i, i + 1, "");
        return;
    }
    for (size_t k = 0; k < sizeof other / sizeof *other; k++)
        if (finder_is(f, i, other[k][0]))
            replace(f, r, "operator", i, i + 1, other[k][1]);
}

/* An operand of one token: neither called, indexed nor cast. */
static bool is_simple(const struct finder *f, const struct region *r, size_t i)
{
    return i >= r->first && i < r->end && f->t.at[i].kind != SV_OP && !f->fixed[i] &&
           (i + 1 == r->end ||
            (!finder_is(f, i + 1, "[") && !finder_is(f, i + 1, "(") && !finder_is(f, i + 1, "'")));
}

/* a - b, a < b and the like. Before a, nothing that binds as closely. */
static void mutate_operands(struct finder *f, const struct region *r, size_t i)
{
    static const char *const ordered[] = {"-", "<<", ">>", NULL};
    static const char *const edge[] = {"(", "[", "{", ",", "?", ":", "&&", "||", NULL};
    const struct sv_token *t = f->t.at;
    char *by;

    if (!finder_is_one_of(f, i, ordered) || i == r->first || !is_simple(f, r, i - 1) ||
        !is_simple(f, r, i + 1) || (i - 1 > r->first && !finder_is_one_of(f, i - 2, edge)))
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

        if (!finder_is(f, k, "localparam") || !finder_is(f, k + 1, "["))
            continue;
        first = name = sv_past(&f->t, k + 1);
        for (; finder_is(f, name + 1, "=") && f->t.at[name + 2].kind == SV_NUMBER; name += 4, n++)
            if (!finder_is(f, name + 3, ","))
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
        if (finder_is(f, from - 1, ")") || finder_is(f, from - 1, "]") ||
            finder_is(f, from - 1, "}"))
            depth++;
        else if ((sv_opens(&f->t, from - 1) && --depth < 0) ||
                 (!depth && (finder_is(f, from - 1, ",") || finder_is(f, from - 1, "?") ||
                             finder_is(f, from - 1, ":"))))
            break;
        from--;
    }
    by = mem_printf("!(%.*s)", (int)(f->t.at[i - 1].end - f->t.at[from].start),
                    f->text + f->t.at[from].start);
    replace(f, r, "condition inverted", from, i, by);
    free(by);
}

void mutate_expression(struct finder *f, size_t first, size_t end)
{
    struct region r = {first, end};

    for (size_t i = first; i < end; i++) {
        if (f->fixed[i])
            continue;
        if (f->t.at[i].kind == SV_NUMBER)
            mutate_number(f, &r, i);
        else if (f->t.at[i].kind == SV_NAME)
            mutate_state(f, &r, i);
        else if (finder_is(f, i, "?") && i > first)
            mutate_choice(f, &r, i);
        else {
            mutate_operator(f, &r, i);
            mutate_operands(f, &r, i);
        }
    }
}

/* What an if asks. */
void mutate_condition(struct finder *f, size_t first, size_t end)
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
