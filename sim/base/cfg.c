/* SPDX-License-Identifier: Apache-2.0 */
/* Documents: libyaml's events become a tree of nodes; overriding; strict scalars.
 * Left out of YAML on purpose: anchors and aliases, tags, several documents in a
 * file, keys that are not scalars. */
#include "sim/base/cfg.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "sim/base/cfg_impl.h"
#include "sim/base/file.h"
#include "sim/base/json.h"
#include "sim/base/mem.h"

#define CFG_MAX_DEPTH 64u
#define CFG_MAX_BYTES ((size_t)256 << 20)

/* ---- naming nodes ---- */

static void cfg_path_write(const struct cfg_node *n, FILE *f)
{
    if (!n->parent)
        return;
    cfg_path_write(n->parent, f);
    if (n->key)
        fprintf(f, "%s%s", n->parent->parent ? "." : "", n->key);
    else
        fprintf(f, "[%zu]", n->index);
}

const char *cfg_path_of(const struct cfg_node *n)
{
    char *text = NULL;
    size_t n_bytes = 0;
    FILE *f = mem_text_open(&text, &n_bytes);
    const char *path;

    cfg_path_write(n, f);
    mem_text_close(f, &text);
    path = arena_strdup(n->doc->arena, text);
    free(text);
    return path;
}

const char *cfg_where(const struct cfg_node *n)
{
    if (!n)
        return "(missing)";
    if (n->set_key)
        return arena_printf(n->doc->arena, "--set %s", n->set_key);
    return arena_printf(n->doc->arena, "%s:%u", n->doc->name, n->line);
}

enum err_code cfg_fail(const struct cfg_node *n, struct err *e, const char *fmt, ...)
{
    char text[sizeof e->text];
    const char *path;
    size_t n_path;
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (!n)
        return err_set(e, ERR_CONFIG, "a value is missing: %s", text);
    path = cfg_path_of(n);
    n_path = strlen(path);
    if (!*path || (n->set_key && strncmp(n->set_key, path, n_path) == 0 &&
                   (!n->set_key[n_path] || n->set_key[n_path] == '.')))
        return err_set(e, ERR_CONFIG, "%s: %s", cfg_where(n), text);
    return err_set(e, ERR_CONFIG, "%s: %s: %s", cfg_where(n), path, text);
}

/* ---- building the tree ---- */

struct cfg_parser {
    yaml_parser_t yaml;
    struct cfg *doc;
    const char *name;    /* as errors print it */
    const char *set_key; /* not NULL: the text came from the command line, and has no lines */
    unsigned depth;
};

static enum err_code cfg_syntax(const struct cfg_parser *p, yaml_mark_t at, const char *problem,
                                struct err *e)
{
    if (p->set_key)
        return err_set(e, ERR_CONFIG, "--set %s: %s", p->set_key, problem);
    return err_set(e, ERR_CONFIG, "%s:%zu: %s", p->name, at.line + 1, problem);
}

static enum err_code cfg_next_event(struct cfg_parser *p, yaml_event_t *ev, struct err *e)
{
    const yaml_parser_t *y = &p->yaml;
    yaml_mark_t at;
    enum err_code rc;

    if (yaml_parser_parse(&p->yaml, ev))
        return ERR_OK;
    if (y->error == YAML_MEMORY_ERROR)
        return err_set(e, ERR_ENV, "%s: out of memory", p->name);
    at = y->problem_mark;
    if (y->error == YAML_READER_ERROR)
        at =
            y->mark; /* it knows only a byte offset; the scanner stands on the same line or above */
    rc = cfg_syntax(p, at, y->problem ? y->problem : "not YAML", e);
    if (y->context && !p->set_key) {
        size_t n = strlen(e->text);

        snprintf(e->text + n, sizeof e->text - n, " (%s that starts on line %zu)", y->context,
                 y->context_mark.line + 1);
    }
    return rc;
}

