/* SPDX-License-Identifier: Apache-2.0 */
#include "validation/tables.h"

#include <math.h>
#include <stdlib.h>

#include "sim/base/mem.h"

static const double equal_logloss = 0.001;
/* arXiv 2505.10748, abstract: up to so much. */
static const double claimed[RATIO_N] = {
    [RATIO_SPEED] = 3.36, [RATIO_AREA] = 1.68, [RATIO_POWER] = 12.48};

const char *const tables_ratio_names[RATIO_N] = {"latency", "throughput", "speed", "area",
                                                 "power_efficiency"};

/* ---- ratios ---- */

const struct contest_result *tables_at(const struct tables_result *r, uint32_t benchmark,
                                       uint32_t seed)
{
    return &r->contest[(size_t)benchmark * r->t->n_seeds + seed];
}

double tables_ratio(const struct contest_result *c, enum contender against, uint32_t cost_model,
                    enum tables_ratio ratio)
{
    const struct contest_run *a = &c->run[CONTENDER_SEARCHED][cost_model];
    const struct contest_run *b = &c->run[against][cost_model];
    double latency = b->latency_us / a->latency_us;
    double throughput = a->inferences_per_s / b->inferences_per_s;

    switch (ratio) {
    case RATIO_LATENCY:
        return latency;
    case RATIO_THROUGHPUT:
        return throughput;
    case RATIO_SPEED:
        return fmin(latency, throughput);
    case RATIO_AREA:
        return b->area_mm2 / a->area_mm2;
    default:
        return b->energy_nj / a->energy_nj;
    }
}

struct spread tables_ratio_spread(const struct tables_result *r, uint32_t benchmark,
                                  enum contender against, uint32_t cost_model,
                                  enum tables_ratio ratio)
{
    uint32_t n = r->t->n_seeds;
    double *v = mem_alloc(n, sizeof *v);
    struct spread s;

    for (uint32_t i = 0; i < n; i++)
        v[i] = tables_ratio(tables_at(r, benchmark, i), against, cost_model, ratio);
    s = spread(v, n);
    free(v);
    return s;
}

struct spread tables_logloss_spread(const struct tables_result *r, uint32_t benchmark,
                                    enum contender against)
{
    uint32_t n = r->t->n_seeds;
    double *v = mem_alloc(n, sizeof *v);
    struct spread s;

    for (uint32_t i = 0; i < n; i++) {
        const struct contest_result *c = tables_at(r, benchmark, i);

        v[i] = c->logloss[CONTENDER_SEARCHED] - c->logloss[against];
    }
    s = spread(v, n);
    free(v);
    return s;
}

bool tables_is_claimed(enum contender against)
{
    return against == CONTENDER_NAIVE || against == CONTENDER_REREC_DLRM ||
           against == CONTENDER_REREC_DEEPFM;
}

bool tables_reached(const struct tables_result *r, uint32_t benchmark, enum contender against)
{
    bool reached = tables_logloss_spread(r, benchmark, against).median <= equal_logloss;

    for (uint32_t m = 0; m < COST_MODEL_N; m++)
        for (enum tables_ratio k = RATIO_SPEED; k < RATIO_N; k++)
            reached &= tables_ratio_spread(r, benchmark, against, m, k).median >= claimed[k];
    return reached;
}

/* ---- print ---- */

static void print_spread(FILE *out, struct spread s)
{
    if (isnan(s.median))
        fprintf(out, " %17s", "-");
    else
        fprintf(out, " %6.4g %4.3g-%-5.3g", s.median, s.least, s.most);
}

static void print_baseline(const struct tables_result *r, uint32_t benchmark, enum contender b,
                           FILE *out)
{
    double least[RATIO_N];

    for (enum tables_ratio k = RATIO_SPEED; k < RATIO_N; k++)
        least[k] = INFINITY;
    for (uint32_t m = 0; m < COST_MODEL_N; m++)
        for (enum tables_ratio k = RATIO_SPEED; k < RATIO_N; k++)
            least[k] = fmin(least[k], tables_ratio_spread(r, benchmark, b, m, k).median);
    fprintf(out, "%-13s", contender_names[b]);
    for (enum tables_ratio k = RATIO_SPEED; k < RATIO_N; k++)
        print_spread(out, tables_ratio_spread(r, benchmark, b, 0, k));
    fprintf(out, " %6.4g/%.4g %+9.5f  %s\n", least[RATIO_SPEED], least[RATIO_POWER],
            tables_logloss_spread(r, benchmark, b).median,
            tables_reached(r, benchmark, b) ? "reached" : "");
}

