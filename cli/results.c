/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/results.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arch/chip_stats.h"
#include "cli/outdir.h"
#include "cli/term.h"
#include "cli/version.h"
#include "sim/base/clock.h"
#include "sim/base/mem.h"
#include "traces/result.h"

static const char part_name[] = "results.part.h5";
enum { FLUSH_SHARE = 20, MAX_META = 24 };

/* What result_save borrows. */
struct bundle {
    struct arena *arena;
    struct result result;
    struct result_lookups lookups;
    struct result_meta meta[MAX_META];
    struct event_log cut; /* of a partial file */
};

/* ---- /meta ---- */

static void put_meta(struct bundle *b, const char *name, const char *value, const char *meaning)
{
    b->meta[b->result.n_meta++] = (struct result_meta){name, value, meaning};
}

static const char *kinds_text(struct arena *a, uint32_t kinds)
{
    char text[128] = "";
    size_t n = 0;

    if (kinds == EVENT_ALL_KINDS)
        return "all";
    for (uint32_t k = 0; k < EVENT_N_KINDS; k++)
        if (kinds >> k & 1)
            n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", n ? "," : "",
                                  event_kind_name((enum event_kind)k));
    return arena_strdup(a, n ? text : "none");
}

static const char *range_text(struct arena *a, uint64_t from, uint64_t to)
{
    if (to == UINT64_MAX)
        return from ? arena_printf(a, "%llu:", (unsigned long long)from) : "all";
    return arena_printf(a, "%llu:%llu", (unsigned long long)from, (unsigned long long)to);
}

static const char *units_text(struct arena *a, const struct trace *t)
{
    const char *text = t->n_names ? "" : "all";

    for (uint32_t i = 0; i < t->n_names; i++)
        text = arena_printf(a, "%s%s%s", text, i ? "," : "", t->name[i]);
    return text;
}

static const char *config_text(struct arena *a, const struct chip_config *c)
{
    char *text = NULL, *copy;
    size_t n = 0;
    FILE *f = mem_text_open(&text, &n);

    outdir_write_config(f, c);
    mem_text_close(f, &text);
    copy = arena_strdup(a, text);
    free(text);
    return copy;
}

static void fill_meta(struct bundle *b, const struct session *s)
{
    const struct event_select *t = &s->trace.select;
    struct arena *a = b->arena;

    put_meta(b, "version", AUTORAC_VERSION, "of autorac");
    put_meta(b, "revision", AUTORAC_REVISION, "of its sources");
    put_meta(b, "compiler", AUTORAC_COMPILER, "that built it, and how");
    put_meta(b, "workload", s->workload->name, "name of the workload");
    put_meta(b, "params", s->config.params, "technology parameters");
    put_meta(b, "mesh", arena_printf(a, "%ux%u", s->plan->width, s->plan->height),
             "nodes, width x height");
    put_meta(b, "topology", noc_topology_name[s->plan->topology], "of the network");
    put_meta(b, "trace_kinds", kinds_text(a, t->kinds), "kinds of event recorded");
    put_meta(b, "trace_units", units_text(a, &s->trace), "units whose events were recorded");
    put_meta(b, "trace_requests", range_text(a, t->from_request, t->to_request),
             "requests whose events were recorded, both ends included");
    put_meta(b, "trace_cycles", range_text(a, t->from_cycle, t->to_cycle),
             "cycles whose events were recorded, both ends included");
    put_meta(b, "config", config_text(a, &s->config), "every key of the chip, YAML");
}

/* ---- /lookups ---- */

/* Embedding tile of each field. */
static uint16_t *field_units(const struct session *s, struct arena *a)
{
    uint16_t *unit = arena_alloc(a, s->workload->n_fields, sizeof *unit);

    for (uint32_t i = 0; i < s->plan->n_units; i++) {
        const struct plan_unit *u = &s->plan->unit[i];

        for (uint32_t f = 0; u->kind == UNIT_EMB && f < u->emb.n_fields; f++)
            unit[u->emb.first_field + f] = (uint16_t)u->node;
    }
    return unit;
}

static void fill_lookups(struct bundle *b, const struct session *s)
{
    const struct workload *w = s->workload;
    const uint16_t *unit = field_units(s, b->arena);
    uint64_t n_requests = b->result.n_requests, n_words = workload_n_words(w);
    uint64_t n_most = n_requests * n_words, n = 0;
    uint32_t *request = arena_alloc(b->arena, n_most, sizeof *request);
    uint32_t *row = arena_alloc(b->arena, n_most, sizeof *row);
    uint16_t *table = arena_alloc(b->arena, n_most, sizeof *table);
    uint16_t *at = arena_alloc(b->arena, n_most, sizeof *at);

    for (uint64_t r = 0; r < n_requests; r++)
        for (uint32_t f = 0; f < w->n_fields; f++) {
            struct wl_bag bag = workload_bag(w, w->lookup + r * n_words, f);

            for (uint32_t i = 0; i < bag.n; i++, n++) {
                request[n] = (uint32_t)r;
                table[n] = (uint16_t)f;
                row[n] = bag.row[i];
                at[n] = unit[f];
            }
        }
    b->lookups = (struct result_lookups){n, request, row, table, at};
    b->result.lookups = &b->lookups;
}

/* ---- the file ---- */

