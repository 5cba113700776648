/* SPDX-License-Identifier: Apache-2.0 */
/* Benchmark: the chip's units on this project's kernel.
 * Usage: bench_units N_UNITS N_CYCLES
 * Prints: ns_per_event n_events digest */
#include "validation/bench/kernel_units.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/base/mem.h"
#include "sim/event.h"
#include "validation/bench/kernel_hold.h"

static void on_event(void *self, uint64_t now_cycles, uint64_t arg)
{
    unit_handle(self, (enum unit_event)arg, now_cycles);
}

static inline void unit_at(struct unit *u, enum unit_event what, uint64_t now_cycles,
                           uint64_t delay_cycles)
{
    sim_at(u->host, now_cycles + delay_cycles, SIM_RETIRE, on_event, u, what);
}

static int run(struct sim *s, uint32_t n, uint64_t n_cycles)
{
    struct unit *all = mem_alloc(n, sizeof *all);
    uint64_t digest = 0, n_warm;
    enum err_code rc;
    struct err e;
    double start, end;

    for (uint32_t i = 0; i < n; i++) {
        unit_init(all, n, i);
        all[i].host = s;
    }
    for (uint32_t i = 0; i < n; i++)
        unit_start(&all[i], 0);
    rc = sim_run(s, n_cycles / 10, &e);
    n_warm = sim_n_dispatched(s);
    start = hold_seconds();
    if (!rc)
        rc = sim_run(s, n_cycles, &e);
    end = hold_seconds();
    for (uint32_t i = 0; i < n; i++)
        digest = unit_digest(digest, &all[i]);
    if (rc)
        fprintf(stderr, "bench_units: %s\n", e.text);
    else
        printf("%.3f %" PRIu64 " %016" PRIx64 "\n",
               (end - start) * 1e9 / (double)(sim_n_dispatched(s) - n_warm), sim_n_dispatched(s),
               digest);
    free(all);
    return (int)rc;
}

int main(int argc, char **argv)
{
    struct sim *s;
    struct err e;
    int status;

    if (argc != 3) {
        fprintf(stderr, "usage: bench_units N_UNITS N_CYCLES\n");
        return ERR_CONFIG;
    }
    if (sim_new(&s, NULL, &e)) {
        fprintf(stderr, "bench_units: %s\n", e.text);
        return (int)e.code;
    }
    status = run(s, (uint32_t)strtoul(argv[1], NULL, 10), strtoull(argv[2], NULL, 10));
    sim_free(s);
    return status;
}
