/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/emb.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"

enum { MAX_BANKS = 64 };

/* A row somebody asks for. */
struct want {
    uint32_t home, place; /* plan_emb_place */
    uint32_t field;
    bool done;
};

/* A single row on its way from a bank to the cache. */
struct fill {
    uint64_t at_cycle; /* the edge at which it is there */
    uint32_t home;
};

struct emb {
    const struct plan_emb *m;
    struct want *want; /* (n_lookups) of this request, in order */
    uint32_t n_want, first;
    uint64_t busy_until[MAX_BANKS]; /* first cycle in which a bank is not busy */
    struct fill *fill;              /* (n_lookups) in order of arrival: all take row_cycles */
    uint32_t n_fills, n_filled;
    uint32_t *tag;  /* (cache_sets, cache_ways) home; UINT32_MAX: empty */
    uint8_t *order; /* (cache_sets, cache_ways) 0: the way used last */
};

struct emb *emb_new(const struct plan_emb *m)
{
    struct emb *t = mem_alloc(1, sizeof *t);
    uint32_t n = m->cache_sets * m->cache_ways;

    assert(m->n_banks <= MAX_BANKS);
    t->m = m;
    t->want = mem_alloc(m->n_lookups, sizeof *t->want);
    t->fill = mem_alloc(m->n_lookups, sizeof *t->fill);
    t->tag = mem_alloc(n, sizeof *t->tag);
    t->order = mem_alloc(n, 1);
    for (uint32_t i = 0; i < n; i++) {
        t->tag[i] = UINT32_MAX;
        t->order[i] = (uint8_t)(i % m->cache_ways);
    }
    return t;
}

void emb_free(struct emb *t)
{
    if (!t)
        return;
    free(t->want);
    free(t->fill);
    free(t->tag);
    free(t->order);
    free(t);
}

/* ---- cache ---- */

static size_t set_of(const struct emb *t, uint32_t home)
{
    return (size_t)(home & (t->m->cache_sets - 1)) * t->m->cache_ways;
}

/* Way that has home; cache_ways if none. */
static uint32_t find_way(const struct emb *t, uint32_t home)
{
    const uint32_t *tag = t->tag + set_of(t, home);
    uint32_t w = 0;

    while (w < t->m->cache_ways && tag[w] != home)
        w++;
    return w;
}

static void use_way(struct emb *t, uint32_t home, uint32_t way)
{
    uint8_t *order = t->order + set_of(t, home), was = order[way];

    for (uint32_t w = 0; w < t->m->cache_ways; w++)
        order[w] = (uint8_t)(order[w] + (order[w] < was));
    order[way] = 0;
}

/* A row that is not there: a request asks for it once. */
static void fill_cache(struct emb *t, uint32_t home)
{
    uint32_t way = 0;

    while (t->order[set_of(t, home) + way] + 1u < t->m->cache_ways)
        way++;
    t->tag[set_of(t, home) + way] = home;
    use_way(t, home, way);
}

/* Rows that are there at the edge of cycle. */
static void fill_until(struct emb *t, uint64_t cycle)
{
    for (; t->n_filled < t->n_fills && t->fill[t->n_filled].at_cycle <= cycle; t->n_filled++)
        fill_cache(t, t->fill[t->n_filled].home);
}

static bool hit(struct emb *t, uint32_t home)
{
    uint32_t way;

    if (!t->m->cache_sets || (way = find_way(t, home)) == t->m->cache_ways)
        return false;
    use_way(t, home, way);
    return true;
}

/* ---- banks ---- */

static void list_wants(struct emb *t, const uint32_t *words)
{
    const struct plan_emb *m = t->m;

    t->n_want = t->first = t->n_fills = t->n_filled = 0;
    for (uint32_t f = 0; f < m->n_fields; f++) {
        const uint32_t *slot = words + m->field[f].word;
        uint32_t n = m->field[f].max_bag ? *slot++ : 1;

        for (uint32_t k = 0; k < n; k++) {
            uint32_t home = m->field[f].table_base + slot[k];

            t->want[t->n_want++] =
                (struct want){.home = home, .place = plan_emb_place(m, home), .field = f};
        }
    }
}

