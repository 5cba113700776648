/* SPDX-License-Identifier: Apache-2.0 */
#include "validation/estimator.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arch/chip.h"
#include "arch/count.h"
#include "arch/emb.h"
#include "arch/estimate.h"
#include "arch/map.h"
#include "arch/measure.h"
#include "sim/base/file.h"
#include "sim/base/mem.h"
#include "validation/rtl_draw.h"

/* Requests of a run, and those before the interval is measured. */
enum { N_REQUESTS = 24, DRAWS_PER_DESIGN = 20, N_WORST = 5 };
static const double least_correlation = 0.98, most_median_error = 0.05;

enum metric { LATENCY, INTERVAL, ENERGY, N_METRICS };
static const char *const metric_name[] = {"latency", "interval", "energy"};
static const char *const metric_unit[] = {"cycles", "cycles", "pJ a request"};

struct sample {
    uint32_t draw;
    double run[N_METRICS], estimate[N_METRICS];
    char unequal[160]; /* first count or area that differs; "" if none */
    char shape[160];   /* of the design, for people */
};

/* ---- one run ---- */

struct machine {
    struct plan *plan;
    struct sim *sim;
    struct chip *chip;
};

static void machine_fini(struct machine *m)
{
    chip_free(m->chip);
    sim_free(m->sim);
    plan_free(m->plan);
}

static enum err_code machine_run(struct machine *m, const struct workload *w,
                                 const struct chip_config *c, struct loop *l, struct err *e)
{
    enum err_code rc;

    *m = (struct machine){0};
    if ((rc = plan_new(&m->plan, w, c, e)) || (rc = sim_new(&m->sim, &(struct sim_cfg){0}, e)) ||
        (rc = chip_new(&m->chip, m->plan, m->sim, false, e)))
        return rc;
    return chip_run(m->chip, l, e);
}

static double mean_latency(const struct chip *c)
{
    uint64_t n = chip_n_done(c);
    double sum = 0;

    for (uint64_t r = 0; r < n; r++)
        sum += (double)(chip_finish_cycles(c)[r] - chip_start_cycles(c)[r]);
    return sum / (double)n;
}

/* ---- what must be equal ---- */

/* What traffic decides is not compared. */
static struct unit_counts planned(struct unit_counts c)
{
    c.busy_cycles = c.bank_conflict_cycles = c.n_clipped = c.peak_vc_flits = 0;
    c.stall_operand_cycles = c.stall_output_cycles = 0;
    c.stall_credit_cycles = c.stall_inject_cycles = 0;
    return c;
}

/* Number of the first 64-bit count that differs, from the first of struct unit_counts; or none. */
static int first_difference(const struct unit_counts *a, const struct unit_counts *b)
{
    enum { N = sizeof *a / sizeof(uint64_t) };
    uint64_t x[N], y[N];

    memcpy(x, a, sizeof x);
    memcpy(y, b, sizeof y);
    for (int i = 0; i < N; i++)
        if (x[i] != y[i])
            return i;
    return -1;
}

/* What all requests' lookups add: it depends on the rows, not on traffic. */
static void count_lookups(const struct plan *p, const struct plan_unit *u, struct unit_counts *all)
{
    const struct workload *w = p->workload;
    struct emb *t = emb_new(&u->emb);

    for (uint32_t r = 0; r < N_REQUESTS; r++)
        emb_run(t,
                w->lookup + (size_t)r * workload_n_words(w) + workload_slot(w, u->emb.first_field),
                all);
    emb_free(t);
}

static void compare_counts(const struct machine *m, struct sample *s)
{
    const struct plan *p = m->plan;
    struct unit_counts *all = mem_alloc(p->n_units, sizeof *all);

    count_requests(p, N_REQUESTS, all);
    for (uint32_t i = 0; i < p->n_units && !s->unequal[0]; i++) {
        struct unit_counts got = planned(*chip_counts(m->chip, i));
        int k;

        if (p->unit[i].kind == UNIT_EMB)
            count_lookups(p, &p->unit[i], &all[i]);
        all[i] = planned(all[i]);
        k = first_difference(&got, &all[i]);
        if (k >= 0)
            snprintf(s->unequal, sizeof s->unequal,
                     "%s: count %d of struct unit_counts (arch/chip.h) differs", p->unit[i].name,
                     k);
    }
    free(all);
}

static void measure(const struct machine *m, const struct params *q, const struct estimate *est,
                    struct sample *s)
{
    struct estimate run;

    measure_run(m->chip, q, &run);
    s->run[INTERVAL] = run.interval_cycles;
    s->run[ENERGY] = run.energy_pj;
    s->estimate[LATENCY] = est->latency_cycles;
    s->estimate[INTERVAL] = est->interval_cycles;
    s->estimate[ENERGY] = est->energy_pj;
    compare_counts(m, s);
    if (!s->unequal[0] && run.area_um2 != est->area_um2)
        snprintf(s->unequal, sizeof s->unequal, "area %.17g um2 of the run, %.17g estimated",
                 run.area_um2, est->area_um2);
}

