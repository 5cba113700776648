/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/data_text.h"

#include <errno.h>
#include <lzma.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "sim/base/mem.h"

#ifdef AUTORAC_SMALL_BUFFERS
enum { TEXT_IN_BYTES = 1 << 8, TEXT_LINE_BYTES = 1 << 13, TEXT_BLOCK_BYTES = 1 << 9 };
#else
enum { TEXT_IN_BYTES = 1 << 16, TEXT_LINE_BYTES = 1 << 20, TEXT_BLOCK_BYTES = 1 << 18 };
#endif
enum {
    TEXT_BUF_BYTES = TEXT_LINE_BYTES + TEXT_BLOCK_BYTES, /* the longest line and one block */
    TEXT_PAD_BYTES = 9,                                  /* NUL and what data_text_next promises */
};

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define TEXT_FIRST_BYTE(hits) (__builtin_ctzll(hits) / 8)
#else
#error "nas/data_text.c and the cache format are little endian"
#endif

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
    size_t in_len;
    uint64_t n_read, n_bytes; /* of the file on disk */
    uint64_t line_no;
    bool cut, can_go_on;
    const char *line_end; /* of the line last read */
    size_t pos, len;      /* decoded and not yet handed out: buf[pos..len) */
    uint8_t in[TEXT_IN_BYTES];
    char buf[TEXT_BUF_BYTES + TEXT_PAD_BYTES];
};

/* The largest dictionary of an xz file has 1.5 GiB. */
static const uint64_t text_xz_most_bytes = (uint64_t)2 << 30;
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
    t->n_read += t->in_len;
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
        if (lzma_stream_decoder(&t->xz, text_xz_most_bytes, LZMA_CONCATENATED) != LZMA_OK)
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
    struct stat st;
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
    if (!rc && fstat(fileno(t->f), &st) == 0 && S_ISREG(st.st_mode))
        t->n_bytes = (uint64_t)st.st_size;
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
    free(t->path);
    free(t);
}

/* One inflate call; a member's end starts the next member when input remains. Input used up is
 * no end yet: inflate may hold more than out took. */
static void text_step_gz(struct data_text *t, size_t room)
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
    t->gz.next_out = (uint8_t *)t->buf + t->len;
    t->gz.avail_out = (uInt)room;
    rc = inflate(&t->gz, Z_NO_FLUSH);
    t->len += room - t->gz.avail_out;
    if (rc == Z_STREAM_END)
        t->stream_done = true;
    else if (rc == Z_MEM_ERROR)
        mem_exhausted(1, (size_t)1 << MAX_WBITS);
    else if (rc == Z_BUF_ERROR && dry)
        t->fault = "the gzip stream ends early: the file is truncated";
    else if (rc != Z_OK && rc != Z_BUF_ERROR)
        t->fault = "the gzip stream is corrupt";
}

static void text_step_xz(struct data_text *t, size_t room)
{
    lzma_ret rc;

    t->xz.next_out = (uint8_t *)t->buf + t->len;
    t->xz.avail_out = room;
    rc = lzma_code(&t->xz, t->in_eof ? LZMA_FINISH : LZMA_RUN);
    t->len += room - t->xz.avail_out;
    if (rc == LZMA_STREAM_END)
        t->eof = true;
    else if (rc == LZMA_MEM_ERROR)
        mem_exhausted(1, lzma_memusage(&t->xz));
    else if (rc == LZMA_MEMLIMIT_ERROR)
        t->fault = "unpacking this xz stream takes more than 2 GiB of memory";
    else if (rc == LZMA_BUF_ERROR)
        t->fault = "the xz stream ends early: the file is truncated";
    else if (rc != LZMA_OK)
        t->fault = "the xz stream is corrupt";
}

/* Plain text: what text_refill took for a look at its first bytes, then straight from the file. */
static enum err_code text_step_plain(struct data_text *t, size_t room, struct err *e)
{
    size_t n = t->in_len < room ? t->in_len : room;

    if (t->in_len) {
        memcpy(t->buf + t->len, t->in, n);
        t->in_len -= n;
        memmove(t->in, t->in + n, t->in_len);
    } else if (!t->in_eof) {
        errno = 0;
        n = fread(t->buf + t->len, 1, room, t->f);
        if (ferror(t->f))
            return text_io(t, e);
        t->n_read += n;
        t->in_eof = n < room;
    }
    t->len += n;
    t->eof = t->in_eof && t->in_len == 0;
    return ERR_OK;
}

static enum err_code text_fault(struct data_text *t, struct err *e)
{
    t->line_no++;
    return data_text_err(t, e, "%s", t->fault);
}

/* Decode until at least one byte has been added to buf or the file has ended. */
static enum err_code text_fill(struct data_text *t, struct err *e)
{
    size_t before, room;
    enum err_code rc;

    if (t->pos) {
        t->len -= t->pos;
        memmove(t->buf, t->buf + t->pos, t->len);
        t->pos = 0;
    }
    before = t->len;
    while (t->len == before && !t->eof) {
        room = TEXT_BUF_BYTES - t->len;
        if (room > TEXT_BLOCK_BYTES)
            room = TEXT_BLOCK_BYTES;
        if (t->fault)
            return text_fault(t, e);
        if (t->kind == TEXT_PLAIN) {
            if ((rc = text_step_plain(t, room, e)))
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
            text_step_gz(t, room);
        else
            text_step_xz(t, room);
    }
    return ERR_OK;
}

/* Drop the line's decorations and refuse what is not text. */
static enum err_code text_clean(struct data_text *t, char *line, size_t n, char **out,
                                struct err *e)
{
    if (memchr(line, '\0', n)) {
        t->can_go_on = true;
        return data_text_err(t, e, "a NUL byte: not a text file");
    }
    if (!t->cut && n > 0 && line[n - 1] == '\r')
        n--;
    line[n] = '\0';
    t->line_end = line + n;
    *out = line;
    if (t->line_no == 1 && n >= sizeof text_utf8_mark &&
        memcmp(line, text_utf8_mark, sizeof text_utf8_mark) == 0)
        *out += sizeof text_utf8_mark;
    return ERR_OK;
}

enum err_code data_text_next(struct data_text *t, char **line, struct err *e)
{
    size_t seen = 0, n;
    enum err_code rc;
    char *at, *end;

