/* SPDX-License-Identifier: Apache-2.0 */
/* nas/crew.h: who evaluates: this process alone, children of it, MPI ranks with children of theirs.
 *
 * A crew maps a pure function over numbers. Results come back by number, whoever found them and in
 * whatever order, so what is computed does not depend on the size of the crew. Children are forked
 * for each map, hence see everything as it was when the map began, and what they change is lost.
 *
 * Under MPI every rank makes the same calls in the same order and has all results afterwards; rank
 * 0 leads: it alone writes files and shows progress. */
#ifndef AUTORAC_NAS_CREW_H
#define AUTORAC_NAS_CREW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nas/status.h"

struct crew;

/* jobs: processes a rank, at least 1. mpi: started by mpirun (ERR_ENV if built without MPI). loop
 * may be NULL. */
enum err_code crew_new(struct crew **out, uint32_t jobs, bool mpi, struct loop *loop,
                       struct err *e);
void crew_free(struct crew *c); /* NULL is legal */
bool crew_leads(const struct crew *c);

/* Fills out, size bytes for each of n numbers; fn's first error by number is returned. first:
 * number that fn gets for out's first place. ERR_ENV: a child died. ERR_INTERRUPT after a signal.
 */
typedef enum err_code crew_fn(void *self, uint64_t number, void *out, struct err *e);
enum err_code crew_map(struct crew *c, crew_fn *fn, void *self, uint64_t first, uint32_t n,
                       size_t size, void *out, struct err *e);
/* Called with the numbers done so far, from time to time during a map, on the leader. */
void crew_progress(struct crew *c, void (*progress)(void *self, uint32_t n_done), void *self);

/* The leader's value, on every rank. */
uint32_t crew_agree(struct crew *c, uint32_t value);

#endif
