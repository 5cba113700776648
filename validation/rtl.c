/* SPDX-License-Identifier: Apache-2.0 */
#define _XOPEN_SOURCE 700 /* nftw */

#include "validation/rtl.h"

#include <assert.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "arch/chip.h"
#include "arch/map.h"
#include "arch/noc.h"
#include "rtlgen/cosim.h"
#include "rtlgen/gen.h"
#include "sim/base/file.h"
#include "sim/base/mem.h"
#include "traces/random_unit.h"

enum { MAX_REQUESTS = 12, DRAWS_PER_DESIGN = 20, UNIT_PERIOD = 4 };

/* ---- drawing ---- */

static uint32_t pick(struct rng *r, const uint32_t *v, size_t n)
{
    return v[rng_below(r, n)];
}
#define PICK(r, ...)                                                                               \
    pick(r, (const uint32_t[]){__VA_ARGS__}, sizeof(uint32_t[]){__VA_ARGS__} / sizeof(uint32_t))

/* A chip as drawn, and not as designed: every matrix is there once. */
static void draw_device(struct rng *r, struct chip_config *c)
{
    c->map_copies = 1;
    c->map_replicate = 0;
    c->device_seed = (uint32_t)rng_below(r, 1000);
    c->device_variation = PICK(r, VARIATION_NONE, VARIATION_LOGNORMAL, VARIATION_MEASURED);
    c->device_cell = PICK(r, CELL_MILO, CELL_WAN, CELL_CMO);
    c->device_sigma = PICK(r, 1, 3) / 10.0;
    c->device_time_s = c->device_cell == CELL_CMO ? PICK(r, 0, 1, 86400) : 0;
    c->device_stuck_off = PICK(r, 0, 2) / 100.0;
    c->device_stuck_on = PICK(r, 0, 1) / 100.0;
    c->device_adc_offset = PICK(r, 0, 1, 4) / 4.0;
    c->device_fraction_bits = PICK(r, 0, 1, 4, 8);
}

struct chip_config validate_rtl_chip(struct rng *r)
{
    struct chip_config c;
    struct err e;
    enum err_code rc = chip_config_read(NULL, &c, &e);

    assert(!rc); /* the defaults are a valid chip */
    (void)rc;
    c.noc_flit_bits = PICK(r, 0, 1);
    c.noc_vcs = PICK(r, 2, 3, 4, 5, 8);
    c.noc_buffer_flits = PICK(r, 1, 2, 3, 4, 8, 16);
    c.noc_routing = PICK(r, NOC_XY, NOC_YX);
    c.noc_stages = PICK(r, 4, 5);
    c.tile_slots = PICK(r, 1, 2, 3, 4);
    c.tile_output_slots = PICK(r, 1, 2);
    c.mvm_rows = PICK(r, 16, 32, 64, 128, 256);
    c.mvm_cols = PICK(r, 16, 32, 64, 128, 256);
    c.mvm_xbars = PICK(r, 4, 16, 32, 64);
    c.mvm_cell_bits = PICK(r, 1, 2, 3, 4);
    c.mvm_dac_bits = PICK(r, 1, 2, 3, 4);
    c.mvm_adc_bits = PICK(r, 3, 4, 5, 6, 7, 8, 10, 12);
    do
        c.mvm_cols_per_adc = PICK(r, 1, 2, 4, 8, 16, 32, 64, 128, 256);
    while (c.mvm_cols_per_adc > c.mvm_cols);
    c.mvm_encoding = PICK(r, ENCODING_DIFFERENTIAL, ENCODING_FLIP);
    c.mvm_adc_kind = PICK(r, ADC_SAR, ADC_FLASH);
    c.mvm_adc_range = PICK(r, ADC_CLIP, ADC_TRUNCATE);
    c.mvm_read_ns = PICK(r, 1, 2, 3, 10, 30);
    c.mvm_conversion_ns = PICK(r, 1, 2, 3);
    c.mvm_conversion_bit_ns = PICK(r, 0, 0, 1);
    c.mvm_lanes = PICK(r, 1, 2, 3, 4, 7, 8);
    c.emb_tiles = PICK(r, 1, 2, 3);
    c.emb_banks = PICK(r, 1, 2, 4, 8);
    c.emb_row_ns = PICK(r, 1, 2, 7, 20);
    c.int_lanes = PICK(r, 1, 2, 3, 5, 8, 16);
    c.int_engine = PICK(r, ENGINE_LANES, ENGINE_SRAM_CIM, ENGINE_RERAM);
    c.int_write_ns = PICK(r, 1, 3, 10, 86);
    c.io_interval_cycles = PICK(r, 0, 0, 1, 50, 333, 1500);
    c.noc_topology = PICK(r, NOC_MESH, NOC_CMESH);
    c.emb_pooling = PICK(r, EMB_DIGITAL, EMB_IN_ARRAY);
    c.emb_pool_rows = PICK(r, 2, 3, 4, 8);
    c.emb_array_rows = PICK(r, 16, 32, 256);
    c.emb_bit_ns = PICK(r, 0, 1, 2);
    c.emb_placement = PICK(r, EMB_STACKED, EMB_FREQUENCY);
    c.emb_hot_rows = PICK(r, 1, 4, 16, 64);
    c.emb_replicas = PICK(r, 1, 2, 4, 8);
    c.emb_cache_rows = PICK(r, 0, 0, 1, 4, 16);
    c.emb_cache_ways = PICK(r, 1, 2, 4);
    c.map_pack = PICK(r, 0, 1);
    c.map_contexts = PICK(r, 2, 3, 4, 8, 16);
    c.map_copies = PICK(r, 1, 1, 2, 5, 16);
    c.map_replicate = PICK(r, 0, 1, 2, 3);
    c.map_placement = PICK(r, MAP_SNAKE, MAP_TRAFFIC);
    if (rng_below(r, 2))
        draw_device(r, &c);
    return c;
}

