/* SPDX-License-Identifier: Apache-2.0 */
/* nas/run.h: the stages from CTR data to a design: train the supernet, search model x chip,
 * finish (fine-tune, freeze, write).
 *
 * Every stage leaves its state in the run directory and starts from what it finds there: a stage
 * that is done returns at once, one that was killed goes on from its last checkpoint and ends
 * byte-identical to an undisturbed run. State made with other settings, data or version is refused
 * (ERR_CONFIG names the file to remove). No host time or host name in any file.
 *
 *   supernet.ckpt   shared weights and optimiser state          (nas_train)
 *   search.state    population and archive, one per generation  (nas_search)
 *   archive.h5      every pair that was judged                  (nas_search)
 *   pareto.csv      those no other beats: genome, chip, costs   (nas_search)
 *   subnet.ckpt     the chosen model while it is fine-tuned     (nas_finish)
 *   float.ckpt      its twin, fine-tuned without rounding       (nas_finish)
 *   design.yaml     the chosen chip: chip_config_load reads it  (nas_finish)
 *   workload.h5     integers and the first validation requests  (nas_finish)
 *   accuracy.json   what nas_finish returned */
#ifndef AUTORAC_NAS_RUN_H
#define AUTORAC_NAS_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "arch/estimate.h"
#include "nas/data.h"
#include "nas/evolve.h"
#include "nas/space.h"
#include "nas/status.h"
#include "sim/base/cfg.h"
#include "sim/base/err.h"

struct nas_config {
    char dataset[1024]; /* SPEC of nas/data.h */
    uint64_t seed;
    uint32_t max_rows;   /* of one embedding table */
    uint32_t n_requests; /* validation requests written into the workload */

    /* the model space */
    uint32_t operators;     /* enum space_operators */
    uint32_t n_blocks;      /* 1..7 */
    uint32_t max_dense_dim; /* widths above are not drawn */
    uint32_t max_sparse_dim;
    uint32_t embed_dim, max_embed_dim;
    uint32_t bits; /* index: mixed, 4, 6, 8 */

    /* supernet */
    double train_epochs, warmup_epochs;
    uint32_t batch;
    double lr, embed_lr;
    uint32_t optimiser; /* enum optimiser; this and those below also when fine-tuning */
    double eps, embed_eps, embed_l2, clip, dropout;
    uint32_t checkpoint_steps;

    /* search */
    uint32_t strategy; /* enum strategy */
    uint32_t population, generations, children, tournament;
    uint32_t survivors, sim_requests; /* finalists; requests of each one's simulation */
    double final_epochs;              /* training of each; 0: none */
    uint32_t eval_rows, exec_rows, calibrate_rows, adapt_steps;
    double adapt_lr;
    char base_design[1024]; /* design.yaml whose keys hold where the search has no choice; empty:
                               defaults */
    char fixed[512];        /* keys of the chip that are not searched (space_fix) */
    double max_latency_us, max_area_mm2, max_energy_nj; /* 0: no limit */
    double weight_logloss, weight_latency, weight_interval, weight_energy,
        weight_area;    /* of the score that picks the design */
    uint32_t max_units; /* mesh nodes a design may use */

    /* fine-tuning */
    bool tune_inherit; /* start from the supernet's weights; else anew */
    double tune_epochs;
    uint32_t tune_batch;
    double tune_lr, tune_embed_lr;
    bool batch_norm;
    double holdout;
    /* The ADC gets more bits until the chip loses no more than this against exact integers. */
    double max_auc_loss, max_logloss_loss;
};

/* The table of every key; quick changes defaults only (small synthetic job of about a minute). */
const struct cfg_key *nas_config_keys(bool quick, size_t *n);
/* path NULL: defaults. sets: "key=value" as --set gives them. */
enum err_code nas_config_load(const char *path, bool quick, const char *const *sets, size_t n_sets,
                              struct nas_config *out, struct err *e);
void nas_config_write(FILE *f,
                      const struct nas_config *c); /* resolved: reading it reproduces the run */

struct nas_summary {
    double logloss, auc; /* its twin trained and run in float; whole validation part */
    double logloss_integer, auc_integer; /* exact integers (workload_logit) */
    double logloss_chip, auc_chip;       /* integers under the chosen chip's ADC (exec_logit) */
    double bayes_logloss, bayes_auc;     /* of the data set; NaN if unknown */
    uint64_t n_valid;
    uint64_t n_clipped;            /* conversions that saturated over the validation part */
    char genome[SPACE_TEXT_BYTES]; /* text of the chosen model (nas/space.h) */
};

struct nas; /* one run: configuration, data, directory */

/* Loads the data. params_dir: arch/params. watch->loop and ->progress may be NULL. crew: who judges
 * in the search; NULL: this process alone. */
enum err_code nas_open(struct nas **out, const struct nas_config *c, const char *dir,
                       const char *params_dir, const struct watch *watch, struct crew *crew,
                       struct err *e);
const struct data *nas_data(const struct nas *n);
void nas_close(struct nas *n); /* NULL is legal */

/* In this order, on every rank of the crew but for nas_finish, which is the leader's; each needs
 * the files of the one before. ERR_INTERRUPT after Ctrl-C: resumable. */
enum err_code nas_train(struct nas *n, struct err *e);
enum err_code nas_search(struct nas *n, struct err *e);
enum err_code nas_finish(struct nas *n, struct nas_summary *out, struct err *e);

/* The search alone, with another strategy and without its files, for comparing strategies: *out
 * (archive_fini, also after failure) is what it judged. */
enum err_code nas_explore(struct nas *n, enum strategy strategy, struct archive *out,
                          struct err *e);

/* What the search's score (nas/candidate.h) would be of these costs and LogLoss. */
double nas_score(const struct nas *n, const struct estimate *cost, double logloss_chip);

#endif
