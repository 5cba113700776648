// SPDX-License-Identifier: Apache-2.0
// Benchmark only: the network of kernel_mesh.c as a design in SystemC's own style, computing the
// same flits in the same cycles: docs/microarchitecture.md section 4, every register of every
// router. A router and a tile are an SC_METHOD each on the clock's rising edge, with registers as
// members; links and credit wires are struct-valued sc_signals between ports, written only when
// they change. In the style "sleep", modules in which nothing can happen wait for their wires, and
// tiles for their time, instead of the clock. Written to be fast: masks instead of loops over
// channels, no check for several writers, nothing done by an empty router. Usage:
// bench_mesh_signals SIDE LOAD_PERCENT N_CYCLES clock|sleep Prints: ns_per_cycle n_flits digest
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <ostream>
#include <systemc>
#include <vector>

extern "C" {
#include "validation/bench/kernel_hold.h"
#include "validation/bench/kernel_mesh.h"
}

enum { PORTS = 5, VCS = MESH_VCS, DEPTH = MESH_BUFFER_FLITS, CHANNELS = PORTS * VCS };
enum { LOCAL, NORTH, EAST, SOUTH, WEST };

// ---- wires ----

struct link_value {
    uint64_t payload = 0;
    bool valid = false, head = false, tail = false;
    uint8_t vc = 0;

    bool operator==(const link_value &o) const
    {
        return valid == o.valid && payload == o.payload && vc == o.vc && head == o.head &&
               tail == o.tail;
    }
};

struct credit {
    bool valid = false;
    uint8_t vc = 0;

    bool operator==(const credit &o) const
    {
        return valid == o.valid && vc == o.vc;
    }
};

static std::ostream &operator<<(std::ostream &s, const link_value &l)
{
    return s << l.valid << l.payload;
}
static std::ostream &operator<<(std::ostream &s, const credit &c)
{
    return s << c.valid;
}
static void sc_trace(sc_core::sc_trace_file *, const link_value &, const std::string &)
{
}
static void sc_trace(sc_core::sc_trace_file *, const credit &, const std::string &)
{
}

using link_wire = sc_core::sc_signal<link_value, sc_core::SC_UNCHECKED_WRITERS>;
using credit_wire = sc_core::sc_signal<credit, sc_core::SC_UNCHECKED_WRITERS>;

static bool sleeping_style;

static uint64_t edge_number() // 1, 2, ...: what is decided at edge k is decided in cycle k - 1
{
    return sc_core::sc_time_stamp().value() / 2;
}

// First set bit of m at or after from, wrapping; m is not 0.
static unsigned first_from(uint32_t m, unsigned from)
{
    uint32_t high = m >> from << from;

    return static_cast<unsigned>(__builtin_ctz(high ? high : m));
}

// ---- router ----

struct router : sc_core::sc_module {
    sc_core::sc_in<bool> clock;
    sc_core::sc_in<link_value> in[PORTS];
    sc_core::sc_out<link_value> out[PORTS];
    sc_core::sc_in<credit> credit_in[PORTS];
    sc_core::sc_out<credit> credit_out[PORTS];
    const unsigned x, y;

    SC_HAS_PROCESS(router);

    router(sc_core::sc_module_name name, unsigned col, unsigned row)
        : sc_module(name), x(col), y(row)
    {
        std::memset(n_credits, DEPTH, sizeof n_credits);
        SC_METHOD(step);
        sensitive << clock.pos();
        dont_initialize();
    }

    void end_of_elaboration() override
    {
        for (unsigned p = 0; p < PORTS; p++) {
            any_wire |= in[p]->value_changed_event();
            any_wire |= credit_in[p]->value_changed_event();
        }
    }

