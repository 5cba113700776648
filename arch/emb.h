/* SPDX-License-Identifier: Apache-2.0 */
/* arch/emb.h: when an embedding tile reads which rows: banks, pooling in arrays, copies of hot
 * rows, row cache. docs/microarchitecture.md, section 7.
 *
 * Values are arch/exec's; this is their schedule. State is the cache's: banks are idle between
 * requests. Left out: refresh, and reads that disturb cells. */
#ifndef AUTORAC_ARCH_EMB_H
#define AUTORAC_ARCH_EMB_H

#include "arch/chip.h"
#include "arch/plan.h"

struct emb;
struct emb *emb_new(const struct plan_emb *m); /* borrows m; cache empty */
void emb_free(struct emb *t);

/* Cycles from the start of computing to the finish for an operand of n_words words; adds what
 * happened to c (lookups, rows, conversions, hits, conflicts). */
uint64_t emb_run(struct emb *t, const uint32_t *words, struct unit_counts *c);

#endif
