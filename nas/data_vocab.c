/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/data_vocab.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"

#ifdef AUTORAC_SMALL_BUFFERS
enum { VOCAB_MIN_BITS = 4, VOCAB_BINS = 16 };
#else
enum { VOCAB_MIN_BITS = 10, VOCAB_BINS = 4096 };
#endif
enum { VOCAB_AHEAD = 32 };

static const uint64_t vocab_long = (uint64_t)1 << 63; /* key of a text in the pool, by its number */

struct vocab_slot {
    uint64_t key; /* 0: empty */
    uint32_t number;
};

struct vocab_text {
    size_t at; /* of its bytes in the pool */
    uint32_t n_bytes, hash;
};

struct data_vocab {
    struct vocab_slot *slot; /* open addressing */
    size_t n, n_slots;       /* n_slots is a power of two */
    unsigned shift;          /* 64 - log2(n_slots) */
    struct vocab_text *text;
    uint32_t *text_slot; /* 0: empty, else number of the text from 1 */
    size_t n_texts, text_cap, n_text_slots;
    char *pool;
    size_t pool_len, pool_cap;
};

struct data_vocab *data_vocab_new(void)
{
    struct data_vocab *v = mem_alloc(1, sizeof *v);

    v->n_slots = (size_t)1 << VOCAB_MIN_BITS;
    v->shift = 64 - VOCAB_MIN_BITS;
    v->slot = mem_huge(v->n_slots, sizeof *v->slot);
    return v;
}

void data_vocab_free(struct data_vocab *v)
{
    if (!v)
        return;
    mem_huge_free(v->slot, v->n_slots, sizeof *v->slot);
    free(v->text);
    free(v->text_slot);
    free(v->pool);
    free(v);
}

uint32_t data_vocab_size(const struct data_vocab *v)
{
    return (uint32_t)v->n;
}

/* ---- long texts ---- */

/* FNV-1a with a final mix: neighbouring numbers must not share slots. */
static uint32_t vocab_text_hash(const char *bytes, size_t n)
{
    uint64_t h = 0xcbf29ce484222325u;

    for (size_t i = 0; i < n; i++)
        h = (h ^ (uint8_t)bytes[i]) * 0x100000001b3u;
    return (uint32_t)(h ^ (h >> 29));
}

/* Keep the slots at most half full. */
static void vocab_text_rehash(struct data_vocab *v)
{
    size_t mask;

    if (v->n_text_slots >= 2 * (v->n_texts + 1))
        return;
    v->n_text_slots = v->n_text_slots ? v->n_text_slots * 2 : 64;
    mask = v->n_text_slots - 1;
    free(v->text_slot);
    v->text_slot = mem_alloc(v->n_text_slots, sizeof *v->text_slot);
    for (size_t k = 0; k < v->n_texts; k++) {
        size_t i = v->text[k].hash & mask;

        while (v->text_slot[i])
            i = (i + 1) & mask;
        v->text_slot[i] = (uint32_t)(k + 1);
    }
}

static void vocab_text_add(struct data_vocab *v, const char *bytes, size_t n, uint32_t hash)
{
    if (v->n_texts == v->text_cap) {
        size_t cap = v->text_cap ? v->text_cap * 2 : 32;

        v->text = mem_grow(v->text, v->text_cap, cap, sizeof *v->text);
        v->text_cap = cap;
    }
    if (v->pool_len + n > v->pool_cap) {
        size_t cap = (v->pool_len + n) * 2;

        v->pool = mem_grow(v->pool, v->pool_cap, cap, 1);
        v->pool_cap = cap;
    }
    memcpy(v->pool + v->pool_len, bytes, n);
    v->text[v->n_texts] = (struct vocab_text){v->pool_len, (uint32_t)n, hash};
    v->pool_len += n;
    v->n_texts++;
}

