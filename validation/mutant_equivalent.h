/* SPDX-License-Identifier: Apache-2.0 */
/* validation/mutant_equivalent.h: mutants that were shown to change nothing.
 *
 * validation/mutant_equivalent.def lists them with the reason, each by its file, the text of its
 * line, what it is, the text after, and, where that occurs several times in the file, which one of
 * how many: never by number of line. An entry that the library no longer has is an error. Such
 * mutants are run as all others: one that is caught after all is an error, too. */
#ifndef AUTORAC_VALIDATION_MUTANT_EQUIVALENT_H
#define AUTORAC_VALIDATION_MUTANT_EQUIVALENT_H

#include <stdio.h>

#include "sim/base/err.h"
#include "validation/mutate.h"

/* What a mutant is known by. From malloc. */
struct mutant_name {
    char *line, *after; /* blanks made one */
    uint32_t nth, of;   /* of those in the file that are called the same; from 1 */
};

/* (l->n) for every mutant of the library. */
struct mutant_name *mutant_names(const struct mutant_list *l);
void mutant_names_free(struct mutant_name *n, size_t count);

/* (l->n) reasons, NULL for the others. ERR_BUG: an entry names no mutant, or one named already.
 * Free with free. */
enum err_code mutant_equivalents(const struct mutant_list *l, const struct mutant_name *n,
                                 const char ***reason, struct err *e);

/* The list's entry for a mutant, without its reason. */
void mutant_print_entry(const struct mutant *m, const struct mutant_name *n, FILE *out);

#endif
