/* SPDX-License-Identifier: Apache-2.0 */
/* nas/data_kdd.c: KDD Cup 2012 track 2 (search advertising), training.txt and userid_profile.txt.
 *
 * 12 tab-separated columns without header: click, impression, displayURL, adID, advertiserID,
 * depth, position, queryID, keywordID, titleID, descriptionID, userID. displayURL is an unsigned
 * 64-bit hash, above 2^63 at times. profile=FILE gives "userID gender age" lines; without it,
 * and for users it does not know, gender and age are 0 (unknown). Of two lines for one user the
 * last holds.
 *
 * A row is one line: click > 0 is the label, impressions are not expanded. Dense: log(max(x, 0)
 * + 1) of impression, depth, position. Ten fields: url, ad, advertiser, query, keyword, title,
 * description, user, gender, age.
 *
 * prep=rank: vocabularies; gender and age 0 are missing.
 * prep=nasrec: values as for Avazu (nas/data_avazu.c), tables of the published sizes; folds
 * are counted over all lines but the writing pass skips the first (split=nasrec). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nas/data_spec.h"
#include "sim/base/mem.h"

#ifdef AUTORAC_SMALL_BUFFERS
enum { KDD_MAX_USER = 1 << 12 };
#else
enum { KDD_MAX_USER = 1 << 30 };
#endif
enum { KDD_COLS = 12, KDD_FIELDS = 10, KDD_USER = 11, KDD_DENSE = 3 };

/* NasRec, utils/config.py at 79bf6f9. */
static const uint32_t kdd_n_rows[KDD_FIELDS] = {26274,   641708,  14848,    22122011, 1188090,
                                                3735797, 2934102, 20004011, 4,        8};
static const char *const kdd_field_name[KDD_FIELDS] = {
    "url", "ad", "advertiser", "query", "keyword", "title", "description", "user", "gender", "age"};
static const char *const kdd_dense_name[KDD_DENSE] = {"impression", "depth", "position"};
static const uint32_t kdd_dense_col[KDD_DENSE] = {1, 5, 6};
static const uint32_t kdd_field_col[KDD_FIELDS - 2] = {2, 3, 4, 7, 8, 9, 10, KDD_USER};

struct kdd {
    struct data_job *job;
    struct data_build *b;
    bool is_nasrec;
    uint32_t n_rows[KDD_FIELDS];
    uint8_t *profile; /* (n_users) gender * 16 + age */
    uint64_t n_users;
};

enum err_code data_kdd_load(struct data_job *job, struct err *e);

static bool kdd_number(const char *s, uint32_t n, uint64_t below, uint64_t *out)
{
    uint64_t v = 0;

    for (uint32_t i = 0; i < n; i++) {
        if (s[i] < '0' || s[i] > '9' || v >= below)
            return false;
        v = v * 10 + (uint64_t)(s[i] - '0');
    }
    *out = v;
    return n > 0 && v < below;
}

static enum err_code kdd_profile(void *self, const struct data_text *t, char *line, struct err *e)
{
    static const char *const name[] = {"userID", "gender", "age"};
    static const uint64_t below[] = {KDD_MAX_USER, 16, 16};
    struct kdd *k = self;
    uint32_t n_col[3], n;
    char *col[3];
    uint64_t v[3];

    n = data_text_columns(t, line, '\t', 3, col, n_col);
    if (n != 3)
        return data_text_err(t, e, "%u columns; expected 3 (userID, gender, age)", n);
    for (uint32_t i = 0; i < 3; i++)
        if (!kdd_number(col[i], n_col[i], below[i], &v[i]))
            return data_text_err(t, e, "%s: \"%.40s\" is not a number below %llu", name[i], col[i],
                                 (unsigned long long)below[i]);
    if (v[0] >= k->n_users) {
        uint64_t grown = v[0] + v[0] / 4 + 1024;

        k->profile = mem_grow(k->profile, k->n_users, grown, 1);
        k->n_users = grown;
    }
    k->profile[v[0]] = (uint8_t)(v[1] * 16 + v[2]);
    return ERR_OK;
}

