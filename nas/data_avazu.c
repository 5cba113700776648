/* SPDX-License-Identifier: Apache-2.0 */
/* nas/data_avazu.c: Avazu click-through rate prediction, the original CSV.
 *
 * 24 columns: id,click,hour,C1,banner_pos,site_id,site_domain,site_category,app_id,app_domain,
 * app_category,device_id,device_ip,device_model,device_type,device_conn_type,C14..C21. The
 * first line is their names (a file without it is read as well). id is an unsigned 64-bit
 * number above 2^63 at times; hour is YYMMDDHH; C20 is -1 where it is missing.
 *
 * prep=rank: 23 fields, hour of the day and weekday in place of hour, without id (every row has
 * its own). No dense column.
 * prep=nasrec: 23 fields, id and hour among them, and one dense column of zeros. A value that
 * reads as decimal is one (site_id 85751309 too), else it is hexadecimal; row = (value mod
 * 2147483647) mod (N - 1) + 1 in tables of the published sizes N, capped at max_rows. C20 = -1
 * is no exception: a modulus above zero as Python has it makes it 2147483646. */
#include <stdlib.h>
#include <string.h>

#include "nas/data_spec.h"
#include "sim/base/mem.h"

enum { AVAZU_COLS = 24, AVAZU_FIELDS = 23, AVAZU_CLICK = 1, AVAZU_HOUR = 2, AVAZU_C20 = 22 };

/* NasRec, utils/config.py at 79bf6f9; id, hour, C1, ... */
static const uint32_t avazu_n_rows[AVAZU_FIELDS] = {
    10000, 241, 8, 8,    4738, 7746, 27,  8553, 560, 37,  2686409, 6729487,
    8252,  6,   5, 2627, 9,    10,   436, 5,    69,  173, 61};

static const char *const avazu_name[AVAZU_COLS] = {
    "id",         "click",        "hour",         "C1",
    "banner_pos", "site_id",      "site_domain",  "site_category",
    "app_id",     "app_domain",   "app_category", "device_id",
    "device_ip",  "device_model", "device_type",  "device_conn_type",
    "C14",        "C15",          "C16",          "C17",
    "C18",        "C19",          "C20",          "C21"};

struct avazu {
    struct data_job *job;
    struct data_build *b;
    bool is_nasrec;
    uint32_t n_rows[AVAZU_FIELDS];
};

enum err_code data_avazu_load(struct data_job *job, struct err *e);

static bool avazu_is_digits(const char *s, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (s[i] < '0' || s[i] > '9')
            return false;
    return n > 0;
}

/* Sakamoto's rule: 0 is Sunday. */
static uint32_t avazu_weekday(uint32_t year, uint32_t month, uint32_t day)
{
    static const uint32_t shift[] = {0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4};

    year -= month < 3;
    return (year + year / 4 - year / 100 + year / 400 + shift[month - 1] + day) % 7;
}

static enum err_code avazu_hour(struct avazu *a, const struct data_text *t, const char *s,
                                uint32_t n, struct err *e)
{
    uint32_t v, month, day, hour;

    v = n == 8 && avazu_is_digits(s, n) ? (uint32_t)strtoul(s, NULL, 10) : 0;
    month = v / 10000 % 100;
    day = v / 100 % 100;
    hour = v % 100;
    if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23)
        return data_text_err(t, e, "hour: \"%.40s\" is not YYMMDDHH", s);
    data_build_key(a->b, 0, hour + 1);
    data_build_key(a->b, 1, avazu_weekday(2000 + v / 1000000, month, day) + 1);
    return ERR_OK;
}

static enum err_code avazu_nasrec(struct avazu *a, const struct data_text *t, char **col,
                                  const uint32_t *n_col, struct err *e)
{
    for (uint32_t i = 0, f = 0; i < AVAZU_COLS; i++) {
        uint32_t v;

        if (i == AVAZU_CLICK)
            continue;
        if (!data_mod_value(col[i], n_col[i], &v))
            return data_text_err(t, e, "%s: \"%.40s\" is neither decimal nor hexadecimal",
                                 avazu_name[i], col[i]);
        data_build_index(a->b, f, v % (a->n_rows[f] - 1) + 1);
        f++;
    }
    return ERR_OK;
}

