/* SPDX-License-Identifier: Apache-2.0 */
/* Routers of the library in lockstep with arch/noc.
 *
 * The model runs first, its sources and sinks included, and everything it does is kept: what enters
 * the mesh, and what its switches grant. Then the RTL gets the same inputs in the same cycles, and
 * every link and credit register of every router is compared after every edge. A grant in cycle c
 * is in those registers at c+2. */

#include <inttypes.h>
#include <stdlib.h>

#include "arch/traffic.h"
#include "rtlgen/mesh.h"
#include "sim/base/file.h"
#include "sim/base/mem.h"
#include "validation/rtl.h"
#include "validation/rtl_router.h"

enum { N_CYCLES = 1500, REGISTER_CYCLES = 2, MARGIN = 16, MAX_NODES = 24 };

struct step { /* links and credits by router, the others by node */
    struct mesh_wire link[MAX_NODES][NOC_MAX_PORTS], credit[MAX_NODES][NOC_MAX_PORTS];
    struct flit in[MAX_NODES];
    bool is_in[MAX_NODES];
    uint8_t sunk[MAX_NODES]; /* 1 + VC of the sink's credit; 0: none */
};

struct router_draw {
    struct traffic_cfg traffic;
    struct mesh_rtl_cfg rtl;
    struct topology topology;
    uint32_t weight[MAX_NODES];
    struct step *step; /* (N_CYCLES + MARGIN) what is visible, or in the register, in a cycle */
    uint64_t n_flits;
    double accepted;
    const char *dir;
    struct mesh_rtl *mesh;
    char difference[160]; /* "": equal */
};

/* ---- the model ---- */

static void tap_inject(void *self, uint32_t node, const struct flit *f, uint64_t at_cycles)
{
    struct router_draw *d = self;

    if (at_cycles < N_CYCLES + MARGIN) {
        d->step[at_cycles].in[node] = *f;
        d->step[at_cycles].is_in[node] = true;
    }
}

static void tap_sink(void *self, uint32_t node, uint32_t vc, uint64_t at_cycles)
{
    struct router_draw *d = self;

    if (at_cycles < N_CYCLES + MARGIN)
        d->step[at_cycles].sunk[node] = (uint8_t)(1 + vc);
}

static void tap_grant(void *self, uint32_t router, uint32_t in_port, uint32_t in_vc,
                      uint32_t out_port, const struct flit *f, uint64_t now_cycles)
{
    struct router_draw *d = self;
    uint64_t mask = d->rtl.flit_bits == 64 ? UINT64_MAX : ((uint64_t)1 << d->rtl.flit_bits) - 1;
    struct step *s;

    if (now_cycles + REGISTER_CYCLES >= N_CYCLES + MARGIN)
        return;
    s = &d->step[now_cycles + REGISTER_CYCLES];
    s->link[router][out_port] = (struct mesh_wire){
        .valid = true, .head = f->head, .tail = f->tail, .vc = f->vc, .payload = f->payload & mask};
    s->credit[router][in_port] = (struct mesh_wire){.valid = true, .vc = in_vc};
    d->n_flits += now_cycles + REGISTER_CYCLES < N_CYCLES;
}

static enum err_code run_model(struct router_draw *d, struct err *e)
{
    const struct traffic_tap tap = {
        .self = d, .inject = tap_inject, .sink = tap_sink, .grant = tap_grant};
    struct traffic_result r;
    enum err_code rc;

    d->step = mem_alloc(N_CYCLES + MARGIN, sizeof *d->step);
    d->traffic.tap = &tap;
    rc = traffic_run(&d->traffic, &r, e);
    d->traffic.tap = NULL;
    d->accepted = r.accepted;
    return rc;
}

/* ---- the RTL ---- */

static bool same(const struct mesh_wire *a, const struct mesh_wire *b)
{
    return a->valid == b->valid && (!a->valid || (a->vc == b->vc && a->head == b->head &&
                                                  a->tail == b->tail && a->payload == b->payload));
}

