/* SPDX-License-Identifier: Apache-2.0 */
/* nas/data_map.c: opening a cache (nas/data_cache.h): map, check, point into the mapping. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <lzma.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nas/data_cache.h"
#include "nas/data_cache_impl.h"
#include "nas/data_spec.h"
#include "sim/base/cfg.h"
#include "sim/base/file.h"
#include "sim/base/mem.h"

enum { MAP_CHUNK_BYTES = 16 << 20, MAP_MAX_HEADER_BYTES = 1 << 24 };

struct cache_map {
    const char *path;
    const uint8_t *bytes;
    uint64_t n_bytes, header_bytes;
    struct data *d;
    const struct watch *watch;
    uint64_t n_checked;
};

static enum err_code map_errno(const char *path, struct err *e)
{
    return err_set(e, ERR_ENV, "%s: %s", path, strerror(errno));
}

/* The whole number between two texts of the line; *at then stands behind the second. */
static bool map_number(const char **at, const char *before, const char *behind, uint64_t *out)
{
    char *end;

    if (strncmp(*at, before, strlen(before)) != 0)
        return false;
    *out = strtoull(*at + strlen(before), &end, 10);
    if (strncmp(end, behind, strlen(behind)) != 0)
        return false;
    *at = end + strlen(behind);
    return true;
}

/* The first line: what the file says of its header. */
static enum err_code map_line(const char *path, const char *line, uint64_t *header_bytes,
                              char digest[65], struct err *e)
{
    uint64_t version;

    if (strncmp(line, CACHE_LINE_PREFIX " ", sizeof CACHE_LINE_PREFIX) != 0)
        return err_set(e, ERR_CONFIG, "%s:1: not a data cache (autorac data convert makes them)",
                       path);
    if (!map_number(&line, CACHE_LINE_PREFIX, ", header", &version) ||
        !map_number(&line, "", " bytes, sha256 ", header_bytes) ||
        strspn(line, "0123456789abcdef") != 64)
        return err_set(e, ERR_CONFIG, "%s:1: the first line of the data cache is damaged", path);
    if (version != CACHE_VERSION)
        return err_set(e, ERR_CONFIG,
                       "%s:1: data cache of version %" PRIu64 "; this program reads %d", path,
                       version, CACHE_VERSION);
    snprintf(digest, 65, "%s", line);
    return ERR_OK;
}

enum err_code cache_digest(const char *path, char digest[65], struct err *e)
{
    char line[CACHE_LINE_BYTES + 1] = "";
    FILE *f = fopen(path, "rbe");
    uint64_t n;

    if (!f)
        return map_errno(path, e);
    line[fread(line, 1, CACHE_LINE_BYTES, f)] = '\0';
    fclose(f);
    return map_line(path, line, &n, digest, e);
}

static enum err_code map_file(struct cache_map *m, struct err *e)
{
    int fd = open(m->path, O_RDONLY | O_CLOEXEC);
    enum err_code rc = ERR_OK;
    struct stat st;
    void *at;

    if (fd < 0)
        return map_errno(m->path, e);
    if (fstat(fd, &st) != 0)
        rc = map_errno(m->path, e);
    else if (!S_ISREG(st.st_mode))
        rc = err_set(e, ERR_CONFIG, "%s: not a file", m->path);
    else if (st.st_size <= CACHE_LINE_BYTES)
        rc = err_set(e, ERR_CONFIG, "%s:1: not a data cache (autorac data convert makes them)",
                     m->path);
    if (!rc) {
        at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
        if (at == MAP_FAILED) {
            rc = map_errno(m->path, e);
        } else {
            m->d->map = at;
            m->d->map_bytes = (size_t)st.st_size;
            m->bytes = at;
            m->n_bytes = (uint64_t)st.st_size;
        }
    }
    close(fd);
    return rc;
}

static enum err_code map_header(struct cache_map *m, struct cfg **doc, struct err *e)
{
    char line[CACHE_LINE_BYTES + 1] = "", claimed[65], *text;
    enum err_code rc;

    memcpy(line, m->bytes, CACHE_LINE_BYTES);
    if ((rc = map_line(m->path, line, &m->header_bytes, claimed, e)))
        return rc;
    if (m->header_bytes > m->n_bytes || m->header_bytes > MAP_MAX_HEADER_BYTES ||
        m->header_bytes <= CACHE_LINE_BYTES)
        return err_set(e, ERR_CONFIG,
                       "%s:1: header of %" PRIu64 " bytes in a file of %" PRIu64
                       ": truncated or damaged",
                       m->path, m->header_bytes, m->n_bytes);
    bytes_sha256(m->bytes + CACHE_LINE_BYTES, m->header_bytes - CACHE_LINE_BYTES, m->d->digest);
    if (strcmp(claimed, m->d->digest) != 0)
        return err_set(e, ERR_CONFIG, "%s: the header differs from its SHA-256: damaged", m->path);
    text = mem_alloc(m->header_bytes + 1, 1);
    memcpy(text, m->bytes, m->header_bytes);
    rc = cfg_parse(doc, m->path, text, e);
    free(text);
    return rc;
}

