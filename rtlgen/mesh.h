/* SPDX-License-Identifier: Apache-2.0 */
/* rtlgen/mesh.h: the bare network of the library's routers, driven from C a clock edge at a time.
 *
 * Wires: link {valid, vc, head, tail, payload} and credit {valid, vc}, as in router.sv.
 * What enters is what the routers see before an edge; what leaves is every register of every
 * router's five ports after it. */
#ifndef AUTORAC_RTLGEN_MESH_H
#define AUTORAC_RTLGEN_MESH_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/noc.h"
#include "sim/base/err.h"
#include "sim/loop.h"

struct mesh_rtl_cfg {
    struct noc_cfg noc; /* vc_mask and stages as noc_new takes them */
    uint32_t flit_bits;
    const char *fault; /* of rtlgen/faults.def, in router.sv; NULL: none */
};

/* DIR gets router.sv, the mesh and files.f. */
enum err_code mesh_rtl_write(const struct mesh_rtl_cfg *c, const char *dir, struct err *e);

struct mesh_rtl;
/* Builds DIR in WORK_DIR. ERR_ENV: no Verilator or compiler, or a build failed. */
enum err_code mesh_rtl_open(struct mesh_rtl **out, const struct mesh_rtl_cfg *c, const char *dir,
                            const char *work_dir, const char *cache_dir, struct loop *l,
                            struct err *e);
void mesh_rtl_close(struct mesh_rtl *m);

/* As new, before edge 0; any number of times. plusarg: "+NAME=VALUE" for the RTL, or NULL. A
 * process that forks has stopped it: Verilator's threads are the process's own. */
void mesh_rtl_start(struct mesh_rtl *m, const char *plusarg);
void mesh_rtl_stop(struct mesh_rtl *m); /* legal when it is stopped */

/* For the next edge only. */
void mesh_rtl_inject(struct mesh_rtl *m, uint32_t node, const struct flit *f);
void mesh_rtl_sink_credit(struct mesh_rtl *m, uint32_t node, uint32_t vc);
void mesh_rtl_edge(struct mesh_rtl *m, uint64_t cycle); /* from 0, the reset */
/* What the registers of a port hold; of a credit only valid and vc mean something. */
struct mesh_wire {
    bool valid, head, tail;
    uint32_t vc;
    uint64_t payload; /* flit_bits of it */
};
struct mesh_wire mesh_rtl_link(const struct mesh_rtl *m, uint32_t router, uint32_t port);
struct mesh_wire mesh_rtl_credit(const struct mesh_rtl *m, uint32_t router, uint32_t port);

#endif
