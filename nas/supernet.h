/* SPDX-License-Identifier: Apache-2.0 */
/* nas/supernet.h: one set of shared weights for every model of the space and every precision.
 *
 * Each step trains one path: the whole supernet (all operators, widths, sources, 8 bits) with a
 * probability that falls linearly from 1 to 0 over the warm-up, else a random genome; rounding is
 * on from the first step. After NASRec (WWW'23): single operator, any connection. */
#ifndef AUTORAC_NAS_SUPERNET_H
#define AUTORAC_NAS_SUPERNET_H

#include "nas/train.h"

struct supernet_options {
    double epochs, warmup_epochs;
    struct learning how;
    const char *ckpt, *key; /* file and key of its checkpoint; NULL: none */
    uint32_t ckpt_steps;
    uint64_t stop; /* steps after which to return (tests); 0: all */
    struct watch watch;
};

enum err_code supernet_train(struct store *s, const struct space *space, const struct data *d,
                             const struct rng *root, const struct supernet_options *o, double *loss,
                             struct err *e);

#endif