/* A text of the document into an array of its own size; absent: left as it is. */
static void map_text(const struct cfg_node *n, char *out, size_t n_out)
{
    const char *s = n ? cfg_str(n) : NULL;

    if (s)
        snprintf(out, n_out, "%s", s);
}

static enum err_code map_fields(struct cache_map *m, const struct cfg_node *fields, struct err *e)
{
    struct data *d = m->d;
    enum err_code rc;

    d->n_fields = (uint32_t)cfg_len(fields);
    if (d->n_fields < 1 || cfg_len(fields) > DATA_MAX_FIELDS)
        return err_set(e, ERR_CONFIG, "%s: fields: none, or more than %d", m->path,
                       DATA_MAX_FIELDS);
    d->n_rows = mem_alloc(d->n_fields, sizeof *d->n_rows);
    d->field_name = mem_alloc(d->n_fields, sizeof *d->field_name);
    for (uint32_t i = 0; i < d->n_fields; i++) {
        const struct cfg_node *field = cfg_at(fields, i);
        uint64_t n;

        map_text(cfg_get(field, "name"), d->field_name[i], sizeof d->field_name[i]);
        if ((rc = cfg_u64(cfg_get(field, "rows"), &n, e)))
            return rc;
        if (n < 1 || n > UINT32_MAX)
            return err_set(e, ERR_CONFIG, "%s: rows: %" PRIu64 " is outside 1..%u",
                           cfg_where(field), n, UINT32_MAX);
        d->n_rows[i] = (uint32_t)n;
    }
    return ERR_OK;
}

static enum err_code map_about(struct cache_map *m, const struct cfg_node *root, struct err *e)
{
    const struct cfg_node *logloss = cfg_get(root, "bayes_logloss"),
                          *auc = cfg_get(root, "bayes_auc"), *bad = cfg_get(root, "first_bad");
    struct data *d = m->d;
    uint64_t n_dense;
    enum err_code rc;

    d->bayes_logloss = d->bayes_auc = NAN;
    map_text(cfg_get(root, "kind"), d->name, sizeof d->name);
    if ((rc = cfg_u64(cfg_get(root, "n_dense"), &n_dense, e)) ||
        (rc = cfg_u64(cfg_get(root, "bad_lines"), &d->n_bad_lines, e)) ||
        (logloss && (rc = cfg_f64(logloss, &d->bayes_logloss, e))) ||
        (auc && (rc = cfg_f64(auc, &d->bayes_auc, e))))
        return rc;
    if (n_dense > UINT16_MAX)
        return err_set(e, ERR_CONFIG, "%s: n_dense: more than %d", m->path, UINT16_MAX);
    d->n_dense = (uint32_t)n_dense;
    if (bad && cfg_str(bad))
        d->first_bad = mem_strdup(cfg_str(bad));
    return map_fields(m, cfg_get(root, "fields"), e);
}

/* ---- sections ---- */

static enum err_code map_bounds(const struct cache_map *m, const uint32_t *lookup, uint64_t n,
                                struct err *e)
{
    const struct data *d = m->d;

    for (uint64_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < d->n_fields; k++)
            if (lookup[i * d->n_fields + k] >= d->n_rows[k])
                return err_set(e, ERR_CONFIG, "%s: field %s: row %u of a table of %u: damaged",
                               m->path, d->field_name[k], lookup[i * d->n_fields + k],
                               d->n_rows[k]);
    return ERR_OK;
}

static enum err_code map_check(struct cache_map *m, enum cache_section_id id, const uint8_t *at,
                               uint64_t n_bytes, uint64_t want, struct err *e)
{
    uint64_t row = cache_row_bytes(m->d, id), crc = 0, step = MAP_CHUNK_BYTES;
    enum err_code rc = ERR_OK;

    step -= row ? step % row : 0;
    for (uint64_t i = 0; i < n_bytes && !rc; i += step) {
        uint64_t n = n_bytes - i < step ? n_bytes - i : step;

        crc = lzma_crc64(at + i, (size_t)n, crc);
        if (id == CACHE_LOOKUP)
            rc = map_bounds(m, (const uint32_t *)(const void *)(at + i), n / row, e);
        m->n_checked += n;
        if (!rc && m->watch)
            rc = watch_poll(m->watch, "check", m->n_checked, m->n_bytes, NAN, NAN, e);
    }
    if (!rc && crc != want)
        rc = err_set(e, ERR_CONFIG, "%s: section %s differs from its CRC-64: damaged", m->path,
                     cache_section_name[id]);
    return rc;
}

