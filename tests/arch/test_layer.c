/* SPDX-License-Identifier: Apache-2.0 */
/* A run by operator: rows add up to the chip exactly, latency shares to the latency of one request,
 * and what the table prints adds up as printed. */
#define _XOPEN_SOURCE 700 /* open_memstream */

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "arch/layer_stats.h"
#include "tests/arch/rig_chip.h"
#include "tests/common/tiny_chip.h"
#include "tests/common/tiny_workload.h"

enum { N = 5 };

static struct params *load(void)
{
    struct params *q;
    struct err e;

    cr_assert_eq(params_load(&q, AUTORAC_SOURCE_DIR "/arch/params", "isaac32", &e), ERR_OK, "%s",
                 e.text);
    return q;
}

static struct layers *layers_of(const struct rig_chip *r, const struct params *q)
{
    struct layers *l;
    struct err e;

    cr_assert_eq(layers_new(&l, r->plan, q, chip_counts(r->chip, 0), chip_n_cycles(r->chip), &e),
                 ERR_OK, "%s", e.text);
    return l;
}

Test(layer, rows_add_up_to_the_chip)
{
    struct params *q = load();

    for (uint64_t seed = 40; seed < 60; seed++) {
        struct rig_chip r = rig_chip_random(seed, N);
        struct layers *l = layers_of(&r, q);
        struct cost sum = {0}, chip;
        uint64_t units = 0, used = 0, cells = 0;

        cost_of(r.plan, q, chip_counts(r.chip, 0), chip_n_cycles(r.chip), &chip);
        for (uint32_t i = 0; i < l->n; i++) {
            cost_add(&sum, &l->row[i].cost);
            units += l->row[i].n_units;
            used += l->row[i].n_cells_used;
            cells += l->row[i].n_cells;
            cr_expect_leq(l->row[i].busy_cycles, l->row[i].n_units * chip_n_cycles(r.chip));
        }
        cr_expect_eq(memcmp(&sum, &chip, sizeof sum), 0, "seed %llu", (unsigned long long)seed);
        cr_expect_eq(used, r.plan->n_cells_used);
        cr_expect_eq(cells, r.plan->n_cells);
        for (uint32_t i = 0; i < r.plan->n_units; i++)
            units -= r.plan->unit[i].kind != UNIT_NONE;
        cr_expect_eq(units, 0);
        layers_free(l);
        rig_chip_free(&r);
    }
    params_free(q);
}

/* The first request of a run in which they are far apart is alone. */
Test(layer, latency_of_one_request_and_its_shares)
{
    struct params *q = load();

    for (uint64_t seed = 60; seed < 80; seed++) {
        struct rng g = rng_new(seed);
        struct workload *w = tiny_workload(&g, N);
        struct chip_config c = tiny_chip(&g);
        struct rig_chip r;
        struct layers *l;
        uint64_t shares = 0;

        c.io_interval_cycles = 50000;
        r = rig_chip_run(w, &c, 0);
        l = layers_of(&r, q);
        cr_expect_eq(l->single.latency_cycles,
                     chip_finish_cycles(r.chip)[0] - chip_start_cycles(r.chip)[0]);
        for (uint32_t i = 0; i < l->n; i++)
            shares += l->row[i].latency_cycles;
        cr_expect_eq(shares, l->single.latency_cycles);
        cr_expect_gt(l->row[l->n - 3].latency_cycles, 0, "the last operator makes the logit");
        layers_free(l);
        rig_chip_free(&r);
    }
    params_free(q);
}

/* "NAME n n n ... total": the row's numbers make its total. Returns the numbers, (11). */
static bool read_energies(const char *line, long long v[11])
{
    long long sum = 0;

    for (int k = 0; k < 11; k++)
        v[k] = strtoll(line + 12 + 8 * k, NULL, 10);
    for (int k = 0; k < 10; k++)
        sum += v[k];
    return sum == v[10];
}

Test(layer, table_adds_up_and_is_narrow)
{
    struct params *q = load();
    struct rig_chip r = rig_chip_random(7, N);
    struct layers *l = layers_of(&r, q);
    char *text = NULL, *line;
    long long column[11] = {0}, v[11];
    size_t n;
    FILE *f = open_memstream(&text, &n);

    layers_write(l, r.chip, f);
    fclose(f);
    line = strstr(text, "pJ a request");
    cr_assert_not_null(line);
    line = strchr(line, '\n') + 1;
    for (uint32_t i = 0; i < l->n; i++, line = strchr(line, '\n') + 1) {
        cr_expect(read_energies(line, v), "%s", line);
        for (int k = 0; k < 11; k++)
            column[k] += v[k];
    }
    cr_expect(read_energies(line, v));
    for (int k = 0; k < 11; k++)
        cr_expect_eq(v[k], column[k], "column %d", k);
    for (char *at = strtok(text, "\n"); at; at = strtok(NULL, "\n"))
        cr_expect_leq(strlen(at), 100, "%s", at);
    free(text);
    layers_free(l);
    rig_chip_free(&r);
    params_free(q);
}
