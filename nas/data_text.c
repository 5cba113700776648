/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/data_text.h"

#include <errno.h>
#include <lzma.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "sim/base/mem.h"

enum {
    TEXT_IN_BYTES = 1 << 16,
    TEXT_OUT_BYTES = 1 << 18,
    TEXT_LINE_BYTES = 1 << 20,
};

enum text_kind { TEXT_PLAIN, TEXT_GZ, TEXT_XZ };

struct data_text {
    char *path;
    FILE *f;
    enum text_kind kind;
    z_stream gz;
    lzma_stream xz;
    bool stream_done;  /* end of a gzip member, or of all xz streams */
    bool eof;          /* nothing more to decode */
    const char *fault; /* what is wrong with the stream; told once the bytes before it are used */
    bool in_eof;
    size_t in_len, out_pos, out_len;
    uint8_t in[TEXT_IN_BYTES];
    uint8_t out[TEXT_OUT_BYTES];
    char *line;
    size_t line_len, line_cap;
    uint64_t line_no;
    bool cut;
};

static const uint8_t text_gz_magic[] = {0x1f, 0x8b};
static const uint8_t text_xz_magic[] = {0xfd, '7', 'z', 'X', 'Z', 0x00};
static const uint8_t text_utf8_mark[] = {0xef, 0xbb, 0xbf};

static enum err_code text_io(const struct data_text *t, struct err *e)
{
    return err_set(e, ERR_ENV, "%s: %s", t->path, strerror(errno ? errno : EIO));
}

static bool text_starts(const struct data_text *t, const uint8_t *magic, size_t n)
{
    return t->in_len >= n && memcmp(t->in, magic, n) == 0;
}

static bool text_name_ends(const char *path, const char *suffix)
{
    size_t n = strlen(path), k = strlen(suffix);

    return n >= k && strcmp(path + n - k, suffix) == 0;
}

/* Read the next block of the file into in; in_eof once the file has ended. */
static enum err_code text_refill(struct data_text *t, struct err *e)
{
    errno = 0;
    t->in_len = fread(t->in, 1, sizeof t->in, t->f);
    if (ferror(t->f))
        return text_io(t, e);
    t->in_eof = t->in_len < sizeof t->in;
    return ERR_OK;
}

static enum err_code text_detect(struct data_text *t, struct err *e)
{
    bool gz_name = text_name_ends(t->path, ".gz"), xz_name = text_name_ends(t->path, ".xz");

    if (text_starts(t, text_gz_magic, sizeof text_gz_magic)) {
        t->kind = TEXT_GZ;
        t->gz.next_in = t->in;
        t->gz.avail_in = (uInt)t->in_len;
        if (inflateInit2(&t->gz, 15 + 16) != Z_OK)
            return err_set(e, ERR_ENV, "%s: zlib cannot start", t->path);
    } else if (text_starts(t, text_xz_magic, sizeof text_xz_magic)) {
        t->kind = TEXT_XZ;
        t->xz.next_in = t->in;
        t->xz.avail_in = t->in_len;
        if (lzma_stream_decoder(&t->xz, UINT64_MAX, LZMA_CONCATENATED) != LZMA_OK)
            return err_set(e, ERR_ENV, "%s: liblzma cannot start", t->path);
    } else if ((gz_name || xz_name) &&
               (t->in_len == 0 || ((t->in[0] < ' ' || t->in[0] > '~') &&
                                   !text_starts(t, text_utf8_mark, sizeof text_utf8_mark)))) {
        return err_set(e, ERR_CONFIG, "%s:1: neither %s stream nor text: damaged or truncated",
                       t->path, gz_name ? "a gzip" : "an xz");
    }
    return ERR_OK;
}

enum err_code data_text_open(struct data_text **out, const char *path, struct err *e)
{
    struct data_text *t = mem_alloc(1, sizeof *t);
    enum err_code rc;

    *out = NULL;
    t->path = mem_strdup(path);
    t->xz = (lzma_stream)LZMA_STREAM_INIT;
    errno = 0;
    t->f = fopen(path, "rb");
    if (!t->f)
        rc = text_io(t, e);
    else if ((rc = text_refill(t, e)) == ERR_OK)
        rc = text_detect(t, e);
    if (rc) {
        data_text_close(t);
        return rc;
    }
    *out = t;
    return ERR_OK;
}

void data_text_close(struct data_text *t)
{
    if (!t)
        return;
    if (t->kind == TEXT_GZ)
        inflateEnd(&t->gz);
    lzma_end(&t->xz);
    if (t->f)
        fclose(t->f);
    free(t->line);
    free(t->path);
    free(t);
}

/* One inflate call; a member's end starts the next member when input remains. Input used up is
 * no end yet: inflate may hold more than out took. */
static void text_step_gz(struct data_text *t)
{
    bool dry = t->gz.avail_in == 0 && t->in_eof;
    int rc;

    if (t->stream_done) {
        t->eof = dry;
        if (dry)
            return;
        inflateReset(&t->gz);
        t->stream_done = false;
    }
    t->gz.next_out = t->out;
    t->gz.avail_out = sizeof t->out;
    rc = inflate(&t->gz, Z_NO_FLUSH);
    t->out_len = sizeof t->out - t->gz.avail_out;
    if (rc == Z_STREAM_END)
        t->stream_done = true;
    else if (rc == Z_BUF_ERROR && dry)
        t->fault = "the gzip stream ends early: the file is truncated";
    else if (rc != Z_OK && rc != Z_BUF_ERROR)
        t->fault = "the gzip stream is corrupt";
}