static enum err_code map_section(struct cache_map *m, const struct cfg_node *n,
                                 enum cache_section_id id, struct data_split *s, struct err *e)
{
    const char *hex = cfg_str(cfg_get(n, "crc64"));
    uint64_t offset, row = cache_row_bytes(m->d, id);
    uint8_t *at;
    enum err_code rc;

    if ((rc = cfg_u64(cfg_get(n, "offset"), &offset, e)))
        return rc;
    if (!hex || strlen(hex) != 16)
        return err_set(e, ERR_CONFIG, "%s: crc64: not 16 hexadecimal digits", cfg_where(n));
    if (offset % CACHE_ALIGN || offset < m->header_bytes || offset > m->n_bytes ||
        (row && s->n > (m->n_bytes - offset) / row))
        return err_set(e, ERR_CONFIG, "%s: section %s ends beyond the file: truncated", m->path,
                       cache_section_name[id]);
    at = (uint8_t *)m->d->map + offset;
    if (id == CACHE_LABEL)
        s->label = at;
    else if (id == CACHE_DENSE)
        s->dense = (float *)(void *)at;
    else
        s->lookup = (uint32_t *)(void *)at;
    return map_check(m, id, at, s->n * row, strtoull(hex, NULL, 16), e);
}

static enum err_code map_parts(struct cache_map *m, const struct cfg_node *parts, struct err *e)
{
    struct data_split *split[DATA_N_PARTS] = {&m->d->train, &m->d->valid, &m->d->test};
    enum err_code rc;

    for (uint32_t p = 0; p < DATA_N_PARTS; p++) {
        const struct cfg_node *part = cfg_get(parts, cache_part_name[p]);

        if (!part)
            return err_set(e, ERR_CONFIG, "%s: parts: %s is missing", m->path, cache_part_name[p]);
        if ((rc = cfg_u64(cfg_get(part, "rows"), &split[p]->n, e)))
            return rc;
        for (uint32_t k = 0; k < CACHE_N_SECTIONS; k++) {
            const struct cfg_node *n = cfg_get(part, cache_section_name[k]);

            if (!n)
                return err_set(e, ERR_CONFIG, "%s: %s is missing", cfg_where(part),
                               cache_section_name[k]);
            if ((rc = map_section(m, n, (enum cache_section_id)k, split[p], e)))
                return rc;
        }
    }
    return ERR_OK;
}

static enum err_code map_max_rows(const struct cache_map *m, uint32_t max_rows, struct err *e)
{
    for (uint32_t i = 0; i < m->d->n_fields && max_rows; i++)
        if (m->d->n_rows[i] > max_rows)
            return err_set(e, ERR_CONFIG,
                           "%s: field %s has a table of %u rows, more than max_rows %u: convert "
                           "with --max-rows %u, or allow more",
                           m->path, m->d->field_name[i], m->d->n_rows[i], max_rows, max_rows);
    return ERR_OK;
}

enum err_code cache_open(struct data **out, const char *path, uint32_t max_rows,
                         const struct watch *watch, struct err *e)
{
    struct cache_map m = {.path = path, .d = mem_alloc(1, sizeof *m.d), .watch = watch};
    struct cfg *doc = NULL;
    enum err_code rc;

    *out = NULL;
    if (!(rc = map_file(&m, e)) && !(rc = map_header(&m, &doc, e)) &&
        !(rc = map_about(&m, cfg_root(doc), e)) && !(rc = map_max_rows(&m, max_rows, e)))
        rc = map_parts(&m, cfg_get(cfg_root(doc), "parts"), e);
    cfg_free(doc);
    if (rc)
        data_free(m.d);
    else
        *out = m.d;
    return rc;
}

enum err_code data_cache_load(struct data_job *job, struct err *e);

enum err_code data_cache_load(struct data_job *job, struct err *e)
{
    if (*job->args == '\0')
        return err_set(e, ERR_CONFIG, "data set \"%s\": no file; expected %s", job->spec,
                       job->kind->spec);
    if (job->cache_path)
        return err_set(e, ERR_CONFIG, "data set \"%s\": is a cache already", job->spec);
    return cache_open(&job->out, job->args, job->o->max_rows, job->o->watch, e);
}
