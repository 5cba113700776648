/* SPDX-License-Identifier: Apache-2.0 */
/* The figures recorded from BookSim2, point by point. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/file.h"
#include "sim/base/mem.h"
#include "validation/noc.h"

enum { MAX_COLUMNS = 32, MAX_GROUP = 64, STREAM_ROUTERS = 4, STREAM_FLITS = 64 };
static const double LATENCY_BOUND = 0.02, SATURATION_BOUND = 0.03, LIGHT_LOAD = 0.8;

struct replay {
    const struct validate_noc_reference *v;
    FILE *out;
    uint32_t n_points, n_bad; /* points with a bound */
};

/* ---- tables ---- */

struct table {
    char *text;
    size_t n_rows;
    char **cell; /* (n_rows, n_columns) */
    size_t n_columns;
    char *name[MAX_COLUMNS];
};

static size_t split(char *line, char **cell)
{
    size_t n = 0;

    for (char *at = line; at && n < MAX_COLUMNS; n++) {
        cell[n] = at;
        at = strchr(at, ',');
        if (at)
            *at++ = '\0';
    }
    return n;
}

static void table_fini(struct table *t)
{
    free(t->text);
    free(t->cell);
}

static enum err_code table_read(struct table *t, const char *dir, const char *file, struct err *e)
{
    char *path = mem_printf("%s/%s", dir, file), *save = NULL;
    size_t n_bytes, n_lines = 1;
    enum err_code rc;

    *t = (struct table){0};
    rc = file_read(path, &t->text, &n_bytes, e);
    free(path);
    if (rc)
        return rc;
    for (size_t i = 0; i < n_bytes; i++)
        n_lines += t->text[i] == '\n';
    t->cell = mem_alloc(n_lines * MAX_COLUMNS, sizeof *t->cell);
    for (char *line = strtok_r(t->text, "\r\n", &save); line && !rc;
         line = strtok_r(NULL, "\r\n", &save)) {
        if (!t->n_columns)
            t->n_columns = split(line, t->name);
        else if (split(line, &t->cell[t->n_rows * MAX_COLUMNS]) != t->n_columns)
            rc = err_set(e, ERR_CONFIG, "%s/%s: row %zu has not %zu columns", dir, file,
                         t->n_rows + 1, t->n_columns);
        else
            t->n_rows++;
    }
    return rc;
}

static const char *text(const struct table *t, size_t row, const char *column)
{
    for (size_t k = 0; k < t->n_columns; k++)
        if (strcmp(t->name[k], column) == 0)
            return t->cell[row * MAX_COLUMNS + k];
    return "";
}

static double number(const struct table *t, size_t row, const char *column)
{
    return strtod(text(t, row, column), NULL);
}

static uint32_t whole(const struct table *t, size_t row, const char *column)
{
    return (uint32_t)strtoul(text(t, row, column), NULL, 10);
}

/* ---- one line ---- */

/* bound 0: for information. */
static void line(struct replay *p, const char *what, double recorded, double ours, double deviation,
                 double bound)
{
    bool bad = bound > 0 && !(fabs(deviation) <= bound);

    p->n_points += bound > 0;
    p->n_bad += bad;
    fprintf(p->out, "%-58s %10.4f %10.4f %+8.2f %%  %s\n", what, recorded, ours, 100 * deviation,
            bad         ? "OUT OF BOUNDS"
            : bound > 0 ? "ok"
                        : "-");
}

/* ---- zero load ---- */

static enum err_code one_packet(uint32_t side, uint32_t stages, uint32_t src, uint32_t dst,
                                uint32_t n_flits, uint64_t *cycles, struct err *e)
{
    const struct traffic_packet t = {.src = src, .dst = dst, .n_flits = n_flits};
    struct traffic_cfg c = {.noc = validate_noc_mesh(side, side, 2, 8),
                            .pattern = TRAFFIC_TRACE,
                            .trace = &t,
                            .n_trace = 1,
                            .measure_cycles = 1,
                            .drain_cycles = 10000};
    struct traffic_result r;
    enum err_code rc;

    c.noc.stages = stages;
    rc = traffic_run(&c, &r, e);
    *cycles = r.max_cycles;
    return rc;
}

