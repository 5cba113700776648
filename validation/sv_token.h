/* SPDX-License-Identifier: Apache-2.0 */
/* validation/sv_token.h: SystemVerilog text as tokens. Comments and lines of the preprocessor are
 * not there; a macro that is used is a name that begins with `. */
#ifndef AUTORAC_VALIDATION_SV_TOKEN_H
#define AUTORAC_VALIDATION_SV_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sv_kind { SV_NAME, SV_NUMBER, SV_STRING, SV_OP };

struct sv_token {
    enum sv_kind kind;
    uint32_t line;
    size_t start, end; /* in the text */
};

struct sv_tokens {
    const char *text; /* borrowed */
    struct sv_token *at;
    size_t n;
};

struct sv_tokens sv_tokens(const char *text);
void sv_tokens_fini(struct sv_tokens *t);

/* i may be past the end: then false. */
bool sv_is(const struct sv_tokens *t, size_t i, const char *s);
bool sv_same(const struct sv_tokens *t, size_t a, size_t b);
bool sv_opens(const struct sv_tokens *t, size_t i); /* ( [ { */
/* Just past the bracket that closes the one at i; the end if none does. */
size_t sv_past(const struct sv_tokens *t, size_t i);

#endif
