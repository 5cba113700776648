/* SPDX-License-Identifier: Apache-2.0 */
/* Tables, bags and requests of a workload, and the rules they obey. */
#include <string.h>

#include "traces/workload_impl.h"

void workload_set_bags(struct workload *w, const uint32_t *max_bag)
{
    bool any = false;

    for (uint32_t f = 0; f < w->n_fields; f++)
        any |= max_bag[f] > 0;
    w->max_bag = w->slot = NULL;
    if (!any)
        return;
    w->max_bag = arena_alloc(w->arena, w->n_fields, sizeof *w->max_bag);
    w->slot = arena_alloc(w->arena, w->n_fields + 1, sizeof *w->slot);
    memcpy(w->max_bag, max_bag, w->n_fields * sizeof *max_bag);
    for (uint32_t f = 0; f < w->n_fields; f++)
        w->slot[f + 1] = w->slot[f] + 1 + max_bag[f]; /* a row; or a count and max_bag rows */
}

const uint8_t *workload_row(const struct workload *w, uint32_t field, uint32_t row)
{
    uint64_t at = w->row_base[field] + row, lo = 0, hi = w->n_stored;

    if (!w->stored)
        return w->table + at * w->embed_dim;
    while (lo < hi) {
        uint64_t mid = lo + (hi - lo) / 2;

        if (w->stored[mid] < at)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < w->n_stored && w->stored[lo] == at ? w->table + lo * w->embed_dim : NULL;
}

static enum err_code check_codes(const uint8_t *v, uint64_t n, uint32_t bits, const char *what,
                                 struct err *e)
{
    for (uint64_t i = 0; i < n; i++)
        if (v[i] >> bits)
            return err_set(e, ERR_CONFIG, "%s: element %llu: code %u has more than %u bits", what,
                           (unsigned long long)i, v[i], bits);
    return ERR_OK;
}

/* ---- tables ---- */

static enum err_code check_stored(const struct workload *w, struct err *e)
{
    for (uint64_t i = 0; i < w->n_stored; i++)
        if (w->stored[i] >= w->row_base[w->n_fields] || (i && w->stored[i] <= w->stored[i - 1]))
            return err_set(e, ERR_CONFIG,
                           "tables: stored row %llu: %llu is out of order or in no table",
                           (unsigned long long)i, (unsigned long long)w->stored[i]);
    return ERR_OK;
}

static enum err_code check_bags(const struct workload *w, struct err *e)
{
    uint64_t words = 0;
    bool any = false;

    if (!w->max_bag && !w->slot)
        return ERR_OK;
    if (!w->max_bag || !w->slot || w->slot[0])
        return err_set(e, ERR_CONFIG, "tables: bags without slots");
    for (uint32_t f = 0; f < w->n_fields; f++) {
        if (w->max_bag[f] > WL_MAX_BAG)
            return err_set(e, ERR_CONFIG, "tables: field %u: max_bag: %u is more than %d", f,
                           w->max_bag[f], WL_MAX_BAG);
        any |= w->max_bag[f] > 0;
        words += 1 + w->max_bag[f];
        if (w->slot[f + 1] != words)
            return err_set(e, ERR_CONFIG, "tables: field %u: slot does not follow from max_bag", f);
    }
    return any ? ERR_OK : err_set(e, ERR_CONFIG, "tables: max_bag is 0 for all fields");
}

static enum err_code check_tables(const struct workload *w, struct err *e)
{
    uint64_t base = 0;
    enum err_code rc;

    if (w->n_fields == 0)
        return ERR_OK;
    if (!w->n_rows || !w->row_base || !w->table || w->row_base[0] != 0)
        return err_set(e, ERR_CONFIG, "tables: n_rows, row_base or codes are missing");
    for (uint32_t f = 0; f < w->n_fields; f++) {
        base += w->n_rows[f];
        if (w->n_rows[f] < 1 || w->row_base[f + 1] != base)
            return err_set(e, ERR_CONFIG,
                           "tables: field %u: empty, or row_base is not the sum of n_rows", f);
    }
    if ((rc = check_bags(w, e)) || (w->stored && (rc = check_stored(w, e))))
        return rc;
    for (uint32_t i = 0; i < w->n_ops; i++)
        if (w->op[i].kind == WL_EMBED)
            return check_codes(w->table, (w->stored ? w->n_stored : base) * w->embed_dim,
                               w->tensor[w->op[i].output].bits, "tables", e);
    return ERR_OK;
}

/* ---- requests ---- */

static enum err_code check_bag(const struct workload *w, uint64_t r, uint32_t f, struct err *e)
{
    const uint32_t *lookup = w->lookup + r * workload_n_words(w);
    struct wl_bag bag = workload_bag(w, lookup, f);
    uint32_t room = workload_slot(w, f + 1) - (uint32_t)(bag.row - lookup);

    if (bag.n > room)
        return err_set(e, ERR_CONFIG, "request %llu: field %u: bag of %u rows, at most %u",
                       (unsigned long long)r, f, bag.n, room);
    for (uint32_t k = 0; k < room; k++) {
        if (k >= bag.n) {
            if (bag.row[k])
                return err_set(e, ERR_CONFIG, "request %llu: field %u: an unused word is %u, not 0",
                               (unsigned long long)r, f, bag.row[k]);
            continue;
        }
        if (bag.row[k] >= w->n_rows[f])
            return err_set(e, ERR_CONFIG,
                           "request %llu: field %u: lookup of row %u in a table of %u rows",
                           (unsigned long long)r, f, bag.row[k], w->n_rows[f]);
        if (w->stored && !workload_row(w, f, bag.row[k]))
            return err_set(e, ERR_CONFIG, "request %llu: field %u: row %u is not stored",
                           (unsigned long long)r, f, bag.row[k]);
        for (uint32_t i = 0; i < k; i++)
            if (bag.row[i] == bag.row[k])
                return err_set(e, ERR_CONFIG, "request %llu: field %u: row %u is twice in a bag",
                               (unsigned long long)r, f, bag.row[k]);
    }
    return ERR_OK;
}

static enum err_code check_requests(const struct workload *w, struct err *e)
{
    const struct wl_tensor *dense = &w->tensor[0];
    uint64_t n_dense = (uint64_t)dense->rows * dense->dim;
    enum err_code rc;

    if (w->n_dense != n_dense)
        return err_set(e, ERR_CONFIG, "tensor %s: holds %llu elements, requests have n_dense %u",
                       dense->name, (unsigned long long)n_dense, w->n_dense);
    if (w->n_requests == 0)
        return ERR_OK;
    if ((w->n_dense && !w->dense) || (w->n_fields && !w->lookup) || !w->label || !w->expected)
        return err_set(e, ERR_CONFIG, "requests: dense, lookup, label or expected is missing");
    for (uint64_t r = 0; r < w->n_requests; r++) {
        if (w->label[r] > 1)
            return err_set(e, ERR_CONFIG, "request %llu: label: %u is neither 0 nor 1",
                           (unsigned long long)r, w->label[r]);
        for (uint32_t f = 0; f < w->n_fields; f++)
            if ((rc = check_bag(w, r, f, e)))
                return rc;
    }
    if (w->n_dense == 0)
        return ERR_OK;
    return check_codes(w->dense, (uint64_t)w->n_requests * w->n_dense, dense->bits,
                       "dense features", e);
}

enum err_code workload_check_data(const struct workload *w, struct err *e)
{
    enum err_code rc = check_tables(w, e);

    return rc ? rc : check_requests(w, e);
}
