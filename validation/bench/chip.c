/* SPDX-License-Identifier: Apache-2.0 */
/* Benchmark: the simulator against Verilator running the same design's RTL.
 * Usage: bench_chip DIR SEED BLOCKS DENSE SPARSE FIELDS MAX_WEIGHTS REQUESTS RTL
 * Of twenty random models within these bounds the one with most weights that fits, on a chip made
 * for its width. The simulator runs REQUESTS, with and without recording events, over and over for
 * a second. If RTL is not 0 the RTL is generated into DIR, built with the compiler's -O3, and runs
 * the same requests in this process, every recorded event compared. Times are processor time of
 * running: building, memory images and the mapper are not in them.
 * Prints: operators units crossbars weights requests events cycles
 *         recording plain rtl   (inferences a second; rtl 0: not run) */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "arch/chip.h"
#include "arch/map.h"
#include "nas/random_workload.h"
#include "rtlgen/cosim.h"
#include "rtlgen/gen.h"
#include "sim/base/clock.h"
#include "sim/base/mem.h"
#include "validation/rtl.h"

enum { N_DRAWS = 20 };

struct bench {
    const char *dir;
    uint64_t seed;
    struct nas_random_options options;
    bool rtl;
};

static bool fits(const struct workload *w, const struct chip_config *c)
{
    struct plan *p;
    struct err e;
    bool good = !plan_new_outline(&p, w, c, &e);

    plan_free(p);
    return good;
}

static enum err_code draw_model(const struct bench *b, const struct chip_config *c,
                                struct workload **out, struct err *e)
{
    struct rng root = rng_new(b->seed);

    *out = NULL;
    for (uint32_t i = 0; i < N_DRAWS; i++) {
        struct rng r = rng_child_n(&root, "model", i);
        struct workload *w;
        enum err_code rc = nas_random_workload(&w, &r, &b->options, NULL, e);

        if (rc)
            return rc;
        if (fits(w, c) && (!*out || workload_n_weights(w) > workload_n_weights(*out))) {
            workload_free(*out);
            *out = w;
        } else {
            workload_free(w);
        }
    }
    if (!*out)
        return err_set(e, ERR_CONFIG, "none of %d models fits the chip", N_DRAWS);
    return ERR_OK;
}

/* Tiles that hold most operators whole; the rest as a preset has it. */
static enum err_code design_chip(const struct bench *b, struct chip_config *c, struct err *e)
{
    enum err_code rc = chip_config_read(NULL, c, e);

    c->mvm_rows = c->mvm_cols = b->options.max_dense_dim > 64 ? 128 : 64;
    c->mvm_adc_bits = chip_lossless_adc_bits(c);
    c->mvm_xbars = b->options.max_dense_dim > 64 ? 64 : 16;
    c->tile_buffer_bytes = 1u << 20;
    return rc;
}

/* Inferences a second of one run, repeated until it has lasted; the last one stays in *chip. */
static enum err_code simulate(const struct plan *p, bool record, struct chip **chip,
                              struct sim **sim, double *rate, struct err *e)
{
    double spent = 0, n_done = 0;
    enum err_code rc;

    do {
        double start;

        chip_free(*chip);
        sim_free(*sim);
        *chip = NULL;
        *sim = NULL;
        if ((rc = sim_new(sim, &(struct sim_cfg){0}, e)) ||
            (rc = chip_new(chip, p, *sim, record, e)))
            return rc;
        start = clock_s(CLOCK_PROCESS_CPUTIME_ID);
        rc = chip_run(*chip, NULL, e);
        spent += clock_s(CLOCK_PROCESS_CPUTIME_ID) - start;
        n_done += p->workload->n_requests;
    } while (!rc && spent < 1);
    *rate = n_done / spent;
    return rc;
}

static enum err_code run_rtl(const struct bench *b, const struct plan *p, const struct chip *chip,
                             double *rate, struct err *e)
{
    struct cosim_options o = {.level = "-O3", .no_wave = true, .quiet_cycles = 1};
    char *rtl = mem_printf("%s/rtl", b->dir), *work = mem_printf("%s/cosim", b->dir);
    struct cosim_result r;
    char what[256];
    enum err_code rc;

    if (!(rc = rtl_generate(p, rtl, NULL, e)) &&
        !(rc = cosim_run(chip, rtl, work, NULL, &o, &r, e))) {
        *rate = p->workload->n_requests / r.run_s;
        cosim_describe(&r, what, sizeof what);
        if (!r.equal)
            rc = err_set(e, ERR_MISMATCH, "%s", what);
    }
    free(work);
    free(rtl);
    return rc;
}

static enum err_code bench(const struct bench *b, struct err *e)
{
    struct workload *w = NULL;
    struct plan *p = NULL;
    struct sim *sim = NULL;
    struct chip *chip = NULL;
    struct chip_config c;
    double plain = 0, recording = 0, rtl = 0;
    uint64_t n_units = 0;
    enum err_code rc;

    if ((rc = design_chip(b, &c, e)) || (rc = draw_model(b, &c, &w, e)) ||
        (rc = plan_new(&p, w, &c, e)) || (rc = simulate(p, false, &chip, &sim, &plain, e)) ||
        (rc = simulate(p, true, &chip, &sim, &recording, e)) ||
        (b->rtl && (rc = run_rtl(b, p, chip, &rtl, e))))
        goto out;
    for (uint32_t i = 0; i < p->n_units; i++)
        n_units += p->unit[i].kind != UNIT_NONE;
    printf("%u %" PRIu64 " %" PRIu64 " %" PRIu64 " %u %" PRIu64 " %" PRIu64 " %.6g %.6g %.6g\n",
           w->n_ops, n_units, p->n_xbars_used, workload_n_weights(w), w->n_requests,
           chip_events(chip)->n, chip_n_cycles(chip), recording, plain, rtl);
out:
    chip_free(chip);
    sim_free(sim);
    plan_free(p);
    workload_free(w);
    return rc;
}

static uint32_t number(const char *text)
{
    return (uint32_t)strtoul(text, NULL, 10);
}

int main(int argc, char **argv)
{
    struct bench b;
    struct err e;

    if (argc != 10) {
        fprintf(stderr,
                "usage: bench_chip DIR SEED BLOCKS DENSE SPARSE FIELDS MAX_WEIGHTS REQUESTS "
                "RTL\n");
        return ERR_CONFIG;
    }
    b = (struct bench){.dir = argv[1],
                       .seed = number(argv[2]),
                       .options = {.operators = SPACE_FULL,
                                   .max_blocks = number(argv[3]),
                                   .max_dense_dim = number(argv[4]),
                                   .max_sparse_dim = number(argv[5]),
                                   .max_fields = number(argv[6]),
                                   .max_dense = 13,
                                   .max_rows = 64,
                                   .max_weights = number(argv[7]),
                                   .n_requests = number(argv[8])},
                       .rtl = number(argv[9]) != 0};
    if (bench(&b, &e)) {
        fprintf(stderr, "bench_chip: %s\n", e.text);
        return (int)e.code;
    }
    return 0;
}
