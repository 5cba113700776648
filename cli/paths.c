/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/paths.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/file.h"

static enum err_code find(char out[PATHS_SIZE], const char *installed, const char *source,
                          struct err *e)
{
    char exe[PATHS_SIZE];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    char *slash;

    if (n > 0) {
        exe[n] = 0;
        slash = strrchr(exe, '/');
        if (slash)
            *slash = 0;
        if (snprintf(out, PATHS_SIZE, "%s/../share/autorac/%s", exe, installed) < PATHS_SIZE &&
            file_exists(out))
            return ERR_OK;
    }
    snprintf(out, PATHS_SIZE, "%s/%s", AUTORAC_SOURCE_DIR, source);
    if (file_exists(out))
        return ERR_OK;
    return err_set(e, ERR_ENV,
                   "%s: missing; neither installed beside the program nor in its "
                   "source tree",
                   out);
}

enum err_code paths_params(char out[PATHS_SIZE], struct err *e)
{
    return find(out, "params", "arch/params", e);
}

enum err_code paths_presets(char out[PATHS_SIZE], struct err *e)
{
    return find(out, "examples", "arch/presets", e);
}

enum err_code paths_page(char out[PATHS_SIZE], struct err *e)
{
    return find(out, "page", "cli/page", e);
}

enum err_code paths_charts(char out[PATHS_SIZE], struct err *e)
{
    return find(out, "page/chart.umd.min.js",
                "cli/page/node_modules/chart.js/dist/chart.umd.min.js", e);
}
