/* SPDX-License-Identifier: Apache-2.0 */
/* make_workload FILE SEED REQUESTS: a small random workload.
 * make_workload FILE NAME REQUESTS: with columns and tables of nas/shapes.def's NAME, rows capped.
 * make_workload FILE version N: a file of another format version. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nas/fake_data.h"
#include "sim/base/mem.h"
#include "tests/common/tiny_workload.h"
#include "traces/h5.h"

static enum err_code write_version(const char *path, uint32_t version, struct err *e)
{
    return h5_commit(h5_create(path, "autorac-workload", version), e);
}

static enum err_code write_random(const char *path, uint64_t seed, uint32_t n, struct err *e)
{
    struct rng r = rng_new(seed);
    struct workload *w = tiny_workload(&r, n);
    enum err_code rc = workload_save(w, path, e);

    workload_free(w);
    return rc;
}

static enum err_code write_shaped(const char *path, const struct shape *s, uint32_t n,
                                  struct err *e)
{
    enum { MAX_ROWS = 200 };
    uint32_t *n_rows = mem_alloc(s->n_fields, sizeof *n_rows);
    struct tiny_shape like = {s->n_dense, s->n_fields, n_rows};
    struct rng r = rng_new(1);
    struct workload *w;
    enum err_code rc;

    for (uint32_t f = 0; f < s->n_fields; f++)
        n_rows[f] = s->n_rows[f] < MAX_ROWS ? s->n_rows[f] : MAX_ROWS;
    w = tiny_shaped_workload(&r, &like, n);
    rc = workload_save(w, path, e);
    workload_free(w);
    free(n_rows);
    return rc;
}

int main(int argc, char **argv)
{
    enum err_code rc;
    struct err e;

    if (argc != 4) {
        fputs("usage: make_workload FILE SEED|SHAPE REQUESTS | FILE version N\n", stderr);
        return 2;
    }
    if (!strcmp(argv[2], "version"))
        rc = write_version(argv[1], (uint32_t)strtoul(argv[3], NULL, 10), &e);
    else if (shape_find(argv[2]))
        rc = write_shaped(argv[1], shape_find(argv[2]), (uint32_t)strtoul(argv[3], NULL, 10), &e);
    else
        rc = write_random(argv[1], strtoul(argv[2], NULL, 10), (uint32_t)strtoul(argv[3], NULL, 10),
                          &e);
    if (rc)
        fprintf(stderr, "make_workload: %s\n", e.text);
    return (int)rc;
}
