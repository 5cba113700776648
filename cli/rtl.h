/* SPDX-License-Identifier: Apache-2.0 */
/* cli/rtl.h: a mapped design as RTL, and its co-simulation: shared by rtl, cosim and run. */
#ifndef AUTORAC_CLI_RTL_H
#define AUTORAC_CLI_RTL_H

#include "cli/session.h"

enum { RTL_TEXT = 512, RTL_FIELD = 64, RTL_MAX_LAST = 16 };

/* SystemVerilog of the session's plan into dir; after session_sim with the events expected. */
enum err_code rtl_write(const struct session *s, const char *dir, struct err *e);

/* Build the RTL in rtl_dir, run it beside the simulated session and compare every recorded event
 * and every count. Writes DIR/cosim.json and, if an event differs, DIR/wave.vcd and DIR/wave.gtkw;
 * if none does, removes those of an earlier run. A difference is a result, not an error. What the
 * build leaves goes into DIR/cosim.tmp, which stays only after an error. */
struct rtl_speed {
    double build_s;   /* waited */
    double cycles_hz; /* clock cycles a second of processor time: clock edges and comparing */
};
enum err_code rtl_cosim(const struct session *s, const char *rtl_dir, const char *dir,
                        struct rtl_speed *speed, struct err *e);

/* What DIR/cosim.json says. */
struct rtl_verdict {
    bool equal;
    uint64_t inferences, events_compared, counts_compared, model_cycles;
    char first_divergence[RTL_TEXT]; /* "cycle 8, n3_b1_fc_0 eject[1]: model 0x2, RTL 0x3", or "" */
    char first_count[RTL_TEXT];      /* "n3_b1_fc_0 adc.n_conversions: model 2, RTL 3", or "" */
    char unit[RTL_TEXT];             /* the divergent one */
    uint32_t n_last;                 /* its last events, earliest first */
    struct {
        uint64_t cycle;
        char signal[RTL_FIELD], model[RTL_FIELD], rtl[RTL_FIELD];
    } last[RTL_MAX_LAST];
};
enum err_code rtl_verdict_load(struct rtl_verdict *v, const char *dir, struct err *e);
/* ERR_OK if equal, else ERR_MISMATCH with the divergence. */
enum err_code rtl_verdict_status(const struct rtl_verdict *v, const char *dir, struct err *e);
/* On standard output: one line, and after a divergence the unit's last events, model and RTL side
 * by side. */
void rtl_verdict_print(const struct rtl_verdict *v);

/* Where Verilator's compiled runtime and the chips built last are kept between runs; "" if the user
 * has no home. */
void rtl_cache_dir(char out[PATHS_SIZE]);

#endif
