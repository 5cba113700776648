/* SPDX-License-Identifier: Apache-2.0 */
/* nas/data_movielens.c: MovieLens, rated or implicit.
 *
 * Rated: user, item, rating and time, as "1::1193::5::978300760" (ratings.dat of 1M and 10M), with
 * tabs (u.data of 100K) or commas (ratings.csv, with or without its header). Two fields, user
 * and item; label = rating >= positive (4 by default); the time is not used.
 *
 * Implicit: "1-6041-6042-6043,3186-3711": parts of a user, parts of an item, a field for every
 * part. Every line is a positive; negatives=N rows follow each, with the same user and an item
 * drawn evenly from those of the files that the user has no line with (a user with nearly all items
 * gets fewer). Drawn from the run's seed.
 *
 * One file: split=kfold, because both forms are sorted by user. */
#include <stdlib.h>
#include <string.h>

#include "nas/data_spec.h"
#include "nas/data_vocab.h"
#include "sim/base/mem.h"

enum { MOVIE_MAX_PARTS = 16, MOVIE_TRIES = 100 };

enum movie_form { MOVIE_UNKNOWN, MOVIE_COLONS, MOVIE_TABS, MOVIE_COMMAS, MOVIE_PAIRS };

/* Distinct texts of one side, by number from 1. */
struct movie_side {
    struct data_vocab *vocab;
    char **text;
    uint32_t n, cap, n_parts;
};

struct movie_pair {
    uint32_t user, item;
};

struct movie {
    struct data_job *job;
    enum movie_form form;
    struct movie_side user, item;
    struct movie_pair *pair;
    uint64_t n_pairs, pairs_cap;
};

enum err_code data_movielens_load(struct data_job *job, struct err *e);

/* ---- rated ---- */

static enum err_code movie_rating(void *self, const struct data_text *t, char *line, struct err *e)
{
    static const char sep[] = {[MOVIE_COLONS] = ':', [MOVIE_TABS] = '\t', [MOVIE_COMMAS] = ','};
    struct movie *m = self;
    struct data_build *b = m->job->build;
    uint32_t step = m->form == MOVIE_COLONS ? 2 : 1, n_col[7], n;
    char *col[7];
    double rating;

    n = data_text_columns(t, line, sep[m->form], 7, col, n_col);
    if (data_text_line(t) == 1 && strcmp(col[0], "userId") == 0)
        return ERR_OK;
    if (n != 3 * step + 1)
        return data_text_err(t, e, "%u columns; expected 4 (user, item, rating, time)",
                             (n - 1) / step + 1);
    if (!n_col[0] || !n_col[step])
        return data_text_err(t, e, "no user or no item");
    if (!data_text_number(col[2 * step], &rating))
        return data_text_err(t, e, "rating: \"%.40s\" is not a number", col[2 * step]);
    data_build_row(b);
    data_build_value(b, 0, col[0], n_col[0]);
    data_build_value(b, 1, col[step], n_col[step]);
    return data_build_commit(b, rating >= m->job->positive, e);
}

static enum err_code movie_rated(struct movie *m, struct err *e)
{
    struct data_reader r = {.row = movie_rating, .self = m};
    enum err_code rc = data_job_build(m->job, 0, 2, e);

    if (rc)
        return rc;
    data_build_name_field(m->job->build, 0, "user");
    data_build_name_field(m->job->build, 1, "item");
    if ((rc = data_job_read(m->job, &r, e)))
        return rc;
    return data_job_finish(m->job, e);
}

/* ---- implicit ---- */

static uint32_t movie_parts(const char *s)
{
    uint32_t n = 1;

    for (; *s; s++)
        n += *s == '-';
    return n;
}

static uint32_t movie_number(struct movie_side *s, const char *text, uint32_t n)
{
    uint64_t key = data_vocab_key(s->vocab, text, n);
    uint32_t number;

    data_vocab_numbers(s->vocab, &key, &number, 1);
    if (number <= s->n)
        return number;
    if (s->n == s->cap) {
        uint32_t cap = s->cap ? s->cap * 2 : 256;

        s->text = mem_grow(s->text, s->cap, cap, sizeof *s->text);
        s->cap = cap;
    }
    s->text[s->n++] = mem_strdup(text);
    return number;
}

static enum err_code movie_line(void *self, const struct data_text *t, char *line, struct err *e)
{
    struct movie *m = self;
    uint32_t n_col[2], n = 0;
    char *col[2];

    n = data_text_columns(t, line, ',', 2, col, n_col);
    if (n != 2)
        return data_text_err(t, e, "%u columns; expected 2 (user parts, item parts)", n);
    for (uint32_t i = 0; i < 2; i++) {
        struct movie_side *s = i ? &m->item : &m->user;

        if (!n_col[i] || movie_parts(col[i]) != s->n_parts)
            return data_text_err(t, e, "%s: \"%.40s\" has not the %u parts of the first line",
                                 i ? "item" : "user", col[i], s->n_parts);
    }
    if (m->n_pairs == m->pairs_cap) {
        uint64_t cap = m->pairs_cap ? m->pairs_cap * 2 : 1024;

        m->pair = mem_grow(m->pair, m->pairs_cap, cap, sizeof *m->pair);
        m->pairs_cap = cap;
    }
    m->pair[m->n_pairs].user = movie_number(&m->user, col[0], n_col[0]);
    m->pair[m->n_pairs++].item = movie_number(&m->item, col[1], n_col[1]);
    return ERR_OK;
}

static int movie_by_pair(const void *pa, const void *pb)
{
    const struct movie_pair *a = pa, *b = pb;

    if (a->user != b->user)
        return a->user < b->user ? -1 : 1;
    return (a->item > b->item) - (a->item < b->item);
}

