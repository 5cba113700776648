/* SPDX-License-Identifier: Apache-2.0 */
/* validation/mutant_plant.h: all chosen mutants in one text, each asleep until the variable
 * mutant::id has its number: a design is built once for all of them. */
#ifndef AUTORAC_VALIDATION_MUTANT_PLANT_H
#define AUTORAC_VALIDATION_MUTANT_PLANT_H

#include "validation/mutate.h"

/* The text with those mutants of its file in it that have an id and are not caught; from malloc. */
char *mutant_plant(const struct mutant_list *l, const char *file, const char *text);

/* The package that wakes the mutant +mutant=ID. */
extern const char mutant_package[];

#endif
