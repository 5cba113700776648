/* SPDX-License-Identifier: Apache-2.0 */
/* autorac_top.sv: wires, routers and units of a plan. */

#include "arch/noc.h"
#include "rtlgen/gen_parts.h"

struct gen_sizes gen_sizes(const struct plan *p)
{
    struct gen_sizes s = {.vc_bits = 1, .mvm_xbars = at_least_1(p->limit.mvm_xbars)};

    while (1u << s.vc_bits < p->n_vcs)
        s.vc_bits++;
    s.mvm_adcs = p->config.mvm_cols / p->config.mvm_cols_per_adc;
    return s;
}

/* ---- parameters ---- */

static void parameter(FILE *f, const char *name, uint32_t value)
{
    fprintf(f, "    localparam integer %s = %u;\n", name, value);
}

/* Directory and cache are the same in all tiles. */
static void emb_parameters(FILE *f, const struct plan *p)
{
    const struct chip_config *c = &p->config;
    const struct plan_limits *l = &p->limit;
    const struct plan_emb *m = NULL;
    uint32_t pool_rows = 1;

    for (uint32_t i = 0; i < p->n_units; i++)
        if (p->unit[i].kind == UNIT_EMB) {
            m = &p->unit[i].emb;
            pool_rows = m->pool_rows > pool_rows ? m->pool_rows : pool_rows;
        }
    parameter(f, "EMB_WORDS", l->emb_words);
    parameter(f, "EMB_LOOKUPS", l->emb_lookups);
    parameter(f, "EMB_FIELDS", l->emb_fields);
    parameter(f, "EMB_BAGS", at_least_1(l->emb_bags));
    parameter(f, "EMB_ROWS", l->emb_rows);
    parameter(f, "EMB_DIM", l->emb_dim);
    parameter(f, "EMB_CELL_BITS", c->mvm_cell_bits);
    parameter(f, "EMB_BANKS", c->emb_banks);
    parameter(f, "EMB_ARRAY_ROWS", c->emb_array_rows);
    parameter(f, "EMB_POOL_ROWS", pool_rows);
    parameter(f, "EMB_HOT_SETS", m->hot_sets);
    parameter(f, "EMB_REPLICAS", m->replicas);
    parameter(f, "EMB_CACHE_SETS", m->cache_sets);
    parameter(f, "EMB_CACHE_WAYS", at_least_1(m->cache_ways));
}

static void parameters(FILE *f, const struct plan *p)
{
    const struct chip_config *c = &p->config;
    const struct plan_limits *l = &p->limit;
    struct gen_sizes s = gen_sizes(p);

    fprintf(f, "    // Sizes: the largest that any unit of the chip needs.\n");
    parameter(f, "FLIT_BITS", p->flit_bits);
    parameter(f, "N_VCS", p->n_vcs);
    parameter(f, "VC_BITS", s.vc_bits);
    parameter(f, "BUFFER_FLITS", p->buffer_flits);
    parameter(f, "STAGES", p->stages);
    parameter(f, "YX", p->routing == NOC_YX);
    parameter(f, "CONCENTRATED", p->topology == NOC_CMESH);
    parameter(f, "LINK_BITS", p->flit_bits + s.vc_bits + 3);
    parameter(f, "CREDIT_BITS", s.vc_bits + 1);
    parameter(f, "IN_EDGES", at_least_1(l->in_edges));
    parameter(f, "OUT_EDGES", at_least_1(l->out_edges));
    parameter(f, "BUFFER_WORDS", at_least_1(l->buffer_words));
    parameter(f, "OUTPUT_SLOTS", p->output_slots);
    parameter(f, "REQUESTS", p->workload->n_requests);
    parameter(f, "RECORD_WORDS", at_least_1(l->io_record_words));
    if (l->mvm_outputs) {
        parameter(f, "XBARS", s.mvm_xbars);
        parameter(f, "XBAR_ROWS", c->mvm_rows);
        parameter(f, "XBAR_COLS", c->mvm_cols);
        parameter(f, "CELL_BITS", c->mvm_cell_bits);
        parameter(f, "LEVEL_BITS", p->analog.level_bits);
        parameter(f, "FRACTION_BITS", p->analog.fraction_bits);
        parameter(f, "SUM_BITS", p->analog.sum_bits);
        parameter(f, "DAC_BITS", c->mvm_dac_bits);
        parameter(f, "ADC_BITS", c->mvm_adc_bits);
        parameter(f, "DROP_BITS", p->analog.drop_bits);
        parameter(f, "DRAWN", p->device.drawn);
        parameter(f, "FLIP", c->mvm_encoding == ENCODING_FLIP);
        parameter(f, "UNIT_BITS", at_least_1(p->analog.unit_bits));
        parameter(f, "COLS_PER_ADC", c->mvm_cols_per_adc);
        parameter(f, "MVM_LANES", c->mvm_lanes);
        parameter(f, "MVM_INPUTS", l->mvm_inputs);
        parameter(f, "MVM_OUT_BYTES", l->mvm_out_bytes);
        parameter(f, "MVM_SCALES", l->mvm_scales);
        parameter(f, "CONTEXTS", l->contexts);
        parameter(f, "MVM_MPX", l->mvm_mpx);
    }
    if (l->emb_lookups) {
        emb_parameters(f, p);
    }
    if (l->int_outputs) {
        parameter(f, "INT_LANES", c->int_lanes);
        parameter(f, "INT_INPUTS", l->int_inputs);
        parameter(f, "INT_OUTPUTS", l->int_outputs);
        parameter(f, "INT_ROWS", at_least_1(l->int_rows));
        parameter(f, "INT_DIM", at_least_1(l->int_dim));
        parameter(f, "INT_TABLE", l->int_table);
        parameter(f, "INT_ATTENTION", l->int_attention);
        parameter(f, "INT_ARRAY", !l->int_cells ? 0 : c->int_engine == ENGINE_RERAM ? 2 : 1);
        parameter(f, "INT_DAC_BITS", c->int_engine == ENGINE_RERAM ? c->mvm_dac_bits : 1);
    }
    fprintf(f, "\n");
}