/* Every pair of an 8x8 mesh, or of those that start in one of its rows. */
static enum err_code zero_load_exact(struct replay *p, struct err *e)
{
    enum { SIDE = 8, N = SIDE * SIDE };
    enum err_code rc = ERR_OK;

    for (uint32_t stages = NOC_MIN_STAGES; stages <= NOC_MAX_STAGES; stages++)
        for (uint32_t n_flits = 1; n_flits <= 4 && !rc; n_flits += 3) {
            uint32_t n_wrong = 0, n = 0;
            char what[80];

            for (uint32_t src = 0; src < N && !rc; src += 3)
                for (uint32_t dst = 0; dst < N && !rc; dst++, n++) {
                    uint32_t routers = 1 + (uint32_t)abs((int)(src % SIDE) - (int)(dst % SIDE)) +
                                       (uint32_t)abs((int)(src / SIDE) - (int)(dst / SIDE));
                    uint64_t cycles;

                    rc = one_packet(SIDE, stages, src, dst, n_flits, &cycles, e);
                    n_wrong += !rc && cycles != 2 + stages * routers + n_flits - 1;
                }
            snprintf(what, sizeof what, "zero load: pairs at exactly 2 + %u R + %u", stages,
                     n_flits - 1);
            line(p, what, n, n - n_wrong, -(double)n_wrong / n, 1e-9);
        }
    return rc;
}

/* Recorded means against the formula at the recorded path length. */
static enum err_code zero_load(struct replay *p, struct err *e)
{
    struct table t;
    enum err_code rc = table_read(&t, p->v->dir, "zero_load.csv", e);

    for (size_t i = 0; i < t.n_rows && !rc; i++) {
        const char *tag = text(&t, i, "tag"), *flits = strstr(tag, "_p");
        uint32_t n_flits = flits ? (uint32_t)strtoul(flits + 2, NULL, 10) : 1;
        uint32_t stages = strncmp(tag, "rd1", 3) == 0 ? 5 : 4;
        double recorded = number(&t, i, "plat"), ours;
        char what[80];

        if (strncmp(tag, "rd", 2) != 0) {
            fprintf(p->out, "zero load %-48s left out: not a pipeline of this router\n", tag);
            continue;
        }
        ours = 2 + stages * number(&t, i, "hops") + n_flits - 1;
        snprintf(what, sizeof what, "zero load, mean, %s", tag);
        line(p, what, recorded, ours, ours / recorded - 1, 0.005);
    }
    table_fini(&t);
    return rc ? rc : zero_load_exact(p, e);
}

/* ---- credit loop, one channel ---- */

/* A saturated stream from one end of a row of routers to the other. */
static enum err_code stream(const struct replay *p, uint32_t vcs, uint32_t buffer, uint32_t n_flits,
                            double *accepted, struct err *e)
{
    size_t n = 40000 / n_flits;
    struct traffic_packet *t = mem_alloc(n, sizeof *t);
    struct traffic_cfg c = {.noc = validate_noc_mesh(STREAM_ROUTERS, STREAM_ROUTERS, vcs, buffer),
                            .pattern = TRAFFIC_TRACE,
                            .trace = t,
                            .n_trace = n,
                            .warmup_cycles = 1000,
                            .measure_cycles = 20000,
                            .max_latency = 1e18,
                            .seed = p->v->seed};
    struct traffic_result r;
    enum err_code rc;

    c.noc.height = 1;
    for (size_t k = 0; k < n; k++)
        t[k] = (struct traffic_packet){.dst = STREAM_ROUTERS - 1, .n_flits = n_flits};
    rc = traffic_run(&c, &r, e);
    *accepted = r.accepted * STREAM_ROUTERS;
    free(t);
    return rc;
}

static enum err_code credit_loop(struct replay *p, struct err *e)
{
    struct table t;
    enum err_code rc = table_read(&t, p->v->dir, "credit_loop.csv", e);

