/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arch/chip.h"
#include "arch/cost.h"
#include "arch/map.h"
#include "sim/base/mem.h"
#include "sim/base/rng.h"
#include "validation/cost.h"

enum {
    MAX_LAYERS = 16,
    N_REQUESTS = 8,
    TILE_CELLS = 16 * 128 * 128, /* as reference/neurosim-chip.yaml says */
    SPACED_CYCLES = 20000,       /* between requests: each finds the chip empty */
    SEED = 1,
};

/* One entry of the reference's runs; NAN: not recorded. */
struct reference {
    uint32_t layer[MAX_LAYERS], n_layers, side;
    double latency_ns, buffer_ns, adc_ns, interval_ns;
    double energy_nj, adc_nj, accumulation_nj, other_nj, area_mm2, utilisation;
};

static enum err_code read_reference(const struct cfg_node *n, struct reference *r, struct err *e)
{
    const struct {
        const char *key;
        double *to;
    } at[] = {{"latency_ns", &r->latency_ns}, {"buffer_ns", &r->buffer_ns},
              {"adc_ns", &r->adc_ns},         {"interval_ns", &r->interval_ns},
              {"energy_nj", &r->energy_nj},   {"adc_nj", &r->adc_nj},
              {"other_nj", &r->other_nj},     {"accumulation_nj", &r->accumulation_nj},
              {"area_mm2", &r->area_mm2},     {"utilisation", &r->utilisation}};
    const struct cfg_node *layers = cfg_get(n, "layers"), *side = cfg_get(n, "side");
    enum err_code rc;
    uint64_t v;

    *r = (struct reference){0};
    if (!layers || !side || cfg_len(layers) < 2 || cfg_len(layers) > MAX_LAYERS)
        return err_set(e, ERR_CONFIG, "%s: expected side and 2 to %d layers", cfg_where(n),
                       MAX_LAYERS);
    for (size_t i = 0; i < cfg_len(layers); i++) {
        if ((rc = cfg_u64(cfg_at(layers, i), &v, e)))
            return rc;
        if (v < 1 || v > 4096)
            return err_set(e, ERR_CONFIG, "%s: a layer is outside 1..4096", cfg_where(layers));
        r->layer[r->n_layers++] = (uint32_t)v;
    }
    if ((rc = cfg_u64(side, &v, e)))
        return rc;
    r->side = (uint32_t)v;
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        const struct cfg_node *f = cfg_get(n, at[i].key);

        *at[i].to = NAN;
        if (f && (rc = cfg_f64(f, at[i].to, e)))
            return rc;
    }
    return ERR_OK;
}

/* ---- the network ---- */

/* One multiplier for all outputs: a typical sum becomes a code of about a third of the range. */
static void scale_layer(struct workload *w, struct wl_op *o, double power)
{
    double factor = 100 / power;

    o->n_mult = o->n_out;
    o->mult = arena_alloc(w->arena, o->n_out, sizeof *o->mult);
    for (o->shift = 40; o->shift > 1 && ldexp(factor, (int)o->shift) > 65535;)
        o->shift--;
    for (uint32_t m = 0; m < o->n_out; m++)
        o->mult[m] = (uint16_t)nearbyint(ldexp(factor, (int)o->shift));
}

static void add_layer(struct workload *w, uint32_t n_out, bool last, struct rng *r)
{
    enum { TOP = 127, CODES = 256 };
    struct wl_op *o = &w->op[w->n_ops];
    struct wl_tensor *in = &w->tensor[w->n_ops], *t = in + 1;
    size_t n = (size_t)n_out * in->dim;
    double power = sqrt(in->dim / 9.0) * TOP * CODES; /* deviation of a sum */

    *o = (struct wl_op){.kind = WL_MVM,
                        .block = last ? 0 : w->n_ops + 1,
                        .n_inputs = 1,
                        .input = {w->n_ops},
                        .output = w->n_ops + 1,
                        .n_in = in->dim,
                        .n_out = n_out,
                        .n_vec = 1,
                        .raw = last,
                        .weight_bits = 8};
    snprintf(o->name, sizeof o->name, "fc%u", w->n_ops + 1);
    snprintf(o->role, sizeof o->role, last ? "final" : "fc");
    *t = (struct wl_tensor){.rows = 1, .dim = n_out, .bits = last ? 32 : 8, .scale = 1 / power};
    memcpy(t->name, o->name, sizeof t->name);
    o->weight = arena_alloc(w->arena, n, sizeof *o->weight);
    o->bias = arena_alloc(w->arena, n_out, sizeof *o->bias);
    for (size_t i = 0; i < n; i++)
        o->weight[i] = (int8_t)((int)rng_below(r, 2 * TOP + 1) - TOP);
    if (last)
        w->logit_scale = 1 / power;
    else
        scale_layer(w, o, power);
    w->n_ops++;
    w->n_tensors++;
}

