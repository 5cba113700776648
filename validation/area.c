/* SPDX-License-Identifier: Apache-2.0 */
#include "validation/area.h"

#include <stdlib.h>
#include <string.h>

#include "rtlgen/library.h"
#include "sim/base/cfg.h"
#include "sim/base/file.h"
#include "sim/base/mem.h"

static double requant_area(const struct params *q)
{
    return params_get(q, PARAM_REQUANT_AREA);
}

static double mac_area(const struct params *q)
{
    return params_get(q, PARAM_MAC8_AREA);
}

static double shift_add_area(const struct params *q)
{
    return params_get(q, PARAM_SHIFT_ADD_AREA);
}

static const struct unit {
    const char *name, *module, *sizes; /* chparam's */
    double (*area_um2)(const struct params *q);
    const char *parameters;
} units[] = {
    {"shift_add", "shift_add",
     "-set XBARS 1 -set COLS 16 -set COLS_PER_ADC 16 -set MPX 1 -set ADC_BITS 8", shift_add_area,
     "shift_add.area"},
    {"mac", "int_dp", "-set LANES 1 -set IN_REG 4", mac_area, "digital.mac8_area"},
    {"requant", "requant", "", requant_area, "digital.requant_area"},
};

/* params/reference/synthesis.yaml; texts belong to c. */
struct library {
    struct cfg *c;
    const char *liberty, *package;
    double factor;
};

static enum err_code library_open(struct library *lib, const char *params_dir, struct err *e)
{
    char *path = mem_printf("%s/reference/synthesis.yaml", params_dir);
    const struct cfg_node *root;
    enum err_code rc = cfg_load(&lib->c, path, e);

    free(path);
    if (rc)
        return rc;
    root = cfg_root(lib->c);
    lib->liberty = cfg_str(cfg_get(root, "liberty"));
    lib->package = cfg_str(cfg_get(root, "package"));
    if (!lib->liberty || !lib->package || !cfg_get(root, "area_factor"))
        return err_set(e, ERR_CONFIG, "%s: liberty, package or area_factor is missing",
                       cfg_where(root));
    if ((rc = cfg_f64(cfg_get(root, "area_factor"), &lib->factor, e)))
        return rc;
    if (!file_exists(lib->liberty))
        return err_set(e, ERR_ENV, "%s is needed (Debian package: %s)", lib->liberty, lib->package);
    return ERR_OK;
}

/* What Yosys' stat says of the module. */
static enum err_code read_area(const char *path, double *um2, struct err *e)
{
    static const char mark[] = "Chip area for module '";
    char *text = NULL, *at;
    size_t n;
    enum err_code rc = file_read(path, &text, &n, e);

    if (rc)
        return rc;
    at = strstr(text, mark);
    at = at ? strstr(at, "': ") : NULL;
    if (at)
        *um2 = strtod(at + 3, NULL);
    else
        rc = err_set(e, ERR_ENV, "%s: Yosys gives no area", path);
    free(text);
    return rc;
}

static enum err_code synthesise(const struct unit *u, const struct library *lib,
                                const char *work_dir, double *um2, struct loop *l, struct err *e)
{
    char *log = mem_printf("%s/%s.log", work_dir, u->name);
    char *stat = mem_printf("%s/%s.stat", work_dir, u->name);
    char *chparam = *u->sizes ? mem_printf("chparam %s %s; ", u->sizes, u->module) : mem_strdup("");
    char *script = mem_printf("read_verilog -sv -DSYNTHESIS %s.sv; %shierarchy -check -top %s; "
                              "synth -top %s -flatten -noshare; dfflibmap -liberty %s; "
                              "abc -fast -liberty %s; opt_clean; tee -o %s.stat stat -liberty %s",
                              u->module, chparam, u->module, u->module, lib->liberty, lib->liberty,
                              u->name, lib->liberty);
    const char *const argv[] = {"yosys", "-q", "-p", script, NULL};
    int status = 0;
    enum err_code rc = loop_child(l, argv, work_dir, log, &status, e);

    if (rc == ERR_ENV)
        rc = err_wrap(e, "Yosys is needed (Debian package: yosys)");
    else if (!rc && status)
        rc = err_set(e, ERR_ENV, "yosys ended with status %d: see %s", status, log);
    if (!rc)
        rc = read_area(stat, um2, e);
    free(script);
    free(chparam);
    free(stat);
    free(log);
    return rc;
}

static enum err_code write_sources(const char *work_dir, struct err *e)
{
    enum err_code rc = ERR_OK;

    for (size_t i = 0; i < rtl_library_n && !rc; i++)
        if (strstr(rtl_library[i].name, ".sv"))
            rc = file_write_text(work_dir, rtl_library[i].name, rtl_library[i].text, e);
    return rc;
}

static enum err_code area_table(const struct params *q, const struct library *lib,
                                const char *work_dir, const char *unit, struct loop *l, FILE *out,
                                struct err *e)
{
    enum err_code rc = write_sources(work_dir, e);

    fprintf(out, "%-10s %12s %12s %12s %7s  %s\n", "unit", "cells, um2", "scaled, um2",
            "priced, um2", "ratio", "parameters");
    for (size_t i = 0; i < sizeof units / sizeof *units && !rc; i++) {
        const struct unit *u = &units[i];
        double um2 = 0, priced = u->area_um2(q);

        if (unit && strcmp(unit, u->name) != 0)
            continue;
        if ((rc = synthesise(u, lib, work_dir, &um2, l, e)))
            break;
        fprintf(out, "%-10s %12.6g %12.4g %12.4g %7.2f  %s\n", u->name, um2, um2 * lib->factor,
                priced, um2 * lib->factor / priced, u->parameters);
        fflush(out);
    }
    return rc;
}

static bool is_unit(const char *name)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(units[i].name, name) == 0)
            return true;
    return false;
}

enum err_code validate_area(const char *params_dir, const struct params *q, const char *work_dir,
                            const char *unit, struct loop *l, FILE *out, struct err *e)
{
    struct library lib = {0};
    enum err_code rc;

    if (unit && !is_unit(unit))
        return err_set(e, ERR_CONFIG, "no unit is called \"%s\"", unit);
    if (!(rc = library_open(&lib, params_dir, e)))
        rc = area_table(q, &lib, work_dir, unit, l, out, e);
    cfg_free(lib.c);
    return rc;
}