/* How many rows are read with the first one: those of its bag that are in the same array as its
 * copy r; they are done. */
static uint32_t group(struct emb *t, const struct want *first, uint32_t r)
{
    const struct plan_emb *m = t->m;
    uint32_t address = plan_emb_address(m, first->home, first->place, r), n = 1;
    uint32_t span = m->n_banks * m->array_rows;

    for (uint32_t i = t->first + 1; i < t->n_want && n < m->pool_rows; i++) {
        struct want *w = &t->want[i];
        uint32_t other;

        if (w->field != first->field)
            break;
        if (w->done)
            continue;
        other = plan_emb_address(m, w->home, w->place, r);
        if ((other ^ address) & (m->n_banks - 1) || other / span != address / span)
            continue;
        w->done = true;
        n++;
    }
    return n;
}

/* What arrives of a bag is added to its sum. */
static void count_sum(const struct plan_emb *m, const struct want *w, struct unit_counts *c)
{
    c->n_emb_adds += m->field[w->field].max_bag ? m->dim : 0;
}

static void count_read(const struct plan_emb *m, const struct want *w, uint32_t r, uint32_t n,
                       struct unit_counts *c)
{
    c->n_activations++;
    c->n_row_reads += n;
    count_sum(m, w, c);
    c->n_hot_reads += w->place != UINT32_MAX;
    c->n_copy_reads += r > 0;
    if (n > 1) {
        c->n_pool_conversions += m->row_cells;
        return;
    }
    c->n_emb_cells += m->row_cells;
    c->n_cache_fills += m->cache_sets > 0;
}

/* The first pending row, in cycle; false: its banks are busy, the next one until *next. */
static bool issue(struct emb *t, uint64_t cycle, uint64_t *last, uint64_t *next,
                  struct unit_counts *c)
{
    const struct plan_emb *m = t->m;
    struct want *w = &t->want[t->first];
    uint32_t n_copies = w->place == UINT32_MAX ? 1 : m->replicas;

    if (hit(t, w->home)) {
        c->n_cache_hits++;
        count_sum(m, w, c);
        *last = cycle + 1 > *last ? cycle + 1 : *last;
        return true;
    }
    *next = UINT64_MAX;
    for (uint32_t r = 0; r < n_copies; r++) {
        uint64_t *busy_until =
            &t->busy_until[plan_emb_address(m, w->home, w->place, r) & (m->n_banks - 1)];

        if (*busy_until <= cycle) {
            uint32_t n = group(t, w, r);

            *busy_until = cycle + (n > 1 ? m->pool_cycles : m->row_cycles);
            *last = *busy_until > *last ? *busy_until : *last;
            if (n == 1 && m->cache_sets)
                t->fill[t->n_fills++] = (struct fill){*busy_until, w->home};
            count_read(m, w, r, n, c);
            return true;
        }
        *next = *busy_until < *next ? *busy_until : *next;
    }
    return false;
}

uint64_t emb_run(struct emb *t, const uint32_t *words, struct unit_counts *c)
{
    uint64_t cycle = 0, last = 1, next;

    list_wants(t, words);
    memset(t->busy_until, 0, sizeof t->busy_until);
    c->n_lookups += t->n_want;
    for (; t->first < t->n_want; t->first++) {
        if (t->want[t->first].done)
            continue;
        fill_until(t, cycle);
        while (!issue(t, cycle, &last, &next, c)) {
            c->bank_conflict_cycles += next - cycle;
            cycle = next;
            fill_until(t, cycle);
        }
        cycle++;
    }
    fill_until(t, last);
    return last + t->m->n_bags;
}