struct workload *validate_cost_mlp(const uint32_t *layer, uint32_t n_layers, uint64_t seed,
                                   uint32_t n_requests)
{
    struct workload *w = workload_new("mlp");
    struct rng root = rng_new(seed), weights = rng_child(&root, "weights");
    struct rng requests = rng_child(&root, "requests");
    struct workload_scratch *s;

    w->tensor = arena_alloc(w->arena, n_layers + 1u, sizeof *w->tensor);
    w->op = arena_alloc(w->arena, n_layers, sizeof *w->op);
    w->n_tensors = 1;
    w->n_dense = layer[0];
    w->tensor[0] =
        (struct wl_tensor){.name = "dense", .rows = 1, .dim = layer[0], .bits = 8, .scale = 1};
    for (uint32_t i = 1; i < n_layers; i++)
        add_layer(w, layer[i], i == n_layers - 1 && layer[i] == 1, &weights);
    if (layer[n_layers - 1] != 1)
        add_layer(w, 1, true, &weights);
    w->n_requests = n_requests;
    w->dense = arena_alloc(w->arena, (size_t)n_requests * w->n_dense, 1);
    w->lookup = arena_alloc(w->arena, 1, sizeof *w->lookup);
    w->label = arena_alloc(w->arena, n_requests, 1);
    w->expected = arena_alloc(w->arena, n_requests, sizeof *w->expected);
    s = workload_scratch_new(w);
    for (uint32_t i = 0; i < n_requests; i++) {
        uint8_t *dense = w->dense + (size_t)i * w->n_dense;

        for (uint32_t k = 0; k < w->n_dense; k++)
            dense[k] = (uint8_t)rng_below(&requests, 256);
        w->expected[i] = workload_logit(w, s, w->lookup, dense);
    }
    workload_scratch_free(s);
    return w;
}

/* ---- our figures ---- */

struct ours {
    double latency_ns, convert_ns, requant_ns, interval_ns;
    double conversions, utilisation; /* conversions: an inference */
    uint32_t adc_bits, n_tiles;
    struct cost set, same; /* of N_REQUESTS */
};

/* The layers follow each other: reading and converting, then row blocks and requantisation. */
static void split_latency(const struct plan *p, struct ours *o)
{
    double ns = 1000 / p->config.clock_mhz;

    for (uint32_t op = 0; op < p->workload->n_ops; op++) {
        uint32_t convert = 0, requant = 0;

        for (uint32_t i = 0; i < p->n_units; i++) {
            const struct plan_mvm *m = &p->unit[i].mvm;
            uint32_t r;

            if (p->unit[i].kind != UNIT_MVM || p->unit[i].op != op)
                continue;
            r = (m->n_rb + m->n_partial) * m->n_cb * m->groups * m->copies;
            requant = r > requant ? r : requant;
            convert = m->vec_cycles - r > convert ? m->vec_cycles - r : convert;
        }
        o->convert_ns += convert * ns;
        o->requant_ns += requant * ns;
    }
}

