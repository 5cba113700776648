/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"
#include "traces/result_impl.h"

#define SPAN_AXIS   "/latency/finish_cycle"
#define WINDOW_AXIS "/windows/start_cycle"
#define LOOKUP_AXIS "/lookups/request"
#define LINK_AXIS   "/noc/link"
#define ROUTER_AXIS "/noc/router"
#define PART_AXIS   "/energy/part"

void result_put_index(struct h5 *f, const char *path, uint64_t n, const char *long_name)
{
    uint64_t *index = mem_alloc(n, sizeof *index);

    for (uint64_t i = 0; i < n; i++)
        index[i] = i;
    h5_write_1d(f, path, H5_U64, n, index, "1", long_name, NULL);
    free(index);
}

void result_put_texts(struct h5 *f, const char *path, uint64_t n, result_text_at *at,
                      const void *list, const char *long_name, const char *axis)
{
    size_t bytes = 1;
    char *packed;

    for (uint64_t i = 0; i < n; i++)
        bytes = strlen(at(list, i)) + 1 > bytes ? strlen(at(list, i)) + 1 : bytes;
    packed = mem_alloc(n, bytes);
    for (uint64_t i = 0; i < n; i++)
        memcpy(packed + i * bytes, at(list, i), strlen(at(list, i)));
    h5_write(f,
             &(struct h5_data){.path = path,
                               .type = H5_TEXT,
                               .text_bytes = (uint32_t)bytes,
                               .rank = 1,
                               .extent = {n},
                               .units = "1",
                               .long_name = long_name,
                               .axis = {axis}},
             packed);
    free(packed);
}

/* A matrix with a row a window. */
static void put_by_window(struct h5 *f, const char *path, enum h5_type type, uint64_t n_windows,
                          uint64_t n, const void *v, const char *units, const char *long_name,
                          const char *axis)
{
    h5_write(f,
             &(struct h5_data){.path = path,
                               .type = type,
                               .rank = 2,
                               .extent = {n_windows, n},
                               .units = units,
                               .long_name = long_name,
                               .axis = {WINDOW_AXIS, axis}},
             v);
}

static const char *text_at(const void *list, uint64_t i)
{
    return ((const char *const *)list)[i];
}

/* ---- /meta ---- */

static const char *meta_name_at(const void *list, uint64_t i)
{
    return ((const struct result_meta *)list)[i].name;
}

static const char *meta_value_at(const void *list, uint64_t i)
{
    return ((const struct result_meta *)list)[i].value;
}

static const char *meta_meaning_at(const void *list, uint64_t i)
{
    return ((const struct result_meta *)list)[i].meaning;
}

static void put_meta(struct h5 *f, const struct result *r)
{
    result_put_texts(f, "/meta/name", r->n_meta, meta_name_at, r->meta, "what it is", NULL);
    result_put_texts(f, "/meta/value", r->n_meta, meta_value_at, r->meta, "its value",
                     "/meta/name");
    result_put_texts(f, "/meta/meaning", r->n_meta, meta_meaning_at, r->meta, "what it says",
                     "/meta/name");
}

/* ---- /latency ---- */

/* START and the FINISH that belongs to it: the next one of that unit. */
struct spans {
    uint64_t n, capacity;
    uint64_t *start_cycle, *finish_cycle, *busy_cycles;
    uint32_t *request;
    uint16_t *unit;
    uint8_t *context;
};

static void spans_fini(struct spans *s)
{
    free(s->start_cycle);
    free(s->finish_cycle);
    free(s->busy_cycles);
    free(s->request);
    free(s->unit);
    free(s->context);
}

static void spans_add(struct spans *s, uint64_t start_cycle, const struct event *finish)
{
    uint64_t k = s->n++, from = s->capacity, to = from ? 2 * from : 1024;

    if (k == from) {
        s->start_cycle = mem_grow(s->start_cycle, from, to, sizeof *s->start_cycle);
        s->finish_cycle = mem_grow(s->finish_cycle, from, to, sizeof *s->finish_cycle);
        s->busy_cycles = mem_grow(s->busy_cycles, from, to, sizeof *s->busy_cycles);
        s->request = mem_grow(s->request, from, to, sizeof *s->request);
        s->unit = mem_grow(s->unit, from, to, sizeof *s->unit);
        s->context = mem_grow(s->context, from, to, sizeof *s->context);
        s->capacity = to;
    }
    s->start_cycle[k] = start_cycle;
    s->finish_cycle[k] = finish->cycle;
    s->busy_cycles[k] = finish->cycle - start_cycle;
    s->request[k] = finish->index;
    s->unit[k] = finish->unit;
    s->context[k] = (uint8_t)finish->value;
}

/* Events are in order of cycles and a unit has one request at a time. What has no START or no
 * FINISH is left out. */
