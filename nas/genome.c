/* SPDX-License-Identifier: Apache-2.0 */
/* Models of the space: drawing, changing, writing and reading them. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "nas/space.h"

static uint16_t pick(const struct choice *c, struct rng *r)
{
    return c->value[rng_below(r, c->n)];
}

static bool has(const struct choice *c, uint32_t v)
{
    for (uint32_t i = 0; i < c->n; i++)
        if (c->value[i] == v)
            return true;
    return false;
}

/* Subset of n sources: size 1 + Binomial(min(n, 4) - 1, 1/2), as NASRec draws it. */
static uint8_t pick_sources(uint32_t n, struct rng *r)
{
    uint32_t most = n < SPACE_MAX_SOURCES ? n : SPACE_MAX_SOURCES, size = 1, set = 0;

    for (uint32_t i = 1; i < most; i++)
        size += (uint32_t)rng_below(r, 2);
    while (size > 0) {
        uint32_t bit = 1u << rng_below(r, n);

        if (!(set & bit)) {
            set |= bit;
            size--;
        }
    }
    return (uint8_t)set;
}

/* What the block's dense operator does not read is 0: one text, one genome. */
static void settle(struct genome_block *b)
{
    if (genome_reads_pair(b))
        b->dense_in = 0;
    else
        b->left = b->right = 0;
}

/* Every field, those its operator does not read included. */
static void block_random(const struct space *s, struct rng *r, uint32_t i, struct genome_block *b)
{
    b->dense_kind = (uint8_t)rng_below(r, s->n_dense_kinds);
    b->sparse_kind = (uint8_t)rng_below(r, s->n_sparse_kinds);
    b->dense_dim = pick(&s->dense_dim, r);
    b->sparse_dim = pick(&s->sparse_dim, r);
    b->dsi = (uint8_t)rng_below(r, 2);
    b->fm = (uint8_t)rng_below(r, 2);
    b->w_dense = (uint8_t)pick(&s->weight_bits, r);
    b->w_sparse = (uint8_t)pick(&s->weight_bits, r);
    b->w_dsi = (uint8_t)(b->dsi ? pick(&s->weight_bits, r) : 0);
    b->w_fm = (uint8_t)(b->fm ? pick(&s->weight_bits, r) : 0);
    b->a_dense = (uint8_t)pick(&s->act_bits, r);
    b->a_sparse = (uint8_t)pick(&s->act_bits, r);
    b->dense_in = pick_sources(i + 1, r);
    b->sparse_in = pick_sources(i + 1, r);
    b->left = (uint8_t)rng_below(r, i + 1);
    b->right = (uint8_t)rng_below(r, i + 1);
}

void genome_random(const struct space *s, struct rng *r, struct genome *out)
{
    memset(out, 0, sizeof *out);
    out->n_blocks = (uint8_t)s->n_blocks;
    out->emb_bits = (uint8_t)pick(&s->emb_bits, r);
    out->emb_dim = (uint8_t)pick(&s->emb_dim, r);
    for (uint32_t i = 0; i < s->n_blocks; i++) {
        block_random(s, r, i, &out->b[i]);
        settle(&out->b[i]);
    }
}

static uint16_t largest(const struct choice *c)
{
    uint16_t top = 0;

    for (uint32_t i = 0; i < c->n; i++)
        top = c->value[i] > top ? c->value[i] : top;
    return top;
}

