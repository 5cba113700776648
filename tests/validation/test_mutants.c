/* SPDX-License-Identifier: Apache-2.0 */
/* The list of equivalent mutants is that of this library. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "rtlgen/library.h"
#include "validation/mutant_equivalent.h"

static struct mutant_list all(void)
{
    struct mutant_list l = {0};

    mutate_find_all(&l);
    return l;
}

Test(mutants, every_entry_names_one_mutant)
{
    struct mutant_list l = all();
    struct mutant_name *n = mutant_names(&l);
    const char **reason = NULL;
    struct err e = {0};
    size_t n_reasons = 0;

    cr_assert_gt(l.n, 3000);
    cr_assert_eq(mutant_equivalents(&l, n, &reason, &e), ERR_OK, "%s", e.text);
    for (size_t i = 0; i < l.n; i++)
        n_reasons += reason[i] != NULL;
    cr_expect_gt(n_reasons, 0);
    free((void *)reason);
    mutant_names_free(n, l.n);
    mutant_list_fini(&l);
}

/* An entry whose mutant is gone is told. */
Test(mutants, a_stale_entry_is_an_error)
{
    struct mutant_list l = all();
    struct mutant_name *n;
    const char **reason = NULL;
    struct err e = {0};

    mutant_list_fini(&l);
    mutate_find(&l, "adc.sv", rtl_library_text("adc.sv"));
    n = mutant_names(&l);
    cr_expect_eq(mutant_equivalents(&l, n, &reason, &e), ERR_BUG);
    cr_expect(strstr(e.text, "review"), "%s", e.text);
    mutant_names_free(n, l.n);
    mutant_list_fini(&l);
}

/* Names are unique, and count those that look the same. */
Test(mutants, names)
{
    struct mutant_list l = all();
    struct mutant_name *n = mutant_names(&l);

    for (size_t i = 0; i < l.n; i++) {
        cr_assert(n[i].nth >= 1 && n[i].nth <= n[i].of);
        for (size_t k = 0; k < i; k++)
            cr_assert(l.at[i].file != l.at[k].file || l.at[i].what != l.at[k].what ||
                          n[i].nth != n[k].nth || strcmp(n[i].line, n[k].line) != 0 ||
                          strcmp(n[i].after, n[k].after) != 0,
                      "%s:%u and :%u", l.at[i].file, l.at[i].line, l.at[k].line);
    }
    mutant_names_free(n, l.n);
    mutant_list_fini(&l);
}
