/* SPDX-License-Identifier: Apache-2.0 */
/* validation/mutate.h: small mistakes in SystemVerilog, found as text.
 *
 * A light parser finds what is evaluated while the hardware runs: right-hand sides, conditions,
 * indices on the left, expressions at ports of instances. Each operator, constant, state and
 * condition there, and each assignment in a process, gives mutants: operator exchanged, constant
 * one more or less, next state, operands exchanged, condition inverted or always true or never,
 * negation dropped, assignment or count dropped (a reset value among them). Left out: what is fixed
 * before the hardware runs (parameters, widths, ranges, generate), initial blocks, recording.
 * validation/mutant_plant.h puts them into the text. */
#ifndef AUTORAC_VALIDATION_MUTATE_H
#define AUTORAC_VALIDATION_MUTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mutant {
    const char *file;  /* name in the library */
    const char *what;  /* "operator", "constant", ... */
    uint32_t line;     /* of the file */
    uint32_t id;       /* above 0 once chosen */
    bool refused;      /* does not build */
    bool caught;       /* and so not planted any more */
    size_t start, end; /* of the expression, or of the statement, in the text */
    char *text;        /* what takes the expression's place; NULL: the statement is dropped */
};

struct mutant_list {
    struct mutant *at;
    size_t n;
};

/* Every mutant of a file of the library; file and text are borrowed. */
void mutate_find(struct mutant_list *l, const char *file, const char *text);
/* Those of all modules of the library, in its order. */
void mutate_find_all(struct mutant_list *l);
void mutant_list_fini(struct mutant_list *l);

#endif
