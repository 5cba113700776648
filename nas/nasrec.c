/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/nasrec.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"

enum { EMBED_DIM = 16 }; /* NASRec's */

/* A space's operators in the order of their node numbers. */
struct node_list {
    const char *config;
    uint32_t n_dense, n; /* dense operators come first */
    uint8_t kind[6];     /* enum dense_kind, then enum sparse_kind */
};

static const struct node_list node_lists[] = {
    {"xlarge", 4, 6, {DENSE_FC, DENSE_DP, DENSE_GATE, DENSE_SUM, SPARSE_ATT, SPARSE_EFC}},
    {"autoctr", 2, 3, {DENSE_FC, DENSE_DP, SPARSE_EFC}},
};

/* Where in the file: for errors. */
struct place {
    const char *path;
    const char *list; /* "micro", "macro" */
    size_t block;     /* from 0 */
};

static enum err_code wrong(const struct place *p, const char *key, const char *rule, struct err *e)
{
    return err_set(e, ERR_CONFIG, "%s: %s[%zu].%s: %s", p->path, p->list, p->block, key, rule);
}

static enum err_code read_number(const struct place *p, const json_t *block, const char *key,
                                 const struct choice *allowed, uint16_t *out, struct err *e)
{
    const json_t *v = json_object_get(block, key);
    json_int_t x;

    if (!json_is_integer(v))
        return wrong(p, key, v ? "not a whole number" : "missing", e);
    x = json_integer_value(v);
    for (uint32_t i = 0; i < allowed->n; i++)
        if (x == allowed->value[i]) {
            *out = allowed->value[i];
            return ERR_OK;
        }
    return err_set(e, ERR_CONFIG, "%s: %s[%zu].%s: %lld is not a value of the space", p->path,
                   p->list, p->block, key, (long long)x);
}

/* Sources of block p->block + 1 as a set: bit j, source j. */
static enum err_code read_sources(const struct place *p, const json_t *block, const char *key,
                                  size_t most, uint32_t *out, struct err *e)
{
    const json_t *list = json_object_get(block, key), *v;
    size_t i;

    *out = 0;
    if (!json_is_array(list))
        return wrong(p, key, list ? "not a list" : "missing", e);
    if (json_array_size(list) < 1 || json_array_size(list) > most)
        return err_set(e, ERR_CONFIG, "%s: %s[%zu].%s: %zu sources, must be 1..%zu", p->path,
                       p->list, p->block, key, json_array_size(list), most);
    json_array_foreach(list, i, v)
    {
        json_int_t j = json_integer_value(v);

        if (!json_is_integer(v) || j < 0 || j > (json_int_t)p->block)
            return err_set(e, ERR_CONFIG, "%s: %s[%zu].%s[%zu]: not a source of this block: 0..%zu",
                           p->path, p->list, p->block, key, i, p->block);
        if (*out >> j & 1)
            return wrong(p, key, "a source is given twice", e);
        *out |= 1u << j;
    }
    return ERR_OK;
}

static enum err_code read_one_source(const struct place *p, const json_t *block, const char *key,
                                     uint8_t *out, struct err *e)
{
    uint32_t set;
    enum err_code rc = read_sources(p, block, key, 1, &set, e);

    *out = 0;
    while (!rc && set >> *out > 1)
        (*out)++;
    return rc;
}

/* One dense and one sparse operator, in either order. */
static enum err_code read_nodes(const struct place *p, const json_t *block,
                                const struct node_list *nodes, struct genome_block *b,
                                struct err *e)
{
    const json_t *list = json_object_get(block, "active_nodes"), *v;
    uint32_t n_dense = 0, n_sparse = 0;
    size_t i;

    if (!json_is_array(list))
        return wrong(p, "active_nodes", list ? "not a list" : "missing", e);
    json_array_foreach(list, i, v)
    {
        json_int_t x = json_integer_value(v);

        if (!json_is_integer(v) || x < 0 || x >= (json_int_t)nodes->n)
            return err_set(e, ERR_CONFIG,
                           "%s: %s[%zu].active_nodes[%zu]: config %s has nodes 0..%u", p->path,
                           p->list, p->block, i, nodes->config, nodes->n - 1);
        if (x < (json_int_t)nodes->n_dense) {
            b->dense_kind = nodes->kind[x];
            n_dense++;
        } else {
            b->sparse_kind = nodes->kind[x];
            n_sparse++;
        }
    }
    if (n_dense != 1 || n_sparse != 1)
        return wrong(p, "active_nodes", "must be one dense and one sparse operator", e);
    return ERR_OK;
}

static enum err_code read_micro(const struct place *p, const json_t *block,
                                const struct node_list *nodes, const struct space *s,
                                struct genome_block *b, struct err *e)
{
    static const struct choice flag = {2, {0, 1}};
    uint16_t dsi, fm;
    enum err_code rc;

    if ((rc = read_nodes(p, block, nodes, b, e)))
        return rc;
    if ((rc = read_number(p, block, "dense_in_dims", &s->dense_dim, &b->dense_dim, e)))
        return rc;
    if ((rc = read_number(p, block, "sparse_in_dims", &s->sparse_dim, &b->sparse_dim, e)))
        return rc;
    if ((rc = read_number(p, block, "dense_sparse_interact", &flag, &dsi, e)))
        return rc;
    if ((rc = read_number(p, block, "deep_fm", &flag, &fm, e)))
        return rc;
    b->dsi = (uint8_t)dsi;
    b->fm = (uint8_t)fm;
    return ERR_OK;
}