  private:
    sc_core::sc_event_or_list any_wire;
    bool asleep = false;
    link_value fifo[CHANNELS][DEPTH];
    uint8_t first[CHANNELS] = {}, next[CHANNELS] = {}, n_held[CHANNELS] = {};
    uint32_t nonempty = 0, active = 0, busy = 0; // inputs, inputs, outputs: channel VCS p + v
    uint8_t out_of[CHANNELS] = {}, n_credits[CHANNELS];
    uint8_t va_in[CHANNELS] = {}, va_out[CHANNELS] = {}, sa_in[PORTS] = {}, sa_out[PORTS] = {};
    link_value xbar[PORTS]; // first of the two registers on a flit's way out
    credit back[PORTS];
    uint32_t xbar_full = 0, back_full = 0, out_valid = 0, credit_valid = 0; // a bit a port

    void move_registers()
    {
        for (uint32_t m = xbar_full | out_valid; m; m &= m - 1) {
            unsigned p = static_cast<unsigned>(__builtin_ctz(m));

            out[p].write(xbar_full >> p & 1 ? xbar[p] : link_value());
        }
        for (uint32_t m = back_full | credit_valid; m; m &= m - 1) {
            unsigned p = static_cast<unsigned>(__builtin_ctz(m));

            credit_out[p].write(back_full >> p & 1 ? back[p] : credit());
        }
        out_valid = xbar_full;
        credit_valid = back_full;
        xbar_full = back_full = 0;
    }

    unsigned route(uint64_t head) const
    {
        unsigned to_x = flit_x(head), to_y = flit_y(head);

        return to_x > x ? EAST : to_x < x ? WEST : to_y > y ? SOUTH : to_y < y ? NORTH : LOCAL;
    }

    // A packet keeps its channel: each head asks for one output.
    void allocate(uint32_t heads)
    {
        uint32_t request[CHANNELS], asked = 0;

        for (uint32_t m = heads; m; m &= m - 1) {
            unsigned i = static_cast<unsigned>(__builtin_ctz(m));
            unsigned o = route(fifo[i][first[i]].payload) * VCS + i % VCS;

            if (busy >> o & 1)
                continue;
            if (!(asked >> o & 1))
                request[o] = 0;
            asked |= 1u << o;
            request[o] |= 1u << i;
        }
        for (; asked; asked &= asked - 1) {
            unsigned o = static_cast<unsigned>(__builtin_ctz(asked));
            unsigned i = first_from(request[o], va_out[o]);

            va_out[o] = static_cast<uint8_t>(i + 1);
            out_of[i] = static_cast<uint8_t>(o);
            active |= 1u << i;
            busy |= 1u << o;
        }
    }

    void forward(unsigned p, unsigned i)
    {
        unsigned o = out_of[i], port = o / VCS;
        link_value f = fifo[i][first[i]];

        sa_in[p] = static_cast<uint8_t>((i + 1) % VCS);
        sa_out[port] = static_cast<uint8_t>((p + 1) % PORTS);
        first[i] = static_cast<uint8_t>((first[i] + 1) % DEPTH);
        if (!--n_held[i])
            nonempty &= ~(1u << i);
        if (f.tail) {
            active &= ~(1u << i);
            busy &= ~(1u << o);
        }
        if (port != LOCAL)
            n_credits[o]--;
        f.vc = static_cast<uint8_t>(o % VCS);
        xbar[port] = f;
        xbar_full |= 1u << port;
        back[p].valid = true;
        back[p].vc = static_cast<uint8_t>(i % VCS);
        back_full |= 1u << p;
    }

    void switch_flits(uint32_t ready)
    {
        unsigned nominee[PORTS];
        uint32_t request[PORTS] = {}, asked = 0;

        for (unsigned p = 0; p < PORTS; p++) {
            uint32_t m = ready >> p * VCS & ((1u << VCS) - 1);

            while (m) {
                unsigned v = first_from(m, sa_in[p]), i = p * VCS + v, o = out_of[i];

                if (o / VCS == LOCAL || n_credits[o]) {
                    nominee[p] = i;
                    request[o / VCS] |= 1u << p;
                    asked |= 1u << o / VCS;
                    break;
                }
                m &= ~(1u << v);
            }
        }
        for (; asked; asked &= asked - 1) {
            unsigned o = static_cast<unsigned>(__builtin_ctz(asked));
            unsigned p = first_from(request[o], sa_out[o]);

            forward(p, nominee[p]);
        }
    }

