/* SPDX-License-Identifier: Apache-2.0 */
#include "rtlgen/mesh.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "rtlgen/cosim_build.h"
#include "rtlgen/gen.h"
#include "rtlgen/library.h"
#include "sim/base/file.h"
#include "sim/base/mem.h"

enum { IN_LINK, IN_CREDIT, LINKS, CREDITS, N_BUSES };

struct mesh_rtl {
    struct mesh_rtl_cfg cfg;
    struct topology topology;
    uint32_t vc_bits, link_bits, credit_bits;
    void *lib, *shim;
    void *(*new_)(unsigned long *, const char *);
    void (*edge)(void *, unsigned long long, const void *, const void *, void *, void *);
    void (*free)(void *);
    unsigned long n_bytes[N_BUSES];
    uint8_t *bus[N_BUSES];
};

static uint32_t vc_bits(uint32_t n_vcs)
{
    uint32_t bits = 1;

    while (1u << bits < n_vcs)
        bits++;
    return bits;
}

/* ---- the mesh as text ---- */

static const char top_head[] =
    "module autorac_top (\n"
    "    input  wire clk, rst,\n"
    "    input  wire [L*N*LINK_BITS-1:0]   in_link,   // from the sources: local ports, by router\n"
    "    input  wire [L*N*CREDIT_BITS-1:0] in_credit, // from the sinks\n"
    "    output wire [P*N*LINK_BITS-1:0]   links,     // out_link of every router\n"
    "    output wire [P*N*CREDIT_BITS-1:0] credits    // out_credit of every router\n"
    ");\n";

/* Port `from` of the neighbour in direction (dx, dy), or 0 at the edge; for links and credits. */
static const char top_body[] =
    "    genvar i;\n"
    "    generate\n"
    "        for (i = 0; i < N; i = i + 1) begin : node\n"
    "            localparam integer X = i % W;\n"
    "            localparam integer Y = i / W;\n"
    "            wire [LINK_BITS-1:0]     north, east, south, west;\n"
    "            wire [CREDIT_BITS-1:0]   c_north, c_east, c_south, c_west;\n"
    "            wire [P*LINK_BITS-1:0]   ins;\n"
    "            wire [P*CREDIT_BITS-1:0] c_ins;\n"
    "            if (Y > 0) begin : n\n"
    "                assign north   = links[(P*(i-W)+3)*LINK_BITS +: LINK_BITS];\n"
    "                assign c_north = credits[(P*(i-W)+3)*CREDIT_BITS +: CREDIT_BITS];\n"
    "            end else begin : n\n"
    "                assign north   = '0;\n"
    "                assign c_north = '0;\n"
    "            end\n"
    "            if (X < W - 1) begin : e\n"
    "                assign east   = links[(P*(i+1)+4)*LINK_BITS +: LINK_BITS];\n"
    "                assign c_east = credits[(P*(i+1)+4)*CREDIT_BITS +: CREDIT_BITS];\n"
    "            end else begin : e\n"
    "                assign east   = '0;\n"
    "                assign c_east = '0;\n"
    "            end\n"
    "            if (Y < H - 1) begin : s\n"
    "                assign south   = links[(P*(i+W)+1)*LINK_BITS +: LINK_BITS];\n"
    "                assign c_south = credits[(P*(i+W)+1)*CREDIT_BITS +: CREDIT_BITS];\n"
    "            end else begin : s\n"
    "                assign south   = '0;\n"
    "                assign c_south = '0;\n"
    "            end\n"
    "            if (X > 0) begin : w\n"
    "                assign west   = links[(P*(i-1)+2)*LINK_BITS +: LINK_BITS];\n"
    "                assign c_west = credits[(P*(i-1)+2)*CREDIT_BITS +: CREDIT_BITS];\n"
    "            end else begin : w\n"
    "                assign west   = '0;\n"
    "                assign c_west = '0;\n"
    "            end\n"
    "            assign ins[5*LINK_BITS-1:0] =\n"
    "                {west, south, east, north, in_link[L*i*LINK_BITS +: LINK_BITS]};\n"
    "            assign c_ins[5*CREDIT_BITS-1:0] =\n"
    "                {c_west, c_south, c_east, c_north, in_credit[L*i*CREDIT_BITS +: "
    "CREDIT_BITS]};\n"
    "            if (L > 1) begin : block\n"
    "                assign ins[P*LINK_BITS-1:5*LINK_BITS] =\n"
    "                    in_link[(L*i+1)*LINK_BITS +: (L-1)*LINK_BITS];\n"
    "                assign c_ins[P*CREDIT_BITS-1:5*CREDIT_BITS] =\n"
    "                    in_credit[(L*i+1)*CREDIT_BITS +: (L-1)*CREDIT_BITS];\n"
    "            end\n"
    "            router #(.FLIT_BITS(FLIT_BITS), .N_VCS(N_VCS), .VC_BITS(VC_BITS),\n"
    "                     .BUFFER_FLITS(BUFFER_FLITS), .STAGES(STAGES), .YX(YX),\n"
    "                     .CONCENTRATED(L > 1), .EJECT_CREDITS(EJECT_CREDITS),\n"
    "                     .VC_MASKS(VC_MASKS)) r (\n"
    "                .clk(clk), .rst(rst), .unit(16'(i)), .x(5'(X)), .y(5'(Y)), .in_link(ins),\n"
    "                .out_link(links[P*i*LINK_BITS +: P*LINK_BITS]), .in_credit(c_ins),\n"
    "                .out_credit(credits[P*i*CREDIT_BITS +: P*CREDIT_BITS])\n"
    "            );\n"
    "        end\n"
    "    endgenerate\n"
    "endmodule\n";

