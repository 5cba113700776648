/* SPDX-License-Identifier: Apache-2.0 */
/* Every preset is a chip: it loads with its parameters, and runs a small workload exactly. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "arch/chip.h"
#include "arch/map.h"
#include "arch/params.h"
#include "tests/common/tiny_workload.h"

#define PRESETS AUTORAC_SOURCE_DIR "/arch/presets"

static int is_yaml(const struct dirent *d)
{
    size_t n = strlen(d->d_name);

    return n > 5 && !strcmp(d->d_name + n - 5, ".yaml");
}

static void runs(const char *path, uint64_t seed)
{
    struct rng g = rng_new(seed);
    struct workload *w = tiny_workload(&g, 4);
    struct chip_config c;
    struct params *q;
    struct plan *p;
    struct sim *s;
    struct chip *chip;
    struct err e;
    bool lossless;

    cr_assert_eq(chip_config_load(path, NULL, 0, &c, &e), ERR_OK, "%s", e.text);
    cr_assert_eq(params_load(&q, AUTORAC_SOURCE_DIR "/arch/params", c.params, &e), ERR_OK, "%s",
                 e.text);
    cr_assert_eq(plan_new(&p, w, &c, &e), ERR_OK, "%s: %s", path, e.text);
    cr_assert_eq(sim_new(&s, &(struct sim_cfg){0}, &e), ERR_OK);
    cr_assert_eq(chip_new(&chip, p, s, false, &e), ERR_OK, "%s: %s", path, e.text);
    cr_assert_eq(chip_run(chip, NULL, &e), ERR_OK, "%s: %s", path, e.text);
    cr_expect_eq(chip_n_done(chip), 4);
    lossless = !chip_may_lose(&c);
    for (uint32_t i = 0; lossless && i < 4; i++)
        cr_expect_eq(chip_logits(chip)[i], w->expected[i], "%s", path);
    chip_free(chip);
    sim_free(s);
    plan_free(p);
    params_free(q);
    workload_free(w);
}

Test(presets, load_and_run)
{
    struct dirent **files;
    char path[512];
    int n = scandir(PRESETS, &files, is_yaml, alphasort);

    cr_assert_geq(n, 6);
    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof path, "%s/%s", PRESETS, files[i]->d_name);
        for (uint64_t seed = 1; seed <= 3; seed++)
            runs(path, seed);
        free(files[i]);
    }
    free(files);
}
