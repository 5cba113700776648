/* SPDX-License-Identifier: Apache-2.0 */
/* cli/provenance.h: what a directory of results came from (provenance.json) and what it cost to
 * make (host.json, the only file with host time).
 *
 * Two runs of one build with the same inputs and options into different directories leave the same
 * provenance.json: the output directory is written as DIR, and options that change nothing about
 * the results (--quiet, --force) are left out. */
#ifndef AUTORAC_CLI_PROVENANCE_H
#define AUTORAC_CLI_PROVENANCE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/args.h"
#include "sim/base/err.h"

enum { PROVENANCE_MAX_INPUTS = 8 };

struct provenance {
    const struct args *args;
    const char *command; /* recorded in place of the command's name; may be NULL */
    bool has_seed;
    uint64_t seed;
    size_t n_inputs;
    struct provenance_input {
        char path[1024];
        char sha256[65];
    } input[PROVENANCE_MAX_INPUTS];
};

/* Hash an input file and add it; ERR_ENV if it cannot be read. */
enum err_code provenance_add(struct provenance *p, const char *path, struct err *e);
/* The files a data set SPEC names; none for generated data. */
enum err_code provenance_add_dataset(struct provenance *p, const char *spec, struct err *e);
enum err_code provenance_write(const struct provenance *p, const char *dir, struct err *e);
/* What must be the same for two runs to be the same run: build and inputs, one a line. A build
 * whose sources no revision names is known by its own digest. */
enum err_code provenance_write_identity(FILE *f, const struct provenance *p, struct err *e);

/* Wall-clock seconds of named stages, kept across resumptions. */
enum { HOST_MAX_STAGES = 16 };
struct host {
    size_t n;
    struct host_stage {
        char name[16];
        double seconds;
    } stage[HOST_MAX_STAGES];
    double started; /* of the current stage */
};
void host_load(struct host *h, const char *dir); /* earlier times, if any */
void host_start(struct host *h);
double host_stop(struct host *h, const char *name); /* seconds it took */
enum err_code host_write(const struct host *h, const char *dir, struct err *e);

#endif