/* The field's value as text, gender and age included. */
static enum err_code kdd_value(struct kdd *k, const struct data_text *t, uint32_t field,
                               const char *s, uint32_t n, struct err *e)
{
    bool is_unknown = field >= KDD_FIELDS - 2 && n == 1 && *s == '0';
    uint32_t v;

    if (!k->is_nasrec) {
        if (n && !is_unknown)
            data_build_value(k->b, field, s, n);
        return ERR_OK;
    }
    if (!data_mod_value(s, n, &v))
        return data_text_err(t, e, "%s: \"%.40s\" is neither decimal nor hexadecimal",
                             kdd_field_name[field], s);
    data_build_index(k->b, field, v % (k->n_rows[field] - 1) + 1);
    return ERR_OK;
}

static enum err_code kdd_fields(struct kdd *k, const struct data_text *t, char **col,
                                const uint32_t *n_col, struct err *e)
{
    uint8_t about = 0;
    enum err_code rc;
    uint64_t user;

    for (uint32_t i = 0; i < KDD_FIELDS - 2; i++) {
        uint32_t c = kdd_field_col[i];

        if ((rc = kdd_value(k, t, i, col[c], n_col[c], e)))
            return rc;
    }
    if (kdd_number(col[KDD_USER], n_col[KDD_USER], k->n_users, &user))
        about = k->profile[user];
    for (uint32_t i = 0; i < 2; i++) {
        char text[4];
        int n = snprintf(text, sizeof text, "%u", i ? about % 16u : about / 16u);

        if ((rc = kdd_value(k, t, KDD_FIELDS - 2 + i, text, (uint32_t)n, e)))
            return rc;
    }
    return ERR_OK;
}

static enum err_code kdd_row(void *self, const struct data_text *t, char *line, struct err *e)
{
    struct kdd *k = self;
    uint32_t n_col[KDD_COLS], n;
    char *col[KDD_COLS];
    enum err_code rc;
    double click, x;

    n = data_text_columns(t, line, '\t', KDD_COLS, col, n_col);
    if (n != KDD_COLS)
        return data_text_err(t, e, "%u columns; expected %d (click, ..., userID)%s", n, KDD_COLS,
                             data_text_is_cut(t) ? ": the file ends in the middle of this line"
                                                 : "");
    if (data_text_is_cut(t))
        return data_text_err(t, e, "userID: the file ends in this line (no line end): truncated");
    if (!data_text_number(col[0], &click) || click < 0 || floor(click) < click)
        return data_text_err(t, e, "click: \"%.40s\" is not a count", col[0]);
    data_build_row(k->b);
    for (uint32_t i = 0; i < KDD_DENSE; i++) {
        const char *s = col[kdd_dense_col[i]];

        if (!data_text_number(s, &x))
            return data_text_err(t, e, "%s: \"%.40s\" is not a number", kdd_dense_name[i], s);
        data_build_dense(k->b, i, (float)log1p(x > 0 ? x : 0));
    }
    if ((rc = kdd_fields(k, t, col, n_col, e)))
        return rc;
    return data_build_commit(k->b, click > 0, e);
}

static enum err_code kdd_build(struct kdd *k, struct err *e)
{
    struct data_job *job = k->job;
    struct data_reader profile = {.row = kdd_profile, .self = k};
    enum err_code rc;

    if (job->profile && (rc = data_job_read_file(job, job->profile, &profile, false, e)))
        return rc;
    if ((rc = data_job_build(job, KDD_DENSE, KDD_FIELDS, e)))
        return rc;
    k->b = job->build;
    for (uint32_t i = 0; i < KDD_FIELDS; i++) {
        data_build_name_field(k->b, i, kdd_field_name[i]);
        k->n_rows[i] = kdd_n_rows[i] < job->max_rows ? kdd_n_rows[i] : job->max_rows;
        if (k->is_nasrec)
            data_build_fixed(k->b, i, k->n_rows[i]);
    }
    return ERR_OK;
}

enum err_code data_kdd_load(struct data_job *job, struct err *e)
{
    struct kdd *k = mem_alloc(1, sizeof *k);
    struct data_reader r = {.row = kdd_row, .self = k};
    enum err_code rc;

    k->job = job;
    if ((rc = data_job_parse(job, DATA_TAKES_TEXT | DATA_TAKES_PREP | DATA_TAKES_PROFILE, e)) ||
        (rc = data_job_hashed(job, e)))
        goto out;
    k->is_nasrec = job->prep == DATA_PREP_NASREC;
    if (k->is_nasrec && !job->has_split && job->n_files == 1)
        job->split = DATA_SPLIT_NASREC;
    if (!(rc = kdd_build(k, e)) && !(rc = data_job_read(job, &r, e)))
        rc = data_job_finish(job, e);
out:
    free(k->profile);
    free(k);
    return rc;
}
