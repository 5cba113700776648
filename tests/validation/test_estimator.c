/* SPDX-License-Identifier: Apache-2.0 */
/* The statistics by hand-worked ranks; the whole check on a few designs. */
#define _XOPEN_SOURCE 700 /* open_memstream */

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "nas/random_workload.h"
#include "validation/estimator.h"

Test(estimator, spearman)
{
    static const double up[] = {1, 2, 3, 4, 5}, down[] = {9, 7, 5, 3, 1};
    static const double a[] = {1, 2, 2, 3}, b[] = {10, 20, 30, 40};
    static const double flat[] = {4, 4, 4, 4, 4};

    cr_expect_float_eq(validate_spearman(up, up, 5), 1, 1e-12);
    cr_expect_float_eq(validate_spearman(up, down, 5), -1, 1e-12);
    /* ranks 0, 1.5, 1.5, 3 and 0, 1, 2, 3: covariance 4.5 over sqrt(4.5 * 5) */
    cr_expect_float_eq(validate_spearman(a, b, 4), 4.5 / 4.743416490252569, 1e-12);
    cr_expect_eq(validate_spearman(up, flat, 5), 0);
}

static struct workload *draw(struct rng *r, uint32_t n_requests)
{
    struct nas_random_options o = nas_random_small;
    struct workload *w;
    struct err e;

    o.n_requests = n_requests;
    cr_assert_eq(nas_random_workload(&w, r, &o, NULL, &e), ERR_OK, "%s", e.text);
    return w;
}

Test(estimator, counts_are_equal_and_errors_small)
{
    struct params *q;
    struct validate_estimator v = {.n_designs = 12, .seed = 3, .draw = draw};
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);
    struct err e;

    cr_assert_eq(params_load(&q, AUTORAC_SOURCE_DIR "/arch/params", "isaac32", &e), ERR_OK, "%s",
                 e.text);
    v.params = q;
    cr_expect_eq(validate_estimator(&v, NULL, f, &e), ERR_OK, "%s", e.text);
    fclose(f);
    cr_expect(strstr(text, "area and counts equal in 12 of 12 designs"), "%s", text);
    cr_expect(!strstr(text, "MISSED"), "%s", text);
    free(text);
    params_free(q);
}
