/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nas/run_config.h"
#include "sim/base/mem.h"
#include "validation/model_search.h"
#include "validation/regret.h"

static struct data *some_data(void)
{
    struct data *d;
    struct err e;

    cr_assert_eq(data_load(&d, "synthetic:rows=2000,valid=300", 1, 0, &e), ERR_OK, "%s", e.text);
    return d;
}

static struct tune_options some_recipe(void)
{
    struct nas_config c;
    struct err e;

    cr_assert_eq(nas_config_load(NULL, true, (const char *[]){"tune.epochs=1"}, 1, &c, &e), ERR_OK,
                 "%s", e.text);
    return nas_config_tune(&c);
}

Test(regret, search_sees_the_training_rows_alone)
{
    struct data *d = some_data(), view = model_search_split(d);
    uint64_t first = view.train.n;

    cr_expect_eq(view.train.n, 1750);
    cr_expect_eq(view.valid.n, 250);
    cr_expect_eq(view.test.n, 0);
    cr_expect(isnan(view.bayes_logloss));
    cr_expect_eq(view.train.label, d->train.label);
    cr_expect_eq(view.valid.label, d->train.label + first);
    cr_expect_eq(view.valid.dense, d->train.dense + first * d->n_dense);
    cr_expect_eq(view.valid.lookup, d->train.lookup + first * d->n_fields);
    data_free(d);
}

/* What is printed, by a crew of n_jobs, when a share of the validation labels is another. */
static char *print(uint32_t n_jobs, bool other_labels)
{
    struct data *d = some_data();
    struct validate_regret v = {
        .name = "some", .data = d, .seed = 1, .n_models = 20, .recipe = some_recipe()};
    struct err e;
    char *text = NULL;
    size_t size = 0;
    FILE *f = mem_text_open(&text, &size);

    for (uint64_t i = 0; i < d->valid.n && other_labels; i += 2)
        d->valid.label[i] ^= 1;
    cr_assert_eq(crew_new(&v.crew, n_jobs, false, NULL, &e), ERR_OK);
    cr_assert_eq(validate_regret(&v, f, &e), ERR_OK, "%s", e.text);
    mem_text_close(f, &text);
    crew_free(v.crew);
    data_free(d);
    return text;
}

static char *found(const char *text)
{
    const char *at = strstr(text, "found: ");

    cr_assert_not_null(at);
    return mem_printf("%.*s", (int)strcspn(at, "\n"), at);
}

Test(regret, found_model_depends_on_neither_jobs_nor_validation_labels)
{
    char *alone = print(1, false), *two = print(2, false), *other = print(1, true);
    char *of_alone = found(alone), *of_other = found(other);

    cr_expect_str_eq(alone, two);
    cr_expect_str_neq(alone, other);
    cr_expect_str_eq(of_alone, of_other);
    free(of_other);
    free(of_alone);
    free(other);
    free(two);
    free(alone);
}
