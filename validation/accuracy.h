/* SPDX-License-Identifier: Apache-2.0 */
/* validation/accuracy.h: does training reach what is published on Frappe, in float and on a chip?
 *
 * Two models are trained on the published training part and measured on its validation part (its
 * test part stays apart): the DNN of the published recipe (three FC layers over the embedding), and
 * a genome of the search's space, frozen to integers and run on a chip with its ADCs. Anchors: the
 * DNN within 0.002 AUC of 0.983; the genome at least 0.984 AUC and at most 0.155 LogLoss in float,
 * and within 0.002 AUC of that on the chip.
 *
 * After some epochs every network is surer of itself than it should be, which costs LogLoss and no
 * AUC. Its logits are therefore scaled by one factor, on each half of the rows the one that is best
 * on the other half; on the chip it is part of the logit's scale and costs nothing. Both LogLosses
 * are printed; the anchor is held against the scaled one. */
#ifndef AUTORAC_VALIDATION_ACCURACY_H
#define AUTORAC_VALIDATION_ACCURACY_H

#include <stdio.h>

#include "nas/data.h"
#include "nas/status.h"
#include "nas/train.h"

struct validate_accuracy {
    const struct data *data;
    const char *genome; /* text of nas/space.h; NULL: that of the anchors */
    uint64_t seed;
    double epochs;      /* 0: as many as the anchors need */
    uint64_t chip_rows; /* of the validation part on the chip; 0: all */
    bool hold;          /* ERR_MISMATCH where an anchor is missed */
    struct watch watch;
};

/* A row a model and arithmetic on out. */
enum err_code validate_accuracy(const struct validate_accuracy *v, FILE *out, struct err *e);

#endif