/* ---- one design ---- */

static void describe(const struct plan *p, char *text, size_t size)
{
    const struct chip_config *c = &p->config;
    uint32_t n_units = 0;

    for (uint32_t i = 0; i < p->n_units; i++)
        n_units += p->unit[i].kind != UNIT_NONE;
    snprintf(text, size,
             "%u operators on %u units, %ux%u; flit %u, %u vcs of %u, slots %u/%u, %ux%u cells, "
             "%u cols an adc, lanes %u/%u, banks %u",
             p->workload->n_ops, n_units, p->width, p->height, p->flit_bits, p->n_vcs,
             p->buffer_flits, p->slots, p->output_slots, c->mvm_rows, c->mvm_cols,
             c->mvm_cols_per_adc, c->mvm_lanes, c->int_lanes, c->emb_banks);
}

struct design {
    struct workload *w;
    struct chip_config config;
};

static void draw_design(const struct validate_estimator *v, uint32_t draw, struct design *d)
{
    struct rng root = rng_new(v->seed), r = rng_child_n(&root, "estimator", draw);

    d->w = v->draw(&r, N_REQUESTS);
    d->config = validate_rtl_chip(&r);
    d->config.io_interval_cycles = 0;
}

/* *feasible false: no chip can hold it. */
static enum err_code try_draw(const struct validate_estimator *v, uint32_t draw, struct sample *s,
                              bool *feasible, struct loop *l, struct err *e)
{
    struct machine full = {0}, empty = {0};
    struct plan *outline = NULL;
    struct estimate est;
    struct design d;
    enum err_code rc;

    draw_design(v, draw, &d);
    *s = (struct sample){.draw = draw};
    *feasible = false;
    rc = machine_run(&full, d.w, &d.config, l, e);
    if (rc == ERR_CONFIG) {
        rc = ERR_OK;
        goto out;
    }
    if (rc || (rc = plan_new_outline(&outline, d.w, &d.config, e)) ||
        (rc = estimate_plan(outline, v->params, &est, e)))
        goto out;
    measure(&full, v->params, &est, s);
    describe(outline, s->shape, sizeof s->shape);
    d.config.io_interval_cycles = 1000 + (uint32_t)(4 * mean_latency(full.chip));
    if ((rc = machine_run(&empty, d.w, &d.config, l, e)))
        goto out;
    s->run[LATENCY] = mean_latency(empty.chip);
    *feasible = true;
out:
    machine_fini(&full);
    machine_fini(&empty);
    plan_free(outline);
    workload_free(d.w);
    return rc ? err_wrap(e, "draw %u", draw) : ERR_OK;
}

static enum err_code save_draw(const struct validate_estimator *v, uint32_t draw, struct err *e)
{
    char *dir = mem_printf("%s/draw_%04u", v->out_dir, draw);
    char *design = mem_printf("%s/design.yaml", dir), *w = mem_printf("%s/workload.h5", dir);
    struct design d;
    enum err_code rc;

    draw_design(v, draw, &d);
    if (!(rc = file_mkdirs(dir, e)) && !(rc = chip_config_save(&d.config, design, e)))
        rc = workload_save(d.w, w, e);
    workload_free(d.w);
    free(w);
    free(design);
    free(dir);
    return rc;
}

/* ---- statistics ---- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Number of values below, and half of those equal: the mean rank from 0. */
static double *ranks(const double *v, uint32_t n)
{
    double *sorted = mem_alloc(n, sizeof *sorted), *rank = mem_alloc(n, sizeof *rank);

    memcpy(sorted, v, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_value);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t lo = 0, hi = n, first;

        while (lo < hi) { /* first not below */
            uint32_t mid = lo + (hi - lo) / 2;

            if (sorted[mid] < v[i])
                lo = mid + 1;
            else
                hi = mid;
        }
        first = lo;
        while (lo < n && sorted[lo] <= v[i])
            lo++;
        rank[i] = ((double)first + (double)lo - 1) / 2;
    }
    free(sorted);
    return rank;
}

double validate_spearman(const double *a, const double *b, uint32_t n)
{
    double *x = ranks(a, n), *y = ranks(b, n), mean = ((double)n - 1) / 2;
    double xy = 0, xx = 0, yy = 0;

    for (uint32_t i = 0; i < n; i++) {
        xy += (x[i] - mean) * (y[i] - mean);
        xx += (x[i] - mean) * (x[i] - mean);
        yy += (y[i] - mean) * (y[i] - mean);
    }
    free(x);
    free(y);
    return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : 0;
}

struct verdict {
    double spearman, median, p90, worst;
    uint32_t worst_at[N_WORST]; /* indices, worst first */
};

