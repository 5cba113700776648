/* SPDX-License-Identifier: Apache-2.0 */
/* cli/session.h: one design with one workload, from files to results: what sim, rtl, cosim and run
 * have in common. */
#ifndef AUTORAC_CLI_SESSION_H
#define AUTORAC_CLI_SESSION_H

#include "arch/chip.h"
#include "arch/config.h"
#include "arch/cost.h"
#include "arch/layer.h"
#include "arch/plan.h"
#include "cli/args.h"
#include "cli/paths.h"
#include "cli/trace.h"
#include "sim/loop.h"
#include "sim/stats.h"
#include "traces/workload.h"

enum { SESSION_MAX_SETS = 64 };

struct session {
    char design_path[PATHS_SIZE], workload_path[PATHS_SIZE];
    struct chip_config config;
    struct workload *workload;
    struct plan *plan;
    struct params *params;
    struct loop *loop;  /* borrowed */
    struct trace trace; /* what session_sim records: everything unless changed before it */
    /* after session_sim */
    struct sim *sim;
    struct chip *chip;
    struct stats *stats;
    struct layers *layers; /* NULL: the run was interrupted */
};

/* Load, check and map. sets as --set gives them. s is whole for session_close even after failure.
 */
enum err_code session_open(struct session *s, const char *design_path, const char *workload_path,
                           const char *const *sets, size_t n_sets, struct loop *loop,
                           struct err *e);
/* The same from a command's two positionals and its --set options. */
enum err_code session_open_args(struct session *s, const struct args *a, struct loop *loop,
                                struct err *e);
/* Load the parameters of, and map, a session that has configuration, workload and paths. A refusal
 * by the mapper is ERR_CONFIG with s->params set. */
enum err_code session_map(struct session *s, struct err *e);
void session_close(struct session *s);

/* Run all requests and gather statistics. After ERR_INTERRUPT the statistics are there, marked
 * partial. */
enum err_code session_sim(struct session *s, const struct sim_cfg *cfg, struct err *e);

/* results.h5, stats.txt, stats.json, report.txt, plan.json of a finished run into dir. */
enum err_code session_save(const struct session *s, const char *dir, struct err *e);
/* The same without results.h5. */
enum err_code session_save_brief(const struct session *s, const char *dir, struct err *e);
/* stats.txt and stats.json alone: all that an interrupted run has to show. */
enum err_code session_save_stats(const struct session *s, const char *dir, struct err *e);

#endif