void genome_full(const struct space *s, struct rng *r, struct genome *out)
{
    uint8_t bits = (uint8_t)largest(&s->weight_bits), act = (uint8_t)largest(&s->act_bits);

    memset(out, 0, sizeof *out);
    out->n_blocks = (uint8_t)s->n_blocks;
    out->emb_bits = (uint8_t)largest(&s->emb_bits);
    out->emb_dim = (uint8_t)largest(&s->emb_dim);
    for (uint32_t i = 0; i < s->n_blocks; i++) {
        uint32_t all = (1u << (i + 1)) - 1, old = i >= SPACE_MAX_SOURCES ? i - 3 : 0;
        uint8_t latest = (uint8_t)(all >> old << old);

        out->b[i] = (struct genome_block){.dense_kind = (uint8_t)rng_below(r, s->n_dense_kinds),
                                          .sparse_kind = (uint8_t)rng_below(r, s->n_sparse_kinds),
                                          .dsi = 1,
                                          .fm = 1,
                                          .w_dense = bits,
                                          .w_sparse = bits,
                                          .w_dsi = bits,
                                          .w_fm = bits,
                                          .a_dense = act,
                                          .a_sparse = act,
                                          .dense_in = latest,
                                          .sparse_in = latest,
                                          .dense_dim = largest(&s->dense_dim),
                                          .sparse_dim = largest(&s->sparse_dim),
                                          .left = (uint8_t)rng_below(r, i + 1),
                                          .right = (uint8_t)rng_below(r, i + 1)};
        settle(&out->b[i]);
    }
}

/* Fields of a block that a mutation may take from a fresh draw. */
enum {
    FIELD_DENSE,
    FIELD_SPARSE,
    FIELD_DENSE_DIM,
    FIELD_SPARSE_DIM,
    FIELD_DSI,
    FIELD_FM,
    FIELD_W_DENSE,
    FIELD_W_SPARSE,
    FIELD_A_DENSE,
    FIELD_A_SPARSE,
    FIELD_DENSE_IN,
    FIELD_LEFT,
    FIELD_RIGHT,
    FIELD_SPARSE_IN,
    N_FIELDS
};

static void take_field(struct genome_block *b, const struct genome_block *from, uint32_t field)
{
    switch (field) {
    case FIELD_DENSE: /* what the new operator reads and the old did not is taken along */
        if (genome_reads_pair(b))
            b->dense_in = from->dense_in;
        else
            b->left = from->left, b->right = from->right;
        b->dense_kind = from->dense_kind;
        break;
    case FIELD_SPARSE:
        b->sparse_kind = from->sparse_kind;
        break;
    case FIELD_DENSE_DIM:
        b->dense_dim = from->dense_dim;
        break;
    case FIELD_SPARSE_DIM:
        b->sparse_dim = from->sparse_dim;
        break;
    case FIELD_DSI:
        b->dsi = from->dsi, b->w_dsi = from->w_dsi;
        break;
    case FIELD_FM:
        b->fm = from->fm, b->w_fm = from->w_fm;
        break;
    case FIELD_W_DENSE:
        b->w_dense = from->w_dense;
        break;
    case FIELD_W_SPARSE:
        b->w_sparse = from->w_sparse;
        break;
    case FIELD_A_DENSE:
        b->a_dense = from->a_dense;
        break;
    case FIELD_A_SPARSE:
        b->a_sparse = from->a_sparse;
        break;
    case FIELD_DENSE_IN:
        b->dense_in = from->dense_in;
        break;
    case FIELD_LEFT:
        b->left = from->left;
        break;
    case FIELD_RIGHT:
        b->right = from->right;
        break;
    default:
        b->sparse_in = from->sparse_in;
        break;
    }
}

void genome_mutate(const struct space *s, struct rng *r, struct genome *g)
{
    struct genome old = *g;

    do {
        uint32_t at = (uint32_t)rng_below(r, g->n_blocks * (uint64_t)N_FIELDS + 2);
        uint32_t i = at / N_FIELDS;
        struct genome_block fresh;

        if (i == g->n_blocks) {
            if (at % N_FIELDS)
                g->emb_dim = (uint8_t)pick(&s->emb_dim, r);
            else
                g->emb_bits = (uint8_t)pick(&s->emb_bits, r);
            continue;
        }
        block_random(s, r, i, &fresh);
        take_field(&g->b[i], &fresh, at % N_FIELDS);
        settle(&g->b[i]);
    } while (genome_equal(g, &old));
}

