/* SPDX-License-Identifier: Apache-2.0 */
/* validation/bench/kernel_hold.h: the hold model, shared by the C and the SystemC program.
 *
 * N modules, one pending event each; a module's event adds to the module's sum and schedules the
 * next one 1..D cycles later, drawn from the module's own generator. The sums depend on no order
 * between modules, so both programs must end with the same digest. */
#ifndef AUTORAC_VALIDATION_BENCH_KERNEL_HOLD_H
#define AUTORAC_VALIDATION_BENCH_KERNEL_HOLD_H

#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

struct hold {
    uint64_t rng, sum;
};

static inline void hold_init(struct hold *h, uint64_t i)
{
    h->rng = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
    h->sum = 0;
}

static inline uint64_t hold_delay(struct hold *h, uint64_t max_delay)
{
    h->rng = h->rng * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return 1 + (((h->rng >> 32) * max_delay) >> 32);
}

/* The module's event at a cycle; returns the delay to its next one. */
static inline uint64_t hold_step(struct hold *h, uint64_t now_cycles, uint64_t max_delay)
{
    h->sum = h->sum * 31 + now_cycles;
    return hold_delay(h, max_delay);
}

static inline uint64_t hold_digest(uint64_t digest, const struct hold *h)
{
    return (digest ^ h->sum) * UINT64_C(0x100000001b3);
}

/* Cycles in which about n_events happen. */
static inline uint64_t hold_horizon(uint64_t n_modules, uint64_t max_delay, uint64_t n_events)
{
    return n_events / n_modules * (max_delay + 1) / 2;
}

/* Of processor time: what other programs take from this machine is not counted. */
static inline double hold_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Memory that this process occupies now. */
static inline double hold_resident_bytes(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    unsigned long n_all = 0, n_resident = 0;

    if (f) {
        if (fscanf(f, "%lu %lu", &n_all, &n_resident) != 2)
            n_resident = 0;
        fclose(f);
    }
    return (double)n_resident * (double)sysconf(_SC_PAGESIZE);
}

#endif
