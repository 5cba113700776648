/* SPDX-License-Identifier: Apache-2.0 */
/* Schedule of an embedding tile: by hand, and against the contract's rules tried cycle by cycle. */
#include <criterion/criterion.h>
#include <string.h>

#include "arch/emb.h"
#include "arch/map.h"
#include "tests/common/tiny_chip.h"
#include "tests/common/tiny_workload.h"

enum { N_MAX = 16, MAX_ROWS = 4096, MAX_WAYS = 8 };

/* ---- by hand: one field without bags a row, tables one after the other ---- */

static struct plan_emb plain(uint32_t n, uint32_t banks, uint32_t row_cycles,
                             struct plan_emb_field *field)
{
    for (uint32_t i = 0; i < n; i++)
        field[i] = (struct plan_emb_field){.word = i};
    return (struct plan_emb){.n_fields = n,
                             .field = field,
                             .n_words = n,
                             .n_lookups = n,
                             .n_banks = banks,
                             .array_rows = 16,
                             .row_cycles = row_cycles,
                             .pool_cycles = row_cycles,
                             .pool_rows = 1,
                             .replicas = 1,
                             .row_cells = 10};
}

Test(emb, bank_conflicts)
{
    static const struct {
        uint32_t banks, row_cycles, n, rows[4];
        uint64_t cycles, conflicts;
    } row[] = {
        {4, 3, 1, {0}, 3, 0},          {4, 3, 4, {0, 1, 2, 3}, 6, 0}, {4, 3, 3, {0, 4, 8}, 9, 4},
        {4, 3, 3, {0, 4, 1}, 7, 2},    {4, 3, 3, {0, 1, 4}, 6, 1},    {4, 3, 4, {0, 1, 2, 4}, 6, 0},
        {1, 2, 4, {5, 9, 0, 3}, 8, 3}, {4, 1, 4, {0, 0, 0, 0}, 4, 0}, {2, 2, 4, {0, 2, 1, 3}, 7, 2},
    };

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct plan_emb_field field[N_MAX];
        struct plan_emb m = plain(row[i].n, row[i].banks, row[i].row_cycles, field);
        struct unit_counts c = {0};
        struct emb *t = emb_new(&m);

        cr_expect_eq(emb_run(t, row[i].rows, &c), row[i].cycles, "row %zu", i);
        cr_expect_eq(c.bank_conflict_cycles, row[i].conflicts, "row %zu", i);
        cr_expect_eq(c.n_row_reads, row[i].n, "row %zu", i);
        cr_expect_eq(c.n_emb_cells, 10 * row[i].n, "row %zu", i);
        emb_free(t);
    }
}

/* One field of bags, one bank: arrays of 16 rows. */
Test(emb, rows_of_one_array_are_read_together)
{
    static const struct {
        uint32_t pool_rows, n, rows[5];
        uint64_t cycles; /* read 3, pooled 5, then one to requantise */
        uint64_t activations, pooled;
    } row[] = {
        {1, 2, {0, 1}, 7, 2, 0},
        {2, 2, {0, 1}, 6, 1, 1},
        {2, 2, {0, 15}, 6, 1, 1},
        {2, 2, {0, 16}, 7, 2, 0},
        {2, 3, {0, 1, 2}, 9, 2, 1},
        {3, 3, {0, 1, 2}, 6, 1, 1},
        {4, 4, {0, 17, 2, 18}, 11, 2, 2},
        {4, 5, {0, 17, 2, 18, 33}, 14, 3, 2},
        {4, 0, {0}, 2, 0, 0},
    };

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct plan_emb_field field[1];
        struct plan_emb m = plain(1, 1, 3, field);
        struct unit_counts c = {0};
        uint32_t words[6] = {row[i].n};
        struct emb *t;

        field[0].max_bag = m.n_lookups = 5;
        m.n_words = 6;
        m.n_bags = 1;
        m.pool_rows = row[i].pool_rows;
        m.pool_cycles = 5;
        memcpy(words + 1, row[i].rows, sizeof row[i].rows);
        t = emb_new(&m);
        cr_expect_eq(emb_run(t, words, &c), row[i].cycles, "row %zu", i);
        cr_expect_eq(c.n_activations, row[i].activations, "row %zu", i);
        cr_expect_eq(c.n_pool_conversions, 10 * row[i].pooled, "row %zu", i);
        cr_expect_eq(c.n_row_reads, row[i].n, "row %zu", i);
        emb_free(t);
    }
}

