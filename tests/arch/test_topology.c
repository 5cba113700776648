/* SPDX-License-Identifier: Apache-2.0 */
/* Topologies: wires have two ends, ways end where they should, after as many routers as said. */
#include <criterion/criterion.h>

#include "arch/topology.h"

enum { MAX_NODES = 256 };

static void each_topology(void (*check)(const struct topology *t))
{
    for (uint32_t width = 1; width <= 7; width++)
        for (uint32_t height = 1; height <= 7; height++)
            for (int kind = NOC_MESH; noc_topology_name[kind]; kind++)
                for (int routing = NOC_XY; routing <= NOC_YX; routing++) {
                    struct topology t = topology_new((enum noc_topology)kind,
                                                     (enum noc_routing)routing, width, height);

                    check(&t);
                }
}

static void wires(const struct topology *t)
{
    uint32_t n_links = 0, n_nodes = 0;

    for (uint32_t r = 0; r < t->n_routers; r++)
        for (uint32_t p = 0; p < t->n_ports; p++) {
            struct topology_place at = {r, p}, to, back;
            uint32_t node;

            if (topology_cross(t, at, &to)) {
                n_links++;
                cr_assert_not(noc_port_is_local(p));
                cr_assert(topology_cross(t, to, &back));
                cr_assert(back.router == r && back.port == p);
            } else if (noc_port_is_local(p) && (node = topology_node(t, at)) != UINT32_MAX) {
                n_nodes++;
                cr_assert_eq(topology_home(t, node).router, r);
                cr_assert_eq(topology_home(t, node).port, p);
            }
        }
    cr_assert_eq(n_links, topology_n_links(t));
    cr_assert_eq(n_nodes, t->width * t->height);
}

static void ways(const struct topology *t)
{
    uint32_t n = t->width * t->height;

    for (uint32_t from = 0; from < n; from++)
        for (uint32_t to = 0; to < n; to++) {
            struct topology_place at = topology_home(t, from);
            uint32_t n_routers = 1;

            for (at.port = topology_route(t, at.router, to); topology_cross(t, at, &at);
                 at.port = topology_route(t, at.router, to))
                n_routers++;
            cr_assert_eq(topology_node(t, at), to);
            cr_assert_eq(n_routers, topology_distance(t, from, to));
        }
}

/* All nodes, once; each but the first has the router of the one before it, or a neighbour's. */
static void snake(const struct topology *t)
{
    uint32_t order[MAX_NODES], n = t->width * t->height;
    bool seen[MAX_NODES] = {false};

    topology_snake(t, order);
    cr_assert_eq(order[0], 0);
    for (uint32_t i = 0; i < n; i++) {
        cr_assert_not(seen[order[i]]);
        seen[order[i]] = true;
        cr_assert(!i || topology_distance(t, order[i - 1], order[i]) <= 2);
    }
}

Test(topology, wires_have_two_ends)
{
    each_topology(wires);
}

Test(topology, ways_end_where_they_should)
{
    each_topology(ways);
}

Test(topology, snake_is_an_order)
{
    each_topology(snake);
}

/* 5x3 nodes: 3x2 routers; the last column and row of blocks are half empty. */
Test(topology, blocks_at_the_border)
{
    struct topology t = topology_new(NOC_CMESH, NOC_XY, 5, 3);

    cr_expect_eq(t.n_routers, 6);
    cr_expect_eq(topology_node(&t, (struct topology_place){2, NOC_LOCAL}), 4);
    cr_expect_eq(topology_node(&t, (struct topology_place){2, NOC_LOCAL_1}), UINT32_MAX);
    cr_expect_eq(topology_node(&t, (struct topology_place){2, NOC_LOCAL_2}), 9);
    cr_expect_eq(topology_node(&t, (struct topology_place){3, NOC_LOCAL}), 10);
    cr_expect_eq(topology_node(&t, (struct topology_place){3, NOC_LOCAL_2}), UINT32_MAX);
    /* node 0 to node 14 = (4,2), router (2,1): east, east, south, port 0 */
    cr_expect_eq(topology_route(&t, 0, 14), NOC_EAST);
    cr_expect_eq(topology_route(&t, 2, 14), NOC_SOUTH);
    cr_expect_eq(topology_route(&t, 5, 14), NOC_LOCAL);
    cr_expect_eq(topology_route(&t, 0, 6), NOC_LOCAL_3); /* (1,1), same block */
}
