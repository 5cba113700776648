/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"
#include "traces/result_impl.h"

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
    if (r->windows)
        put_windows(f, r);
    if (r->lookups)
        put_lookups(f, r->lookups);
}