static void take(const struct chip *c, const struct params *q, const struct params *same,
                 bool spaced, struct ours *o)
{
    const struct plan *p = chip_plan(c);
    const uint64_t *start = chip_start_cycles(c), *finish = chip_finish_cycles(c);
    double ns = 1000 / p->config.clock_mhz;

    if (!spaced) {
        o->interval_ns = ns * (double)(finish[N_REQUESTS - 1] - finish[0]) / (N_REQUESTS - 1);
        return;
    }
    o->latency_ns = ns * (double)(finish[0] - start[0]);
    split_latency(p, o);
    for (uint32_t i = 0; i < p->n_units; i++) {
        o->conversions += (double)chip_counts(c, i)->n_conversions / N_REQUESTS;
        o->n_tiles += i < p->n_nodes && p->unit[i].kind == UNIT_MVM;
    }
    o->utilisation = (double)p->n_cells_used / (double)p->n_cells;
    o->adc_bits = p->config.mvm_adc_bits;
    cost_of(p, q, chip_counts(c, 0), chip_n_cycles(c), &o->set);
    cost_of(p, same, chip_counts(c, 0), chip_n_cycles(c), &o->same);
}

static enum err_code simulate(const struct workload *w, struct chip_config config, bool spaced,
                              const struct params *q, const struct params *same, struct loop *l,
                              struct ours *o, struct err *e)
{
    struct plan *p = NULL;
    struct sim *s = NULL;
    struct chip *c = NULL;
    enum err_code rc;

    config.io_interval_cycles = spaced ? SPACED_CYCLES : 0;
    if (!(rc = plan_new(&p, w, &config, e)) && !(rc = sim_new(&s, &(struct sim_cfg){0}, e)) &&
        !(rc = chip_new(&c, p, s, false, e)) && !(rc = chip_run(c, l, e)))
        take(c, q, same, spaced, o);
    for (uint32_t i = 0; !rc && i < N_REQUESTS; i++)
        if (chip_logits(c)[i] != w->expected[i])
            rc = err_set(e, ERR_MISMATCH, "request %u: logit %d, expected %d", i, chip_logits(c)[i],
                         w->expected[i]);
    chip_free(c);
    sim_free(s);
    plan_free(p);
    return rc;
}

/* ---- the table ---- */

static const char *figure(double v, char text[24])
{
    if (isnan(v))
        return "-";
    snprintf(text, 24, "%.4g", v);
    return text;
}

static void row(FILE *out, const char *name, double set, double same, double published,
                const char *why)
{
    char a[24], b[24], c[24];

    fprintf(out, "  %-28s %10s %14s %10s  %s\n", name, figure(set, a), figure(same, b),
            figure(published, c), why);
}

static void print_time(FILE *out, const struct reference *r, const struct ours *o)
{
    double moving = o->latency_ns - o->convert_ns - o->requant_ns;

    row(out, "latency, ns", o->latency_ns, o->latency_ns, r->latency_ns,
        "one request on an empty chip");
    row(out, "  reading, converting", o->convert_ns, o->convert_ns, r->adc_ns,
        "8 bits x 8 columns a layer in both; a 10 ns array read a bit here");
    row(out, "  row blocks, requantising", o->requant_ns, o->requant_ns, NAN,
        "8 lanes walk every crossbar's outputs here; adder trees there");
    row(out, "  operands, network", moving, moving, r->buffer_ns,
        "packets of 64-bit words here; register-file buffers there");
    row(out, "interval, ns", o->interval_ns, o->interval_ns, r->interval_ns,
        "pipelined: the slowest layer and its operands");
}

static void print_energy(FILE *out, const struct reference *r, const struct ours *o)
{
    const struct cost *k[2] = {&o->set, &o->same};
    double nj[2][4], pj[2];

    for (int i = 0; i < 2; i++) {
        double scale = 1e-3 / N_REQUESTS;

        nj[i][0] = (k[i]->total_energy_pj - k[i]->leakage_pj) * scale;
        nj[i][1] = k[i]->energy_pj[COST_ADC] * scale;
        nj[i][2] = k[i]->energy_pj[COST_ACCUMULATION] * scale;
        nj[i][3] = nj[i][0] - nj[i][1] - nj[i][2];
        pj[i] = nj[i][1] * 1e3 / o->conversions;
    }
    row(out, "dynamic energy, nJ", nj[0][0], nj[1][0], r->energy_nj, "");
    row(out, "  ADC", nj[0][1], nj[1][1], r->adc_nj,
        "8 columns a weight (pairs) here, 4 there; and the energy a conversion, below");
    row(out, "  accumulation", nj[0][2], nj[1][2], r->accumulation_nj,
        "a shift-and-add a conversion, a 48-bit requantisation a result");
    row(out, "  other", nj[0][3], nj[1][3], r->other_nj,
        "row drives of 0.39 pJ at a 100 ns cycle (ISAAC); buffers, routers");
    row(out, "conversions", o->conversions, o->conversions, NAN,
        "columns in use x input bits x row blocks; a 16-1 layer for the logit where there is none");
    row(out, "pJ a conversion", pj[0], pj[1], r->adc_nj * 2e3 / o->conversions,
        "there: if it makes half our conversions. Its formula at 22 nm: 0.35 for 9 bits and a "
        "column of 1.56 kohm, 0.08 for 6 bits and 10 kohm; its run's bits and columns were not "
        "recorded");
}