static struct cfg_node *cfg_node_new(struct cfg_parser *p, enum cfg_kind kind,
                                     const yaml_event_t *ev)
{
    struct cfg_node *n = arena_alloc(p->doc->arena, 1, sizeof *n);

    n->doc = p->doc;
    n->kind = kind;
    n->set_key = p->set_key;
    n->line = (unsigned)ev->start_mark.line + 1;
    return n;
}

static void cfg_append(struct cfg_node *parent, const char *key, struct cfg_node *child)
{
    if (parent->n == parent->n_room) {
        size_t room = parent->n_room ? parent->n_room * 2 : 8;
        struct cfg_entry *grown = arena_alloc(parent->doc->arena, room, sizeof *grown);

        if (parent->n)
            memcpy(grown, parent->entries, parent->n * sizeof *grown);
        parent->entries = grown;
        parent->n_room = room;
    }
    child->parent = parent;
    child->key = key;
    child->index = parent->n;
    parent->entries[parent->n++] = (struct cfg_entry){key, child};
}

struct cfg_sort {
    const char *key;
    size_t position;
};

static int cfg_compare(const void *a, const void *b)
{
    const struct cfg_sort *x = a, *y = b;
    int order = strcmp(x->key, y->key);

    if (order)
        return order;
    return x->position < y->position ? -1 : x->position > y->position;
}

/* Sorts a finished map's keys; of a duplicate, the earliest repetition is reported. */
static enum err_code cfg_index(struct cfg_node *map, struct err *e)
{
    struct cfg_sort *v = mem_alloc(map->n, sizeof *v);
    size_t twice = SIZE_MAX, first = 0;

    for (size_t i = 0; i < map->n; i++)
        v[i] = (struct cfg_sort){map->entries[i].key, i};
    qsort(v, map->n, sizeof *v, cfg_compare);
    map->sorted = arena_alloc(map->doc->arena, map->n, sizeof *map->sorted);
    for (size_t i = 0; i < map->n; i++) {
        map->sorted[i] = v[i].position;
        if (i && strcmp(v[i].key, v[i - 1].key) == 0 && v[i].position < twice) {
            twice = v[i].position;
            first = v[i - 1].position;
        }
    }
    free(v);
    if (twice != SIZE_MAX)
        return cfg_fail(map->entries[twice].node, e, "given twice, first on line %u",
                        map->entries[first].node->line);
    return ERR_OK;
}

static enum err_code cfg_build(struct cfg_parser *p, yaml_event_t *ev, struct cfg_node *parent,
                               const char *key, struct cfg_node **out, struct err *e);

/* The text of a scalar event; NULL if it cannot be held as a C string. */
static const char *cfg_scalar_text(struct cfg_parser *p, const yaml_event_t *ev)
{
    const char *text = (const char *)ev->data.scalar.value;

    if (strlen(text) != ev->data.scalar.length)
        return NULL;
    return arena_strdup(p->doc->arena, text);
}

/* ev is the event after a map's start or after one of its values; consumed. */
static enum err_code cfg_build_pair(struct cfg_parser *p, yaml_event_t *ev, struct cfg_node *map,
                                    struct err *e)
{
    yaml_event_t value;
    struct cfg_node *child;
    const char *key = NULL;
    unsigned key_line = (unsigned)ev->start_mark.line + 1;
    enum err_code rc = ERR_OK;

    if (ev->type != YAML_SCALAR_EVENT)
        rc = cfg_syntax(p, ev->start_mark,
                        ev->type == YAML_ALIAS_EVENT ? "aliases (*name) are not supported"
                                                     : "a key must be plain text",
                        e);
    else if (!(key = cfg_scalar_text(p, ev)))
        rc = cfg_syntax(p, ev->start_mark, "key holds a NUL character", e);
    yaml_event_delete(ev);
    if (rc || (rc = cfg_next_event(p, &value, e)))
        return rc;
    if (!(rc = cfg_build(p, &value, map, key, &child, e)))
        child->line = key_line;
    return rc;
}

