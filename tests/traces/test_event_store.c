/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/file.h"
#include "sim/base/rng.h"
#include "tests/common/temp.h"
#include "traces/event_store.h"

/* In canonical order; starts and finishes of five units among others. */
static struct event_log draw(uint64_t seed, uint64_t n)
{
    struct rng r = rng_new(seed);
    struct event_log l = {0};

    for (uint64_t i = 0; i < n; i++)
        event_log_add(&l, &(struct event){.cycle = i / 3,
                                          .value = rng_u64(&r) >> rng_below(&r, 64),
                                          .index = (uint32_t)rng_below(&r, 100),
                                          .unit = (uint16_t)rng_below(&r, 5),
                                          .kind = (uint16_t)rng_below(&r, EVENT_N_KINDS)});
    event_log_sort(&l);
    return l;
}

static struct h5 *new_file(struct temp *t, const char *name)
{
    return h5_create(temp_path(t, name), "test", 1);
}

static char *put(const struct event_store *s, struct temp *t, const char *name, size_t *n_bytes)
{
    struct h5 *f = new_file(t, name);
    char *bytes = NULL;
    struct err e;

    event_store_put(s, f);
    cr_assert_eq(h5_commit(f, &e), ERR_OK, "%s", e.text);
    cr_assert_eq(file_read(temp_path(t, name), &bytes, n_bytes, &e), ERR_OK);
    return bytes;
}

static void *column(struct h5 *f, struct arena *a, const char *path, enum h5_type type, uint64_t n)
{
    struct h5_data d = {.path = path, .type = type, .rank = 1, .extent = {n}};
    struct err e;
    void *v;

    cr_assert_eq(h5_read(f, &d, a, &v, &e), ERR_OK, "%s", e.text);
    return v;
}

/* Less than a chunk, one exactly, one and a bit, several: what is read is what was added. */
Test(event_store, columns_are_the_events)
{
    static const uint64_t n_events[] = {1, H5_CHUNK - 1, H5_CHUNK, H5_CHUNK + 1, 3 * H5_CHUNK + 7};

    for (size_t i = 0; i < sizeof n_events / sizeof *n_events; i++) {
        struct event_log l = draw(i, n_events[i]);
        struct event_store *s = event_store_new();
        struct arena *a = arena_new();
        struct temp t = temp_new();
        uint64_t *cycle, *value;
        uint32_t *index;
        uint16_t *unit;
        struct h5 *f;
        size_t n_bytes;
        struct err e;
        uint8_t *kind;

        event_store_add(s, l.at, l.n);
        free(put(s, &t, "a.h5", &n_bytes));
        cr_assert_eq(h5_open(&f, temp_path(&t, "a.h5"), "test", 1, &e), ERR_OK, "%s", e.text);
        cycle = column(f, a, "/events/cycle", H5_U64, l.n);
        value = column(f, a, "/events/value", H5_U64, l.n);
        index = column(f, a, "/events/index", H5_U32, l.n);
        unit = column(f, a, "/events/unit", H5_U16, l.n);
        kind = column(f, a, "/events/kind", H5_U8, l.n);
        for (uint64_t k = 0; k < l.n; k++)
            cr_assert_eq(
                event_compare(&(struct event){cycle[k], value[k], index[k], unit[k], kind[k]},
                              &l.at[k]),
                0, "event %llu of %llu", (unsigned long long)k, (unsigned long long)l.n);
        h5_close(f);
        temp_free(&t);
        arena_free(a);
        event_store_free(s);
        event_log_fini(&l);
    }
}

/* The bytes do not depend on how events come, nor on a file having been written on the way. */
Test(event_store, the_same_bytes_however_it_is_filled)
{
    struct event_log l = draw(1, 2 * H5_CHUNK + 1000);
    struct event_store *whole = event_store_new(), *pieces = event_store_new();
    struct temp t = temp_new();
    struct rng r = rng_new(2);
    size_t n_whole, n_pieces, n_half;
    char *a, *b;

    event_store_add(whole, l.at, l.n);
    for (uint64_t at = 0, n; at < l.n; at += n) {
        n = rng_below(&r, 30000);
        n = n > l.n - at ? l.n - at : n;
        event_store_add(pieces, l.at + at, n);
        if (at < l.n / 2)
            free(put(pieces, &t, "half.h5", &n_half));
    }
    a = put(whole, &t, "whole.h5", &n_whole);
    b = put(pieces, &t, "pieces.h5", &n_pieces);
    cr_expect(n_half < n_whole);
    cr_assert_eq(n_whole, n_pieces);
    cr_expect_eq(memcmp(a, b, n_whole), 0);
    free(a);
    free(b);
    event_store_free(whole);
    event_store_free(pieces);
    event_log_fini(&l);
    temp_free(&t);
}
