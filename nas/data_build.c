/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/data_build.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nas/data_cache.h"
#include "nas/data_kfold.h"
#include "nas/data_stage.h"
#include "nas/data_vocab.h"
#include "sim/base/mem.h"

enum {
    BUILD_BAD = 0x80,                   /* in line_label: the line has no row */
    BUILD_NO_PART = 0xff,               /* in part: the rule deals, or the line is left out */
    BUILD_STRIDE = DATA_BLOCK_ROWS + 8, /* so that the fields of a row differ in cache set */
};

struct build_field {
    struct data_vocab *vocab; /* NULL: fixed */
    uint32_t n_rows, min_count;
};

struct data_build {
    char name[32];
    uint32_t n_dense, n_fields;
    struct build_field *field;
    char (*field_name)[16];
    /* lines */
    uint8_t *line_label, *part; /* (n_lines) */
    uint64_t n_lines, lines_cap, n_rows;
    uint8_t part_now;
    /* the block being filled: (n_fields, BUILD_STRIDE) keys, rows of fixed fields */
    uint64_t *key;
    uint32_t n_in_block;
    struct data_block top;
    struct data_stage *stage;
};

enum err_code data_build_new(struct data_build **out, const char *name, uint32_t n_dense,
                             uint32_t n_fields, const char *beside, struct err *e)
{
    struct data_build *b = mem_alloc(1, sizeof *b);
    enum err_code rc;

    assert(n_fields >= 1 && n_fields <= DATA_MAX_FIELDS);
    *out = NULL;
    snprintf(b->name, sizeof b->name, "%s", name);
    b->n_dense = n_dense;
    b->n_fields = n_fields;
    b->part_now = BUILD_NO_PART;
    b->field = mem_alloc(n_fields, sizeof *b->field);
    b->field_name = mem_alloc(n_fields, sizeof *b->field_name);
    for (uint32_t i = 0; i < n_fields; i++)
        b->field[i].vocab = data_vocab_new();
    b->key = mem_alloc((size_t)n_fields * BUILD_STRIDE, sizeof *b->key);
    if ((rc = data_stage_new(&b->stage, n_dense, n_fields, beside, e))) {
        data_build_free(b);
        return rc;
    }
    b->top = data_stage_top(b->stage);
    *out = b;
    return ERR_OK;
}

void data_build_free(struct data_build *b)
{
    if (!b)
        return;
    for (uint32_t i = 0; i < b->n_fields; i++)
        data_vocab_free(b->field[i].vocab);
    free(b->field);
    free(b->field_name);
    free(b->line_label);
    free(b->part);
    free(b->key);
    data_stage_free(b->stage);
    free(b);
}

void data_build_name_fields(struct data_build *b, uint32_t first, const char *prefix)
{
    for (uint32_t i = first; i < b->n_fields; i++)
        snprintf(b->field_name[i], sizeof b->field_name[i], "%.4s%u", prefix, i - first + 1);
}

void data_build_name_field(struct data_build *b, uint32_t field, const char *name)
{
    snprintf(b->field_name[field], sizeof b->field_name[field], "%.15s", name);
}

void data_build_fixed(struct data_build *b, uint32_t field, uint32_t n_rows)
{
    data_vocab_free(b->field[field].vocab);
    b->field[field].vocab = NULL;
    b->field[field].n_rows = n_rows;
}

void data_build_min_count(struct data_build *b, uint32_t field, uint32_t min_count)
{
    b->field[field].min_count = min_count;
}

void data_build_part(struct data_build *b, enum data_part part)
{
    b->part_now = (uint8_t)part;
}

/* ---- rows ---- */

void data_build_row(struct data_build *b)
{
    memset(b->top.dense + (size_t)b->n_in_block * b->n_dense, 0, b->n_dense * sizeof(float));
    for (uint32_t f = 0; f < b->n_fields; f++)
        b->key[(size_t)f * BUILD_STRIDE + b->n_in_block] = 0;
}

void data_build_dense(struct data_build *b, uint32_t column, float v)
{
    assert(column < b->n_dense);
    b->top.dense[(size_t)b->n_in_block * b->n_dense + column] = v;
}

void data_build_key(struct data_build *b, uint32_t field, uint64_t key)
{
    assert(field < b->n_fields);
    b->key[(size_t)field * BUILD_STRIDE + b->n_in_block] = key;
}

void data_build_value(struct data_build *b, uint32_t field, const char *bytes, size_t n)
{
    assert(field < b->n_fields && b->field[field].vocab);
    data_build_key(b, field, data_vocab_key(b->field[field].vocab, bytes, n));
}

