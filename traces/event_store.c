/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/event_store.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"
#include "traces/h5_pack.h"
#include "traces/result_impl.h"

#define SPAN_AXIS "/latency/finish_cycle"

enum { CYCLE, UNIT, KIND, INDEX, VALUE, N_COLUMNS };

static const struct h5_data event_column[N_COLUMNS] = {
    [CYCLE] = {.path = RESULT_EVENT_AXIS,
               .type = H5_U64,
               .long_name = "clock edge right after which the change is visible"},
    [UNIT] = {.path = "/events/unit",
              .type = H5_U16,
              .long_name = "mesh node, an index into /units/name"},
    [KIND] = {.path = "/events/kind",
              .type = H5_U8,
              .long_name = "0 start, 1 finish, 2 operand, 3 credit, 4 inject, 5 eject, 6 logit"},
    [INDEX] = {.path = "/events/index",
               .type = H5_U32,
               .long_name = "request, in-edge, out-edge or virtual channel, by kind"},
    [VALUE] = {.path = "/events/value",
               .type = H5_U64,
               .long_name = "request, payload or logit, by kind",
               .repeats = true}, /* a flit's payload when it leaves and when it arrives */
};

static const uint32_t column_bytes[N_COLUMNS] = {
    [CYCLE] = 8, [UNIT] = 2, [KIND] = 1, [INDEX] = 4, [VALUE] = 8};

/* A packed chunk of one column. */
struct chunk {
    void *bytes;
    size_t n_bytes;
};

/* START and the FINISH that belongs to it: the next one of that unit. */
struct spans {
    uint64_t n, capacity;
    uint64_t *start_cycle, *finish_cycle, *busy_cycles;
    uint32_t *request;
    uint16_t *unit;
    uint8_t *context;
};

/* What a unit does at the end of what has been added. */
struct doing {
    uint64_t start_cycle;
    bool started;
};

struct event_store {
    struct h5_pack *pack;
    uint64_t n;     /* events of whole chunks */
    uint32_t n_now; /* events in the arrays below */
    uint64_t cycle[H5_CHUNK], value[H5_CHUNK];
    uint32_t index[H5_CHUNK];
    uint16_t unit[H5_CHUNK];
    uint8_t kind[H5_CHUNK];
    uint64_t n_chunks, chunk_capacity;
    struct chunk (*chunk)[N_COLUMNS]; /* (n_chunks) */
    struct spans spans;
    struct doing doing[UINT16_MAX + 1]; /* by unit */
};

struct event_store *event_store_new(void)
{
    struct event_store *s = mem_alloc(1, sizeof *s);

    s->pack = h5_pack_new();
    return s;
}

void event_store_free(struct event_store *s)
{
    if (!s)
        return;
    for (uint64_t i = 0; i < s->n_chunks; i++)
        for (int k = 0; k < N_COLUMNS; k++)
            free(s->chunk[i][k].bytes);
    free(s->chunk);
    free(s->spans.start_cycle);
    free(s->spans.finish_cycle);
    free(s->spans.busy_cycles);
    free(s->spans.request);
    free(s->spans.unit);
    free(s->spans.context);
    h5_pack_free(s->pack);
    free(s);
}

static const void *column_now(const struct event_store *s, int column)
{
    const void *now[N_COLUMNS] = {[CYCLE] = s->cycle,
                                  [UNIT] = s->unit,
                                  [KIND] = s->kind,
                                  [INDEX] = s->index,
                                  [VALUE] = s->value};

    return now[column];
}

/* ---- adding ---- */

static void pack_chunk(struct event_store *s)
{
    if (s->n_chunks == s->chunk_capacity) {
        uint64_t to = s->chunk_capacity ? 2 * s->chunk_capacity : 16;

        s->chunk = mem_grow(s->chunk, s->chunk_capacity, to, sizeof *s->chunk);
        s->chunk_capacity = to;
    }
    for (int k = 0; k < N_COLUMNS; k++) {
        struct chunk *c = &s->chunk[s->n_chunks][k];
        size_t n_bytes = (size_t)H5_CHUNK * column_bytes[k];
        const void *bytes = h5_pack(s->pack, column_now(s, k), n_bytes, n_bytes,
                                    event_column[k].repeats ? 1 : column_bytes[k], &c->n_bytes);

        c->bytes = mem_stretch(NULL, c->n_bytes, 1);
        memcpy(c->bytes, bytes, c->n_bytes);
    }
    s->n_chunks++;
    s->n += s->n_now;
    s->n_now = 0;
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
static void follow(struct event_store *s, const struct event *ev)
{
    struct doing *d = &s->doing[ev->unit];

    if (ev->kind == EVENT_FINISH && d->started)
        spans_add(&s->spans, d->start_cycle, ev);
    *d = (struct doing){ev->cycle, ev->kind == EVENT_START};
}

void event_store_add(struct event_store *s, const struct event *ev, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        uint32_t k = s->n_now++;

        s->cycle[k] = ev[i].cycle;
        s->value[k] = ev[i].value;
        s->index[k] = ev[i].index;
        s->unit[k] = ev[i].unit;
        s->kind[k] = (uint8_t)ev[i].kind;
        if (ev[i].kind <= EVENT_FINISH)
            follow(s, &ev[i]);
        if (s->n_now == H5_CHUNK)
            pack_chunk(s);
    }
}

/* ---- into a file ---- */

static void put_column(const struct event_store *s, struct h5 *f, int k)
{
    struct h5_data d = event_column[k];
    struct h5_column *c;

    d.rank = 1;
    d.extent[0] = s->n + s->n_now;
    d.units = k == CYCLE ? "cycles" : "1";
    d.axis[0] = k == CYCLE ? NULL : RESULT_EVENT_AXIS;
    c = h5_column_new(f, &d);
    for (uint64_t i = 0; i < s->n_chunks; i++)
        h5_column_add_packed(c, s->chunk[i][k].bytes, s->chunk[i][k].n_bytes);
    h5_column_add(c, column_now(s, k));
    h5_column_free(c);
}

static void put_latency(const struct spans *s, struct h5 *f)
{
    h5_write_1d(f, SPAN_AXIS, H5_U64, s->n, s->finish_cycle, "cycles", "cycle the unit finished",
                NULL);
    h5_write_1d(f, "/latency/start_cycle", H5_U64, s->n, s->start_cycle, "cycles",
                "cycle the unit started", SPAN_AXIS);
    h5_write_1d(f, "/latency/busy_cycles", H5_U64, s->n, s->busy_cycles, "cycles",
                "finish_cycle minus start_cycle", SPAN_AXIS);
    h5_write_1d(f, "/latency/request", H5_U32, s->n, s->request, "1", "request", SPAN_AXIS);
    h5_write_1d(f, "/latency/unit", H5_U16, s->n, s->unit, "1",
                "mesh node, an index into /units/name and /units/operator", SPAN_AXIS);
    h5_write_1d(f, "/latency/context", H5_U8, s->n, s->context, "1",
                "which of the operators of the node", SPAN_AXIS);
}

void event_store_put(const struct event_store *s, struct h5 *f)
{
    for (int k = 0; k < N_COLUMNS; k++)
        put_column(s, f, k);
    put_latency(&s->spans, f);
}
