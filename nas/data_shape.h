/* SPDX-License-Identifier: Apache-2.0 */
/* nas/data_shape.h: synthetic sets shaped like published ones, "synthetic:shape=criteo,rows=...".
 *
 * Shapes criteo, avazu and kdd have the published number of dense columns, fields and values of
 * each field (times scale), shares of missing cells, skew (Zipf; exponents fitted to samples of
 * the sets where they are known, else assumed) and click rate. Values are ranks; the table of a
 * field ranks them again by what was drawn.
 *
 * A teacher draws labels: logit = intercept + sd_first * first + sd_pair * pair + sd_triple *
 * triple + sd_dense * dense, each part scaled to mean 0 and deviation 1:
 *   first:  one effect per value
 *   pair:   products of rank latent of two fields, over `pairs` pairs of fields, the j-th weighted
 *           2^(-j/8)
 *   triple: products of three fields' latents (others than those of pair), likewise
 *   dense:  a weighted sum of log(max(x, 0) + 1)
 * Effects are drawn by hashing (field, value), evenly and with deviation 1, so that ten million
 * values cost no memory; from rank head on they fade as head / rank. They are centred under
 * their field's distribution (over its first 4096 values, beyond which they have faded): neither
 * a linear model sees pairs nor one of pairs triples. Missing cells have no effect.
 *
 * The teacher depends on the seed and the model keys, never on rows, valid or test. Memory: none
 * but the rows'. Left out: correlation between fields, drift over time. */
#ifndef AUTORAC_NAS_DATA_SHAPE_H
#define AUTORAC_NAS_DATA_SHAPE_H

#include <stdbool.h>

#include "nas/data_spec.h"

/* Whether the items of a synthetic SPEC name a shape. */
bool data_shape_named(const char *args);
enum err_code data_shape_load(struct data_job *job, struct err *e);

#endif