/* ---- one design ---- */

struct design {
    struct workload *w;
    struct chip_config config;
    struct plan *plan;
    struct sim *sim;
    struct chip *chip;
    char *dir;
    struct cosim_result result;
};

static void design_fini(struct design *d)
{
    chip_free(d->chip);
    sim_free(d->sim);
    plan_free(d->plan);
    workload_free(d->w);
    free(d->dir);
}

static enum err_code simulate(struct design *d, struct loop *l, struct err *e)
{
    enum err_code rc;

    if ((rc = sim_new(&d->sim, &(struct sim_cfg){0}, e)) ||
        (rc = chip_new(&d->chip, d->plan, d->sim, true, e)))
        return rc;
    return chip_run(d->chip, l, e);
}

static enum err_code cosimulate(struct design *d, const struct validate_rtl *v, struct loop *l,
                                struct err *e)
{
    char *cache = mem_printf("%s/cache", v->out_dir);
    char *work = mem_printf("%s/build", d->dir), *json = mem_printf("%s/cosim.json", d->dir);
    struct rtl_options rtl = {.fault = v->inject, .command = "autorac validate rtl"};
    struct cosim_options o = {.cache_dir = v->cache_dir ? v->cache_dir : cache};
    enum err_code rc;

    if (!(rc = rtl_generate(d->plan, d->dir, &rtl, e)) &&
        !(rc = cosim_run(d->chip, d->dir, work, l, &o, &d->result, e)))
        rc = cosim_write_json(&d->result, json, e);
    free(cache);
    free(work);
    free(json);
    return rc;
}

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *at)
{
    (void)s;
    (void)type;
    (void)at;
    return remove(path);
}

static void bits_range(const struct workload *w, uint32_t *lo, uint32_t *hi)
{
    *lo = 32;
    *hi = 0;
    for (uint32_t i = 0; i < w->n_ops; i++)
        if (w->op[i].kind == WL_MVM) {
            *lo = w->op[i].weight_bits < *lo ? w->op[i].weight_bits : *lo;
            *hi = w->op[i].weight_bits > *hi ? w->op[i].weight_bits : *hi;
        }
}

/* "embed1 fc3 efc2 dp1": how often each role occurs, in order of first appearance. */
static void operator_mix(const struct workload *w, char *text, size_t size)
{
    size_t at = 0;

    text[0] = '\0';
    for (uint32_t i = 0; i < w->n_ops; i++) {
        uint32_t n = 0;
        bool first = true;

        for (uint32_t k = 0; k < w->n_ops; k++)
            if (strcmp(w->op[k].role, w->op[i].role) == 0) {
                first &= k >= i;
                n++;
            }
        if (first && at < size)
            at += (size_t)snprintf(text + at, size - at, "%s%s%u", at ? " " : "", w->op[i].role, n);
    }
}