void data_build_index(struct data_build *b, uint32_t field, uint32_t row)
{
    assert(!b->field[field].vocab && row < b->field[field].n_rows);
    data_build_key(b, field, row);
}

static void build_line(struct data_build *b, uint8_t label)
{
    if (b->n_lines == b->lines_cap) {
        uint64_t cap = b->lines_cap ? b->lines_cap * 2 : 4096;

        b->line_label = mem_grow(b->line_label, b->lines_cap, cap, 1);
        b->part = mem_grow(b->part, b->lines_cap, cap, 1);
        b->lines_cap = cap;
    }
    b->line_label[b->n_lines] = label;
    b->part[b->n_lines++] = b->part_now;
}

/* Keys become numbers, a field at a time. */
static enum err_code build_flush(struct data_build *b, struct err *e)
{
    enum err_code rc;

    if (b->n_in_block == 0)
        return ERR_OK;
    for (uint32_t f = 0; f < b->n_fields; f++) {
        const uint64_t *key = b->key + (size_t)f * BUILD_STRIDE;
        uint32_t *number = b->top.number + (size_t)f * DATA_BLOCK_ROWS;

        if (b->field[f].vocab)
            data_vocab_numbers(b->field[f].vocab, key, number, b->n_in_block);
        else
            for (uint32_t i = 0; i < b->n_in_block; i++)
                number[i] = (uint32_t)key[i];
    }
    b->n_in_block = 0;
    if ((rc = data_stage_push(b->stage, e)))
        return rc;
    b->top = data_stage_top(b->stage);
    return ERR_OK;
}

static enum err_code build_check_lines(const struct data_build *b, struct err *e)
{
    if (b->n_lines < UINT32_MAX - 1)
        return ERR_OK;
    return err_set(e, ERR_CONFIG, "data set %s: more than %u lines", b->name, UINT32_MAX - 2);
}

enum err_code data_build_commit(struct data_build *b, uint8_t label, struct err *e)
{
    enum err_code rc = build_check_lines(b, e);

    if (rc)
        return rc;
    build_line(b, label);
    b->n_rows++;
    return ++b->n_in_block == DATA_BLOCK_ROWS ? build_flush(b, e) : ERR_OK;
}

enum err_code data_build_bad(struct data_build *b, struct err *e)
{
    enum err_code rc = build_check_lines(b, e);

    if (!rc)
        build_line(b, BUILD_BAD);
    return rc;
}

uint64_t data_build_n_rows(const struct data_build *b)
{
    return b->n_rows;
}

/* ---- dealing lines to parts ---- */

static void build_deal_tail(struct data_build *b)
{
    uint64_t n_held = b->n_rows / 10, n_train = b->n_rows - (n_held ? n_held : 1), n = 0;

    for (uint64_t i = 0; i < b->n_lines; i++) {
        b->part[i] = n < n_train ? DATA_TRAIN : DATA_VALID;
        n += !(b->line_label[i] & BUILD_BAD);
    }
}

static void build_deal_folds(struct data_build *b, uint64_t shift)
{
    uint8_t *label = mem_alloc(b->n_lines + 1, 1), *fold = mem_alloc(b->n_lines + 1, 1);

    for (uint64_t i = 0; i < b->n_lines; i++)
        label[i] = b->line_label[i] == 1;
    data_kfold(label, b->n_lines, DATA_FOLDS, DATA_FOLD_SEED, fold);
    for (uint64_t i = shift; i < b->n_lines; i++) {
        uint8_t at = fold[i - shift];

        b->part[i] = at < DATA_FOLDS - 2    ? DATA_TRAIN
                     : at == DATA_FOLDS - 2 ? DATA_VALID
                                            : DATA_TEST;
    }
    free(label);
    free(fold);
}

static enum err_code build_deal(struct data_build *b, const struct data_finish *f, uint64_t *n,
                                struct err *e)
{
    if (b->part_now == BUILD_NO_PART && b->n_rows > 0) {
        if (f->rule == DATA_SPLIT_TAIL)
            build_deal_tail(b);
        else
            build_deal_folds(b, f->rule == DATA_SPLIT_NASREC);
    }
    for (uint64_t i = 0; i < b->n_lines; i++)
        if (!(b->line_label[i] & BUILD_BAD) && b->part[i] != BUILD_NO_PART)
            n[b->part[i]]++;
    if (n[DATA_TRAIN] == 0 || n[DATA_VALID] == 0)
        return err_set(e, ERR_CONFIG, "%s: %llu rows: too few to hold out some for validation",
                       f->name, (unsigned long long)b->n_rows);
    return ERR_OK;
}

