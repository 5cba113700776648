/* SPDX-License-Identifier: Apache-2.0 */
/* validation/rtl_choice.h: the keys that a random chip draws and their values, as a table
 * (validation/rtl_choices.def). */
#ifndef AUTORAC_VALIDATION_RTL_CHOICE_H
#define AUTORAC_VALIDATION_RTL_CHOICE_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/config.h"

enum { RTL_VALUE = 16 /* bytes of a value as text */ };

enum {
    RTL_N_CHOICES = 0
#define CHOICE(path, values, where) +1
#include "validation/rtl_choices.def"
#undef CHOICE
};

struct rtl_choice {
    const char *path;   /* of the key */
    const char *values; /* with blanks between them, some more than once */
    const char *where;  /* it matters: see rtl_choice_where; "": everywhere */
};

extern const struct rtl_choice rtl_choices[RTL_N_CHOICES];

bool rtl_choice_is_device(const struct rtl_choice *h);

/* Value number n of a list in text; false: there are not so many. */
bool rtl_choice_value(const char *values, uint32_t n, char out[RTL_VALUE]);
double rtl_choice_number(const char *value);

/* Whether the chip has that value of the key, which is one of the table's. */
bool rtl_choice_held(const struct chip_config *c, const char *path, const char *value);

/* "KEY=VALUE" or "KEY!=VALUE", taken apart. */
struct rtl_choice_where {
    char path[32], value[RTL_VALUE];
    bool is;
};
struct rtl_choice_where rtl_choice_where(const char *text);

#endif
