/* SPDX-License-Identifier: Apache-2.0 */
/* sim/loop.h: the outer, wall-clock side of a simulation, on libev's default loop.
 *
 * loop_run pumps sim_run in slices whose length adapts to 200..500 us of wall
 * time, always ending at a cycle boundary. Between slices the default loop serves
 * SIGINT, a progress timer, child processes and sockets. SIGINT stops the run
 * cleanly: ERR_INTERRUPT, with the simulation still consistent (statistics are
 * then partial). loop_poll does the same for other long work (training, search),
 * which calls it at its own safe points. */
#ifndef AUTORAC_SIM_LOOP_H
#define AUTORAC_SIM_LOOP_H

#include <stdint.h>

#include "sim/event.h"

struct loop; /* one per program: signals belong to the process */

/* progress may be NULL; otherwise it is called about every period_ms from the loop, never from a
 * signal. */
enum err_code loop_new(struct loop **out, struct err *e);
void loop_free(struct loop *l);
void loop_progress(struct loop *l, uint32_t period_ms, void (*progress)(void *self), void *self);

enum err_code loop_run(struct loop *l, struct sim *s, uint64_t until_cycles, struct err *e);
/* Serve what is due without waiting; ERR_INTERRUPT once SIGINT (or SIGTERM) has come. l NULL:
 * ERR_OK. */
enum err_code loop_poll(struct loop *l, struct err *e);

/* Run a child (argv NULL-terminated, execvp), its stdout and stderr going to log_path, serving the
 * loop meanwhile; *status is its exit status. SIGINT kills the child and returns ERR_INTERRUPT. */
enum err_code loop_child(struct loop *l, const char *const *argv, const char *cwd,
                         const char *log_path, int *status, struct err *e);

#endif