static void text_step_xz(struct data_text *t)
{
    lzma_ret rc;

    t->xz.next_out = t->out;
    t->xz.avail_out = sizeof t->out;
    rc = lzma_code(&t->xz, t->in_eof ? LZMA_FINISH : LZMA_RUN);
    t->out_len = sizeof t->out - t->xz.avail_out;
    if (rc == LZMA_STREAM_END)
        t->eof = true;
    else if (rc == LZMA_BUF_ERROR)
        t->fault = "the xz stream ends early: the file is truncated";
    else if (rc != LZMA_OK)
        t->fault = "the xz stream is corrupt";
}

static enum err_code text_fault(struct data_text *t, struct err *e)
{
    t->line_no++;
    return data_text_err(t, e, "%s", t->fault);
}

/* Decode until out holds at least one byte or the file has ended. */
static enum err_code text_fill(struct data_text *t, struct err *e)
{
    enum err_code rc;

    t->out_pos = t->out_len = 0;
    while (t->out_len == 0 && !t->eof) {
        if (t->fault)
            return text_fault(t, e);
        if (t->kind == TEXT_PLAIN) {
            memcpy(t->out, t->in, t->in_len);
            t->out_len = t->in_len;
            t->in_len = 0;
            if (t->in_eof)
                t->eof = true;
            else if ((rc = text_refill(t, e)))
                return rc;
            continue;
        }
        if ((t->kind == TEXT_GZ ? t->gz.avail_in : t->xz.avail_in) == 0 && !t->in_eof) {
            if ((rc = text_refill(t, e)))
                return rc;
            t->gz.next_in = t->in;
            t->gz.avail_in = (uInt)t->in_len;
            t->xz.next_in = t->in;
            t->xz.avail_in = t->in_len;
        }
        if (t->kind == TEXT_GZ)
            text_step_gz(t);
        else
            text_step_xz(t);
    }
    return ERR_OK;
}

static void text_append(struct data_text *t, const uint8_t *bytes, size_t n)
{
    if (t->line_len + n + 1 > t->line_cap) {
        size_t cap = t->line_cap ? t->line_cap : 512;

        while (cap < t->line_len + n + 1)
            cap *= 2;
        t->line = mem_grow(t->line, t->line_cap, cap, 1);
        t->line_cap = cap;
    }
    memcpy(t->line + t->line_len, bytes, n);
    t->line_len += n;
    t->line[t->line_len] = '\0';
}

/* Drop the line's decorations and refuse what is not text. */
static enum err_code text_clean(struct data_text *t, char **line, struct err *e)
{
    if (memchr(t->line, '\0', t->line_len))
        return data_text_err(t, e, "a NUL byte: not a text file");
    if (!t->cut && t->line_len > 0 && t->line[t->line_len - 1] == '\r')
        t->line[--t->line_len] = '\0';
    *line = t->line;
    if (t->line_no == 1 && t->line_len >= sizeof text_utf8_mark &&
        memcmp(t->line, text_utf8_mark, sizeof text_utf8_mark) == 0)
        *line += sizeof text_utf8_mark;
    return ERR_OK;
}

enum err_code data_text_next(struct data_text *t, char **line, struct err *e)
{
    enum err_code rc;
    bool whole = false;

    *line = NULL;
    t->line_len = 0;
    while (!whole) {
        const uint8_t *at, *end;
        size_t n;

        if (t->out_pos == t->out_len) {
            if ((rc = text_fill(t, e)))
                return rc;
            if (t->out_len == 0)
                break;
        }
        at = t->out + t->out_pos;
        n = t->out_len - t->out_pos;
        end = memchr(at, '\n', n);
        whole = end != NULL;
        if (whole)
            n = (size_t)(end - at);
        text_append(t, at, n);
        t->out_pos += n + (whole ? 1 : 0);
        if (t->line_len > TEXT_LINE_BYTES) {
            t->line_no++;
            return data_text_err(t, e, "the line is longer than %d bytes", TEXT_LINE_BYTES);
        }
    }
    if (!whole && t->line_len == 0)
        return ERR_OK;
    t->line_no++;
    t->cut = !whole;
    return text_clean(t, line, e);
}

bool data_text_is_cut(const struct data_text *t)
{
    return t->cut;
}

uint64_t data_text_line(const struct data_text *t)
{
    return t->line_no;
}

const char *data_text_path(const struct data_text *t)
{
    return t->path;
}

enum err_code data_text_err(const struct data_text *t, struct err *e, const char *fmt, ...)
{
    char msg[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(msg, sizeof msg, fmt, ap);
    va_end(ap);
    return err_set(e, ERR_CONFIG, "%s:%llu: %s", t->path, (unsigned long long)t->line_no, msg);
}

bool data_text_number(const char *s, double *out)
{
    char *end;

    /* strtod alone would also take "nan", "inf", hexadecimal and leading blanks */
    if (*s == '\0' || strspn(s, "0123456789+-.eE") != strlen(s))
        return false;
    *out = strtod(s, &end);
    return *end == '\0' && isfinite(*out);
}
