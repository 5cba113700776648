/* SPDX-License-Identifier: Apache-2.0 */
/* Tables and lookups of workloads as data sets: bags in CSR form. */
#include <stdlib.h>
#include <string.h>

#include "traces/workload_impl.h"

static void put_1d(struct h5 *f, const char *path, enum h5_type type, uint64_t n, const void *v,
                   const char *long_name)
{
    h5_write(f,
             &(struct h5_data){.path = path,
                               .type = type,
                               .rank = 1,
                               .extent = {n},
                               .units = "1",
                               .long_name = long_name},
             v);
}

/* ---- saving ---- */

void workload_put_tables(struct h5 *f, const struct workload *w)
{
    static const uint64_t none[1];
    const uint64_t *base = w->n_fields ? w->row_base : none;
    uint32_t *max_bag = mem_alloc(w->n_fields, sizeof *max_bag);

    for (uint32_t t = 0; t < w->n_fields; t++)
        max_bag[t] = workload_max_bag(w, t);
    put_1d(f, "/tables/row_base", H5_U64, w->n_fields + 1, base,
           "table t has rows row_base[t] to row_base[t+1]-1");
    put_1d(f, "/tables/max_bag", H5_U32, w->n_fields, max_bag,
           "most rows a request looks up in a table and adds; 0: exactly one row, as it is");
    put_1d(f, "/tables/stored", H5_U64, w->stored ? w->n_stored : 0, w->stored,
           "rows that codes has, ascending; none: codes has all");
    h5_write(
        f,
        &(struct h5_data){.path = "/tables/codes",
                          .type = H5_U8,
                          .rank = 2,
                          .extent = {w->stored ? w->n_stored : base[w->n_fields], w->embed_dim},
                          .units = "1",
                          .long_name = "embedding tables, one after the other (row, dim)"},
        w->table);
    free(max_bag);
}

void workload_put_lookups(struct h5 *f, const struct workload *w)
{
    uint64_t most = (uint64_t)w->n_requests * workload_n_words(w), n = 0;
    uint64_t *offset = mem_alloc((size_t)w->n_requests + 1, sizeof *offset);
    uint16_t *table = mem_alloc(most, sizeof *table);
    uint32_t *row = mem_alloc(most, sizeof *row);

    for (uint64_t r = 0; r < w->n_requests; r++) {
        for (uint32_t t = 0; t < w->n_fields; t++) {
            struct wl_bag bag = workload_bag(w, w->lookup + r * workload_n_words(w), t);

            for (uint32_t k = 0; k < bag.n; k++) {
                table[n] = (uint16_t)t;
                row[n++] = bag.row[k];
            }
        }
        offset[r + 1] = n;
    }
    put_1d(f, "/requests/lookup/offsets", H5_U64, (uint64_t)w->n_requests + 1, offset,
           "request r looks up entries offsets[r] to offsets[r+1]-1");
    put_1d(f, "/requests/lookup/table", H5_U16, n, table, "table (field) looked up");
    put_1d(f, "/requests/lookup/row", H5_U32, n, row, "row within that table");
    free(row);
    free(table);
    free(offset);
}

/* ---- loading ---- */

static enum err_code get_bags(const struct reader *r, struct err *e)
{
    static const char path[] = "/tables/max_bag";
    struct workload *w = r->w;
    uint64_t n = w->n_fields;
    uint32_t *max_bag;
    enum err_code rc;

    if ((rc = reader_1d(r, r->arena, path, H5_U32, &n, &max_bag, e)))
        return rc;
    for (uint32_t t = 0; t < n; t++)
        if (max_bag[t] > WL_MAX_BAG)
            return reader_refuse(r, e, path, t, max_bag[t], "rows in a bag are too many");
    workload_set_bags(w, max_bag);
    return ERR_OK;
}

enum err_code workload_get_tables(const struct reader *r, struct err *e)
{
    static const char base_path[] = "/tables/row_base";
    struct workload *w = r->w;
    uint64_t n_base = H5_ANY, dim = H5_ANY, n_stored = H5_ANY;
    enum err_code rc;