uint32_t rtl_most_copies(const struct plan *p)
{
    const uint32_t n[] = {gen_sizes(p).mvm_xbars, p->config.mvm_lanes, p->limit.emb_lookups,
                          p->limit.emb_dim, p->config.int_lanes};
    uint32_t most = 0;

    for (size_t i = 0; i < sizeof n / sizeof *n; i++)
        most = n[i] > most ? n[i] : most;
    return most;
}

/* ---- network ---- */

/* A router goes by the coordinates of its node. */
static const struct plan_unit *router_node(const struct plan *p, const struct topology *t,
                                           uint32_t router)
{
    return &p->unit[topology_node(t, (struct topology_place){router, NOC_LOCAL})];
}

/* The unit at a local port, NULL if there is none. */
static const struct plan_unit *local_unit(const struct plan *p, const struct topology *t,
                                          struct topology_place at)
{
    uint32_t node = noc_port_is_local(at.port) ? topology_node(t, at) : UINT32_MAX;

    return node != UINT32_MAX && p->unit[node].kind != UNIT_NONE ? &p->unit[node] : NULL;
}

/* The wire that leaves a router through a port; kind is "link" or "credit". */
static void out_wire(FILE *f, const struct plan *p, const struct topology *t, const char *kind,
                     struct topology_place at)
{
    const struct plan_unit *u = router_node(p, t, at.router), *unit = local_unit(p, t, at);
    struct topology_place next;

    if (unit) {
        fprintf(f, "%s_%u_%u_to_unit", kind, unit->x, unit->y);
    } else if (topology_cross(t, at, &next)) {
        const struct plan_unit *to = router_node(p, t, next.router);

        fprintf(f, "%s_%u_%u_to_%u_%u", kind, u->x, u->y, to->x, to->y);
    } else {
        fprintf(f, "unused_%s_%u_%u_%s", kind, u->x, u->y, noc_port_name[at.port]);
    }
}

static void in_wire(FILE *f, const struct plan *p, const struct topology *t, const char *kind,
                    struct topology_place at)
{
    const struct plan_unit *u = router_node(p, t, at.router), *unit = local_unit(p, t, at);
    struct topology_place next;
    bool link = kind[0] == 'l';

