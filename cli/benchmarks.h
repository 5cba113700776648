/* SPDX-License-Identifier: Apache-2.0 */
/* cli/benchmarks.h: the data sets on which claims are checked, and the one configuration for all.
 */
#ifndef AUTORAC_CLI_BENCHMARKS_H
#define AUTORAC_CLI_BENCHMARKS_H

#include "cli/args.h"
#include "nas/run.h"

extern const char *const benchmark_names[]; /* NULL-terminated */
enum { BENCHMARK_SPEC_BYTES = 1024, BENCHMARK_ROWS = 200000 };

#define OPT_BENCHMARK_ROWS                                                                         \
    {                                                                                              \
        "rows", 0, "N", false, false, false, "training rows of a synthetic set (default 200000)"   \
    }
#define OPT_BENCHMARK_DATA                                                                         \
    {                                                                                              \
        "data", 0, "DIR", false, false, false,                                                     \
            "published data sets: DIR/frappe/{train,valid}.libfm.xz; frappe needs it"              \
    }
#define OPT_BENCHMARK_SET                                                                          \
    {                                                                                              \
        "set", 0, "KEY=VALUE", false, true, false, "override a key of the configuration"           \
    }

/* As --data and --rows say; name: one of benchmark_names, else ERR_CONFIG. ERR_ENV: its files are
 * not there. */
enum err_code benchmark_spec(const struct args *a, const char *name, char out[BENCHMARK_SPEC_BYTES],
                             struct err *e);
/* All but Frappe are synthetic. */
bool benchmark_is_synthetic(const char *name);
/* Of a synthetic one: rows to train on, an eighth as many to validate. */
void benchmark_synthetic(const char *name, uint32_t rows, char out[BENCHMARK_SPEC_BYTES]);
/* A command's own settings over the quick job's, and --set over both. */
enum err_code quick_configure(const struct args *a, const char *const *own, size_t n_own,
                              struct nas_config *c, struct err *e);
/* --set over keys of the quick job with other rates, more pairs and a higher weight of area. */
enum err_code benchmark_configure(const struct args *a, struct nas_config *c, struct err *e);

#endif
