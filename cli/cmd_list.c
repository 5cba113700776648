/* SPDX-License-Identifier: Apache-2.0 */
/* cli/cmd_list.c: what there is to choose from; doubles as reference documentation. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/component.h"
#include "arch/config.h"
#include "arch/cost.h"
#include "cli/cmd.h"
#include "cli/paths.h"
#include "cli/term.h"
#include "nas/data.h"
#include "nas/op.h"
#include "nas/run.h"
#include "rtlgen/gen.h"
#include "sim/base/json.h"
#include "sim/base/mem.h"

static const struct opt list_opts[] = {
    OPT_JSON,
    {0},
};

/* One list on its way out, as text or JSON. */
struct list {
    bool json;
    struct json j;
};

static void list_open(struct list *l, bool json)
{
    *l = (struct list){.json = json, .j = json_open(stdout)};
    if (json)
        json_array(&l->j);
}

static void list_close(struct list *l)
{
    if (l->json)
        json_array_end(&l->j);
}

/* A count or ratio: its unit is not worth a reader's time. */
static bool is_plain_unit(const char *name, const char *value)
{
    return strcmp(name, "unit") == 0 && strcmp(value, "1") == 0;
}

/* names[] and values[] are one row; text pads the first column to width. */
static void list_row(struct list *l, size_t n, const char *const *names, const char *const *values,
                     int width)
{
    char *text;

    if (l->json) {
        json_object(&l->j);
        for (size_t i = 0; i < n; i++)
            json_kstr(&l->j, names[i], values[i]);
        json_object_end(&l->j);
        return;
    }
    text = mem_strdup(values[1]);
    for (size_t i = 2; i < n; i++)
        if (values[i][0] && !is_plain_unit(names[i], values[i])) {
            char *more = mem_printf("%s  [%s: %s]", text, names[i], values[i]);

            free(text);
            text = more;
        }
    term_wrap(stdout, (unsigned)printf("%-*s ", width, values[0]), (unsigned)width + 1, text);
    putchar('\n');
    free(text);
}

static enum err_code list_components(bool json, struct err *e)
{
    static const char *const names[] = {"name", "summary", "rtl", "keys", "params"};
    struct list l;

    (void)e;
    list_open(&l, json);
    for (size_t i = 0; i < n_components; i++) {
        const struct component *c = &components[i];

        list_row(&l, json ? 5 : 4, names,
                 (const char *[]){c->name, c->summary, c->rtl, c->keys, c->params}, 10);
    }
    list_close(&l);
    return ERR_OK;
}

static enum err_code list_operators(bool json, struct err *e)
{
    static const char *const names[] = {"name", "summary", "searched"};
    struct list l;

    (void)e;
    list_open(&l, json);
    for (size_t i = 0; i < OP_N; i++)
        list_row(&l, 3, names,
                 (const char *[]){op_defs[i].name, op_defs[i].summary,
                                  op_defs[i].searched ? "yes"
                                  : json              ? "no"
                                                      : ""},
                 8);
    list_close(&l);
    return ERR_OK;
}

static enum err_code list_datasets(bool json, struct err *e)
{
    static const char *const names[] = {"name", "summary", "spec"};
    const struct data_kind *k;
    struct list l;
    size_t n;

    (void)e;
    k = data_kinds(&n);
    list_open(&l, json);
    for (size_t i = 0; i < n; i++)
        list_row(&l, 3, names, (const char *[]){k[i].name, k[i].summary, k[i].spec}, 10);
    list_close(&l);
    return ERR_OK;
}

static enum err_code list_faults(bool json, struct err *e)
{
    static const char *const names[] = {"name", "summary", "file"};
    struct list l;

    (void)e;
    list_open(&l, json);
    for (size_t i = 0; i < rtl_n_faults; i++)
        list_row(&l, 3, names,
                 (const char *[]){rtl_faults[i].name, rtl_faults[i].summary, rtl_faults[i].file},
                 28);
    list_close(&l);
    return ERR_OK;
}

