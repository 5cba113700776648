/* SPDX-License-Identifier: Apache-2.0 */
/* nas/run_config.h: which settings a stage's state depends on. */
#ifndef AUTORAC_NAS_RUN_CONFIG_H
#define AUTORAC_NAS_RUN_CONFIG_H

#include "nas/adapt.h"
#include "nas/run.h"

enum nas_stage { NAS_TRAIN, NAS_SEARCH, NAS_TUNE };

/* The first so many rows of nas_config_keys; row 0 is the data set's SPEC. */
size_t nas_config_n_keys_of(enum nas_stage stage);

/* The space that the settings span. */
enum err_code nas_config_space(const struct nas_config *c, struct space *out, struct err *e);

/* How the supernet is trained. */
struct learning nas_config_learning(const struct nas_config *c);
/* How a candidate adapts the shared weights. */
struct adapt_options nas_config_adapt(const struct nas_config *c);
/* How a model of its own is trained; files and watch are the caller's to add. */
struct tune_options nas_config_tune(const struct nas_config *c);

#endif
