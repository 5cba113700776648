/* SPDX-License-Identifier: Apache-2.0 */
/* Benchmark of recording: writes the workload it is measured on.
 * Usage: bench_trace FILE SEED BLOCKS DENSE SPARSE FIELDS MAX_WEIGHTS REQUESTS
 * Of twenty random models within these bounds the one with most weights. */
#include <stdio.h>
#include <stdlib.h>

#include "nas/random_workload.h"
#include "sim/base/rng.h"

enum { N_DRAWS = 20 };

static enum err_code draw_model(uint64_t seed, const struct nas_random_options *options,
                                struct workload **out, struct err *e)
{
    struct rng root = rng_new(seed);

    *out = NULL;
    for (uint32_t i = 0; i < N_DRAWS; i++) {
        struct rng r = rng_child_n(&root, "model", i);
        struct workload *w;
        enum err_code rc = nas_random_workload(&w, &r, options, NULL, e);

        if (rc)
            return rc;
        if (!*out || workload_n_weights(w) > workload_n_weights(*out)) {
            workload_free(*out);
            *out = w;
        } else {
            workload_free(w);
        }
    }
    return ERR_OK;
}

static uint32_t number(const char *text)
{
    return (uint32_t)strtoul(text, NULL, 10);
}

int main(int argc, char **argv)
{
    struct workload *w = NULL;
    enum err_code rc;
    struct err e;

    if (argc != 9) {
        fprintf(stderr,
                "usage: bench_trace FILE SEED BLOCKS DENSE SPARSE FIELDS MAX_WEIGHTS REQUESTS\n");
        return ERR_CONFIG;
    }
    rc = draw_model(number(argv[2]),
                    &(struct nas_random_options){.operators = SPACE_SMALL,
                                                 .max_blocks = number(argv[3]),
                                                 .max_dense_dim = number(argv[4]),
                                                 .max_sparse_dim = number(argv[5]),
                                                 .max_fields = number(argv[6]),
                                                 .max_dense = 13,
                                                 .max_rows = 64,
                                                 .max_weights = number(argv[7]),
                                                 .n_requests = number(argv[8])},
                    &w, &e);
    if (!rc)
        rc = workload_save(w, argv[1], &e);
    workload_free(w);
    if (rc)
        fprintf(stderr, "bench_trace: %s\n", e.text);
    return (int)rc;
}