static struct topology topology_of(const struct mesh_rtl_cfg *c)
{
    return topology_new(c->noc.topology, c->noc.routing, c->noc.width, c->noc.height);
}

static void write_top(FILE *f, const struct mesh_rtl_cfg *c)
{
    const struct noc_cfg *n = &c->noc;
    struct topology t = topology_of(c);
    uint64_t masks = 0;

    for (uint32_t v = 0; v < NOC_MAX_VCS; v++)
        masks |= (uint64_t)(n->vc_mask[v] ? n->vc_mask[v] : 1u << v) << 8 * v;
    fprintf(f, "// SPDX-License-Identifier: Apache-2.0\n// The routers of %ux%u nodes, bare.\n",
            n->width, n->height);
    fprintf(f, "package mesh_cfg;\n    localparam integer W = %u, H = %u, N = W * H;\n",
            t.router_cols, t.router_rows);
    fprintf(f, "    localparam integer P = %u, L = P - 4; // ports, and local ones of them\n",
            t.n_ports);
    fprintf(f, "    localparam integer FLIT_BITS = %u, N_VCS = %u, VC_BITS = %u;\n", c->flit_bits,
            n->n_vcs, vc_bits(n->n_vcs));
    fprintf(f, "    localparam integer BUFFER_FLITS = %u, STAGES = %u, YX = %d;\n", n->buffer_flits,
            n->stages ? n->stages : NOC_MIN_STAGES, n->routing == NOC_YX);
    fprintf(f, "    localparam integer EJECT_CREDITS = %d;\n", n->eject_credits);
    fprintf(f, "    localparam [63:0] VC_MASKS = 64'h%016llx;\n", (unsigned long long)masks);
    fprintf(f, "    localparam integer LINK_BITS = FLIT_BITS + VC_BITS + 3;\n"
               "    localparam integer CREDIT_BITS = VC_BITS + 1;\n"
               "endpackage\nimport mesh_cfg::*;\n\n");
    fputs(top_head, f);
    fputs(top_body, f);
}

/* SYNTHESIS: what a bare mesh is compared by is at its ports; its routers count nothing. */
enum err_code mesh_rtl_write(const struct mesh_rtl_cfg *c, const char *dir, struct err *e)
{
    const struct rtl_fault *fault = c->fault ? rtl_fault_find(c->fault) : NULL;
    char *broken = NULL, *top = NULL;
    size_t n;
    FILE *f;
    enum err_code rc;

