/* SPDX-License-Identifier: Apache-2.0 */
/* sim/base/json.h: streaming JSON writer, two-space indentation, keys in the
 * order written. Numbers: integers exactly, doubles as the shortest text that
 * reads back to the same value; not-a-number and infinity become null.
 * Reading JSON is cfg_load's job (JSON is YAML). */
#ifndef AUTORAC_SIM_BASE_JSON_H
#define AUTORAC_SIM_BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
    FILE *f;
    unsigned depth;
    bool first; /* nothing written yet at this depth */
    bool after_key;
};

struct json json_open(FILE *f);   /* borrows f */
void json_object(struct json *j); /* { as a value or the root */
void json_object_end(struct json *j);
void json_array(struct json *j);
void json_array_end(struct json *j);
void json_key(struct json *j, const char *key);
void json_str(struct json *j, const char *v);
void json_u64(struct json *j, uint64_t v);
void json_i64(struct json *j, int64_t v);
void json_f64(struct json *j, double v);
void json_bool(struct json *j, bool v);
/* key and value in one */
void json_kstr(struct json *j, const char *key, const char *v);
void json_ku64(struct json *j, const char *key, uint64_t v);
void json_ki64(struct json *j, const char *key, int64_t v);
void json_kf64(struct json *j, const char *key, double v);
void json_kbool(struct json *j, const char *key, bool v);

/* The parts, for writers of other text: a double's shortest exact text ("null" if not finite), and
 * a string in double quotes, escaped so that both JSON and YAML read the same characters back. */
void json_f64_text(char out[32], double v);
void json_quote(FILE *f, const char *s);
bool json_is_utf8(const char *s);

#endif
