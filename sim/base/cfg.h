/* SPDX-License-Identifier: Apache-2.0 */
/* sim/base/cfg.h: YAML (and therefore JSON) documents with line numbers, and
 * table-driven reading of them into structs.
 *
 * A table of struct cfg_key states every key once: path, type, default, range,
 * unit, meaning. From it come reading (unknown and duplicate keys refused,
 * errors as FILE:LINE: KEY: what is wrong), the resolved file that is written
 * back, and the generated reference. Only this module sees libyaml. */
#ifndef AUTORAC_SIM_BASE_CFG_H
#define AUTORAC_SIM_BASE_CFG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/base/err.h"

struct cfg;      /* one document; owns its nodes */
struct cfg_node; /* borrowed from its document */

enum err_code cfg_load(struct cfg **out, const char *path, struct err *e);
/* text is parsed as if it were a file called name. */
enum err_code cfg_parse(struct cfg **out, const char *name, const char *text, struct err *e);
void cfg_free(struct cfg *c);

/* Override "a.b.c=VALUE" as the command line's --set gives it; errors then name
 * "--set a.b.c" in place of a file and line. Creates what is not there. */
enum err_code cfg_set(struct cfg *c, const char *assignment, struct err *e);

/* ---- walking a document (parameter files, archives) ---- */
const struct cfg_node *cfg_root(const struct cfg *c);
const struct cfg_node *cfg_get(const struct cfg_node *map, const char *key); /* NULL if absent */
size_t cfg_len(const struct cfg_node *n); /* entries of a map or sequence, else 0 */
const struct cfg_node *cfg_at(const struct cfg_node *n, size_t i); /* i-th value */
const char *cfg_key_at(const struct cfg_node *map, size_t i);      /* i-th key */
bool cfg_is_map(const struct cfg_node *n);
bool cfg_is_seq(const struct cfg_node *n);
const char *cfg_str(const struct cfg_node *n); /* scalar's text; NULL for map or sequence */
enum err_code cfg_u64(const struct cfg_node *n, uint64_t *out, struct err *e);
enum err_code cfg_i64(const struct cfg_node *n, int64_t *out, struct err *e);
enum err_code cfg_f64(const struct cfg_node *n, double *out, struct err *e);
/* "FILE:LINE" of a node, for a caller's own message. */
const char *cfg_where(const struct cfg_node *n);

/* ---- table-driven reading ---- */
enum cfg_type { CFG_U32, CFG_U64, CFG_F64, CFG_BOOL, CFG_STR, CFG_ENUM };

struct cfg_key {
    const char *path; /* dotted, from the document's root: "tile.adc_bits" */
    enum cfg_type type;
    size_t offset;              /* of the field in the struct */
    const char *def;            /* default as YAML text; NULL: the key is required */
    double min, max;            /* inclusive range of numbers; both 0: no range */
    const char *const *choices; /* CFG_ENUM (stored as uint32_t index): NULL-terminated */
    size_t str_size;            /* CFG_STR: size of the char array in the struct */
    const char *unit;           /* "ns", "bits", "1" */
    const char *help;           /* one line */
};

/* Fill *out from the document: every key of the table read or defaulted, every
 * key of the document that no row names refused. c NULL: all defaults. */
enum err_code cfg_read(const struct cfg *c, const struct cfg_key *keys, size_t n_keys, void *out,
                       struct err *e);

/* Write the struct back as YAML, every key with its unit and meaning as a comment;
 * reading it back gives the same struct bit for bit. */
void cfg_write(FILE *f, const struct cfg_key *keys, size_t n_keys, const void *in);

#endif