    for (size_t i = 0; i < t.n_rows && !rc; i++) {
        uint32_t buffer = whole(&t, i, "vc_buf_size");
        double recorded = number(&t, i, "accepted_flit_rate"), ours;
        char what[80];

        if (whole(&t, i, "credit_delay") != 1 || whole(&t, i, "speculative"))
            continue;
        rc = stream(p, 1, buffer, STREAM_FLITS, &ours, e);
        snprintf(what, sizeof what, "credit loop, 1 VC of %u flits", buffer);
        line(p, what, recorded, ours, ours / recorded - 1, SATURATION_BOUND);
    }
    table_fini(&t);
    return rc;
}

static enum err_code credit_loop_pkt(struct replay *p, struct err *e)
{
    struct table t;
    enum err_code rc = table_read(&t, p->v->dir, "credit_loop_pkt.csv", e);

    for (size_t i = 0; i < t.n_rows && !rc; i++) {
        uint32_t n_flits = whole(&t, i, "packet_size"), vcs = whole(&t, i, "num_vcs");
        uint32_t buffer = whole(&t, i, "vc_buf_size");
        double recorded = number(&t, i, "accepted_flit_rate"), ours;
        char what[80];

        if (whole(&t, i, "wait_for_tail_credit"))
            continue;
        rc = stream(p, vcs, buffer, n_flits, &ours, e);
        snprintf(what, sizeof what, "stream, %u VC of %u flits, packets of %u", vcs, buffer,
                 n_flits);
        line(p, what, recorded, ours, ours / recorded - 1, SATURATION_BOUND);
    }
    table_fini(&t);
    return rc;
}

/* ---- latency against load ---- */

static bool same_group(const struct table *t, size_t a, size_t b)
{
    static const char *const column[] = {"k", "traffic", "vcs", "buf", "pkt"};

    for (size_t k = 0; k < sizeof column / sizeof *column; k++)
        if (strcmp(text(t, a, column[k]), text(t, b, column[k])) != 0)
            return false;
    return true;
}

static enum err_code group_cfg(const struct replay *p, const struct table *t, size_t row,
                               struct traffic_cfg *c, struct err *e)
{
    const char *name = text(t, row, "traffic");
    bool one = strncmp(name, "alltoone", 8) == 0;
    uint32_t k = whole(t, row, "k"), vcs = whole(t, row, "vcs"), buffer = whole(t, row, "buf");

    *c = (struct traffic_cfg){.pattern = one ? TRAFFIC_ALLTOONE : traffic_find(name),
                              .packet_flits = whole(t, row, "pkt"),
                              .weight = p->v->hotspot,
                              .warmup_cycles = 10000,
                              .measure_cycles = p->v->measure_cycles,
                              .drain_cycles = 10 * p->v->measure_cycles,
                              .seed = p->v->seed};
    if (one && strstr(name, "node"))
        c->target = (uint32_t)strtoul(strstr(name, "node") + 4, NULL, 10);
    if (c->pattern >= TRAFFIC_TRACE || k < 1 || k > 16 || vcs < 1 || vcs > NOC_MAX_VCS ||
        buffer < 1 || buffer > NOC_MAX_BUFFER)
        return err_set(e, ERR_CONFIG, "mesh %u, traffic %s, %u VCs of %u flits: not one of ours", k,
                       name, vcs, buffer);
    c->noc = validate_noc_mesh(k, k, vcs, buffer);
    return ERR_OK;
}

struct bracket {
    double stable, unstable; /* rates */
    double accepted;         /* at offered load 1; 0: not recorded */
};

static struct bracket recorded_bracket(const struct table *t, size_t row)
{
    struct bracket b = {.unstable = INFINITY};

    for (size_t i = 0; i < t->n_rows; i++) {
        double rate = number(t, i, "rate");

        if (!same_group(t, i, row))
            continue;
        if (strcmp(text(t, i, "mode"), "throughput") == 0)
            b.accepted = number(t, i, "acc");
        else if (whole(t, i, "stable"))
            b.stable = rate > b.stable ? rate : b.stable;
        else
            b.unstable = rate < b.unstable ? rate : b.unstable;
    }
    return b;
}

static void group_name(char what[80], const struct table *t, size_t row, const char *rest)
{
    snprintf(what, 80, "%s %s VC of %s, packets of %s, %s", text(t, row, "traffic"),
             text(t, row, "vcs"), text(t, row, "buf"), text(t, row, "pkt"), rest);
}

