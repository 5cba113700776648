/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/base/err.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Messages are one line: whatever a file name or a library's text smuggles in becomes a blank. */
static void err_flatten(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ')
            *text = ' ';
}

/* n_wanted is what snprintf would have written. */
static void err_mark_truncated(struct err *e, size_t n_wanted)
{
    if (n_wanted >= sizeof e->text)
        memcpy(e->text + sizeof e->text - 4, "...", 4);
}

enum err_code err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
    char text[sizeof e->text]; /* arguments may point into e->text */
    va_list ap;
    int n;

    assert(e && code != ERR_OK);
    va_start(ap, fmt);
    n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    e->code = code;
    memcpy(e->text, text, sizeof text);
    err_mark_truncated(e, n < 0 ? 0 : (size_t)n);
    err_flatten(e->text);
    return code;
}

enum err_code err_wrap(struct err *e, const char *fmt, ...)
{
    char context[sizeof e->text];
    char inner[sizeof e->text];
    size_t n_context, n_inner, n_copied;
    va_list ap;
    int n;

    assert(e && e->code != ERR_OK);
    va_start(ap, fmt);
    n = vsnprintf(context, sizeof context, fmt, ap);
    va_end(ap);
    if (n < 0)
        context[0] = '\0';
    memcpy(inner, e->text, sizeof inner);
    n_context = strlen(context);
    n_inner = strlen(inner);
    if (n_context > sizeof e->text - 3)
        n_context = sizeof e->text - 3;
    memcpy(e->text, context, n_context);
    memcpy(e->text + n_context, ": ", 2);
    n_copied = sizeof e->text - 1 - n_context - 2;
    if (n_copied > n_inner)
        n_copied = n_inner;
    memcpy(e->text + n_context + 2, inner, n_copied);
    e->text[n_context + 2 + n_copied] = '\0';
    err_mark_truncated(e, (n < 0 ? 0 : (size_t)n) + 2 + n_inner);
    err_flatten(e->text);
    return e->code;
}