static void spans_init(struct spans *s, const struct result *r)
{
    const struct event_log *l = r->events;
    uint64_t *open = mem_alloc((size_t)r->n_units, sizeof *open); /* START's number, plus 1 */

    *s = (struct spans){0};
    for (uint64_t i = 0; i < l->n; i++) {
        const struct event *ev = &l->at[i];

        if (ev->kind > EVENT_FINISH || ev->unit >= r->n_units)
            continue;
        if (ev->kind == EVENT_FINISH && open[ev->unit])
            spans_add(s, l->at[open[ev->unit] - 1].cycle, ev);
        open[ev->unit] = ev->kind == EVENT_START ? i + 1 : 0;
    }
    free(open);
}

static void put_latency(struct h5 *f, const struct result *r)
{
    struct spans s;

    spans_init(&s, r);
    h5_write_1d(f, SPAN_AXIS, H5_U64, s.n, s.finish_cycle, "cycles", "cycle the unit finished",
                NULL);
    h5_write_1d(f, "/latency/start_cycle", H5_U64, s.n, s.start_cycle, "cycles",
                "cycle the unit started", SPAN_AXIS);
    h5_write_1d(f, "/latency/busy_cycles", H5_U64, s.n, s.busy_cycles, "cycles",
                "finish_cycle minus start_cycle", SPAN_AXIS);
    h5_write_1d(f, "/latency/request", H5_U32, s.n, s.request, "1", "request", SPAN_AXIS);
    h5_write_1d(f, "/latency/unit", H5_U16, s.n, s.unit, "1",
                "mesh node, an index into /units/name and /units/operator", SPAN_AXIS);
    h5_write_1d(f, "/latency/context", H5_U8, s.n, s.context, "1",
                "which of the operators of the node", SPAN_AXIS);
    spans_fini(&s);
}

/* ---- /windows, /noc, /energy ---- */

static void put_windows(struct h5 *f, const struct result *r)
{
    const struct result_windows *w = r->windows;
    uint64_t n = w->n_windows;

    h5_write_1d(f, WINDOW_AXIS, H5_U64, n, w->start_cycle, "cycles", "first cycle of the window",
                NULL);
    h5_write_1d(f, "/windows/length_cycles", H5_U64, n, w->length_cycles, "cycles",
                "length of the window", WINDOW_AXIS);
    h5_write_1d(f, "/windows/n_done", H5_U64, n, w->n_done, "1", "requests answered in the window",
                WINDOW_AXIS);
    result_put_texts(f, LINK_AXIS, w->n_links, text_at, w->link_name,
                     "link: router's node and output port", NULL);
    result_put_texts(f, ROUTER_AXIS, w->n_routers, text_at, w->router_name, "router: its node",
                     NULL);
    result_put_texts(f, PART_AXIS, w->n_parts, text_at, w->part_name, "part of the chip", NULL);
    put_by_window(f, "/noc/link_flits", H5_U64, n, w->n_links, w->link_flits, "1",
                  "flits sent over the link", LINK_AXIS);
    put_by_window(f, "/noc/link_occupancy", H5_F64, n, w->n_links, w->link_occupancy, "1",
                  "share of the cycles in which the link sent a flit", LINK_AXIS);
    put_by_window(f, "/noc/router_flits", H5_U64, n, w->n_routers, w->router_flits, "1",
                  "flits through the router's switch", ROUTER_AXIS);
    put_by_window(f, "/noc/router_held", H5_U64, n, w->n_routers, w->router_held, "1",
                  "flits in the router's buffers, or on their way there, at the window's end",
                  ROUTER_AXIS);
    put_by_window(f, "/energy/unit_pj", H5_F64, n, r->n_units, w->unit_pj, "pJ",
                  "dynamic energy of unit and router, requests counted when they finish there",
                  RESULT_UNIT_AXIS);
    put_by_window(f, "/energy/part_pj", H5_F64, n, w->n_parts, w->part_pj, "pJ",
                  "dynamic energy of the part", PART_AXIS);
    h5_write_1d(f, "/energy/leakage_pj", H5_F64, n, w->leakage_pj, "pJ", "static power x time",
                WINDOW_AXIS);
}

/* ---- /lookups ---- */

static void put_lookups(struct h5 *f, const struct result_lookups *l)
{
    h5_write_1d(f, LOOKUP_AXIS, H5_U32, l->n, l->request, "1", "request", NULL);
    h5_write_1d(f, "/lookups/table", H5_U16, l->n, l->table, "1", "table (field) looked up",
                LOOKUP_AXIS);
    h5_write_1d(f, "/lookups/row", H5_U32, l->n, l->row, "1", "row within the table", LOOKUP_AXIS);
    h5_write_1d(f, "/lookups/unit", H5_U16, l->n, l->unit, "1",
                "mesh node of the embedding tile, an index into /units/name", LOOKUP_AXIS);
}

void result_put_parts(struct h5 *f, const struct result *r)
{
    if (r->n_meta)
        put_meta(f, r);
    if (r->unit_operator)
        result_put_texts(f, "/units/operator", r->n_units, text_at, r->unit_operator,
                         "operator of the workload", RESULT_UNIT_AXIS);
    if (r->events)
        put_latency(f, r);
    if (r->windows)
        put_windows(f, r);
    if (r->lookups)
        put_lookups(f, r->lookups);
}
