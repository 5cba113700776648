/* SPDX-License-Identifier: Apache-2.0 */
/* Synthetic traffic: latencies known by hand, rates, progress, and what a trace may hold. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arch/traffic.h"

static struct traffic_cfg cfg_of(uint32_t side, uint32_t vcs, uint32_t buffer)
{
    struct traffic_cfg c = {.noc = {.width = side,
                                    .height = side,
                                    .n_vcs = vcs,
                                    .buffer_flits = buffer,
                                    .eject_credits = true},
                            .packet_flits = 1,
                            .warmup_cycles = 1000,
                            .measure_cycles = 10000,
                            .drain_cycles = 100000,
                            .seed = 7};

    for (uint32_t v = 0; v < NOC_MAX_VCS && v < vcs; v++)
        c.noc.vc_mask[v] = (uint8_t)((1u << vcs) - 1);
    return c;
}

static struct traffic_result run(const struct traffic_cfg *c)
{
    struct traffic_result r;
    struct err e;

    cr_assert_eq(traffic_run(c, &r, &e), ERR_OK, "%s", e.text);
    return r;
}

/* 2 + stages R + (P - 1), created at T and ejected with its tail. */
Test(traffic, zero_load)
{
    for (uint32_t stages = 4; stages <= 5; stages++)
        for (uint32_t dst = 0; dst < 16; dst++) {
            struct traffic_packet p = {.at_cycles = 3, .src = 6, .dst = dst, .n_flits = 5};
            struct traffic_cfg c = cfg_of(4, 2, 8);
            struct traffic_result r;
            uint32_t routers =
                1 + (uint32_t)abs((int)(dst % 4) - 2) + (uint32_t)abs((int)(dst / 4) - 1);

            c.noc.stages = stages;
            c.pattern = TRAFFIC_TRACE;
            c.trace = &p;
            c.n_trace = 1;
            c.warmup_cycles = 0;
            r = run(&c);
            cr_expect(r.stable);
            cr_expect_eq(r.n_packets, 1);
            cr_expect_eq(r.min_cycles, 2 + stages * routers + 4);
            cr_expect_float_eq(r.mean_routers, routers, 1e-12);
        }
}

/* All to one through one VC: at most P / (P + 1) of the sink, B / 6 when the buffer is short. */
Test(traffic, limits_of_one_channel)
{
    static const struct {
        uint32_t packet, buffer;
        double sink;
    } row[] = {{1, 8, 0.5}, {4, 8, 0.8}, {4, 4, 4 / 6.}};

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct traffic_cfg c = cfg_of(4, 1, row[i].buffer);
        struct traffic_result r;

        c.pattern = TRAFFIC_ALLTOONE;
        c.packet_flits = row[i].packet;
        c.rate = 1;
        c.drain_cycles = 0;
        c.max_latency = 1e18;
        r = run(&c);
        cr_expect_float_eq(r.accepted * 16, row[i].sink, 0.01, "row %zu: %g", i, r.accepted * 16);
        cr_expect(!r.stuck);
    }
}

Test(traffic, rates_and_repeatability)
{
    static const enum traffic_pattern pattern[] = {TRAFFIC_UNIFORM, TRAFFIC_TRANSPOSE,
                                                   TRAFFIC_HOTSPOT};
    static const uint32_t weight[16] = {1, 1, 1, 1, 1, 4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

    for (size_t i = 0; i < sizeof pattern / sizeof *pattern; i++) {
        struct traffic_cfg c = cfg_of(4, 2, 8);
        struct traffic_result a, b;

        c.pattern = pattern[i];
        c.rate = 0.1;
        c.packet_flits = 4;
        c.weight = weight;
        a = run(&c);
        b = run(&c);
        cr_expect(a.stable);
        cr_expect_float_eq(a.injected, 0.1, 0.005);
        cr_expect_float_eq(a.accepted, 0.1, 0.005);
        cr_expect_eq(a.mean_cycles, b.mean_cycles);
        cr_expect_eq(a.n_flit_hops, b.n_flit_hops);
        c.rate = 1;
        c.drain_cycles = 1000000;
        cr_expect(!run(&c).stable);
    }
}

Test(traffic, nothing_offered)
{
    struct traffic_cfg c = cfg_of(2, 1, 1);
    struct traffic_result r = run(&c);

    cr_expect(r.stable);
    cr_expect_eq(r.n_packets, 0);
    cr_expect_eq(r.n_flit_hops, 0);
}

/* Sinks that give no credits back: the run ends and names the chain of waiting buffers. */
Test(traffic, watchdog)
{
    struct traffic_packet p[8];
    struct traffic_cfg c = cfg_of(3, 1, 2);
    struct traffic_result r;

    for (size_t k = 0; k < 8; k++)
        p[k] = (struct traffic_packet){.src = 0, .dst = 2, .n_flits = 3};
    c.pattern = TRAFFIC_TRACE;
    c.trace = p;
    c.n_trace = 8;
    c.warmup_cycles = 0;
    c.stall_cycles = 2000;
    c.dead_sinks = true;
    r = run(&c);
    cr_expect(r.stuck);
    cr_expect(!r.stable);
    cr_expect_lt(r.n_cycles, 5000);
    cr_expect_not_null(strstr(r.stuck_text, "router (2,0) west vc 0 waits for its tile"), "%s",
                       r.stuck_text);
}

static enum err_code load(const char *text, struct traffic_packet **p, size_t *n, struct err *e)
{
    char path[] = "/tmp/autorac-trace-XXXXXX";
    int fd = mkstemp(path);
    enum err_code rc;

    cr_assert(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    rc = traffic_load_trace(path, 16, p, n, e);
    unlink(path);
    return rc;
}

Test(traffic, traces)
{
    static const struct {
        const char *text, *error;
    } bad[] = {{"1 2 3\n", ":1: not CYCLE"},
               {"0 0 16 1\n", ":1: nodes"},
               {"0 0 1 0", ":1: nodes"},
               {"5 0 1 1\n4 0 1 1\n", ":2: earlier"},
               {"0 0 1 1 x\n", ":1: not"}};
    struct traffic_packet *p;
    struct err e;
    size_t n;

    cr_assert_eq(load("# none\n\n0 1 2 3 # first\n7 15 0 1", &p, &n, &e), ERR_OK);
    cr_assert_eq(n, 2);
    cr_expect_eq(p[1].at_cycles, 7);
    cr_expect_eq(p[1].src, 15);
    cr_expect_eq(p[0].n_flits, 3);
    free(p);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_expect_eq(load(bad[i].text, &p, &n, &e), ERR_CONFIG, "row %zu", i);
        cr_expect_not_null(strstr(e.text, bad[i].error), "row %zu: %s", i, e.text);
    }
}
