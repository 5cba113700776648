/* SPDX-License-Identifier: Apache-2.0 */
/* Reading results back, for those who look at them afterwards. */
#include <stdlib.h>
#include <string.h>

#include "traces/h5.h"
#include "traces/result.h"

/* A column of n values (H5_ANY: as many as there are). */
static enum err_code column(struct h5 *h, struct result_file *f, const char *path,
                            enum h5_type type, uint64_t *n, void *values, struct err *e)
{
    struct h5_data d = {.path = path, .type = type, .rank = 1, .extent = {*n}};
    enum err_code rc = h5_read(h, &d, f->arena, (void **)values, e);

    *n = d.extent[0];
    return rc;
}

static enum err_code texts(struct h5 *h, struct result_file *f, const char *path, uint64_t *n,
                           const char ***out, struct err *e)
{
    struct h5_data d = {.path = path, .type = H5_TEXT, .rank = 1, .extent = {*n}};
    char *packed;
    enum err_code rc = h5_read(h, &d, f->arena, (void **)&packed, e);

    if (rc)
        return rc;
    *n = d.extent[0];
    *out = arena_alloc(f->arena, *n, sizeof **out);
    for (uint64_t i = 0; i < *n; i++) {
        char *text = packed + i * d.text_bytes;

        if (!memchr(text, '\0', d.text_bytes))
            return err_set(e, ERR_CONFIG, "%s: text %llu is not ended by NUL", path,
                           (unsigned long long)i);
        (*out)[i] = text;
    }
    return ERR_OK;
}

static enum err_code load_requests(struct h5 *h, struct result_file *f, struct err *e)
{
    struct result *r = &f->result;
    uint64_t n = H5_ANY;
    enum err_code rc;

    if ((rc = column(h, f, "/requests/start_cycle", H5_U64, &n, &r->start_cycle, e)) ||
        (rc = column(h, f, "/requests/finish_cycle", H5_U64, &n, &r->finish_cycle, e)) ||
        (rc = column(h, f, "/requests/logit", H5_I32, &n, &r->logit, e)) ||
        (rc = column(h, f, "/requests/probability", H5_F64, &n, &r->probability, e)) ||
        (rc = column(h, f, "/requests/label", H5_U8, &n, &r->label, e)))
        return rc;
    r->n_requests = n;
    return ERR_OK;
}

static enum err_code load_units(struct h5 *h, struct result_file *f, struct err *e)
{
    uint64_t n = H5_ANY;
    enum err_code rc = texts(h, f, "/units/name", &n, &f->result.unit_name, e);

    if (!rc && n > UINT16_MAX)
        rc = err_set(e, ERR_CONFIG, "/units/name: %llu units", (unsigned long long)n);
    f->result.n_units = (uint32_t)n;
    return rc;
}

static enum err_code load_events(struct h5 *h, struct result_file *f, struct err *e)
{
    uint64_t n = H5_ANY, *cycle, *value;
    uint32_t *index;
    uint16_t *unit;
    uint8_t *kind;
    enum err_code rc;

    if (!h5_has(h, "/events/cycle"))
        return ERR_OK;
    if ((rc = column(h, f, "/events/cycle", H5_U64, &n, &cycle, e)) ||
        (rc = column(h, f, "/events/value", H5_U64, &n, &value, e)) ||
        (rc = column(h, f, "/events/index", H5_U32, &n, &index, e)) ||
        (rc = column(h, f, "/events/unit", H5_U16, &n, &unit, e)) ||
        (rc = column(h, f, "/events/kind", H5_U8, &n, &kind, e)))
        return rc;
    for (uint64_t i = 0; i < n; i++) {
        if (unit[i] >= f->result.n_units || kind[i] >= EVENT_N_KINDS)
            return err_set(e, ERR_CONFIG, "/events: event %llu: no such unit or kind",
                           (unsigned long long)i);
        event_log_add(&f->events, &(struct event){.cycle = cycle[i],
                                                  .value = value[i],
                                                  .index = index[i],
                                                  .unit = unit[i],
                                                  .kind = kind[i]});
    }
    event_log_sort(&f->events);
    f->result.events = &f->events;
    return ERR_OK;
}

static enum err_code load_stats(struct h5 *h, struct result_file *f, struct err *e)
{
    uint64_t n = H5_ANY;
    enum err_code rc;

    if ((rc = texts(h, f, "/stats/name", &n, &f->stat_name, e)) ||
        (rc = texts(h, f, "/stats/unit", &n, &f->stat_unit, e)) ||
        (rc = texts(h, f, "/stats/meaning", &n, &f->stat_meaning, e)) ||
        (rc = column(h, f, "/stats/value", H5_F64, &n, &f->stat_value, e)))
        return rc;
    f->n_stats = n;
    return ERR_OK;
}

enum err_code result_load(struct result_file **out, const char *path, struct err *e)
{
    struct result_file *f;
    struct h5 *h;
    enum err_code rc = h5_open(&h, path, "autorac-results", RESULT_FORMAT_VERSION, e);

    if (rc)
        return rc;
    f = mem_alloc(1, sizeof *f);
    f->arena = arena_new();
    if ((rc = h5_get_f64(h, "clock_hz", &f->result.clock_hz, e)) ||
        (rc = h5_get_u64(h, "n_cycles", &f->result.n_cycles, e)) ||
        (rc = h5_get_text(h, "config_sha256", f->result.config_sha256,
                          sizeof f->result.config_sha256, e)) ||
        (rc = load_requests(h, f, e)) || (rc = load_units(h, f, e)) ||
        (rc = load_events(h, f, e)) || (rc = load_stats(h, f, e))) {
        h5_close(h);
        result_file_free(f);
        return rc;
    }
    h5_close(h);
    *out = f;
    return ERR_OK;
}

void result_file_free(struct result_file *f)
{
    if (!f)
        return;
    event_log_fini(&f->events);
    arena_free(f->arena);
    free(f);
}

/* ---- selection ---- */

/* Number of the name in a list of n, or n. */
static uint32_t find(const char *name, const char *const *list, uint32_t n)
{
    uint32_t i = 0;

    while (i < n && strcmp(name, list[i]) != 0)
        i++;
    return i;
}

enum err_code result_filter(struct result_file *f, const struct event_filter *want, struct err *e)
{
    const char *kinds[EVENT_N_KINDS];
    uint32_t unit = 0, kind = 0;
    uint64_t n = 0;

    for (uint32_t k = 0; k < EVENT_N_KINDS; k++)
        kinds[k] = event_kind_name((enum event_kind)k);
    if (want->unit &&
        (unit = find(want->unit, f->result.unit_name, f->result.n_units)) == f->result.n_units)
        return err_set(e, ERR_CONFIG, "no unit %s", want->unit);
    if (want->kind && (kind = find(want->kind, kinds, EVENT_N_KINDS)) == EVENT_N_KINDS)
        return err_set(e, ERR_CONFIG, "no kind of event %s", want->kind);
    for (uint64_t i = 0; i < f->events.n; i++) {
        struct event ev = f->events.at[i];

        if ((want->unit && ev.unit != unit) || (want->kind && ev.kind != kind) ||
            ev.cycle < want->from_cycle || ev.cycle > want->to_cycle)
            continue;
        f->events.at[n++] = ev;
    }
    f->events.n = n;
    return ERR_OK;
}
