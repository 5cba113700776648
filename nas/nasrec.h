/* SPDX-License-Identifier: Apache-2.0 */
/* nas/nasrec.h: models as NASRec's search writes them (JSON), read as genomes of nas/space.h.
 *
 * The format, of NASRec's public code (facebookresearch/NasRec, Apache-2.0): "config" names the
 * list of operators that "active_nodes" number: "xlarge" 0 FC, 1 DP, 2 gating, 3 sum, 4 attention,
 * 5 EFC; "autoctr" 0 FC, 1 DP, 2 EFC. "micro" has per block: one dense and one sparse node,
 * dense_in_dims, sparse_in_dims, dense_sparse_interact (DSI), deep_fm (FM). "macro" has per block
 * the sources: dense_idx and sparse_idx (sets), dense_left_idx and dense_right_idx (one each).
 * "num_blocks" is the length of both. Other keys at the top ("test_loss", "use_layernorm") are not
 * read.
 *
 * Left out: the order of a set of sources (it only permutes columns of weights), sources that the
 * chosen operator does not read, precisions (NASRec has none: the caller gives them). */
#ifndef AUTORAC_NAS_NASREC_H
#define AUTORAC_NAS_NASREC_H

#include "nas/space.h"

/* Bits of every operator of the model. */
struct nasrec_bits {
    uint32_t weight, act, embedding;
};

/* ERR_ENV: path cannot be read; ERR_CONFIG: FILE:LINE of malformed text, or FILE and the key that
 * is missing, of another type, or not of the space. space: gets the file's number of blocks and all
 * widths. */
enum err_code nasrec_load(const char *path, const struct nasrec_bits *bits, struct space *space,
                          struct genome *out, struct err *e);

#endif
