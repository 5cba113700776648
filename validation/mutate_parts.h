/* SPDX-License-Identifier: Apache-2.0 */
/* validation/mutate_parts.h: what the files of the parser for mutants share: mutate.c walks
 * modules and statements, mutate_expression.c has the mutants of an expression. */
#ifndef AUTORAC_VALIDATION_MUTATE_PARTS_H
#define AUTORAC_VALIDATION_MUTATE_PARTS_H

#include <stdbool.h>

#include "validation/mutate.h"
#include "validation/sv_token.h"

struct finder {
    struct mutant_list *l;
    const char *file, *text;
    struct sv_tokens t;
    bool *fixed; /* by token: decided before the hardware runs */
};

bool finder_is(const struct finder *f, size_t i, const char *s);
bool finder_is_one_of(const struct finder *f, size_t i, const char *const *names);
/* The first token from i on, outside of brackets, that is a or b; or the end. */
size_t finder_find(const struct finder *f, size_t i, const char *a, const char *b);
struct mutant *finder_add(struct finder *f, const char *what, uint32_t line, size_t start,
                          size_t end);

/* Marks widths, counts of repetitions, ranges. */
void finder_mark_fixed(struct finder *f);
/* Tokens [first, end): an expression; one that an if asks. */
void mutate_expression(struct finder *f, size_t first, size_t end);
void mutate_condition(struct finder *f, size_t first, size_t end);

#endif
