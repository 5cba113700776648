/* SPDX-License-Identifier: Apache-2.0 */
/* nas/data_cache.c: writing a cache; nas/data_map.c opens one. */
#include "nas/data_cache.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <lzma.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nas/data_cache_impl.h"
#include "sim/base/file.h"
#include "sim/base/mem.h"

enum { CACHE_BUF_BYTES = 1 << 18 };

/* One section on its way to the file. */
struct cache_section {
    uint64_t offset, n_bytes, n_written; /* n_written: handed to the system */
    uint64_t crc64;
    uint8_t *buf;
    size_t n_buffered;
};

struct cache_writer {
    struct file_out out;
    const struct data *d;
    const struct data_finish *f;
    uint64_t header_bytes;
    struct cache_section section[DATA_N_PARTS][CACHE_N_SECTIONS];
};

const char *const cache_part_name[DATA_N_PARTS] = {"train", "valid", "test"};
const char *const cache_section_name[CACHE_N_SECTIONS] = {"label", "dense", "lookup"};

uint64_t cache_row_bytes(const struct data *d, enum cache_section_id id)
{
    return id == CACHE_LABEL   ? 1
           : id == CACHE_DENSE ? d->n_dense * sizeof(float)
                               : d->n_fields * sizeof(uint32_t);
}

static uint64_t cache_align(uint64_t n)
{
    return (n + CACHE_ALIGN - 1) / CACHE_ALIGN * CACHE_ALIGN;
}

/* ---- the header ---- */

/* As a double-quoted YAML scalar. */
static void cache_quote(FILE *f, const char *s)
{
    fputc('"', f);
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            fprintf(f, "\\%c", *s);
        else if ((uint8_t)*s < ' ')
            fprintf(f, "\\x%02x", (unsigned)(uint8_t)*s);
        else
            fputc(*s, f);
    }
    fputc('"', f);
}

static void cache_print(FILE *f, const struct cache_writer *w)
{
    const struct data *d = w->d;

    fprintf(f, "kind: %s\nspec: ", d->name);
    cache_quote(f, w->f->spec);
    fprintf(f, "\nseed: %" PRIu64 "\nmax_rows: %u\nn_dense: %u\n", w->f->seed, w->f->max_rows,
            d->n_dense);
    fprintf(f, "bad_lines: %" PRIu64 "\n", d->n_bad_lines);
    if (d->first_bad) {
        fputs("first_bad: ", f);
        cache_quote(f, d->first_bad);
        fputc('\n', f);
    }
    if (!isnan(d->bayes_logloss))
        fprintf(f, "bayes_logloss: %.17g\n", d->bayes_logloss);
    if (!isnan(d->bayes_auc))
        fprintf(f, "bayes_auc: %.17g\n", d->bayes_auc);
    fputs("fields:\n", f);
    for (uint32_t i = 0; i < d->n_fields; i++) {
        fputs("  - { name: ", f);
        cache_quote(f, d->field_name[i]);
        fprintf(f, ", rows: %u }\n", d->n_rows[i]);
    }
    fputs("parts:\n", f);
    for (uint32_t p = 0; p < DATA_N_PARTS; p++) {
        fprintf(f, "  %s:\n    rows: %" PRIu64 "\n", cache_part_name[p],
                data_part(d, (enum data_part)p)->n);
        for (uint32_t k = 0; k < CACHE_N_SECTIONS; k++)
            fprintf(f, "    %s: { offset: %20" PRIu64 ", crc64: \"%016" PRIx64 "\" }\n",
                    cache_section_name[k], w->section[p][k].offset, w->section[p][k].crc64);
    }
}

/* The whole header, from malloc; its size is the same for all offsets and checksums. */
static char *cache_header(struct cache_writer *w, char digest[65])
{
    char *yaml = NULL, *text;
    size_t n = 0;
    int n_line;
    FILE *f = mem_text_open(&yaml, &n);

    cache_print(f, w);
    mem_text_close(f, &yaml);
    w->header_bytes = cache_align(CACHE_LINE_BYTES + n);
    text = mem_alloc(w->header_bytes + 1, 1);
    memset(text, '\n', w->header_bytes);
    memcpy(text + CACHE_LINE_BYTES, yaml, n);
    free(yaml);
    bytes_sha256(text + CACHE_LINE_BYTES, w->header_bytes - CACHE_LINE_BYTES, digest);
    n_line = snprintf(text, CACHE_LINE_BYTES, CACHE_LINE_FORMAT, CACHE_VERSION,
                      (unsigned long long)w->header_bytes, digest);
    assert(n_line == CACHE_LINE_BYTES - 1);
    text[n_line] = '\n';
    return text;
}

