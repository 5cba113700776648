/* SPDX-License-Identifier: Apache-2.0 */
#include "rtlgen/cosim.h"

#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rtlgen/cosim_build.h"
#include "rtlgen/gen.h"
#include "sim/base/clock.h"
#include "sim/base/file.h"
#include "sim/base/mem.h"

enum { QUIET_CYCLES = 200, WAVE_BEFORE = 200, WAVE_AFTER = 20, POLL_CYCLES = 1024 };

/* ---- the shared object ---- */

struct chip_so {
    void *lib;
    void *(*new_)(void (*fn)(void *, int, int, int, long long),
                  void (*count)(void *, int, int, int, long long), void *self, const char *images,
                  const char *plusarg, const char *wave);
    void (*edge)(void *self, unsigned long long cycle, int dump);
    unsigned (*n_logits)(void *self);
    void (*coverage)(void *self, const char *path);
    void (*free_)(void *self);
};

/* A function pointer from dlsym, the way POSIX means it. */
static bool symbol(void *lib, const char *name, void *fn, size_t size)
{
    void *at = dlsym(lib, name);

    memcpy(fn, &at, size);
    return at;
}

static enum err_code so_open(struct chip_so *so, const char *path, struct err *e)
{
    so->lib = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!so->lib)
        return err_set(e, ERR_ENV, "%s", dlerror());
    if (!symbol(so->lib, "shim_new", &so->new_, sizeof so->new_) ||
        !symbol(so->lib, "shim_edge", &so->edge, sizeof so->edge) ||
        !symbol(so->lib, "shim_n_logits", &so->n_logits, sizeof so->n_logits) ||
        !symbol(so->lib, "shim_coverage", &so->coverage, sizeof so->coverage) ||
        !symbol(so->lib, "shim_free", &so->free_, sizeof so->free_)) {
        dlclose(so->lib);
        return err_set(e, ERR_BUG, "%s: a function of the shim is missing", path);
    }
    return ERR_OK;
}

/* ---- comparing ---- */

struct run {
    const struct plan *p;
    const char *coverage;
    const struct event_log *model;
    uint64_t next;            /* of the model's events, to be matched */
    uint64_t cycle;           /* edge under way */
    struct event_log batch;   /* the RTL's events of that edge */
    struct rtl_counts counts; /* as they are told at the end */
    struct cosim_result *r;
};

static void record(void *self, int unit, int kind, int index, long long value)
{
    struct run *run = self;
    struct event ev = {.cycle = run->cycle,
                       .value = (uint64_t)value,
                       .index = (uint32_t)index,
                       .unit = (uint16_t)unit,
                       .kind = (uint16_t)kind};

    event_log_add(&run->batch, &ev);
}

static void count(void *self, int unit, int context, int kind, long long value)
{
    struct run *run = self;

    rtl_counts_add(&run->counts, (uint32_t)unit, (uint32_t)context, (uint32_t)kind,
                   (uint64_t)value);
}

/* The RTL's event, the model's, or both; NULL: that side has nothing. */
static struct cosim_event describe(const struct event *model, const struct event *rtl)
{
    const struct event *at = model ? model : rtl;
    struct cosim_event ev = {.cycle = at->cycle, .model = "nothing", .rtl = "nothing"};

    snprintf(ev.signal, sizeof ev.signal, "%s[%" PRIu32 "]",
             at->kind < EVENT_N_KINDS ? event_kind_name((enum event_kind)at->kind) : "?",
             at->index);
    if (model)
        snprintf(ev.model, sizeof ev.model, "0x%" PRIx64, model->value);
    if (rtl)
        snprintf(ev.rtl, sizeof ev.rtl, "0x%" PRIx64, rtl->value);
    return ev;
}

static bool same_place(const struct event *a, const struct event *b)
{
    return a->cycle == b->cycle && a->unit == b->unit && a->kind == b->kind && a->index == b->index;
}

/* Both sides' next events, of which at least one is there: those to take now, the earlier one or
 * both of one place. */
static void pair_up(const struct event **model, const struct event **rtl)
{
    int order;

    if (!*model || !*rtl || same_place(*model, *rtl))
        return;
    order = event_compare(*model, *rtl);
    if (order < 0)
        *rtl = NULL;
    else
        *model = NULL;
}

/* The model's next event up to the edge under way, NULL if there is none. */
static const struct event *model_at(const struct run *run, uint64_t i)
{
    const struct event_log *l = run->model;

    return i < l->n && l->at[i].cycle <= run->cycle ? &l->at[i] : NULL;
}

static const struct event *rtl_at(const struct run *run, uint64_t i)
{
    return i < run->batch.n ? &run->batch.at[i] : NULL;
}

