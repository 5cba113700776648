/* SPDX-License-Identifier: Apache-2.0 */
/* validation/search.h: do the searches find more than chance and than model first, chip second?
 *
 * For each seed a synthetic data set, a supernet, and every strategy of nas/evolve.h with the same
 * supernet and the same number of judged pairs. Measured by the hypervolume of the front in the box
 * of everything that seed's searches judged. */
#ifndef AUTORAC_VALIDATION_SEARCH_H
#define AUTORAC_VALIDATION_SEARCH_H

#include <stdio.h>

#include "nas/run.h"

struct validate_search {
    uint32_t n_seeds;
    const char *dir;        /* for supernets: DIR/seed_N */
    const char *params_dir; /* arch/params */
    struct crew *crew;
    struct watch watch;
};

/* Table on out, a row a seed. config: everything but the seed. ERR_MISMATCH unless evolution and
 * nsga2 are, on average over the seeds, ahead of random and of two_stage. */
enum err_code validate_search(const struct validate_search *v, const struct nas_config *config,
                              FILE *out, struct err *e);

#endif
