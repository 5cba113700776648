/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/base/json.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

struct json json_open(FILE *f)
{
    return (struct json){.f = f, .first = true};
}

static void json_indent(struct json *j)
{
    fputc('\n', j->f);
    for (unsigned i = 0; i < j->depth; i++)
        fputs("  ", j->f);
}

/* What stands between the previous item and the value or key about to be written. */
static void json_separate(struct json *j)
{
    if (j->after_key) {
        j->after_key = false;
        return;
    }
    assert(j->depth > 0 || j->first); /* one root */
    if (!j->first)
        fputc(',', j->f);
    if (j->depth > 0)
        json_indent(j);
    j->first = false;
}

static void json_finish_root(struct json *j)
{
    if (j->depth == 0)
        fputc('\n', j->f);
}

static void json_begin(struct json *j, int bracket)
{
    json_separate(j);
    fputc(bracket, j->f);
    j->depth++;
    j->first = true;
}

static void json_end(struct json *j, int bracket)
{
    assert(j->depth > 0 && !j->after_key);
    j->depth--;
    if (!j->first)
        json_indent(j);
    fputc(bracket, j->f);
    j->first = false;
    json_finish_root(j);
}

void json_object(struct json *j)
{
    json_begin(j, '{');
}

void json_object_end(struct json *j)
{
    json_end(j, '}');
}

void json_array(struct json *j)
{
    json_begin(j, '[');
}

void json_array_end(struct json *j)
{
    json_end(j, ']');
}

/* Decode one UTF-8 character; its length in *n_bytes, or 0 if the bytes are no character. */
static uint32_t json_utf8(const unsigned char *s, unsigned *n_bytes)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned n = s[0] < 0x80             ? 1
                 : (s[0] & 0xe0) == 0xc0 ? 2
                 : (s[0] & 0xf0) == 0xe0 ? 3
                 : (s[0] & 0xf8) == 0xf0 ? 4
                                         : 0;
    uint32_t c = n == 1 ? s[0] : n ? s[0] & (0x7fu >> n) : 0;

    for (unsigned i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            *n_bytes = 0;
            return 0;
        }
        c = c << 6 | (s[i] & 0x3fu);
    }
    if (n && (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)))
        n = 0;
    *n_bytes = n;
    return c;
}

bool json_is_utf8(const char *s)
{
    for (unsigned n; *s; s += n) {
        json_utf8((const unsigned char *)s, &n);
        if (!n)
            return false;
    }
    return true;
}

/* Characters that JSON or YAML readers refuse or fold when they stand bare. */
static bool json_must_escape(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || c == 0xfeff ||
           c == 0xfffe || c == 0xffff;
}

void json_quote(FILE *f, const char *s)
{
    const unsigned char *p = (const unsigned char *)s;
    unsigned n;

    fputc('"', f);
    for (; *p; p += n) {
        uint32_t c = json_utf8(p, &n);

        if (!n) {
            n = 1;
            fputs("\\ufffd", f);
        } else if (c == '"' || c == '\\') {
            fprintf(f, "\\%c", (int)c);
        } else if (c == '\n') {
            fputs("\\n", f);
        } else if (c == '\t') {
            fputs("\\t", f);
        } else if (json_must_escape(c)) {
            fprintf(f, "\\u%04" PRIx32, c);
        } else {
            fwrite(p, 1, n, f);
        }
    }
    fputc('"', f);
}

void json_key(struct json *j, const char *key)
{
    assert(j->depth > 0 && !j->after_key);
    json_separate(j);
    json_quote(j->f, key);
    fputs(": ", j->f);
    j->after_key = true;
}

void json_str(struct json *j, const char *v)
{
    json_separate(j);
    json_quote(j->f, v);
    json_finish_root(j);
}

void json_u64(struct json *j, uint64_t v)
{
    json_separate(j);
    fprintf(j->f, "%" PRIu64, v);
    json_finish_root(j);
}

void json_i64(struct json *j, int64_t v)
{
    json_separate(j);
    fprintf(j->f, "%" PRId64, v);
    json_finish_root(j);
}

void json_f64_text(char out[32], double v)
{
    if (!isfinite(v)) {
        snprintf(out, 32, "null");
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(out, 32, "%.*g", digits, v);
        if (strtod(out, NULL) == v)
            return;
    }
}

void json_f64(struct json *j, double v)
{
    char text[32];

    json_separate(j);
    json_f64_text(text, v);
    fputs(text, j->f);
    json_finish_root(j);
}

void json_bool(struct json *j, bool v)
{
    json_separate(j);
    fputs(v ? "true" : "false", j->f);
    json_finish_root(j);
}

void json_kstr(struct json *j, const char *key, const char *v)
{
    json_key(j, key);
    json_str(j, v);
}

void json_ku64(struct json *j, const char *key, uint64_t v)
{
    json_key(j, key);
    json_u64(j, v);
}

void json_ki64(struct json *j, const char *key, int64_t v)
{
    json_key(j, key);
    json_i64(j, v);
}

void json_kf64(struct json *j, const char *key, double v)
{
    json_key(j, key);
    json_f64(j, v);
}

void json_kbool(struct json *j, const char *key, bool v)
{
    json_key(j, key);
    json_bool(j, v);
}
