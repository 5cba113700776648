/* SPDX-License-Identifier: Apache-2.0 */
/* Benchmark: the chip's routers on this project's kernel.
 * Usage: bench_mesh SIDE LOAD_PERCENT N_CYCLES events|cycles
 * Prints: ns_per_event n_events digest, each router being an event of its own, or
 *         ns_per_cycle n_flits digest, the network being as in the chip */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "validation/bench/kernel_hold.h"
#include "validation/bench/kernel_mesh.h"

static int run(struct sim *s, uint32_t side, uint32_t load_percent, uint64_t n_cycles, bool events)
{
    struct mesh *m = mesh_new(s, side, load_percent, events);
    uint64_t n_warm, n_measured;
    enum err_code rc;
    struct err e;
    double start, end;

    rc = sim_run(s, n_cycles / 10, &e);
    n_warm = sim_n_dispatched(s);
    start = hold_seconds();
    if (!rc)
        rc = sim_run(s, n_cycles, &e);
    end = hold_seconds();
    n_measured = events ? sim_n_dispatched(s) - n_warm : n_cycles - n_cycles / 10;
    if (rc)
        fprintf(stderr, "bench_mesh: %s\n", e.text);
    else
        printf("%.3f %" PRIu64 " %016" PRIx64 "\n", (end - start) * 1e9 / (double)n_measured,
               events ? sim_n_dispatched(s) : mesh_n_flits(m), mesh_digest(m));
    mesh_free(m);
    return (int)rc;
}

int main(int argc, char **argv)
{
    struct sim *s;
    struct err e;
    int status;

    if (argc != 5) {
        fprintf(stderr, "usage: bench_mesh SIDE LOAD_PERCENT N_CYCLES events|cycles\n");
        return ERR_CONFIG;
    }
    if (sim_new(&s, NULL, &e)) {
        fprintf(stderr, "bench_mesh: %s\n", e.text);
        return (int)e.code;
    }
    status = run(s, (uint32_t)atoi(argv[1]), (uint32_t)atoi(argv[2]), strtoull(argv[3], NULL, 10),
                 strcmp(argv[4], "events") == 0);
    sim_free(s);
    return status;
}
