/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/benchmarks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/session.h"
#include "sim/base/file.h"
#include "sim/base/mem.h"

const char *const benchmark_names[] = {"criteo", "avazu", "kdd", "frappe", NULL};

static const char *const settings[] = {
    "train.epochs=4",        "train.lr=0.3",
    "train.embed_lr=10",     "tune.epochs=1",
    "tune.lr=0.3",           "tune.embed_lr=10",
    "search.eval_rows=8192", "search.weight_area=1.5",
    "search.population=48",  "search.generations=40",
};

static enum err_code frappe_spec(const struct args *a, char out[BENCHMARK_SPEC_BYTES],
                                 struct err *e)
{
    const char *dir = args_str(a, "data", NULL);
    char train[PATHS_SIZE], valid[PATHS_SIZE];

    if (!dir)
        return err_set(e, ERR_CONFIG, "--benchmark frappe: --data DIR is needed");
    snprintf(train, sizeof train, "%s/frappe/train.libfm.xz", dir);
    snprintf(valid, sizeof valid, "%s/frappe/valid.libfm.xz", dir);
    if (!file_exists(train) || !file_exists(valid))
        return err_set(e, ERR_ENV, "%s or its validation part is not there", train);
    if (snprintf(out, BENCHMARK_SPEC_BYTES, "libfm:%s,%s", train, valid) >= BENCHMARK_SPEC_BYTES)
        return err_set(e, ERR_CONFIG, "--data: %s is too long", dir);
    return ERR_OK;
}

bool benchmark_is_synthetic(const char *name)
{
    return strcmp(name, "frappe") != 0;
}

void benchmark_synthetic(const char *name, uint32_t rows, char out[BENCHMARK_SPEC_BYTES])
{
    snprintf(out, BENCHMARK_SPEC_BYTES, "synthetic:shape=%s,rows=%u,valid=%u", name, rows,
             rows / 8);
}

enum err_code benchmark_spec(const struct args *a, const char *name, char out[BENCHMARK_SPEC_BYTES],
                             struct err *e)
{
    uint32_t rows;
    enum err_code rc = args_range(a, "rows", BENCHMARK_ROWS, 64, 1000000000, &rows, e);
    size_t k = 0;

    while (benchmark_names[k] && strcmp(benchmark_names[k], name) != 0)
        k++;
    if (rc)
        return rc;
    if (!benchmark_names[k])
        return err_set(e, ERR_CONFIG, "--benchmark: \"%s\" is none of criteo, avazu, kdd, frappe",
                       name);
    if (!benchmark_is_synthetic(name))
        return frappe_spec(a, out, e);
    benchmark_synthetic(name, rows, out);
    return ERR_OK;
}

enum err_code quick_configure(const struct args *a, const char *const *own, size_t n_own,
                              struct nas_config *c, struct err *e)
{
    const char **sets = mem_alloc(n_own + SESSION_MAX_SETS, sizeof *sets);
    size_t n;
    enum err_code rc;

    for (size_t i = 0; i < n_own; i++)
        sets[i] = own[i];
    n = n_own + args_all(a, "set", sets + n_own, SESSION_MAX_SETS);
    rc = nas_config_load(NULL, true, sets, n, c, e);
    free(sets);
    return rc;
}

enum err_code benchmark_configure(const struct args *a, struct nas_config *c, struct err *e)
{
    return quick_configure(a, settings, sizeof settings / sizeof *settings, c, e);
}