/* Row 0 again, first while its bank reads it, then when it has arrived: a hit in the cycle in which
 * the bank would be free, which the tile need not wait for longer than a cycle. */
Test(emb, cache_hits_from_the_edge_of_arrival)
{
    struct plan_emb_field field[N_MAX];
    struct plan_emb m = plain(2, 2, 4, field);
    struct unit_counts c = {0};
    struct emb *t;

    m.cache_sets = 2;
    m.cache_ways = 1;
    t = emb_new(&m);
    cr_expect_eq(emb_run(t, (const uint32_t[]){0, 0}, &c), 5); /* waits for 4, there at 5 */
    cr_expect_eq(c.n_cache_hits, 1);
    cr_expect_eq(c.bank_conflict_cycles, 3);
    cr_expect_eq(emb_run(t, (const uint32_t[]){0, 0}, &c), 2); /* kept from request to request */
    cr_expect_eq(c.n_cache_hits, 3);
    cr_expect_eq(emb_run(t, (const uint32_t[]){2, 0}, &c), 4); /* 2 takes 0's set only at 4 */
    cr_expect_eq(c.n_cache_hits, 4);
    cr_expect_eq(emb_run(t, (const uint32_t[]){2, 0}, &c), 5); /* hit, then miss: from 1 on */
    cr_expect_eq(c.n_cache_fills, 3);
    emb_free(t);
}

Test(emb, cache_replaces_the_way_used_longest_ago)
{
    struct plan_emb_field field[N_MAX];
    struct plan_emb m = plain(1, 1, 2, field);
    static const struct {
        uint32_t row;
        bool hits;
    } seq[] = {{0, false}, {1, false}, {0, true}, {2, false}, {0, true}, {1, false}, {2, false}};
    struct unit_counts c = {0};
    uint64_t n_hits = 0;
    struct emb *t;

    m.cache_sets = 1;
    m.cache_ways = 2;
    t = emb_new(&m);
    for (size_t i = 0; i < sizeof seq / sizeof *seq; i++) {
        n_hits += seq[i].hits;
        cr_expect_eq(emb_run(t, &seq[i].row, &c), seq[i].hits ? 1 : 2, "%zu", i);
        cr_expect_eq(c.n_cache_hits, n_hits, "%zu", i);
    }
    emb_free(t);
}

/* ---- the contract, literally: every cycle, every unit ---- */

struct literal {
    const struct plan_emb *m;
    uint32_t n, home[MAX_ROWS], field[MAX_ROWS];
    bool pending[MAX_ROWS];
    uint64_t busy[64]; /* cycles left */
    uint32_t arriving[64];
    bool single[64];
    bool valid[64][MAX_WAYS];
    uint32_t tag[64][MAX_WAYS];
    uint64_t used[64][MAX_WAYS], clock; /* when each way was used last */
};

static void literal_use(struct literal *l, uint32_t set, uint32_t way)
{
    l->used[set][way] = ++l->clock;
}

static void literal_init(struct literal *l, const struct plan_emb *m)
{
    memset(l, 0, sizeof *l);
    l->m = m;
    for (uint32_t s = 0; s < m->cache_sets; s++)
        for (uint32_t w = m->cache_ways; w-- > 0;)
            literal_use(l, s, w);
}

static uint32_t literal_find(const struct literal *l, uint32_t home)
{
    uint32_t set = l->m->cache_sets ? home % l->m->cache_sets : 0;

    for (uint32_t w = 0; w < l->m->cache_ways; w++)
        if (l->valid[set][w] && l->tag[set][w] == home)
            return w;
    return UINT32_MAX;
}

static void literal_fill(struct literal *l, uint32_t home)
{
    uint32_t set = home % l->m->cache_sets, way = literal_find(l, home);

    if (way == UINT32_MAX) {
        way = 0;
        for (uint32_t w = 1; w < l->m->cache_ways; w++)
            way = l->used[set][w] < l->used[set][way] ? w : way;
    }
    l->valid[set][way] = true;
    l->tag[set][way] = home;
    literal_use(l, set, way);
}

