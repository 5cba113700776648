/* SPDX-License-Identifier: Apache-2.0 */

#include "validation/rtl.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arch/chip.h"
#include "arch/map.h"
#include "arch/noc.h"
#include "nas/crew.h"
#include "rtlgen/cosim.h"
#include "rtlgen/gen.h"
#include "sim/base/file.h"
#include "sim/base/mem.h"
#include "traces/random_unit.h"
#include "validation/rtl_cover.h"
#include "validation/rtl_coverage.h"
#include "validation/rtl_draw.h"
#include "validation/rtl_factor.h"

enum {
    MAX_REQUESTS = 12,
    CANDIDATES = 12,       /* draws for a design, of which one is taken */
    DRAWS_PER_DESIGN = 40, /* feasible or not */
    DRAWS_PER_UNIT = 600,
    UNIT_PERIOD = 4,
    LINE = 1024 /* bytes of a design's report */
};

/* ---- one design ---- */

struct design {
    uint64_t number;
    struct workload *w;
    struct chip_config config;
    struct plan *plan;
    struct sim *sim;
    struct chip *chip;
    char *dir;
    struct cosim_result result;
};

static void design_fini(struct design *d)
{
    chip_free(d->chip);
    sim_free(d->sim);
    plan_free(d->plan);
    workload_free(d->w);
    free(d->dir);
}

static enum err_code simulate(struct design *d, struct loop *l, struct err *e)
{
    enum err_code rc;

    if ((rc = sim_new(&d->sim, &(struct sim_cfg){0}, e)) ||
        (rc = chip_new(&d->chip, d->plan, d->sim, true, e)))
        return rc;
    return chip_run(d->chip, l, e);
}

static char *coverage_path(const struct validate_rtl *v, uint64_t design)
{
    return mem_printf("%s/design_%04" PRIu64 ".coverage", v->out_dir, design);
}

static enum err_code cosimulate(struct design *d, const struct validate_rtl *v, struct loop *l,
                                struct err *e)
{
    char *cache = mem_printf("%s/cache", v->out_dir);
    char *work = mem_printf("%s/build", d->dir), *json = mem_printf("%s/cosim.json", d->dir);
    struct rtl_options rtl = {.fault = v->inject, .command = "autorac validate rtl"};
    char *coverage = coverage_path(v, d->number);
    struct cosim_options o = {.cache_dir = v->cache_dir ? v->cache_dir : cache,
                              .coverage = v->coverage ? coverage : NULL};
    enum err_code rc;

    if (!(rc = rtl_generate(d->plan, d->dir, &rtl, e)) &&
        !(rc = cosim_run(d->chip, d->dir, work, l, &o, &d->result, e)))
        rc = cosim_write_json(&d->result, json, e);
    free(cache);
    free(work);
    free(json);
    free(coverage);
    return rc;
}

static void bits_range(const struct workload *w, uint32_t *lo, uint32_t *hi)
{
    *lo = 32;
    *hi = 0;
    for (uint32_t i = 0; i < w->n_ops; i++)
        if (w->op[i].kind == WL_MVM) {
            *lo = w->op[i].weight_bits < *lo ? w->op[i].weight_bits : *lo;
            *hi = w->op[i].weight_bits > *hi ? w->op[i].weight_bits : *hi;
        }
}

/* "embed1 fc3 efc2 dp1": how often each role occurs, in order of first appearance. */
static void operator_mix(const struct workload *w, char *text, size_t size)
{
    size_t at = 0;

    text[0] = '\0';
    for (uint32_t i = 0; i < w->n_ops; i++) {
        uint32_t n = 0;
        bool first = true;

        for (uint32_t k = 0; k < w->n_ops; k++)
            if (strcmp(w->op[k].role, w->op[i].role) == 0) {
                first &= k >= i;
                n++;
            }
        if (first && at < size)
            at += (size_t)snprintf(text + at, size - at, "%s%s%u", at ? " " : "", w->op[i].role, n);
    }
}

