/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <math.h>

#include "nas/data.h"
#include "sim/base/rng.h"

static double brute_auc(const uint8_t *label, const double *p, uint64_t n)
{
    double wins = 0, pairs = 0;

    for (uint64_t i = 0; i < n; i++)
        for (uint64_t j = 0; j < n; j++)
            if (label[i] && !label[j]) {
                pairs += 1;
                wins += p[i] > p[j] ? 1 : p[i] < p[j] ? 0 : 0.5;
            }
    return wins / pairs;
}

Test(metric, auc_equals_counting_all_pairs)
{
    struct rng r = rng_new(3);

    for (uint64_t levels = 1; levels <= 1000; levels *= 10) {
        uint8_t label[300];
        double p[300];

        for (size_t i = 0; i < 300; i++) {
            p[i] = (double)rng_below(&r, levels) / 1000;
            label[i] = rng_unit(&r) < 0.3 + p[i] / 2;
        }
        cr_expect_float_eq(metric_auc(label, p, 300), brute_auc(label, p, 300), 1e-15);
    }
}

Test(metric, metrics_at_their_edges)
{
    static const uint8_t both[] = {1, 0}, ones[] = {1, 1};
    static const double right[] = {1, 0}, wrong[] = {0, 1}, half[] = {0.5, 0.5};
    const double none[] = {NAN, 0.5};

    cr_expect_eq(metric_auc(both, right, 2), 1);
    cr_expect_eq(metric_auc(both, wrong, 2), 0);
    cr_expect_eq(metric_auc(both, half, 2), 0.5);
    cr_expect(isnan(metric_auc(ones, right, 2)));
    cr_expect(isnan(metric_auc(both, right, 0)));
    cr_expect(isnan(metric_auc(both, none, 2)));
    cr_expect_float_eq(metric_logloss(both, half, 2), log(2), 1e-15);
    cr_expect_float_eq(metric_logloss(both, right, 2), -log(1 - 1e-7), 1e-15);
    cr_expect_float_eq(metric_logloss(both, wrong, 2), -log(1e-7), 1e-9);
    cr_expect(isnan(metric_logloss(both, none, 2)));
    cr_expect(isnan(metric_logloss(both, half, 0)));
}