static void print_figures(const struct tables_result *r, uint32_t benchmark, FILE *out)
{
    fprintf(out, "%-13s %10s %12s %12s %9s %9s %8s\n", "seed 1", "latency us", "inferences/s",
            "nJ/inference", "mm2", "LogLoss", "AUC");
    for (enum contender b = 0; b < CONTENDER_N; b++) {
        const struct contest_result *c = tables_at(r, benchmark, 0);
        const struct contest_run *run = &c->run[b][0];

        fprintf(out, "%-13s %10.4g %12.5g %12.4g %9.4g %9.5f %8.5f\n", contender_names[b],
                run->latency_us, run->inferences_per_s, run->energy_nj, run->area_mm2,
                c->logloss[b], c->auc[b]);
    }
}

static void print_benchmark(const struct tables_result *r, uint32_t benchmark, FILE *out)
{
    fprintf(out, "\n%s: %s\n", r->t->benchmark[benchmark].name, r->t->benchmark[benchmark].dataset);
    print_figures(r, benchmark, out);
    fprintf(out, "best of the zoo, by seed:");
    for (uint32_t i = 0; i < r->t->n_seeds; i++)
        fprintf(out, " %s", zoo_kinds[tables_at(r, benchmark, i)->best].name);
    fprintf(out, "\nsearched over %-18s %-17s %-17s %-15s %9s\n", "speed", "area", "inferences/J",
            "  least model", "LogLoss");
    for (enum contender b = CONTENDER_SEARCHED + 1; b < CONTENDER_N; b++)
        print_baseline(r, benchmark, b, out);
}

static void print_head(const struct tables_result *r, FILE *out)
{
    fprintf(out,
            "%u seeds; ratios: median, least-most, under %s; least model: least median of speed "
            "and\ninferences/J under all %d cost models; LogLoss: searched less baseline, median\n",
            r->t->n_seeds, cost_model_names[0], COST_MODEL_N);
}

/* ---- contests ---- */

static enum err_code hold(void *self, uint64_t number, void *out, struct err *e)
{
    const struct tables *t = self;
    const struct tables_benchmark *b = &t->benchmark[number / t->n_seeds];
    uint64_t seed = number % t->n_seeds + 1;
    char *dir = mem_printf("%s/%s_seed%llu", t->dir, b->name, (unsigned long long)seed);
    struct contest c = {.name = b->name,
                        .config = t->config,
                        .dir = dir,
                        .params_dir = t->params_dir,
                        .presets_dir = t->presets_dir};
    enum err_code rc;

    c.config.seed = seed;
    snprintf(c.config.dataset, sizeof c.config.dataset, "%s", b->dataset);
    rc = contest_hold(&c, out, e);
    free(dir);
    return rc ? err_wrap(e, "%s, seed %llu", b->name, (unsigned long long)seed) : ERR_OK;
}

static enum err_code verdict(const struct tables_result *r, FILE *out, struct err *e)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < r->t->n_benchmarks; i++)
        for (enum contender b = 0; b < CONTENDER_N; b++)
            n += tables_is_claimed(b) && tables_reached(r, i, b);
    if (!n)
        return err_set(e, ERR_MISMATCH,
                       "%.2fx speed, %.2fx area and %.2fx inferences/J are reached together on no "
                       "data set",
                       claimed[RATIO_SPEED], claimed[RATIO_AREA], claimed[RATIO_POWER]);
    fprintf(out,
            "\n%.2fx speed, %.2fx area and %.2fx inferences/J together, under every cost model: on",
            claimed[RATIO_SPEED], claimed[RATIO_AREA], claimed[RATIO_POWER]);
    for (uint32_t i = 0; i < r->t->n_benchmarks; i++)
        for (enum contender b = 0; b < CONTENDER_N; b++)
            if (tables_is_claimed(b) && tables_reached(r, i, b))
                fprintf(out, " %s (%s)", r->t->benchmark[i].name, contender_names[b]);
    fputc('\n', out);
    return ERR_OK;
}

enum err_code validate_tables(const struct tables *t, FILE *out, struct err *e)
{
    uint32_t n = t->n_benchmarks * t->n_seeds;
    struct tables_result r = {t, mem_alloc(n, sizeof *r.contest)};
    enum err_code rc;

    crew_progress(t->crew, t->progress, NULL);
    rc = crew_map(t->crew, hold, (void *)(uintptr_t)t, 0, n, sizeof *r.contest, r.contest, e);
    crew_progress(t->crew, NULL, NULL);
    if (!rc) {
        print_head(&r, out);
        for (uint32_t i = 0; i < t->n_benchmarks; i++)
            print_benchmark(&r, i, out);
        rc = tables_write(&r, e);
    }
    if (!rc)
        rc = verdict(&r, out, e);
    free(r.contest);
    return rc;
}
