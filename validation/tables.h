/* SPDX-License-Identifier: Apache-2.0 */
/* validation/tables.h: the searched pair of model and chip against naive mapping, handcrafted chips
 * and this machine's CPU, on several data sets and seeds (validation/contest.h says who competes).
 *
 * Ratios, the more the better: speed is the smaller of latency's and throughput's; area; power
 * efficiency, inferences a joule. A baseline counts only where the searched pair's LogLoss is not
 * worse by more than 0.001, the difference that click-prediction papers call significant (Guo et
 * al., DeepFM, IJCAI 2017; Wang et al., DCN V2, WWW 2021).
 *
 * A data set reaches what the paper (arXiv 2505.10748) claims if against one of the baselines that
 * it names, the naive mapping and the two handcrafted designs, the medians over the seeds of all
 * three ratios are at least the paper's, under every cost model, and so is LogLoss in the median.
 */
#ifndef AUTORAC_VALIDATION_TABLES_H
#define AUTORAC_VALIDATION_TABLES_H

#include <stdio.h>

#include "nas/crew.h"
#include "validation/contest.h"
#include "validation/spread.h"

enum { TABLES_MAX_BENCHMARKS = 8 };

struct tables_benchmark {
    const char *name; /* "criteo" */
    char dataset[1024];
};

struct tables {
    struct nas_config config; /* one for all; data set and seed are set for each contest */
    struct tables_benchmark benchmark[TABLES_MAX_BENCHMARKS];
    uint32_t n_benchmarks, n_seeds; /* seeds 1 .. n_seeds */
    const char *dir;                /* a folder a contest; tables.csv, tables.json, tables.h5 */
    const char *params_dir, *presets_dir;
    struct crew *crew; /* contests at a time */
    void (*progress)(void *self, uint32_t n_done);
};

enum tables_ratio {
    RATIO_LATENCY,
    RATIO_THROUGHPUT,
    RATIO_SPEED,
    RATIO_AREA,
    RATIO_POWER,
    RATIO_N
};
extern const char *const tables_ratio_names[RATIO_N]; /* as in tables.json */

struct tables_result {
    const struct tables *t;
    struct contest_result *contest; /* (n_benchmarks, n_seeds) */
};

/* Holds the contests, prints the tables, writes the files. ERR_MISMATCH if no data set reaches the
 * claims. */
enum err_code validate_tables(const struct tables *t, FILE *out, struct err *e);

/* ---- what the files and the printed tables are made of ---- */
const struct contest_result *tables_at(const struct tables_result *r, uint32_t benchmark,
                                       uint32_t seed);
/* Of the searched pair over a baseline; NaN where there is none (a CPU's area). */
double tables_ratio(const struct contest_result *c, enum contender against, uint32_t cost_model,
                    enum tables_ratio ratio);
struct spread tables_ratio_spread(const struct tables_result *r, uint32_t benchmark,
                                  enum contender against, uint32_t cost_model,
                                  enum tables_ratio ratio);
/* LogLoss of the searched pair less the baseline's. */
struct spread tables_logloss_spread(const struct tables_result *r, uint32_t benchmark,
                                    enum contender against);
/* All three ratios against this baseline under every cost model, at equal or better LogLoss. */
bool tables_reached(const struct tables_result *r, uint32_t benchmark, enum contender against);
bool tables_is_claimed(enum contender against); /* a baseline that the paper names */

enum err_code tables_write(const struct tables_result *r, struct err *e);

#endif