static uint64_t vocab_text_key(struct data_vocab *v, const char *bytes, size_t n)
{
    uint32_t hash = vocab_text_hash(bytes, n);
    size_t mask, i;

    vocab_text_rehash(v);
    mask = v->n_text_slots - 1;
    for (i = hash & mask; v->text_slot[i]; i = (i + 1) & mask) {
        const struct vocab_text *t = &v->text[v->text_slot[i] - 1];

        if (t->hash == hash && t->n_bytes == n && memcmp(v->pool + t->at, bytes, n) == 0)
            return vocab_long + (v->text_slot[i] - 1);
    }
    vocab_text_add(v, bytes, n, hash);
    v->text_slot[i] = (uint32_t)v->n_texts;
    return vocab_long + v->n_texts - 1;
}

uint64_t data_vocab_key(struct data_vocab *v, const char *bytes, size_t n)
{
    const uint8_t *b = (const uint8_t *)bytes;
    uint64_t key = 0;

    assert(n > 0 && n <= UINT32_MAX);
    if (n > 8 || (n == 8 && b[0] >= 0x80))
        return vocab_text_key(v, bytes, n);
    if (n == 8) /* hashes: one load for the compiler */
        return (uint64_t)b[0] << 56 | (uint64_t)b[1] << 48 | (uint64_t)b[2] << 40 |
               (uint64_t)b[3] << 32 | (uint64_t)b[4] << 24 | (uint64_t)b[5] << 16 |
               (uint64_t)b[6] << 8 | b[7];
    for (size_t i = 0; i < n; i++)
        key = key << 8 | b[i];
    return key;
}

/* ---- numbers ---- */

static size_t vocab_start(const struct data_vocab *v, uint64_t key)
{
    uint64_t h = key * 0x9e3779b97f4a7c15u;

    return (size_t)(((h ^ (h >> 32)) * 0xd6e8feb86659fd93u) >> v->shift);
}

static size_t vocab_find(const struct data_vocab *v, uint64_t key)
{
    size_t mask = v->n_slots - 1, i = vocab_start(v, key);

    while (v->slot[i].key && v->slot[i].key != key)
        i = (i + 1) & mask;
    return i;
}

/* Room for n more keys. The start of a key is the top bits of its hash, so that the order of the
 * slots stays nearly the same: growing walks through both tables. */
static void vocab_reserve(struct data_vocab *v, size_t n)
{
    struct vocab_slot *old = v->slot;
    size_t n_old = v->n_slots;

    if ((v->n + n) * 10 <= v->n_slots * 7)
        return;
    while ((v->n + n) * 10 > v->n_slots * 7) {
        v->n_slots *= 2;
        v->shift--;
    }
    v->slot = mem_huge(v->n_slots, sizeof *v->slot);
    for (size_t i = 0; i < n_old; i++)
        if (old[i].key)
            v->slot[vocab_find(v, old[i].key)] = old[i];
    mem_huge_free(old, n_old, sizeof *old);
}

void data_vocab_numbers(struct data_vocab *v, const uint64_t *key, uint32_t *number, uint32_t n)
{
    vocab_reserve(v, n);
    assert(v->n + n < UINT32_MAX);
    for (uint32_t i = 0; i < n; i++) {
        size_t at;

        if (i + VOCAB_AHEAD < n)
            __builtin_prefetch(&v->slot[vocab_start(v, key[i + VOCAB_AHEAD])]);
        if (!key[i]) {
            number[i] = 0;
            continue;
        }
        at = vocab_find(v, key[i]);
        if (!v->slot[at].key) {
            v->slot[at] = (struct vocab_slot){key[i], (uint32_t)++v->n};
        }
        number[i] = v->slot[at].number;
    }
}

/* ---- ranking ---- */

struct vocab_rank {
    uint64_t key;
    uint32_t n_seen, number;
};

/* A long text as sorting sees it; qsort has no context argument in C17. */
struct vocab_order {
    const char *bytes;
    uint32_t n_bytes, id;
};

static int vocab_by_text(const void *pa, const void *pb)
{
    const struct vocab_order *a = pa, *b = pb;

    if (a->n_bytes != b->n_bytes)
        return a->n_bytes < b->n_bytes ? -1 : 1;
    return memcmp(a->bytes, b->bytes, a->n_bytes);
}

