/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/event_store.h"

#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"
#include "traces/h5_pack.h"
#include "traces/result_impl.h"

#define SPAN_AXIS "/latency/finish_cycle"

enum { CYCLE, UNIT, KIND, INDEX, VALUE, N_EVENT_COLUMNS };

static const struct h5_data event_column[N_EVENT_COLUMNS] = {
    [CYCLE] = {.path = RESULT_EVENT_AXIS,
               .type = H5_U64,
               .units = "cycles",
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

enum { FINISH, START, BUSY, REQUEST, SPAN_UNIT, CONTEXT, N_SPAN_COLUMNS };

static const struct h5_data span_column[N_SPAN_COLUMNS] = {
    [FINISH] = {.path = SPAN_AXIS,
                .type = H5_U64,
                .units = "cycles",
                .long_name = "cycle the unit finished"},
    [START] = {.path = "/latency/start_cycle",
               .type = H5_U64,
               .units = "cycles",
               .long_name = "cycle the unit started"},
    [BUSY] = {.path = "/latency/busy_cycles",
              .type = H5_U64,
              .units = "cycles",
              .long_name = "finish_cycle minus start_cycle"},
    [REQUEST] = {.path = "/latency/request", .type = H5_U32, .long_name = "request"},
    [SPAN_UNIT] = {.path = "/latency/unit",
                   .type = H5_U16,
                   .long_name = "mesh node, an index into /units/name and /units/operator"},
    [CONTEXT] = {.path = "/latency/context",
                 .type = H5_U8,
                 .long_name = "which of the operators of the node"},
};

/* ---- columns of one length, packed chunk by chunk ---- */

enum { MAX_COLUMNS = N_SPAN_COLUMNS };

/* Values of one column: of the chunk that is being filled, by their size. */
union values {
    uint8_t *u8;
    uint16_t *u16;
    uint32_t *u32;
    uint64_t *u64;
    void *any;
};

struct chunk {
    void *bytes;
    size_t n_bytes;
};

struct table {
    const struct h5_data *column; /* (n_columns); the first one is the axis */
    uint32_t n_columns;
    uint32_t n_now;                     /* rows in the arrays below */
    union values now[MAX_COLUMNS];      /* (H5_CHUNK) */
    uint64_t n_chunks, capacity;        /* whole ones */
    struct chunk (*chunk)[MAX_COLUMNS]; /* (n_chunks) */
};

static void table_init(struct table *t, const struct h5_data *column, uint32_t n_columns)
{
    *t = (struct table){.column = column, .n_columns = n_columns};
    for (uint32_t k = 0; k < n_columns; k++)
        t->now[k].any = mem_alloc(H5_CHUNK, h5_type_bytes(column[k].type, 0));
}

static void table_fini(struct table *t)
{
    for (uint64_t i = 0; i < t->n_chunks; i++)
        for (uint32_t k = 0; k < t->n_columns; k++)
            free(t->chunk[i][k].bytes);
    for (uint32_t k = 0; k < t->n_columns; k++)
        free(t->now[k].any);
    free(t->chunk);
}

/* After a row has been filled in. */
static void table_advance(struct table *t, struct h5_pack *pack)
{
    if (++t->n_now < H5_CHUNK)
        return;
    if (t->n_chunks == t->capacity) {
        t->capacity = t->capacity ? 2 * t->capacity : 16;
        t->chunk = mem_stretch(t->chunk, t->capacity, sizeof *t->chunk);
    }
    for (uint32_t k = 0; k < t->n_columns; k++) {
        struct chunk *c = &t->chunk[t->n_chunks][k];
        size_t value_bytes = h5_type_bytes(t->column[k].type, 0), n_bytes = H5_CHUNK * value_bytes;
        const void *bytes = h5_pack(pack, t->now[k].any, n_bytes, n_bytes,
                                    t->column[k].repeats ? 1 : value_bytes, &c->n_bytes);

        c->bytes = mem_stretch(NULL, c->n_bytes, 1);
        memcpy(c->bytes, bytes, c->n_bytes);
    }
    t->n_chunks++;
    t->n_now = 0;
}

static void table_put(const struct table *t, struct h5 *f)
{
    for (uint32_t k = 0; k < t->n_columns; k++) {
        struct h5_data d = t->column[k];
        struct h5_column *c;

        d.rank = 1;
        d.extent[0] = t->n_chunks * H5_CHUNK + t->n_now;
        d.units = d.units ? d.units : "1";
        d.axis[0] = k ? t->column[0].path : NULL;
        c = h5_column_new(f, &d);
        for (uint64_t i = 0; i < t->n_chunks; i++)
            h5_column_add_packed(c, t->chunk[i][k].bytes, t->chunk[i][k].n_bytes);
        h5_column_add(c, t->now[k].any);
        h5_column_free(c);
    }
}

/* ---- the store ---- */

/* What a unit does at the end of what has been added. */
struct doing {
    uint64_t start_cycle;
    bool started;
};

struct event_store {
    struct h5_pack *pack;
    struct table events, spans;
    struct doing doing[UINT16_MAX + 1]; /* by unit */
};

struct event_store *event_store_new(void)
{
    struct event_store *s = mem_alloc(1, sizeof *s);

    s->pack = h5_pack_new();
    table_init(&s->events, event_column, N_EVENT_COLUMNS);
    table_init(&s->spans, span_column, N_SPAN_COLUMNS);
    return s;
}

void event_store_free(struct event_store *s)
{
    if (!s)
        return;
    table_fini(&s->events);
    table_fini(&s->spans);
    h5_pack_free(s->pack);
    free(s);
}

/* A FINISH belongs to the START before it: events are in order of cycles, and a unit has one
 * request at a time. What has no START or no FINISH is left out. */
static void follow(struct event_store *s, const struct event *ev)
{
    struct doing *d = &s->doing[ev->unit];
    struct table *t = &s->spans;
    uint32_t row = t->n_now;

    if (ev->kind == EVENT_FINISH && d->started) {
        t->now[START].u64[row] = d->start_cycle;
        t->now[FINISH].u64[row] = ev->cycle;
        t->now[BUSY].u64[row] = ev->cycle - d->start_cycle;
        t->now[REQUEST].u32[row] = ev->index;
        t->now[SPAN_UNIT].u16[row] = ev->unit;
        t->now[CONTEXT].u8[row] = (uint8_t)ev->value;
        table_advance(t, s->pack);
    }
    *d = (struct doing){ev->cycle, ev->kind == EVENT_START};
}

void event_store_add(struct event_store *s, const struct event *ev, uint64_t n)
{
    struct table *t = &s->events;

    for (uint64_t i = 0; i < n; i++) {
        uint32_t row = t->n_now;

        t->now[CYCLE].u64[row] = ev[i].cycle;
        t->now[UNIT].u16[row] = ev[i].unit;
        t->now[KIND].u8[row] = (uint8_t)ev[i].kind;
        t->now[INDEX].u32[row] = ev[i].index;
        t->now[VALUE].u64[row] = ev[i].value;
        table_advance(t, s->pack);
        if (ev[i].kind <= EVENT_FINISH)
            follow(s, &ev[i]);
    }
}

void event_store_put(const struct event_store *s, struct h5 *f)
{
    table_put(&s->events, f);
    table_put(&s->spans, f);
}