    bool accept() // whether a wire carries something
    {
        bool any = false;

        for (unsigned p = 0; p < PORTS; p++) {
            const link_value &l = in[p].read();
            const credit &c = credit_in[p].read();

            if (l.valid) {
                unsigned i = p * VCS + l.vc;

                fifo[i][next[i]] = l;
                next[i] = static_cast<uint8_t>((next[i] + 1) % DEPTH);
                n_held[i]++;
                nonempty |= 1u << i;
            }
            if (c.valid && p != LOCAL)
                n_credits[p * VCS + c.vc]++;
            any |= l.valid || c.valid;
        }
        return any;
    }

    void step()
    {
        if (asleep) { // a wire has changed: look at it at the next edge
            asleep = false;
            next_trigger();
            return;
        }
        move_registers();
        if (nonempty) {
            uint32_t ready = nonempty & active, heads = nonempty & ~active;

            if (heads) // neither allocation sees what the other does at this edge
                allocate(heads);
            if (ready)
                switch_flits(ready);
        }
        bool any = accept();
        if (sleeping_style && !any && !nonempty && !xbar_full && !back_full && !out_valid &&
            !credit_valid) {
            asleep = true;
            next_trigger(any_wire);
        }
    }
};

// ---- tile: source and sink ----

struct tile : sc_core::sc_module {
    sc_core::sc_in<bool> clock;
    sc_core::sc_in<link_value> from_router;
    sc_core::sc_out<link_value> to_router;
    sc_core::sc_in<credit> credit_in;
    mesh_source source;
    uint64_t next_cycle = 0, digest = 0, n_flits = 0;

    SC_HAS_PROCESS(tile);

    tile(sc_core::sc_module_name name, unsigned node, unsigned side, unsigned load_percent)
        : sc_module(name)
    {
        mesh_source_init(&source, node, side, load_percent);
        for (unsigned v = 0; v < VCS; v++)
            n_places[v] = DEPTH;
        SC_METHOD(step);
        sensitive << clock.pos();
        dont_initialize();
    }

    void end_of_elaboration() override
    {
        any_wire |= from_router->value_changed_event();
        any_wire |= credit_in->value_changed_event();
    }

  private:
    sc_core::sc_event_or_list any_wire;
    unsigned n_places[VCS];
    bool sending = false, asleep = false;

    void send(uint64_t now_cycles)
    {
        link_value l;

        if (now_cycles < next_cycle || !n_places[source.vc]) {
            if (sending)
                to_router.write(l);
            sending = false;
            return;
        }
        const flit f = mesh_source_flit(&source);
        n_places[source.vc]--;
        l.valid = sending = true;
        l.vc = static_cast<uint8_t>(source.vc);
        l.head = f.head;
        l.tail = f.tail;
        l.payload = f.payload;
        to_router.write(l);
        next_cycle = now_cycles + 1 + mesh_source_next(&source);
    }

    void step()
    {
        uint64_t edge = edge_number();

        if (asleep) { // a wire has changed, or it is time: wait for the edge
            asleep = false;
            next_trigger();
            return;
        }
        send(edge - 1);
        const link_value &l = from_router.read();
        if (l.valid) {
            digest = mesh_digest_flit(digest, l.payload, edge);
            n_flits++;
        }
        if (credit_in.read().valid)
            n_places[credit_in.read().vc]++;
        if (sleeping_style && !sending && !l.valid && !credit_in.read().valid) {
            asleep = true;
            if (next_cycle > edge) // decided at the edge after it
                next_trigger(sc_core::sc_time::from_value(2 * (next_cycle + 1 - edge)), any_wire);
            else if (!n_places[source.vc])
                next_trigger(any_wire);
            else
                asleep = false;
        }
    }
};

// ---- the network ----