static enum err_code avazu_rank(struct avazu *a, const struct data_text *t, char **col,
                                const uint32_t *n_col, struct err *e)
{
    enum err_code rc = avazu_hour(a, t, col[AVAZU_HOUR], n_col[AVAZU_HOUR], e);

    for (uint32_t i = AVAZU_HOUR + 1; i < AVAZU_COLS && !rc; i++)
        if (n_col[i] && !(i == AVAZU_C20 && strcmp(col[i], "-1") == 0))
            data_build_value(a->b, i - 1, col[i], n_col[i]);
    return rc;
}

static enum err_code avazu_row(void *self, const struct data_text *t, char *line, struct err *e)
{
    struct avazu *a = self;
    uint32_t n_col[AVAZU_COLS], n = 0;
    char *col[AVAZU_COLS];
    enum err_code rc;

    n = data_text_columns(t, line, ',', AVAZU_COLS, col, n_col);
    if (data_text_line(t) == 1 && strcmp(col[0], avazu_name[0]) == 0)
        return ERR_OK;
    if (n != AVAZU_COLS)
        return data_text_err(
            t, e, "%u columns; expected %d (id,click,hour,...,C21)%s", n, AVAZU_COLS,
            data_text_is_cut(t) ? ": the file ends in the middle of this line" : "");
    if (data_text_is_cut(t))
        return data_text_err(t, e, "C21: the file ends in this line (no line end): truncated");
    if (n_col[AVAZU_CLICK] != 1 || (*col[AVAZU_CLICK] != '0' && *col[AVAZU_CLICK] != '1'))
        return data_text_err(t, e, "click: \"%.40s\" is neither 0 nor 1", col[AVAZU_CLICK]);
    data_build_row(a->b);
    rc = a->is_nasrec ? avazu_nasrec(a, t, col, n_col, e) : avazu_rank(a, t, col, n_col, e);
    return rc ? rc : data_build_commit(a->b, *col[AVAZU_CLICK] == '1', e);
}

static enum err_code avazu_build(struct avazu *a, struct err *e)
{
    struct data_job *job = a->job;
    enum err_code rc = data_job_build(job, a->is_nasrec, AVAZU_FIELDS, e);

    if (rc)
        return rc;
    a->b = job->build;
    for (uint32_t i = AVAZU_HOUR + 1; i < AVAZU_COLS; i++)
        data_build_name_field(a->b, i - 1, avazu_name[i]);
    data_build_name_field(a->b, 0, a->is_nasrec ? "id" : "hour");
    data_build_name_field(a->b, 1, a->is_nasrec ? "hour" : "weekday");
    for (uint32_t i = 0; i < AVAZU_FIELDS && a->is_nasrec; i++) {
        a->n_rows[i] = avazu_n_rows[i] < job->max_rows ? avazu_n_rows[i] : job->max_rows;
        data_build_fixed(a->b, i, a->n_rows[i]);
    }
    return ERR_OK;
}

enum err_code data_avazu_load(struct data_job *job, struct err *e)
{
    struct avazu *a = mem_alloc(1, sizeof *a);
    struct data_reader r = {.row = avazu_row, .self = a};
    enum err_code rc;

    a->job = job;
    if ((rc = data_job_parse(job, DATA_TAKES_TEXT | DATA_TAKES_PREP, e)) ||
        (rc = data_job_hashed(job, e)))
        goto out;
    /* both passes of NasRec skip the header here: its folds are not shifted */
    if (job->prep == DATA_PREP_NASREC && !job->has_split && job->n_files == 1)
        job->split = DATA_SPLIT_KFOLD;
    a->is_nasrec = job->prep == DATA_PREP_NASREC;
    if (!(rc = avazu_build(a, e)) && !(rc = data_job_read(job, &r, e)))
        rc = data_job_finish(job, e);
out:
    free(a);
    return rc;
}