static enum err_code cfg_build_collection(struct cfg_parser *p, struct cfg_node *n, struct err *e)
{
    yaml_event_t ev;
    enum err_code rc;

    for (;;) {
        if ((rc = cfg_next_event(p, &ev, e)))
            return rc;
        if (ev.type == YAML_MAPPING_END_EVENT || ev.type == YAML_SEQUENCE_END_EVENT) {
            yaml_event_delete(&ev);
            return n->kind == CFG_MAP ? cfg_index(n, e) : ERR_OK;
        }
        if (n->kind == CFG_MAP) {
            rc = cfg_build_pair(p, &ev, n, e);
        } else {
            struct cfg_node *child;

            rc = cfg_build(p, &ev, n, NULL, &child, e);
        }
        if (rc)
            return rc;
    }
}

static const char *cfg_unsupported(const yaml_event_t *ev)
{
    const unsigned char *anchor = NULL, *tag = NULL;

    switch (ev->type) {
    case YAML_ALIAS_EVENT:
        return "aliases (*name) are not supported";
    case YAML_SCALAR_EVENT:
        anchor = ev->data.scalar.anchor;
        tag = ev->data.scalar.tag;
        break;
    case YAML_MAPPING_START_EVENT:
        anchor = ev->data.mapping_start.anchor;
        tag = ev->data.mapping_start.tag;
        break;
    case YAML_SEQUENCE_START_EVENT:
        anchor = ev->data.sequence_start.anchor;
        tag = ev->data.sequence_start.tag;
        break;
    default:
        return "a value is expected here";
    }
    return anchor ? "anchors (&name) are not supported"
           : tag  ? "tags (!name) are not supported"
                  : NULL;
}

/* The node that ev opens, hung under its parent (NULL: the root); ev is consumed. */
static enum err_code cfg_build(struct cfg_parser *p, yaml_event_t *ev, struct cfg_node *parent,
                               const char *key, struct cfg_node **out, struct err *e)
{
    const char *unsupported = cfg_unsupported(ev);
    struct cfg_node *n = NULL;
    enum err_code rc = ERR_OK;

    if (unsupported) {
        rc = cfg_syntax(p, ev->start_mark, unsupported, e);
    } else if (ev->type == YAML_SCALAR_EVENT) {
        n = cfg_node_new(p, CFG_SCALAR, ev);
        n->is_quoted = ev->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
        n->text = cfg_scalar_text(p, ev);
        if (!n->text)
            rc = cfg_syntax(p, ev->start_mark, "text holds a NUL character", e);
    } else if (p->depth >= CFG_MAX_DEPTH) {
        rc = cfg_syntax(p, ev->start_mark, "nested too deeply", e);
    } else {
        n = cfg_node_new(p, ev->type == YAML_MAPPING_START_EVENT ? CFG_MAP : CFG_SEQ, ev);
    }
    yaml_event_delete(ev);
    if (rc)
        return rc;
    if (parent)
        cfg_append(parent, key, n);
    *out = n;
    if (n->kind != CFG_SCALAR) {
        p->depth++;
        rc = cfg_build_collection(p, n, e);
        p->depth--;
    }
    return rc;
}

/* The one document of a stream; *out stays NULL if it is empty. */
static enum err_code cfg_build_stream(struct cfg_parser *p, struct cfg_node **out, struct err *e)
{
    yaml_event_t ev;
    enum err_code rc;
    bool have_document = false, done = false;

    *out = NULL;
    while (!done) {
        if ((rc = cfg_next_event(p, &ev, e)))
            return rc;
        done = ev.type == YAML_STREAM_END_EVENT;
        if (ev.type == YAML_DOCUMENT_START_EVENT) {
            if (have_document)
                rc = cfg_syntax(p, ev.start_mark, "more than one document", e);
            have_document = true;
        } else if (ev.type != YAML_STREAM_START_EVENT && ev.type != YAML_STREAM_END_EVENT &&
                   ev.type != YAML_DOCUMENT_END_EVENT) {
            if ((rc = cfg_build(p, &ev, NULL, NULL, out, e)))
                return rc;
            continue; /* consumed */
        }
        yaml_event_delete(&ev);
        if (rc)
            return rc;
    }
    return ERR_OK;
}

