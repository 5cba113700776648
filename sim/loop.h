/* SPDX-License-Identifier: Apache-2.0 */
/* sim/loop.h: the outer, wall-clock side of a simulation, on libev's default loop.
 *
 * loop_run pumps the simulation in slices of 200..500 us of wall time, however long
 * its events take, that end at a cycle boundary unless a cycle is much longer than
 * that. Between slices the default loop serves signals, a progress timer, child
 * processes and descriptors. SIGINT, SIGTERM, and SIGHUP unless it was ignored, stop the run
 * cleanly: ERR_INTERRUPT, with the simulation still consistent (statistics are
 * then partial). loop_poll does the same for other long work (training, search),
 * which calls it at its own safe points.
 *
 * From loop_new to loop_free, libev reaps every child of the process: a child that was
 * not started by loop_spawn or loop_child is handed to loop_adopt, never to waitpid. */
#ifndef AUTORAC_SIM_LOOP_H
#define AUTORAC_SIM_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/event.h"

struct loop; /* one per program: signals belong to the process */

/* progress may be NULL; otherwise it is called about every period_ms from the loop, never from a
 * signal. */
enum err_code loop_new(struct loop **out, struct err *e);
void loop_free(struct loop *l);
void loop_progress(struct loop *l, uint32_t period_ms, void (*progress)(void *self), void *self);

/* l NULL: the simulation is run without serving anything. */
enum err_code loop_run(struct loop *l, struct sim *s, uint64_t until_cycles, struct err *e);
/* Serve what is due without waiting; ERR_INTERRUPT once a signal has come. l NULL:
 * ERR_OK. */
enum err_code loop_poll(struct loop *l, struct err *e);
/* Wait until something has been served: a child ended, a descriptor was ready, a signal came.
 * Returns at once if there is neither child nor descriptor to wait for. */
enum err_code loop_wait(struct loop *l, struct err *e);

/* Run a child (argv NULL-terminated, execvp), its stdout and stderr going to log_path, serving the
 * loop meanwhile; *status is its exit status, or 128 + the signal that killed it. cwd NULL: here. A
 * program that cannot be started is ERR_ENV. A signal kills the child and returns ERR_INTERRUPT;
 * the end of this process, however it comes, has the child get SIGTERM. */
enum err_code loop_child(struct loop *l, const char *const *argv, const char *cwd,
                         const char *log_path, int *status, struct err *e);

/* As loop_child, but returns at once; done is called from the loop when the child has ended.
 * Children still running at loop_free are killed, without a call. */
enum err_code loop_spawn(struct loop *l, const char *const *argv, const char *cwd,
                         const char *log_path, void (*done)(void *self, int status), void *self,
                         struct err *e);
/* Watch a child that the caller has just forked; pid leads a process group of its own if
 * is_group, and then loop_free kills the whole group. */
void loop_adopt(struct loop *l, int pid, bool is_group, void (*done)(void *self, int status),
                void *self);
/* In a forked child that goes on to use the loop: what the parent started is not this child's. */
void loop_after_fork(struct loop *l);

/* Call ready from the loop whenever fd is readable (at its end, too), until loop_unwatch. */
void loop_watch(struct loop *l, int fd, void (*ready)(void *self, int fd), void *self);
void loop_unwatch(struct loop *l, int fd);

#endif
