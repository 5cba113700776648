/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/data_build.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"

struct build_entry {
    uint64_t n_seen; /* in the training part */
    size_t at;       /* of its bytes in the pool */
    uint32_t len, hash;
};

/* The values of one field. Number 0 is "missing", so entry i has number i + 1. */
struct build_vocab {
    struct build_entry *entry;
    size_t n, cap;
    uint32_t *slot; /* open addressing; 0: empty, else number */
    size_t n_slots; /* power of two */
    char *pool;
    size_t pool_len, pool_cap;
};

struct data_build {
    char name[32];
    uint32_t n_dense, n_fields;
    uint64_t n, cap;
    uint8_t *label;
    float *dense;
    uint32_t *value; /* (n, n_fields) numbers in the field's vocabulary */
    struct build_vocab *vocab;
    char (*field_name)[16];
};

struct data_build *data_build_new(const char *name, uint32_t n_dense, uint32_t n_fields)
{
    struct data_build *b = mem_alloc(1, sizeof *b);

    assert(n_fields >= 1 && n_fields <= DATA_MAX_FIELDS);
    snprintf(b->name, sizeof b->name, "%s", name);
    b->n_dense = n_dense;
    b->n_fields = n_fields;
    b->vocab = mem_alloc(n_fields, sizeof *b->vocab);
    b->field_name = mem_alloc(n_fields, sizeof *b->field_name);
    return b;
}

void data_build_free(struct data_build *b)
{
    if (!b)
        return;
    for (uint32_t i = 0; i < b->n_fields; i++) {
        free(b->vocab[i].entry);
        free(b->vocab[i].slot);
        free(b->vocab[i].pool);
    }
    free(b->vocab);
    free(b->field_name);
    free(b->label);
    free(b->dense);
    free(b->value);
    free(b);
}

uint64_t data_build_row(struct data_build *b)
{
    if (b->n == b->cap) {
        uint64_t cap = b->cap ? b->cap * 2 : 1024;

        b->label = mem_grow(b->label, b->cap, cap, 1);
        b->dense = mem_grow(b->dense, b->cap * b->n_dense, cap * b->n_dense, sizeof *b->dense);
        b->value = mem_grow(b->value, b->cap * b->n_fields, cap * b->n_fields, sizeof *b->value);
        b->cap = cap;
    }
    return b->n++;
}

uint64_t data_build_n_rows(const struct data_build *b)
{
    return b->n;
}

void data_build_label(struct data_build *b, uint8_t label)
{
    b->label[b->n - 1] = label;
}

void data_build_dense(struct data_build *b, uint32_t column, float v)
{
    assert(column < b->n_dense);
    b->dense[(b->n - 1) * b->n_dense + column] = v;
}

/* FNV-1a with a final mix: neighbouring numbers must not share slots. */
static uint32_t build_hash(const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    uint64_t h = 0xcbf29ce484222325u;

    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * 0x100000001b3u;
    return (uint32_t)(h ^ (h >> 29));
}

/* Slot that holds the value, or the empty one where it belongs. */
static size_t build_slot(const struct build_vocab *v, const void *bytes, size_t n, uint32_t hash)
{
    size_t mask = v->n_slots - 1, i = hash & mask;

    while (v->slot[i]) {
        const struct build_entry *en = &v->entry[v->slot[i] - 1];

        if (en->hash == hash && en->len == n && memcmp(v->pool + en->at, bytes, n) == 0)
            break;
        i = (i + 1) & mask;
    }
    return i;
}

/* Keep the slots at most half full. */
static void build_rehash(struct build_vocab *v)
{
    size_t mask;

    if (v->n_slots >= 2 * (v->n + 1))
        return;
    v->n_slots = v->n_slots ? v->n_slots * 2 : 64;
    mask = v->n_slots - 1;
    free(v->slot);
    v->slot = mem_alloc(v->n_slots, sizeof *v->slot);
    for (size_t k = 0; k < v->n; k++) {
        size_t i = v->entry[k].hash & mask;

        while (v->slot[i])
            i = (i + 1) & mask;
        v->slot[i] = (uint32_t)(k + 1);
    }
}

static uint32_t build_add(struct build_vocab *v, const void *bytes, size_t n, uint32_t hash)
{
    if (v->n == v->cap) {
        size_t cap = v->cap ? v->cap * 2 : 32;

        v->entry = mem_grow(v->entry, v->cap, cap, sizeof *v->entry);
        v->cap = cap;
    }
    if (v->pool_len + n > v->pool_cap) {
        size_t cap = (v->pool_len + n) * 2;

        v->pool = mem_grow(v->pool, v->pool_cap, cap, 1);
        v->pool_cap = cap;
    }
    memcpy(v->pool + v->pool_len, bytes, n);
    v->entry[v->n] = (struct build_entry){0, v->pool_len, (uint32_t)n, hash};
    v->pool_len += n;
    assert(v->n < UINT32_MAX - 1);
    return (uint32_t)++v->n;
}

void data_build_value(struct data_build *b, uint32_t field, const void *bytes, size_t n)
{
    struct build_vocab *v = &b->vocab[field];
    uint32_t hash = build_hash(bytes, n);
    size_t i;

    assert(field < b->n_fields && n > 0 && n <= UINT32_MAX);
    build_rehash(v);
    i = build_slot(v, bytes, n, hash);
    if (!v->slot[i])
        v->slot[i] = build_add(v, bytes, n, hash);
    b->value[(b->n - 1) * b->n_fields + field] = v->slot[i];
}