/* Parts and labels of the rows of one block, in order. */
struct build_walk {
    const struct data_build *b;
    uint64_t line, block;
    uint32_t n; /* rows of this block */
    uint8_t part[DATA_BLOCK_ROWS], label[DATA_BLOCK_ROWS];
    struct data_block block_data;
};

/* False: no more blocks, or *rc. */
static bool build_next(struct build_walk *w, enum err_code *rc, struct err *e)
{
    const struct data_build *b = w->b;

    if (w->block == data_stage_n_blocks(b->stage))
        return false;
    for (w->n = 0; w->line < b->n_lines && w->n < DATA_BLOCK_ROWS; w->line++) {
        if (b->line_label[w->line] & BUILD_BAD)
            continue;
        w->label[w->n] = b->line_label[w->line];
        w->part[w->n++] = b->part[w->line];
    }
    *rc = data_stage_get(b->stage, w->block++, &w->block_data, e);
    return !*rc;
}

static enum err_code build_poll(const struct data_finish *f, const char *stage,
                                const struct build_walk *w, struct err *e)
{
    if (!f->watch || w->block % 16)
        return ERR_OK;
    return watch_poll(f->watch, stage, w->line, w->b->n_lines, NAN, NAN, e);
}

/* ---- tables ---- */

static enum err_code build_count(struct data_build *b, uint32_t **count,
                                 const struct data_finish *f, struct err *e)
{
    struct build_walk *w = mem_alloc(1, sizeof *w);
    enum err_code rc = ERR_OK;

    w->b = b;
    while (!rc && build_next(w, &rc, e)) {
        for (uint32_t k = 0; k < b->n_fields; k++) {
            const uint32_t *number = w->block_data.number + (size_t)k * DATA_BLOCK_ROWS;

            for (uint32_t i = 0; i < w->n && count[k]; i++)
                count[k][number[i]] += w->part[i] == DATA_TRAIN;
        }
        rc = build_poll(f, "count", w, e);
    }
    free(w);
    return rc;
}

/* row[k][number] of every ranked field, NULL for fixed ones; table sizes into d. */
static enum err_code build_tables(struct data_build *b, const struct data_finish *f, struct data *d,
                                  uint32_t **row, struct err *e)
{
    enum err_code rc = ERR_OK;
    bool any = false;

    for (uint32_t k = 0; k < b->n_fields; k++) {
        struct data_vocab *v = b->field[k].vocab;

        d->n_rows[k] = b->field[k].n_rows;
        if (v)
            row[k] = mem_alloc((size_t)data_vocab_size(v) + 1, sizeof *row[k]);
        any = any || v;
    }
    if (any)
        rc = build_count(b, row, f, e);
    for (uint32_t k = 0; k < b->n_fields && !rc; k++) {
        struct data_vocab *v = b->field[k].vocab;

        if (!v)
            continue;
        d->n_rows[k] = data_vocab_rank(v, row[k], b->field[k].min_count, f->max_rows);
        data_vocab_free(v);
        b->field[k].vocab = NULL;
    }
    return rc;
}

/* ---- delivering ---- */

/* Rows of one block that belong to one part, as training reads them. */
struct build_batch {
    uint8_t *label;
    float *dense;
    uint32_t *lookup;
    uint32_t n;
};

struct build_out {
    struct data *d;
    struct cache_writer *cache; /* NULL: into the arrays of d */
    uint64_t n_done[DATA_N_PARTS];
    struct build_batch batch[DATA_N_PARTS];
};

static struct data_split *build_split(struct data *d, uint32_t part)
{
    return part == DATA_TRAIN ? &d->train : part == DATA_VALID ? &d->valid : &d->test;
}

static enum err_code build_deliver(struct build_out *o, struct err *e)
{
    const struct data *d = o->d;
    enum err_code rc = ERR_OK;

    for (uint32_t p = 0; p < DATA_N_PARTS && !rc; p++) {
        struct build_batch *t = &o->batch[p];
        struct data_split *s = build_split(o->d, p);
        uint64_t at = o->n_done[p];

        if (o->cache) {
            rc = cache_writer_rows(o->cache, p, t->n, t->label, t->dense, t->lookup, e);
        } else if (t->n) {
            memcpy(s->label + at, t->label, t->n);
            memcpy(s->dense + at * d->n_dense, t->dense, t->n * d->n_dense * sizeof *s->dense);
            memcpy(s->lookup + at * d->n_fields, t->lookup, t->n * d->n_fields * sizeof *s->lookup);
        }
        o->n_done[p] += t->n;
        t->n = 0;
    }
    return rc;
}