static void report_design(FILE *out, uint32_t n, const struct design *d)
{
    const struct chip_config *c = &d->config;
    const struct cosim_result *r = &d->result;
    char mix[256], what[256];
    uint32_t lo, hi;

    bits_range(d->w, &lo, &hi);
    operator_mix(d->w, mix, sizeof mix);
    fprintf(out,
            "%4u  %-5s %ux%-2u  %s  requests %u  weights %u-%u bits  crossbar %ux%u cells %u dac "
            "%u adc %u/%u %s %s %s %s  "
            "flit %u vcs %u buffer %u %s %u stages  cycles %" PRIu64 " events %" PRIu64 "  ",
            n, noc_topology_name[d->plan->topology], d->plan->width, d->plan->height, mix,
            d->w->n_requests, lo, hi, c->mvm_rows, c->mvm_cols, c->mvm_cell_bits, c->mvm_dac_bits,
            c->mvm_adc_bits, c->mvm_cols_per_adc,
            c->mvm_encoding == ENCODING_FLIP ? "flip" : "pairs",
            c->mvm_adc_kind == ADC_FLASH ? "flash" : "sar",
            c->mvm_adc_range == ADC_TRUNCATE ? "truncate" : "clip",
            chip_has_device_effects(c) ? "drawn" : "ideal", d->plan->flit_bits, c->noc_vcs,
            c->noc_buffer_flits, c->noc_routing == NOC_XY ? "xy" : "yx", c->noc_stages,
            r->model_cycles, chip_events(d->chip)->n);
    cosim_describe(r, what, sizeof what);
    if (r->equal)
        fprintf(out, "counts %" PRIu64 "  equal\n", r->counts_compared);
    else
        fprintf(out, "DIFFERENT: %s (%s)\n", what, d->dir);
    fflush(out);
}

static struct workload *draw_workload(const struct validate_rtl *v, struct rng *r)
{
    uint32_t n_requests = 1 + (uint32_t)rng_below(r, MAX_REQUESTS);

    if (!v->draw)
        return random_unit_workload(r, v->kind, n_requests);
    if (rng_below(r, UNIT_PERIOD) == 0)
        return random_unit_workload(r, (enum wl_kind)rng_below(r, WL_N_KINDS), n_requests);
    return v->draw(r, n_requests);
}

/* *feasible false: nothing was run. */
static enum err_code try_design(const struct validate_rtl *v, uint32_t n, struct rng *r,
                                bool *feasible, bool *equal, struct loop *l, FILE *out,
                                struct err *e)
{
    struct design d = {.dir = mem_printf("%s/design_%04u", v->out_dir, n)};
    enum err_code rc;

    *feasible = false;
    d.w = draw_workload(v, r);
    d.config = validate_rtl_chip(r);
    rc = plan_new(&d.plan, d.w, &d.config, e);
    if (rc == ERR_CONFIG) {
        fprintf(out, "%4u  drawn again: %s\n", n, e->text);
        rc = ERR_OK;
    } else if (!rc && !(rc = simulate(&d, l, e)) && !(rc = cosimulate(&d, v, l, e))) {
        *feasible = true;
        *equal = d.result.equal;
        report_design(out, n, &d);
        if (d.result.equal)
            nftw(d.dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    }
    design_fini(&d);
    return rc ? err_wrap(e, "design %u", n) : ERR_OK;
}

enum err_code validate_rtl(const struct validate_rtl *v, struct loop *l, FILE *out, struct err *e)
{
    struct rng root = rng_new(v->seed);
    uint32_t n_equal = 0, n_done = 0, n_drawn = 0;
    enum err_code rc;

    if (v->inject && !rtl_fault_find(v->inject))
        return err_set(e, ERR_CONFIG, "no fault is called \"%s\"", v->inject);
    if ((rc = file_mkdirs(v->out_dir, e)))
        return rc;
    while (n_done < v->n_designs) {
        struct rng r = rng_child_n(&root, "design", n_drawn++);
        bool feasible, equal;

        if (n_drawn > DRAWS_PER_DESIGN * v->n_designs)
            return err_set(e, ERR_CONFIG, "only %u of %u draws fit a chip", n_done, n_drawn - 1);
        if ((rc = try_design(v, n_done, &r, &feasible, &equal, l, out, e)))
            return rc;
        n_done += feasible;
        n_equal += feasible && equal;
        if (v->inject && feasible && !equal)
            break; /* the fault is caught and located */
    }
    fprintf(out, "%u of %u designs equal\n", n_equal, n_done);
    if (n_equal < n_done)
        return err_set(e, ERR_MISMATCH, "%u of %u designs differ between model and RTL",
                       n_done - n_equal, n_done);
    return ERR_OK;
}