static enum err_code cfg_yaml(struct cfg *c, const char *name, const char *set_key,
                              const char *text, size_t n_bytes, struct cfg_node **out,
                              struct err *e)
{
    struct cfg_parser p = {.doc = c, .name = name, .set_key = set_key};
    enum err_code rc;

    if (n_bytes > CFG_MAX_BYTES)
        return err_set(e, ERR_CONFIG, "%s: larger than %zu MiB", name, CFG_MAX_BYTES >> 20);
    if (!yaml_parser_initialize(&p.yaml))
        return err_set(e, ERR_ENV, "%s: out of memory", name);
    yaml_parser_set_encoding(&p.yaml, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&p.yaml, (const unsigned char *)text, n_bytes);
    rc = cfg_build_stream(&p, out, e);
    yaml_parser_delete(&p.yaml);
    return rc;
}

static enum err_code cfg_parse_bytes(struct cfg **out, const char *name, const char *text,
                                     size_t n_bytes, struct err *e)
{
    struct cfg *c = mem_alloc(1, sizeof *c);
    enum err_code rc;

    *out = NULL;
    c->arena = arena_new();
    c->name = arena_strdup(c->arena, name);
    rc = cfg_yaml(c, c->name, NULL, text, n_bytes, &c->root, e);
    if (!rc && (!c->root || cfg_is_null(c->root))) {
        c->root = arena_alloc(c->arena, 1, sizeof *c->root);
        *c->root = (struct cfg_node){.doc = c, .kind = CFG_MAP, .line = 1};
    }
    if (!rc && c->root->kind == CFG_SCALAR)
        rc = cfg_fail(c->root, e, "a map of KEY: VALUE lines is expected");
    if (rc) {
        cfg_free(c);
        return rc;
    }
    *out = c;
    return ERR_OK;
}

enum err_code cfg_parse(struct cfg **out, const char *name, const char *text, struct err *e)
{
    return cfg_parse_bytes(out, name, text, strlen(text), e);
}

enum err_code cfg_load(struct cfg **out, const char *path, struct err *e)
{
    char *text;
    size_t n_bytes;
    enum err_code rc;

    *out = NULL;
    if ((rc = file_read(path, &text, &n_bytes, e)))
        return rc;
    rc = cfg_parse_bytes(out, path, text, n_bytes, e);
    free(text);
    return rc;
}

void cfg_free(struct cfg *c)
{
    if (!c)
        return;
    arena_free(c->arena);
    free(c);
}

/* ---- overriding ---- */

enum err_code cfg_parse_value(struct cfg *c, const char *name, const char *text,
                              struct cfg_node **out, struct err *e)
{
    struct cfg_node *n;
    enum err_code rc;

    if (*text && strchr("[{\"'", *text)) {
        rc = cfg_yaml(c, name, name, text, strlen(text), out, e);
        if (!rc && !*out)
            rc = err_set(e, ERR_CONFIG, "--set %s: a value is expected", name);
        return rc;
    }
    if (!json_is_utf8(text))
        return err_set(e, ERR_CONFIG, "--set %s: the value is not UTF-8 text", name);
    n = arena_alloc(c->arena, 1, sizeof *n);
    *n = (struct cfg_node){.doc = c, .kind = CFG_SCALAR, .set_key = name, .line = 1};
    n->text = arena_strdup(c->arena, text);
    n->is_quoted = !*text; /* KEY= means empty text, not a forgotten value */
    *out = n;
    return ERR_OK;
}

static struct cfg_node *cfg_child(const struct cfg_node *n, const char *segment)
{
    char *end;
    unsigned long long i;

    if (n->kind != CFG_SEQ)
        return (struct cfg_node *)cfg_get(n, segment);
    if (!isdigit((unsigned char)*segment))
        return NULL;
    i = strtoull(segment, &end, 10);
    return *end || i >= n->n ? NULL : n->entries[i].node;
}