/* Number by number to table rows, then row by row to the parts' batches. */
static void build_gather(struct build_out *o, const struct build_walk *w, uint32_t *const *row)
{
    uint32_t n_dense = o->d->n_dense, n_fields = o->d->n_fields;
    uint32_t *number = w->block_data.number;

    for (uint32_t k = 0; k < n_fields; k++)
        for (uint32_t i = 0; i < w->n && row[k]; i++)
            number[(size_t)k * DATA_BLOCK_ROWS + i] =
                row[k][number[(size_t)k * DATA_BLOCK_ROWS + i]];
    for (uint32_t i = 0; i < w->n; i++) {
        struct build_batch *t;

        if (w->part[i] == BUILD_NO_PART)
            continue;
        t = &o->batch[w->part[i]];
        t->label[t->n] = w->label[i];
        memcpy(t->dense + (size_t)t->n * n_dense, w->block_data.dense + (size_t)i * n_dense,
               n_dense * sizeof *t->dense);
        for (uint32_t k = 0; k < n_fields; k++)
            t->lookup[(size_t)t->n * n_fields + k] = number[(size_t)k * DATA_BLOCK_ROWS + i];
        t->n++;
    }
}

static enum err_code build_emit(struct data_build *b, const struct data_finish *f,
                                uint32_t *const *row, struct build_out *o, struct err *e)
{
    struct build_walk *w = mem_alloc(1, sizeof *w);
    enum err_code rc = ERR_OK;

    w->b = b;
    for (uint32_t p = 0; p < DATA_N_PARTS; p++)
        o->batch[p] = (struct build_batch){
            .label = mem_alloc(DATA_BLOCK_ROWS, 1),
            .dense = mem_alloc((size_t)DATA_BLOCK_ROWS * b->n_dense + 1, sizeof(float)),
            .lookup = mem_alloc((size_t)DATA_BLOCK_ROWS * b->n_fields, sizeof(uint32_t))};
    while (!rc && build_next(w, &rc, e)) {
        build_gather(o, w, row);
        if (!(rc = build_deliver(o, e)))
            rc = build_poll(f, "write", w, e);
        data_stage_drop(b->stage, w->block - 1);
    }
    for (uint32_t p = 0; p < DATA_N_PARTS; p++) {
        free(o->batch[p].label);
        free(o->batch[p].dense);
        free(o->batch[p].lookup);
    }
    free(w);
    return rc;
}

static void build_describe(struct data_build *b, const struct data_finish *f, const uint64_t *n,
                           struct data *d)
{
    snprintf(d->name, sizeof d->name, "%s", b->name);
    d->n_dense = b->n_dense;
    d->n_fields = b->n_fields;
    d->n_rows = mem_alloc(d->n_fields, sizeof *d->n_rows);
    d->field_name = b->field_name;
    b->field_name = NULL;
    d->bayes_logloss = f->bayes_logloss;
    d->bayes_auc = f->bayes_auc;
    d->n_bad_lines = f->n_bad_lines;
    d->first_bad = f->first_bad ? mem_strdup(f->first_bad) : NULL;
    for (uint32_t p = 0; p < DATA_N_PARTS; p++) {
        struct data_split *s = build_split(d, p);

        s->n = n[p];
        if (f->cache_path)
            continue;
        s->label = mem_alloc(s->n + 1, 1);
        s->dense = mem_alloc(s->n * d->n_dense + 1, sizeof *s->dense);
        s->lookup = mem_alloc(s->n * d->n_fields + 1, sizeof *s->lookup);
    }
}

enum err_code data_build_finish_take(struct data_build *b, const struct data_finish *f,
                                     struct data **out, struct err *e)
{
    struct build_out o = {.d = mem_alloc(1, sizeof *o.d)};
    uint32_t **row = mem_alloc(b->n_fields, sizeof *row);
    uint64_t n[DATA_N_PARTS] = {0};
    enum err_code rc;

    if ((rc = build_flush(b, e)) || (rc = build_deal(b, f, n, e)))
        goto out;
    build_describe(b, f, n, o.d);
    if ((rc = build_tables(b, f, o.d, row, e)))
        goto out;
    if (f->cache_path && (rc = cache_writer_new(&o.cache, f->cache_path, o.d, f, e)))
        goto out;
    if (!(rc = build_emit(b, f, row, &o, e)) && o.cache)
        rc = cache_writer_commit(o.cache, o.d->digest, e);
out:
    cache_writer_free(o.cache);
    for (uint32_t k = 0; k < b->n_fields; k++)
        free(row[k]);
    free(row);
    data_build_free(b);
    if (rc)
        data_free(o.d);
    else
        *out = o.d;
    return rc;
}
