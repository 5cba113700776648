/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/targets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/config.h"
#include "nas/ckpt.h"
#include "nas/data.h"
#include "nas/data_cache_impl.h"
#include "nas/nasrec.h"
#include "sim/base/file.h"
#include "traces/result.h"
#include "traces/workload.h"

#define FIXTURES AUTORAC_SOURCE_DIR "/tests/fixtures/data/"

static void read_design(const char *path)
{
    struct chip_config c;
    struct err e;

    (void)chip_config_load(path, NULL, 0, &c, &e);
}

static void read_nasrec(const char *path)
{
    const struct nasrec_bits bits = {8, 8, 8};
    struct space space;
    struct genome g;
    struct err e;

    (void)nasrec_load(path, &bits, &space, &g, &e);
}

static void read_ckpt(const char *path)
{
    static char a[8], b[24];
    const struct ckpt_part part[] = {{"a", a, sizeof a}, {"b", b, sizeof b}};
    char key[65];
    struct err e;

    memset(key, '0', 64);
    key[64] = '\0';
    (void)ckpt_load(path, key, part, 2, &e);
}

static void read_workload(const char *path)
{
    struct workload *w = NULL;
    struct err e;

    if (!workload_load(&w, path, &e))
        workload_free(w);
}

static void read_result(const char *path)
{
    struct result_file *f = NULL;
    struct err e;

    if (!result_load(&f, path, &e))
        result_file_free(f);
}

/* before and after: of the data set's SPEC, around the path. */
static void read_data(const char *before, const char *path, const char *after)
{
    struct data *d = NULL;
    char spec[1024];
    struct err e;

    snprintf(spec, sizeof spec, "%s%s%s", before, path, after);
    if (!data_load(&d, spec, 1, 1000, &e))
        data_free(d);
}

#define DATA_TARGET(name, before, after)                                                           \
    static void read_##name(const char *path)                                                      \
    {                                                                                              \
        read_data(before, path, after);                                                            \
    }

DATA_TARGET(criteo, "criteo:", "")
DATA_TARGET(criteo_x4, "criteo:", ",prep=x4")
DATA_TARGET(criteo_nasrec, "criteo:", ",prep=nasrec")
DATA_TARGET(avazu, "avazu:", "")
DATA_TARGET(kdd, "kdd:", ",profile=" FIXTURES "kdd_profile.txt")
DATA_TARGET(kdd_profile, "kdd:" FIXTURES "kdd_training.txt,profile=", "")
DATA_TARGET(libfm, "libfm:", "")
DATA_TARGET(libsvm, "libsvm:", ",dense=2")
DATA_TARGET(movielens, "movielens:", "")
DATA_TARGET(csv, "csv:" FIXTURES "sites.yaml,", "")
DATA_TARGET(csv_schema, "csv:", "," FIXTURES "sites.csv")
DATA_TARGET(cache, "cache:", "")

/* ---- behind the checksums, which random changes do not get past ---- */

/* The SHA-256 of n bytes from from, in hexadecimal, to byte to of the file of size bytes. */
static void seal(const char *path, const char *all, size_t size, size_t from, size_t n, size_t to)
{
    char hash[65];
    FILE *f;

    if (n > size || from > size - n || to > size || size - to < 64)
        return;
    bytes_sha256(all + from, n, hash);
    f = fopen(path, "r+");
    if (!f || fseek(f, (long)to, SEEK_SET) || fwrite(hash, 64, 1, f) != 1 || fclose(f))
        abort();
}

static void read_ckpt_sealed(const char *path)
{
    size_t size;
    char *all;
    struct err e;

    if (file_read(path, &all, &size, &e))
        abort();
    if (size >= 64)
        seal(path, all, size, 0, size - 64, size - 64);
    free(all);
    read_ckpt(path);
}

static void read_cache_sealed(const char *path)
{
    size_t size, to = CACHE_LINE_BYTES - 1 - 64;
    unsigned long long header;
    int version;
    char *all;
    struct err e;

    if (file_read(path, &all, &size, &e))
        abort();
    if (sscanf(all, CACHE_LINE_PREFIX " %d, header %llu", &version, &header) == 2 &&
        header > CACHE_LINE_BYTES)
        seal(path, all, size, CACHE_LINE_BYTES, (size_t)header - CACHE_LINE_BYTES, to);
    free(all);
    read_cache(path);
}

static const struct fuzz_target target[] = {
    {"design", read_design},
    {"nasrec", read_nasrec},
    {"ckpt", read_ckpt},
    {"ckpt_sealed", read_ckpt_sealed},
    {"workload", read_workload},
    {"result", read_result},
    {"criteo", read_criteo},
    {"criteo_x4", read_criteo_x4},
    {"criteo_nasrec", read_criteo_nasrec},
    {"avazu", read_avazu},
    {"kdd", read_kdd},
    {"kdd_profile", read_kdd_profile},
    {"libfm", read_libfm},
    {"libsvm", read_libsvm},
    {"movielens", read_movielens},
    {"csv", read_csv},
    {"csv_schema", read_csv_schema},
    {"cache", read_cache},
    {"cache_sealed", read_cache_sealed},
};

const struct fuzz_target *fuzz_target_find(const char *name)
{
    for (size_t i = 0; i < sizeof target / sizeof *target; i++)
        if (!strcmp(target[i].name, name))
            return &target[i];
    return NULL;
}

void fuzz_target_print(void)
{
    for (size_t i = 0; i < sizeof target / sizeof *target; i++)
        puts(target[i].name);
}
