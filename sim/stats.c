/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/stats.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/json.h"
#include "sim/base/mem.h"

struct stat_row {
    const char *name, *unit, *meaning;
    bool is_integer;
    uint64_t u64;
    double f64;
};

struct stats {
    struct arena *arena;
    struct stat_row *rows;
    size_t n, n_room;
    size_t *table; /* open addressing by name: row + 1, 0 is free; n_table is a power of two */
    size_t n_table;
};

struct stats *stats_new(void)
{
    struct stats *s = mem_alloc(1, sizeof *s);

    s->arena = arena_new();
    return s;
}

void stats_free(struct stats *s)
{
    if (!s)
        return;
    arena_free(s->arena);
    free(s->rows);
    free(s->table);
    free(s);
}

/* Where the name is, or the free place where it belongs. */
static size_t *stats_place(const struct stats *s, const char *name)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    size_t i;

    for (const char *p = name; *p; p++)
        h = (h ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
    for (i = (size_t)(h ^ h >> 32) & (s->n_table - 1); s->table[i]; i = (i + 1) & (s->n_table - 1))
        if (strcmp(s->rows[s->table[i] - 1].name, name) == 0)
            break;
    return &s->table[i];
}

static void stats_grow(struct stats *s)
{
    size_t room = s->n_room ? s->n_room * 2 : 64;

    s->rows = mem_grow(s->rows, s->n_room, room, sizeof *s->rows);
    s->n_room = room;
    free(s->table);
    s->n_table = 2 * room;
    s->table = mem_alloc(s->n_table, sizeof *s->table);
    for (size_t i = 0; i < s->n; i++)
        *stats_place(s, s->rows[i].name) = i + 1;
}

static struct stat_row *stats_add(struct stats *s, const char *name, const char *unit,
                                  const char *meaning)
{
    struct stat_row *row;
    size_t *place;

    if (s->n == s->n_room)
        stats_grow(s);
    place = stats_place(s, name);
    assert(!*place && "a statistic of this name was added before");
    row = &s->rows[s->n++];
    *place = s->n;
    row->name = arena_strdup(s->arena, name);
    row->unit = arena_strdup(s->arena, unit);
    row->meaning = arena_strdup(s->arena, meaning);
    return row;
}

void stats_u64(struct stats *s, const char *name, uint64_t v, const char *unit, const char *meaning)
{
    struct stat_row *row = stats_add(s, name, unit, meaning);

    row->is_integer = true;
    row->u64 = v;
}

void stats_f64(struct stats *s, const char *name, double v, const char *unit, const char *meaning)
{
    stats_add(s, name, unit, meaning)->f64 = v;
}

uint64_t stats_n(const struct stats *s)
{
    return s->n;
}

const char *stats_name(const struct stats *s, uint64_t i)
{
    assert(i < s->n);
    return s->rows[i].name;
}

double stats_value(const struct stats *s, uint64_t i)
{
    assert(i < s->n);
    return s->rows[i].is_integer ? (double)s->rows[i].u64 : s->rows[i].f64;
}

const char *stats_unit(const struct stats *s, uint64_t i)
{
    assert(i < s->n);
    return s->rows[i].unit;
}

const char *stats_meaning(const struct stats *s, uint64_t i)
{
    assert(i < s->n);
    return s->rows[i].meaning;
}

static void stats_value_text(const struct stat_row *row, char out[32])
{
    if (row->is_integer)
        snprintf(out, 32, "%" PRIu64, row->u64);
    else if (isfinite(row->f64))
        json_f64_text(out, row->f64);
    else
        snprintf(out, 32, "%s", isnan(row->f64) ? "nan" : row->f64 > 0 ? "inf" : "-inf");
}

void stats_write_txt(const struct stats *s, FILE *f)
{
    fputs("\n---------- Begin Simulation Statistics ----------\n", f);
    for (size_t i = 0; i < s->n; i++) {
        const struct stat_row *row = &s->rows[i];
        char value[32];

        stats_value_text(row, value);
        fprintf(f, "%-48s %20s # %s, %s\n", row->name, value, row->unit, row->meaning);
    }
    fputs("\n---------- End Simulation Statistics   ----------\n", f);
}

void stats_write_json(const struct stats *s, FILE *f)
{
    struct json j = json_open(f);

    json_object(&j);
    for (size_t i = 0; i < s->n; i++) {
        const struct stat_row *row = &s->rows[i];

        json_key(&j, row->name);
        json_object(&j);
        if (row->is_integer)
            json_ku64(&j, "value", row->u64);
        else
            json_kf64(&j, "value", row->f64);
        json_kstr(&j, "unit", row->unit);
        json_kstr(&j, "meaning", row->meaning);
        json_object_end(&j);
    }
    json_object_end(&j);
}

static int stats_compare_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

uint64_t stats_percentile_u64(uint64_t *v, uint64_t n, double q)
{
    double rank;

    assert(n > 0 && q > 0 && q <= 1);
    qsort(v, n, sizeof *v, stats_compare_u64);
    /* 0.07 * 100 is a little more than 7 in binary, and still means the seventh */
    rank = ceil(q * (double)n * (1 - 1e-12));
    if (rank < 1)
        rank = 1;
    if (rank > (double)n)
        return v[n - 1];
    return v[(uint64_t)rank - 1];
}