/* Put child in parent under its segment, in place of what is there. */
static enum err_code cfg_put(struct cfg_node *parent, const char *segment, struct cfg_node *child,
                             const char *path, struct err *e)
{
    struct cfg_node *old;

    if (parent->kind == CFG_SCALAR)
        return err_set(e, ERR_CONFIG, "--set %s: %s is a value, not a map", path,
                       cfg_path_of(parent));
    old = cfg_child(parent, segment);
    if (old) {
        child->parent = parent;
        child->key = old->key;
        child->index = old->index;
        parent->entries[old->index].node = child;
        return ERR_OK;
    }
    if (parent->kind == CFG_SEQ)
        return err_set(e, ERR_CONFIG, "--set %s: %s has no element %s", path, cfg_path_of(parent),
                       segment);
    cfg_append(parent, segment, child);
    return cfg_index(parent, e);
}

enum err_code cfg_set(struct cfg *c, const char *assignment, struct err *e)
{
    const char *equals = strchr(assignment, '=');
    struct cfg_node *value, *at = c->root;
    const char *path;
    char *segment, *dot;
    enum err_code rc;

    if (!equals || equals == assignment)
        return err_set(e, ERR_CONFIG, "--set %s: KEY=VALUE is expected", assignment);
    path = arena_printf(c->arena, "%.*s", (int)(equals - assignment), assignment);
    if (path[0] == '.' || equals[-1] == '.' || strstr(path, ".."))
        return err_set(e, ERR_CONFIG, "--set %s: not a dotted key", path);
    if ((rc = cfg_parse_value(c, path, equals + 1, &value, e)))
        return rc;
    segment = arena_strdup(c->arena, path);
    for (; (dot = strchr(segment, '.')); segment = dot + 1) {
        struct cfg_node *next;

        *dot = '\0';
        next = cfg_child(at, segment);
        if (!next || cfg_is_null(next)) {
            next = arena_alloc(c->arena, 1, sizeof *next);
            *next = (struct cfg_node){.doc = c, .kind = CFG_MAP, .set_key = path, .line = 1};
            if ((rc = cfg_put(at, segment, next, path, e)))
                return rc;
        }
        at = next;
    }
    return cfg_put(at, segment, value, path, e);
}

/* ---- walking ---- */

const struct cfg_node *cfg_root(const struct cfg *c)
{
    return c->root;
}

const struct cfg_node *cfg_get(const struct cfg_node *map, const char *key)
{
    size_t lo = 0, hi;

    if (!cfg_is_map(map))
        return NULL;
    for (hi = map->n; lo < hi;) {
        size_t mid = lo + (hi - lo) / 2;
        const struct cfg_entry *entry = &map->entries[map->sorted[mid]];
        int order = strcmp(key, entry->key);

        if (order == 0)
            return entry->node;
        if (order < 0)
            hi = mid;
        else
            lo = mid + 1;
    }
    return NULL;
}

size_t cfg_len(const struct cfg_node *n)
{
    return n ? n->n : 0;
}

const struct cfg_node *cfg_at(const struct cfg_node *n, size_t i)
{
    return n && i < n->n ? n->entries[i].node : NULL;
}

const char *cfg_key_at(const struct cfg_node *map, size_t i)
{
    return map && i < map->n ? map->entries[i].key : NULL;
}

bool cfg_is_map(const struct cfg_node *n)
{
    return n && n->kind == CFG_MAP;
}

bool cfg_is_seq(const struct cfg_node *n)
{
    return n && n->kind == CFG_SEQ;
}

bool cfg_is_null(const struct cfg_node *n)
{
    return n->kind == CFG_SCALAR && !n->is_quoted &&
           (!*n->text || strcmp(n->text, "~") == 0 || strcmp(n->text, "null") == 0);
}

const char *cfg_str(const struct cfg_node *n)
{
    return n && n->kind == CFG_SCALAR ? n->text : NULL;
}
