/* SPDX-License-Identifier: Apache-2.0 */
#include "validation/rtl_draw.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"
#include "validation/rtl_choice.h"

static uint32_t n_values(const char *values)
{
    uint32_t n = 0;
    char value[RTL_VALUE];

    while (rtl_choice_value(values, n, value))
        n++;
    return n;
}

static void set(struct cfg *c, const char *path, const char *value)
{
    char *assignment = mem_printf("%s=%s", path, value);
    struct err e;

    if (cfg_set(c, assignment, &e))
        assert(false);
    free(assignment);
}

static void draw_value(const struct rtl_choice *h, struct rng *r, char value[RTL_VALUE])
{
    (void)rtl_choice_value(h->values, (uint32_t)rng_below(r, n_values(h->values)), value);
}

struct chip_config validate_rtl_chip(struct rng *r)
{
    char value[RTL_VALUE], cols[RTL_VALUE] = "", cell[RTL_VALUE] = "";
    struct chip_config c;
    struct cfg *doc = NULL;
    struct err e;
    enum err_code rc = cfg_parse(&doc, "draw", "{}", &e);
    bool begun = false;

    assert(!rc);
    for (size_t i = 0; i < RTL_N_CHOICES; i++) {
        const struct rtl_choice *h = &rtl_choices[i];

        if (rtl_choice_is_device(h) && !begun) {
            if (!rng_below(r, 2))
                break;
            begun = true;
            snprintf(value, sizeof value, "%u", (unsigned)rng_below(r, 1000));
            set(doc, "device.seed", value);
            set(doc, "map.copies", "1"); /* such a chip has every matrix once */
            set(doc, "map.replicate", "1");
        }
        if (strcmp(h->path, "device.time_s") == 0 && strcmp(cell, "cmo") != 0)
            continue; /* only that device drifts */
        do
            draw_value(h, r, value);
        while (strcmp(h->path, "mvm.cols_per_adc") == 0 &&
               rtl_choice_number(value) > rtl_choice_number(cols));
        if (strcmp(h->path, "mvm.cols") == 0)
            memcpy(cols, value, sizeof cols);
        if (strcmp(h->path, "device.cell") == 0)
            memcpy(cell, value, sizeof cell);
        set(doc, h->path, value);
    }
    rc = chip_config_read(doc, &c, &e);
    assert(!rc); /* the table's values are a valid chip */
    (void)rc;
    cfg_free(doc);
    return c;
}
