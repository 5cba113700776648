/* SPDX-License-Identifier: Apache-2.0 */
/* cli/design.h: single keys of a chip's configuration, by name and as text. */
#ifndef AUTORAC_CLI_DESIGN_H
#define AUTORAC_CLI_DESIGN_H

#include "arch/config.h"

enum { DESIGN_TEXT = 64 };

/* The row of chip_config_keys called path; ERR_CONFIG with a hint. */
enum err_code design_key(const char *path, const struct cfg_key **out, struct err *e);
/* The key's value as design.yaml writes it, without quotes. */
void design_value(const struct chip_config *c, const struct cfg_key *k, char out[DESIGN_TEXT]);
/* A number's value; NaN for text. */
double design_number(const struct chip_config *c, const struct cfg_key *k);

#endif
