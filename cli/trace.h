/* SPDX-License-Identifier: Apache-2.0 */
/* cli/trace.h: what a simulation records, and how often what it has recorded is put on disk. */
#ifndef AUTORAC_CLI_TRACE_H
#define AUTORAC_CLI_TRACE_H

#include "arch/window.h"
#include "cli/args.h"
#include "traces/event_store.h"
#include "traces/result.h"

#define TRACE_OPTS                                                                                 \
    {"trace",                                                                                      \
     0,                                                                                            \
     "WHAT",                                                                                       \
     false,                                                                                        \
     false,                                                                                        \
     false,                                                                                        \
     "events to record: all (default), operators, none, or kinds: start,logit"},                   \
        {"trace-unit", 0, "NAME", false, true, false, "events of this unit only"},                 \
        {"trace-requests", 0, "A:B", false, false, false, "events of requests A to B only"},       \
        {"trace-cycles", 0, "A:B", false, false, false, "events of cycles A to B only"},           \
        {"window", 0, "CYCLES", false, false, false, "first width of windows; 0: none"},           \
    {                                                                                              \
        "flush", 0, "SECONDS", false, false, true,                                                 \
            "write results.part.h5 so often while running; 0: never"                               \
    }

enum { TRACE_WINDOW_CYCLES = 1024, TRACE_FLUSH_S = 10, TRACE_MAX_UNITS = 64 };

struct trace {
    struct event_select select;
    uint64_t window_cycles; /* 0: no windows */
    uint32_t n_names;
    const char *name[TRACE_MAX_UNITS]; /* of units; none: all */
    /* where results.part.h5 goes, borrowed; NULL: nowhere */
    const char *flush_dir;
    uint64_t flush_s;
    double next_flush_s; /* of the monotonic clock; 0: not set */
    /* while a chip runs */
    uint8_t *unit;
    struct windows *windows;
    /* Events are packed while it runs: nobody but results_save will ask for them. */
    bool pack;
    struct event_store *store;
};

struct trace trace_everything(void);
struct trace trace_nothing(void); /* neither events nor windows */
/* From TRACE_OPTS. ERR_CONFIG names the option. */
enum err_code trace_from_args(struct trace *t, const struct args *a, struct err *e);

/* Before chip_run; until trace_stop, c and t stay where they are. ERR_CONFIG: no such unit. */
enum err_code trace_start(struct trace *t, struct chip *c, const struct params *q, struct err *e);
void trace_stop(struct trace *t);

#endif