static void list_keys(struct list *l, const char *file, const struct cfg_key *k, size_t n)
{
    static const char *const names[] = {"key", "help", "unit", "default", "range", "file"};

    if (!l->json)
        printf("# %s\n", file);
    for (size_t i = 0; i < n; i++) {
        char range[512] = "";

        if (k[i].type == CFG_ENUM)
            for (const char *const *c = k[i].choices; *c; c++) {
                size_t used = strlen(range);

                snprintf(range + used, sizeof range - used, "%s%s", used ? ", " : "", *c);
            }
        else if (k[i].min != 0 || k[i].max != 0)
            snprintf(range, sizeof range, "%.15g..%.15g", k[i].min, k[i].max);
        list_row(l, l->json ? 6 : 5, names,
                 (const char *[]){k[i].path, k[i].help, k[i].unit, k[i].def ? k[i].def : "required",
                                  range, file},
                 22);
    }
    if (!l->json)
        putchar('\n');
}

/* What comes from this file of the set that was loaded. */
static void list_params(struct list *l, const char *folder, const char *set, const struct params *p)
{
    static const char *const names[] = {"key", "value", "unit", "kind", "source", "file"};
    char file[300];

    snprintf(file, sizeof file, "params/%s%s", folder, set);
    if (!l->json)
        printf("# %s\n", file);
    for (size_t i = 0; i < params_n(p); i++) {
        const struct param *q = params_at(p, i);
        char value[32];

        if (strcmp(q->file, set) != 0)
            continue;
        json_f64_text(value, q->value);
        list_row(l, l->json ? 6 : 5, names,
                 (const char *[]){q->name, value, q->unit, q->kind, q->source, file}, 30);
    }
    if (!l->json)
        putchar('\n');
}

static int is_yaml(const struct dirent *d)
{
    size_t n = strlen(d->d_name);

    return n > 5 && !strcmp(d->d_name + n - 5, ".yaml");
}

/* Every file of dir/folder; base: the set that overlays are read on, or NULL. */
static enum err_code list_folder(struct list *l, const char *dir, const char *folder,
                                 const char *base, struct err *e)
{
    struct dirent **files;
    char path[PATHS_SIZE + 16], set[400];
    enum err_code rc = ERR_OK;
    int n;

    snprintf(path, sizeof path, "%s/%s", dir, folder);
    n = scandir(path, &files, is_yaml, alphasort);
    if (n < 0)
        return err_set(e, ERR_ENV, "%s: %s", path, strerror(errno));
    for (int i = 0; i < n; i++) {
        char *name = files[i]->d_name;
        struct params *p = NULL;

        name[strlen(name) - 5] = 0;
        snprintf(set, sizeof set, "%s%s%s", base ? base : "", base ? "+" : "", name);
        if (!rc && !(rc = params_load(&p, dir, set, e)))
            list_params(l, folder, name, p);
        params_free(p);
        free(files[i]);
    }
    free(files);
    return rc;
}

static enum err_code list_technologies(struct list *l, struct err *e)
{
    struct chip_config c;
    char dir[PATHS_SIZE];
    enum err_code rc;

    if ((rc = paths_params(dir, e)) || (rc = chip_config_read(NULL, &c, e)) ||
        (rc = list_folder(l, dir, "", NULL, e)))
        return rc;
    return list_folder(l, dir, "overlay/", c.params, e);
}

static enum err_code list_parameters(bool json, struct err *e)
{
    const struct cfg_key *run_keys;
    enum err_code rc;
    struct list l;
    size_t n;

    run_keys = nas_config_keys(false, &n);
    list_open(&l, json);
    list_keys(&l, "design.yaml", chip_config_keys, chip_config_n_keys);
    list_keys(&l, "run --config", run_keys, n);
    rc = list_technologies(&l, e);
    list_close(&l);
    return rc;
}

static enum err_code list_run(const struct args *a, struct err *e)
{
    static const struct {
        const char *name;
        enum err_code (*list)(bool json, struct err *e);
    } kinds[] = {
        {"components", list_components}, {"operators", list_operators}, {"datasets", list_datasets},
        {"parameters", list_parameters}, {"faults", list_faults},
    };

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (!strcmp(a->pos[0], kinds[i].name))
            return kinds[i].list(args_has(a, "json"), e);
    return err_set(e, ERR_CONFIG,
                   "list: \"%s\" is none of components, operators, datasets, parameters, faults",
                   a->pos[0]);
}

const struct cmd cmd_list = {
    .name = "list",
    .pos = "components|operators|datasets|parameters|faults",
    .min_pos = 1,
    .max_pos = 1,
    .summary = "list what there is to choose from",
    .details =
        "Parameters are the keys of design.yaml and of run's configuration, and the technology\n"
        "parameters with their units and sources. Faults are for validate rtl --inject.",
    .opts = list_opts,
    .run = list_run,
};