static void print_area(FILE *out, const struct ours *o)
{
    char name[40];

    for (int i = 0; i < COST_N_PARTS; i++) {
        if (o->set.area_um2[i] <= 0)
            continue;
        snprintf(name, sizeof name, "  %s", cost_part_name((enum cost_part)i));
        row(out, name, o->set.area_um2[i] * 1e-6, o->same.area_um2[i] * 1e-6, NAN, "");
    }
}

static void print_run(FILE *out, const struct reference *r, const struct ours *o)
{
    fprintf(out, "\nNeuroSim: ");
    for (uint32_t i = 0; i < r->n_layers; i++)
        fprintf(out, "%s%u", i ? "-" : "", r->layer[i]);
    fprintf(out, ", arrays of %u x %u; lossless ADC of %u bits and %u matrix tiles here\n\n",
            r->side, r->side, o->adc_bits, o->n_tiles);
    fprintf(out, "  %-28s %10s %14s %10s  %s\n", "", "this set", "ADC and 22 nm", "NeuroSim",
            "what differs");
    print_time(out, r, o);
    print_energy(out, r, o);
    row(out, "area, mm2", o->set.total_area_um2 * 1e-6, o->same.total_area_um2 * 1e-6, r->area_mm2,
        "twice the columns, a mesh of routers; the set is of 32 nm");
    print_area(out, o);
    row(out, "cells used of those built", o->utilisation, o->utilisation, r->utilisation,
        "whole tiles of equal size here");
}

static enum err_code one_run(const struct cfg_node *n, const char *chip, const struct params *q,
                             const struct params *same, struct loop *l, FILE *out, struct err *e)
{
    struct reference r;
    struct chip_config config;
    struct workload *w;
    struct ours o = {0};
    char rows[32], cols[32];
    const char *sets[] = {rows, cols};
    enum err_code rc;

    if ((rc = read_reference(n, &r, e)))
        return rc;
    snprintf(rows, sizeof rows, "mvm.rows=%u", r.side);
    snprintf(cols, sizeof cols, "mvm.cols=%u", r.side);
    if ((rc = chip_config_load(chip, sets, 2, &config, e)))
        return rc;
    config.mvm_xbars = TILE_CELLS / (r.side * r.side);
    config.mvm_adc_bits = chip_lossless_adc_bits(&config);
    w = validate_cost_mlp(r.layer, r.n_layers, SEED, N_REQUESTS);
    if (!(rc = workload_check(w, e)) && !(rc = simulate(w, config, true, q, same, l, &o, e)) &&
        !(rc = simulate(w, config, false, q, same, l, &o, e)))
        print_run(out, &r, &o);
    workload_free(w);
    return rc;
}

enum err_code validate_cost_neurosim(const char *params_dir, const struct params *q,
                                     const struct params *same, struct loop *l, FILE *out,
                                     struct err *e)
{
    char *path = mem_printf("%s/reference/neurosim.yaml", params_dir);
    char *chip = mem_printf("%s/reference/neurosim-chip.yaml", params_dir);
    struct cfg *c = NULL;
    enum err_code rc = cfg_load(&c, path, e);

    if (!rc) {
        const struct cfg_node *runs = cfg_get(cfg_root(c), "runs");

        if (!runs || !cfg_is_seq(runs))
            rc = err_set(e, ERR_CONFIG, "%s: expected a list, runs", path);
        for (size_t i = 0; !rc && i < cfg_len(runs); i++)
            rc = one_run(cfg_at(runs, i), chip, q, same, l, out, e);
    }
    cfg_free(c);
    free(path);
    free(chip);
    return rc;
}
