/* SPDX-License-Identifier: Apache-2.0 */
/* validation/noc.h: the mesh under synthetic traffic: latency against load and saturation, stress,
 * and the same against figures recorded from BookSim2. docs/noc.md says what is compared and why.
 */
#ifndef AUTORAC_VALIDATION_NOC_H
#define AUTORAC_VALIDATION_NOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "arch/traffic.h"
#include "sim/base/err.h"

enum { VALIDATE_NOC_MAX_RATES = 256 };

/* Routers as BookSim2 has them: heads may have any free channel, sinks give credits. */
struct noc_cfg validate_noc_mesh(uint32_t width, uint32_t height, uint32_t vcs, uint32_t buffer);

struct validate_noc_point {
    double rate;
    struct traffic_result r;
};

/* ---- curves ---- */

struct validate_noc_curve {
    struct traffic_cfg traffic; /* rate is ignored */
    double rate[VALIDATE_NOC_MAX_RATES];
    size_t n_rates; /* 0: a tenth to nine tenths of the saturation, in tenths */
};

struct validate_noc_result {
    struct validate_noc_point point[VALIDATE_NOC_MAX_RATES];
    size_t n_points;
    double saturation; /* highest rate found stable, by bisection to 1/256 of it; trace: 0 */
    double accepted;   /* flits a node and cycle at offered load 1 */
};

/* One line a point on out. ERR_MISMATCH: the mesh stopped making progress. */
enum err_code validate_noc_curve(const struct validate_noc_curve *c, struct validate_noc_result *r,
                                 FILE *out, struct err *e);
enum err_code validate_noc_write_csv(const struct validate_noc_curve *c,
                                     const struct validate_noc_result *r, const char *path,
                                     struct err *e);
enum err_code validate_noc_write_h5(const struct validate_noc_curve *c,
                                    const struct validate_noc_result *r, const char *path,
                                    struct err *e);
/* Highest stable rate, bisected between lo and hi until they differ by less than relative * hi. */
enum err_code validate_noc_saturation(const struct traffic_cfg *cfg, double lo, double hi,
                                      double relative, double *out, struct err *e);

/* ---- stress ---- */

/* Every pattern at offered load 1 for n_cycles, with the channels of the chip (a packet keeps its
 * own) and with any free one; one line each. ERR_MISMATCH names the cycle of waiting buffers. */
enum err_code validate_noc_stress(enum noc_topology topology, uint32_t width, uint32_t height,
                                  uint64_t n_cycles, uint64_t seed, FILE *out, struct err *e);

/* ---- against recorded figures ---- */

struct validate_noc_reference {
    const char *dir; /* zero_load.csv, mesh4x4.csv, credit_loop.csv, credit_loop_pkt.csv */
    uint64_t measure_cycles;
    const uint32_t *hotspot; /* (nodes of the recorded mesh) weights */
    uint64_t seed;
};

/* A table of every point with its deviation on out; ERR_MISMATCH if one is out of bounds. */
enum err_code validate_noc_reference(const struct validate_noc_reference *v, FILE *out,
                                     struct err *e);

#endif
