/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/draw.h"

#include "nas/random_workload.h"

/* A stream that finds nothing small enough in a thousand draws goes on with the next thousand. */
struct workload *draw_small_workload(struct rng *r, uint32_t n_requests)
{
    struct nas_random_options o = nas_random_small;
    struct workload *w = NULL;
    struct err e;

    o.n_requests = n_requests;
    while (nas_random_workload(&w, r, &o, NULL, &e))
        ;
    return w;
}