    *line = NULL;
    t->can_go_on = false;
    while (!(end = memchr(t->buf + t->pos + seen, '\n', t->len - t->pos - seen))) {
        seen = t->len - t->pos;
        if (seen > TEXT_LINE_BYTES)
            break;
        if ((rc = text_fill(t, e)))
            return rc;
        if (t->len - t->pos == seen)
            break;
    }
    at = t->buf + t->pos;
    n = end ? (size_t)(end - at) : t->len - t->pos;
    if (!end && n == 0)
        return ERR_OK;
    t->line_no++;
    if (n > TEXT_LINE_BYTES)
        return data_text_err(t, e, "the line is longer than %d bytes", TEXT_LINE_BYTES);
    t->cut = !end;
    t->pos += n + (end ? 1 : 0);
    return text_clean(t, at, n, line, e);
}

bool data_text_can_go_on(const struct data_text *t)
{
    return t->can_go_on;
}

void data_text_progress(const struct data_text *t, uint64_t *n_read, uint64_t *n_bytes)
{
    *n_read = t->n_read;
    *n_bytes = t->n_bytes;
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

uint32_t data_text_columns(const struct data_text *t, char *line, char sep, uint32_t max,
                           char **col, uint32_t *n_col)
{
    const uint64_t low7 = 0x7f7f7f7f7f7f7f7fu, seps = (uint8_t)sep * (uint64_t)0x0101010101010101u;
    char *begin = line;
    uint32_t n = 0;

    /* eight bytes at a time: the top bit of every byte of hits says that it equals sep */
    for (char *at = line; at < t->line_end; at += 8) {
        uint64_t word, hits;

        memcpy(&word, at, sizeof word);
        word ^= seps;
        for (hits = ~(((word & low7) + low7) | word | low7); hits; hits &= hits - 1) {
            char *end = at + TEXT_FIRST_BYTE(hits);

            if (end >= t->line_end)
                break;
            if (n < max) {
                *end = '\0';
                col[n] = begin;
                n_col[n] = (uint32_t)(end - begin);
            }
            begin = end + 1;
            n++;
        }
    }
    if (n < max) {
        col[n] = begin;
        n_col[n] = (uint32_t)(t->line_end - begin);
    }
    return n + 1;
}

/* Eight hexadecimal digits at once, the first in the lowest byte: each byte is checked to lie
 * in '0'..'9' or 'a'..'f' by sums that stay within their byte. */
static bool text_hex8(const char *s, uint32_t *out)
{
    const uint64_t ones = 0x0101010101010101u, tops = 0x80 * ones;
    uint64_t w, small, digit, letter, v;

    memcpy(&w, s, sizeof w);
    if (w & tops)
        return false;
    small = w | 0x20 * ones;
    digit = (w + (0x80 - '0') * ones) & ~(w + (0x7f - '9') * ones);
    letter = (small + (0x80 - 'a') * ones) & ~(small + (0x7f - 'f') * ones);
    if (((digit | letter) & tops) != tops)
        return false;
    v = (w & 0x0f * ones) + 9 * ((w >> 6) & ones);
    v = (v << 4 | v >> 8) & 0x00ff00ff00ff00ffu;
    v = (v << 8 | v >> 16) & 0x0000ffff0000ffffu;
    *out = (uint32_t)(v << 16 | v >> 32);
    return true;
}

bool data_text_hex(const char *s, uint32_t n, uint64_t *out)
{
    uint64_t v = 0;
    uint32_t eight;

    if (n < 1 || n > 16)
        return false;
    if (n == 8 && text_hex8(s, &eight)) {
        *out = eight;
        return true;
    }
    for (uint32_t i = 0; i < n; i++) {
        uint8_t c = (uint8_t)s[i], digit = (uint8_t)(c - '0'), letter = (uint8_t)((c | 32) - 'a');

        if (digit > 9 && letter > 5)
            return false;
        v = v << 4 | (digit <= 9 ? digit : letter + 10u);
    }
    *out = v;
    return true;
}

bool data_text_number(const char *s, double *out)
{
    const char *digit = *s == '-' ? s + 1 : s;
    uint64_t v = 0;
    char *end;
    int n = 0;

    /* whole numbers of up to 15 digits are exact, and most of what there is */
    for (; n < 16 && digit[n] >= '0' && digit[n] <= '9'; n++)
        v = 10 * v + (uint64_t)(digit[n] - '0');
    if (n > 0 && n < 16 && digit[n] == '\0') {
        *out = digit > s ? -(double)v : (double)v;
        return true;
    }
    /* strtod alone would also take "nan", "inf", hexadecimal and leading blanks */
    if (*s == '\0' || strspn(s, "0123456789+-.eE") != strlen(s))
        return false;
    *out = strtod(s, &end);
    return *end == '\0' && isfinite(*out);
}
