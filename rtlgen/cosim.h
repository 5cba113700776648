/* SPDX-License-Identifier: Apache-2.0 */
/* rtlgen/cosim.h: the generated RTL, in Verilator, against the recorded events of the model.
 *
 * Every event counts: cycle, unit, kind, index, value, in canonical order. The first difference
 * ends the run; the RTL must also stay quiet for some cycles after the model's last event. */
#ifndef AUTORAC_RTLGEN_COSIM_H
#define AUTORAC_RTLGEN_COSIM_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/plan.h"
#include "sim/base/err.h"
#include "sim/loop.h"
#include "traces/result.h"

struct cosim_options {
    const char *cxx;   /* C++ compiler; NULL: "g++" */
    const char *level; /* its optimisation of what runs every cycle; NULL: "-O1", soonest built */
    const char
        *cache_dir; /* where Verilator's compiled runtime is kept; NULL: in the work directory */
    bool no_wave;   /* no waveform after a divergence */
    uint64_t quiet_cycles; /* watched after the model's last event; 0: 200 */
    const char *coverage;  /* file for Verilator's counts of lines and toggles; NULL: none */
};

struct cosim_result {
    bool equal;
    uint64_t inferences;      /* logits that were equal */
    uint64_t events_compared; /* equal events */
    uint64_t model_cycles, rtl_cycles;
    bool diverged; /* what follows is set */
    uint64_t cycle;
    char unit[64];        /* instance name */
    char signal[64];      /* kind of event and index: "eject[1]" */
    char expected[32];    /* the model's value, hexadecimal, or "nothing" */
    char actual[32];      /* the RTL's */
    char wave_path[1024]; /* "" if there is none */
    double build_s;       /* host time */
    double run_s;         /* processor time of this process: clock edges and comparing */
};

/* Build the directory that rtl_generate wrote, in WORK_DIR (made if need be), run and compare. A
 * mismatch is a result, not an error. model_events are in canonical order; l may be NULL, o may be
 * NULL. ERR_ENV: no Verilator or C++ compiler, or a build failed (the message names its log). */
enum err_code cosim_run(const struct plan *p, const struct event_log *model_events,
                        uint64_t model_cycles, const char *rtl_dir, const char *work_dir,
                        struct loop *l, const struct cosim_options *o, struct cosim_result *out,
                        struct err *e);

/* The same in steps, to run a build many times: it stays in WORK_DIR until cosim_close. o is not
 * NULL. cosim_compare does not build, write or wait: it may run in a forked child (l NULL).
 * plusarg: another
 * "+NAME=VALUE" for the RTL, or NULL. */
struct cosim;
enum err_code cosim_open(struct cosim **out, const char *rtl_dir, const char *work_dir,
                         struct loop *l, const struct cosim_options *o, struct err *e);
enum err_code cosim_compare(struct cosim *c, const struct plan *p,
                            const struct event_log *model_events, uint64_t model_cycles,
                            const char *plusarg, struct loop *l, struct cosim_result *out,
                            struct err *e);
void cosim_close(struct cosim *c); /* NULL is legal */

/* cosim.json: the same for every run, hence without host times. */
enum err_code cosim_write_json(const struct cosim_result *r, const char *path, struct err *e);

#endif
