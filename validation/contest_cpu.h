/* SPDX-License-Identifier: Apache-2.0 */
/* validation/contest_cpu.h: a model in float on one core of this machine.
 *
 * The same forward pass that training uses, OpenBLAS for its products, one thread: latency of rows
 * one by one, rate in batches; of several rounds the fastest. Energy is time times the power of a
 * core in arch/params/reference/cpu.yaml. Left out: memory's power, the rest of the machine. Unlike
 * everything that is simulated these figures vary from run to run. */
#ifndef AUTORAC_VALIDATION_CONTEST_CPU_H
#define AUTORAC_VALIDATION_CONTEST_CPU_H

#include "nas/subnet.h"
#include "validation/contest.h"

/* n: calibrated without rounding. Area is left as it is. */
enum err_code contest_cpu(struct subnet *n, const struct data_split *split, const char *params_dir,
                          struct contest_run *out, struct err *e);

#endif
