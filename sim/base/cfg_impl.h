/* SPDX-License-Identifier: Apache-2.0 */
/* sim/base/cfg_impl.h: the inside of a configuration document, shared by cfg.c
 * (documents, libyaml) and cfg_read.c (tables). Nobody else includes this. */
#ifndef AUTORAC_SIM_BASE_CFG_IMPL_H
#define AUTORAC_SIM_BASE_CFG_IMPL_H

#include "sim/base/cfg.h"
#include "sim/base/mem.h"

enum cfg_kind { CFG_SCALAR, CFG_MAP, CFG_SEQ };

struct cfg_entry {
    const char *key; /* NULL in a sequence */
    struct cfg_node *node;
};

struct cfg_node {
    struct cfg *doc;
    const struct cfg_node *parent; /* NULL at the root */
    const char *key;               /* in the parent map; NULL in a sequence */
    size_t index;                  /* in the parent */
    const char *set_key;           /* given by --set under this key; NULL: by the file */
    unsigned line;                 /* 1-based */
    enum cfg_kind kind;
    bool is_quoted;            /* scalar: in quotes, so text */
    const char *text;          /* scalar */
    struct cfg_entry *entries; /* map and sequence, in document order */
    size_t n, n_room;
    size_t *sorted; /* map: positions of entries, by key */
};

struct cfg {
    struct arena *arena;
    const char *name;
    struct cfg_node *root; /* always a map or a sequence */
};

/* ERR_CONFIG "FILE:LINE: a.b.c: MESSAGE". */
enum err_code cfg_fail(const struct cfg_node *n, struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* "a.b[3].c", living as long as the document; "" for the root. */
const char *cfg_path_of(const struct cfg_node *n);

/* Nothing after the colon, or null: a map whose entries are all commented out looks like this. */
bool cfg_is_null(const struct cfg_node *n);

/* One scalar as --set and table defaults write it: verbatim unless it opens with a bracket or
 * quote, which makes it YAML. The node belongs to c, under key in parent. */
enum err_code cfg_parse_value(struct cfg *c, const char *name, const char *text,
                              struct cfg_node **out, struct err *e);

#endif
