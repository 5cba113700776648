/* SPDX-License-Identifier: Apache-2.0 */
/* The searched pair of model and chip. */
#include <stdlib.h>
#include <string.h>

#include "arch/measure.h"
#include "sim/base/mem.h"
#include "validation/contest.h"

const char *const cost_model_names[COST_MODEL_N] = {
    "isaac32",
    "isaac32+adc-neurosim",
    "isaac32+write-mnsim",
    "isaac32+adc-neurosim+write-mnsim",
};

enum err_code contest_simulate(const struct contest *c, const char *who, const struct workload *w,
                               struct chip_config chip, struct contest_run out[COST_MODEL_N],
                               struct err *e)
{
    for (size_t i = 0; i < COST_MODEL_N; i++) {
        struct estimate m;
        struct params *q;
        enum err_code rc = params_load(&q, c->params_dir, cost_model_names[i], e);

        if (rc)
            return rc;
        snprintf(chip.params, sizeof chip.params, "%s", cost_model_names[i]);
        chip.int_write_ns = params_get(q, PARAM_WRITE_ROW_TIME);
        rc = measure_chip(w, &chip, q, &m, e);
        params_free(q);
        if (rc)
            return err_wrap(e, "%s, %s", c->name, who);
        out[i] = (struct contest_run){.latency_us = m.latency_cycles / chip.clock_mhz,
                                      .inferences_per_s = chip.clock_mhz * 1e6 / m.interval_cycles,
                                      .energy_nj = m.energy_pj * 1e-3,
                                      .area_mm2 = m.area_um2 * 1e-6};
    }
    return ERR_OK;
}

enum err_code contest_open(const struct contest *c, struct nas **out, struct err *e)
{
    struct nas_config config = c->config;

    if (config.n_requests < 2)
        return err_set(e, ERR_CONFIG, "requests: 1: a rate needs two results");
    snprintf(config.base_design, sizeof config.base_design, "%s/naive.yaml", c->presets_dir);
    return nas_open(out, &config, c->dir, c->params_dir, &c->watch, NULL, e);
}

/* The files that nas_finish left. */
static enum err_code load(const struct contest *c, struct workload **w, struct chip_config *chip,
                          struct err *e)
{
    char *design = mem_printf("%s/design.yaml", c->dir);
    char *workload = mem_printf("%s/workload.h5", c->dir);
    enum err_code rc = chip_config_load(design, NULL, 0, chip, e);

    if (!rc)
        rc = workload_load(w, workload, e);
    free(workload);
    free(design);
    return rc;
}

static double score(const struct nas *n, const struct contest_searched *s, double clock_mhz)
{
    const struct contest_run *r = &s->run[0];
    struct estimate cost = {.latency_cycles = r->latency_us * clock_mhz,
                            .interval_cycles = clock_mhz * 1e6 / r->inferences_per_s,
                            .energy_pj = r->energy_nj * 1e3,
                            .area_um2 = r->area_mm2 * 1e6};

    return nas_score(n, &cost, s->logloss);
}

enum err_code contest_search(const struct contest *c, struct nas *n, struct contest_searched *out,
                             struct err *e)
{
    struct nas_summary s;
    struct workload *w = NULL;
    struct chip_config chip;
    enum err_code rc;

    if ((rc = nas_train(n, e)) || (rc = nas_search(n, e)) || (rc = nas_finish(n, &s, e)) ||
        (rc = load(c, &w, &chip, e)))
        return rc;
    memset(out, 0, sizeof *out);
    memcpy(out->genome, s.genome, sizeof s.genome);
    out->logloss = s.logloss_chip;
    out->auc = s.auc_chip;
    out->bayes_logloss = s.bayes_logloss;
    if (!(rc = contest_simulate(c, "searched", w, chip, out->run, e)))
        out->score = score(n, out, chip.clock_mhz);
    workload_free(w);
    return rc;
}
