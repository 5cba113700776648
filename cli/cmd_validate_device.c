/* SPDX-License-Identifier: Apache-2.0 */
/* cli/cmd_validate_device.c: accuracy under device effects, over many chips of one design. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cmd.h"
#include "cli/outdir.h"
#include "cli/session.h"
#include "cli/term.h"
#include "sim/base/cfg.h"
#include "sim/base/file.h"
#include "sim/base/json.h"
#include "sim/base/mem.h"
#include "validation/device.h"

static const struct opt device_opts[] = {
    {"draws", 0, "N", false, false, false, "chips drawn (default 20)"},
    OPT_SET,
    {"json", 0, NULL, false, false, false, "machine-readable"},
    {"out", 'o', "DIR", false, false, true, "also DIR/device.json, which report shows"},
    {0},
};

static void print_spread(const char *name, double exact, double ideal, struct device_spread s)
{
    printf("%-8s %10.6f %10.6f %10.6f %10.6f %10.6f %10.6f\n", name, exact, ideal, s.mean,
           s.deviation, s.min, s.max);
}

static void write_spread(struct json *j, const char *name, double exact, double ideal,
                         struct device_spread s)
{
    json_key(j, name);
    json_object(j);
    json_kf64(j, "exact", exact);
    json_kf64(j, "ideal", ideal);
    json_kf64(j, "mean", s.mean);
    json_kf64(j, "deviation", s.deviation);
    json_kf64(j, "min", s.min);
    json_kf64(j, "max", s.max);
    json_object_end(j);
}

/* The keys of device effects, as text. */
static enum err_code write_keys(struct json *j, const struct chip_config *c, struct err *e)
{
    const struct cfg_node *keys;
    struct cfg *doc = NULL;
    char *text = NULL;
    size_t n = 0;
    FILE *f = mem_text_open(&text, &n);
    enum err_code rc;

    outdir_write_config(f, c);
    mem_text_close(f, &text);
    if (!(rc = cfg_parse(&doc, "design", text, e))) {
        keys = cfg_get(cfg_root(doc), "device");
        for (size_t i = 0; i < cfg_len(keys); i++)
            json_kstr(j, cfg_key_at(keys, i), cfg_str(cfg_at(keys, i)));
    }
    cfg_free(doc);
    free(text);
    return rc;
}

static enum err_code write_json(FILE *f, const struct validate_device *v,
                                const struct chip_config *c, struct err *e)
{
    struct json j = json_open(f);
    enum err_code rc;

    json_object(&j);
    json_ku64(&j, "draws", v->n_draws);
    json_key(&j, "device");
    json_object(&j);
    rc = write_keys(&j, c, e);
    json_object_end(&j);
    write_spread(&j, "logloss", v->exact_logloss, v->ideal_logloss, v->logloss);
    write_spread(&j, "auc", v->exact_auc, v->ideal_auc, v->auc);
    json_object_end(&j);
    fprintf(f, "\n");
    return rc;
}

static void print_text(const struct validate_device *v)
{
    printf("\n%-8s %10s %10s %10s %10s %10s %10s\n", "", "exact", "ideal chip", "mean", "deviation",
           "least", "most");
    print_spread("LogLoss", v->exact_logloss, v->ideal_logloss, v->logloss);
    print_spread("AUC", v->exact_auc, v->ideal_auc, v->auc);
}

static enum err_code keep(const char *dir, const struct validate_device *v,
                          const struct chip_config *c, struct err *e)
{
    char path[PATHS_SIZE];
    struct file_out o;
    enum err_code rc;

    if ((rc = file_mkdirs(dir, e)) || (rc = outdir_path(path, dir, "device.json", e)) ||
        (rc = file_create(&o, path, e)))
        return rc;
    if (!(rc = write_json(o.f, v, c, e)))
        rc = file_commit(&o, e);
    file_abandon(&o);
    return rc;
}

static enum err_code tell(const struct args *a, const struct validate_device *v,
                          const struct chip_config *c, struct err *e)
{
    const char *dir = args_str(a, "out", NULL);
    enum err_code rc = ERR_OK;

    if (args_has(a, "json"))
        rc = write_json(stdout, v, c, e);
    else
        print_text(v);
    return rc || !dir ? rc : keep(dir, v, c, e);
}

static enum err_code device_run(const struct args *a, struct err *e)
{
    const char *sets[SESSION_MAX_SETS];
    size_t n_sets = args_all(a, "set", sets, SESSION_MAX_SETS);
    struct validate_device v = {0};
    struct workload *w = NULL;
    struct chip_config c;
    enum err_code rc;

    if (!(rc = args_range(a, "draws", 20, 1, 1000000, &v.n_draws, e)) &&
        !(rc = chip_config_load(a->pos[0], sets, n_sets, &c, e)) &&
        !(rc = workload_load(&w, a->pos[1], e)) &&
        !(rc = validate_device(&v, w, &c, args_has(a, "json") || term_quiet() ? NULL : stdout, e)))
        rc = tell(a, &v, &c, e);
    workload_free(w);
    return rc;
}

const struct cmd cmd_validate_device = {
    .name = "validate device",
    .pos = "DESIGN.yaml WORKLOAD.h5",
    .min_pos = 2,
    .max_pos = 2,
    .summary = "accuracy under device effects, over many chips of a design",
    .details =
        "Draws cells and converters of N chips (seeds device.seed, device.seed + 1, …) and runs "
        "the\n"
        "workload's labelled requests in each one's integers: LogLoss and AUC of every draw, "
        "their\n"
        "mean and deviation, beside the exact integers and the chip without device effects.\n"
        "autorac sim --set device.seed=S gives the very chip of a draw, cycle by cycle.",
    .opts = device_opts,
    .run = device_run,
};