static void note(struct router_draw *d, uint64_t cycle, uint32_t router, uint32_t port,
                 const char *what, const struct mesh_wire *model, const struct mesh_wire *rtl)
{
    uint32_t w = d->topology.router_cols;

    snprintf(d->difference, sizeof d->difference,
             "cycle %" PRIu64 ": router (%u,%u) %s %s: model %d vc %u %d%d %" PRIx64
             ", rtl %d vc %u %d%d %" PRIx64,
             cycle, router % w, router / w, noc_port_name[port], what, model->valid, model->vc,
             model->head, model->tail, model->payload, rtl->valid, rtl->vc, rtl->head, rtl->tail,
             rtl->payload);
}

static void compare_cycle(struct router_draw *d, const struct mesh_rtl *m, uint64_t cycle)
{
    const struct step *s = &d->step[cycle];

    for (uint32_t i = 0; i < d->topology.n_routers && !d->difference[0]; i++)
        for (uint32_t p = 0; p < d->topology.n_ports && !d->difference[0]; p++) {
            struct mesh_wire link = mesh_rtl_link(m, i, p), credit = mesh_rtl_credit(m, i, p);

            if (!same(&s->link[i][p], &link))
                note(d, cycle, i, p, "flit", &s->link[i][p], &link);
            else if (!same(&s->credit[i][p], &credit))
                note(d, cycle, i, p, "credit", &s->credit[i][p], &credit);
        }
}

enum err_code router_draw_build(struct router_draw *d, const char *cache_dir, struct loop *l,
                                struct err *e)
{
    char *work = mem_printf("%s/build", d->dir);
    enum err_code rc = mesh_rtl_open(&d->mesh, &d->rtl, d->dir, work, cache_dir, l, e);

    free(work);
    return rc;
}

bool router_draw_equal(struct router_draw *d, const char *plusarg)
{
    uint32_t n = d->traffic.noc.width * d->traffic.noc.height;

    mesh_rtl_start(d->mesh, plusarg);
    d->difference[0] = '\0';
    for (uint64_t c = 0; c < N_CYCLES && !d->difference[0]; c++) {
        for (uint32_t i = 0; i < n; i++) {
            if (d->step[c].is_in[i])
                mesh_rtl_inject(d->mesh, i, &d->step[c].in[i]);
            if (d->step[c].sunk[i])
                mesh_rtl_sink_credit(d->mesh, i, d->step[c].sunk[i] - 1u);
        }
        mesh_rtl_edge(d->mesh, c);
        compare_cycle(d, d->mesh, c);
    }
    mesh_rtl_stop(d->mesh);
    return !d->difference[0];
}

/* ---- drawing ---- */

static void draw_config(struct router_draw *d, struct rng *r)
{
    static const uint32_t buffers[] = {1, 2, 3, 4, 5, 8, 16};
    struct traffic_cfg *t = &d->traffic;
    struct noc_cfg *n = &t->noc;
    uint32_t sharing = rng_between(r, 0, 2);

    n->topology = rng_below(r, 2) ? NOC_MESH : NOC_CMESH;
    n->width = rng_between(r, 1, n->topology == NOC_CMESH ? 6 : 4);
    n->height = rng_between(r, n->width == 1 ? 2 : 1, 4);
    n->n_vcs = rng_between(r, 1, NOC_MAX_VCS);
    n->buffer_flits = buffers[rng_below(r, sizeof buffers / sizeof *buffers)];
    n->stages = rng_between(r, NOC_MIN_STAGES, NOC_MAX_STAGES);
    n->routing = rng_below(r, 2) ? NOC_XY : NOC_YX;
    n->eject_credits = rng_below(r, 2) != 0;
    for (uint32_t v = 0; v < n->n_vcs && v < NOC_MAX_VCS;
         v++) { /* its own, any, or some with its own */
        uint32_t all = (1u << n->n_vcs) - 1, own = 1u << v;

        n->vc_mask[v] = (uint8_t)(sharing == 0   ? own
                                  : sharing == 1 ? all
                                                 : own | (rng_below(r, 256) & all));
    }
    t->pattern = (enum traffic_pattern)rng_between(r, TRAFFIC_UNIFORM, TRAFFIC_ALLTOONE);
    if (n->width != n->height && t->pattern == TRAFFIC_TRANSPOSE)
        t->pattern = TRAFFIC_UNIFORM;
    t->packet_flits = rng_between(r, 1, 9);
    t->rate = rng_between(r, 0, 4) == 4 ? 1 : (double)rng_between(r, 1, 40) / 40;
    t->target = rng_between(r, 0, n->width * n->height - 1);
    for (uint32_t i = 0; i < MAX_NODES; i++)
        d->weight[i] = rng_between(r, 1, 5);
    t->weight = d->weight;
    t->measure_cycles = N_CYCLES;
    t->max_latency = 1e18;
    t->seed = rng_u64(r);
    d->rtl.noc = *n;
    d->topology = topology_new(n->topology, n->routing, n->width, n->height);
    d->rtl.flit_bits = rng_below(r, 2) ? 32 : 64;
}

