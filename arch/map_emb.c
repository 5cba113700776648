/* SPDX-License-Identifier: Apache-2.0 */
/* Constants of an embedding shard, docs/microarchitecture.md section 7. */
#include <stdlib.h>
#include <string.h>

#include "arch/map_impl.h"

/* Requests whose lookups decide which rows are hot: the first half, but no more than this. */
enum { PROFILE_REQUESTS = 1024 };

static uint32_t lesser(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

uint32_t map_emb_shards(const struct mapper *m, const struct wl_op *op)
{
    return lesser(m->c->emb_tiles, op->n_out);
}

/* Shards take runs of fields with about the same number of rows a request, at least a field each.
 */
uint32_t map_emb_first(const struct mapper *m, const struct wl_op *op, uint32_t k)
{
    uint32_t n = map_emb_shards(m, op), field = 0;
    uint64_t total = 0, sum = 0;

    for (uint32_t f = 0; f < op->n_out; f++)
        total += workload_max_bag(m->w, f) ? workload_max_bag(m->w, f) : 1;
    for (uint32_t shard = 1; shard <= k; shard++) {
        uint32_t last = op->n_out - (n - shard), first = field + 1;

        while (field < last && (field < first || sum * n < shard * total)) {
            sum += workload_max_bag(m->w, field) ? workload_max_bag(m->w, field) : 1;
            field++;
        }
    }
    return field;
}

/* ---- hot rows ---- */

struct heat {
    uint32_t home, n;
};

/* Hottest first. */
static int compare_heat(const void *a, const void *b)
{
    const struct heat *x = a, *y = b;

    if (x->n != y->n)
        return x->n < y->n ? 1 : -1;
    return x->home < y->home ? -1 : x->home > y->home;
}

static void count_row(struct heat *table, uint32_t size, uint32_t home)
{
    uint32_t i = home * 2654435761u & (size - 1); /* Knuth's multiplicative hash */

    while (table[i].n && table[i].home != home)
        i = (i + 1) & (size - 1);
    table[i].home = home;
    table[i].n++;
}

/* How often each row is looked up in the profiled requests; *n rows, hottest first. */
static struct heat *profile(const struct workload *w, const struct plan_emb *em, uint32_t *n)
{
    uint32_t n_requests = lesser((w->n_requests + 1) / 2, PROFILE_REQUESTS), size = 2;
    struct heat *heat;

    while (size < 2 * n_requests * em->n_lookups)
        size *= 2;
    heat = mem_alloc(size, sizeof *heat);
    for (uint32_t r = 0; r < n_requests; r++)
        for (uint32_t i = 0; i < em->n_fields; i++) {
            struct wl_bag bag =
                workload_bag(w, w->lookup + (size_t)r * workload_n_words(w), em->first_field + i);

            for (uint32_t k = 0; k < bag.n; k++)
                count_row(heat, size, em->field[i].table_base + bag.row[k]);
        }
    *n = 0;
    for (uint32_t i = 0; i < size; i++)
        if (heat[i].n)
            heat[(*n)++] = heat[i];
    qsort(heat, *n, sizeof *heat, compare_heat);
    return heat;
}

/* Places in order of heat; of the rows that share an entry of the directory the hottest has it. */
static void place_hot_rows(struct mapper *m, struct plan_emb *em)
{
    uint32_t n, mask = em->n_banks - 1;
    struct heat *heat = profile(m->w, em, &n);

    em->hot_sets = m->c->emb_hot_rows;
    em->directory = arena_alloc(m->p->arena, em->hot_sets, sizeof *em->directory);
    em->hot = arena_alloc(m->p->arena, em->hot_sets, sizeof *em->hot);
    for (uint32_t i = 0; i < em->hot_sets; i++)
        em->directory[i].home = UINT32_MAX;
    for (uint32_t i = 0; i < n && em->n_hot < em->hot_sets; i++) {
        struct plan_emb_hot *entry = &em->directory[heat[i].home & (em->hot_sets - 1)];

        if (entry->home != UINT32_MAX)
            continue;
        *entry = (struct plan_emb_hot){heat[i].home, em->n_hot};
        em->hot[em->n_hot++] = heat[i].home;
    }
    free(heat);
    em->hot_stride = (em->hot_sets + mask) & ~mask;
    em->replicas = lesser(m->c->emb_replicas, em->n_banks);
    em->cold_base = em->replicas * em->hot_stride;
}

/* ---- the shard ---- */

static enum err_code map_fields(struct mapper *m, const struct wl_op *op, struct plan_emb *em,
                                struct err *e)
{
    uint64_t rows = 0;

    em->field = arena_alloc(m->p->arena, em->n_fields, sizeof *em->field);
    for (uint32_t i = 0; i < em->n_fields; i++) {
        uint32_t f = em->first_field + i, max_bag = workload_max_bag(m->w, f);

        em->field[i] = (struct plan_emb_field){.word = em->n_words,
                                               .table_base = (uint32_t)rows,
                                               .max_bag = max_bag,
                                               .mult = max_bag ? op->mult[f] : 0};
        em->n_words += workload_slot(m->w, f + 1) - workload_slot(m->w, f);
        em->n_lookups += max_bag ? max_bag : 1;
        em->n_bags += max_bag > 0;
        rows += m->w->n_rows[f];
        if (rows > INT32_MAX)
            return err_set(e, ERR_CONFIG,
                           "operator %s: a tile would have more than 2^31 rows (emb.tiles)",
                           op->name);
    }
    em->n_home = (uint32_t)rows;
    return ERR_OK;
}

/* Rows of a bag that are read at once, and the bits of their sum of cells. */
static void map_pooling(const struct chip_config *c, struct plan_emb *em)
{
    uint32_t largest = 1, level = (1u << c->mvm_cell_bits) - 1;

    em->pool_rows = 1;
    em->pool_cycles = em->row_cycles;
    for (uint32_t i = 0; i < em->n_fields; i++)
        largest = em->field[i].max_bag > largest ? em->field[i].max_bag : largest;
    if (c->emb_pooling != EMB_IN_ARRAY || largest == 1)
        return;
    em->pool_rows = lesser(lesser(c->emb_pool_rows, c->emb_array_rows), largest);
    while (em->pool_rows * level >> em->pool_bits)
        em->pool_bits++;
    em->pool_cycles =
        map_cycles(c, c->emb_row_ns + (em->pool_bits - c->mvm_cell_bits) * c->emb_bit_ns);
}

enum err_code map_emb(struct mapper *m, const struct wl_op *op, struct plan_unit *u, uint32_t n_out,
                      struct err *e)
{
    const struct wl_tensor *out = &m->w->tensor[op->output];
    struct plan_emb *em = &u->emb;
    enum err_code rc;

    u->kind = UNIT_EMB;
    em->first_field = u->out_first;
    em->n_fields = n_out;
    em->dim = op->n_vec;
    em->shift = op->shift;
    em->zero_point = out->zero_point;
    em->out_bits = out->bits;
    em->row_cells = em->dim * ceil_div(out->bits, m->c->mvm_cell_bits);
    em->n_banks = m->c->emb_banks;
    em->array_rows = m->c->emb_array_rows;
    em->row_cycles = map_cycles(m->c, m->c->emb_row_ns);
    if ((rc = map_fields(m, op, em, e)))
        return rc;
    map_pooling(m->c, em);
    em->replicas = 1;
    if (m->c->emb_placement == EMB_FREQUENCY)
        place_hot_rows(m, em);
    em->n_rows = em->cold_base + em->n_home;
    if (m->c->emb_cache_rows) {
        em->cache_ways = lesser(m->c->emb_cache_ways, m->c->emb_cache_rows);
        em->cache_sets = m->c->emb_cache_rows / em->cache_ways;
    }
    u->comp_cycles = em->n_lookups - 1 + em->row_cycles + em->n_bags;
    map_output(m->p, u, n_out * op->n_vec, map_pack_bits(out->bits));
    return ERR_OK;
}
