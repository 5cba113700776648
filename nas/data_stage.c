/* SPDX-License-Identifier: Apache-2.0 */
#include "nas/data_stage.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/mem.h"

static const uint64_t stage_memory_bytes = (uint64_t)1 << 30; /* before a file is used */

struct data_stage {
    uint32_t n_dense;
    size_t n_bytes; /* of a block */
    uint64_t n;     /* blocks pushed */
    char **chunk;   /* (n_chunks) of DATA_CHUNK_BLOCKS blocks each; NULL once dropped */
    size_t n_chunks;
    /* blocks from n_memory on are in the file */
    uint64_t n_memory;
    char *path;
    int fd;    /* -1: none */
    char *top; /* block being filled or last read, on its way to or from the file */
};

static enum err_code stage_errno(const struct data_stage *s, struct err *e)
{
    return err_set(e, ERR_ENV, "%s: %s", s->path, strerror(errno ? errno : EIO));
}

static enum err_code stage_create(struct data_stage *s, const char *beside, struct err *e)
{
    const char *slash = strrchr(beside, '/');

    s->path =
        mem_printf("%.*s.autorac_stage_XXXXXX", slash ? (int)(slash - beside) + 1 : 0, beside);
    s->fd = mkstemp(s->path);
    if (s->fd < 0)
        return stage_errno(s, e);
    unlink(s->path);
    s->top = mem_alloc(s->n_bytes + 1, 1);
    s->n_memory = stage_memory_bytes / (s->n_bytes + 1) + 1;
    return ERR_OK;
}

enum err_code data_stage_new(struct data_stage **out, uint32_t n_dense, uint32_t n_fields,
                             const char *beside, struct err *e)
{
    struct data_stage *s = mem_alloc(1, sizeof *s);
    enum err_code rc = ERR_OK;

    *out = NULL;
    s->n_dense = n_dense;
    s->n_bytes = (size_t)DATA_BLOCK_ROWS * (n_dense * sizeof(float) + n_fields * sizeof(uint32_t));
    s->n_memory = UINT64_MAX;
    s->fd = -1;
    if (beside)
        rc = stage_create(s, beside, e);
    if (rc)
        data_stage_free(s);
    else
        *out = s;
    return rc;
}

void data_stage_free(struct data_stage *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->n_chunks; i++)
        mem_huge_free(s->chunk[i], DATA_CHUNK_BLOCKS, s->n_bytes);
    free(s->chunk);
    free(s->top);
    if (s->fd >= 0)
        close(s->fd);
    free(s->path);
    free(s);
}

static struct data_block stage_view(const struct data_stage *s, char *bytes)
{
    size_t n_dense_bytes = (size_t)DATA_BLOCK_ROWS * s->n_dense * sizeof(float);

    return (struct data_block){(float *)(void *)bytes, (uint32_t *)(void *)(bytes + n_dense_bytes)};
}

static char *stage_memory(const struct data_stage *s, uint64_t i)
{
    return s->chunk[i / DATA_CHUNK_BLOCKS] + i % DATA_CHUNK_BLOCKS * s->n_bytes;
}

struct data_block data_stage_top(struct data_stage *s)
{
    if (s->n >= s->n_memory)
        return stage_view(s, s->top);
    if (s->n / DATA_CHUNK_BLOCKS == s->n_chunks) {
        s->chunk = mem_grow(s->chunk, s->n_chunks, s->n_chunks + 1, sizeof *s->chunk);
        s->chunk[s->n_chunks++] = mem_huge(DATA_CHUNK_BLOCKS, s->n_bytes);
    }
    return stage_view(s, stage_memory(s, s->n));
}

/* Write or read the whole of the top block as block i of the file. */
static enum err_code stage_move(const struct data_stage *s, uint64_t i, bool write, struct err *e)
{
    for (size_t at = 0; at < s->n_bytes;) {
        off_t offset = (off_t)(i * s->n_bytes + at);
        ssize_t n;

        errno = 0;
        n = write ? pwrite(s->fd, s->top + at, s->n_bytes - at, offset)
                  : pread(s->fd, s->top + at, s->n_bytes - at, offset);
        if (n <= 0 && errno != EINTR)
            return stage_errno(s, e);
        at += n > 0 ? (size_t)n : 0;
    }
    return ERR_OK;
}

enum err_code data_stage_push(struct data_stage *s, struct err *e)
{
    uint64_t i = s->n++;

    return i < s->n_memory ? ERR_OK : stage_move(s, i - s->n_memory, true, e);
}

uint64_t data_stage_n_blocks(const struct data_stage *s)
{
    return s->n;
}

enum err_code data_stage_get(struct data_stage *s, uint64_t i, struct data_block *b, struct err *e)
{
    if (i < s->n_memory) {
        *b = stage_view(s, stage_memory(s, i));
        return ERR_OK;
    }
    *b = stage_view(s, s->top);
    return stage_move(s, i - s->n_memory, false, e);
}

void data_stage_drop(struct data_stage *s, uint64_t i)
{
    if (i >= s->n_memory || i % DATA_CHUNK_BLOCKS != DATA_CHUNK_BLOCKS - 1)
        return;
    mem_huge_free(s->chunk[i / DATA_CHUNK_BLOCKS], DATA_CHUNK_BLOCKS, s->n_bytes);
    s->chunk[i / DATA_CHUNK_BLOCKS] = NULL;
}