static void fill_requests(struct bundle *b, const struct session *s)
{
    struct result *r = &b->result;
    uint64_t n = r->n_requests;
    struct arena *a = b->arena;

    r->start_cycle = arena_alloc(a, n, sizeof *r->start_cycle);
    r->finish_cycle = arena_alloc(a, n, sizeof *r->finish_cycle);
    r->logit = arena_alloc(a, n, sizeof *r->logit);
    r->probability = arena_alloc(a, n, sizeof *r->probability);
    memcpy(r->start_cycle, chip_start_cycles(s->chip), n * sizeof *r->start_cycle);
    memcpy(r->finish_cycle, chip_finish_cycles(s->chip), n * sizeof *r->finish_cycle);
    memcpy(r->logit, chip_logits(s->chip), n * sizeof *r->logit);
    for (uint64_t i = 0; i < n; i++)
        r->probability[i] = 1 / (1 + exp(-s->workload->logit_scale * r->logit[i]));
}

/* What a node's contexts compute, in their order. */
static const char *operators_text(struct arena *a, const struct plan *p, const struct plan_tile *t)
{
    const char *text = "";

    for (uint32_t c = 0; c < t->n_contexts; c++) {
        const struct plan_unit *u = &p->unit[t->unit[c]];
        const char *name = u->kind == UNIT_IO ? "io" : p->workload->op[u->op].name;

        text = arena_printf(a, "%s%s%s", text, c ? "," : "", name);
    }
    return text;
}

static void fill_units(struct bundle *b, const struct session *s)
{
    struct result *r = &b->result;

    r->unit_name = arena_alloc(b->arena, r->n_units, sizeof *r->unit_name);
    r->unit_operator = arena_alloc(b->arena, r->n_units, sizeof *r->unit_operator);
    for (uint32_t i = 0; i < r->n_units; i++) {
        r->unit_name[i] = s->plan->tile[i].name;
        r->unit_operator[i] = operators_text(b->arena, s->plan, &s->plan->tile[i]);
    }
}

static void bundle_init(struct bundle *b, const struct session *s)
{
    struct result *r = &b->result;

    *b = (struct bundle){.arena = arena_new(),
                         .result = {.n_requests = chip_n_done(s->chip),
                                    .n_cycles = chip_n_cycles(s->chip),
                                    .clock_hz = s->config.clock_mhz * 1e6,
                                    .label = s->workload->label,
                                    .n_units = s->plan->n_nodes,
                                    .events = chip_events(s->chip),
                                    .store = s->trace.store,
                                    .stats = s->stats}};
    fill_requests(b, s);
    fill_units(b, s);
    fill_meta(b, s);
    fill_lookups(b, s);
    r->meta = b->meta;
    if (s->trace.windows)
        r->windows = windows_result(s->trace.windows);
    outdir_config_sha256(&s->config, r->config_sha256);
}

static void bundle_fini(struct bundle *b)
{
    event_log_fini(&b->cut);
    arena_free(b->arena);
}

enum err_code results_save(const struct session *s, const char *dir, struct err *e)
{
    char path[PATHS_SIZE];
    struct bundle b;
    enum err_code rc;

    bundle_init(&b, s);
    if (!(rc = outdir_path(path, dir, "results.h5", e)))
        rc = result_save(&b.result, path, e);
    bundle_fini(&b);
    return rc ? rc : outdir_remove(dir, part_name, e);
}

/* ---- while it runs ---- */

/* Events before the cycle the chip is in: all of those are recorded, but also some later ones. */
static void cut_events(struct bundle *b, const struct session *s)
{
    const struct event_log *all = chip_events(s->chip);

    chip_hand_over_now(s->chip); /* a store then has all of them */
    if (!all || s->trace.store)
        return;
    for (uint64_t i = 0; i < all->n; i++)
        if (all->at[i].cycle < chip_now(s->chip))
            event_log_add(&b->cut, &all->at[i]);
    event_log_sort(&b->cut);
    b->result.events = &b->cut;
}

enum err_code results_save_part(struct session *s, const char *dir, struct err *e)
{
    struct stats *st = stats_new();
    char path[PATHS_SIZE];
    struct bundle b;
    enum err_code rc;

    chip_collect(s->chip);
    bundle_init(&b, s);
    b.result.partial = true;
    b.result.n_cycles = chip_now(s->chip);
    while (b.result.n_requests &&
           b.result.finish_cycle[b.result.n_requests - 1] >= b.result.n_cycles)
        b.result.n_requests--;
    cut_events(&b, s);
    stats_u64(st, "run.partial", 1, "1", "1: interrupted, statistics are incomplete");
    chip_stats(s->chip, s->params, st);
    b.result.stats = st;
    if (!(rc = outdir_path(path, dir, part_name, e)))
        rc = result_save(&b.result, path, e);
    bundle_fini(&b);
    stats_free(st);
    return rc;
}

void results_flush(struct session *s)
{
    struct trace *t = &s->trace;
    double now_s, took_s;
    struct err e;

    if (!t->flush_dir || !t->flush_s)
        return;
    now_s = clock_s(CLOCK_MONOTONIC);
    if (t->next_flush_s <= 0)
        t->next_flush_s = now_s + (double)t->flush_s;
    if (now_s < t->next_flush_s)
        return;
    if (results_save_part(s, t->flush_dir, &e)) {
        term_note("no more %s: %s", part_name, e.text);
        t->flush_dir = NULL;
        return;
    }
    took_s = clock_s(CLOCK_MONOTONIC) - now_s;
    t->next_flush_s = now_s + took_s + fmax((double)t->flush_s, FLUSH_SHARE * took_s);
}
