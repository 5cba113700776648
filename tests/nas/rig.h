/* SPDX-License-Identifier: Apache-2.0 */
/* tests/nas/rig.h: a small random data set and shared weights, for tests of networks. */
#ifndef AUTORAC_TESTS_NAS_RIG_H
#define AUTORAC_TESTS_NAS_RIG_H

#include "nas/subnet.h"

struct rig {
    struct data d;
    struct space space;
    struct store *store;
};

/* n_dense may be 0; 6 fields of 20 rows; widths to 64 x 32. */
void rig_init(struct rig *r, uint64_t seed, uint32_t n_blocks, uint32_t n_dense, uint64_t rows);
/* Embedding rows of 8 numbers and its doubles up to max_dim. */
void rig_init_wide(struct rig *r, uint64_t seed, uint32_t n_blocks, uint32_t n_dense, uint64_t rows,
                   uint32_t max_dim);
void rig_fini(struct rig *r);

#endif
