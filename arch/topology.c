/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/topology.h"

#include <assert.h>
#include <stddef.h>

const char *const noc_port_name[NOC_MAX_PORTS] = {"local", "north",  "east",   "south",
                                                  "west",  "local1", "local2", "local3"};
const char *const noc_topology_name[] = {"mesh", "cmesh", NULL};

struct topology topology_new(enum noc_topology kind, enum noc_routing routing, uint32_t width,
                             uint32_t height)
{
    uint32_t shift = kind == NOC_CMESH ? 1 : 0;
    struct topology t = {.kind = kind,
                         .routing = routing,
                         .width = width,
                         .height = height,
                         .shift = shift,
                         .router_cols = (width + shift) >> shift,
                         .router_rows = (height + shift) >> shift,
                         .n_ports = kind == NOC_CMESH ? NOC_MAX_PORTS : NOC_LOCAL_1};

    t.n_routers = t.router_cols * t.router_rows;
    return t;
}

struct topology_place topology_home(const struct topology *t, uint32_t node)
{
    uint32_t x = node % t->width, y = node / t->width;
    uint32_t col = x >> t->shift, row = y >> t->shift;

    return (struct topology_place){.router = row * t->router_cols + col,
                                   .port = topology_toward(t, col, row, x, y)};
}

uint32_t topology_node(const struct topology *t, struct topology_place at)
{
    uint32_t place = at.port == NOC_LOCAL ? 0 : at.port - NOC_WEST;
    uint32_t x = (at.router % t->router_cols << t->shift) + place % 2;
    uint32_t y = (at.router / t->router_cols << t->shift) + place / 2;

    assert(noc_port_is_local(at.port) && at.port < t->n_ports);
    return x < t->width && y < t->height ? y * t->width + x : UINT32_MAX;
}

bool topology_cross(const struct topology *t, struct topology_place at, struct topology_place *next)
{
    uint32_t col = at.router % t->router_cols, row = at.router / t->router_cols;
    uint32_t router;

    if (at.port == NOC_NORTH && row)
        router = at.router - t->router_cols;
    else if (at.port == NOC_SOUTH && row + 1 < t->router_rows)
        router = at.router + t->router_cols;
    else if (at.port == NOC_WEST && col)
        router = at.router - 1;
    else if (at.port == NOC_EAST && col + 1 < t->router_cols)
        router = at.router + 1;
    else
        return false;
    *next = (struct topology_place){.router = router, .port = noc_port_opposite(at.port)};
    return true;
}

uint32_t topology_route(const struct topology *t, uint32_t router, uint32_t node)
{
    return topology_toward(t, router % t->router_cols, router / t->router_cols, node % t->width,
                           node / t->width);
}

static uint32_t apart(uint32_t a, uint32_t b)
{
    return a > b ? a - b : b - a;
}

uint32_t topology_distance(const struct topology *t, uint32_t from, uint32_t to)
{
    uint32_t a = topology_home(t, from).router, b = topology_home(t, to).router;

    return 1 + apart(a % t->router_cols, b % t->router_cols) +
           apart(a / t->router_cols, b / t->router_cols);
}

uint32_t topology_n_links(const struct topology *t)
{
    return 2 * (t->router_cols * (t->router_rows - 1) + t->router_rows * (t->router_cols - 1));
}

void topology_snake(const struct topology *t, uint32_t *node)
{
    for (uint32_t row = 0; row < t->router_rows; row++)
        for (uint32_t i = 0; i < t->router_cols; i++) {
            uint32_t col = row & 1 ? t->router_cols - 1 - i : i;

            for (uint32_t port = 0; port < t->n_ports; port++) {
                struct topology_place at = {.router = row * t->router_cols + col, .port = port};
                uint32_t n = noc_port_is_local(port) ? topology_node(t, at) : UINT32_MAX;

                if (n != UINT32_MAX)
                    *node++ = n;
            }
        }
}
