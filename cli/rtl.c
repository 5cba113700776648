/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/rtl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/outdir.h"
#include "cli/term.h"
#include "rtlgen/cosim.h"
#include "rtlgen/gen.h"
#include "sim/base/cfg.h"
#include "sim/base/file.h"
#include "sim/base/mem.h"
#include "traces/wave.h"

enum err_code rtl_write(const struct session *s, const char *dir, struct err *e)
{
    const struct rtl_options o = {.expected = s->chip};

    return rtl_generate(s->plan, dir, &o, e);
}

void rtl_cache_dir(char out[PATHS_SIZE])
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int n = 0;

    out[0] = 0;
    if (cache && *cache)
        n = snprintf(out, PATHS_SIZE, "%s/autorac", cache);
    else if (home && *home)
        n = snprintf(out, PATHS_SIZE, "%s/.cache/autorac", home);
    if (n >= PATHS_SIZE)
        out[0] = 0;
}

/* ---- wave.vcd and wave.gtkw ---- */

struct waves {
    struct result model;
    char *rtl; /* text of the RTL's waveform */
    uint64_t cycle;
};

static void write_gtkw(FILE *f, const void *self)
{
    const struct waves *w = self;

    wave_gtkw(f, &w->model, "wave.vcd", w->rtl, w->cycle);
}

static enum err_code write_joined(const struct waves *w, const char *dir, struct err *e)
{
    char path[PATHS_SIZE];
    struct file_out o;
    enum err_code rc;

    if ((rc = outdir_path(path, dir, "wave.vcd", e)) || (rc = file_create(&o, path, e)))
        return rc;
    rc = wave_join(o.f, &w->model, w->rtl, e);
    if (!rc)
        rc = file_commit(&o, e);
    file_abandon(&o);
    return rc ? rc : outdir_write(dir, "wave.gtkw", write_gtkw, w, e);
}

/* The RTL's waveform, the model's beside it; without one, none of an earlier run stays. */
static enum err_code keep_wave(const struct session *s, const struct cosim_result *r,
                               const char *dir, struct err *e)
{
    struct waves w = {.model = {.n_units = s->plan->n_nodes,
                                .clock_hz = s->config.clock_mhz * 1e6,
                                .events = chip_events(s->chip)},
                      .cycle = r->first.cycle};
    size_t n_bytes;
    enum err_code rc;

    if (!r->wave_path[0]) {
        rc = outdir_remove(dir, "wave.vcd", e);
        return rc ? rc : outdir_remove(dir, "wave.gtkw", e);
    }
    if ((rc = file_read(r->wave_path, &w.rtl, &n_bytes, e)))
        return rc;
    w.model.unit_name = mem_alloc(w.model.n_units, sizeof *w.model.unit_name);
    for (uint32_t i = 0; i < w.model.n_units; i++)
        w.model.unit_name[i] = s->plan->tile[i].name;
    rc = write_joined(&w, dir, e);
    free(w.model.unit_name);
    free(w.rtl);
    return rc;
}

static void cosim_progress(void *self)
{
    (void)self;
    term_elapsed("cosim: building and running the RTL");
}

enum err_code rtl_cosim(const struct session *s, const char *rtl_dir, const char *dir,
                        struct rtl_speed *speed, struct err *e)
{
    char work[PATHS_SIZE], cache[PATHS_SIZE], json[PATHS_SIZE];
    struct cosim_options options = {0};
    struct cosim_result r;
    enum err_code rc;

    rtl_cache_dir(cache);
    options.cache_dir = cache[0] ? cache : NULL;
    if ((rc = outdir_path(work, dir, "cosim.tmp", e)))
        return rc;
    if ((rc = outdir_path(json, dir, "cosim.json", e)))
        return rc;
    if (s->loop && term_shows_progress())
        loop_progress(s->loop, 200, cosim_progress, NULL);
    rc = cosim_run(s->chip, rtl_dir, work, s->loop, &options, &r, e);
    if (s->loop)
        loop_progress(s->loop, 0, NULL, NULL);
    term_progress_end();
    if (rc || (rc = keep_wave(s, &r, dir, e)) || (rc = cosim_write_json(&r, json, e)))
        return rc;
    *speed = (struct rtl_speed){.build_s = r.build_s};
    if (r.run_s > 0)
        speed->cycles_hz = (double)r.rtl_cycles / r.run_s;
    return outdir_remove(dir, "cosim.tmp", e);
}

