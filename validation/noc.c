/* SPDX-License-Identifier: Apache-2.0 */
#include "validation/noc.h"

#include <inttypes.h>
#include <stdlib.h>

#include "sim/base/file.h"
#include "sim/base/mem.h"
#include "traces/h5.h"

struct noc_cfg validate_noc_mesh(uint32_t width, uint32_t height, uint32_t vcs, uint32_t buffer)
{
    struct noc_cfg c = {.width = width,
                        .height = height,
                        .n_vcs = vcs,
                        .buffer_flits = buffer,
                        .stages = NOC_MIN_STAGES,
                        .eject_credits = true};

    for (uint32_t v = 0; v < vcs; v++)
        c.vc_mask[v] = (uint8_t)((1u << vcs) - 1);
    return c;
}

/* ---- one point ---- */

static enum err_code check_moves(const struct traffic_cfg *c, const struct traffic_result *r,
                                 struct err *e)
{
    if (r->stuck)
        return err_set(e, ERR_MISMATCH, "%s at rate %g: nothing moves in cycle %" PRIu64 ": %s",
                       traffic_name(c->pattern), c->rate, r->n_cycles, r->stuck_text);
    return ERR_OK;
}

static enum err_code run_point(const struct traffic_cfg *cfg, double rate,
                               struct validate_noc_point *p, struct err *e)
{
    struct traffic_cfg c = *cfg;
    enum err_code rc;

    c.rate = rate;
    p->rate = rate;
    rc = traffic_run(&c, &p->r, e);
    return rc ? rc : check_moves(&c, &p->r, e);
}

enum err_code validate_noc_saturation(const struct traffic_cfg *cfg, double lo, double hi,
                                      double relative, double *out, struct err *e)
{
    struct validate_noc_point p;

    while (hi - lo > relative * hi) {
        double mid = (lo + hi) / 2;
        enum err_code rc = run_point(cfg, mid, &p, e);

        if (rc)
            return rc;
        if (p.r.stable)
            lo = mid;
        else
            hi = mid;
    }
    *out = lo;
    return ERR_OK;
}

/* Offered load 1: what gets through. */
static enum err_code run_full(const struct traffic_cfg *cfg, double *accepted, struct err *e)
{
    struct traffic_cfg c = *cfg;
    struct validate_noc_point p;
    enum err_code rc;

    c.drain_cycles = 0;
    c.max_latency = 1e18;
    rc = run_point(&c, 1, &p, e);
    *accepted = p.r.accepted;
    return rc;
}

/* ---- curves ---- */

static void print_point(FILE *out, const struct validate_noc_point *p)
{
    const struct traffic_result *r = &p->r;

    fprintf(out, "%8.4f  %-8s  %10.3f  %10.3f  %6" PRIu64 "  %7" PRIu64 "  %7.4f  %8.5f  %8.5f\n",
            p->rate, r->stable ? "yes" : "no", r->mean_cycles, r->mean_network_cycles,
            r->min_cycles, r->max_cycles, r->mean_routers, r->injected, r->accepted);
    fflush(out);
}

static void print_head(FILE *out, const struct traffic_cfg *c)
{
    fprintf(out, "%ux%u %s, %s, %u VCs of %u flits, %u stages, %s", c->noc.width, c->noc.height,
            noc_topology_name[c->noc.topology], traffic_name(c->pattern), c->noc.n_vcs,
            c->noc.buffer_flits, c->noc.stages, c->noc.routing == NOC_XY ? "xy" : "yx");
    if (c->pattern != TRAFFIC_TRACE)
        fprintf(out, ", packets of %u flits", c->packet_flits);
    fprintf(out, "\n%8s  %-8s  %10s  %10s  %6s  %7s  %7s  %8s  %8s\n", "rate", "stable", "latency",
            "network", "least", "most", "routers", "injected", "accepted");
}

