/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "arch/exec.h"
#include "arch/map.h"
#include "nas/data.h"
#include "tests/common/tiny_chip.h"
#include "tests/common/tiny_workload.h"
#include "validation/device.h"

enum { N_REQUESTS = 60 };

static double logloss_of(const struct workload *w, const struct chip_config *c)
{
    int32_t logit[N_REQUESTS];
    double p[N_REQUESTS];
    struct plan *plan;
    struct exec *x;
    struct err e;

    cr_assert_eq(plan_new(&plan, w, c, &e), ERR_OK, "%s", e.text);
    x = exec_new(plan);
    exec_logits(x, N_REQUESTS, w->lookup, w->dense, logit, NULL);
    for (uint32_t r = 0; r < N_REQUESTS; r++)
        p[r] = 1 / (1 + exp(-w->logit_scale * logit[r]));
    exec_free(x);
    plan_free(plan);
    return metric_logloss(w->label, p, N_REQUESTS);
}

/* Draw i is the chip of seed device.seed + i; a lossless chip without effects is the exact
 * integers. */
Test(validate_device, a_draw_is_the_chip_of_its_seed)
{
    struct rng r = rng_new(3);
    struct workload *w = tiny_workload(&r, N_REQUESTS);
    struct chip_config c;
    struct validate_device v = {.n_draws = 3}, one = {.n_draws = 1};
    double sum = 0;
    struct err e;

    cr_assert_eq(chip_config_read(NULL, &c, &e), ERR_OK);
    c.mvm_xbars = 64;
    c.mvm_adc_bits = 8; /* lossless: 64 rows, 2-bit cells, 1-bit inputs */
    cr_expect_eq(validate_device(&v, w, &c, NULL, &e), ERR_CONFIG);
    cr_expect(strstr(e.text, "no device effects"), "%s", e.text);
    c.device_variation = VARIATION_LOGNORMAL;
    c.device_sigma = 0.4;
    c.device_seed = 7;
    cr_assert_eq(validate_device(&v, w, &c, NULL, &e), ERR_OK, "%s", e.text);
    cr_expect_eq(v.ideal_logloss, v.exact_logloss);
    cr_expect_gt(v.logloss.deviation, 0);
    cr_expect_geq(v.logloss.max, v.logloss.mean);
    cr_expect_leq(v.logloss.min, v.logloss.mean);
    for (uint32_t i = 0; i < 3; i++) {
        struct chip_config d = c;

        d.device_seed = 7 + i;
        sum += logloss_of(w, &d);
    }
    cr_expect_float_eq(v.logloss.mean, sum / 3, 1e-12);
    cr_assert_eq(validate_device(&one, w, &c, NULL, &e), ERR_OK);
    cr_expect_float_eq(one.logloss.mean, logloss_of(w, &c), 1e-12);
    cr_expect_eq(one.logloss.deviation, 0);
    workload_free(w);
}
