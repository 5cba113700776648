/* SPDX-License-Identifier: Apache-2.0 */
/* nas/finish.h: the chosen pair becomes files: accuracy on the whole validation part, design,
 * workload. */
#ifndef AUTORAC_NAS_FINISH_H
#define AUTORAC_NAS_FINISH_H

#include "nas/run.h"
#include "nas/subnet.h"

struct finish {
    const struct data *data;
    const char *design, *workload, *accuracy; /* files */
    const char *key;                          /* of everything before */
    struct chip_config chip;
    uint32_t n_requests;
    double max_auc_loss, max_logloss_loss;
    struct watch watch;
};

/* LogLoss and AUC in float of a model tuned in float. */
void finish_float(const struct finish *f, struct subnet *n, struct nas_summary *out);
/* n: tuned; *out has the float part. The ADC gets more bits while it loses too
 * much AUC. */
enum err_code finish_write(struct finish *f, struct subnet *n, struct nas_summary *out,
                           struct err *e);
/* What finish_write left, if the files are there and belong to the key; *found says so. */
enum err_code finish_read(const struct finish *f, bool *found, struct nas_summary *out,
                          struct err *e);

#endif