enum err_code validate_noc_curve(const struct validate_noc_curve *c, struct validate_noc_result *r,
                                 FILE *out, struct err *e)
{
    bool trace = c->traffic.pattern == TRAFFIC_TRACE;
    size_t n = trace ? 1 : c->n_rates ? c->n_rates : 9;
    enum err_code rc = ERR_OK;

    *r = (struct validate_noc_result){0};
    if (!trace && ((rc = run_full(&c->traffic, &r->accepted, e)) ||
                   (rc = validate_noc_saturation(&c->traffic, 0, 1, 1. / 256, &r->saturation, e))))
        return rc;
    print_head(out, &c->traffic);
    for (size_t i = 0; i < n && !rc; i++) {
        double rate = trace ? 0 : c->n_rates ? c->rate[i] : r->saturation * (double)(i + 1) / 10;

        if (!(rc = run_point(&c->traffic, rate, &r->point[i], e)))
            print_point(out, &r->point[i]);
        r->n_points++;
    }
    if (!rc && !trace)
        fprintf(out,
                "saturation at %.4f flits a node and cycle; accepted at offered load 1: %.4f\n",
                r->saturation, r->accepted);
    return rc;
}

enum err_code validate_noc_write_csv(const struct validate_noc_curve *c,
                                     const struct validate_noc_result *r, const char *path,
                                     struct err *e)
{
    const struct traffic_cfg *t = &c->traffic;
    struct file_out o;
    enum err_code rc = file_create(&o, path, e);

    if (rc)
        return rc;
    fprintf(
        o.f,
        "width,height,topology,traffic,vcs,buffer_flits,packet_flits,stages,routing,rate,stable,"
        "latency_cycles,network_latency_cycles,min_cycles,max_cycles,routers,injected,"
        "accepted,cycles\n");
    for (size_t i = 0; i < r->n_points; i++) {
        const struct validate_noc_point *p = &r->point[i];

        fprintf(o.f,
                "%u,%u,%s,%s,%u,%u,%u,%u,%s,%.9g,%d,%.9g,%.9g,%" PRIu64 ",%" PRIu64
                ",%.9g,%.9g,%.9g,%" PRIu64 "\n",
                t->noc.width, t->noc.height, noc_topology_name[t->noc.topology],
                traffic_name(t->pattern), t->noc.n_vcs, t->noc.buffer_flits, t->packet_flits,
                t->noc.stages, t->noc.routing == NOC_XY ? "xy" : "yx", p->rate, p->r.stable,
                p->r.mean_cycles, p->r.mean_network_cycles, p->r.min_cycles, p->r.max_cycles,
                p->r.mean_routers, p->r.injected, p->r.accepted, p->r.n_cycles);
    }
    return file_commit(&o, e);
}

enum err_code validate_noc_write_h5(const struct validate_noc_curve *c,
                                    const struct validate_noc_result *r, const char *path,
                                    struct err *e)
{
    static const char *const name[] = {"/rate",     "/latency",  "/network_latency", "/routers",
                                       "/injected", "/accepted", "/stable"};
    static const char *const units[] = {"1/cycle", "cycles",  "cycles", "1",
                                        "1/cycle", "1/cycle", "1"};
    static const char *const what[] = {"flits a node offers in a cycle",
                                       "mean from creation to the tail's ejection",
                                       "mean from injection to the tail's ejection",
                                       "mean number of routers passed",
                                       "flits a node injected in a cycle",
                                       "flits a node received in a cycle",
                                       "1: drained, with a mean latency within the bound"};
    enum { N = sizeof name / sizeof *name };
    struct h5 *f = h5_create(path, "autorac-noc", 1);
    double *v = mem_alloc(r->n_points + 1, sizeof *v);

