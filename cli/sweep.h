/* SPDX-License-Identifier: Apache-2.0 */
/* cli/sweep.h: one design with several values of some keys: every combination is a point, run by a
 * child process of its own.
 *
 * Points are numbered with the last key's values running fastest. DIR/point_NNNN holds a point's
 * files, DIR/stages/point_NNNN says that they are complete; what is complete is not repeated.
 * sweep.csv and sweep.h5 are made from the points' files in order of number, so that neither the
 * number of jobs nor an interruption shows in them. */
#ifndef AUTORAC_CLI_SWEEP_H
#define AUTORAC_CLI_SWEEP_H

#include "cli/args.h"
#include "cli/provenance.h"
#include "cli/session.h"
#include "cli/stages.h"

enum { SWEEP_MAX_AXES = 8, SWEEP_MAX_POINTS = 10000, SWEEP_NAME = 16 };

struct sweep {
    const struct args *args;
    struct sim_cfg sim;
    struct provenance provenance;
    struct workload *workload;
    struct stages stages;
    bool keep; /* results.h5 of every point */
    uint32_t n_jobs;
    struct loop *loop; /* borrowed */

    size_t n_axes;
    struct sweep_axis {
        const struct cfg_key *key;
        size_t n;
        const char **value; /* as given */
    } axis[SWEEP_MAX_AXES];
    struct arena *arena;

    size_t n_points;
    struct sweep_point {
        struct chip_config config;
        const char *refusal; /* the values do not go together; NULL: they do */
    } * point;
};

/* All of `autorac sim --sweep`. */
enum err_code sweep_main(const struct args *a, struct err *e);

/* ---- sweep_points.c: from options to points ---- */

/* Read keys, values and fixed overrides. A value that is wrong in every combination is ERR_CONFIG;
 * one that is wrong in some makes these points infeasible. */
enum err_code sweep_points(struct sweep *s, struct err *e);
/* Which of the axis' values the point has. */
size_t sweep_value(const struct sweep *s, size_t axis, size_t point);
void sweep_name(char out[SWEEP_NAME], size_t point); /* point_0007 */

/* ---- sweep_run.c: from points to directories ---- */

enum err_code sweep_run(struct sweep *s, struct err *e);

/* ---- sweep_out.c: from directories to tables ---- */

/* Write sweep.csv and sweep.h5; print the table unless quiet. */
enum err_code sweep_out(const struct sweep *s, struct err *e);

#endif
