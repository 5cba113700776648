/* SPDX-License-Identifier: Apache-2.0 */
/* The self-test passes with the default parameters, and fails when they are wrong. */
#define _XOPEN_SOURCE 700 /* open_memstream */

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "validation/cost.h"

#define DIR AUTORAC_SOURCE_DIR "/arch/params"

static struct params *load(const char *set)
{
    struct params *q;
    struct err e;

    cr_assert_eq(params_load(&q, DIR, set, &e), ERR_OK, "%s", e.text);
    return q;
}

Test(validate_cost, isaac)
{
    static const struct {
        const char *set;
        bool table;
        enum err_code rc;
        const char *says;
    } row[] = {{"isaac32", false, ERR_OK, "conversions a 16-bit MAC            1          1"},
               {"isaac32+isaac-table", true, ERR_OK, "tolerance 0.5%"},
               {"isaac32", true, ERR_MISMATCH, "OUTSIDE"},
               {"isaac32+adc-zigzag", false, ERR_MISMATCH, "OUTSIDE"}};

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct params *q = load(row[i].set);
        char *text = NULL;
        size_t n;
        FILE *f = open_memstream(&text, &n);
        struct err e;

        cr_expect_eq(validate_cost_isaac(DIR, q, row[i].table, f, &e), row[i].rc, "%s", row[i].set);
        fclose(f);
        cr_expect(strstr(text, row[i].says), "%s", text);
        cr_expect_eq(!strstr(text, "OUTSIDE"), row[i].rc == ERR_OK);
        free(text);
        params_free(q);
    }
}

Test(validate_cost, neurosim_table)
{
    struct params *q = load("isaac32"), *same = load("isaac32+adc-neurosim");
    char *text = NULL, *at;
    size_t n, n_tables = 0;
    FILE *f = open_memstream(&text, &n);
    struct err e;

    cr_expect_eq(validate_cost_neurosim(DIR, q, same, NULL, f, &e), ERR_OK, "%s", e.text);
    fclose(f);
    for (at = text; (at = strstr(at, "NeuroSim: ")); at++)
        n_tables++;
    cr_expect_eq(n_tables, 4);
    cr_expect(!strstr(text, "nan"), "%s", text);
    free(text);
    params_free(same);
    params_free(q);
}

Test(validate_cost, mlp_is_a_workload)
{
    static const uint32_t layer[] = {5, 7, 3};
    struct workload *a = validate_cost_mlp(layer, 3, 1, 2), *b = validate_cost_mlp(layer, 3, 1, 2);
    struct err e;

    cr_assert_eq(workload_check(a, &e), ERR_OK, "%s", e.text);
    cr_expect_eq(a->n_ops, 3); /* the logit's layer is added */
    cr_expect_eq(a->op[2].n_out, 1);
    cr_expect_eq(a->expected[1], b->expected[1]);
    cr_expect_neq(a->expected[0], a->expected[1]);
    workload_free(a);
    workload_free(b);
}