void genome_cross(struct rng *r, const struct genome *a, const struct genome *b, struct genome *out)
{
    struct genome g = *a;

    for (uint32_t i = 0; i < g.n_blocks; i++)
        if (rng_below(r, 2))
            g.b[i] = b->b[i];
    if (rng_below(r, 2))
        g.emb_bits = b->emb_bits;
    if (rng_below(r, 2))
        g.emb_dim = b->emb_dim;
    *out = g;
}

bool genome_equal(const struct genome *a, const struct genome *b)
{
    char x[SPACE_TEXT_BYTES], y[SPACE_TEXT_BYTES];

    genome_text(a, x);
    genome_text(b, y);
    return strcmp(x, y) == 0;
}

void genome_use(const struct genome *g, struct genome_use *u)
{
    memset(u, 0, sizeof *u);
    u->dense[g->n_blocks - 1] = u->sparse[g->n_blocks - 1] = true;
    for (uint32_t i = g->n_blocks; i-- > 0;) {
        const struct genome_block *b = &g->b[i];
        uint32_t dense_in, sparse_in;

        u->sparse[i] |= u->dense[i] && b->fm;
        u->operator_used[i] = u->dense[i] || (u->sparse[i] && b->dsi);
        dense_in = u->operator_used[i] ? genome_dense_sources(b) : 0;
        sparse_in =
            u->sparse[i] || (u->operator_used[i] && b->dense_kind == DENSE_DP) ? b->sparse_in : 0;
        for (uint32_t j = 1; j <= i; j++) {
            u->dense[j - 1] |= dense_in >> j & 1;
            u->sparse[j - 1] |= sparse_in >> j & 1;
        }
    }
}

/* ---- text ---- */

static size_t put_sources(char *out, size_t size, char kind, uint32_t set)
{
    size_t n = (size_t)snprintf(out, size, "-%c", kind);

    for (uint32_t j = 0; j < 8; j++)
        if (set >> j & 1)
            n += (size_t)snprintf(out + n, size - n, "%u", j);
    return n;
}

static const char *const dense_word[DENSE_N_KINDS] = {"fc", "dp", "gate", "sum"};
static const char *const sparse_word[SPARSE_N_KINDS] = {"efc", "att"};

void genome_text(const struct genome *g, char out[SPACE_TEXT_BYTES])
{
    size_t n = (size_t)snprintf(out, SPACE_TEXT_BYTES, "e%ux%u", g->emb_bits, g->emb_dim),
           size = SPACE_TEXT_BYTES;

    for (uint32_t i = 0; i < g->n_blocks; i++) {
        const struct genome_block *b = &g->b[i];

        n += (size_t)snprintf(out + n, size - n, "/%s%uw%ua%u-%s%uw%ua%u",
                              dense_word[b->dense_kind], b->dense_dim, b->w_dense, b->a_dense,
                              sparse_word[b->sparse_kind], b->sparse_dim, b->w_sparse, b->a_sparse);
        if (b->dsi)
            n += (size_t)snprintf(out + n, size - n, "-dsi%u", b->w_dsi);
        if (b->fm)
            n += (size_t)snprintf(out + n, size - n, "-fm%u", b->w_fm);
        if (genome_reads_pair(b))
            n += (size_t)snprintf(out + n, size - n, "-l%u-r%u", b->left, b->right);
        else
            n += put_sources(out + n, size - n, 'd', b->dense_in);
        n += put_sources(out + n, size - n, 's', b->sparse_in);
    }
}

/* A reader that goes silent after its first mistake. */
struct reader {
    const char *at;
    bool bad;
};

static bool skip(struct reader *r, const char *word)
{
    size_t n = strlen(word);

    if (r->bad || strncmp(r->at, word, n) != 0)
        return false;
    r->at += n;
    return true;
}

