// SPDX-License-Identifier: Apache-2.0
// mesh_shim.cpp: a bare mesh of routers as a C interface; compiled with Verilator's output into one
// shared object. mesh.c loads it. Buses are passed as bytes, lowest first.
#include <cstring>

#include "Vchip.h"
#include "verilated.h"

namespace
{
struct Shim {
    VerilatedContext context;
    Vchip *chip = nullptr;
};
} // namespace

#define SHIM extern "C" __attribute__((visibility("default")))

// Bytes of each bus: in_link, in_credit, links, credits. plusarg: "+NAME=VALUE" for the RTL, or
// NULL. Registers come up random.
SHIM void *mesh_new(unsigned long sizes[4], const char *plusarg)
{
    const char *argv[] = {"mesh", plusarg};
    Shim *s = new Shim;

    s->context.commandArgs(plusarg ? 2 : 1, argv);
    s->context.randReset(2);
    s->context.randSeed(1);
    s->chip = new Vchip{&s->context, "mesh"};
    sizes[0] = sizeof s->chip->in_link;
    sizes[1] = sizeof s->chip->in_credit;
    sizes[2] = sizeof s->chip->links;
    sizes[3] = sizeof s->chip->credits;
    return s;
}

// Clock edge `cycle`, 0 being the reset: inputs as they are before it, outputs as they are after.
SHIM void mesh_edge(void *self, unsigned long long cycle, const void *in_link,
                    const void *in_credit, void *links, void *credits)
{
    Vchip *c = static_cast<Shim *>(self)->chip;

    std::memcpy(&c->in_link, in_link, sizeof c->in_link);
    std::memcpy(&c->in_credit, in_credit, sizeof c->in_credit);
    for (int level = 0; level < 2; level++) {
        c->rst = cycle == 0;
        c->clk = level;
        c->eval();
    }
    std::memcpy(links, &c->links, sizeof c->links);
    std::memcpy(credits, &c->credits, sizeof c->credits);
}

SHIM void mesh_free(void *self)
{
    Shim *s = static_cast<Shim *>(self);

    s->chip->final();
    delete s->chip;
    delete s;
}