    if ((rc = reader_1d(r, w->arena, base_path, H5_U64, &n_base, &w->row_base, e)))
        return rc;
    if (n_base < 1 || n_base > WL_MAX_FIELDS + 1 || w->row_base[0] != 0)
        return reader_refuse(r, e, base_path, 0, n_base,
                             "entries are too few or many, or start above 0");
    w->n_fields = (uint32_t)n_base - 1;
    w->n_rows = arena_alloc(w->arena, n_base, sizeof *w->n_rows);
    for (uint32_t t = 0; t < w->n_fields; t++) {
        if (w->row_base[t + 1] <= w->row_base[t] ||
            w->row_base[t + 1] - w->row_base[t] > UINT32_MAX)
            return reader_refuse(r, e, base_path, t + 1, w->row_base[t + 1],
                                 "is out of order or too far");
        w->n_rows[t] = (uint32_t)(w->row_base[t + 1] - w->row_base[t]);
    }
    if ((rc = get_bags(r, e)) ||
        (rc = reader_1d(r, w->arena, "/tables/stored", H5_U64, &n_stored, &w->stored, e)))
        return rc;
    w->n_stored = n_stored;
    if (!n_stored)
        w->stored = NULL;
    rc = reader_2d(r, "/tables/codes", H5_U8, n_stored ? n_stored : w->row_base[w->n_fields], &dim,
                   &w->table, e);
    if (!rc && dim > WL_MAX_ELEMENTS)
        return reader_refuse(r, e, "/tables/codes", 0, dim, "codes in a row are too many");
    w->embed_dim = (uint32_t)dim;
    return rc;
}

/* Lookups of one request, entries first to end-1, in any order of tables. n_seen: (n_fields). */
static enum err_code get_record(const struct reader *r, uint64_t first, uint64_t end,
                                const uint16_t *table, const uint32_t *row, uint32_t *n_seen,
                                uint32_t *record, struct err *e)
{
    const struct workload *w = r->w;

    memset(n_seen, 0, w->n_fields * sizeof *n_seen);
    for (uint64_t k = first; k < end; k++) {
        uint32_t t = table[k], most, *slot;

        if (t >= w->n_fields)
            return reader_refuse(r, e, "/requests/lookup/table", k, t, "is no table");
        most = workload_max_bag(w, t);
        if (n_seen[t] >= (most ? most : 1))
            return reader_refuse(r, e, "/requests/lookup/table", k, t,
                                 "comes more often in a request than its max_bag allows");
        slot = record + workload_slot(w, t);
        if (most)
            slot[0]++;
        slot[n_seen[t]++ + (most ? 1 : 0)] = row[k];
    }
    for (uint32_t t = 0; t < w->n_fields; t++)
        if (!n_seen[t] && !workload_max_bag(w, t))
            return reader_refuse(r, e, "/requests/lookup/offsets", 0, t,
                                 "is a table without bags that a request does not look up");
    return ERR_OK;
}

enum err_code workload_get_lookups(const struct reader *r, struct err *e)
{
    struct workload *w = r->w;
    uint64_t n = H5_ANY, n_offsets = (uint64_t)w->n_requests + 1, *offset;
    uint32_t n_words = workload_n_words(w), *row;
    uint32_t *n_seen = arena_alloc(r->arena, w->n_fields + 1u, sizeof *n_seen);
    uint16_t *table;
    enum err_code rc;

    if ((rc = reader_1d(r, r->arena, "/requests/lookup/offsets", H5_U64, &n_offsets, &offset, e)) ||
        (rc = reader_1d(r, r->arena, "/requests/lookup/table", H5_U16, &n, &table, e)) ||
        (rc = reader_1d(r, r->arena, "/requests/lookup/row", H5_U32, &n, &row, e)))
        return rc;
    w->lookup = arena_alloc(w->arena, (size_t)w->n_requests * n_words + 1, sizeof *w->lookup);
    for (uint64_t q = 0; q < w->n_requests; q++) {
        if (offset[q] > offset[q + 1] || offset[q + 1] > n || offset[0] != 0)
            return reader_refuse(r, e, "/requests/lookup/offsets", q + 1, offset[q + 1],
                                 "is out of order or too far");
        if ((rc = get_record(r, offset[q], offset[q + 1], table, row, n_seen,
                             w->lookup + q * n_words, e)))
            return rc;
    }
    if (offset[w->n_requests] != n)
        return reader_refuse(r, e, "/requests/lookup/offsets", w->n_requests, offset[w->n_requests],
                             "is not the number of lookups");
    return ERR_OK;
}
