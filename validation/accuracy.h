/* SPDX-License-Identifier: Apache-2.0 */
/* validation/accuracy.h: does training reach what is published on Frappe, in float and on a chip?
 *
 * Two models are trained on the published training part and measured on its validation part (its
 * test part stays apart): the DNN of the published recipe (three FC layers of 400 over the
 * embedding, batch normalisation, dropout, Adam, embedding rows pulled to 0), and a genome of
 * the search's space (Adagrad, gradients cut in length), frozen to integers and run on a chip with
 * its ADCs. Anchors: the DNN within 0.002 AUC of 0.983; the genome at least 0.984 AUC and at most
 * 0.155 LogLoss in float, and within 0.002 AUC of that on the chip.
 *
 * Both keep a fiftieth of the training rows from training, which set the scale of the logits
 * (nas/subnet.h): after some epochs every network is surer of itself than it should be. */
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