/* ---- the sections ---- */

static enum err_code cache_write_at(const struct cache_writer *w, const void *bytes, size_t n,
                                    uint64_t offset, struct err *e)
{
    for (size_t at = 0; at < n;) {
        ssize_t k;

        errno = 0;
        k = pwrite(fileno(w->out.f), (const char *)bytes + at, n - at, (off_t)(offset + at));
        if (k <= 0 && errno != EINTR)
            return err_set(e, ERR_ENV, "%s: %s", w->out.path, strerror(errno ? errno : EIO));
        at += k > 0 ? (size_t)k : 0;
    }
    return ERR_OK;
}

static enum err_code cache_flush(struct cache_writer *w, struct cache_section *s, struct err *e)
{
    enum err_code rc = cache_write_at(w, s->buf, s->n_buffered, s->offset + s->n_written, e);

    s->crc64 = lzma_crc64(s->buf, s->n_buffered, s->crc64);
    s->n_written += s->n_buffered;
    s->n_buffered = 0;
    return rc;
}

static enum err_code cache_append(struct cache_writer *w, struct cache_section *s,
                                  const void *bytes, uint64_t n, struct err *e)
{
    enum err_code rc;

    for (const uint8_t *at = bytes; n > 0;) {
        size_t room = CACHE_BUF_BYTES - s->n_buffered, k = n < room ? (size_t)n : room;

        memcpy(s->buf + s->n_buffered, at, k);
        s->n_buffered += k;
        at += k;
        n -= k;
        if (s->n_buffered == CACHE_BUF_BYTES && (rc = cache_flush(w, s, e)))
            return rc;
    }
    return ERR_OK;
}

enum err_code cache_writer_new(struct cache_writer **out, const char *path, const struct data *d,
                               const struct data_finish *f, struct err *e)
{
    struct cache_writer *w = mem_alloc(1, sizeof *w);
    char digest[65];
    enum err_code rc;
    uint64_t at;

    *out = NULL;
    w->d = d;
    w->f = f;
    if ((rc = file_create(&w->out, path, e))) {
        cache_writer_free(w);
        return rc;
    }
    free(cache_header(w, digest)); /* for its size */
    at = w->header_bytes;
    for (uint32_t p = 0; p < DATA_N_PARTS; p++) {
        for (uint32_t k = 0; k < CACHE_N_SECTIONS; k++) {
            struct cache_section *s = &w->section[p][k];

            s->offset = at;
            s->n_bytes =
                data_part(d, (enum data_part)p)->n * cache_row_bytes(d, (enum cache_section_id)k);
            s->buf = mem_alloc(CACHE_BUF_BYTES, 1);
            at = cache_align(at + s->n_bytes);
        }
    }
    *out = w;
    return ERR_OK;
}

enum err_code cache_writer_rows(struct cache_writer *w, uint32_t part, uint64_t n,
                                const uint8_t *label, const float *dense, const uint32_t *lookup,
                                struct err *e)
{
    const void *from[CACHE_N_SECTIONS] = {label, dense, lookup};
    enum err_code rc = ERR_OK;

    for (uint32_t k = 0; k < CACHE_N_SECTIONS && !rc; k++)
        rc = cache_append(w, &w->section[part][k], from[k],
                          n * cache_row_bytes(w->d, (enum cache_section_id)k), e);
    return rc;
}

enum err_code cache_writer_commit(struct cache_writer *w, char *digest, struct err *e)
{
    enum err_code rc = ERR_OK;
    uint64_t end = w->header_bytes;
    char *header;

    for (uint32_t p = 0; p < DATA_N_PARTS && !rc; p++) {
        for (uint32_t k = 0; k < CACHE_N_SECTIONS && !rc; k++) {
            struct cache_section *s = &w->section[p][k];

            rc = cache_flush(w, s, e);
            assert(rc || s->n_written == s->n_bytes);
            end = cache_align(s->offset + s->n_bytes);
        }
    }
    header = cache_header(w, digest);
    if (!rc)
        rc = cache_write_at(w, header, w->header_bytes, 0, e);
    free(header);
    if (!rc && ftruncate(fileno(w->out.f), (off_t)end) != 0)
        rc = err_set(e, ERR_ENV, "%s: %s", w->out.path, strerror(errno));
    return rc ? rc : file_commit(&w->out, e);
}

void cache_writer_free(struct cache_writer *w)
{
    if (!w)
        return;
    file_abandon(&w->out);
    for (uint32_t p = 0; p < DATA_N_PARTS; p++)
        for (uint32_t k = 0; k < CACHE_N_SECTIONS; k++)
            free(w->section[p][k].buf);
    free(w);
}
