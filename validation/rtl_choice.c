/* SPDX-License-Identifier: Apache-2.0 */
#include "validation/rtl_choice.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct rtl_choice rtl_choices[RTL_N_CHOICES] = {
#define CHOICE(path, values, where) {path, values, where},
#include "validation/rtl_choices.def"
#undef CHOICE
};

bool rtl_choice_is_device(const struct rtl_choice *h)
{
    return strncmp(h->path, "device.", 7) == 0;
}

bool rtl_choice_value(const char *values, uint32_t n, char out[RTL_VALUE])
{
    size_t length;

    while (n-- && values)
        values = strchr(values, ' ') ? strchr(values, ' ') + 1 : NULL;
    if (!values)
        return false;
    length = strcspn(values, " ");
    assert(length < RTL_VALUE);
    memcpy(out, values, length);
    out[length] = '\0';
    return true;
}

double rtl_choice_number(const char *value)
{
    return strtod(value, NULL);
}

static const struct cfg_key *key_of(const char *path)
{
    for (size_t i = 0; i < chip_config_n_keys; i++)
        if (strcmp(chip_config_keys[i].path, path) == 0)
            return &chip_config_keys[i];
    assert(false); /* the table names keys of the chip */
    return NULL;
}

/* What the struct holds for that text: a number, or the place of a word. */
static double number_of(const struct cfg_key *key, const char *text)
{
    if (key->type != CFG_ENUM)
        return rtl_choice_number(text);
    for (uint32_t i = 0; key->choices[i]; i++)
        if (strcmp(key->choices[i], text) == 0)
            return i;
    assert(false); /* ... and their values */
    return -1;
}

static double held(const struct chip_config *c, const struct cfg_key *key)
{
    const char *at = (const char *)c + key->offset;
    uint32_t u;
    double d;

    if (key->type == CFG_F64) {
        memcpy(&d, at, sizeof d);
        return d;
    }
    memcpy(&u, at, sizeof u);
    return u;
}

bool rtl_choice_held(const struct chip_config *c, const char *path, const char *value)
{
    const struct cfg_key *key = key_of(path);

    return held(c, key) == number_of(key, value);
}

struct rtl_choice_where rtl_choice_where(const char *text)
{
    struct rtl_choice_where w = {.is = !strchr(text, '!')};
    size_t n = strcspn(text, "!=");

    snprintf(w.path, sizeof w.path, "%.*s", (int)n, text);
    snprintf(w.value, sizeof w.value, "%s", text + n + (w.is ? 1 : 2));
    return w;
}
