// SPDX-License-Identifier: Apache-2.0
// cosim_shim.cpp: the generated chip as a C interface; compiled with Verilator's output into one
// shared object. cosim.c loads it. Time: clock edge c is at time 10 c; edge 0 is the reset.
#include "Vchip.h"
#include "verilated.h"
#if VM_TRACE
#include "verilated_vcd_c.h"
#endif
#if VM_COVERAGE
#include "verilated_cov.h"
#endif

namespace
{
struct Shim {
    VerilatedContext context;
    Vchip *chip = nullptr;
#if VM_TRACE
    VerilatedVcdC *wave = nullptr;
#endif
};
void (*report)(void *self, int unit, int kind, int index, long long value);
void (*report_count)(void *self, int unit, int context, int kind, long long value);
void *report_self;
} // namespace

#define SHIM extern "C" __attribute__((visibility("default")))

// Imported by record.svh.
extern "C" void autorac_record(int unit, int kind, int index, long long value)
{
    report(report_self, unit, kind, index, value);
}

extern "C" void autorac_count(int unit, int context, int kind, long long value)
{
    report_count(report_self, unit, context, kind, value);
}

// count is called by shim_free. images: "+images=FOLDER"; plusarg: another one, or NULL. Registers
// come up random. wave: file to be, NULL: none (only in a build with tracing).
SHIM void *shim_new(void (*fn)(void *, int, int, int, long long),
                    void (*count)(void *, int, int, int, long long), void *self, const char *images,
                    const char *plusarg, const char *wave)
{
    const char *argv[] = {"chip", images, plusarg};
    Shim *s = new Shim;

    report = fn;
    report_count = count;
    report_self = self;
    s->context.commandArgs(plusarg ? 3 : 2, argv);
    s->context.randReset(2);
    s->context.randSeed(1);
#if VM_TRACE
    s->context.traceEverOn(true);
#endif
    s->chip = new Vchip{&s->context, "chip"};
#if VM_TRACE
    if (wave) {
        s->wave = new VerilatedVcdC;
        s->chip->trace(s->wave, 99);
        s->wave->open(wave);
    }
#endif
    (void)wave;
    s->chip->rst = 1;
    s->chip->clk = 0;
    s->chip->eval(); // settled before edge 0
    return s;
}

// Clock edge `cycle`, and the falling edge after it; edge 0 is the reset.
SHIM void shim_edge(void *self, unsigned long long cycle, int dump)
{
    Shim *s = static_cast<Shim *>(self);

    for (int half = 0; half < 2; half++) {
        s->context.time(10 * cycle + (half ? 5 : 0));
        s->chip->clk = !half;
        if (half)
            s->chip->rst = 0;
        s->chip->eval();
#if VM_TRACE
        if (s->wave && dump)
            s->wave->dump(s->context.time());
#endif
    }
    (void)dump;
}

// The chip's only output: logits that have arrived.
SHIM unsigned shim_n_logits(void *self)
{
    return static_cast<Shim *>(self)->chip->n_logits;
}

// Counts of lines and toggles so far, to a file; only in a build with coverage.
SHIM void shim_coverage(void *self, const char *path)
{
#if VM_COVERAGE
    static_cast<Shim *>(self)->context.coveragep()->write(path);
#endif
    (void)self;
    (void)path;
}

SHIM void shim_free(void *self)
{
    Shim *s = static_cast<Shim *>(self);

#if VM_TRACE
    if (s->wave)
        s->wave->close();
    delete s->wave;
#endif
    s->chip->final();
    delete s->chip;
    delete s;
}
