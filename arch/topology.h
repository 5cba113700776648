/* SPDX-License-Identifier: Apache-2.0 */
/* arch/topology.h: which routers the network has, what is wired to what, and the way of a packet:
 * docs/microarchitecture.md section 3. Everything that follows a packet or draws a wire asks here.
 *
 * mesh: a router a node. cmesh: a concentrated mesh, a router for each block of 2x2 nodes, with
 * eight ports. Both are rectangles of routers with dimension-order routing. A router's node is the
 * first of its block, and what is counted at a router is counted there. */
#ifndef AUTORAC_ARCH_TOPOLOGY_H
#define AUTORAC_ARCH_TOPOLOGY_H

#include <stdbool.h>
#include <stdint.h>

/* Ports of a router. The last three are the other nodes of a block: (1,0), (0,1), (1,1) of it. */
enum noc_port {
    NOC_LOCAL,
    NOC_NORTH,
    NOC_EAST,
    NOC_SOUTH,
    NOC_WEST,
    NOC_LOCAL_1,
    NOC_LOCAL_2,
    NOC_LOCAL_3,
    NOC_MAX_PORTS,
};
extern const char *const noc_port_name[NOC_MAX_PORTS]; /* "local", "north" ... "local3" */

enum noc_topology { NOC_MESH, NOC_CMESH };
extern const char *const noc_topology_name[]; /* "mesh", "cmesh", NULL */
enum noc_routing { NOC_XY, NOC_YX };          /* which coordinate is corrected first */

struct topology {
    enum noc_topology kind;
    enum noc_routing routing;
    uint32_t width, height;            /* nodes, up to 32; node = y * width + x */
    uint32_t shift;                    /* a block has 2^shift nodes in x and in y: 0 or 1 */
    uint32_t router_cols, router_rows; /* router = row * router_cols + col */
    uint32_t n_routers, n_ports;
};

struct topology topology_new(enum noc_topology kind, enum noc_routing routing, uint32_t width,
                             uint32_t height);

struct topology_place {
    uint32_t router, port;
};

static inline bool noc_port_is_local(uint32_t port)
{
    return port == NOC_LOCAL || port >= NOC_LOCAL_1;
}

/* Port of the neighbour that a link through `port` ends at. */
static inline uint32_t noc_port_opposite(uint32_t port)
{
    return (port + 1) % 4 + 1;
}

/* Dimension order: the port through which a packet for node (x, y) leaves router (col, row). */
static inline uint32_t topology_toward(const struct topology *t, uint32_t col, uint32_t row,
                                       uint32_t x, uint32_t y)
{
    uint32_t to_col = x >> t->shift, to_row = y >> t->shift;
    uint32_t place = t->shift ? (x & 1) + 2 * (y & 1) : 0;

    if (to_col != col && (t->routing == NOC_XY || to_row == row))
        return to_col > col ? NOC_EAST : NOC_WEST;
    if (to_row != row)
        return to_row > row ? NOC_SOUTH : NOC_NORTH;
    return place ? NOC_WEST + place : NOC_LOCAL;
}

/* The router of a node, and the node's port there. */
struct topology_place topology_home(const struct topology *t, uint32_t node);
/* The node at a local port; UINT32_MAX: none, at the border of an odd number of nodes. */
uint32_t topology_node(const struct topology *t, struct topology_place at);
/* Across the link through at.port to the neighbour and the port there; false: no neighbour. */
bool topology_cross(const struct topology *t, struct topology_place at,
                    struct topology_place *next);
/* topology_toward by numbers. */
uint32_t topology_route(const struct topology *t, uint32_t router, uint32_t node);
/* Routers on the way from a node to another, both ends' included. */
uint32_t topology_distance(const struct topology *t, uint32_t from, uint32_t to);
/* Links between routers, each direction by itself. */
uint32_t topology_n_links(const struct topology *t);
/* (width * height) nodes in an order in which neighbours follow each other, from node 0 on. */
void topology_snake(const struct topology *t, uint32_t *node);

#endif