/* The last events of the unit that were equal, and what either side has from there to the end of
 * the cycle, from the RTL's event i on. */
static void last_events(struct run *run, uint16_t unit, uint64_t i)
{
    struct cosim_result *r = run->r;
    const struct event *before[COSIM_LAST], *model, *rtl;
    uint32_t n = 0;
    uint64_t m;

    for (m = run->next; m > 0 && n < COSIM_LAST; m--)
        if (run->model->at[m - 1].unit == unit)
            before[n++] = &run->model->at[m - 1];
    while (n > 0) {
        n--;
        r->last[r->n_last++] = describe(before[n], before[n]);
    }
    for (m = run->next; r->n_last < COSIM_MAX_LAST; m += model != NULL, i += rtl != NULL) {
        model = model_at(run, m);
        rtl = rtl_at(run, i);
        if (!model && !rtl)
            break;
        pair_up(&model, &rtl);
        if ((model ? model : rtl)->unit == unit)
            r->last[r->n_last++] = describe(model, rtl);
    }
}

/* The model's next event and the RTL's event i are not the same. */
static void diverge(struct run *run, uint64_t i)
{
    const struct event *model = model_at(run, run->next), *rtl = rtl_at(run, i);
    struct cosim_result *r = run->r;
    uint16_t unit;

    pair_up(&model, &rtl);
    unit = (model ? model : rtl)->unit;
    r->diverged = true;
    r->first = describe(model, rtl);
    snprintf(r->unit, sizeof r->unit, "%s", unit < run->p->n_nodes ? run->p->tile[unit].name : "?");
    last_events(run, unit, i);
}

/* The edge's events against the model's of the same cycle. */
static void compare_edge(struct run *run)
{
    struct cosim_result *r = run->r;
    uint64_t i = 0;

    event_log_sort(&run->batch);
    while (!r->diverged) {
        const struct event *model = model_at(run, run->next), *rtl = rtl_at(run, i);

        if (!rtl && !model)
            break;
        if (!rtl || !model || event_compare(model, rtl)) {
            diverge(run, i);
            break;
        }
        r->events_compared++;
        r->inferences += model->kind == EVENT_LOGIT;
        r->rtl_cycles = run->cycle;
        run->next++;
        i++;
    }
    run->batch.n = 0;
}

/* The chip's output at the end: all logits. */
static void compare_output(struct run *run, uint64_t n_logits)
{
    struct cosim_result *r = run->r;

    if (n_logits == r->inferences)
        return;
    r->diverged = true;
    r->first.cycle = run->cycle - 1;
    snprintf(r->unit, sizeof r->unit, "autorac_top");
    snprintf(r->first.signal, sizeof r->first.signal, "n_logits");
    snprintf(r->first.model, sizeof r->first.model, "0x%" PRIx64, r->inferences);
    snprintf(r->first.rtl, sizeof r->first.rtl, "0x%" PRIx64, n_logits);
}

static enum err_code compare(struct run *run, const struct chip_so *so, const char *images,
                             const char *plusarg, uint64_t limit, struct loop *l, struct err *e)
{
    void *chip = so->new_(record, count, run, images, plusarg, NULL);
    double start = clock_s(CLOCK_PROCESS_CPUTIME_ID);
    enum err_code rc = ERR_OK;

    for (run->cycle = 0; run->cycle <= limit && !run->r->diverged && !rc; run->cycle++) {
        so->edge(chip, run->cycle, 0);
        compare_edge(run);
        if (run->cycle % POLL_CYCLES == 0)
            rc = loop_poll(l, e);
    }
    if (!rc && !run->r->diverged)
        compare_output(run, so->n_logits(chip));
    run->r->run_s = clock_s(CLOCK_PROCESS_CPUTIME_ID) - start;
    if (run->r->diverged)
        run->r->rtl_cycles = run->r->first.cycle;
    if (run->coverage)
        so->coverage(chip, run->coverage);
    so->free_(chip);
    return rc;
}

/* ---- the waveform ---- */

static void ignore(void *self, int unit, int kind, int index, long long value)
{
    (void)self;
    (void)unit;
    (void)kind;
    (void)index;
    (void)value;
}

static enum err_code write_wave(const struct cosim_build *b, const char *images, struct loop *l,
                                struct cosim_result *r, struct err *e)
{
    struct cosim_build traced = *b;
    struct chip_so so;
    void *chip;
    char *path;
    enum err_code rc;

