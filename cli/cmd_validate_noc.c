/* SPDX-License-Identifier: Apache-2.0 */
/* cli/cmd_validate_noc.c: the mesh under synthetic traffic, alone or against recorded figures. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "sim/base/mem.h"
#include "validation/noc.h"

static const struct opt noc_opts[] = {
    {"reference", 0, "DIR", false, false, false, "replay the figures recorded there"},
    {"stress", 0, NULL, false, false, false, "every traffic at offered load 1"},
    {"mesh", 0, "K|WxH", false, false, false, "nodes (default 4)"},
    {"topology", 0, "mesh|cmesh", false, false, false, "a router a node, or 2x2 nodes"},
    {"traffic", 0, "NAME", false, false, false,
     "uniform, transpose, hotspot, alltoone or a file (default uniform)"},
    {"hotspot", 0, "NODE:WEIGHT,...", false, false, false,
     "weights of destinations; others 1 (default 5:4.2; one decimal)"},
    {"target", 0, "NODE", false, false, false, "of alltoone (default 0)"},
    {"vcs", 0, "N", false, false, false, "virtual channels (default 2)"},
    {"buffer", 0, "FLITS", false, false, false, "per channel and port (default 8)"},
    {"packet", 0, "FLITS", false, false, false, "flits a packet (default 1)"},
    {"stages", 0, "N", false, false, false, "cycles of a head in a router: 4 or 5 (default 4)"},
    {"routing", 0, "xy|yx", false, false, false, "dimension order (default xy)"},
    {"rates", 0, "A,B,...", false, false, false, "flits a node and cycle (default: tenths)"},
    {"cycles", 0, "N", false, false, false,
     "of measurement (default 30000; --reference 60000; --stress 1000000)"},
    {"seed", 0, "S", false, false, false, "of the traffic (default 1)"},
    {"csv", 0, "FILE", false, false, true, "write the curve"},
    {"h5", 0, "FILE", false, false, true, "write the curve"},
    {0},
};

/* "K" or "WxH". */
static enum err_code get_mesh(const struct args *a, uint32_t *width, uint32_t *height,
                              enum noc_topology *topology, struct err *e)
{
    const char *text = args_str(a, "mesh", "4"), *name = args_str(a, "topology", "mesh");
    char *end;
    unsigned long w = strtoul(text, &end, 10), h = *end == 'x' ? strtoul(end + 1, &end, 10) : w;

    if (*text < '0' || *text > '9' || *end || w < 1 || w > 16 || h < 1 || h > 16)
        return err_set(e, ERR_CONFIG, "--mesh: \"%s\" is not K or WxH of 1..16", text);
    *width = (uint32_t)w;
    *height = (uint32_t)h;
    for (*topology = NOC_MESH; noc_topology_name[*topology]; ++*topology)
        if (!strcmp(noc_topology_name[*topology], name))
            return ERR_OK;
    return err_set(e, ERR_CONFIG, "--topology: \"%s\" is neither mesh nor cmesh", name);
}

/* "NODE:WEIGHT,...": tenths, so that 4.2 is 42 and everybody else 10. */
static enum err_code get_weights(const struct args *a, uint32_t n_nodes, uint32_t *weight,
                                 struct err *e)
{
    const char *at = args_str(a, "hotspot", n_nodes > 5 ? "5:4.2" : "0:4.2");

    for (uint32_t i = 0; i < n_nodes; i++)
        weight[i] = 10;
    while (*at) {
        char *end;
        unsigned long node = strtoul(at, &end, 10);
        double w = *end == ':' ? strtod(end + 1, &end) : -1;

        if (node >= n_nodes || !(w >= 0 && w <= 1e6) || (*end && *end != ','))
            return err_set(e, ERR_CONFIG, "--hotspot: \"%s\" is not NODE:WEIGHT,... of %u nodes",
                           at, n_nodes);
        weight[node] = (uint32_t)(w * 10 + 0.5);
        at = *end ? end + 1 : end;
    }
    return ERR_OK;
}

static enum err_code get_rates(const struct args *a, struct validate_noc_curve *c, struct err *e)
{
    const char *at = args_str(a, "rates", "");

    while (*at) {
        char *end;
        double v = strtod(at, &end);

        if (end == at || !(v > 0 && v <= 1) || (*end && *end != ','))
            return err_set(e, ERR_CONFIG, "--rates: \"%s\" is not a list of rates up to 1", at);
        if (c->n_rates == VALIDATE_NOC_MAX_RATES)
            return err_set(e, ERR_CONFIG, "--rates: more than %d", VALIDATE_NOC_MAX_RATES);
        c->rate[c->n_rates++] = v;
        at = *end ? end + 1 : end;
    }
    return ERR_OK;
}

static enum err_code get_traffic(const struct args *a, struct traffic_cfg *t, uint32_t *weight,
                                 struct traffic_packet **trace, struct err *e)
{
    const char *name = args_str(a, "traffic", "uniform"), *routing = args_str(a, "routing", "xy");
    uint32_t width, height, vcs, buffer, stages, cycles;
    enum noc_topology topology;
    enum err_code rc;