/* All four lists are checked, whichever the operator reads. */
static enum err_code read_macro(const struct place *p, const json_t *block, struct genome_block *b,
                                struct err *e)
{
    uint32_t dense, sparse;
    uint8_t left, right;
    enum err_code rc;

    if ((rc = read_sources(p, block, "dense_idx", SPACE_MAX_SOURCES, &dense, e)))
        return rc;
    if ((rc = read_sources(p, block, "sparse_idx", SPACE_MAX_SOURCES, &sparse, e)))
        return rc;
    if ((rc = read_one_source(p, block, "dense_left_idx", &left, e)))
        return rc;
    if ((rc = read_one_source(p, block, "dense_right_idx", &right, e)))
        return rc;
    b->sparse_in = (uint8_t)sparse;
    if (genome_reads_pair(b)) {
        b->left = left;
        b->right = right;
    } else {
        b->dense_in = (uint8_t)dense;
    }
    return ERR_OK;
}

static void set_bits(struct genome_block *b, const struct nasrec_bits *bits)
{
    b->w_dense = b->w_sparse = (uint8_t)bits->weight;
    b->w_dsi = (uint8_t)(b->dsi ? bits->weight : 0);
    b->w_fm = (uint8_t)(b->fm ? bits->weight : 0);
    b->a_dense = b->a_sparse = (uint8_t)bits->act;
}

static enum err_code read_config(const char *path, const json_t *root,
                                 const struct node_list **nodes, struct err *e)
{
    const json_t *v = json_object_get(root, "config");

    if (!json_is_string(v))
        return err_set(e, ERR_CONFIG, "%s: config: %s", path, v ? "not a text" : "missing");
    for (size_t i = 0; i < sizeof node_lists / sizeof *node_lists; i++)
        if (strcmp(json_string_value(v), node_lists[i].config) == 0) {
            *nodes = &node_lists[i];
            return ERR_OK;
        }
    return err_set(e, ERR_CONFIG, "%s: config: \"%.40s\" is unknown; known: xlarge, autoctr", path,
                   json_string_value(v));
}

static enum err_code read_list(const char *path, const json_t *root, const char *key, size_t n,
                               const json_t **out, struct err *e)
{
    *out = json_object_get(root, key);
    if (!json_is_array(*out))
        return err_set(e, ERR_CONFIG, "%s: %s: %s", path, key, *out ? "not a list" : "missing");
    if (json_array_size(*out) != n)
        return err_set(e, ERR_CONFIG, "%s: %s: %zu blocks, num_blocks says %zu", path, key,
                       json_array_size(*out), n);
    return ERR_OK;
}

static enum err_code read_model(const char *path, const json_t *root,
                                const struct nasrec_bits *bits, struct space *s, struct genome *out,
                                struct err *e)
{
    const json_t *micro, *macro, *n = json_object_get(root, "num_blocks");
    const struct node_list *nodes = NULL;
    json_int_t n_blocks = json_integer_value(n);
    enum err_code rc;

    if (!json_is_integer(n) || n_blocks < 1 || n_blocks > SPACE_MAX_BLOCKS)
        return err_set(e, ERR_CONFIG, "%s: num_blocks: %s 1..%d", path,
                       n ? "outside" : "missing; must be", SPACE_MAX_BLOCKS);
    if ((rc = read_config(path, root, &nodes, e)))
        return rc;
    if ((rc = read_list(path, root, "micro", (size_t)n_blocks, &micro, e)))
        return rc;
    if ((rc = read_list(path, root, "macro", (size_t)n_blocks, &macro, e)))
        return rc;
    space_init(s, SPACE_FULL, (uint32_t)n_blocks, 1024, 64);
    space_embedding(s, EMBED_DIM, EMBED_DIM);
    memset(out, 0, sizeof *out);
    out->n_blocks = (uint8_t)n_blocks;
    out->emb_bits = (uint8_t)bits->embedding;
    out->emb_dim = EMBED_DIM;
    for (uint32_t i = 0; i < n_blocks; i++) {
        struct genome_block *b = &out->b[i];
        const struct place upper = {path, "micro", i}, lower = {path, "macro", i};

        if ((rc = read_micro(&upper, json_array_get(micro, i), nodes, s, b, e)))
            return rc;
        if ((rc = read_macro(&lower, json_array_get(macro, i), b, e)))
            return rc;
        set_bits(b, bits);
    }
    return ERR_OK;
}

/* jansson would take a failure for a mistake in the text. */
static void *nasrec_memory(size_t size)
{
    return mem_alloc(size, 1);
}

enum err_code nasrec_load(const char *path, const struct nasrec_bits *bits, struct space *space,
                          struct genome *out, struct err *e)
{
    FILE *f = fopen(path, "r");
    json_error_t at;
    json_t *root;
    enum err_code rc;

    if (!f)
        return err_set(e, ERR_ENV, "%s: %s", path, strerror(errno));
    json_set_alloc_funcs(nasrec_memory, free);
    root = json_loadf(f, JSON_REJECT_DUPLICATES, &at);
    fclose(f);
    if (!root)
        return err_set(e, ERR_CONFIG, "%s:%d: %s", path, at.line, at.text);
    rc = json_is_object(root)
             ? read_model(path, root, bits, space, out, e)
             : err_set(e, ERR_CONFIG, "%s: not an object, as NASRec writes one", path);
    json_decref(root);
    return rc;
}