    if (c->fault && (!fault || strcmp(fault->file, "router.sv") != 0))
        return err_set(e, ERR_CONFIG, "no fault of the router is called \"%s\"", c->fault);
    if ((rc = file_mkdirs(dir, e)))
        return rc;
    if (fault && (rc = rtl_fault_apply(fault, rtl_library_text("router.sv"), &broken, e)))
        return rc;
    f = mem_text_open(&top, &n);
    write_top(f, c);
    mem_text_close(f, &top);
    if (!(rc = file_write_text(dir, "router.sv", broken ? broken : rtl_library_text("router.sv"),
                               e)) &&
        !(rc = file_write_text(dir, "record.svh", rtl_library_text("record.svh"), e)) &&
        !(rc = file_write_text(dir, "autorac_top.sv", top, e)))
        rc = file_write_text(dir, "files.f", "+define+SYNTHESIS\nrouter.sv\nautorac_top.sv\n", e);
    free(broken);
    free(top);
    return rc;
}

/* ---- the mesh as a shared object ---- */

static bool symbol(void *lib, const char *name, void *fn, size_t size)
{
    void *at = dlsym(lib, name);

    memcpy(fn, &at, size);
    return at != NULL;
}

/* The compilers run in folders of their own. */
static enum err_code absolute(const char *dir, char **out, struct err *e)
{
    enum err_code rc = file_mkdirs(dir, e);

    if (rc)
        return rc;
    *out = realpath(dir, NULL);
    return *out ? ERR_OK : err_set(e, ERR_ENV, "%s: cannot be resolved", dir);
}

enum err_code mesh_rtl_open(struct mesh_rtl **out, const struct mesh_rtl_cfg *c, const char *dir,
                            const char *work_dir, const char *cache_dir, struct loop *l,
                            struct err *e)
{
    struct cosim_build b = {.cxx = "g++", .level = "-O1", .shim = "mesh_shim.cpp"};
    struct mesh_rtl *m = mem_alloc(1, sizeof *m);
    char *so = NULL, *path[3] = {0};
    enum err_code rc;

    *out = m;
    m->cfg = *c;
    m->topology = topology_of(c);
    m->vc_bits = vc_bits(c->noc.n_vcs);
    m->link_bits = c->flit_bits + m->vc_bits + 3;
    m->credit_bits = m->vc_bits + 1;
    if ((rc = absolute(dir, &path[0], e)) || (rc = absolute(work_dir, &path[1], e)) ||
        (rc = absolute(cache_dir, &path[2], e)))
        goto out;
    b.rtl_dir = path[0];
    b.work_dir = path[1];
    b.cache_dir = path[2];
    if ((rc = cosim_build(&b, l, &so, e)))
        goto out;
    m->lib = dlopen(so, RTLD_NOW | RTLD_LOCAL);
    if (!m->lib || !symbol(m->lib, "mesh_new", &m->new_, sizeof m->new_) ||
        !symbol(m->lib, "mesh_edge", &m->edge, sizeof m->edge) ||
        !symbol(m->lib, "mesh_free", &m->free, sizeof m->free)) {
        rc = err_set(e, ERR_ENV, "%s: %s", so, dlerror());
        goto out;
    }
    m->shim = m->new_(m->n_bytes, NULL);
    for (unsigned i = 0; i < N_BUSES; i++)
        m->bus[i] = mem_alloc(m->n_bytes[i], 1);
    mesh_rtl_stop(m);
out:
    free(so);
    for (unsigned i = 0; i < 3; i++)
        free(path[i]);
    if (rc) {
        mesh_rtl_close(m);
        *out = NULL;
    }
    return rc;
}

