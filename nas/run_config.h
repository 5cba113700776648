/* SPDX-License-Identifier: Apache-2.0 */
/* nas/run_config.h: which settings a stage's state depends on. */
#ifndef AUTORAC_NAS_RUN_CONFIG_H
#define AUTORAC_NAS_RUN_CONFIG_H

#include "nas/run.h"

enum nas_stage { NAS_TRAIN, NAS_SEARCH, NAS_TUNE };

/* The first so many rows of nas_config_keys; row 0 is the data set's SPEC. */
size_t nas_config_n_keys_of(enum nas_stage stage);

#endif