/* place[id] of every long text among them all. */
static uint32_t *vocab_order_texts(const struct data_vocab *v)
{
    struct vocab_order *o = mem_alloc(v->n_texts + 1, sizeof *o);
    uint32_t *place = mem_alloc(v->n_texts + 1, sizeof *place);

    for (uint32_t i = 0; i < v->n_texts; i++)
        o[i] = (struct vocab_order){v->pool + v->text[i].at, v->text[i].n_bytes, i};
    qsort(o, v->n_texts, sizeof *o, vocab_by_text);
    for (uint32_t i = 0; i < v->n_texts; i++)
        place[o[i].id] = i;
    free(o);
    return place;
}

/* Digit k of what is sorted: bytes of the key, then of the count, which falls. */
static uint8_t vocab_digit(const struct vocab_rank *r, unsigned k)
{
    uint64_t digits = k < 8 ? r->key >> (8 * k) : ~(uint64_t)r->n_seen >> (8 * (k - 8));

    return (uint8_t)(digits & 0xff);
}

/* By falling count, then by key: least significant byte first, each pass stable. */
static void vocab_sort(struct vocab_rank *rank, size_t n)
{
    struct vocab_rank *from = rank, *to = mem_huge(n + 1, sizeof *to), *spare = to;

    for (unsigned k = 0; k < 12; k++) {
        size_t at[257] = {0};
        struct vocab_rank *swap = from;

        for (size_t i = 0; i < n; i++)
            at[vocab_digit(&from[i], k) + 1]++;
        if (n && at[vocab_digit(&from[0], k) + 1] == n)
            continue; /* all alike */
        for (size_t d = 1; d < 257; d++)
            at[d] += at[d - 1];
        for (size_t i = 0; i < n; i++)
            to[at[vocab_digit(&from[i], k)]++] = from[i];
        from = to;
        to = swap;
    }
    if (from != rank)
        memcpy(rank, from, n * sizeof *rank);
    mem_huge_free(spare, n + 1, sizeof *spare);
}

/* The least count that can make a table of at most n_max values: rarer ones need no sorting. */
static uint32_t vocab_threshold(const struct data_vocab *v, const uint32_t *count,
                                uint32_t min_count, uint32_t n_max)
{
    uint32_t *bin = mem_alloc(VOCAB_BINS, sizeof *bin), c = VOCAB_BINS - 1;
    uint64_t n_above = 0;

    for (size_t i = 1; i <= v->n; i++)
        bin[count[i] < VOCAB_BINS ? count[i] : VOCAB_BINS - 1]++;
    while (c > min_count && n_above + bin[c] < n_max)
        n_above += bin[c--];
    free(bin);
    return c > min_count ? c : min_count;
}

uint32_t data_vocab_rank(const struct data_vocab *v, uint32_t *count, uint32_t min_count,
                         uint32_t max_rows)
{
    uint32_t least = vocab_threshold(v, count, min_count ? min_count : 1, max_rows - 1);
    uint32_t *place = vocab_order_texts(v), *row = count;
    struct vocab_rank *rank;
    size_t n = 0;

    for (size_t i = 1; i <= v->n; i++)
        n += count[i] >= least;
    rank = mem_huge(n + 1, sizeof *rank);
    for (size_t i = 0, k = 0; i < v->n_slots && k < n; i++) {
        uint64_t key = v->slot[i].key;
        uint32_t number = v->slot[i].number;

        if (!key || count[number] < least)
            continue;
        if (key >= vocab_long)
            key = vocab_long + place[key - vocab_long];
        rank[k++] = (struct vocab_rank){key, count[number], number};
    }
    vocab_sort(rank, n);
    memset(row, 0, (v->n + 1) * sizeof *row);
    for (size_t i = 0; i < n && i < max_rows - 1; i++)
        row[rank[i].number] = (uint32_t)(i + 1);
    mem_huge_free(rank, n + 1, sizeof *rank);
    free(place);
    return (uint32_t)(n < max_rows - 1 ? n : max_rows - 1) + 1;
}