    traced.trace = true;
    if ((rc = cosim_build(&traced, l, &path, e)))
        return rc;
    rc = so_open(&so, path, e);
    free(path);
    if (rc)
        return rc;
    snprintf(r->wave_path, sizeof r->wave_path, "%s/wave.vcd", b->work_dir);
    chip = so.new_(ignore, ignore, NULL, images, NULL, r->wave_path);
    for (uint64_t c = 0; c <= r->first.cycle + WAVE_AFTER && !rc; c++) {
        so.edge(chip, c, c + WAVE_BEFORE >= r->first.cycle);
        if (c % POLL_CYCLES == 0)
            rc = loop_poll(l, e);
    }
    so.free_(chip);
    dlclose(so.lib);
    return rc;
}

/* ---- all of it ---- */

struct cosim {
    char *rtl, *work, *cache, *images;
    struct cosim_build build;
    struct chip_so so;
    uint64_t quiet_cycles;
    const char *coverage;
};

/* From malloc. */
static enum err_code absolute(const char *path, char **out, struct err *e)
{
    *out = realpath(path, NULL);
    if (!*out)
        return err_set(e, ERR_ENV, "%s: %s", path, strerror(errno));
    return ERR_OK;
}

void cosim_close(struct cosim *c)
{
    if (!c)
        return;
    if (c->so.lib)
        dlclose(c->so.lib);
    free(c->rtl);
    free(c->work);
    free(c->cache);
    free(c->images);
    free(c);
}

enum err_code cosim_open(struct cosim **out, const struct plan *p, const char *rtl_dir,
                         const char *work_dir, struct loop *l, const struct cosim_options *o,
                         struct err *e)
{
    struct cosim *c = mem_alloc(1, sizeof *c);
    char *so = NULL;
    enum err_code rc;

    *out = NULL;
    if ((rc = file_mkdirs(work_dir, e)) || (o->cache_dir && (rc = file_mkdirs(o->cache_dir, e))) ||
        (rc = absolute(rtl_dir, &c->rtl, e)) || (rc = absolute(work_dir, &c->work, e)) ||
        (o->cache_dir && (rc = absolute(o->cache_dir, &c->cache, e))))
        goto out;
    c->images = mem_printf("+images=%s/images", c->rtl);
    c->quiet_cycles = o->quiet_cycles ? o->quiet_cycles : QUIET_CYCLES;
    c->build = (struct cosim_build){.rtl_dir = c->rtl,
                                    .work_dir = c->work,
                                    .cache_dir = c->cache,
                                    .cxx = o->cxx ? o->cxx : "g++",
                                    .level = o->level ? o->level : "-O1",
                                    .copies = rtl_most_copies(p),
                                    .coverage = o->coverage != NULL};
    c->coverage = o->coverage;
    if (!(rc = cosim_build(&c->build, l, &so, e)))
        rc = so_open(&c->so, so, e);
out:
    free(so);
    if (rc)
        cosim_close(c);
    else
        *out = c;
    return rc;
}

enum err_code cosim_compare(struct cosim *c, const struct chip *model, const char *plusarg,
                            struct loop *l, struct cosim_result *out, struct err *e)
{
    struct run run = {
        .p = chip_plan(model), .coverage = c->coverage, .model = chip_events(model), .r = out};
    enum err_code rc;

    *out = (struct cosim_result){.model_cycles = chip_n_cycles(model)};
    rtl_counts_init(&run.counts, run.p);
    rc = compare(&run, &c->so, c->images, plusarg, out->model_cycles + c->quiet_cycles, l, e);
    if (!rc && !out->diverged)
        out->counts_differ = !rtl_counts_equal(&run.counts, chip_counts(model, 0),
                                               &out->counts_compared, &out->first_count);
    out->equal = !rc && !out->diverged && !out->counts_differ;
    rtl_counts_fini(&run.counts);
    event_log_fini(&run.batch);
    return rc;
}

enum err_code cosim_run(const struct chip *model, const char *rtl_dir, const char *work_dir,
                        struct loop *l, const struct cosim_options *o, struct cosim_result *out,
                        struct err *e)
{
    static const struct cosim_options defaults = {0};
    double start = clock_s(CLOCK_MONOTONIC), build_s;
    struct loop *own = NULL;
    struct cosim *c = NULL;
    enum err_code rc;

    o = o ? o : &defaults;
    *out = (struct cosim_result){.model_cycles = chip_n_cycles(model)};
    if ((!l && (rc = loop_new(&own, e))) ||
        (rc = cosim_open(&c, chip_plan(model), rtl_dir, work_dir, l ? l : own, o, e)))
        goto out;
    build_s = clock_s(CLOCK_MONOTONIC) - start;
    rc = cosim_compare(c, model, NULL, l ? l : own, out, e);
    out->build_s = build_s;
    if (!rc && out->diverged && !o->no_wave)
        rc = write_wave(&c->build, c->images, l ? l : own, out, e);
out:
    cosim_close(c);
    loop_free(own);
    return rc;
}