struct network {
    sc_core::sc_clock clock;
    std::vector<std::unique_ptr<router>> routers;
    std::vector<std::unique_ptr<tile>> tiles;
    std::vector<std::unique_ptr<link_wire>> links;
    std::vector<std::unique_ptr<credit_wire>> credits;

    network(unsigned side, unsigned load_percent)
        : clock("clock", sc_core::sc_time::from_value(2), 0.5, sc_core::sc_time::from_value(2),
                true)
    {
        for (unsigned i = 0; i < side * side; i++) {
            routers.push_back(std::make_unique<router>(sc_core::sc_gen_unique_name("router"),
                                                       i % side, i / side));
            tiles.push_back(
                std::make_unique<tile>(sc_core::sc_gen_unique_name("tile"), i, side, load_percent));
            routers[i]->clock(clock);
            tiles[i]->clock(clock);
        }
        for (unsigned i = 0; i < side * side; i++) {
            join_tile(*routers[i], *tiles[i]);
            for (unsigned p = NORTH; p <= WEST; p++)
                join(i, p, side);
        }
    }

    link_wire &new_link()
    {
        links.push_back(std::make_unique<link_wire>());
        return *links.back();
    }

    credit_wire &new_credit()
    {
        credits.push_back(std::make_unique<credit_wire>());
        return *credits.back();
    }

    void join_tile(router &r, tile &t)
    {
        link_wire &down = new_link(), &up = new_link();
        credit_wire &credit = new_credit();

        t.to_router(down);
        r.in[LOCAL](down);
        r.out[LOCAL](up);
        t.from_router(up);
        r.credit_out[LOCAL](credit);
        t.credit_in(credit);
        r.credit_in[LOCAL](new_credit()); // tiles give none: they take every flit
    }

    // What enters router i through port p; at the border, wires that nobody drives, and what leaves
    // there.
    void join(unsigned i, unsigned p, unsigned side)
    {
        unsigned col = i % side, row = i / side, back = (p + 1) % 4 + 1, n = side * side;
        unsigned from = p == NORTH   ? (row ? i - side : n)
                        : p == SOUTH ? (row + 1 < side ? i + side : n)
                        : p == WEST  ? (col ? i - 1 : n)
                                     : (col + 1 < side ? i + 1 : n);
        link_wire &l = new_link();
        credit_wire &c = new_credit();

        routers[i]->in[p](l);
        routers[i]->credit_in[p](c);
        if (from == n) {
            routers[i]->out[p](new_link());
            routers[i]->credit_out[p](new_credit());
        } else {
            routers[from]->out[back](l);
            routers[from]->credit_out[back](c);
        }
    }
};

int sc_main(int argc, char **argv)
{
    if (argc != 5) {
        std::fprintf(stderr, "usage: bench_mesh_signals SIDE LOAD_PERCENT N_CYCLES clock|sleep\n");
        return 2;
    }
    unsigned side = static_cast<unsigned>(std::atoi(argv[1]));
    uint64_t n_cycles = std::strtoull(argv[3], nullptr, 10), n_flits = 0, digest = 0;

    sc_core::sc_set_time_resolution(1, sc_core::SC_PS);
    sleeping_style = std::strcmp(argv[4], "sleep") == 0;
    network net(side, static_cast<unsigned>(std::atoi(argv[2])));

    sc_core::sc_start(sc_core::sc_time::from_value(2 * (n_cycles / 10) + 1));
    double start = hold_seconds();
    sc_core::sc_start(sc_core::sc_time::from_value(2 * (n_cycles - n_cycles / 10)));
    double end = hold_seconds();
    sc_core::sc_start(
        sc_core::sc_time::from_value(2 * MESH_EJECT_CYCLES)); // what is on its way out
    for (const auto &t : net.tiles) {
        digest = mesh_digest_node(digest, t->digest);
        n_flits += t->n_flits;
    }
    std::printf("%.3f %" PRIu64 " %016" PRIx64 "\n",
                (end - start) * 1e9 / static_cast<double>(n_cycles - n_cycles / 10), n_flits,
                digest);
    return 0;
}
