/* SPDX-License-Identifier: Apache-2.0 */
/* rtlgen/cosim.h: the generated RTL, in Verilator, against the model that has run.
 *
 * Every recorded event counts: cycle, unit, kind, index, value, in canonical order. The first
 * difference ends the run; the RTL must also stay quiet for some cycles after the model's last
 * event. If there is none, what the RTL counted of everything that costs energy must be the model's
 * counts, unit by unit (rtlgen/counts.h). */
#ifndef AUTORAC_RTLGEN_COSIM_H
#define AUTORAC_RTLGEN_COSIM_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/chip.h"
#include "arch/plan.h"
#include "rtlgen/counts.h"
#include "sim/base/err.h"
#include "sim/loop.h"

struct cosim_options {
    const char *cxx;   /* C++ compiler; NULL: "g++" */
    const char *level; /* its optimisation of what runs every cycle; NULL: "-O1", soonest built */
    const char
        *cache_dir; /* where Verilator's compiled runtime is kept; NULL: in the work directory */
    bool no_wave;   /* no waveform after a divergence */
    uint64_t quiet_cycles; /* watched after the model's last event; 0: 200 */
    const char *coverage;  /* file for Verilator's counts of lines and toggles; NULL: none */
};

/* What model and RTL recorded at one place of one cycle. */
struct cosim_event {
    uint64_t cycle;
    char signal[64]; /* kind of event and index: "eject[1]" */
    char model[32];  /* value, hexadecimal, or "nothing" */
    char rtl[32];
};

enum { COSIM_LAST = 8, COSIM_MAX_LAST = 2 * COSIM_LAST };

struct cosim_result {
    bool equal;
    uint64_t inferences;      /* logits that were equal */
    uint64_t events_compared; /* equal events */
    uint64_t counts_compared; /* counts that were equal and not zero */
    uint64_t model_cycles, rtl_cycles;
    bool diverged; /* in some event: what follows is set */
    char unit[64]; /* instance name */
    struct cosim_event first;
    struct cosim_event last[COSIM_MAX_LAST]; /* of that unit: up to COSIM_LAST equal ones before,
                                              * then what either side has in that cycle */
    uint32_t n_last;
    char wave_path[1024]; /* "" if there is none */
    bool counts_differ;   /* all events were equal, but not: */
    struct rtl_count_difference first_count;
    double build_s; /* host time */
    double run_s;   /* processor time of this process: clock edges and comparing */
};

/* Build the directory that rtl_generate wrote, in WORK_DIR (made if need be), run and compare. A
 * mismatch is a result, not an error. model is the chip of that plan after chip_run, with its
 * events recorded; l may be NULL, o may be NULL. ERR_ENV: no Verilator or C++ compiler, or a build
 * failed (the message names its log). */
enum err_code cosim_run(const struct chip *model, const char *rtl_dir, const char *work_dir,
                        struct loop *l, const struct cosim_options *o, struct cosim_result *out,
                        struct err *e);

/* The same in steps, to run a build many times: it stays in WORK_DIR until cosim_close. p: whose
 * RTL it is. o is not NULL. cosim_compare does not build, write or wait: it may run in a forked
 * child (l NULL). plusarg: another "+NAME=VALUE" for the RTL, or NULL. */
struct cosim;
enum err_code cosim_open(struct cosim **out, const struct plan *p, const char *rtl_dir,
                         const char *work_dir, struct loop *l, const struct cosim_options *o,
                         struct err *e);
enum err_code cosim_compare(struct cosim *c, const struct chip *model, const char *plusarg,
                            struct loop *l, struct cosim_result *out, struct err *e);
void cosim_close(struct cosim *c); /* NULL is legal */

/* What is different, in one line: "cycle 8, n3_b1_fc_0 eject[1]: model 0x2, RTL 0x3", or a count.
 */
void cosim_describe(const struct cosim_result *r, char *text, size_t size);

/* cosim.json: the same for every run, hence without host times. */
enum err_code cosim_write_json(const struct cosim_result *r, const char *path, struct err *e);

#endif
