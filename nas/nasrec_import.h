/* SPDX-License-Identifier: Apache-2.0 */
/* nas/nasrec_import.h: a model of NASRec's as a workload, and a chip that holds it.
 *
 * The network is that of nas/net.h; it differs from NASRec's in: layer norm (per sample) became one
 * root mean square a tensor, which folds into requantisation; ReLU after DSI beside EFC, whose zero
 * point its rows share; gates that would meet zero padding only are not computed.
 *
 * Weights are drawn from the seed, then trained for `steps` steps if there is a data set. Without
 * one, requests are drawn in the shape of a public set: for looking at a chip, not at accuracy. */
#ifndef AUTORAC_NAS_NASREC_IMPORT_H
#define AUTORAC_NAS_NASREC_IMPORT_H

#include "arch/config.h"
#include "nas/nasrec.h"
#include "nas/status.h"
#include "traces/workload.h"

struct nasrec_options {
    struct nasrec_bits bits;
    uint64_t seed;
    uint32_t max_rows; /* of one table */
    uint32_t n_requests;
    const char *dataset; /* SPEC of nas/data.h, or NULL */
    const char *shape;   /* of nas/shapes.def, where there is no data set */
    uint64_t steps;      /* of training; 0: none */
    uint32_t batch;
    double lr;
    struct watch watch;
};

struct nasrec_result {
    struct workload *workload; /* the caller's */
    char genome[SPACE_TEXT_BYTES];
    uint64_t n_rows;     /* of all tables */
    uint32_t n_capped;   /* tables with max_rows rows */
    double logloss, auc; /* exact integers on the validation part; NaN without a data set */
};

/* ERR_CONFIG: the file or the options do not fit; steps without a data set. */
enum err_code nasrec_import(const char *path, const struct nasrec_options *o,
                            struct nasrec_result *out, struct err *e);

/* c: the designer's choices, made large enough: a lossless ADC, crossbars a tile and operand
 * buffers doubled until the mapper takes w. ERR_CONFIG, the mapper's last words, if none does. */
enum err_code nasrec_fit_chip(const struct workload *w, struct chip_config *c, struct err *e);

#endif
