/* SPDX-License-Identifier: Apache-2.0 */
/* validation/contest.h: one data set, one seed: the searched pair of model and chip against what
 * others would build.
 *
 * Who competes: enum contender, and the table of docs/claims.md.
 *
 * All models are trained with the same settings and rows and measured on the whole validation part,
 * in the integers of their chip under its converters. The search starts from the naive chip, so
 * that clock, array and row times are the naive chip's; the other presets take array and row time
 * from it too: the technology is everybody's. Each chip is simulated cycle by cycle, once for each
 * cost model (two of converters times two of writing), on the same validation requests.
 *
 * Left out: the CPU's area; what its memory and idle parts draw. Its power is a parameter
 * (arch/params/reference/cpu.yaml). */
#ifndef AUTORAC_VALIDATION_CONTEST_H
#define AUTORAC_VALIDATION_CONTEST_H

#include "nas/run.h"
#include "nas/zoo.h"

enum contender {
    CONTENDER_SEARCHED,     /* what nas/run.h finds, trains and freezes */
    CONTENDER_NAIVE,        /* the same model, 8 bits everywhere, trained anew, on naive.yaml */
    CONTENDER_REREC_DLRM,   /* handcrafted: of nas/zoo.h on rerec-like.yaml */
    CONTENDER_REREC_DEEPFM, /* another */
    CONTENDER_ISAAC_BEST,   /* of the zoo the model of least LogLoss, on isaac-like.yaml */
    CONTENDER_PUMA_BEST,    /* the same on puma-like.yaml */
    CONTENDER_CPU_SEARCHED, /* naive's model in float on one core of this machine, measured */
    CONTENDER_CPU_DLRM,
    CONTENDER_CPU_DEEPFM,
    CONTENDER_N,
    CONTENDER_FIRST_CPU = CONTENDER_CPU_SEARCHED,
};
extern const char *const contender_names[CONTENDER_N];

enum { COST_MODEL_N = 4 };
extern const char *const cost_model_names[COST_MODEL_N]; /* chip.params; [0] is searched under */

/* Of one contender under one cost model. */
struct contest_run {
    double latency_us; /* of one request alone */
    double inferences_per_s;
    double energy_nj; /* an inference, at that rate, static power included */
    double area_mm2;  /* NaN: a CPU's */
};

/* What the search found, trained anew, under every cost model. */
struct contest_searched {
    struct contest_run run[COST_MODEL_N];
    double score; /* the search's own, of run[0] and logloss */
    double logloss, auc;
    double bayes_logloss; /* NaN if unknown */
    char genome[SPACE_TEXT_BYTES];
};

struct contest_result {
    struct contest_run run[CONTENDER_N][COST_MODEL_N]; /* a CPU's are all the same */
    double logloss[CONTENDER_N], auc[CONTENDER_N];
    double zoo_logloss[ZOO_N]; /* exact integers */
    double bayes_logloss;      /* NaN if unknown */
    uint32_t best;             /* enum zoo */
    char genome[SPACE_TEXT_BYTES];
};

struct contest {
    const char *name;         /* "criteo" */
    struct nas_config config; /* data set, seed, all settings; base_design is set here */
    const char *dir;          /* state: resumable, see nas/run.h */
    const char *params_dir;   /* arch/params */
    const char *presets_dir;  /* arch/presets */
    struct watch watch;
};

/* The search's data and settings; it starts from the naive chip. */
enum err_code contest_open(const struct contest *c, struct nas **out, struct err *e);
/* Searches, trains what was found anew, simulates it. */
enum err_code contest_search(const struct contest *c, struct nas *n, struct contest_searched *out,
                             struct err *e);
/* All requests of w on this chip, cycle by cycle, under every cost model; who: for errors. Writing
 * an operand takes what the model says of a row. */
enum err_code contest_simulate(const struct contest *c, const char *who, const struct workload *w,
                               struct chip_config chip, struct contest_run out[COST_MODEL_N],
                               struct err *e);
/* ERR_CONFIG: some model does not fit its chip, which is named. */
enum err_code contest_hold(const struct contest *c, struct contest_result *out, struct err *e);

#endif
