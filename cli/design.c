/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/design.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/args.h"
#include "sim/base/json.h"
#include "sim/base/mem.h"

enum err_code design_key(const char *path, const struct cfg_key **out, struct err *e)
{
    const char **names = mem_alloc(chip_config_n_keys, sizeof *names), *near;
    enum err_code rc = ERR_OK;

    *out = NULL;
    for (size_t i = 0; i < chip_config_n_keys; i++) {
        names[i] = chip_config_keys[i].path;
        if (!strcmp(names[i], path))
            *out = &chip_config_keys[i];
    }
    near = args_nearest(path, names, chip_config_n_keys);
    if (!*out && near)
        rc = err_set(e, ERR_CONFIG, "%s: unknown key; did you mean %s?", path, near);
    else if (!*out)
        rc = err_set(e, ERR_CONFIG, "%s: unknown key; see autorac list parameters", path);
    free(names);
    return rc;
}

static const void *field(const struct chip_config *c, const struct cfg_key *k)
{
    return (const char *)c + k->offset;
}

double design_number(const struct chip_config *c, const struct cfg_key *k)
{
    uint32_t u32;
    double f64;

    switch (k->type) {
    case CFG_U32:
        memcpy(&u32, field(c, k), sizeof u32);
        return u32;
    case CFG_F64:
        memcpy(&f64, field(c, k), sizeof f64);
        return f64;
    default:
        return NAN;
    }
}

void design_value(const struct chip_config *c, const struct cfg_key *k, char out[DESIGN_TEXT])
{
    uint32_t choice;

    switch (k->type) {
    case CFG_ENUM:
        memcpy(&choice, field(c, k), sizeof choice);
        snprintf(out, DESIGN_TEXT, "%s", k->choices[choice]);
        break;
    case CFG_STR:
        snprintf(out, DESIGN_TEXT, "%s", (const char *)field(c, k));
        break;
    default:
        json_f64_text(out, design_number(c, k));
    }
}
