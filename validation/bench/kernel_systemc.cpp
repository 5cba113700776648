// SPDX-License-Identifier: Apache-2.0
// Benchmark only: the hold model on Accellera SystemC, in the faster of two styles,
// SC_METHODs that wait by next_trigger(time) or by an event of their own.
// Usage: bench_kernel_systemc N_MODULES MAX_DELAY N_EVENTS notify|next_trigger
// Prints: ns_per_event n_events digest bytes_per_module
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <systemc>
#include <vector>

#include "validation/bench/kernel_hold.h"

static std::vector<sc_core::sc_time>
    delays; // built once: making an sc_time costs more than using it
static uint64_t max_delay;
static bool by_notify;
static uint64_t n_dispatched;

struct module : sc_core::sc_module {
    struct hold hold;
    sc_core::sc_event tick;

    SC_HAS_PROCESS(module);

    module(sc_core::sc_module_name name, uint64_t i) :sc_module(name)
    {
        hold_init(&hold, i);
        SC_METHOD(step);
        if (by_notify) {
            sensitive << tick;
            dont_initialize();
            tick.notify(delays[hold_delay(&hold, max_delay)]);
        }
    }

    void step()
    {
        uint64_t now_cycles = sc_core::sc_time_stamp().value();
        uint64_t delay;

        if (now_cycles == 0) {
            delay = hold_delay(&hold, max_delay); // next_trigger's initial activation
        } else {
            n_dispatched++;
            delay = hold_step(&hold, now_cycles, max_delay);
        }
        if (by_notify)
            tick.notify(delays[delay]);
        else
            next_trigger(delays[delay]);
    }
};

int sc_main(int argc, char **argv)
{
    if (argc != 5) {
        std::fprintf(stderr, "usage: bench_kernel_systemc N_MODULES MAX_DELAY N_EVENTS STYLE\n");
        return 2;
    }
    uint64_t n_modules = std::strtoull(argv[1], nullptr, 10);
    max_delay = std::strtoull(argv[2], nullptr, 10);
    uint64_t horizon = hold_horizon(n_modules, max_delay, std::strtoull(argv[3], nullptr, 10));
    by_notify = std::strcmp(argv[4], "notify") == 0;

    sc_core::sc_set_time_resolution(1, sc_core::SC_PS); // one cycle is one resolution unit
    for (uint64_t d = 0; d <= max_delay; d++)
        delays.push_back(sc_core::sc_time::from_value(d));
    double before_bytes = hold_resident_bytes();
    std::vector<std::unique_ptr<module>> modules;
    for (uint64_t i = 0; i < n_modules; i++)
        modules.push_back(std::make_unique<module>(sc_core::sc_gen_unique_name("m"), i));

    // sc_start(t) leaves out what is due at its very end; the horizon itself is to be included
    sc_core::sc_start(sc_core::sc_time::from_value(horizon / 10 + 1));
    uint64_t n_warm = n_dispatched;
    double start = hold_seconds();
    sc_core::sc_start(sc_core::sc_time::from_value(horizon - horizon / 10));
    double end = hold_seconds();

    uint64_t digest = 0;
    for (const auto &m : modules)
        digest = hold_digest(digest, &m->hold);
    std::printf("%.3f %" PRIu64 " %016" PRIx64 " %.0f\n",
                (end - start) * 1e9 / static_cast<double>(n_dispatched - n_warm), n_dispatched,
                digest, (hold_resident_bytes() - before_bytes) / static_cast<double>(n_modules));
    return 0;
}
