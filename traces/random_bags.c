/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/random_bags.h"

#include <math.h>

enum { SHIFT = 15 };

bool random_bags(struct workload *w, struct rng *r, uint32_t most)
{
    uint32_t *max_bag = arena_alloc(w->arena, w->n_fields, sizeof *max_bag);
    struct wl_op *embed = w->op;

    while (embed->kind != WL_EMBED)
        embed++;
    for (uint32_t f = 0; f < w->n_fields; f++)
        max_bag[f] = rng_below(r, 2) ? rng_between(r, 1, most) : 0;
    workload_set_bags(w, max_bag);
    if (!w->max_bag)
        return false;
    embed->shift = SHIFT;
    embed->n_mult = w->n_fields;
    embed->mult = arena_alloc(w->arena, w->n_fields, sizeof *embed->mult);
    for (uint32_t f = 0; f < w->n_fields; f++)
        embed->mult[f] = (uint16_t)((1 << SHIFT) * 1.4 / sqrt(1 + max_bag[f]));
    return true;
}

static void draw_slot(const struct workload *w, struct rng *r, uint32_t field, uint32_t *slot)
{
    uint32_t n_rows = w->n_rows[field], most = w->max_bag[field], n = 1;
    uint32_t *row = slot;

    if (most) {
        n = rng_between(r, 0, most < n_rows ? most : n_rows);
        *row++ = n;
    }
    for (uint32_t k = 0; k < n;) {
        uint32_t i = 0;

        row[k] = (uint32_t)rng_below(r, 1 + rng_below(r, n_rows));
        while (row[i] != row[k])
            i++;
        k += i == k;
    }
}

void random_bags_record(const struct workload *w, struct rng *r, uint32_t *record)
{
    for (uint32_t f = 0; f < w->n_fields; f++)
        draw_slot(w, r, f, record + w->slot[f]);
}
