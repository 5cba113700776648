/* SPDX-License-Identifier: Apache-2.0 */
#include "validation/sv_token.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$';
}

/* A line of the preprocessor, with those that continue it. */
static size_t past_directive(const char *text, size_t i)
{
    while (text[i] && (text[i] != '\n' || text[i - 1] == '\\'))
        i++;
    return i;
}

static bool is_directive(const char *at)
{
    static const char *const name[] = {"`ifdef", "`ifndef", "`else",  "`elsif",
                                       "`endif", "`define", "`undef", "`include"};

    for (size_t k = 0; k < sizeof name / sizeof *name; k++)
        if (strncmp(at, name[k], strlen(name[k])) == 0 && !is_word(at[strlen(name[k])]))
            return true;
    return false;
}

/* Past blanks, comments and lines of the preprocessor. */
static size_t past_blank(const char *text, size_t i)
{
    for (;;) {
        if (isspace((unsigned char)text[i]))
            i++;
        else if (strncmp(text + i, "//", 2) == 0)
            i += strcspn(text + i, "\n");
        else if (strncmp(text + i, "/*", 2) == 0) {
            const char *end = strstr(text + i + 2, "*/");

            i = end ? (size_t)(end + 2 - text) : i + strlen(text + i);
        } else if (text[i] == '`' && is_directive(text + i))
            i = past_directive(text, i);
        else
            return i;
    }
}

/* 12, 16'd12, 32'sh8, '0; not the quote of a cast. */
static size_t past_number(const char *s)
{
    size_t n = strspn(s, "0123456789_");

    if (s[n] == '\'' && s[n + 1] && strchr("sSbBoOdDhH01", s[n + 1])) {
        n += 2;
        while (is_word(s[n]))
            n++;
    }
    return n;
}

static size_t operator_length(const char *s)
{
    static const char *const name[] = {"<<<", ">>>", "===", "!==", "<<", ">>", "<=", ">=",
                                       "==",  "!=",  "&&",  "||",  "**", "+:", "-:", "::"};

    for (size_t k = 0; k < sizeof name / sizeof *name; k++)
        if (strncmp(s, name[k], strlen(name[k])) == 0)
            return strlen(name[k]);
    return 1;
}

static size_t token_length(const char *s, enum sv_kind *kind)
{
    size_t n = 1;

    if (isdigit((unsigned char)*s) || (*s == '\'' && s[1] && strchr("01", s[1]))) {
        *kind = SV_NUMBER;
        return past_number(s);
    }
    if (is_word(*s) || *s == '`') {
        *kind = SV_NAME;
        while (is_word(s[n]))
            n++;
        return n;
    }
    if (*s == '"') {
        *kind = SV_STRING;
        while (s[n] && (s[n] != '"' || s[n - 1] == '\\'))
            n++;
        return n + (s[n] == '"');
    }
    *kind = SV_OP;
    return operator_length(s);
}

struct sv_tokens sv_tokens(const char *text)
{
    struct sv_tokens t = {.text = text};
    size_t room = 0, i = 0, counted = 0;
    uint32_t line = 1;

    while (text[i = past_blank(text, i)]) {
        struct sv_token token = {.start = i};

        for (; counted < i; counted++)
            line += text[counted] == '\n';
        token.line = line;
        i += token_length(text + i, &token.kind);
        token.end = i;
        if (t.n == room) {
            t.at = mem_grow(t.at, room, room ? 2 * room : 1024, sizeof *t.at);
            room = room ? 2 * room : 1024;
        }
        t.at[t.n++] = token;
    }
    return t;
}

void sv_tokens_fini(struct sv_tokens *t)
{
    free(t->at);
    *t = (struct sv_tokens){0};
}

bool sv_is(const struct sv_tokens *t, size_t i, const char *s)
{
    return i < t->n && t->at[i].end - t->at[i].start == strlen(s) &&
           strncmp(t->text + t->at[i].start, s, strlen(s)) == 0;
}

bool sv_same(const struct sv_tokens *t, size_t a, size_t b)
{
    size_t n = t->at[a].end - t->at[a].start;

    return n == t->at[b].end - t->at[b].start &&
           strncmp(t->text + t->at[a].start, t->text + t->at[b].start, n) == 0;
}

bool sv_opens(const struct sv_tokens *t, size_t i)
{
    return sv_is(t, i, "(") || sv_is(t, i, "[") || sv_is(t, i, "{");
}

size_t sv_past(const struct sv_tokens *t, size_t i)
{
    int depth = 0;

    for (; i < t->n; i++) {
        if (sv_opens(t, i))
            depth++;
        else if ((sv_is(t, i, ")") || sv_is(t, i, "]") || sv_is(t, i, "}")) && !--depth)
            return i + 1;
    }
    return i;
}
