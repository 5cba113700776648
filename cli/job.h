/* SPDX-License-Identifier: Apache-2.0 */
/* cli/job.h: one `autorac run`: its directory, configuration and stages. */
#ifndef AUTORAC_CLI_JOB_H
#define AUTORAC_CLI_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/args.h"
#include "cli/provenance.h"
#include "cli/rtl.h"
#include "cli/session.h"
#include "cli/stages.h"
#include "nas/run.h"

struct job {
    char params_dir[PATHS_SIZE];
    struct nas_config config;
    struct provenance provenance;
    struct stages stages;
    struct host host;
    struct loop *loop;
    struct crew *crew; /* who judges in the search */
    bool called;       /* the other ranks know whether there is a search */
    struct nas *nas;   /* opened by the first stage that needs data */
    struct session session;
    bool has_session, has_events; /* design mapped; simulated */
    struct job_summary {
        double logloss, auc, logloss_integer, auc_integer;
        double logloss_chip, auc_chip; /* integers under the chip's ADC */
        uint64_t latency_cycles_p50, latency_cycles_p99;
        double inferences_per_s, energy_nj_per_inference, area_mm2;
        struct rtl_verdict rtl;
    } summary;
};

/* From a command's options: read the configuration, claim the directory. Under MPI ranks other than
 * 0 only help the search: they claim nothing. */
enum err_code job_open(struct job *job, const struct args *a, struct err *e);
/* All stages up to the one called last; what is complete is not repeated. Helpers return when the
 * search is over. */
enum err_code job_run(struct job *job, const char *last, struct err *e);
void job_close(struct job *job);

#endif