void data_build_name_fields(struct data_build *b, const char *prefix)
{
    for (uint32_t i = 0; i < b->n_fields; i++)
        snprintf(b->field_name[i], sizeof b->field_name[i], "%.4s%u", prefix, i + 1);
}

/* An entry as sorting sees it; qsort has no context argument in C17. */
struct build_rank {
    uint64_t n_seen;
    const char *bytes;
    uint32_t len, number;
};

static int build_by_rank(const void *pa, const void *pb)
{
    const struct build_rank *a = pa, *b = pb;

    if (a->n_seen != b->n_seen)
        return a->n_seen > b->n_seen ? -1 : 1;
    if (a->len != b->len)
        return a->len < b->len ? -1 : 1;
    return memcmp(a->bytes, b->bytes, a->len);
}

/* row[number] for every value of the field; returns the table's size. */
static uint32_t build_rank_field(const struct build_vocab *v, uint32_t max_rows, uint32_t *row)
{
    struct build_rank *rank = mem_alloc(v->n + 1, sizeof *rank);
    size_t n_kept = 0;

    for (size_t i = 0; i < v->n; i++)
        if (v->entry[i].n_seen > 0)
            rank[n_kept++] = (struct build_rank){v->entry[i].n_seen, v->pool + v->entry[i].at,
                                                 v->entry[i].len, (uint32_t)(i + 1)};
    qsort(rank, n_kept, sizeof *rank, build_by_rank);
    if (n_kept > max_rows - 1)
        n_kept = max_rows - 1;
    memset(row, 0, (v->n + 1) * sizeof *row);
    for (size_t i = 0; i < n_kept; i++)
        row[rank[i].number] = (uint32_t)(i + 1);
    free(rank);
    return (uint32_t)(n_kept + 1);
}

/* Pass two: count over the training part, then rewrite numbers as rows. */
static void build_tables(struct data_build *b, uint64_t n_train, uint32_t max_rows,
                         uint32_t *n_rows)
{
    for (uint32_t f = 0; f < b->n_fields; f++) {
        struct build_vocab *v = &b->vocab[f];
        uint32_t *row = mem_alloc(v->n + 1, sizeof *row);
        uint32_t *at = b->value + f;

        for (uint64_t i = 0; i < n_train; i++)
            if (at[i * b->n_fields])
                v->entry[at[i * b->n_fields] - 1].n_seen++;
        n_rows[f] = build_rank_field(v, max_rows, row);
        for (uint64_t i = 0; i < b->n; i++)
            at[i * b->n_fields] = row[at[i * b->n_fields]];
        free(row);
    }
}

static void *build_tail(const void *all, uint64_t n_train, uint64_t n, size_t row_bytes)
{
    void *tail = mem_alloc((size_t)(n - n_train), row_bytes ? row_bytes : 1);

    if (row_bytes)
        memcpy(tail, (const char *)all + n_train * row_bytes, (size_t)(n - n_train) * row_bytes);
    return tail;
}

struct data *data_build_finish_take(struct data_build *b, uint64_t n_train, uint32_t max_rows)
{
    struct data *d = mem_alloc(1, sizeof *d);

    assert(n_train >= 1 && n_train < b->n && max_rows >= 2);
    snprintf(d->name, sizeof d->name, "%s", b->name);
    d->n_dense = b->n_dense;
    d->n_fields = b->n_fields;
    d->bayes_logloss = d->bayes_auc = NAN;
    d->n_rows = mem_alloc(d->n_fields, sizeof *d->n_rows);
    build_tables(b, n_train, max_rows, d->n_rows);
    d->valid = (struct data_split){
        .n = b->n - n_train,
        .label = build_tail(b->label, n_train, b->n, 1),
        .dense = build_tail(b->dense, n_train, b->n, b->n_dense * sizeof *b->dense),
        .lookup = build_tail(b->value, n_train, b->n, b->n_fields * sizeof *b->value),
    };
    /* the training part keeps the builder's own arrays: a copy would double the peak */
    d->train = (struct data_split){n_train, b->label, b->dense, b->value};
    d->field_name = b->field_name;
    b->label = NULL;
    b->dense = NULL;
    b->value = NULL;
    b->field_name = NULL;
    data_build_free(b);
    return d;
}

enum err_code data_build_hold_out(const struct data_build *b, const char *path, uint64_t *n_train,
                                  struct err *e)
{
    uint64_t n_held = b->n / 10;

    if (b->n < 2)
        return err_set(e, ERR_CONFIG, "%s: %llu rows: too few to hold out some for validation",
                       path, (unsigned long long)b->n);
    *n_train = b->n - (n_held ? n_held : 1);
    return ERR_OK;
}

enum err_code data_build_paths(const char *args, const char *spec, char **train, char **valid,
                               struct err *e)
{
    const char *comma = strchr(args, ',');
    size_t n = comma ? (size_t)(comma - args) : strlen(args);

    *train = *valid = NULL;
    if (n == 0 || (comma && (comma[1] == '\0' || strchr(comma + 1, ','))))
        return err_set(e, ERR_CONFIG, "\"%s\" is not one or two paths; expected %s", args, spec);
    *train = mem_printf("%.*s", (int)n, args);
    if (comma)
        *valid = mem_strdup(comma + 1);
    return ERR_OK;
}
