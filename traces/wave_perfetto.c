/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>

#include "sim/base/json.h"
#include "sim/base/mem.h"
#include "traces/wave.h"

enum { CHIP_PID = 1, FIRST_UNIT_PID = 2, ENGINE_TID = 1, OPERANDS_TID = 2 };
enum { N_WINDOWS = 1000 };

struct perfetto {
    FILE *f;
    const struct result *r;
    bool first;
    uint64_t window_cycles;
    uint64_t *window;     /* (n_units) number of the window being counted */
    uint64_t *n_flits;    /* (n_units) sent in it */
    uint64_t *start;      /* (n_units) cycle of the START that has no FINISH yet */
    uint64_t *n_starts;   /* (n_requests) STARTs there are of each request */
    uint64_t *n_started;  /* (n_requests) STARTs seen so far */
    uint64_t n_in_flight; /* requests */
};

/* Opens one event; the caller writes more members and closes it with end. */
static void begin(struct perfetto *p, char phase, uint32_t pid, uint32_t tid, uint64_t cycle)
{
    fprintf(p->f, "%s\n{\"ph\":\"%c\",\"pid\":%u,\"tid\":%u,\"ts\":%" PRIu64, p->first ? "" : ",",
            phase, pid, tid, cycle);
    p->first = false;
}

static void end(struct perfetto *p)
{
    fputc('}', p->f);
}

static void name_track(struct perfetto *p, const char *what, uint32_t pid, uint32_t tid,
                       const char *name)
{
    begin(p, 'M', pid, tid, 0);
    fprintf(p->f, ",\"name\":\"%s\",\"args\":{\"name\":", what);
    json_quote(p->f, name);
    fputc('}', p->f);
    end(p);
}

static void counter(struct perfetto *p, uint32_t pid, uint64_t cycle, const char *name, uint64_t v)
{
    begin(p, 'C', pid, 0, cycle);
    fprintf(p->f, ",\"name\":\"%s\",\"args\":{\"%s\":%" PRIu64 "}", name, name, v);
    end(p);
}

/* ---- flits in windows ---- */

/* What was counted of a unit, and that nothing is sent after it until the window of cycle. */
static void close_window(struct perfetto *p, uint32_t unit, uint64_t cycle)
{
    uint32_t pid = FIRST_UNIT_PID + unit;
    uint64_t at = p->window[unit], to = cycle / p->window_cycles;

    if (at == to)
        return;
    if (p->n_flits[unit]) {
        counter(p, pid, at * p->window_cycles, "flits sent", p->n_flits[unit]);
        counter(p, pid, (at + 1) * p->window_cycles, "flits sent", 0);
    }
    p->n_flits[unit] = 0;
    p->window[unit] = to;
}

/* ---- requests ---- */

/* An arrow that passes through this START: begins at the first, ends at the last. */
static void flow(struct perfetto *p, const struct event *ev)
{
    uint64_t k = p->n_started[ev->index]++, n = p->n_starts[ev->index];

    if (n < 2)
        return;
    begin(p,
          k == 0       ? 's'
          : k + 1 == n ? 'f'
                       : 't',
          FIRST_UNIT_PID + ev->unit, ENGINE_TID, ev->cycle);
    fprintf(p->f, ",\"name\":\"request\",\"cat\":\"request\",\"id\":%u%s", ev->index,
            k + 1 == n ? ",\"bp\":\"e\"" : "");
    end(p);
}

static bool is_request(const struct perfetto *p, const struct event *ev)
{
    return ev->index < p->r->n_requests;
}

static void on_finish(struct perfetto *p, const struct event *ev)
{
    if (p->start[ev->unit] == UINT64_MAX)
        return; /* its START was filtered away */
    begin(p, 'X', FIRST_UNIT_PID + ev->unit, ENGINE_TID, p->start[ev->unit]);
    fprintf(p->f, ",\"dur\":%" PRIu64 ",\"name\":\"request %u\",\"args\":{\"request\":%u}",
            ev->cycle - p->start[ev->unit], ev->index, ev->index);
    end(p);
    p->start[ev->unit] = UINT64_MAX;
}