static void report_design(char *line, uint32_t n, const struct design *d)
{
    const struct chip_config *c = &d->config;
    const struct cosim_result *r = &d->result;
    char mix[256], what[256];
    uint32_t lo, hi;
    int at;

    bits_range(d->w, &lo, &hi);
    operator_mix(d->w, mix, sizeof mix);
    at = snprintf(
        line, LINE,
        "%4u  %-5s %ux%-2u  %s  requests %u  weights %u-%u bits  crossbar %ux%u cells %u dac "
        "%u adc %u/%u %s %s %s %s  "
        "flit %u vcs %u buffer %u %s %u stages  cycles %" PRIu64 " events %" PRIu64 "  ",
        n, noc_topology_name[d->plan->topology], d->plan->width, d->plan->height, mix,
        d->w->n_requests, lo, hi, c->mvm_rows, c->mvm_cols, c->mvm_cell_bits, c->mvm_dac_bits,
        c->mvm_adc_bits, c->mvm_cols_per_adc, c->mvm_encoding == ENCODING_FLIP ? "flip" : "pairs",
        c->mvm_adc_kind == ADC_FLASH ? "flash" : "sar",
        c->mvm_adc_range == ADC_TRUNCATE ? "truncate" : "clip",
        chip_has_device_effects(c) ? "drawn" : "ideal", d->plan->flit_bits, c->noc_vcs,
        c->noc_buffer_flits, c->noc_routing == NOC_XY ? "xy" : "yx", c->noc_stages, r->model_cycles,
        chip_events(d->chip)->n);
    assert(at > 0 && at < LINE);
    cosim_describe(r, what, sizeof what);
    if (r->equal)
        snprintf(line + at, LINE - (size_t)at, "counts %" PRIu64 "  equal\n", r->counts_compared);
    else
        snprintf(line + at, LINE - (size_t)at, "DIFFERENT: %s (%s)\n", what, d->dir);
}

static struct workload *draw_workload(const struct validate_rtl *v, struct rng *r)
{
    uint32_t n_requests = 1 + (uint32_t)rng_below(r, MAX_REQUESTS);
    enum wl_kind kind = rtl_unit_kind(v->unit, r);

    if (kind == WL_N_KINDS && rng_below(r, UNIT_PERIOD) == 0)
        kind = (enum wl_kind)rng_below(r, WL_N_KINDS);
    return kind == WL_N_KINDS ? v->draw(r, n_requests) : random_unit_workload(r, kind, n_requests);
}

/* ---- which designs ---- */

/* Draw number n of a run; *feasible: a chip can hold it, and it exercises the unit. */
static enum err_code draw_design(const struct validate_rtl *v, uint64_t n, struct design *d,
                                 bool *feasible, struct err *e)
{
    struct rng root = rng_new(v->seed), r = rng_child_n(&root, "design", n);
    enum err_code rc;

    d->w = draw_workload(v, &r);
    d->config = validate_rtl_chip(&r);
    rc = plan_new(&d->plan, d->w, &d->config, e);
    *feasible = !rc && rtl_unit_works_in(v->unit, d->plan);
    return rc == ERR_CONFIG ? ERR_OK : rc;
}

struct run {
    const struct validate_rtl *v;
    struct loop *loop;
    FILE *out;
    uint64_t *draw;         /* (n_designs) number of each design's draw */
    struct outcome *shared; /* (n_designs) written by whoever ran them */
    uint32_t n_printed, n_equal;
    bool *of_interest;             /* (rtl_n_factors) */
    struct rtl_coverage *coverage; /* NULL: none is asked for */
    enum err_code rc;              /* of reading it */
    struct err *e;
};

struct outcome {
    _Atomic bool done;
    bool equal;
    char line[LINE];
};

/* Of some draws the one with the most pairs of values that no earlier design has; the first of
 * equals. */
static enum err_code choose(struct run *run, uint32_t n, struct rtl_cover *c, uint32_t *n_left_out,
                            struct err *e)
{
    int8_t *at = mem_alloc(rtl_n_factors, 1), *best = mem_alloc(rtl_n_factors, 1);
    uint32_t n_draws = run->v->unit ? DRAWS_PER_UNIT : DRAWS_PER_DESIGN;
    uint32_t n_feasible = 0, most = 0;
    enum err_code rc = ERR_OK;

    for (uint32_t k = 0; k < n_draws && n_feasible < CANDIDATES && !rc; k++) {
        uint64_t number = (uint64_t)n * n_draws + k;
        struct design d = {0};
        bool feasible;
        uint32_t gain;

        rc = draw_design(run->v, number, &d, &feasible, e);
        if (!rc && feasible) {
            rtl_factors_of(d.plan, at);
            gain = rtl_cover_gain(c, at, run->of_interest);
            if (n_feasible++ == 0 || gain > most) {
                most = gain;
                run->draw[n] = number;
                memcpy(best, at, rtl_n_factors);
            }
        }
        *n_left_out += !feasible;
        design_fini(&d);
    }
    if (!rc && !n_feasible)
        rc = err_set(e, ERR_CONFIG, "none of %u draws fits a chip", n_draws);
    if (!rc)
        rtl_cover_add(c, best);
    free(at);
    free(best);
    return rc;
}

/* ---- running them ---- */

/* crew_fn; possibly in a child. */
static enum err_code run_design(void *self, uint64_t n, void *unused, struct err *e)
{
    struct run *run = self;
    const struct validate_rtl *v = run->v;
    struct design d = {.number = n, .dir = mem_printf("%s/design_%04" PRIu64, v->out_dir, n)};
    struct outcome *o = &run->shared[n];
    bool feasible;
    enum err_code rc;