/* A recording is a sample: it injected a little more or less than was asked for, and along paths a
 * little longer or shorter than the mean. So the load is the recorded one, and the recorded mean is
 * moved by the cycles of the difference in path length. */
static enum err_code latency_point(struct replay *p, const struct table *t, size_t row,
                                   const struct bracket *b, struct err *e)
{
    double recorded = number(t, row, "plat"), hops = number(t, row, "hops");
    double rate = number(t, row, "rate"), injected = number(t, row, "inj"), same_paths, deviation;
    struct traffic_cfg c;
    struct traffic_result r;
    char what[80], rest[32];
    enum err_code rc = group_cfg(p, t, row, &c, e);

    c.rate = injected > 0 ? injected : rate;
    if (rc || (rc = traffic_run(&c, &r, e)))
        return rc;
    snprintf(rest, sizeof rest, "rate %g", rate);
    group_name(what, t, row, rest);
    same_paths = hops > 0 ? recorded + 4 * (r.mean_routers - hops) : recorded;
    deviation = r.mean_cycles / same_paths - 1;
    line(p, what, recorded, r.mean_cycles, deviation,
         rate <= LIGHT_LOAD * b->stable ? LATENCY_BOUND : 0);
    return ERR_OK;
}

/* Ours, bisected, against the recorded bracket widened by the bound. */
static enum err_code saturation(struct replay *p, const struct table *t, size_t row,
                                const struct bracket *b, struct err *e)
{
    struct traffic_cfg c;
    struct validate_noc_point x = {0};
    char what[80];
    double ours, deviation;
    enum err_code rc = group_cfg(p, t, row, &c, e);

    if (rc || isinf(b->unstable) || !(b->stable > 0))
        return rc;
    if ((rc = validate_noc_saturation(&c, b->stable * 0.8, b->unstable * 1.2, 0.004, &ours, e)))
        return rc;
    deviation = ours < b->stable     ? ours / b->stable - 1
                : ours > b->unstable ? ours / b->unstable - 1
                                     : 0;
    group_name(what, t, row, "saturation");
    line(p, what, b->stable, ours, deviation, SATURATION_BOUND);
    if (!(b->accepted > 0))
        return ERR_OK;
    c.rate = 1;
    c.drain_cycles = 0;
    c.max_latency = 1e18;
    if ((rc = traffic_run(&c, &x.r, e)))
        return rc;
    group_name(what, t, row, "accepted at load 1");
    line(p, what, b->accepted, x.r.accepted, x.r.accepted / b->accepted - 1, SATURATION_BOUND);
    return ERR_OK;
}

static enum err_code curves(struct replay *p, struct err *e)
{
    struct table t;
    enum err_code rc = table_read(&t, p->v->dir, "mesh4x4.csv", e);

    for (size_t i = 0; i < t.n_rows && !rc; i++) {
        struct bracket b = recorded_bracket(&t, i);
        bool first = i == 0 || !same_group(&t, i, i - 1);

        if (first)
            rc = saturation(p, &t, i, &b, e);
        if (!rc && strcmp(text(&t, i, "mode"), "latency") == 0 && whole(&t, i, "stable"))
            rc = latency_point(p, &t, i, &b, e);
        fflush(p->out);
    }
    table_fini(&t);
    return rc;
}

enum err_code validate_noc_reference(const struct validate_noc_reference *v, FILE *out,
                                     struct err *e)
{
    struct replay p = {.v = v, .out = out};
    enum err_code rc;

    fprintf(out, "%-58s %10s %10s %10s\n", "", "recorded", "ours", "deviation");
    if ((rc = zero_load(&p, e)) || (rc = credit_loop(&p, e)) || (rc = credit_loop_pkt(&p, e)) ||
        (rc = curves(&p, e)))
        return rc;
    fprintf(out, "%u of %u points within bounds\n", p.n_points - p.n_bad, p.n_points);
    if (p.n_bad)
        return err_set(e, ERR_MISMATCH, "%u of %u points out of bounds", p.n_bad, p.n_points);
    return ERR_OK;
}