enum err_code router_draw_new(struct router_draw **out, struct rng *r, const char *fault,
                              const char *dir, struct err *e)
{
    struct router_draw *d = mem_alloc(1, sizeof *d);
    enum err_code rc;

    d->rtl.fault = fault;
    d->dir = dir;
    draw_config(d, r);
    if ((rc = run_model(d, e))) {
        router_draw_free(d);
        d = NULL;
    }
    *out = d;
    return rc;
}

enum err_code router_draw_write(const struct router_draw *d, struct err *e)
{
    return mesh_rtl_write(&d->rtl, d->dir, e);
}

const char *router_draw_difference(const struct router_draw *d)
{
    return d->difference;
}

void router_draw_free(struct router_draw *d)
{
    if (!d)
        return;
    mesh_rtl_close(d->mesh);
    free(d->step);
    free(d);
}

void router_draw_text(const struct router_draw *d, char text[64])
{
    const struct noc_cfg *n = &d->traffic.noc;

    snprintf(text, 64, "%s %ux%u vcs %u buffer %u", noc_topology_name[n->topology], n->width,
             n->height, n->n_vcs, n->buffer_flits);
}

static void report(FILE *out, uint32_t k, const struct router_draw *d)
{
    const struct noc_cfg *n = &d->traffic.noc;

    fprintf(out,
            "%4u  %-5s %ux%u %s %u stages  vcs %u buffer %-2u flit %u %s  %-9s packets %u "
            "rate %.3f accepted %.3f  %7" PRIu64 " flits  ",
            k, noc_topology_name[n->topology], n->width, n->height,
            n->routing == NOC_XY ? "xy" : "yx", n->stages, n->n_vcs, n->buffer_flits,
            d->rtl.flit_bits, n->eject_credits ? "sinks give credits" : "open sinks",
            traffic_name(d->traffic.pattern), d->traffic.packet_flits, d->traffic.rate, d->accepted,
            d->n_flits);
    if (d->difference[0])
        fprintf(out, "DIFFERENT at %s (%s)\n", d->difference, d->dir);
    else
        fprintf(out, "equal\n");
    fflush(out);
}

enum err_code validate_rtl_router(const struct validate_rtl *v, struct loop *l, FILE *out,
                                  struct err *e)
{
    struct rng root = rng_new(v->seed);
    uint32_t n_equal = 0;
    char *cache = mem_printf("%s/cache", v->out_dir);
    enum err_code rc = file_mkdirs(v->out_dir, e);

    for (uint32_t k = 0; k < v->n_designs && !rc; k++) {
        char *dir = mem_printf("%s/draw_%04u", v->out_dir, k);
        struct rng r = rng_child_n(&root, "router", k);
        struct router_draw *d = NULL;
        bool equal;

        if (!(rc = router_draw_new(&d, &r, v->inject, dir, e)) && !(rc = router_draw_write(d, e)) &&
            !(rc = router_draw_build(d, v->cache_dir ? v->cache_dir : cache, l, e))) {
            equal = router_draw_equal(d, NULL);
            report(out, k, d);
            n_equal += equal;
            if (equal)
                rc = file_remove_tree(dir, e);
        }
        router_draw_free(d);
        free(dir);
    }
    free(cache);
    if (rc)
        return rc;
    fprintf(out, "%u of %u draws equal\n", n_equal, v->n_designs);
    if (n_equal < v->n_designs)
        return err_set(e, ERR_MISMATCH, "%u of %u draws differ between model and RTL",
                       v->n_designs - n_equal, v->n_designs);
    return ERR_OK;
}
