/* SPDX-License-Identifier: Apache-2.0 */
/* nas/freeze.h: a calibrated subnet as the integer program the hardware runs, and what it is worth.
 *
 * Integers, scales and rounding are those of training (nas/quant.h). What training does not see: a
 * multiplier of 16 bits instead of a real number, so a code may differ by one where a value lies
 * next to a rounding boundary. */
#ifndef AUTORAC_NAS_FREEZE_H
#define AUTORAC_NAS_FREEZE_H

#include "arch/exec.h"
#include "nas/subnet.h"
#include "traces/workload.h"

/* Program, weights and tables; no requests yet. table: codes of freeze_table, borrowed by the
 * workload; NULL: it gets its own. ERR_CONFIG if workload_check refuses it. */
enum err_code freeze(struct workload **out, const struct subnet *n, const char *name,
                     uint8_t *table, struct err *e);

/* Codes of all embedding tables, rows of the genome's emb_dim numbers. They depend on the
 * embedding's bits, numbers a row and root mean square only. */
void freeze_table(const struct subnet *n, uint8_t *out);

/* The first n rows of split as requests, with exact integer logits. */
void freeze_requests(struct workload *w, const struct subnet *n, const struct data_split *split,
                     uint32_t n_requests);

/* Probabilities of rows first.. under exact integers (exec NULL), or on a chip. *n_clipped grows by
 * its saturated conversions; may be NULL. ERR_INTERRUPT when the watch says so. */
enum err_code freeze_predict(const struct workload *w, struct exec *x, const struct subnet *n,
                             const struct data_split *split, uint64_t first, uint64_t rows,
                             double *p, uint64_t *n_clipped, const struct watch *watch,
                             struct err *e);

#endif