static uint32_t literal_address(const struct literal *l, uint32_t home, uint32_t r)
{
    const struct plan_emb *m = l->m;

    for (uint32_t k = 0; k < m->n_hot; k++)
        if (m->hot[k] == home)
            return r * m->hot_stride + (k - k % m->n_banks) +
                   (k + r * m->n_banks / m->replicas) % m->n_banks;
    return m->cold_base + home;
}

/* Starts copy r's bank for row i of the list, with whatever it can take along. */
static void literal_start(struct literal *l, uint32_t i, uint32_t r)
{
    const struct plan_emb *m = l->m;
    uint32_t a = literal_address(l, l->home[i], r), bank = a % m->n_banks, n = 1;

    l->pending[i] = false;
    for (uint32_t k = i + 1; k < l->n && m->field[l->field[i]].max_bag; k++) {
        uint32_t b = literal_address(l, l->home[k], r);

        if (l->pending[k] && l->field[k] == l->field[i] && n < m->pool_rows &&
            b % m->n_banks == bank &&
            b / m->n_banks / m->array_rows == a / m->n_banks / m->array_rows) {
            l->pending[k] = false;
            n++;
        }
    }
    l->busy[bank] = n > 1 ? m->pool_cycles : m->row_cycles;
    l->arriving[bank] = l->home[i];
    l->single[bank] = n == 1;
}

static void literal_issue(struct literal *l, bool *done)
{
    uint32_t i = 0, way;

    while (i < l->n && !l->pending[i])
        i++;
    *done = i == l->n;
    if (*done)
        return;
    way = literal_find(l, l->home[i]);
    if (way != UINT32_MAX) {
        l->pending[i] = false;
        literal_use(l, l->home[i] % l->m->cache_sets, way);
        return;
    }
    for (uint32_t r = 0; r < l->m->replicas; r++)
        if (!l->busy[literal_address(l, l->home[i], r) % l->m->n_banks]) {
            literal_start(l, i, r);
            return;
        }
}

static uint64_t literal_run(struct literal *l, const uint32_t *words)
{
    const struct plan_emb *m = l->m;
    bool done = false, flying = false;
    uint64_t cycle;

    l->n = 0;
    for (uint32_t f = 0; f < m->n_fields; f++) {
        const uint32_t *slot = words + m->field[f].word;
        uint32_t n = m->field[f].max_bag ? *slot++ : 1;

        for (uint32_t k = 0; k < n; k++) {
            l->home[l->n] = m->field[f].table_base + slot[k];
            l->field[l->n] = f;
            l->pending[l->n++] = true;
        }
    }
    for (cycle = 0; !done || flying; cycle++) {
        literal_issue(l, &done);
        flying = false;
        for (uint32_t b = 0; b < m->n_banks; b++)
            if (l->busy[b] && !--l->busy[b]) { /* there at the edge that ends this cycle */
                if (l->single[b] && m->cache_sets)
                    literal_fill(l, l->arriving[b]);
            } else {
                flying |= l->busy[b] > 0;
            }
        done = true;
        for (uint32_t i = 0; i < l->n; i++)
            done &= !l->pending[i];
    }
    return cycle + m->n_bags;
}