    if (unit && link) {
        fprintf(f, "link_%u_%u_from_unit", unit->x, unit->y);
    } else if (topology_cross(t, at, &next)) {
        const struct plan_unit *from = router_node(p, t, next.router);

        fprintf(f, "%s_%u_%u_to_%u_%u", kind, from->x, from->y, u->x, u->y);
    } else {
        fprintf(f, "{%s{1'b0}}", link ? "LINK_BITS" : "CREDIT_BITS");
    }
}

static void wires(FILE *f, const struct plan *p, const struct topology *t)
{
    fprintf(f, "    // Links {valid, vc, head, tail, payload}, and credits {valid, vc} the other "
               "way. Names are\n"
               "    // SOURCE_to_DESTINATION in x_y of the nodes.\n");
    for (uint32_t i = 0; i < p->n_nodes; i++)
        if (p->unit[i].kind != UNIT_NONE)
            fprintf(f, "    wire [LINK_BITS-1:0] link_%u_%u_from_unit;\n", p->unit[i].x,
                    p->unit[i].y);
    for (uint32_t i = 0; i < t->n_routers; i++)
        for (unsigned k = 0; k < 2; k++) {
            fprintf(f, "    wire [%s-1:0] ", k ? "CREDIT_BITS" : "LINK_BITS");
            for (uint32_t port = 0; port < t->n_ports; port++) {
                fprintf(f, port ? ", " : "");
                out_wire(f, p, t, k ? "credit" : "link", (struct topology_place){i, port});
            }
            fprintf(f, ";\n");
        }
    fprintf(f, "\n");
}

static void bus(FILE *f, const struct plan *p, const struct topology *t, uint32_t router,
                const char *port_of_router, const char *kind,
                void (*wire)(FILE *, const struct plan *, const struct topology *, const char *,
                             struct topology_place))
{
    fprintf(f, "        .%s({", port_of_router);
    for (uint32_t port = t->n_ports; port-- > 0;) {
        wire(f, p, t, kind, (struct topology_place){router, port});
        fprintf(f, port ? ", " : "})");
    }
}

static void router(FILE *f, const struct plan *p, const struct topology *t, uint32_t i)
{
    const struct plan_unit *u = router_node(p, t, i);

    fprintf(f,
            "    router #(.FLIT_BITS(FLIT_BITS), .N_VCS(N_VCS), .VC_BITS(VC_BITS), "
            ".BUFFER_FLITS(BUFFER_FLITS),\n"
            "        .STAGES(STAGES), .YX(YX), .CONCENTRATED(CONCENTRATED)) r_%u_%u (\n"
            "        .clk(clk), .rst(rst), .unit(16'd%u), .x(5'd%u), .y(5'd%u),\n"
            "        // %swest, south, east, north, local\n",
            u->x, u->y, u->node, i % t->router_cols, i / t->router_cols,
            t->kind == NOC_CMESH ? "local3, local2, local1, " : "");
    bus(f, p, t, i, "in_link", "link", in_wire);
    fprintf(f, ",\n");
    bus(f, p, t, i, "out_link", "link", out_wire);
    fprintf(f, ",\n");
    bus(f, p, t, i, "in_credit", "credit", in_wire);
    fprintf(f, ",\n");
    bus(f, p, t, i, "out_credit", "credit", out_wire);
    fprintf(f, "\n    );\n\n");
}

void gen_top(FILE *f, const struct plan *p, const char *command)
{
    struct topology t = plan_topology(p);

    gen_header(f, p, "//", "autorac_top.sv", "the chip: routers, links and one unit a node.",
               command);
    fprintf(f, "\nmodule autorac_top (\n"
               "    input  wire        clk,\n"
               "    input  wire        rst,\n"
               "    output wire [31:0] n_logits    // logits that have arrived\n"
               ");\n");
    parameters(f, p);
    wires(f, p, &t);
    for (uint32_t i = 0; i < p->n_nodes; i++) {
        const struct plan_unit *u = &p->unit[i];
        struct topology_place home = topology_home(&t, i);

        fprintf(f, "    // ---- node %u (%u, %u) ----\n", u->node, u->x, u->y);
        if (home.port == NOC_LOCAL)
            router(f, p, &t, home.router);
        if (u->kind != UNIT_NONE)
            gen_tile(f, p, &p->tile[i]);
    }
    fprintf(f, "`ifndef SYNTHESIS\n"
               "`include \"autorac_images.svh\"\n"
               "`endif\n"
               "endmodule\n");
}
