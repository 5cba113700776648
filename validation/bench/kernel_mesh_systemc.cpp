// SPDX-License-Identifier: Apache-2.0
// Benchmark only: the chip's routers, the same C code, on Accellera SystemC. A component is an
// SC_METHOD; what it schedules is one of four events of its own, by the cycle modulo 4, as it has
// at most one for each of the next three cycles. Or, in the clocked style, it looks at every edge
// of a clock whether this is a cycle it asked for. Usage: bench_mesh_systemc SIDE LOAD_PERCENT
// N_CYCLES notify|clocked Prints: ns_per_event n_events digest
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <systemc>
#include <vector>

extern "C" {
#include "validation/bench/kernel_hold.h"
#include "validation/bench/kernel_mesh.h"
}

using handler = void (*)(void *, uint64_t, uint64_t);

static std::vector<sc_core::sc_time> delays; // built once, as for the hold model
static std::unique_ptr<sc_core::sc_clock> edges;
static uint64_t n_dispatched;

struct component : sc_core::sc_module {
    handler fn;
    void *self;
    sc_core::sc_event due[4];
    uint64_t due_cycles[4] = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};

    SC_HAS_PROCESS(component);

    component(sc_core::sc_module_name name, handler f, void *s) : sc_module(name), fn(f), self(s)
    {
        if (edges) {
            SC_METHOD(on_edge);
            sensitive << edges->posedge_event();
        } else {
            SC_METHOD(on_event);
            sensitive << due[0] << due[1] << due[2] << due[3];
        }
        dont_initialize();
    }

    void on_event()
    {
        n_dispatched++;
        fn(self, sc_core::sc_time_stamp().value(), 0);
    }

    void on_edge()
    {
        uint64_t now_cycles = sc_core::sc_time_stamp().value() / 2;

        if (due_cycles[now_cycles % 4] != now_cycles)
            return;
        n_dispatched++;
        fn(self, now_cycles, 0);
    }

    void schedule(uint64_t at_cycles)
    {
        if (edges)
            due_cycles[at_cycles % 4] = at_cycles;
        else
            due[at_cycles % 4].notify(delays[at_cycles - sc_core::sc_time_stamp().value()]);
    }
};

// Components by the address of what they run: open addressing, a few times larger than needed.
static constexpr size_t n_places = 1 << 14;
static std::unique_ptr<component> place[n_places];

static component *find(handler fn, void *self)
{
    size_t i = static_cast<size_t>((reinterpret_cast<uintptr_t>(self) * 0x9e3779b97f4a7c15u) >> 50);

    while (place[i] && place[i]->self != self)
        i = (i + 1) % n_places;
    if (!place[i])
        place[i] = std::make_unique<component>(sc_core::sc_gen_unique_name("c"), fn, self);
    return place[i].get();
}

extern "C" void sim_at(struct sim *, uint64_t at_cycles, enum sim_phase, handler fn, void *self,
                       uint64_t)
{
    find(fn, self)->schedule(at_cycles);
}

int sc_main(int argc, char **argv)
{
    if (argc != 5) {
        std::fprintf(stderr, "usage: bench_mesh_systemc SIDE LOAD_PERCENT N_CYCLES STYLE\n");
        return 2;
    }
    uint64_t n_cycles = std::strtoull(argv[3], nullptr, 10);
    uint64_t units = 1; // of time in a cycle

    sc_core::sc_set_time_resolution(1, sc_core::SC_PS);
    if (std::strcmp(argv[4], "clocked") == 0) {
        units = 2;
        edges = std::make_unique<sc_core::sc_clock>("clock", sc_core::sc_time::from_value(2));
    }
    for (uint64_t d = 0; d < 65536; d++)
        delays.push_back(sc_core::sc_time::from_value(d));
    struct mesh *m = mesh_new(nullptr, static_cast<uint32_t>(std::atoi(argv[1])),
                              static_cast<uint32_t>(std::atoi(argv[2])), true);

    sc_core::sc_start(sc_core::sc_time::from_value(units * (n_cycles / 10 + 1)));
    uint64_t n_warm = n_dispatched;
    double start = hold_seconds();
    sc_core::sc_start(sc_core::sc_time::from_value(units * (n_cycles - n_cycles / 10)));
    double end = hold_seconds();
    std::printf("%.3f %" PRIu64 " %016" PRIx64 "\n",
                (end - start) * 1e9 / static_cast<double>(n_dispatched - n_warm), n_dispatched,
                mesh_digest(m));
    mesh_free(m);
    return 0;
}