void mesh_rtl_start(struct mesh_rtl *m, const char *plusarg)
{
    mesh_rtl_stop(m);
    m->shim = m->new_(m->n_bytes, plusarg);
    memset(m->bus[IN_LINK], 0, m->n_bytes[IN_LINK]);
    memset(m->bus[IN_CREDIT], 0, m->n_bytes[IN_CREDIT]);
}

void mesh_rtl_stop(struct mesh_rtl *m)
{
    if (m->shim)
        m->free(m->shim);
    m->shim = NULL;
}

void mesh_rtl_close(struct mesh_rtl *m)
{
    if (!m)
        return;
    mesh_rtl_stop(m);
    if (m->lib)
        dlclose(m->lib);
    for (unsigned i = 0; i < N_BUSES; i++)
        free(m->bus[i]);
    free(m);
}

/* ---- bits of a bus ---- */

static void put(uint8_t *bus, uint32_t at, uint32_t n, uint64_t value)
{
    for (uint32_t i = 0; i < n; i++)
        if (value >> i & 1)
            bus[(at + i) / 8] |= (uint8_t)(1u << (at + i) % 8);
}

static uint64_t get(const uint8_t *bus, uint32_t at, uint32_t n)
{
    uint64_t value = 0;

    for (uint32_t i = 0; i < n; i++)
        value |= (uint64_t)(bus[(at + i) / 8] >> (at + i) % 8 & 1) << i;
    return value;
}

/* Of a node: its router's local ports follow each other on the buses of sources and sinks. */
static uint32_t local_index(const struct mesh_rtl *m, uint32_t node)
{
    struct topology_place at = topology_home(&m->topology, node);

    return at.router * (m->topology.n_ports - 4) + (at.port ? at.port - 4 : 0);
}

void mesh_rtl_inject(struct mesh_rtl *m, uint32_t node, const struct flit *f)
{
    uint32_t at = local_index(m, node) * m->link_bits, bits = m->cfg.flit_bits;

    put(m->bus[IN_LINK], at, bits, f->payload);
    put(m->bus[IN_LINK], at + bits, 2, (f->head ? 2u : 0u) | (f->tail ? 1u : 0u));
    put(m->bus[IN_LINK], at + bits + 2, m->vc_bits + 1, 1u << m->vc_bits | f->vc);
}

void mesh_rtl_sink_credit(struct mesh_rtl *m, uint32_t node, uint32_t vc)
{
    put(m->bus[IN_CREDIT], local_index(m, node) * m->credit_bits, m->credit_bits,
        1u << m->vc_bits | vc);
}

void mesh_rtl_edge(struct mesh_rtl *m, uint64_t cycle)
{
    m->edge(m->shim, cycle, m->bus[IN_LINK], m->bus[IN_CREDIT], m->bus[LINKS], m->bus[CREDITS]);
    memset(m->bus[IN_LINK], 0, m->n_bytes[IN_LINK]);
    memset(m->bus[IN_CREDIT], 0, m->n_bytes[IN_CREDIT]);
}

struct mesh_wire mesh_rtl_link(const struct mesh_rtl *m, uint32_t router, uint32_t port)
{
    uint32_t at = (m->topology.n_ports * router + port) * m->link_bits, bits = m->cfg.flit_bits;
    struct mesh_wire w = {.valid = get(m->bus[LINKS], at + m->link_bits - 1, 1)};

    if (w.valid) {
        w.payload = get(m->bus[LINKS], at, bits);
        w.tail = get(m->bus[LINKS], at + bits, 1);
        w.head = get(m->bus[LINKS], at + bits + 1, 1);
        w.vc = (uint32_t)get(m->bus[LINKS], at + bits + 2, m->vc_bits);
    }
    return w;
}

struct mesh_wire mesh_rtl_credit(const struct mesh_rtl *m, uint32_t router, uint32_t port)
{
    uint32_t at = (m->topology.n_ports * router + port) * m->credit_bits;
    struct mesh_wire w = {.valid = get(m->bus[CREDITS], at + m->vc_bits, 1)};

    if (w.valid)
        w.vc = (uint32_t)get(m->bus[CREDITS], at, m->vc_bits);
    return w;
}
