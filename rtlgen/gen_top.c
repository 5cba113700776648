/* SPDX-License-Identifier: Apache-2.0 */
/* autorac_top.sv: wires, routers and units of a plan. */

#include "arch/noc.h"
#include "rtlgen/gen_parts.h"

enum { N_PORTS = 5 };
static const char *const port_name[N_PORTS] = {"local", "north", "east", "south", "west"};

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
        parameter(f, "DAC_BITS", c->mvm_dac_bits);
        parameter(f, "ADC_BITS", c->mvm_adc_bits);
        parameter(f, "COLS_PER_ADC", c->mvm_cols_per_adc);
        parameter(f, "MVM_LANES", c->mvm_lanes);
        parameter(f, "MVM_INPUTS", l->mvm_inputs);
        parameter(f, "MVM_OUT_BYTES", l->mvm_out_bytes);
        parameter(f, "MVM_SCALES", l->mvm_scales);
        parameter(f, "CONTEXTS", l->contexts);
        parameter(f, "MVM_MPX", l->mvm_mpx);
    }
    if (l->emb_lookups) {
        parameter(f, "EMB_LOOKUPS", l->emb_lookups);
        parameter(f, "EMB_ROWS", l->emb_rows);
        parameter(f, "EMB_DIM", l->emb_dim);
        parameter(f, "EMB_BANKS", c->emb_banks);
    }
    if (l->int_outputs) {
        parameter(f, "INT_LANES", c->int_lanes);
        parameter(f, "INT_INPUTS", l->int_inputs);
        parameter(f, "INT_OUTPUTS", l->int_outputs);
    }
    fprintf(f, "\n");
}

/* ---- mesh ---- */

/* Node next to u through port, NULL at the border. */
static const struct plan_unit *neighbour(const struct plan *p, const struct plan_unit *u,
                                         unsigned port)
{
    static const int dx[N_PORTS] = {0, 0, 1, 0, -1}, dy[N_PORTS] = {0, -1, 0, 1, 0};
    int64_t x = (int64_t)u->x + dx[port], y = (int64_t)u->y + dy[port];

    if (x < 0 || y < 0 || x >= p->width || y >= p->height)
        return NULL;
    return &p->unit[y * p->width + x];
}

/* The wire that leaves router u through port; kind is "link" or "credit". */
static void out_wire(FILE *f, const struct plan *p, const struct plan_unit *u, const char *kind,
                     unsigned port)
{
    const struct plan_unit *to = neighbour(p, u, port);

    if (!port && u->kind != UNIT_NONE)
        fprintf(f, "%s_%u_%u_to_unit", kind, u->x, u->y);
    else if (!port || !to)
        fprintf(f, "unused_%s_%u_%u_%s", kind, u->x, u->y, port_name[port]);
    else
        fprintf(f, "%s_%u_%u_to_%u_%u", kind, u->x, u->y, to->x, to->y);
}

static void in_wire(FILE *f, const struct plan *p, const struct plan_unit *u, const char *kind,
                    unsigned port)
{
    const struct plan_unit *from = neighbour(p, u, port);
    bool link = kind[0] == 'l';

    if (!port && u->kind != UNIT_NONE && link)
        fprintf(f, "link_%u_%u_from_unit", u->x, u->y);
    else if (!port || !from)
        fprintf(f, "{%s{1'b0}}", link ? "LINK_BITS" : "CREDIT_BITS");
    else
        fprintf(f, "%s_%u_%u_to_%u_%u", kind, from->x, from->y, u->x, u->y);
}

static void wires(FILE *f, const struct plan *p)
{
    fprintf(f, "    // Links {valid, vc, head, tail, payload}, and credits {valid, vc} the other "
               "way. Names are\n"
               "    // SOURCE_to_DESTINATION in x_y of the mesh.\n");
    for (uint32_t i = 0; i < p->n_nodes; i++) {
        const struct plan_unit *u = &p->unit[i];

        if (u->kind != UNIT_NONE)
            fprintf(f, "    wire [LINK_BITS-1:0] link_%u_%u_from_unit;\n", u->x, u->y);
        for (unsigned k = 0; k < 2; k++) {
            fprintf(f, "    wire [%s-1:0] ", k ? "CREDIT_BITS" : "LINK_BITS");
            for (unsigned port = 0; port < N_PORTS; port++) {
                fprintf(f, port ? ", " : "");
                out_wire(f, p, u, k ? "credit" : "link", port);
            }
            fprintf(f, ";\n");
        }
    }
    fprintf(f, "\n");
}

static void bus(FILE *f, const struct plan *p, const struct plan_unit *u,
                const char *port_of_router, const char *kind,
                void (*wire)(FILE *, const struct plan *, const struct plan_unit *, const char *,
                             unsigned))
{
    fprintf(f, "        .%s({", port_of_router);
    for (unsigned port = N_PORTS; port-- > 0;) {
        wire(f, p, u, kind, port);
        fprintf(f, port ? ", " : "})");
    }
}

static void router(FILE *f, const struct plan *p, const struct plan_unit *u)
{
    fprintf(f,
            "    router #(.FLIT_BITS(FLIT_BITS), .N_VCS(N_VCS), .VC_BITS(VC_BITS), "
            ".BUFFER_FLITS(BUFFER_FLITS),\n"
            "        .STAGES(STAGES), .YX(YX)) r_%u_%u (\n"
            "        .clk(clk), .rst(rst), .x(5'd%u), .y(5'd%u),\n"
            "        // west, south, east, north, local\n",
            u->x, u->y, u->x, u->y);
    bus(f, p, u, "in_link", "link", in_wire);
    fprintf(f, ",\n");
    bus(f, p, u, "out_link", "link", out_wire);
    fprintf(f, ",\n");
    bus(f, p, u, "in_credit", "credit", in_wire);
    fprintf(f, ",\n");
    bus(f, p, u, "out_credit", "credit", out_wire);
    fprintf(f, "\n    );\n\n");
}

void gen_top(FILE *f, const struct plan *p, const char *command)
{
    gen_header(f, p, "//", "autorac_top.sv", "the chip: routers, links and one unit a node.",
               command);
    fprintf(f, "\nmodule autorac_top (\n"
               "    input  wire        clk,\n"
               "    input  wire        rst,\n"
               "    output wire [31:0] n_logits    // logits that have arrived\n"
               ");\n");
    parameters(f, p);
    wires(f, p);
    for (uint32_t i = 0; i < p->n_nodes; i++) {
        const struct plan_unit *u = &p->unit[i];

        fprintf(f, "    // ---- node %u (%u, %u) ----\n", u->node, u->x, u->y);
        router(f, p, u);
        if (u->kind != UNIT_NONE)
            gen_tile(f, p, &p->tile[i]);
    }
    fprintf(f, "`ifndef SYNTHESIS\n"
               "`include \"autorac_images.svh\"\n"
               "`endif\n"
               "endmodule\n");
}