Test(emb, schedule_is_the_contracts)
{
    uint64_t n_hits = 0, n_copies = 0, n_pooled = 0, n_conflicts = 0;

    for (uint64_t seed = 0; seed < 150; seed++) {
        struct rng r = rng_new(seed);
        struct workload *w = tiny_bag_workload(&r, 20);
        struct chip_config c = tiny_chip(&r);
        struct plan *p;
        struct err e;

        cr_assert_eq(plan_new(&p, w, &c, &e), ERR_OK, "%s", e.text);
        for (uint32_t i = 0; i < p->n_units; i++) {
            const struct plan_emb *m = &p->unit[i].emb;
            struct unit_counts count = {0};
            struct literal l;
            struct emb *t;

            if (p->unit[i].kind != UNIT_EMB)
                continue;
            t = emb_new(m);
            literal_init(&l, m);
            for (uint32_t q = 0; q < w->n_requests; q++) {
                const uint32_t *words =
                    w->lookup + (size_t)q * workload_n_words(w) + workload_slot(w, m->first_field);
                uint64_t want = literal_run(&l, words);

                cr_assert_eq(emb_run(t, words, &count), want, "seed %u request %u", (unsigned)seed,
                             q);
            }
            cr_expect_eq(count.n_lookups, count.n_cache_hits + count.n_row_reads);
            n_hits += count.n_cache_hits;
            n_copies += count.n_copy_reads;
            n_pooled += count.n_pool_conversions;
            n_conflicts += count.bank_conflict_cycles;
            emb_free(t);
        }
        plan_free(p);
        workload_free(w);
    }
    cr_expect(n_hits > 100 && n_copies > 100 && n_pooled > 100 && n_conflicts > 100);
}

/* ---- placement ---- */

Test(emb, every_row_is_at_its_addresses)
{
    for (uint64_t seed = 0; seed < 40; seed++) {
        struct rng r = rng_new(seed);
        struct workload *w = tiny_bag_workload(&r, 20);
        struct chip_config c = tiny_chip(&r);
        struct plan *p;
        struct err e;

        c.emb_placement = EMB_FREQUENCY;
        cr_assert_eq(plan_new(&p, w, &c, &e), ERR_OK, "%s", e.text);
        for (uint32_t i = 0; i < p->n_units; i++) {
            const struct plan_unit *u = &p->unit[i];
            const struct plan_emb *m = &u->emb;

            for (uint32_t f = 0; u->kind == UNIT_EMB && f < m->n_fields; f++)
                for (uint32_t row = 0; row < w->n_rows[m->first_field + f]; row++) {
                    uint32_t home = m->field[f].table_base + row, place = plan_emb_place(m, home);
                    uint64_t banks = 0;

                    for (uint32_t k = 0; k < (place == UINT32_MAX ? 1 : m->replicas); k++) {
                        uint32_t a = plan_emb_address(m, home, place, k);

                        cr_assert_lt(a, m->n_rows);
                        cr_assert_eq(plan_emb_row(p, u, a),
                                     workload_row(w, m->first_field + f, row));
                        cr_assert_not(banks >> a % m->n_banks & 1); /* each in another bank */
                        banks |= (uint64_t)1 << a % m->n_banks;
                    }
                }
        }
        plan_free(p);
        workload_free(w);
    }
}

/* Fields are dealt in runs of about equal numbers of rows a request. */
Test(emb, tiles_get_about_the_same_number_of_rows)
{
    static const struct {
        uint32_t tiles, n, first[4];
    } row[] = {{1, 1, {0}}, {2, 2, {0, 1}}, {3, 3, {0, 1, 3}}, {4, 4, {0, 1, 2, 5}}};
    struct rng r = rng_new(1);
    struct workload *w;
    uint32_t max_bag[7] = {9, 0, 2, 0, 0, 3, 0}; /* rows: 9 1 2 1 1 3 1 */

    do
        w = tiny_bag_workload(&r, 1);
    while (w->n_fields != 7 && (workload_free(w), true));
    w->n_requests = 0;
    workload_set_bags(w, max_bag);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct chip_config c;
        struct plan *p;
        struct err e;
        uint32_t n = 0;

        cr_assert_eq(chip_config_read(NULL, &c, &e), ERR_OK);
        c.emb_tiles = row[i].tiles;
        cr_assert_eq(plan_new(&p, w, &c, &e), ERR_OK, "%s", e.text);
        for (uint32_t k = 0; k < p->n_units; k++)
            if (p->unit[k].kind == UNIT_EMB) {
                bool found = false;

                for (uint32_t t = 0; t < row[i].n; t++)
                    found |= p->unit[k].emb.first_field == row[i].first[t];
                cr_expect(found, "row %zu: field %u", i, p->unit[k].emb.first_field);
                n++;
            }
        cr_expect_eq(n, row[i].n, "row %zu", i);
        plan_free(p);
    }
    workload_free(w);
}