static void on_operand(struct perfetto *p, const struct event *ev)
{
    begin(p, 'i', FIRST_UNIT_PID + ev->unit, OPERANDS_TID, ev->cycle);
    fprintf(p->f,
            ",\"s\":\"t\",\"name\":\"in-edge %u\",\"args\":{\"in_edge\":%u,\"request\":%" PRIu64
            "}",
            ev->index, ev->index, ev->value);
    end(p);
}

static void on_event(struct perfetto *p, const struct event *ev)
{
    switch ((enum event_kind)ev->kind) {
    case EVENT_START:
        p->start[ev->unit] = ev->cycle;
        if (is_request(p, ev))
            flow(p, ev);
        break;
    case EVENT_FINISH:
        on_finish(p, ev);
        break;
    case EVENT_OPERAND:
        on_operand(p, ev);
        break;
    case EVENT_INJECT:
        close_window(p, ev->unit, ev->cycle);
        p->n_flits[ev->unit]++;
        break;
    case EVENT_CREDIT:
    case EVENT_EJECT:
    case EVENT_LOGIT:
    case EVENT_N_KINDS:
        break;
    }
}

/* The chip's requests in flight come from their cycles, whichever events were kept. */
static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static void requests_in_flight(struct perfetto *p)
{
    const struct result *r = p->r;
    uint64_t n = r->n_requests, *at = mem_alloc(2 * n, sizeof *at), s = 0, f = 0;

    for (uint64_t i = 0; i < n; i++) {
        at[i] = r->start_cycle[i];
        at[n + i] = r->finish_cycle[i];
    }
    qsort(at, n, sizeof *at, by_value);
    qsort(at + n, n, sizeof *at, by_value);
    while (f < n) {
        bool starts = s < n && at[s] <= at[n + f];
        uint64_t cycle = starts ? at[s] : at[n + f];

        s += starts;
        f += !starts;
        counter(p, CHIP_PID, cycle, "requests", s - f);
    }
    free(at);
}

static void name_tracks(struct perfetto *p)
{
    name_track(p, "process_name", CHIP_PID, 0, "chip");
    for (uint32_t u = 0; u < p->r->n_units; u++) {
        name_track(p, "process_name", FIRST_UNIT_PID + u, 0, p->r->unit_name[u]);
        name_track(p, "thread_name", FIRST_UNIT_PID + u, ENGINE_TID, "engine");
        name_track(p, "thread_name", FIRST_UNIT_PID + u, OPERANDS_TID, "operands");
    }
}

void wave_perfetto(FILE *f, const struct result *r)
{
    struct perfetto p = {.f = f, .r = r, .first = true, .window_cycles = r->n_cycles / N_WINDOWS};
    const struct event_log *l = r->events;

    p.window_cycles += !p.window_cycles;
    p.window = mem_alloc(r->n_units, sizeof *p.window);
    p.n_flits = mem_alloc(r->n_units, sizeof *p.n_flits);
    p.start = mem_alloc(r->n_units, sizeof *p.start);
    p.n_starts = mem_alloc(r->n_requests, sizeof *p.n_starts);
    p.n_started = mem_alloc(r->n_requests, sizeof *p.n_started);
    for (uint32_t u = 0; u < r->n_units; u++)
        p.start[u] = UINT64_MAX;
    for (uint64_t i = 0; i < l->n; i++)
        if (l->at[i].kind == EVENT_START && is_request(&p, &l->at[i]))
            p.n_starts[l->at[i].index]++;
    fprintf(f,
            "{\"displayTimeUnit\":\"ns\",\"otherData\":{\"1 us\":\"1 cycle\"},\"traceEvents\":[");
    name_tracks(&p);
    requests_in_flight(&p);
    for (uint64_t i = 0; i < l->n; i++)
        on_event(&p, &l->at[i]);
    for (uint32_t u = 0; u < r->n_units; u++)
        close_window(&p, u, UINT64_MAX);
    fprintf(f, "\n]}\n");
    free(p.window);
    free(p.n_flits);
    free(p.start);
    free(p.n_starts);
    free(p.n_started);
}