    h5_attr_text(f, "traffic", traffic_name(c->traffic.pattern));
    h5_attr_u64(f, "width", c->traffic.noc.width);
    h5_attr_u64(f, "height", c->traffic.noc.height);
    h5_attr_text(f, "topology", noc_topology_name[c->traffic.noc.topology]);
    h5_attr_u64(f, "vcs", c->traffic.noc.n_vcs);
    h5_attr_u64(f, "buffer_flits", c->traffic.noc.buffer_flits);
    h5_attr_u64(f, "packet_flits", c->traffic.packet_flits);
    h5_attr_u64(f, "stages", c->traffic.noc.stages);
    h5_attr_text(f, "routing", c->traffic.noc.routing == NOC_XY ? "xy" : "yx");
    h5_attr_f64(f, "saturation", r->saturation);
    h5_attr_f64(f, "accepted_at_load_1", r->accepted);
    for (unsigned k = 0; k < N; k++) {
        struct h5_data d = {.path = name[k],
                            .type = H5_F64,
                            .rank = 1,
                            .extent = {r->n_points},
                            .units = units[k],
                            .long_name = what[k],
                            .axis = {k ? name[0] : NULL}};

        for (size_t i = 0; i < r->n_points; i++) {
            const struct traffic_result *x = &r->point[i].r;
            const double value[N] = {r->point[i].rate, x->mean_cycles, x->mean_network_cycles,
                                     x->mean_routers,  x->injected,    x->accepted,
                                     x->stable};

            v[i] = value[k];
        }
        h5_write(f, &d, v);
    }
    free(v);
    return h5_commit(f, e);
}

/* ---- stress ---- */

enum { MAX_TRACE_PACKETS = 4000000, MEAN_FLITS = 5 };

/* Every node to its mirror image, a flit a node and cycle. */
static struct traffic_packet *stress_trace(uint32_t n_nodes, size_t n)
{
    struct traffic_packet *t = mem_alloc(n, sizeof *t);

    for (uint32_t k = 0; k < n; k++)
        t[k] = (struct traffic_packet){.at_cycles = (uint64_t)(k / n_nodes) * MEAN_FLITS,
                                       .src = k % n_nodes,
                                       .dst = n_nodes - 1 - k % n_nodes,
                                       .n_flits = 1 + k % 9};
    return t;
}

static enum err_code stress_one(struct traffic_cfg *c, bool own_channel, FILE *out, struct err *e)
{
    struct traffic_result r;
    enum err_code rc;

    if (own_channel)
        for (uint32_t v = 0; v < NOC_MAX_VCS; v++)
            c->noc.vc_mask[v] = 0;
    c->noc.eject_credits = !own_channel;
    if ((rc = traffic_run(c, &r, e)) || (rc = check_moves(c, &r, e)))
        return rc;
    fprintf(out,
            "%-10s %-12s %u VCs of %u  %9" PRIu64 " cycles  %10" PRIu64
            " flits ejected  longest pause %" PRIu64 " cycles\n",
            traffic_name(c->pattern), own_channel ? "own channel" : "any channel", c->noc.n_vcs,
            c->noc.buffer_flits, r.n_cycles, r.n_ejected, r.longest_pause_cycles);
    fflush(out);
    return ERR_OK;
}

enum err_code validate_noc_stress(enum noc_topology topology, uint32_t width, uint32_t height,
                                  uint64_t n_cycles, uint64_t seed, FILE *out, struct err *e)
{
    uint32_t n = width * height;
    uint64_t offered = n_cycles * n / MEAN_FLITS + 1;
    size_t n_trace = offered < MAX_TRACE_PACKETS ? offered : MAX_TRACE_PACKETS;
    struct traffic_packet *trace = stress_trace(n, n_trace);
    uint32_t *weight = mem_alloc(n, sizeof *weight);
    enum err_code rc = ERR_OK;

    for (uint32_t i = 0; i < n; i++)
        weight[i] = i == n / 3 ? 8 : 1;
    for (unsigned p = 0; p < TRAFFIC_N_PATTERNS && !rc; p++)
        for (unsigned own = 0; own < 2 && !rc; own++) {
            struct traffic_cfg c = {.noc = validate_noc_mesh(width, height, 1 + p % 3, 1 + p),
                                    .pattern = (enum traffic_pattern)p,
                                    .packet_flits = 1 + p,
                                    .rate = 1,
                                    .weight = weight,
                                    .trace = trace,
                                    .n_trace = n_trace,
                                    .measure_cycles = n_cycles,
                                    .max_latency = 1e18,
                                    .seed = seed};

            c.noc.topology = topology;
            if (p != TRAFFIC_TRANSPOSE || width == height)
                rc = stress_one(&c, own, out, e);
        }
    free(trace);
    free(weight);
    return rc;
}
