/* SPDX-License-Identifier: Apache-2.0 */
/* Benchmark: uniform traffic on a mesh of this project's routers.
 * Usage: bench_noc SIDE RATE VCS PACKET_FLITS BUFFER N_CYCLES
 * Prints: flit_hops seconds flits_ejected */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "arch/traffic.h"
#include "sim/base/clock.h"

int main(int argc, char **argv)
{
    struct traffic_cfg c = {.pattern = TRAFFIC_UNIFORM, .max_latency = 1e18, .seed = 1};
    struct traffic_result r;
    struct err e;
    double start;

    if (argc != 7) {
        fprintf(stderr, "usage: bench_noc SIDE RATE VCS PACKET_FLITS BUFFER N_CYCLES\n");
        return ERR_CONFIG;
    }
    c.noc.width = c.noc.height = (uint32_t)strtoul(argv[1], NULL, 10);
    c.rate = strtod(argv[2], NULL);
    c.noc.n_vcs = (uint32_t)strtoul(argv[3], NULL, 10);
    c.packet_flits = (uint32_t)strtoul(argv[4], NULL, 10);
    c.noc.buffer_flits = (uint32_t)strtoul(argv[5], NULL, 10);
    c.measure_cycles = strtoull(argv[6], NULL, 10);
    c.noc.eject_credits = true;
    for (uint32_t v = 0; v < c.noc.n_vcs && v < NOC_MAX_VCS; v++)
        c.noc.vc_mask[v] = (uint8_t)((1u << c.noc.n_vcs) - 1);
    start = clock_s(CLOCK_PROCESS_CPUTIME_ID);
    if (traffic_run(&c, &r, &e)) {
        fprintf(stderr, "bench_noc: %s\n", e.text);
        return (int)e.code;
    }
    printf("%" PRIu64 " %.6f %" PRIu64 "\n", r.n_flit_hops,
           clock_s(CLOCK_PROCESS_CPUTIME_ID) - start, r.n_ejected);
    return 0;
}
