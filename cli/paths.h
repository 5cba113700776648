/* SPDX-License-Identifier: Apache-2.0 */
/* cli/paths.h: where the program's own data files are: ../share/autorac beside an installed
 * program, else the source tree it was built from. */
#ifndef AUTORAC_CLI_PATHS_H
#define AUTORAC_CLI_PATHS_H

#include "sim/base/err.h"

enum { PATHS_SIZE = 1024 };

/* Folder of technology parameter sets. */
enum err_code paths_params(char out[PATHS_SIZE], struct err *e);
/* Folder of preset designs. */
enum err_code paths_presets(char out[PATHS_SIZE], struct err *e);
/* Folder of the report's page; file of its chart library (ERR_ENV: not installed). */
enum err_code paths_page(char out[PATHS_SIZE], struct err *e);
enum err_code paths_charts(char out[PATHS_SIZE], struct err *e);

#endif