/* ---- cosim.json ---- */

static uint64_t number(const struct cfg_node *map, const char *key)
{
    const struct cfg_node *n = cfg_get(map, key);
    uint64_t v = 0;
    struct err e;

    return n && !cfg_u64(n, &v, &e) ? v : 0;
}

static const char *text(const struct cfg_node *map, const char *key)
{
    const struct cfg_node *n = cfg_get(map, key);
    const char *s = n ? cfg_str(n) : NULL;

    return s ? s : "?";
}

static void load_divergence(struct rtl_verdict *v, const struct cfg_node *first)
{
    const struct cfg_node *last = cfg_get(first, "last_events"), *ev;

    snprintf(v->first_divergence, sizeof v->first_divergence, "cycle %llu, %s %s: model %s, RTL %s",
             (unsigned long long)number(first, "cycle"), text(first, "unit"), text(first, "signal"),
             text(first, "model"), text(first, "rtl"));
    snprintf(v->unit, sizeof v->unit, "%s", text(first, "unit"));
    while (last && v->n_last < RTL_MAX_LAST && (ev = cfg_at(last, v->n_last))) {
        v->last[v->n_last].cycle = number(ev, "cycle");
        snprintf(v->last[v->n_last].signal, RTL_FIELD, "%s", text(ev, "signal"));
        snprintf(v->last[v->n_last].model, RTL_FIELD, "%s", text(ev, "model"));
        snprintf(v->last[v->n_last].rtl, RTL_FIELD, "%s", text(ev, "rtl"));
        v->n_last++;
    }
}

enum err_code rtl_verdict_load(struct rtl_verdict *v, const char *dir, struct err *e)
{
    const struct cfg_node *root, *first;
    char path[PATHS_SIZE];
    struct cfg *c = NULL;
    enum err_code rc;

    *v = (struct rtl_verdict){0};
    if ((rc = outdir_path(path, dir, "cosim.json", e)) || (rc = cfg_load(&c, path, e)))
        return rc;
    root = cfg_root(c);
    v->equal = !strcmp(text(root, "equal"), "true");
    v->inferences = number(root, "inferences");
    v->events_compared = number(root, "events_compared");
    v->model_cycles = number(root, "model_cycles");
    v->counts_compared = number(root, "counts_compared");
    first = cfg_get(root, "first_divergence");
    if (first && cfg_is_map(first))
        load_divergence(v, first);
    first = cfg_get(root, "first_count_difference");
    if (first && cfg_is_map(first))
        snprintf(v->first_count, sizeof v->first_count, "%s %s: model %llu, RTL %llu",
                 text(first, "unit"), text(first, "count"),
                 (unsigned long long)number(first, "model"),
                 (unsigned long long)number(first, "rtl"));
    cfg_free(c);
    return ERR_OK;
}

enum err_code rtl_verdict_status(const struct rtl_verdict *v, const char *dir, struct err *e)
{
    if (v->equal)
        return ERR_OK;
    if (v->first_count[0])
        return err_set(e, ERR_MISMATCH, "RTL and model do not count the same: %s", v->first_count);
    return err_set(e, ERR_MISMATCH, "RTL and model differ first at %s; waveform in %s/wave.vcd",
                   v->first_divergence, dir);
}

void rtl_verdict_print(const struct rtl_verdict *v)
{
    printf(
        "RTL against model: %s%s%s over %llu inferences, %llu events, %llu counts, %llu cycles\n",
        v->equal ? term_green() : term_red(), v->equal ? "equal" : "NOT EQUAL", term_plain(),
        (unsigned long long)v->inferences, (unsigned long long)v->events_compared,
        (unsigned long long)v->counts_compared, (unsigned long long)v->model_cycles);
    if (!v->n_last)
        return;
    printf("last events of %s\n%10s  %-14s %-20s %s\n", v->unit, "cycle", "signal", "model", "RTL");
    for (uint32_t i = 0; i < v->n_last; i++)
        printf("%10llu  %-14s %-20s %s%s\n", (unsigned long long)v->last[i].cycle,
               v->last[i].signal, v->last[i].model, v->last[i].rtl,
               strcmp(v->last[i].model, v->last[i].rtl) != 0 ? "  <" : "");
}