static void movie_put(struct data_build *b, uint32_t field, const char *text)
{
    for (const char *at = text;; field++) {
        size_t n = strcspn(at, "-");

        if (n)
            data_build_value(b, field, at, n);
        if (!at[n])
            break;
        at += n + 1;
    }
}

static enum err_code movie_row(const struct movie *m, struct movie_pair p, uint8_t label,
                               struct err *e)
{
    struct data_build *b = m->job->build;

    data_build_row(b);
    movie_put(b, 0, m->user.text[p.user - 1]);
    movie_put(b, m->user.n_parts, m->item.text[p.item - 1]);
    return data_build_commit(b, label, e);
}

/* Pairs first..n_pairs with their negatives. */
static enum err_code movie_rows(struct movie *m, uint64_t first, uint64_t end,
                                const struct movie_pair *known, struct rng *r, struct err *e)
{
    enum err_code rc;

    for (uint64_t i = first; i < end; i++) {
        if ((rc = movie_row(m, m->pair[i], 1, e)))
            return rc;
        for (uint32_t k = 0, tries = 0; k < m->job->negatives && tries < MOVIE_TRIES; tries++) {
            struct movie_pair p = {m->pair[i].user, (uint32_t)rng_below(r, m->item.n) + 1};

            if (bsearch(&p, known, m->n_pairs, sizeof p, movie_by_pair))
                continue;
            if ((rc = movie_row(m, p, 0, e)))
                return rc;
            k++;
            tries = 0;
        }
    }
    return ERR_OK;
}

static enum err_code movie_build(struct movie *m, const uint64_t *end, struct err *e)
{
    struct movie_pair *known = mem_alloc(m->n_pairs + 1, sizeof *known);
    struct rng root = rng_new(m->job->o->seed), r = rng_child(&root, "data.movielens");
    enum err_code rc = data_job_build(m->job, 0, m->user.n_parts + m->item.n_parts, e);

    if (m->n_pairs)
        memcpy(known, m->pair, m->n_pairs * sizeof *known);
    qsort(known, m->n_pairs, sizeof *known, movie_by_pair);
    for (uint32_t i = 0; i < m->job->n_files && !rc; i++) {
        if (m->job->n_files > 1)
            data_build_part(m->job->build, (enum data_part)i);
        rc = movie_rows(m, i ? end[i - 1] : 0, end[i], known, &r, e);
    }
    free(known);
    if (rc)
        return rc;
    data_build_name_fields(m->job->build, 0, "user");
    data_build_name_fields(m->job->build, m->user.n_parts, "item");
    return data_job_finish(m->job, e);
}

static enum err_code movie_implicit(struct movie *m, struct err *e)
{
    struct data_reader r = {.row = movie_line, .self = m};
    uint64_t end[DATA_N_PARTS] = {0};
    enum err_code rc = ERR_OK;

    m->user.vocab = data_vocab_new();
    m->item.vocab = data_vocab_new();
    for (uint32_t i = 0; i < m->job->n_files && !rc; i++) {
        uint64_t before = m->n_pairs;

        rc = data_job_read_file(m->job, m->job->file[i], &r, false, e);
        if (!rc && m->n_pairs == before)
            rc = err_set(e, ERR_CONFIG, "%s:1: no rows: the file is empty", m->job->file[i]);
        end[i] = m->n_pairs;
    }
    return rc ? rc : movie_build(m, end, e);
}

/* ---- which of the two ---- */

static enum err_code movie_probe(struct movie *m, struct err *e)
{
    const char *comma;
    struct data_text *t = NULL;
    enum err_code rc;
    char *line;

    if ((rc = data_text_open(&t, m->job->file[0], e)))
        return rc;
    if (!(rc = data_text_next(t, &line, e)) && !line)
        rc = err_set(e, ERR_CONFIG, "%s:1: no rows: the file is empty", m->job->file[0]);
    if (rc)
        goto out;
    comma = strchr(line, ',');
    if (strstr(line, "::"))
        m->form = MOVIE_COLONS;
    else if (strchr(line, '\t'))
        m->form = MOVIE_TABS;
    else if (comma && !strchr(comma + 1, ','))
        m->form = MOVIE_PAIRS;
    else
        m->form = MOVIE_COMMAS;
    if (m->form == MOVIE_PAIRS) {
        m->item.n_parts = movie_parts(comma + 1);
        line[comma - line] = '\0';
        m->user.n_parts = movie_parts(line);
        if (m->item.n_parts > MOVIE_MAX_PARTS || m->user.n_parts > MOVIE_MAX_PARTS)
            rc = data_text_err(t, e, "more than %d parts", MOVIE_MAX_PARTS);
    }
out:
    data_text_close(t);
    return rc;
}

static void movie_side_fini(struct movie_side *s)
{
    for (uint32_t i = 0; i < s->n; i++)
        free(s->text[i]);
    free(s->text);
    data_vocab_free(s->vocab);
}

enum err_code data_movielens_load(struct data_job *job, struct err *e)
{
    const unsigned takes = DATA_TAKES_TEXT | DATA_TAKES_NEGATIVES | DATA_TAKES_POSITIVE;
    struct movie m = {.job = job};
    enum err_code rc;

    if ((rc = data_job_parse(job, takes, e)))
        return rc;
    if (!job->has_split && job->n_files == 1)
        job->split = DATA_SPLIT_KFOLD;
    if (!(rc = movie_probe(&m, e)))
        rc = m.form == MOVIE_PAIRS ? movie_implicit(&m, e) : movie_rated(&m, e);
    movie_side_fini(&m.user);
    movie_side_fini(&m.item);
    free(m.pair);
    return rc;
}
