/* SPDX-License-Identifier: Apache-2.0 */
/* Benchmark: the hold model on this project's kernel.
 * Usage: bench_kernel N_MODULES MAX_DELAY N_EVENTS
 * Prints: ns_per_event n_events digest bytes_per_module, the memory of a module and its pending
 * event
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/base/mem.h"
#include "sim/event.h"
#include "validation/bench/kernel_hold.h"

struct module {
    struct hold hold;
    struct sim *sim;
    uint64_t max_delay;
};

static void module_step(void *self, uint64_t now_cycles, uint64_t arg)
{
    struct module *m = self;

    sim_at(m->sim, now_cycles + hold_step(&m->hold, now_cycles, m->max_delay), SIM_ISSUE,
           module_step, m, arg);
}

static int run(struct sim *s, uint64_t n_modules, uint64_t max_delay, uint64_t n_events,
               double before_bytes)
{
    struct module *modules = mem_alloc(n_modules, sizeof *modules);
    uint64_t horizon = hold_horizon(n_modules, max_delay, n_events);
    uint64_t digest = 0, n_warm;
    enum err_code rc;
    struct err e;
    double start, end;

    for (uint64_t i = 0; i < n_modules; i++) {
        struct module *m = &modules[i];

        hold_init(&m->hold, i);
        m->sim = s;
        m->max_delay = max_delay;
        sim_at(s, hold_delay(&m->hold, max_delay), SIM_ISSUE, module_step, m, 0);
    }
    rc = sim_run(s, horizon / 10, &e); /* caches and allocator warm */
    n_warm = sim_n_dispatched(s);
    start = hold_seconds();
    if (!rc)
        rc = sim_run(s, horizon, &e);
    end = hold_seconds();
    for (uint64_t i = 0; i < n_modules; i++)
        digest = hold_digest(digest, &modules[i].hold);
    if (rc)
        fprintf(stderr, "bench_kernel: %s\n", e.text);
    else
        printf("%.3f %" PRIu64 " %016" PRIx64 " %.0f\n",
               (end - start) * 1e9 / (double)(sim_n_dispatched(s) - n_warm), sim_n_dispatched(s),
               digest, (hold_resident_bytes() - before_bytes) / (double)n_modules);
    free(modules);
    return (int)rc;
}

int main(int argc, char **argv)
{
    struct sim *s;
    struct err e;
    double before_bytes = hold_resident_bytes();
    int status;

    if (argc != 4) {
        fprintf(stderr, "usage: bench_kernel N_MODULES MAX_DELAY N_EVENTS\n");
        return ERR_CONFIG;
    }
    if (sim_new(&s, NULL, &e)) {
        fprintf(stderr, "bench_kernel: %s\n", e.text);
        return (int)e.code;
    }
    status = run(s, strtoull(argv[1], NULL, 10), strtoull(argv[2], NULL, 10),
                 strtoull(argv[3], NULL, 10), before_bytes);
    sim_free(s);
    return status;
}
