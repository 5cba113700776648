/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/result.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"
#include "traces/event_store.h"
#include "traces/result_impl.h"

const char *event_kind_name(enum event_kind k)
{
    static const char *const name[] = {
        [EVENT_START] = "start",   [EVENT_FINISH] = "finish", [EVENT_OPERAND] = "operand",
        [EVENT_CREDIT] = "credit", [EVENT_INJECT] = "inject", [EVENT_EJECT] = "eject",
        [EVENT_LOGIT] = "logit",
    };

    _Static_assert(sizeof name / sizeof *name == EVENT_N_KINDS, "every kind has a name");
    return (unsigned)k < EVENT_N_KINDS ? name[k] : "unknown";
}

/* ---- event log ---- */

void event_log_add(struct event_log *l, const struct event *ev)
{
    if (l->n == l->capacity) {
        uint64_t capacity = l->capacity ? 2 * l->capacity : 1024;

        l->at = mem_stretch(l->at, capacity, sizeof *l->at);
        l->capacity = capacity;
    }
    l->at[l->n++] = *ev;
}

int event_compare(const struct event *a, const struct event *b)
{
    if (a->cycle != b->cycle)
        return a->cycle < b->cycle ? -1 : 1;
    if (a->unit != b->unit)
        return a->unit < b->unit ? -1 : 1;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->index != b->index)
        return a->index < b->index ? -1 : 1;
    return a->value == b->value ? 0 : a->value < b->value ? -1 : 1;
}

static int event_order(const void *a, const void *b)
{
    return event_compare(a, b);
}

static uint64_t event_place(const struct event *ev)
{
    return (uint64_t)ev->unit << 48 | (uint64_t)ev->kind << 32 | ev->index;
}

static bool event_before(const struct event *a, const struct event *b)
{
    uint64_t pa, pb;

    if (a->cycle != b->cycle)
        return a->cycle < b->cycle;
    pa = event_place(a);
    pb = event_place(b);
    return pa != pb ? pa < pb : a->value < b->value;
}

/* A simulator records in order of decisions, whose effects are at most a few cycles later: an event
 * has a few dozen places to go back, and inserting is the fastest way. A list in another order
 * costs too many moves and is sorted as a whole. Events that compare equal are equal in every
 * member, so any sort is a stable one. */
void event_log_sort(struct event_log *l)
{
    uint64_t moves_left = 64 * l->n;

    for (uint64_t i = 1; i < l->n; i++) {
        struct event ev = l->at[i];
        uint64_t at = i;

        for (; at && event_before(&ev, &l->at[at - 1]); at--)
            l->at[at] = l->at[at - 1];
        l->at[at] = ev;
        if (i - at > moves_left) {
            qsort(l->at, l->n, sizeof *l->at, event_order);
            return;
        }
        moves_left -= i - at;
    }
}

bool event_selected(const struct event_select *s, const struct event *ev)
{
    uint64_t request = ev->index;

    if (!(s->kinds >> ev->kind & 1) || (s->unit && !s->unit[ev->unit]) ||
        ev->cycle < s->from_cycle || ev->cycle > s->to_cycle)
        return false;
    if (ev->kind == EVENT_OPERAND)
        request = ev->value;
    else if (ev->kind == EVENT_CREDIT || ev->kind == EVENT_INJECT || ev->kind == EVENT_EJECT)
        return s->from_request == 0 && s->to_request == UINT64_MAX;
    return request >= s->from_request && request <= s->to_request;
}

void event_log_fini(struct event_log *l)
{
    free(l->at);
    *l = (struct event_log){0};
}

/* ---- results file ---- */

static void put_requests(struct h5 *f, const struct result *r)
{
    uint64_t n = r->n_requests, *latency = mem_alloc(n, sizeof *latency);

    for (uint64_t i = 0; i < n; i++)
        latency[i] = r->finish_cycle[i] - r->start_cycle[i];
    result_put_index(f, RESULT_REQUEST_AXIS, n, "request number");
    h5_write_1d(f, "/requests/start_cycle", H5_U64, n, r->start_cycle, "cycles",
                "cycle of injection", RESULT_REQUEST_AXIS);
    h5_write_1d(f, "/requests/finish_cycle", H5_U64, n, r->finish_cycle, "cycles",
                "cycle the logit arrived", RESULT_REQUEST_AXIS);
    h5_write_1d(f, "/requests/latency_cycles", H5_U64, n, latency, "cycles",
                "finish_cycle minus start_cycle", RESULT_REQUEST_AXIS);
    h5_write_1d(f, "/requests/logit", H5_I32, n, r->logit, "1", "logit as the chip computed it",
                RESULT_REQUEST_AXIS);
    h5_write_1d(f, "/requests/probability", H5_F64, n, r->probability, "1",
                "sigmoid of logit_scale times logit", RESULT_REQUEST_AXIS);
    h5_write_1d(f, "/requests/label", H5_U8, n, r->label, "1", "1: clicked", RESULT_REQUEST_AXIS);
    free(latency);
}

static const char *unit_name_at(const void *list, uint64_t i)
{
    return ((const struct result *)list)->unit_name[i];
}

static const char *stat_name_at(const void *list, uint64_t i)
{
    return stats_name(list, i);
}

static const char *stat_unit_at(const void *list, uint64_t i)
{
    return stats_unit(list, i);
}

static const char *stat_meaning_at(const void *list, uint64_t i)
{
    return stats_meaning(list, i);
}

static void put_stats(struct h5 *f, const struct stats *s)
{
    uint64_t n = stats_n(s);
    double *value = mem_alloc(n, sizeof *value);

    for (uint64_t i = 0; i < n; i++)
        value[i] = stats_value(s, i);
    result_put_texts(f, RESULT_STATS_AXIS, n, stat_name_at, s, "statistic", NULL);
    h5_write_1d(f, "/stats/value", H5_F64, n, value, "1", "value, in the unit of /stats/unit",
                RESULT_STATS_AXIS);
    result_put_texts(f, "/stats/unit", n, stat_unit_at, s, "unit of the value", RESULT_STATS_AXIS);
    result_put_texts(f, "/stats/meaning", n, stat_meaning_at, s, "what the value says",
                     RESULT_STATS_AXIS);
    free(value);
}

static void put_log(struct h5 *f, const struct result *r)
{
    struct event_store *s = event_store_new();

    event_store_add(s, r->events->at, r->events->n);
    event_store_put(s, f);
    event_store_free(s);
}

enum err_code result_save(const struct result *r, const char *path, struct err *e)
{
    struct h5 *f = h5_create(path, "autorac-results", RESULT_FORMAT_VERSION);

    assert(r->stats);
    h5_attr_f64(f, "clock_hz", r->clock_hz);
    h5_attr_u64(f, "n_cycles", r->n_cycles);
    h5_attr_text(f, "config_sha256", r->config_sha256);
    h5_attr_u64(f, "complete", !r->partial);
    put_requests(f, r);
    if (r->store)
        event_store_put(r->store, f);
    else if (r->events)
        put_log(f, r);
    result_put_texts(f, "/units/name", r->n_units, unit_name_at, r, "mesh node y * width + x",
                     NULL);
    put_stats(f, r->stats);
    result_put_parts(f, r);
    return h5_commit(f, e);
}