static double error_of(const struct sample *s, enum metric m)
{
    return fabs(s->estimate[m] / s->run[m] - 1);
}

static struct verdict judge(const struct sample *s, uint32_t n, enum metric m)
{
    double *run = mem_alloc(n, sizeof *run), *est = mem_alloc(n, sizeof *est);
    double *error = mem_alloc(n, sizeof *error);
    struct verdict v = {0};

    for (uint32_t i = 0; i < n; i++) {
        run[i] = s[i].run[m];
        est[i] = s[i].estimate[m];
        error[i] = error_of(&s[i], m);
    }
    v.spearman = validate_spearman(run, est, n);
    for (uint32_t k = 0; k < N_WORST && k < n; k++) {
        uint32_t at = 0;

        for (uint32_t i = 0; i < n; i++)
            if (error[i] > error[at])
                at = i;
        v.worst_at[k] = at;
        error[at] = -1; /* listed */
    }
    for (uint32_t i = 0; i < n; i++)
        error[i] = error_of(&s[i], m);
    qsort(error, n, sizeof *error, by_value);
    v.median = error[n / 2];
    v.p90 = error[n * 9 / 10];
    v.worst = error[n - 1];
    free(error);
    free(est);
    free(run);
    return v;
}

/* ---- report ---- */

static enum err_code report_worst(const struct validate_estimator *v, const struct sample *s,
                                  uint32_t n, enum metric m, const struct verdict *d, FILE *out,
                                  struct err *e)
{
    enum err_code rc = ERR_OK;

    fprintf(out, "\n%s, worst:\n", metric_name[m]);
    for (uint32_t k = 0; k < N_WORST && k < n && !rc; k++) {
        const struct sample *w = &s[d->worst_at[k]];

        fprintf(out, "  draw %4u  %+6.1f%%  run %.6g, estimate %.6g %s\n             %s\n", w->draw,
                100 * (w->estimate[m] / w->run[m] - 1), w->run[m], w->estimate[m], metric_unit[m],
                w->shape);
        if (v->out_dir)
            rc = save_draw(v, w->draw, e);
    }
    return rc;
}

static enum err_code report(const struct validate_estimator *v, const struct sample *s, uint32_t n,
                            FILE *out, struct err *e)
{
    struct verdict d[N_METRICS];
    uint32_t n_unequal = 0, n_missed = 0;
    enum err_code rc = ERR_OK;

    fprintf(out, "\n%-10s %9s %13s %9s %9s   goals: Spearman %g, median error %g%%\n", "",
            "Spearman", "median error", "p90", "worst", least_correlation, 100 * most_median_error);
    for (int m = 0; m < N_METRICS; m++) {
        bool missed;

        d[m] = judge(s, n, (enum metric)m);
        missed = d[m].spearman < least_correlation || d[m].median > most_median_error;
        n_missed += missed;
        fprintf(out, "%-10s %9.4f %12.2f%% %8.1f%% %8.1f%%   %s\n", metric_name[m], d[m].spearman,
                100 * d[m].median, 100 * d[m].p90, 100 * d[m].worst, missed ? "MISSED" : "reached");
    }
    for (uint32_t i = 0; i < n; i++) {
        n_unequal += s[i].unequal[0] != '\0';
        if (s[i].unequal[0])
            fprintf(out, "draw %u: %s\n", s[i].draw, s[i].unequal);
    }
    fprintf(out, "area and counts equal in %u of %u designs\n", n - n_unequal, n);
    for (int m = 0; m < N_METRICS && !rc; m++)
        rc = report_worst(v, s, n, (enum metric)m, &d[m], out, e);
    if (!rc && n_unequal)
        rc =
            err_set(e, ERR_MISMATCH, "counts or area of %u designs differ from the run", n_unequal);
    if (!rc && n_missed)
        rc = err_set(e, ERR_MISMATCH, "%u of %d goals missed", n_missed, N_METRICS);
    return rc;
}

enum err_code validate_estimator(const struct validate_estimator *v, struct loop *l, FILE *out,
                                 struct err *e)
{
    struct sample *s = mem_alloc(v->n_designs, sizeof *s);
    uint32_t n = 0, n_drawn = 0;
    enum err_code rc = ERR_OK;

    while (n < v->n_designs && !rc) {
        bool feasible = false;

        if (n_drawn >= DRAWS_PER_DESIGN * v->n_designs)
            rc = err_set(e, ERR_CONFIG, "only %u of %u draws fit a chip", n, n_drawn);
        else
            rc = try_draw(v, n_drawn++, &s[n], &feasible, l, e);
        n += feasible;
    }
    if (!rc) {
        fprintf(out, "%u designs, %u draws that no chip can hold left out\n", n, n_drawn - n);
        rc = report(v, s, n, out, e);
    }
    free(s);
    return rc;
}
