/* SPDX-License-Identifier: Apache-2.0 */
/* traces/result.h: what a run of a chip leaves behind: recorded events, logits,
 * per-request cycles, statistics. HDF5 (results.h5), layout in docs/file-formats.md. */
#ifndef AUTORAC_TRACES_RESULT_H
#define AUTORAC_TRACES_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/err.h"
#include "sim/base/mem.h"
#include "sim/stats.h"

#define RESULT_FORMAT_VERSION 2

/* The recording points: the same list in model and RTL (docs/microarchitecture.md, "Recording
 * points"). Numbers are part of the RTL's reports: append only. */
enum event_kind {
    EVENT_START = 0,  /* index: request          value: context within the tile */
    EVENT_FINISH = 1, /* index: request          value: context */
    EVENT_OPERAND =
        2, /* index: in-edge          value: operands before on it; its last flit has arrived */
    EVENT_CREDIT = 3, /* index: out-edge         value: 0; slot of the consumer came back */
    EVENT_INJECT = 4, /* index: virtual channel  value: payload; flit leaves the tile */
    EVENT_EJECT = 5,  /* index: virtual channel  value: payload; flit arrives at the tile */
    EVENT_LOGIT = 6,  /* index: request          value: logit, sign-extended */
    EVENT_N_KINDS,
};
const char *event_kind_name(enum event_kind k); /* "start", ... */

struct event {
    uint64_t cycle; /* state change visible right after this clock edge */
    uint64_t value;
    uint32_t index;
    uint16_t unit; /* mesh node, y * width + x */
    uint16_t kind;
};

/* Growable list. Canonical order: (cycle, unit, kind, index, value). */
struct event_log {
    struct event *at;
    uint64_t n, capacity;
};
void event_log_add(struct event_log *l, const struct event *ev);
void event_log_sort(struct event_log *l);
int event_compare(const struct event *a, const struct event *b); /* canonical order: <0, 0, >0 */
void event_log_fini(struct event_log *l);

/* Which events a run records. Those that name no request (credit, inject, eject) are recorded only
 * if all requests are. */
struct event_select {
    uint32_t kinds;                    /* a bit for each enum event_kind */
    const uint8_t *unit;               /* (n_nodes) 1: wanted, borrowed; NULL: all */
    uint64_t from_cycle, to_cycle;     /* both included */
    uint64_t from_request, to_request; /* both included */
};
#define EVENT_ALL_KINDS ((1u << EVENT_N_KINDS) - 1)
#define EVENT_OPERATORS (1u << EVENT_START | 1u << EVENT_FINISH | 1u << EVENT_LOGIT)
/* The value of an operand counts as its request. */
bool event_selected(const struct event_select *s, const struct event *ev);

/* What else there is to know about a run, a text each. */
struct result_meta {
    const char *name, *value, *meaning;
};

/* The run cut into windows of cycles, one row each. */
struct result_windows {
    uint64_t n_windows;
    uint64_t *start_cycle, *length_cycles, *n_done; /* (n_windows) n_done: requests answered */
    uint32_t n_links, n_routers, n_parts;
    const char **link_name, **router_name; /* (n_links), (n_routers) */
    const char **part_name;                /* (n_parts) */
    uint64_t *link_flits;                  /* (n_windows, n_links) sent over a link */
    double *link_occupancy;                /* the same, of one flit a cycle */
    uint64_t *router_flits;                /* (n_windows, n_routers) switched */
    uint64_t *router_held;                 /* the same, in the buffers at the window's end */
    double *unit_pj, *part_pj,
        *leakage_pj; /* (n_windows, n_units), (n_windows, n_parts), (n_windows) */
};

/* Rows looked up, one entry each. */
struct result_lookups {
    uint64_t n;
    const uint32_t *request, *row; /* (n) */
    const uint16_t *table, *unit;  /* (n) unit: mesh node of the embedding tile */
};

struct result {
    uint64_t n_requests;
    uint64_t n_cycles; /* until the chip is quiet */
    double clock_hz;
    uint64_t *start_cycle;  /* (n_requests) injected */
    uint64_t *finish_cycle; /* (n_requests) logit arrived */
    int32_t *logit;         /* (n_requests) */
    double *probability;    /* (n_requests) sigmoid(logit_scale * logit) */
    uint8_t *label;         /* (n_requests) */
    uint32_t n_units;
    const char **unit_name;         /* (n_units) mesh node names, borrowed */
    const struct event_log *events; /* may be NULL: not recorded */
    struct event_store *store;      /* writing: the events, in place of a list; may be NULL */
    const struct stats *stats;
    char config_sha256[65];
    bool partial;               /* saved before the run ended */
    const char **unit_operator; /* (n_units) what each unit computes; NULL: not known */
    uint32_t n_meta;
    const struct result_meta *meta;       /* (n_meta) */
    const struct result_windows *windows; /* may be NULL */
    const struct result_lookups *lookups; /* may be NULL */
};

/* Atomic, byte-identical on rerun. */
enum err_code result_save(const struct result *r, const char *path, struct err *e);

/* A results file in memory. result.events is NULL if none were recorded; statistics are columns, as
 * in the file, and result.stats is NULL. */
struct result_file {
    struct result result;
    struct event_log events;
    uint64_t n_stats;
    const char **stat_name, **stat_unit, **stat_meaning; /* (n_stats) */
    double *stat_value;                                  /* (n_stats) */
    struct arena *arena;                                 /* owns everything but events */
};
/* ERR_CONFIG: not a results file, damaged, or events of units or kinds that do not exist. */
enum err_code result_load(struct result_file **out, const char *path, struct err *e);
void result_file_free(struct result_file *f);

/* Which events someone wants to see. */
struct event_filter {
    const char *unit;              /* name of a node's unit; NULL: all */
    const char *kind;              /* event_kind_name; NULL: all */
    uint64_t from_cycle, to_cycle; /* both included */
};
/* Keeps those events of f, in their order. ERR_CONFIG: no such unit or kind. */
enum err_code result_filter(struct result_file *f, const struct event_filter *want, struct err *e);

#endif
