/* SPDX-License-Identifier: Apache-2.0 */
/* rtlgen/cosim_build.h: from a directory of SystemVerilog to a shared object, by Verilator and a
 * C++ compiler. For cosim.c and mesh.c. */
#ifndef AUTORAC_RTLGEN_COSIM_BUILD_H
#define AUTORAC_RTLGEN_COSIM_BUILD_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/err.h"
#include "sim/loop.h"

struct cosim_build {
    const char *rtl_dir, *work_dir, *cache_dir; /* absolute; cache_dir NULL: in work_dir */
    const char *cxx, *level;
    const char *shim; /* of the library; NULL: cosim_shim.cpp */
    uint32_t copies;  /* of the longest generate loop; 0: few */
    bool trace;       /* able to write waveforms */
    bool coverage;    /* counts lines, and toggles of what is at most 16 bits wide */
};

/* *so from malloc: path of the shared object. Verilator's own runtime is compiled once per version
 * and compiler into cache_dir, and a chip that was built before is taken from there
 * (rtlgen/build_cache.h). */
enum err_code cosim_build(const struct cosim_build *b, struct loop *l, char **so, struct err *e);

#endif
