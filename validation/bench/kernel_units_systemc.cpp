// SPDX-License-Identifier: Apache-2.0
// Benchmark only: the chip's units on Accellera SystemC, with the same handlers. A unit is a module
// with an sc_event and an SC_METHOD for each kind of event.
// Usage: bench_units_systemc N_UNITS N_CYCLES
// Prints: ns_per_event n_events digest
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <systemc>
#include <vector>

#include "validation/bench/kernel_hold.h"
#include "validation/bench/kernel_units.h"

static std::vector<sc_core::sc_time> delays; // built once, as for the hold model
static uint64_t n_dispatched;

struct module : sc_core::sc_module {
    struct unit *unit;
    sc_core::sc_event due[UNIT_N_EVENTS];

    SC_HAS_PROCESS(module);

    module(sc_core::sc_module_name name, struct unit *u) :sc_module(name), unit(u)
    {
        SC_METHOD(loaded);
        sensitive << due[UNIT_LOADED];
        dont_initialize();
        SC_METHOD(finished);
        sensitive << due[UNIT_FINISHED];
        dont_initialize();
        SC_METHOD(sent);
        sensitive << due[UNIT_SENT];
        dont_initialize();
        SC_METHOD(operand);
        sensitive << due[UNIT_OPERAND];
        dont_initialize();
        SC_METHOD(credit);
        sensitive << due[UNIT_CREDIT];
        dont_initialize();
    }

    void handle(enum unit_event what)
    {
        n_dispatched++;
        unit_handle(unit, what, sc_core::sc_time_stamp().value());
    }

    void loaded()
    {
        handle(UNIT_LOADED);
    }
    void finished()
    {
        handle(UNIT_FINISHED);
    }
    void sent()
    {
        handle(UNIT_SENT);
    }
    void operand()
    {
        handle(UNIT_OPERAND);
    }
    void credit()
    {
        handle(UNIT_CREDIT);
    }
};

static inline void unit_at(struct unit *u, enum unit_event what, uint64_t, uint64_t delay_cycles)
{
    static_cast<module *>(u->host)->due[what].notify(delays[delay_cycles]);
}

int sc_main(int argc, char **argv)
{
    if (argc != 3) {
        std::fprintf(stderr, "usage: bench_units_systemc N_UNITS N_CYCLES\n");
        return 2;
    }
    uint32_t n = static_cast<uint32_t>(std::strtoul(argv[1], nullptr, 10));
    uint64_t n_cycles = std::strtoull(argv[2], nullptr, 10), digest = 0;
    std::vector<struct unit> all(n);
    std::vector<std::unique_ptr<module>> modules;

    sc_core::sc_set_time_resolution(1, sc_core::SC_PS); // one cycle is one resolution unit
    for (uint64_t d = 0; d < 1024; d++)
        delays.push_back(sc_core::sc_time::from_value(d));
    for (uint32_t i = 0; i < n; i++) {
        unit_init(all.data(), n, i);
        modules.push_back(std::make_unique<module>(sc_core::sc_gen_unique_name("u"), &all[i]));
        all[i].host = modules[i].get();
    }
    for (uint32_t i = 0; i < n; i++)
        unit_start(&all[i], 0);

    // sc_start(t) leaves out what is due at its very end; the last cycle is to be included
    sc_core::sc_start(sc_core::sc_time::from_value(n_cycles / 10 + 1));
    uint64_t n_warm = n_dispatched;
    double start = hold_seconds();
    sc_core::sc_start(sc_core::sc_time::from_value(n_cycles - n_cycles / 10));
    double end = hold_seconds();

    for (const auto &u : all)
        digest = unit_digest(digest, &u);
    std::printf("%.3f %" PRIu64 " %016" PRIx64 "\n",
                (end - start) * 1e9 / static_cast<double>(n_dispatched - n_warm), n_dispatched,
                digest);
    return 0;
}