    if ((rc = get_mesh(a, &width, &height, &topology, e)) ||
        (rc = args_range(a, "vcs", 2, 1, NOC_MAX_VCS, &vcs, e)) ||
        (rc = args_range(a, "buffer", 8, 1, NOC_MAX_BUFFER, &buffer, e)) ||
        (rc =
             args_range(a, "stages", NOC_MIN_STAGES, NOC_MIN_STAGES, NOC_MAX_STAGES, &stages, e)) ||
        (rc = args_range(a, "packet", 1, 1, 65535, &t->packet_flits, e)) ||
        (rc = args_range(a, "target", 0, 0, width * height - 1, &t->target, e)) ||
        (rc = args_range(a, "cycles", 30000, 1, 1000000000, &cycles, e)) ||
        (rc = get_weights(a, width * height, weight, e)) ||
        (rc = args_u64(a, "seed", 1, &t->seed, e)))
        return rc;
    if (strcmp(routing, "xy") != 0 && strcmp(routing, "yx") != 0)
        return err_set(e, ERR_CONFIG, "--routing: \"%s\" is neither xy nor yx", routing);
    t->noc = validate_noc_mesh(width, height, vcs, buffer);
    t->noc.topology = topology;
    t->noc.stages = stages;
    t->noc.routing = routing[0] == 'x' ? NOC_XY : NOC_YX;
    t->weight = weight;
    t->warmup_cycles = 10000;
    t->measure_cycles = cycles;
    t->drain_cycles = 10 * (uint64_t)cycles;
    t->pattern = traffic_find(name);
    if (t->pattern < TRAFFIC_TRACE)
        return ERR_OK;
    t->pattern = TRAFFIC_TRACE;
    t->warmup_cycles = 0;
    rc = traffic_load_trace(name, width * height, trace, &t->n_trace, e);
    t->trace = *trace;
    if (!rc && t->n_trace && t->trace[t->n_trace - 1].at_cycles >= t->measure_cycles)
        t->measure_cycles = t->trace[t->n_trace - 1].at_cycles + 1;
    return rc;
}

static enum err_code curve(const struct args *a, struct err *e)
{
    struct validate_noc_curve c = {0};
    struct validate_noc_result *r = mem_alloc(1, sizeof *r);
    struct traffic_packet *trace = NULL;
    const char *csv = args_str(a, "csv", NULL), *h5 = args_str(a, "h5", NULL);
    uint32_t weight[256];
    enum err_code rc;

    if ((rc = get_traffic(a, &c.traffic, weight, &trace, e)) || (rc = get_rates(a, &c, e)) ||
        (rc = validate_noc_curve(&c, r, stdout, e)))
        goto out;
    if (csv && (rc = validate_noc_write_csv(&c, r, csv, e)))
        goto out;
    if (h5)
        rc = validate_noc_write_h5(&c, r, h5, e);
out:
    free(trace);
    free(r);
    return rc;
}

static enum err_code reference(const struct args *a, struct err *e)
{
    struct validate_noc_reference v = {.dir = args_str(a, "reference", NULL)};
    uint32_t weight[256], cycles;
    enum err_code rc;

    v.hotspot = weight;
    if ((rc = get_weights(a, 256, weight, e)) ||
        (rc = args_range(a, "cycles", 60000, 1, 1000000000, &cycles, e)) ||
        (rc = args_u64(a, "seed", 1, &v.seed, e)))
        return rc;
    v.measure_cycles = cycles;
    return validate_noc_reference(&v, stdout, e);
}

static enum err_code stress(const struct args *a, struct err *e)
{
    uint32_t width, height, cycles;
    enum noc_topology topology;
    uint64_t seed;
    enum err_code rc;

    if ((rc = get_mesh(a, &width, &height, &topology, e)) ||
        (rc = args_range(a, "cycles", 1000000, 1, 1000000000, &cycles, e)) ||
        (rc = args_u64(a, "seed", 1, &seed, e)))
        return rc;
    return validate_noc_stress(topology, width, height, cycles, seed, stdout, e);
}

static enum err_code noc_run(const struct args *a, struct err *e)
{
    if (args_has(a, "stress"))
        return stress(a, e);
    return args_has(a, "reference") ? reference(a, e) : curve(a, e);
}

const struct cmd cmd_validate_noc = {
    .name = "validate noc",
    .pos = "",
    .summary = "latency, saturation and progress of the mesh under synthetic traffic",
    .details =
        "Without --reference or --stress: the latency at each rate, and the rate of saturation. A\n"
        "point is unstable when its mean latency is above 500 cycles or the mesh does not drain.\n"
        "--traffic FILE replays a trace: lines \"CYCLE SRC DST FLITS\", by cycle; # begins a "
        "comment.\n"
        "--reference DIR: every figure recorded from BookSim2 there, with its deviation; exit 1 "
        "when\n"
        "one is out of bounds. --stress: exit 1, naming the buffers that wait for each other, "
        "when\n"
        "the mesh stops making progress.",
    .opts = noc_opts,
    .run = noc_run,
};
