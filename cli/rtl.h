/* SPDX-License-Identifier: Apache-2.0 */
/* cli/rtl.h: a mapped design as RTL, and its co-simulation: shared by rtl, cosim and run. */
#ifndef AUTORAC_CLI_RTL_H
#define AUTORAC_CLI_RTL_H

#include "cli/session.h"

/* SystemVerilog of the session's plan into dir. */
enum err_code rtl_write(const struct session *s, const char *dir, struct err *e);

/* Build the RTL, run it beside the simulated session and compare every recorded event. Writes
 * DIR/cosim.json, and the waveform on a mismatch. ERR_MISMATCH: they differ. */
enum err_code rtl_cosim(const struct session *s, const char *rtl_dir, const char *dir,
                        struct err *e);

#endif