    (void)unused;
    if (!(rc = draw_design(v, run->draw[n], &d, &feasible, e)) &&
        !(rc = simulate(&d, run->loop, e)) && !(rc = cosimulate(&d, v, run->loop, e))) {
        o->equal = d.result.equal;
        report_design(o->line, (uint32_t)n, &d);
        if (o->equal)
            rc = file_remove_tree(d.dir, e);
        atomic_store(&o->done, true);
    }
    design_fini(&d);
    return rc ? err_wrap(e, "design %" PRIu64, n) : ERR_OK;
}

/* Verilator's counts of a design that is done. */
static void add_coverage(struct run *run, uint64_t n)
{
    char *path = coverage_path(run->v, n);

    if (!run->rc && !(run->rc = rtl_coverage_add(run->coverage, path, run->e)))
        (void)remove(path);
    free(path);
}

/* Those that are done, in order; with a fault up to the first that shows it. */
static void print_done(void *self, uint32_t unused)
{
    struct run *run = self;

    (void)unused;
    while (run->n_printed < run->v->n_designs && atomic_load(&run->shared[run->n_printed].done) &&
           (!run->v->inject || run->n_equal == run->n_printed)) {
        const struct outcome *o = &run->shared[run->n_printed];

        if (run->coverage)
            add_coverage(run, run->n_printed);
        run->n_printed++;
        fputs(o->line, run->out);
        fflush(run->out);
        run->n_equal += o->equal;
    }
}

/* All at once; with a fault as many as run beside each other, until one shows it. */
static enum err_code run_designs(struct run *run, struct err *e)
{
    const struct validate_rtl *v = run->v;
    uint32_t jobs = v->jobs ? v->jobs : 1;
    struct crew *crew;
    char none = 0;
    enum err_code rc = crew_new(&crew, jobs, false, run->loop, e);

    if (rc)
        return rc;
    crew_progress(crew, print_done, run);
    for (uint32_t n = 0; n < v->n_designs && !rc && run->n_equal == run->n_printed;) {
        uint32_t left = v->n_designs - n, part = v->inject && jobs < left ? jobs : left;

        rc = crew_map(crew, run_design, run, n, part, 0, &none, e);
        n += part;
        print_done(run, 0);
    }
    crew_free(crew);
    return rc ? rc : run->rc;
}

static enum err_code choose_all(struct run *run, struct rtl_cover *c, struct err *e)
{
    uint32_t n_left_out = 0;
    enum err_code rc = ERR_OK;

    for (uint32_t n = 0; n < run->v->n_designs && !rc; n++)
        if (!(rc = choose(run, n, c, &n_left_out, e)))
            rc = loop_poll(run->loop, e);
    if (!rc && n_left_out)
        fprintf(run->out, "%" PRIu32 " draws that no chip can hold%s left out\n", n_left_out,
                run->v->unit ? " or that do not exercise the unit" : "");
    return rc;
}

enum err_code validate_rtl(struct validate_rtl *v, struct loop *l, FILE *out, struct err *e)
{
    struct run run = {.v = v, .loop = l, .out = out, .e = e};
    size_t n_bytes = v->n_designs * sizeof *run.shared;
    struct rtl_cover *cover;
    enum err_code rc;

    if (v->inject && !rtl_fault_find(v->inject))
        return err_set(e, ERR_CONFIG, "no fault is called \"%s\"", v->inject);
    if ((rc = file_mkdirs(v->out_dir, e)))
        return rc;
    run.shared = mmap(NULL, n_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (run.shared == MAP_FAILED)
        return err_set(e, ERR_ENV, "no memory to share: %s", strerror(errno));
    run.draw = mem_alloc(v->n_designs, sizeof *run.draw);
    run.of_interest = mem_alloc(rtl_n_factors, sizeof *run.of_interest);
    rtl_unit_mark_factors(v->unit, run.of_interest);
    run.coverage = v->coverage ? rtl_coverage_new() : NULL;
    cover = rtl_cover_new();
    if (!(rc = choose_all(&run, cover, e)) && !v->inject)
        rtl_cover_print(cover, out);
    fflush(out);
    if (!rc && !(rc = run_designs(&run, e)) && v->coverage)
        v->line_percent = rtl_coverage_print(run.coverage, out);
    if (!rc)
        fprintf(out, "%u of %u designs equal\n", run.n_equal, run.n_printed);
    if (!rc && run.n_equal < run.n_printed)
        rc = err_set(e, ERR_MISMATCH, "%u of %u designs differ between model and RTL",
                     run.n_printed - run.n_equal, run.n_printed);
    rtl_cover_free(cover);
    rtl_coverage_free(run.coverage);
    free(run.draw);
    free(run.of_interest);
    munmap(run.shared, n_bytes);
    return rc;
}