static void need(struct reader *r, const char *word)
{
    if (!skip(r, word))
        r->bad = true;
}

static uint16_t number(struct reader *r, const struct choice *allowed)
{
    char *end = NULL;
    unsigned long v = isdigit((unsigned char)*r->at) ? strtoul(r->at, &end, 10) : 0;

    if (r->bad || !end || v > UINT16_MAX || !has(allowed, (uint32_t)v)) {
        r->bad = true;
        return 0;
    }
    r->at = end;
    return (uint16_t)v;
}

/* Ascending digits below n, one to four of them. */
static uint8_t sources(struct reader *r, uint32_t n)
{
    uint32_t set = 0, count = 0;

    while (!r->bad && isdigit((unsigned char)*r->at)) {
        uint32_t j = (uint32_t)(*r->at - '0');

        if (j >= n || set >> j || ++count > SPACE_MAX_SOURCES) {
            r->bad = true;
            return 0;
        }
        set |= 1u << j;
        r->at++;
    }
    r->bad |= set == 0;
    return (uint8_t)set;
}

static uint8_t source(struct reader *r, uint32_t n)
{
    uint8_t set = sources(r, n), j = 0;

    r->bad |= (set & (set - 1)) != 0; /* one only */
    while (set >> j > 1)
        j++;
    return j;
}

/* Number of the word that comes next. */
static uint8_t word(struct reader *r, const char *const *words, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (skip(r, words[i]))
            return (uint8_t)i;
    r->bad = true;
    return 0;
}

static void parse_sources(struct reader *r, uint32_t n, struct genome_block *b)
{
    if (genome_reads_pair(b)) {
        need(r, "-l");
        b->left = source(r, n);
        need(r, "-r");
        b->right = source(r, n);
    } else {
        need(r, "-d");
        b->dense_in = sources(r, n);
    }
    need(r, "-s");
    b->sparse_in = sources(r, n);
}

static void parse_block(const struct space *s, struct reader *r, uint32_t i, struct genome_block *b)
{
    need(r, "/");
    b->dense_kind = word(r, dense_word, s->n_dense_kinds);
    b->dense_dim = number(r, &s->dense_dim);
    need(r, "w");
    b->w_dense = (uint8_t)number(r, &s->weight_bits);
    need(r, "a");
    b->a_dense = (uint8_t)number(r, &s->act_bits);
    need(r, "-");
    b->sparse_kind = word(r, sparse_word, s->n_sparse_kinds);
    b->sparse_dim = number(r, &s->sparse_dim);
    need(r, "w");
    b->w_sparse = (uint8_t)number(r, &s->weight_bits);
    need(r, "a");
    b->a_sparse = (uint8_t)number(r, &s->act_bits);
    b->dsi = skip(r, "-dsi");
    if (b->dsi)
        b->w_dsi = (uint8_t)number(r, &s->weight_bits);
    b->fm = skip(r, "-fm");
    if (b->fm)
        b->w_fm = (uint8_t)number(r, &s->weight_bits);
    parse_sources(r, i + 1, b);
}

enum err_code genome_parse(const struct space *s, const char *text, struct genome *out,
                           struct err *e)
{
    struct reader r = {text, false};

    memset(out, 0, sizeof *out);
    out->n_blocks = (uint8_t)s->n_blocks;
    need(&r, "e");
    out->emb_bits = (uint8_t)number(&r, &s->emb_bits);
    need(&r, "x");
    out->emb_dim = (uint8_t)number(&r, &s->emb_dim);
    for (uint32_t i = 0; i < s->n_blocks && !r.bad; i++)
        parse_block(s, &r, i, &out->b[i]);
    if (r.bad || *r.at != '\0')
        return err_set(e, ERR_CONFIG, "genome: cannot read \"%.40s\" (character %td of \"%.60s\")",
                       r.at, r.at - text + 1, text);
    return ERR_OK;
}
